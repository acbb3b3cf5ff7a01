"""Complaints of callers, the readouts that measure them, and what helps.

The effect of a field is never assumed: it is simulated. Advice without a cost on these recordings comes first, then
what helps most, with its cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from presets.fields import BY_NAME
from presets.layers import ResolvedVoiceConfig
from simulator.engine.end_of_turn import sensitivity_of
from simulator.engine.profile import EngineProfile
from simulator.measures.comparison import Compared
from simulator.measures.readout_table import BY_NAME as READOUTS
from simulator.measures.readout_table import BY_PLACE
from simulator.study import Arm
from tui.figures import signed
from tui.readouts import A, B
from tui.tune.bench import AnalysedRecording
from tui.tune.fields import SENSITIVITY
from tui.tune.trial import Measurement, TrialRunner
from tui.tune.worst_turns import WorseTurn, worse_turns

_PRICE = "response_ms"
"""The readout whose cost decides between advice that helps equally."""

_SLIGHT = {"latency": 20.0, "duration": 0.1, "count": 1.0}
"""A smaller difference, in ms, s and cases, is not noticeable."""

_DEAR_MS, _MOST = 500.0, 2 / 3
"""A larger delay of the response is expensive. A cheaper value with this share of its gain is the better trade."""

_UNNOTICED = frozenset(
    {
        *("eot_delay_ms", "fillers", "repeated_fillers", "forced_ends", "filler_overhang_ms"),
        *("stops_against_advice", "wasted_generations"),
    }
)
"""Readouts that a caller does not notice as such. They are neither a gain nor a cost."""

Candidate = tuple[str, Callable[[Any], tuple[Any, ...]]]
"""A field, and values to try instead of the current one."""

_STRIDES = (0.1, 0.2, 0.3, 0.45, 0.7)
"""The changes of end-of-turn sensitivity to try."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A complaint in callers' words.

    ``rows`` are the keys of the readout lines that measure it, the most important first. ``beyond`` says why no
    setting helps, if none does. ``goal`` is the matching goal of a sweep.
    """

    says: str
    rows: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    beyond: str
    goal: str

    @property
    def short(self) -> str:
        """The complaint without its speaker."""
        return self.says.removeprefix("Callers say the agent ").removeprefix("… ")


@dataclass(frozen=True, slots=True)
class Offer:
    """A value to try for a field, and the present one. ``stands_at`` is the effect of leaving it unset.

    ``means`` says what a higher or lower value does, where the name does not.
    """

    name: str
    before: Any
    value: Any
    stands_at: float | None = None
    means: str = ""

    def text(self) -> str:
        """Return the offer in words."""
        spec = BY_NAME[self.name]
        as_unset = f"inherit (as {self.stands_at:.2f})" if self.stands_at is not None else ""
        before = as_unset if self.before is None and as_unset else spec.show(self.before)
        means = f" ({self.means})" if self.means else ""
        return f"{self.name}: {before} → {spec.show(self.value)}{means}"


def _one(wanted: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: (wanted(value),)


def _set(wanted: Any) -> Callable[[Any], tuple[Any, ...]]:
    return _one(lambda _: wanted)


def _less_sensitive(value: float) -> tuple[float, ...]:
    return tuple(round(value - stride, 2) for stride in _STRIDES)


def _more_sensitive(value: float) -> tuple[float, ...]:
    return tuple(round(value + stride, 2) for stride in _STRIDES)


SYMPTOMS = (
    Symptom(
        "Callers say the agent interrupts them",
        ("cut_ins", "talk_over_s"),
        (
            (SENSITIVITY, _less_sensitive),
            ("post_eot_pause_ms", lambda value: (min(value + 300, 2000), min(value + 600, 2000))),
            ("filler_style", _set("silent")),
            ("eot_timeout_ms", _one(lambda value: max(value * 2, 2000))),
        ),
        "the pauses in which it cuts in are longer than any of them waits",
        "patient",
    ),
    Symptom(
        "… is slow to answer",
        ("response_ms p50", "first_sound_ms p50"),
        (
            (SENSITIVITY, _more_sensitive),
            ("max_buffer_delay_ms", lambda value: (max(value - 200, 200), max(value - 400, 200))),
            ("post_eot_pause_ms", _set(0)),
            ("tts_model", _set("sonic-turbo")),
            ("filler_style", lambda value: ("backchannel", "silent") if value == "phrase" else ("silent",)),
        ),
        "the rest is the models' own time, which no setting shortens",
        "quick",
    ),
    Symptom(
        "… stops when I say uh-huh",
        ("false_barge_ins", "missed_barge_ins"),
        (
            ("barge_in_min_speech_s", lambda value: (round(value + 0.3, 2), round(value + 0.6, 2))),
            ("barge_in_cooldown_s", _one(lambda value: round(value + 1.5, 1))),
        ),
        "the sounds that stop it last as long as words that should",
        "quick",
    ),
    Symptom(
        "… talks over me",
        ("talk_over_s", "missed_barge_ins", "barge_in_stop_ms p50"),
        (
            ("barge_in_min_speech_s", lambda value: tuple(max(round(value - by, 2), 0.2) for by in (0.3, 0.6))),
            ("barge_in_cooldown_s", _one(lambda value: min(value, 0.5))),
            (SENSITIVITY, _less_sensitive),
            ("max_response_sentences", _one(lambda value: 2 if value is None else max(value - 1, 1))),
        ),
        "the agent stops as soon as it can know that the caller means to speak",
        "patient",
    ),
    Symptom(
        "… there is dead air",
        ("dead_air_s", "hanging_turns", "first_sound_ms p50"),
        (
            (SENSITIVITY, _more_sensitive),
            ("filler_style", lambda value: ("phrase",) if value == "backchannel" else ("backchannel",)),
            ("backchannel_delay_ms", _one(lambda value: value // 2)),
            ("max_buffer_delay_ms", _one(lambda value: max(value - 200, 200))),
        ),
        "the rest is the models' own time, which no setting shortens",
        "voicesim",
    ),
    Symptom(
        "… sounds choppy",
        ("choppy_starts", "underruns"),
        (
            ("max_buffer_delay_ms", lambda value: (min(value + 300, 1000), 1000)),
            ("tts_model", lambda value: ("sonic-turbo",) if value == "sonic-3" else ("sonic-3",)),
        ),
        "the rest is the model's writing speed",
        "quick",
    ),
)


def offers(symptom: Symptom, resolved: ResolvedVoiceConfig, profile: EngineProfile) -> tuple[Offer, ...]:
    """Return the values to try that differ from the current ones."""
    found: dict[tuple[str, Any], Offer] = {}
    sensitivity = sensitivity_of(profile.values)
    own = sensitivity.equal_to(profile.values.eot_threshold.value)
    for name, wanted in symptom.candidates:
        before = getattr(resolved, name)
        values = _sensitivities(wanted, before, profile) if name == SENSITIVITY else wanted(before)
        for value in (_within_bounds(name, value) for value in values):
            if value == before:
                continue
            offer = Offer(name, before, value)
            if name == SENSITIVITY:
                stands_at = own if before is None else before
                higher, sooner = (value > (stands_at or 0.0), not sensitivity.recogniser)
                means = (
                    f"{'higher' if higher else 'lower'}: {'answers sooner' if higher is sooner else 'waits longer'}"
                )
                offer = Offer(name, before, value, own, means)
            found.setdefault((name, value), offer)
    return tuple(found.values())


def _sensitivities(
    wanted: Callable[[float], tuple[float, ...]], before: float | None, profile: EngineProfile
) -> tuple[float, ...]:
    """Return the sensitivities to try. If unset, it is at the profile's own threshold."""
    sensitivity = sensitivity_of(profile.values)
    stands_at = sensitivity.equal_to(profile.values.eot_threshold.value) if before is None else before
    if sensitivity.head_start or stands_at is None:
        return ()
    found = []
    for one in wanted(stands_at):
        # the recogniser's own field has the opposite direction
        value = one if not sensitivity.recogniser else round(2 * stands_at - one, 2)
        value = _within_bounds(SENSITIVITY, value)
        if sensitivity.ends_at(value) != sensitivity.ends_at(stands_at):
            found.append(value)
    return tuple(found)


def _within_bounds(name: str, value: Any) -> Any:
    """Return a number that the platform accepts: the stored one may be outside the documented bounds."""
    spec = BY_NAME[name]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = value if spec.low is None else max(value, type(value)(spec.low))
        value = value if spec.high is None else min(value, type(value)(spec.high))
    return value


# ---- the effect of an offer


@dataclass(frozen=True, slots=True)
class Advice:
    """An offer against a symptom, measured with it (arm A) and without it (arm B)."""

    symptom: Symptom
    offer: Offer
    measurement: Measurement

    @property
    def gain(self) -> tuple[float, ...]:
        """The changes of the symptom's main readout, of the response, and of the others, in noticeable steps."""
        first, *others = self._measures
        return self._changes((first, _PRICE, *others))

    @property
    def price(self) -> float:
        """How much later the response comes, in the same steps."""
        return self.gain[1]

    @property
    def helps(self) -> bool:
        """Whether it helps with the symptom."""
        return self._changes(self._measures) < (0,) * len(self._measures)

    @property
    def _measures(self) -> tuple[str, ...]:
        """The names of the readouts that measure the symptom."""
        return tuple(key.partition(" ")[0] for key in self.symptom.rows)

    def _changes(self, names: Sequence[str]) -> tuple[float, ...]:
        readouts = self.measurement.comparison.readouts
        return tuple(round(_delta(one, readouts.get(one)) / _SLIGHT[READOUTS[one].kind]) for one in names)

    def text(self, over: int = 0) -> str:
        """Return its effect on the complaint, its cost, and then further gains, which may be cut.

        ``over`` is the number of recordings to measure. While fewer are measured, the text says so first, and an
        unseen cost is unknown.
        """
        (gains, costs), own = self._effects(), READOUTS[self._measures[0]]
        measured, as_before = len(self.measurement.scope), [f"{own.short or own.title} as before"]
        does, *more = as_before * (not self.gain[0]) + gains or ["changes nothing that callers notice"]
        so_far = f"{measured} of {over} recordings so far: " if measured < over else ""
        free = "cost not known yet" if so_far else "costs nothing that is measured"
        return so_far + " · ".join([does, f"costs {', '.join(costs)}" if costs else free, *more])

    @property
    def free(self) -> bool:
        """Whether it has no measured cost."""
        return not self._effects()[1]

    @property
    def sure(self) -> bool:
        """Whether its effect on the symptom is distinguishable from none."""
        readouts = self.measurement.comparison.readouts
        return any(_delta(one, readouts.get(one)) < 0 and not _perhaps(readouts[one]) for one in self._measures)

    def _effects(self) -> tuple[list[str], list[str]]:
        """Return what callers notice as better, and as worse, one phrase each."""
        gains: list[str] = []
        costs: list[str] = []
        readouts, own = self.measurement.comparison.readouts, self._measures
        response = _delta(_PRICE, readouts.get(_PRICE))
        for name in dict.fromkeys((*own, *(readout.name for readout in BY_PLACE))):
            found, delta = readouts.get(name), _delta(name, readouts.get(name))
            # the first sound moves with the response, unless it is the complaint
            said = name not in _UNNOTICED and (name in own or name != "first_sound_ms" or not response)
            if found is not None and delta and said:
                (gains if delta < 0 else costs).append(_change(name, delta, found, len(self.measurement.scope)))
        return gains, costs

    def turn(self) -> WorseTurn | None:
        """Return the turn that it helps most, to see and hear. A turn with a remaining cut-in comes last."""
        helped = worse_turns(self.measurement, B, than=A)
        return min(helped, key=lambda one: one.cut_in_elsewhere, default=None)


def _delta(name: str, found: Compared | None) -> float:
    delta = found.delta.get(A) if found is not None else None
    return 0.0 if delta is None or abs(delta) < _SLIGHT[READOUTS[name].kind] else delta


def _perhaps(found: Compared) -> bool:
    """Return whether a change is indistinguishable from none, as the readout table marks it."""
    return found.why_no_interval is None and READOUTS[_PRICE].means(found.ci95.get(A) or (0.0, 0.0)) == "level"


def _change(name: str, delta: float, found: Compared, recordings: int) -> str:
    """Return a readout's change in words: ``2 fewer cut-ins of 44``, ``perhaps −240 ms response``.

    Seconds are a total, so it names the number of recordings.
    """
    readout, perhaps = READOUTS[name], "perhaps " if _perhaps(found) else ""
    if readout.kind == "count":
        what = readout.title.removesuffix("s") if abs(delta) == 1 else readout.title
        of = f" of {found.out_of[A]:,}" if found.out_of else ""
        return f"{perhaps}{abs(delta):,.0f} {'fewer' if delta < 0 else 'more'} {what}{of}"
    over = f" in {recordings} recordings" if readout.kind == "duration" and recordings > 1 else ""
    return f"{perhaps}{signed(delta, readout.places)} {readout.unit} {readout.short or readout.title}{over}"


def measure_base(
    scope: tuple[AnalysedRecording, ...], draft: Arm, trial_runner: TrialRunner, superseded: Callable[[], bool]
) -> Measurement | None:
    """Measure the present draft. ``None`` if ``superseded`` returned true."""
    return trial_runner.measure(scope, (draft, Arm(B, draft.config, draft.inherited)), superseded)


def try_offer(
    symptom: Symptom,
    offer: Offer,
    scope: tuple[AnalysedRecording, ...],
    draft: Arm,
    trial_runner: TrialRunner,
    superseded: Callable[[], bool],
) -> Advice | None:
    """Measure the draft with the offer against the present draft. ``None`` if ``superseded`` returned true."""
    config = draft.config.with_value(offer.name, offer.value)
    arms = (Arm(A, config, draft.inherited), Arm(B, draft.config, draft.inherited))
    found = trial_runner.measure(scope, arms, superseded)
    return None if found is None else Advice(symptom, offer, found)


def ranked(tried: Iterable[Advice]) -> list[Advice]:
    """Return the advice that helps: first what has no cost, then the rest.

    Of the first, certain help comes before the largest help. Of the rest, a better trade comes before the largest
    help. Of one field, what helps less is left out unless it costs less.
    """
    found: list[Advice] = []
    for advice in sorted((one for one in tried if one.helps), key=lambda one: one.gain):
        same = [one for one in found if one.offer.name == advice.offer.name]
        if all(advice.price < one.price or (advice.free and not one.free) for one in same):
            found.append(advice)
    trade = _better_trade(found)
    return sorted(found, key=lambda one: (not one.free, one.free and not one.sure, one is not trade))


def _better_trade(found: Sequence[Advice]) -> Advice | None:
    """Return the cheapest value with most of the gain, if the most helpful one delays the response a lot."""
    best = min(found, key=lambda one: one.gain, default=None)
    if best is None or best.price * _SLIGHT["latency"] <= _DEAR_MS:
        return None
    milder = [one for one in found if one.offer.name == best.offer.name and one.price < best.price]
    enough = [one for one in milder if one.gain[0] <= best.gain[0] * _MOST]
    return min(enough, key=lambda one: one.price, default=None)


def merit(advice: Advice, found: Sequence[Advice]) -> str:
    """Return what distinguishes advice: the most help, or most of it for less. Else empty."""
    if advice is min(found, key=lambda one: one.gain):
        return "helps most"
    return "most of the help for less delay" if advice is _better_trade(found) else ""
