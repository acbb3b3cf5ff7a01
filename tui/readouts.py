"""The readout table: every arm's readouts in words and figures, for screens and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simulator.engine.profile import EngineProfile
from simulator.heard.checked import LatestCheck, latest_check
from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readout_table import BY_NAME, BY_PLACE, Meaning, Readout, Share
from simulator.measures.readouts import Measured, Spread
from simulator.measures.turns import Count
from simulator.replay import REPLAY_WORDS
from tui.figures import NOTHING, difference, figure, interval, unseen_text

A, B = "A", "B"
"""The first two arms' names inside a trial. The screen chooses the labels beside them."""

KEY_TO_SIGNS = "✓ best, or better than the baseline · ✗ worse · ≈ not distinguishable: the interval holds zero"

WORDS: dict[str, str] = {
    "arm": "One of the sets of settings that are compared, such as the draft or a preset.",
    "draft": "What you edit. Until it changes something it is the same as what is stored, and has that name.",
    "baseline": "The arm that the others are held against: a difference is an arm minus the baseline.",
    "paired turn": "A turn of the caller that every arm answers; times are compared over these.",
    "95 % interval": "Where the difference lies in 95 of 100 resamples of the recordings, or of one call's turns.",
    "0 of 13 ≤23%": "None in 13; the true rate may be up to 23 %.",
    "✓ ✗ ≈": f"{KEY_TO_SIGNS}.",
    "assumed": "Not measured: likely delays of the models, which the profile holds.",
    "p50, p90": "Half of the turns stay below the first, nine in ten below the second.",
    "filler": "A short sound before the answer, such as “mm”, so that the caller does not wait in silence.",
    "backchannel": "A murmur that takes no turn, such as “mm-hm”: a caller's, or a filler of that kind.",
    "barge-in": "The caller speaks over the agent, and the agent stops.",
    **REPLAY_WORDS,
}
"""Words on screens and in tables, each with its meaning in a sentence."""

MEANINGS = {readout.title: readout.meaning for readout in BY_PLACE}
"""The meaning of each readout, by title."""

SIGNS = {"better": "✓", "worse": "✗", "level": "≈", "": ""}
"""The sign after a difference, because colour alone is not readable for everyone."""
BEST = "✓"
"""Marks the figure of the best arm."""

HISTOGRAM_BINS = 10
_UNPAIRED = "it is not paired"

LEAST_MEASURE = {"latency": 250.0, "duration": 2.0, "count": 5.0}
"""The smallest base for a relative change, in ms, s and cases, so that a change from zero is finite."""
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Apart:
    """The difference of one arm from the baseline. ``sure``: the interval excludes zero."""

    delta: str
    interval: str
    verdict: Meaning = ""
    sure: bool = False

    @property
    def sign(self) -> str:
        """The sign after the difference."""
        return SIGNS[self.verdict]

    def text(self, unit: str) -> str:
        """Return the difference in words: ``−556 ms (95 % sure between −610 and −480), better``."""
        bounds = self.interval.strip("[]").replace(", ", " and ")
        span = f" (95 % sure between {bounds})" if self.interval != NOTHING else ""
        means = {"level": ", not distinguishable", "": ""}.get(self.verdict, f", {self.verdict}")
        return f"{self.delta}{f' {unit}' if unit != 'count' else ''}{span}{means}"


@dataclass(frozen=True, slots=True)
class ReadoutRow:
    """One line. ``key`` names it, such as ``response_ms p90``.

    ``values`` has one figure per arm, ``limits`` the upper bounds of counts of zero, ``apart`` the differences
    (``None`` for the baseline), ``best`` the positions of the best arms. ``change`` ranks lines by their change,
    highest first. A ``minor`` line is omitted if there is no room.
    """

    key: str
    title: str
    of: str
    values: tuple[str, ...]
    limits: tuple[str, ...]
    apart: tuple[Apart | None, ...]
    n: str
    best: frozenset[int] = frozenset()
    change: tuple[bool, float] = (False, 0.0)
    histograms: tuple[str, ...] = ()
    scale: str = ""
    minor: bool = False

    @property
    def name(self) -> str:
        """The readout's name."""
        return self.key.partition(" ")[0]

    @property
    def label(self) -> str:
        """The readout's title, with the denominator of a count."""
        return f"{self.title}, of {self.of}" if self.of else self.title

    @property
    def short(self) -> str:
        """A short label."""
        readout = BY_NAME[self.name]
        return self.label.replace(readout.title, readout.short or readout.title, 1)

    @property
    def meaning(self) -> str:
        """The meaning of the readout, in a sentence."""
        return BY_NAME[self.name].meaning

    def bound(self, at: int) -> str:
        """Return what an arm's count of zero leaves possible, in words. Empty for another count."""
        most = self.limits[at].removeprefix("≤")
        return f" (the true rate may be up to {most.removesuffix('%')} %)" if most else ""

    def value(self, at: int, *, unit: bool = True, of: bool = True, limit: bool = True) -> str:
        """Return an arm's figure: ``1,093 ms``, ``0 of 44 turns ≤8%``. The flags leave parts out.

        Without a unit, it is as short as possible: ``1,093``, ``613/1.4k``.
        """
        shown = self.values[at]
        if shown == NOTHING:
            return shown
        if not unit and self.of:
            return "/".join(map(_thousands, shown.split(" of ")))
        readout = BY_NAME[self.name]
        shown += f" {readout.unit}" if unit and readout.kind != "count" else ""
        shown += f" {_noun(self.of, shown.rpartition(' ')[2])}" if of and self.of else ""
        return f"{shown} {self.limits[at]}" if limit and self.limits[at] else shown


@dataclass(frozen=True, slots=True)
class Readouts:
    """All lines, and notes on them: their data, the source of truth, and why there is no interval.

    ``arms`` are the compared ones in order, ``against`` is the baseline. ``blocks`` describes the resampling of one
    or two calls; empty if intervals are over recordings, or missing.
    """

    rows: tuple[ReadoutRow, ...]
    arms: tuple[str, ...]
    against: str
    over: str
    caveats: tuple[str, ...]
    why_no_interval: str | None
    blocks: str = ""
    far_off: bool = False
    """Whether the simulator was far off on real calls. The first caveat says so, whatever the room."""

    def only(self, keys: frozenset[str]) -> Readouts:
        """Return only the lines named ``keys``."""
        return replace(self, rows=tuple(row for row in self.rows if row.key in keys))

    def led_by(self, name: str) -> Readouts:
        """Return the lines with those of one readout first."""
        return replace(self, rows=tuple(sorted(self.rows, key=lambda row: row.name != name)))

    def by_change(self) -> Readouts:
        """Return the lines with the largest changes first: certain ones, then by relative change."""
        return replace(self, rows=tuple(sorted(self.rows, key=lambda row: row.change, reverse=True)))


def row_keys() -> dict[str, str]:
    """Return every line that can be shown, by key, with its label."""
    return {readout.key(share): readout.label(share) for readout in BY_PLACE for share in readout.shares}


def usual_rows() -> frozenset[str]:
    """Return the lines that are shown by default."""
    optional = {readout.key(share) for readout in BY_PLACE for share in readout.optional}
    return frozenset(row_keys()) - optional


def readouts(
    comparison: Comparison,
    measured: Mapping[tuple[str, str], Measured],
    recordings: Sequence[tuple[str, str]],
    profile: EngineProfile,
    mixed: int = 0,
    second_voices: int = 0,
    unchecked: int = 0,
) -> Readouts:
    """Build the table from a comparison of arms. ``recordings`` are (key, name for people).

    ``mixed`` of them contain both sides, so barge-in is omitted for them. ``second_voices`` of them seem to contain
    another voice in the caller's room. The labels of ``unchecked`` are a machine's guess.
    """
    arms = tuple(comparison.readouts["response_ms"].arms)
    runs = {arm: [measured[key, arm] for key, _ in recordings] for arm in arms}
    rows = []
    for readout in BY_PLACE:
        if readout.kind == "latency" and not any(readout.name in one.times for own in runs.values() for one in own):
            continue  # scripted replay has no answers
        compared = comparison.readouts.get(readout.name) if readout.paired else _unpaired(readout, runs)
        if compared is not None:
            rows += [_row(readout, share, compared, comparison.baseline, runs) for share in readout.shares]
    first = runs[arms[0]]
    where = recordings[0][1] if len(recordings) == 1 else f"{len(recordings)} recordings"
    why_no_interval = comparison.readouts["response_ms"].why_no_interval
    over_blocks = why_no_interval is None and comparison.drawn_over != "recordings"
    check = latest_check(profile.name)
    these = "this call" if len(recordings) == 1 else "these calls"
    return Readouts(
        rows=tuple(rows),
        arms=arms,
        against=comparison.baseline,
        over=f"{where}, {_turns_text(first, comparison.readouts['response_ms'].n, len(arms))}",
        far_off=check is not None and check.far_off,
        caveats=_caveats(first, profile, check, mixed, second_voices, unchecked),
        why_no_interval=why_no_interval,
        blocks=f"a bootstrap over {comparison.drawn_over} of {these}, so not about other calls" * over_blocks,
    )


def _turns_text(runs: Sequence[Measured], answered: int, arms: int) -> str:
    """Return the number of turns (detected ones without labels).

    Also the number of those with labels, over which some counts are, and of those that all arms answer, if fewer.
    """
    turns = sum(len(run.turns) for run in runs)
    labelled = sum(len(run.turns) for run in runs if run.labelled)
    detected = "detected " * (turns > 0 and not any(run.labelled for run in runs))
    text = f"{turns} {detected}turn{'s' * (turns != 1)}" + f", {labelled} labelled" * (0 < labelled < turns)
    fewer = 0 < answered < turns
    every = "" if arms == 1 else " in both" if arms == 2 else " in every arm"
    return f"{text}, {answered} answered{every}" if fewer else text


def _unpaired(readout: Readout, runs: Mapping[str, list[Measured]]) -> Compared | None:
    spreads = {
        arm: Spread.of(value for run in mine for value in run.times.get(readout.name, ()))
        for arm, mine in runs.items()
    }
    if not any(spread.n for spread in spreads.values()):
        return None
    n = next(iter(spreads.values())).n
    highs = Compared({arm: spread.p90 for arm, spread in spreads.items()}, {}, {}, n, _UNPAIRED)
    return replace(highs, arms={arm: spread.p50 for arm, spread in spreads.items()}, p90=highs)


def histograms(of_arms: Sequence[Sequence[int]], bins: int = HISTOGRAM_BINS) -> tuple[tuple[str, ...], str]:
    """Return the distribution of each arm's values in ms, one bar per bin, and their common scale."""
    everything = [value for values in of_arms for value in values]
    if len(everything) < 2 or min(everything) == max(everything):
        return tuple("" for _ in of_arms), ""
    low, high = min(everything), max(everything)
    counts = [[0] * bins for _ in of_arms]
    for values, found in zip(of_arms, counts, strict=True):
        for value in values:
            found[min(bins - 1, (value - low) * bins // (high - low))] += 1
    most = max(max(found) for found in counts)
    bars = tuple(
        "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if count else " " for count in found)
        for found in counts
    )
    if high - low < 10 * bins:
        return bars, f"{low:,}–{high:,} ms"
    return bars, f"{low / 1000:.1f}–{high / 1000:.1f} s"


def _caveats(
    runs: Sequence[Measured],
    profile: EngineProfile,
    check: LatestCheck | None,
    mixed: int,
    second_voices: int,
    unchecked: int,
) -> tuple[str, ...]:
    """Return notes that a reader of the readouts needs. A narrow screen shows only the first ones."""
    found = []
    if second_voices:
        which = "a second voice in it:" if len(runs) == 1 else f"a second voice in {second_voices} of {len(runs)}:"
        found.append(f"{which} not to be trusted")
    if mixed:
        which = "both sides in it:" if len(runs) == 1 else f"{mixed} of {len(runs)} with both sides in them:"
        found.append(f"{which} no barge-in")
    if any(run.silence_only for run in runs):
        found.append("silence only (turnlab models fetch)")
    unlabelled = sum(not run.labelled for run in runs)
    if unlabelled:
        what = "labels not checked" if unchecked == unlabelled else "unlabelled"
        found.append(what if len(runs) == 1 else f"{unlabelled} of {len(runs)} {what}")
    latencies = ("nav_ms", "engage_first_token_ms", "transport_ms")
    if check is not None:
        found.insert(0 if check.far_off else len(found), check.sentence)
    elif set(latencies) & set(profile.assumed()):
        found.append(f"model latencies: assumed, profile {profile.name}")
    return tuple(found)


def _row(
    readout: Readout, share: Share, compared: Compared, against: str, runs: Mapping[str, list[Measured]]
) -> ReadoutRow:
    at = compared.p90 if share == "p90" and compared.p90 else compared
    counts = {arm: _count(readout, value, runs[arm]) for arm, value in at.arms.items()}
    lying = [[v for run in of for v in run.times.get(readout.name, ())] for of in runs.values()]
    bars, scale = histograms(lying if share == "p50" else [[] for _ in runs])
    return ReadoutRow(
        key=readout.key(share),
        title=f"{readout.title} {share}".rstrip(),
        of=readout.of,
        values=tuple(
            figure(readout.name, at.arms[arm], unit=False) if count is None else f"{count.count:,} of {count.of:,}"
            for arm, count in counts.items()
        ),
        limits=tuple(unseen_text(count) for count in counts.values()),
        apart=tuple(None if arm == against else _apart(readout, at, arm, against) for arm in at.arms),
        n=f"{at.n:,}",
        best=frozenset(place for place, arm in enumerate(at.arms) if arm in at.best),
        change=_change(readout, at, against),
        histograms=bars,
        scale=scale,
        minor=share in readout.minor,
    )


def _noun(things: str, number: str) -> str:
    """Return the noun after a number: ``turns``, ``turn``, ``end of turn``."""
    return things if number != "1" else "end of turn" if things == "ends of turn" else things.removesuffix("s")


def _thousands(number: str) -> str:
    """Return a number of four digits or more in thousands: ``1.4k``."""
    return f"{int(number.replace(',', '')) / 1000:.1f}k" if "," in number else number


def _count(readout: Readout, value: float | None, runs: Sequence[Measured]) -> Count | None:
    if readout.kind != "count" or value is None:
        return None
    return Count(round(value), sum(run.counts[readout.name].of for run in runs if readout.name in run.counts))


def _apart(readout: Readout, at: Compared, arm: str, against: str) -> Apart | None:
    mine, theirs, ci = at.arms[arm], at.arms[against], at.ci95.get(arm)
    if not at.delta or mine is None or theirs is None:
        return Apart(NOTHING, NOTHING) if at.delta else None
    # Rounded first, so that the figures match their difference.
    delta = round(round(mine, readout.places) - round(theirs, readout.places), readout.places)
    sure = _excludes_zero(ci)
    verdict: Meaning = ""
    if not sure and at.why_no_interval is None:
        verdict = "level" if delta else ""
    elif delta:
        # a median's own difference may lie on the other side of zero than its resamples
        verdict = readout.means(ci if ci is not None else (delta, delta))
    return Apart(difference(readout.name, delta), interval(readout.name, ci), verdict, sure)


def _excludes_zero(bounds: tuple[float, float] | None) -> bool:
    return bounds is not None and (bounds[0] > 0 or bounds[1] < 0)


def _change(readout: Readout, at: Compared, against: str) -> tuple[bool, float]:
    """Return whether some arm certainly differs from the baseline, and the largest relative change."""
    theirs = at.arms[against]
    shares, sure = [0.0], False
    for arm, delta in at.delta.items():
        mine, bounds = at.arms[arm], at.ci95.get(arm)
        if delta and mine is not None and theirs is not None and round(delta, readout.places):
            shares.append(abs(delta) / max(abs(mine), abs(theirs), LEAST_MEASURE[readout.kind]))
            sure = sure or _excludes_zero(bounds)
    return sure, max(shares)
