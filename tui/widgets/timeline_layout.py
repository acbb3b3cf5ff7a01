"""The lanes of a view, near and far, and the overview of a long call.

From afar, where a cell is seconds long, lanes show how much is said in it, and how often things happen. The
overview uses the same drawings, with a lens for the visible part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.tune.caller_audio import SPEECH_KINDS
from tui.tune.scene import HAPPENED, ArmLane, HappeningKind, Scene
from tui.widgets import timeline_arms as arms
from tui.widgets import timeline_lanes as lanes
from tui.widgets.timeline_arms import RULE, WORST_FIRST, count_char
from tui.widgets.timeline_lanes import FINE, OVER, Glyphs, clock_text, filled
from tui.widgets.timeline_line import BLANK, CellLine
from tui.widgets.timeline_view import View

_Shares = NDArray[np.float64]
_Counts = NDArray[np.intp]

WORST = 3
"""The number of marked worst places of an overview."""
_WEIGHTS: dict[HappeningKind, float] = {"cut-in": 3.0, "false barge-in": 2.0, "barge-in": 0.0}
"""The weight of each fault. A second of talk-over counts one."""
_SEEN = 0.02
"""A smaller share of talk-over is not visible."""


class _Cover(NamedTuple):
    """How much of the clock is covered up to given moments, in ms."""

    at_ms: _Shares
    covered_ms: _Shares

    @classmethod
    def of(cls, starts_ms: Sequence[int], ends_ms: Sequence[int]) -> _Cover:
        """Return it for consecutive stretches."""
        starts, ends = np.array(starts_ms, np.float64), np.array(ends_ms, np.float64)
        at_ms, covered_ms = np.zeros(2 * len(starts) + 1), np.zeros(2 * len(starts) + 1)
        at_ms[1::2], at_ms[2::2] = starts, ends
        covered_ms[2::2] = np.cumsum(ends - starts)
        covered_ms[1::2] = covered_ms[:-1:2]
        return cls(at_ms, covered_ms)

    def share(self, view: View) -> _Shares:
        """Return the covered share of each cell, 0…1."""
        edges = view.start_ms + np.arange(view.width + 1) * view.ms_per_cell
        covered: _Shares = np.diff(np.interp(edges, self.at_ms, self.covered_ms)) / view.ms_per_cell
        return np.clip(covered, 0.0, 1.0)


# Counts of a scene are computed once, and only if drawn.


@lru_cache(maxsize=4)
def _speech(scene: Scene) -> tuple[_Cover, ...]:
    """Return the caller's speech by kind."""
    found: dict[str, tuple[list[int], list[int]]] = {kind: ([], []) for kind in SPEECH_KINDS}
    for group in (scene.turns, scene.asides):
        for start_ms, end_ms, _, kind in group:
            starts, ends = found[kind]
            starts.append(start_ms)
            ends.append(end_ms)
    return tuple(_Cover.of(*bounds) for bounds in found.values())


@lru_cache(maxsize=8)
def _over(lane: ArmLane) -> _Cover:
    """Return where an arm talks over the caller."""
    return _Cover.of([start_ms for start_ms, _ in lane.over], [end_ms for _, end_ms in lane.over])


@lru_cache(maxsize=8)
def _sounds(lane: ArmLane) -> _Cover:
    """Return where an arm's agent is audible."""
    return _Cover.of([bar.start_ms for bar in lane.bars], [bar.end_ms for bar in lane.bars])


@lru_cache(maxsize=8)
def _happened(lane: ArmLane) -> dict[HappeningKind, _Shares]:
    """Return when a caller notices something of an arm, by kind."""
    found: dict[HappeningKind, list[int]] = {kind: [] for kind in WORST_FIRST}
    for t_ms, kind in lane.happenings:
        found[kind].append(t_ms)
    return {kind: np.array(times, np.float64) for kind, times in found.items()}


@lru_cache(maxsize=4)
def _differences(scene: Scene) -> tuple[_Shares, _Shares]:
    """Return when the arms differ, for worse and for better."""
    worse = [one.t_ms for one in scene.differing if one.verdict == "worse"]
    better = [one.t_ms for one in scene.differing if one.verdict != "worse"]
    return np.array(worse, np.float64), np.array(better, np.float64)


def _counts(times: _Shares, view: View) -> _Counts:
    """Return how many of the given moments are in each cell."""
    cells = ((times - view.start_ms) / view.ms_per_cell).astype(np.intp)
    inside = cells[(times >= view.start_ms) & (cells < view.width)]
    return np.bincount(inside, minlength=view.width)


def _caller(scene: Scene, view: View, rows: int, glyphs: Glyphs = FINE) -> list[CellLine]:
    """Draw how much the caller says in each cell, relative to the most, in the colour of the main kind."""
    shares = np.stack([cover.share(view) for cover in _speech(scene)])
    kinds = [f"is-{SPEECH_KINDS[most]}" for most in shares.argmax(axis=0).tolist()]
    over = _over(scene.lanes[0]).share(view) > _SEEN if scene.lanes else np.zeros(view.width, np.bool_)
    tints = [OVER if one else "" for one in over.tolist()]
    said = shares.sum(axis=0)
    lines = filled(said / max(float(said.max()), _SEEN), rows, "", glyphs)
    for line in lines:
        line.kinds = [
            (kind if char != " " else BLANK) + tint
            for char, kind, tint in zip(line.chars, kinds, tints, strict=True)
        ]
    return lines


def _agent(lane: ArmLane, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Draw how much an arm's agent says in each cell, and how often a caller notices something."""
    (line,) = filled(_sounds(lane).share(view), 1, f"agent-{lane.arm.lower()}", glyphs)
    _put_counts(line, lane, WORST_FIRST, view, glyphs)
    return line


def _happenings(scene: Scene, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Show how often a caller notices something in each cell."""
    line = CellLine(view.width)
    _put_counts(line, scene.lanes[0], WORST_FIRST, view, glyphs)
    return line


def _differing(scene: Scene, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Show how many turns of each cell the arms treat differently, in the colour of their majority for A."""
    line = CellLine(view.width)
    worse, better = (_counts(times, view) for times in _differences(scene))
    for x in np.flatnonzero(worse + better).tolist():
        line.put(x, count_char(int(worse[x] + better[x]), glyphs), "worse" if worse[x] >= better[x] else "better")
    return line


def _put_counts(
    line: CellLine,
    lane: ArmLane,
    kinds: Sequence[HappeningKind],
    view: View,
    glyphs: Glyphs,
    worst: Sequence[int] = (),
) -> None:
    """Put counts in the colour of the worst kind. A single item has its own sign."""
    counts = np.stack([_counts(_happened(lane)[kind], view) for kind in kinds])
    total, first = counts.sum(axis=0), (counts > 0).argmax(axis=0)
    there = np.flatnonzero(total)
    for x, count, place in zip(there.tolist(), total[there].tolist(), first[there].tolist(), strict=True):
        kind = kinds[place]
        # among bars of speech, another bar would not stand out
        char = glyphs.happenings[kind] if count == 1 or line.chars[x] != " " else count_char(count, glyphs)
        line.put(x, char, kind if x in worst else f"{kind}{RULE}")


def overview(scene: Scene, lens: View, rows: int, glyphs: Glyphs = FINE) -> list[tuple[str, CellLine]]:
    """Draw the whole call in at most four labelled lines: what is said, the lens, and what happens."""
    whole = View.whole(scene.duration_ms, lens.width)
    (said,) = _caller(scene, whole, 1, glyphs)
    first, last = int(whole.x(lens.start_ms)), int(whole.x(lens.end_ms))
    found = [(f"{scene.duration_ms / 60_000:.0f} min", said)]
    if scene.lanes:
        arm = scene.lanes[0]
        worst = _worst(arm, whole)
        for label, kinds in _COUNTED[min(rows, len(_COUNTED) - 1)]:
            line = said if not label else CellLine(lens.width)
            _put_counts(line, arm, kinds, whole, glyphs, worst)
            found += [(label, line)] if label else []
        if rows > len(found):
            found.append(("worst", _worst_line(worst, arm, whole, glyphs)))
    said.put(first, "[", "cursor")
    said.put(max(last, first + 1) if first + 1 < lens.width else first - 1, "]", "cursor")
    return found


_BARGE_INS: tuple[HappeningKind, ...] = ("false barge-in", "barge-in")
_COUNTED: tuple[tuple[tuple[str, Sequence[HappeningKind]], ...], ...] = (
    (),
    (("", WORST_FIRST),),
    (("events", WORST_FIRST),),
    (("cut-in", ("cut-in",)), ("barge-in", _BARGE_INS)),
)
"""What is counted on which line, by the number of lines: on a line of its own, or on the speech."""


def _worst(lane: ArmLane, whole: View) -> list[int]:
    """Return the cells with the highest weights, the worst first."""
    score = _over(lane).share(whole) * whole.ms_per_cell / 1000
    for kind, weight in _WEIGHTS.items():
        score += weight * _counts(_happened(lane)[kind], whole)
    order = np.argsort(-score, kind="stable")[:WORST].tolist()
    return [x for x in order if score[x] >= 1]


def _worst_line(worst: Sequence[int], lane: ArmLane, whole: View, glyphs: Glyphs) -> CellLine:
    """Show the worst places, and the length of talk-over in each if it fits."""
    line = CellLine(whole.width)
    over = _over(lane).share(whole) * whole.ms_per_cell / 1000
    for x in worst:
        text = f"{glyphs.worst}{clock_text(int(whole.t(x)))}, talks over {over[x]:.1f} s"
        for part in (text, text.partition(",")[0], glyphs.worst):
            if line.is_free(x - 1 if x else 0, x + len(part)):
                line.write(x, part, "worse")
                break
    return line


# ---- choice of lanes


_TO_FILL = ("caller", "turn end", "caller")
WANTED = (
    *("overview", "turns", "overview", "happenings", "turn end", "differing", "caller", "words", "overview"),
    *("caller", "turn end", "overview", "caller", "voice", "words", *_TO_FILL * 3),
)
"""The lanes that get a line beyond the minimum, in order. The last ones yield first."""


def line_counts(height: int, arms: int, there: Collection[str]) -> Counter[str]:
    """Return the number of lines of each lane for a height. ``there`` are the optional lanes with content."""
    counts = Counter({"caller": 1, "turn end": 1})
    room = height - 3 - arms
    counts.update([lane for lane in WANTED if lane in there][: max(room, 0)])
    return counts


def lay_out(
    scene: Scene, view: View, height: int, glyphs: Glyphs = FINE, heard: str = "", *, with_overview: bool = True
) -> tuple[list[tuple[str, CellLine]], int]:
    """Return the lines for a height, each with its label, and how many of them are the overview of a long call.

    ``heard`` is the letter of the playing arm.
    """
    whole = View.whole(scene.duration_ms, view.width)
    there = _there(scene, view, whole) - (set() if with_overview else {"overview"})
    counts = line_counts(height, len(scene.agents), there)
    found = overview(scene, view, counts["overview"], glyphs) if counts["overview"] else []
    top = len(found)
    found.append(("", lanes.ruler(scene, view, glyphs)))
    found += (_lay_out_afar if view.is_afar else _lay_out_near)(scene, view, counts, glyphs)
    labels = (_agent_label(lane, glyphs.heard if lane.arm == heard else "") for lane in scene.agents)
    agents = (
        _agent(lane, view, glyphs) if view.is_afar else arms.agent(lane, view, lane.arm.lower(), glyphs)
        for lane in scene.agents
    )
    return [*found, *zip(labels, agents, strict=True)], top


def _agent_label(lane: ArmLane, heard: str) -> str:
    if lane.arm == HAPPENED:
        return f"happened{heard}"  # as wide as the space allows
    return f"{lane.arm} agent{f' {heard}' * bool(heard)}"


def _events_label(lane: ArmLane) -> str:
    return "events" if lane.arm == HAPPENED else f"{lane.arm} events"


def _there(scene: Scene, view: View, whole: View) -> set[str]:
    """Return the lanes with content."""
    there = {"caller", "happenings"}
    if scene.differing:
        there.add("differing")
    if view.is_afar:
        return there
    there |= {"turn end", "voice"} if scene.wave.voice.is_there else {"turn end"}
    if whole.is_afar:
        there.add("overview")
    there |= {"turns"} if scene.turns or scene.asides else set()
    return there | ({"words"} if _has_words(scene) else set())


@lru_cache(maxsize=4)
def _has_words(scene: Scene) -> bool:
    return any(one.text for group in (scene.turns, scene.asides) for one in group)


def _lay_out_near(scene: Scene, view: View, counts: Counter[str], glyphs: Glyphs) -> list[tuple[str, CellLine]]:
    first = scene.lanes[0]
    decides = scene.policy is not None
    heard = lanes.caller(scene, view, counts["caller"] + counts["turn end"] * (not decides), glyphs)
    curve = lanes.confidence(scene, view, counts["turn end"], glyphs) if decides else []
    arms.rules([*heard, *curve], first, view, glyphs)
    found = [(_events_label(first), arms.happenings(first, view, glyphs))] if counts["happenings"] else []
    found += _labelled("caller", heard)
    if counts["turns"]:
        found.append(("turns", lanes.turns(scene, view, glyphs, words=not counts["words"])))
    found += [("", line) for line in lanes.words(scene, view, counts["words"])]
    if counts["voice"]:
        found.append(("voice", lanes.voice(scene, view, glyphs)))
    found += _labelled("turn end", curve)
    return [*found, (_differing_label(scene), arms.differing(scene, view))] if counts["differing"] else found


def _lay_out_afar(scene: Scene, view: View, counts: Counter[str], glyphs: Glyphs) -> list[tuple[str, CellLine]]:
    found = [(_events_label(scene.lanes[0]), _happenings(scene, view, glyphs))] if counts["happenings"] else []
    found += _labelled("caller", _caller(scene, view, counts["caller"] + 1, glyphs))
    return [*found, (_differing_label(scene), _differing(scene, view, glyphs))] if counts["differing"] else found


def _differing_label(scene: Scene) -> str:
    return f"{scene.compared[0]} − {scene.compared[1]} ms"


def _labelled(label: str, lines: list[CellLine]) -> list[tuple[str, CellLine]]:
    return [(label if row == 0 else "", line) for row, line in enumerate(lines)]
