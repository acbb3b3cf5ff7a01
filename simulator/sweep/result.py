"""A sweep's result and its progress, for the screen and as ``turnlab.sweep/1``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from base.json_text import TextError, read_json
from presets.config import ConfigError, VoiceConfig, parse, to_show
from simulator.measures.limits import Figure, Limit, LimitError, parse_figure, parse_limits
from simulator.sweep.goals import Goal, Term
from simulator.sweep.plan import SweepError

SCHEMA = "turnlab.sweep/1"
TODAY = "today"

Readouts = Mapping[str, Any]
"""Readouts as JSON values, by name."""

Interval = tuple[float, float]

Standing = Literal["recommended", "nearest", "not judged"]
"""On the confirming calls it meets every limit, breaks one, or breaks none with a limit that is not judged."""


@dataclass(frozen=True, slots=True)
class TriedSetting:
    """One tried setting. ``name`` is ``today``, a preset's, or empty.

    ``chosen`` are its readouts on the choosing calls (if ``dropped``, on a third of them), ``confirmed`` those on
    calls it was not chosen by. ``ci95`` has the 95 % intervals of the latter's differences from today's, by
    :func:`figure_text`. ``points`` is the sum of the goal's terms; less is better.
    """

    config: VoiceConfig
    name: str
    changes: Mapping[str, Any]
    """The fields in which it differs from today's settings, with their effective values."""
    points: float | None
    meets_limits: bool
    chosen: Readouts
    confirmed: Readouts | None = None
    ci95: Mapping[str, Interval | None] | None = None
    on_front: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """A sweep's progress. ``left_s``: the expected remaining seconds, if known.

    ``axes`` are the two figures of the trade-off: the goal's first, and its counterpart. ``settings`` are those
    tried so far, with the current front. ``resumed`` is how many of them an earlier run had tried. ``confirming``:
    the search is over, and its choice is being confirmed on other calls.
    """

    done: int
    of: int
    left_s: float | None
    axes: tuple[Figure, ...]
    settings: tuple[TriedSetting, ...]
    resumed: int = 0
    confirming: bool = False


@dataclass(frozen=True, slots=True)
class RecommendedChange:
    """One field that the recommended setting changes, and the value of that change.

    ``worth`` is by how much each figure of goal and limits changes if this field alone is reverted, where
    confirmed. ``points`` is the same for the goal, with its 95 % interval: above 0, the change pays.
    """

    field: str
    before: Any
    after: Any
    points: float | None
    ci95: Interval | None
    worth: Mapping[str, float]
    sentence: str


@dataclass(frozen=True, slots=True)
class LimitOutcome:
    """One limit under the recommended setting; ``None``: not judged, for instance with too few cases."""

    limit: str
    met_where_chosen: bool | None
    met_where_confirmed: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Optimism:
    """A figure of the goal where the setting was chosen, and where it was not."""

    figure: str
    today: float | None
    chosen: float | None
    confirmed: float | None
    ci95: Interval | None
    """The interval of the difference from today's settings, where confirmed."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Against:
    """A preset against the recommended setting, where confirmed.

    ``points`` is how the recommended setting's points differ from the preset's: below 0 it is better. ``breaks``
    are the limits that the preset breaks there. ``beaten``: the preset breaks limits that the recommended setting
    meets, or is reliably worse.
    """

    name: str
    points: float | None
    ci95: Interval | None
    breaks: tuple[str, ...]
    beaten: bool


@dataclass(frozen=True, slots=True)
class Recommended:
    """The recommended setting, by its index. With folds, its confirmed readouts are those of each fold's choice.

    ``distinguishable``: whether it is reliably better than today's settings on calls it was not chosen by, or meets
    limits there that today's do not. ``nearest``: no setting meets every limit, and this one comes nearest.
    """

    index: int
    changes: tuple[RecommendedChange, ...]
    confirmed: Readouts
    today: Readouts
    """Today's readouts on the same calls."""
    points: float | None
    """How its points differ from today's where confirmed: below 0 it is better."""
    ci95: Interval | None
    figures: tuple[Optimism, ...]
    limits: tuple[LimitOutcome, ...]
    against: tuple[Against, ...]
    distinguishable: bool
    nearest: bool = False

    def standing(self, dropped: Collection[str]) -> Standing:
        """Return how it stands. ``dropped``: the limits that the calls cannot judge."""
        met = [one.met_where_confirmed for one in self.limits]
        if self.nearest or False in met:
            return "nearest"
        return "not judged" if dropped or None in met else "recommended"


@dataclass(frozen=True, slots=True)
class SweepResult:
    """A sweep's result. ``baseline`` is the index of today's settings.

    ``folds`` is the number of parts of callers, each of which confirms what the others chose; 1: two halves.
    ``verdict`` summarises the result in a few sentences. ``obstacles`` are the reasons for limits that cannot be
    met, ``notes`` what could not be judged and why.
    """

    goal: Goal
    unjudged: tuple[str, ...]
    """The limits that these calls cannot judge."""
    axes: tuple[Figure, ...]
    chosen_on: tuple[str, ...]
    confirmed_on: tuple[str, ...]
    folds: int
    callers: int
    settings: tuple[TriedSetting, ...]
    baseline: int
    recommended: Recommended | None
    verdict: str
    obstacles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    profile: str = "default"
    seed: int = 0
    budget: int = 0
    complete: bool = True
    timing: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as ``turnlab.sweep/1``; all but ``timing`` is the same for the same calls, plan and seed."""
        return {
            "schema": SCHEMA,
            "goal": {
                "name": self.goal.name,
                "description": self.goal.description,
                "minimize": [{"readout": one.text, "weight": one.weight} for one in self.goal.terms],
            },
            "limits": [one.text for one in self.goal.limits],
            "unjudged": list(self.unjudged),
            "axes": [figure_text(one) for one in self.axes],
            "profile": self.profile,
            "seed": self.seed,
            "budget": self.budget,
            "complete": self.complete,
            "callers": self.callers,
            "folds": self.folds,
            "chosen_on": list(self.chosen_on),
            "confirmed_on": list(self.confirmed_on),
            "baseline": self.baseline,
            "settings": [_setting_json(one) for one in self.settings],
            "recommended": None if self.recommended is None else _recommended_json(self.recommended, self.unjudged),
            "verdict": self.verdict,
            "obstacles": list(self.obstacles),
            "notes": list(self.notes),
            "timing": dict(self.timing),
        }

    def to_show(self) -> dict[str, Any]:
        """Return the same for publication: without secrets, and with telephone numbers masked."""
        found = self.to_json()
        for one in found["settings"]:
            one |= {name: to_show(one[name]) for name in ("voice_config", "changes")}
        return found


def figure_text(figure: Figure) -> str:
    """Return a figure's name: ``response.p50``, ``cut_ins``."""
    bare = figure.readout.name.removesuffix("_ms").removesuffix("_s")
    return f"{bare}.{figure.percentile}" if figure.percentile else bare


def _setting_json(one: TriedSetting) -> dict[str, Any]:
    return {
        "name": one.name,
        "voice_config": one.config.set_values(),
        "changes": _plain(one.changes),
        "points": one.points,
        "meets_limits": one.meets_limits,
        "on_front": one.on_front,
        "dropped": one.dropped,
        "chosen": dict(one.chosen),
        "confirmed": None if one.confirmed is None else dict(one.confirmed),
        "ci95": None if one.ci95 is None else {name: _pair(ends) for name, ends in one.ci95.items()},
    }


def _recommended_json(one: Recommended, dropped: Collection[str]) -> dict[str, Any]:
    return {
        "index": one.index,
        "standing": one.standing(dropped),
        "nearest": one.nearest,
        "distinguishable": one.distinguishable,
        "points": one.points,
        "ci95": _pair(one.ci95),
        "confirmed": dict(one.confirmed),
        "today": dict(one.today),
        **_evidence_json(one),
        "changes": [
            {
                "field": each.field,
                "before": _as_list(each.before),
                "after": _as_list(each.after),
                "points": each.points,
                "ci95": _pair(each.ci95),
                "worth": dict(each.worth),
                "sentence": each.sentence,
            }
            for each in one.changes
        ],
    }


def _evidence_json(one: Recommended) -> dict[str, Any]:
    return {
        "figures": [
            {
                "readout": each.figure,
                "today": each.today,
                "chosen": each.chosen,
                "confirmed": each.confirmed,
                "ci95": _pair(each.ci95),
                "sentence": each.sentence,
            }
            for each in one.figures
        ],
        "limits": [
            {
                "limit": each.limit,
                "met_where_chosen": each.met_where_chosen,
                "met_where_confirmed": each.met_where_confirmed,
                "sentence": each.sentence,
            }
            for each in one.limits
        ],
        "against": [
            {
                "preset": each.name,
                "points": each.points,
                "ci95": _pair(each.ci95),
                "breaks": list(each.breaks),
                "beaten": each.beaten,
            }
            for each in one.against
        ],
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as_list(value) for name, value in values.items()}


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _pair(ends: Interval | None) -> list[float] | None:
    return None if ends is None else list(ends)


# ---- reading


def read_result(path: Path) -> SweepResult:
    """Read the output of :meth:`SweepResult.to_json`. Raises :class:`~simulator.sweep.plan.SweepError`."""
    try:
        return result_of(read_json(path))
    except TextError as error:
        raise SweepError(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ConfigError, LimitError):
        raise SweepError(f"{path}: is not a complete {SCHEMA}; make it with turnlab sweep --json") from None


def result_of(raw: Mapping[str, Any]) -> SweepResult:
    """Return the result in an object of ``turnlab.sweep/1``. Raises parsing errors for another object."""
    if raw["schema"] != SCHEMA:
        raise ValueError(SCHEMA)
    goal = raw["goal"]
    terms = tuple(Term(one["readout"], parse_figure(one["readout"]), one["weight"]) for one in goal["minimize"])
    limits: tuple[Limit, ...] = parse_limits(raw["limits"])
    found = raw["recommended"]
    return SweepResult(
        goal=Goal(goal["name"], terms, limits, goal["description"]),
        unjudged=tuple(raw["unjudged"]),
        axes=tuple(map(parse_figure, raw["axes"])),
        chosen_on=tuple(raw["chosen_on"]),
        confirmed_on=tuple(raw["confirmed_on"]),
        folds=raw["folds"],
        callers=raw["callers"],
        settings=tuple(map(_setting, raw["settings"])),
        baseline=raw["baseline"],
        recommended=None if found is None else _recommended(found),
        verdict=raw["verdict"],
        obstacles=tuple(raw["obstacles"]),
        notes=tuple(raw["notes"]),
        profile=raw["profile"],
        seed=raw["seed"],
        budget=raw["budget"],
        complete=raw["complete"],
        timing=raw["timing"],
    )


def _setting(raw: Mapping[str, Any]) -> TriedSetting:
    ci95 = raw["ci95"]
    return TriedSetting(
        config=parse(raw["voice_config"]),
        name=raw["name"],
        changes=raw["changes"],
        points=raw["points"],
        meets_limits=raw["meets_limits"],
        chosen=raw["chosen"],
        confirmed=raw["confirmed"],
        ci95=None if ci95 is None else {name: _ends(pair) for name, pair in ci95.items()},
        on_front=raw["on_front"],
        dropped=raw["dropped"],
    )


def _recommended(raw: Mapping[str, Any]) -> Recommended:
    def rest(one: Mapping[str, Any], *but: str) -> dict[str, Any]:
        return {name: value for name, value in one.items() if name not in but}

    return Recommended(
        index=raw["index"],
        changes=tuple(RecommendedChange(ci95=_ends(one["ci95"]), **rest(one, "ci95")) for one in raw["changes"]),
        confirmed=raw["confirmed"],
        today=raw["today"],
        points=raw["points"],
        ci95=_ends(raw["ci95"]),
        figures=tuple(
            Optimism(figure=one["readout"], ci95=_ends(one["ci95"]), **rest(one, "ci95", "readout"))
            for one in raw["figures"]
        ),
        limits=tuple(LimitOutcome(**one) for one in raw["limits"]),
        against=tuple(
            Against(one["preset"], one["points"], _ends(one["ci95"]), tuple(one["breaks"]), one["beaten"])
            for one in raw["against"]
        ),
        distinguishable=raw["distinguishable"],
        nearest=raw["nearest"],
    )


def _ends(pair: Any) -> Interval | None:
    return None if pair is None else (pair[0], pair[1])
