"""Converts the results of the sweep's core for the screen: points, table lines, words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from presets.fields import BY_NAME
from simulator.sweep.result import TODAY, Standing, figure_text
from tui.figures import NOTHING, signed
from tui.sweep.front import Front, FrontRow, over_today
from tui.sweep.scatter import FINE, Axis, Kind, ScatterPoint

if TYPE_CHECKING:
    from presets.config import VoiceConfig
    from simulator.measures.limits import Figure, Limit
    from simulator.sweep.result import Interval, Recommended, SweepProgress, SweepResult, TriedSetting

Changes = Mapping[str, tuple[Any, Any]]
"""The value before and the value after, by field."""

AS_TODAY = "as today"

_LEAST = {"latency": 100.0, "count": 5.0, "duration": 1.0}
"""The smallest span of an axis, in its unit: a very narrow front is not a trade-off."""


@dataclass(frozen=True, slots=True)
class SweepFound:
    """The results of a sweep so far, whether it is running or finished."""

    axes: tuple[Figure, ...]
    settings: tuple[TriedSetting, ...]
    changes: Callable[[VoiceConfig], Changes]
    """Returns a setting's changes from today's."""
    recommended: Recommended | None = None
    verdict: str = ""
    limits: tuple[Limit, ...] = ()
    """The limits for confirmed settings."""
    aside: tuple[str, ...] = ()
    """Sentences about obstacles to limits, and about limits that cannot be judged."""
    unjudged: tuple[str, ...] = ()
    """Limits that these calls cannot judge."""

    @property
    def standing(self) -> Standing | None:
        """Whether the chosen setting is recommended, or why not. ``None`` until there is one."""
        return None if self.recommended is None else self.recommended.standing(self.unjudged)

    @classmethod
    def under_way(cls, progress: SweepProgress, changes: Callable[[VoiceConfig], Changes]) -> SweepFound:
        """Return the results of a running sweep."""
        return cls(progress.axes, progress.settings, changes)

    @classmethod
    def over(cls, result: SweepResult, changes: Callable[[VoiceConfig], Changes]) -> SweepFound:
        """Return the results of a finished sweep."""
        aside = (*result.obstacles, *result.notes)
        return cls(
            result.axes,
            result.settings,
            changes,
            result.recommended,
            result.verdict,
            result.goal.limits,
            aside,
            result.unjudged,
        )


_NOTED: Mapping[Standing, str] = {
    "recommended": "From the sweep",
    "nearest": "From the sweep, nearest to its limits but past one",
    "not judged": "From the sweep, not recommended",
}
"""Tune's text about a setting, before its limits and figures."""


def front_of(found: SweepFound, *, everything: bool) -> Front:
    """Return the settings to choose from: the front, presets, today's and confirmed ones.

    ``everything``: all tried ones.
    """
    if len(found.axes) < 2:
        return Front()
    x, y = found.axes[:2]
    letters = _letters(one.name for one in found.settings)
    confirmed = any(one.confirmed is not None for one in found.settings)
    points = {place: _point(found, place, letters) for place in range(len(found.settings))}
    simplest = _simplest(found, points)
    rows, cloud = [], []
    for place, point in points.items():
        if point is None:
            continue
        if everything or (point.kind != "tried" and (point.kind != "front" or place in simplest)):
            rows.append(_row(found, place, point, confirmed=confirmed))
        else:
            cloud.append(replace(point, kind="tried"))
    rows.sort(key=lambda row: (row.point.x, row.point.y, str(row.key)))
    columns: list[str] = []
    for figure in (x, y):
        columns += [figure_text(figure), "confirmed"] if confirmed else [figure_text(figure)]
    axes, said = (_axis(x), _axis(y)), (found.verdict, found.aside)
    return Front(tuple(rows), tuple(cloud), *axes, tuple(columns), *said, _before(found))


def _simplest(found: SweepFound, points: Mapping[int, ScatterPoint | None]) -> set[int]:
    """Return, of all settings on the front with equal figures, the one with the fewest changed fields."""
    by_figures: dict[tuple[float, float], int] = {}
    for place, point in points.items():
        if point is not None and point.kind == "front":
            other = by_figures.setdefault((point.x, point.y), place)
            if len(found.settings[place].changes) < len(found.settings[other].changes):
                by_figures[point.x, point.y] = place
    return set(by_figures.values())


def _point(found: SweepFound, place: int, letters: Mapping[str, str]) -> ScatterPoint | None:
    setting = found.settings[place]
    values = _drawn_at(found, place)
    if values is None:
        return None
    kind: Kind = "tried"
    if found.recommended is not None and found.recommended.index == place:
        return ScatterPoint(values[0], values[1], "recommended" if found.standing == "recommended" else "nearest")
    if setting.name:
        return ScatterPoint(values[0], values[1], "named", letters[setting.name])
    if setting.confirmed is not None:
        kind = "confirmed"
    elif setting.on_front and not setting.dropped:
        kind = "front"
    return ScatterPoint(values[0], values[1], kind)


def _drawn_at(found: SweepFound, place: int) -> tuple[float, float] | None:
    """Return where a setting is drawn: at its confirmed figures, else at those when it was chosen."""
    return _at(found, place, _confirmed) or _at(found, place, _chosen)


def _at(
    found: SweepFound, place: int, measured: Callable[[SweepFound, int, Figure], float | None]
) -> tuple[float, float] | None:
    x, y = (_scaled(figure, measured(found, place, figure)) for figure in found.axes[:2])
    return None if x is None or y is None else (x, y)


def _before(found: SweepFound) -> tuple[ScatterPoint, ...]:
    """Return where the recommended or nearest setting was chosen, if it has moved."""
    if found.recommended is None:
        return ()
    at = _at(found, found.recommended.index, _chosen)
    return () if at is None or at == _drawn_at(found, found.recommended.index) else (ScatterPoint(*at, "before"),)


def _letters(names: Iterable[str]) -> dict[str, str]:
    """Return a letter for each name: the first free letter in it, else any free letter."""
    found: dict[str, str] = {}
    for name in names:
        if name and name not in found:
            wanted = [char for char in (*name.upper(), *ascii_uppercase) if char in ascii_uppercase]
            found[name] = next((char for char in wanted if char not in found.values()), "?")
    return found


def _row(found: SweepFound, place: int, point: ScatterPoint, *, confirmed: bool) -> FrontRow:
    setting = found.settings[place]
    figures: list[str] = []
    for figure in found.axes[:2]:
        figures.append(written(figure, figure.measured(setting.chosen)))
        if confirmed:
            figures.append(written(figure, _confirmed(found, place, figure)))
    words = changes_text(found.changes(setting.config))
    detail = tuple(_detail(found, place, words))
    best = found.recommended is not None and found.recommended.index == place
    called = _NOTED[found.standing if best and found.standing else "recommended"]
    note = "" if setting.name == TODAY else f"{called}: {detail[2]} {detail[0]}"
    return FrontRow(_key(setting), point, tuple(figures), words, detail, setting.config, note, setting.name)


def _key(setting: TriedSetting) -> Hashable:
    return setting.name, repr(setting.config.set_values())


def _chosen(found: SweepFound, place: int, figure: Figure) -> float | None:
    return figure.measured(found.settings[place].chosen)


def _confirmed(found: SweepFound, place: int, figure: Figure) -> float | None:
    """Return a figure on calls that the setting was not chosen by."""
    best = found.recommended
    readouts = best.confirmed if best is not None and best.index == place else found.settings[place].confirmed
    return None if readouts is None else figure.measured(readouts)


def changes_text(changes: Changes) -> str:
    """Return a setting's changes from today's: ``max_buffer_delay_ms 500 ms → 300 ms``."""
    parts = [
        f"{name} {BY_NAME[name].show(old)} → {BY_NAME[name].show(new)}" for name, (old, new) in changes.items()
    ]
    return ", ".join(parts) or AS_TODAY


# ---- the chosen setting in words


def _detail(found: SweepFound, place: int, words: str) -> Iterable[str]:
    """Yield lines, figures first: the text about many changes may not fit."""
    setting, best = found.settings[place], found.recommended
    is_best = best is not None and best.index == place
    sign = "" if not is_best else FINE.recommended if found.standing == "recommended" else FINE.nearest
    called = " ".join(filter(None, (sign, f"{over_today(setting.name)}:" if setting.name else "")))
    figures = [_figure_text(found, place, figure) for figure in found.axes[:2]]
    yield f"{called} {figures[0]}" if called else figures[0]
    yield figures[1]
    yield _limits_text(found, setting, best if is_best else None)
    if best is not None and is_best and best.changes:
        yield " · ".join(change.sentence for change in best.changes)
    else:
        yield words[:1].upper() + words[1:] if words == AS_TODAY else f"Changes {words}"


def _figure_text(found: SweepFound, place: int, figure: Figure) -> str:
    """Return a figure when confirmed, with its interval, and when chosen, with the optimism."""
    setting, best, name = found.settings[place], found.recommended, figure_text(figure)
    chosen, confirmed = figure.measured(setting.chosen), _confirmed(found, place, figure)
    if confirmed is None:
        return f"{name} where chosen {_counted(figure, setting.chosen)}"
    is_best = best is not None and best.index == place
    readouts = best.confirmed if best is not None and is_best else setting.confirmed or {}
    text = f"{name} {_counted(figure, readouts)}"
    ends = (setting.ci95 or {}).get(name)
    if best is not None and is_best:
        ends = next((one.ci95 for one in best.figures if one.figure == name), ends)
    if setting.name != TODAY:
        text += _from_today(found, figure, confirmed, ends)
    if chosen is not None and (is_best or not setting.name):
        text += f" · {written(figure, chosen)} on the calls it was chosen by"
        if _difference(figure, confirmed - chosen).startswith("+"):
            text += f", {_apart(figure, confirmed - chosen)} better than on the others"
    return text


def _from_today(found: SweepFound, figure: Figure, confirmed: float, ends: Interval | None) -> str:
    """Return a confirmed figure's difference from today's settings, with its interval."""
    today = next((one.confirmed for one in found.settings if one.name == TODAY), None)
    before = figure.measured(found.recommended.today if found.recommended is not None else today or {})
    if before is None:
        return ""
    than = "less" if confirmed < before else "more"
    same = _difference(figure, confirmed - before).strip("+−0.") == ""
    text = ", as today" if same else f", {_apart(figure, abs(confirmed - before))} {than} than today"
    if ends is None:
        return text
    low, high = (_difference(figure, end) for end in ends)
    return f"{text} [{low}, {high}]"


def _limits_text(found: SweepFound, setting: TriedSetting, best: Recommended | None) -> str:
    if setting.dropped:
        return "Dropped: on a third of the calls it was clearly worse; its figures are of that third."
    readouts = best.confirmed if best is not None else setting.confirmed
    if readouts is None:
        return "Breaks no limit where chosen." if setting.meets_limits else "Past a limit where chosen."
    if not found.limits and not found.unjudged:
        return "No limit was set."
    outcomes = [one.judge(readouts) for one in found.limits]
    broken = [one.sentence for one in outcomes if one.met is False]
    unjudged = _unjudged(found, readouts)
    if broken:
        return " · ".join((f"Breaks where confirmed: {broken[0]}", *broken[1:], *unjudged))
    if unjudged:
        return f"Could not be judged: {' · '.join(unjudged)}."
    past = [one.limit for one in best.limits if one.met_where_chosen is False] if best is not None else ()
    if past:
        return f"Within every limit where confirmed; past {', '.join(past)} where chosen."
    doubtful = best is not None and any(one.met_where_chosen is None for one in best.limits)
    return f"Within every limit{', where chosen and' if best is not None and not doubtful else ''} where confirmed."


def _unjudged(found: SweepFound, readouts: Mapping[str, Any]) -> list[str]:
    """Return the limits that are neither broken nor certainly kept, each with the reason."""
    said = []
    for limit in found.limits:
        met, few = limit.judge(readouts).met, limit.too_few(readouts)
        if met is None or (met and few):
            said.append(f"{limit.text} on {few}" if few else f"{limit.text} on these calls")
    return [*said, *(f"{limit} on these calls" for limit in found.unjudged)]


# ---- figures


def _axis(figure: Figure) -> Axis:
    readout = figure.readout
    unit = {"latency": "ms", "duration": "s", "count": f"% of {readout.of}" if figure.share else ""}[readout.kind]
    return Axis(figure.words(), unit, _LEAST[readout.kind])


def _scaled(figure: Figure, value: float | None) -> float | None:
    """Return a value in the unit of its axis."""
    return value * 100 if value is not None and figure.share else value


def written(figure: Figure, value: float | None) -> str:
    """Return a figure's value as text: ``1,093 ms``, ``0.4 s``, ``4.5 %``."""
    if value is None:
        return NOTHING
    if figure.share:
        return f"{value * 100:.1f} %"
    unit = {"latency": " ms", "duration": " s", "count": ""}[figure.readout.kind]
    return f"{value:,.{1 if figure.readout.kind == 'duration' else 0}f}{unit}"


def _counted(figure: Figure, readouts: Mapping[str, Any]) -> str:
    """Return a figure as text; a count with its denominator: ``2 of 44 (4.5 %)``."""
    value = figure.measured(readouts)
    if value is None or figure.readout.kind != "count":
        return written(figure, value)
    found = readouts[figure.readout.name]
    return f"{found['count']:,} of {found['of']:,}" + (f" ({written(figure, value)})" if figure.share else "")


def _difference(figure: Figure, value: float) -> str:
    scale, places = (100, 1) if figure.share else (1, 1 if figure.readout.kind == "duration" else 0)
    return signed(value * scale, places)


def _apart(figure: Figure, value: float) -> str:
    """Return the difference of two values as text. Shares differ in points, as in the intervals."""
    return f"{value * 100:.1f} points" if figure.share else written(figure, value)


def recommended_row(front: Front) -> int | None:
    """Return the row of the recommended setting.

    Before there is one, the row of the front's best by the first axis.
    """
    kinds: Sequence[Kind] = ("recommended", "nearest", "confirmed", "front")
    for kind in kinds:
        if (at := next((at for at, row in enumerate(front.rows) if row.point.kind == kind), None)) is not None:
            return at
    return None
