"""Every readout as a row: its name and meaning, how it is measured, and how arms are compared by it.

JSON, tables, comparisons, outside measures and the documentation are generated from these rows. To add a readout,
add one row to :data:`READOUTS` and one function or method of :class:`Material` that measures it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from simulator.measures.turns import Count, Material, TurnOutcome, talk_over

Kind = Literal["latency", "count", "duration"]
"""A latency has a value per turn or interruption, in ms; a count has a denominator; a duration is a sum in s."""

Share = Literal["p50", "p90", ""]
"""The figure of a readout in a line of a table; a total has only one."""

Meaning = Literal["better", "worse", "level", ""]
"""What a difference means to a caller. ``level``: there may be none. Empty where it cannot be judged."""

Values = Sequence[int] | Count | float
"""A readout function's result: latencies in ms, a count, or seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """One readout. ``meaning`` is a sentence for people. ``better`` is whether less or more is better, or neither.

    ``measure`` returns its values for one run. ``of_turn`` returns the latency of one turn, ms, where arms are
    compared turn by turn. ``place`` is its position in tables: what callers notice most comes first.

    ``needs_greeting``: only calls in which the agent speaks first have it. ``by_barge_in``: it depends on barge-in
    alone, so scripted replay can measure it, and a mix of both sides cannot. ``unheard`` is why it is not audible
    from outside, ``caveat`` how the heard value differs from the agent's own, and ``cleared``: an agent's ``clear``
    message removes that caveat. ``minor`` lines are dropped where space is short; ``optional`` ones are shown on
    request. ``short`` is its title where a turn is implied. ``of`` is a count's denominator, ``whose`` whose cases.
    ``felt``: callers notice it. ``says`` is its meaning to them, with ``{}`` for the share or the seconds.
    """

    name: str
    title: str
    meaning: str
    kind: Kind
    place: int
    measure: Callable[[Material], Values]
    of_turn: Callable[[TurnOutcome], int | None] | None = None
    better: Literal["less", "more", "neither"] = "less"
    needs_truth: bool = False
    needs_greeting: bool = False
    by_barge_in: bool = False
    unheard: str = ""
    caveat: str = ""
    cleared: bool = False
    minor: tuple[Share, ...] = ()
    optional: tuple[Share, ...] = ()
    short: str = ""
    of: str = ""
    whose: str = "the"
    says: str = ""
    felt: bool = True

    @property
    def paired(self) -> bool:
        """Whether arms are compared by it: latencies turn by turn, counts and durations by their totals."""
        return self.kind != "latency" or self.of_turn is not None

    def means(self, bounds: tuple[float, float] | None) -> Meaning:
        """Return what a difference between these bounds means. A known difference has two equal bounds."""
        if bounds is not None and bounds[0] <= 0 <= bounds[1]:
            return "level"
        if bounds is None or self.better == "neither":
            return ""
        return "better" if (bounds[1] < 0) is (self.better == "less") else "worse"

    @property
    def main(self) -> bool:
        """Whether it is always shown, and named where it is reliably worse."""
        return self.shares[0] not in self.minor + self.optional

    @property
    def unit(self) -> str:
        """The unit of its figures: ``ms``, ``s`` or ``count``."""
        return {"latency": "ms", "duration": "s", "count": "count"}[self.kind]

    @property
    def places(self) -> int:
        """How many decimals its figures have."""
        return 1 if self.kind == "duration" else 0

    @property
    def shares(self) -> tuple[Share, ...]:
        """Its lines in a table."""
        return ("p50", "p90") if self.kind == "latency" else ("",)

    def key(self, share: Share) -> str:
        """Return the key of one of its lines, such as ``response_ms p90``."""
        return f"{self.name} {share}".rstrip()

    def label(self, share: Share) -> str:
        """Return the title of one of its lines: ``response after turn p90``, ``cut-ins, of turns``."""
        return f"{self.title}, of {self.of}" if self.of else f"{self.title} {share}".rstrip()


def _latency(
    name: str,
    title: str,
    meaning: str,
    place: int,
    *,
    p90: bool,
    short: str = "",
    unheard: str = "",
    minor: tuple[Share, ...] = (),
) -> Readout:
    """Return a latency of every turn; ``p90``: tables show its 90th percentile by default."""
    of_turn: Callable[[TurnOutcome], int | None] = attrgetter(name)

    def measure(found: Material) -> Values:
        return [value for value in map(of_turn, found.turns) if value is not None]

    return Readout(
        name=name,
        title=title,
        meaning=meaning,
        kind="latency",
        place=place,
        measure=measure,
        of_turn=of_turn,
        unheard=unheard,
        minor=minor,
        optional=() if p90 else ("p90",),
        short=short,
    )


READOUTS = (
    _latency(
        "eot_delay_ms",
        "end-of-turn delay",
        "From the true end of a caller's turn to the agent's end-of-turn decision.",
        place=3,
        unheard="an end-of-turn decision makes no sound",
        minor=("p50",),
        p90=False,
        short="end of turn",
    ),
    _latency(
        "first_sound_ms",
        "first sound after turn",
        "From the true end of a caller's turn to the first agent sound, filler or response.",
        place=1,
        p90=False,
        short="first sound",
    ),
    _latency(
        "response_ms",
        "response after turn",
        "From the true end of a caller's turn to the first sound of the response.",
        place=2,
        minor=("p90",),
        p90=True,
        short="response",
    ),
    Readout(
        name="barge_in_stop_ms",
        title="barge-in stop",
        meaning="From the onset of a true interruption until the agent is silent.",
        kind="latency",
        place=10,
        # Which interruptions stop the agent differs from arm to arm, so arms cannot be paired by it.
        measure=lambda found: found.over.stop_ms,
        needs_truth=True,
        by_barge_in=True,
        caveat="an answer that ended by itself within 2 s counts as stopped: it sounds the same",
        cleared=True,
        minor=("p50",),
        optional=("p90",),
    ),
    _latency(
        "filler_overhang_ms",
        "filler overhang",
        "How long a response that is ready waits for a filler to end.",
        place=13,
        unheard="when a response was ready makes no sound",
        p90=False,
    ),
    Readout(
        name="cut_ins",
        title="cut-ins",
        of="turns",
        says="cut-ins on {}",
        meaning="Turns that the agent ended early, so that it was heard more than 0.1 s before their true end.",
        kind="count",
        place=4,
        measure=lambda found: Count(sum(turn.cut_in for turn in found.turns), len(found.turns)),
        needs_truth=True,
        caveat="turns in which the agent begins to speak, regardless of its end-of-turn decisions",
    ),
    Readout(
        name="early_ends",
        title="early ends",
        of="turns",
        says="{} ended early",
        meaning="Turns that the agent ended more than 0.1 s before their true end, unheard: each costs an answer.",
        kind="count",
        place=5,
        measure=lambda found: Count(sum(turn.early_end for turn in found.turns), len(found.turns)),
        needs_truth=True,
        unheard="an end of turn revoked in silence makes no sound",
    ),
    Readout(
        name="missed_turns",
        title="missed turns",
        of="turns",
        says="{} missed",
        meaning="Turns that were not heard, or had no end of turn before the caller spoke again: no answer.",
        kind="count",
        place=6,
        measure=lambda found: Count(sum(turn.missed for turn in found.turns), len(found.turns)),
        needs_truth=True,
        caveat="turns after which nothing was heard of the agent before the caller spoke again",
    ),
    Readout(
        name="hanging_turns",
        title="hanging turns",
        of="turns",
        says="callers left waiting 5 s after {}",
        meaning="Turns after which the caller hears nothing for 5 s.",
        kind="count",
        place=7,
        measure=lambda found: Count(sum(turn.hanging for turn in found.turns), len(found.turns)),
    ),
    Readout(
        name="missed_barge_ins",
        title="missed barge-ins",
        of="interruptions",
        says="{} talked through",
        meaning="True interruptions after which the agent neither stopped within 2 s nor had ended.",
        kind="count",
        place=9,
        measure=lambda found: Count(found.over.missed, found.over.true),
        needs_truth=True,
        by_barge_in=True,
    ),
    Readout(
        name="false_barge_ins",
        title="false barge-ins",
        of="sounds",
        says="stops for {} that should not stop it",
        meaning="The agent stopped for a backchannel, a cough or a noise, out of all of those over its voice.",
        kind="count",
        place=8,
        measure=lambda found: Count(found.over.false, found.over.distractors),
        needs_truth=True,
        by_barge_in=True,
        unheard="whether the agent stopped for a noise, or had finished, sounds the same",
    ),
    Readout(
        name="missed_responses",
        title="missed responses",
        of="waits",
        says="{} given up",
        meaning="Times the caller gave up waiting for the agent, out of all times they waited.",
        kind="count",
        place=21,
        measure=lambda found: Count(found.missed_responses, found.anchored),
    ),
    Readout(
        name="fillers",
        title="fillers",
        of="ends of turn",
        meaning="Fillers spoken, out of all ends of turn.",
        kind="count",
        place=14,
        measure=Material.fillers,
        better="neither",
        unheard="a filler sounds like a short answer",
    ),
    Readout(
        name="repeated_fillers",
        title="repeated fillers",
        of="fillers",
        meaning="Fillers after another filler, with no response between them, out of all fillers.",
        kind="count",
        place=15,
        measure=Material.repeated_fillers,
        unheard="a filler sounds like a short answer",
        minor=("",),
    ),
    Readout(
        name="forced_ends",
        title="forced ends",
        of="ends of turn",
        meaning="Ends of turn by eot_timeout_ms of silence alone, out of all of them.",
        kind="count",
        place=16,
        measure=Material.forced_ends,
        unheard="the reason for an end of turn cannot be heard",
        minor=("",),
    ),
    Readout(
        name="wasted_generations",
        title="wasted generations",
        of="answers",
        says="{} discarded",
        meaning="Answers discarded because the caller resumed, out of all started: they cost money, not time.",
        kind="count",
        place=17,
        measure=Material.wasted_generations,
        unheard="a discarded answer makes no sound",
        felt=False,
    ),
    Readout(
        name="underruns",
        title="underruns",
        of="joints",
        says="gaps at {}",
        meaning="Gaps in the agent's speech, out of all transitions between its chunks.",
        kind="count",
        place=19,
        measure=Material.underruns,
        unheard="a gap in speech sounds like a pause",
    ),
    Readout(
        name="choppy_starts",
        title="choppy starts",
        of="responses",
        says="choppy starts of {}",
        meaning="Responses that begin with fewer than 4 words, out of all of them.",
        kind="count",
        place=20,
        measure=Material.choppy_starts,
        unheard="where one chunk ends and the next begins cannot be heard",
    ),
    Readout(
        name="truncated_words",
        title="truncated words",
        of="words",
        whose="the agent's",
        says="{} cut by response limits",
        meaning="Words cut by the limits on a response, out of all of them.",
        kind="count",
        place=18,
        measure=Material.truncated_words,
        unheard="words that were cut make no sound",
    ),
    Readout(
        name="talk_over_s",
        title="talk-over",
        says="{} of talk-over",
        meaning="Agent sound over true caller turns, summed.",
        kind="duration",
        place=11,
        measure=lambda found: sum(until - at for at, until in talk_over(found.sounds, found.truth)) / 1000,
        needs_truth=True,
        by_barge_in=True,
    ),
    Readout(
        name="dead_air_s",
        title="dead air",
        says="{} of dead air",
        meaning="Silence beyond 1 s between the true end of a turn and the first agent sound, summed.",
        kind="duration",
        place=12,
        measure=lambda found: sum(turn.dead_air_ms for turn in found.turns) / 1000,
    ),
    Readout(
        name="stops_against_advice",
        title="stops against advice",
        of="barge-ins",
        meaning="Stops a listener would not have made, by length and voice, out of all barge-ins: advice, no rule.",
        kind="count",
        place=23,
        measure=lambda found: found.stops_against_advice(),
        by_barge_in=True,
        unheard="what the agent heard before it stopped is not known",
        optional=("",),
    ),
    Readout(
        name="silence_after_greeting_s",
        title="silence after greeting",
        says="{} of silence after the greeting",
        meaning="From the end of the agent's greeting until the caller speaks, or to the end of the call.",
        kind="duration",
        place=22,
        measure=Material.silence_after_greeting_s,
        needs_greeting=True,
        unheard="where an agent's greeting ends cannot be heard",
    ),
)
"""Every readout, in the order of the JSON."""

BY_NAME = {readout.name: readout for readout in READOUTS}

BY_PLACE = tuple(sorted(READOUTS, key=attrgetter("place")))
"""Every readout; what callers notice most comes first."""
