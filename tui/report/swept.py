"""The report of a sweep: the recommended setting, its effect on other calls, and the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from presets.fields import BY_NAME
from simulator.measures.limits import Figure, Limit, LimitError, parse_figure, parse_limits
from simulator.measures.readout_table import Meaning, Readout
from tui.figures import apart, counted, listed, signed
from tui.report.change import change, settings_table, shown
from tui.report.front import Placed, front_picture
from tui.report.page import Cell, ChangeToApply, ReportPage, Table, TableRow, facts, tones
from tui.report.parts import Arm, Readouts
from tui.report.pictures import FrontPicture
from tui.report.results import GoalFigure, Recommended, Setting, Swept
from tui.report.simulated import shown_turn, turn_distributions
from tui.report.tables import figure_tables

TODAY, RECOMMENDED, NEAREST, NOT_JUDGED, CHOSEN = "today", "recommended", "nearest", "not judged", "where chosen"

_WAITS: Final = {"response_ms": "the wait for the answer", "first_sound_ms": "the wait for a first sound"}
_TURNS: Final = {"p50": "at the middle turn", "p90": "within which nine in ten are", "max": "at the slowest turn"}

_FOLDED: Final = (
    "The distributions and the turns below are of the {} setting on all callers, also those it was chosen"
    " by: they look better than the confirmed figures, which are what choosing again on the other callers gives."
)

_STOPPED: Final = "The sweep was stopped early: a longer one may find more."

_MET: Final = {True: "✓ met", False: "✗ not met", None: "not judged"}


def swept_page(found: Swept) -> ReportPage:
    """Return the page of a sweep."""
    baseline = found.settings[found.baseline]
    taken = found.recommended
    called = _called(found)
    arms = [Arm(name=TODAY, voice_config=baseline.voice_config)]
    if taken is not None:
        arms.append(Arm(name=called, voice_config=found.settings[taken.index].voice_config))
    tone = tones([arm.name for arm in arms])
    made = change(arms[0], arms[1]) if len(arms) > 1 else None
    tried = counted(len(found.settings), "setting")
    return ReportPage(
        title=_title(found),
        lead=f"{tried} tried for the goal {found.goal.name}. {found.goal.description}".strip(),
        verdict=_verdict(found),
        required=found.required,
        facts=facts(
            {
                "Goal": found.goal.name,
                "Limits": ", ".join(found.limits),
                "Chosen on": _calls(found.chosen_on),
                "Confirmed on": _calls(found.confirmed_on) + _folds(found),
                "Callers": str(found.callers),
                "Engine profile": found.profile,
                "In full": found.verdict,
            }
        ),
        settings=settings_table(tuple(arms)),
        left_out=found.failed,
        front=_front(found),
        figures=(*_worth(found), *_limits(found), *_figures(found)),
        distributions=turn_distributions(found.turns, tone),
        drawn_note=_FOLDED.format(called) if found.folds > 1 else "",
        turns=tuple(shown_turn(drawn, tone) for drawn in found.differ_most),
        why_no_turns="No turn differs." if found.turns else "The result holds no turns.",
        changes=_changes(made),
        notes=(*found.obstacles, *found.notes, *([] if found.complete else [_STOPPED])),
    )


def _changes(made: ChangeToApply | None) -> tuple[ChangeToApply, ...]:
    return () if made is None else (made,)


def _called(found: Swept) -> str:
    """Return the name of the recommended setting, as in the result's turns."""
    taken, drawn = found.recommended, [name for one in found.differ_most for name in one.arms if name != TODAY]
    if drawn:
        return drawn[0]
    if taken is not None and (taken.nearest or _broken(taken)):
        return NEAREST
    return NOT_JUDGED if _unjudged(found) else RECOMMENDED


def _title(found: Swept) -> str:
    taken = found.recommended
    if taken is None:
        return "No setting to recommend"
    if taken.nearest:
        return "No setting keeps every limit"
    if _broken(taken):
        return "Not confirmed within the limits"
    if taken.distinguishable and _unjudged(found):
        return "Nothing recommended: not every limit was judged"
    return "A better setting" if taken.distinguishable else "Nothing clearly better than today's settings"


def _verdict(found: Swept) -> tuple[str, str, str]:
    half = "one half of " if found.folds == 1 else ""
    on = f"{counted(len(found.confirmed_on), 'call')} of {half}{counted(found.callers, 'caller')}"
    sure = (
        f"These figures are of calls that the setting was not chosen by: {on}, under the profile {found.profile}."
    )
    taken = found.recommended
    if taken is None:
        return (found.verdict, "", sure)
    second = "; ".join(filter(None, (_optimism(taken.figures), _kept(found))))
    unjudged = _unjudged(found)
    first = f"{listed(unjudged)} could not be judged. {_first(taken, unjudged)}" if unjudged else _first(taken)
    return (first, f"{second[:1].upper()}{second[1:]}." if second else "", sure)


def _first(taken: Recommended, unjudged: Sequence[str] = ()) -> str:
    """Return what to do, and its effect. ``unjudged``: limits that the confirming calls cannot judge."""
    fields = listed([one.field for one in taken.changes]) or "nothing"
    figures = listed([_goal_words(one) for one in taken.figures])
    broken = listed(_broken(taken))
    if taken.nearest:
        breaks = f", breaks {broken}" if broken else ""
        return f"No setting keeps every limit: the nearest one, which changes {fields}{breaks}, brings {figures}."
    if broken:
        what = f"on callers left out of the choice, what was chosen, which changes {fields}, breaks {broken}"
        if taken.distinguishable:
            return f"Not confirmed within the limits: {what}, and brings {figures}."
        return f"Keep what you have: {what}, though it brings {figures}."
    if taken.distinguishable and unjudged:
        alone = f"By the goal alone, changing {fields} brings {figures}"
        return f"So nothing is recommended: label more turns, or sweep without these limits. {alone}."
    if taken.distinguishable:
        return f"Change {fields}: it brings {figures}."
    if not taken.changes:
        return f"Keep what you have: no tried setting is distinguishable from it, with {figures}."
    return f"Not distinguishable from what you have: changing {fields} brings {figures}."


def _goal_words(one: GoalFigure) -> str:
    figure = _figure(one.readout)
    after, before = _value(figure, one.confirmed), _value(figure, one.today)
    bounds = ""
    if one.ci95 is not None:
        low, high = (signed(end * _scale(figure), 2) for end in one.ci95)
        bounds = f" (95 % sure between {low} and {high}{_unit(figure)})"
    return f"{_what(figure, one.readout)} to {after} instead of {before}{bounds}"


def _what(figure: Figure | None, text: str) -> str:
    """Return what a figure means for callers."""
    if figure is None:
        return text
    name, turns = _WAITS.get(figure.readout.name), _TURNS.get(figure.percentile)
    return f"{name} {turns}" if name and turns else figure.words()


def _optimism(figures: Sequence[GoalFigure]) -> str:
    first = next((one for one in figures if one.chosen is not None), None)
    if first is None:
        return ""
    figure = _figure(first.readout)
    return f"on the calls it was chosen by it looked like {_value(figure, first.chosen)}"


def _broken(taken: Recommended) -> list[str]:
    return [one.limit for one in taken.limits if one.met_where_confirmed is False]


def _unjudged(found: Swept) -> list[str]:
    """Return the limits that the confirming calls cannot judge."""
    limits = found.recommended.limits if found.recommended else ()
    return [*(one.limit for one in limits if one.met_where_confirmed is None), *found.unjudged]


def _kept(found: Swept) -> str:
    limits = found.recommended.limits if found.recommended else ()
    taken = found.recommended
    if taken and (taken.nearest or _broken(taken)):
        keeping = [one.preset for one in taken.against if not one.breaks]
        called = f"the preset{'s' * (len(keeping) > 1)} {listed(keeping)}" if keeping else "none of the presets"
        return f"on the others {called} {'keep' if len(keeping) > 1 else 'keeps'} every limit"
    return "on the others it keeps every limit" if limits and not _unjudged(found) else ""


# ---- figures


def _figure(text: str) -> Figure | None:
    try:
        return parse_figure(text)
    except LimitError:
        return None


def _scale(figure: Figure | None) -> float:
    if figure is None:
        return 1.0
    return 0.001 if figure.readout.kind == "latency" else 100.0 if figure.share else 1.0


def _unit(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return " points" if figure.share else " s" if figure.readout.kind != "count" else ""


def _value(figure: Figure | None, value: float | None) -> str:
    if value is None:
        return "–"
    if figure is not None and figure.share:
        return f"{100 * value:.1f}".removesuffix(".0") + " %"
    return f"{value * _scale(figure):.2f}{_unit(figure)}"


def _worth(found: Swept) -> tuple[Table, ...]:
    taken = found.recommended
    if taken is None or not taken.changes:
        return ()
    before = shown({one.field: one.before for one in taken.changes})
    after = shown({one.field: one.after for one in taken.changes})
    rows = tuple(
        TableRow(
            one.field,
            (Cell(_setting(one.field, before.get(one.field))), Cell(_setting(one.field, after.get(one.field)))),
            one.sentence.partition(": ")[2],
        )
        for one in taken.changes
    )
    return (Table("What each change is worth", (TODAY, _called(found)), rows, (0, 1)),)


def _setting(field: str, value: object) -> str:
    return BY_NAME[field].show(value) if field in BY_NAME else str(value)


def _limits(found: Swept) -> tuple[Table, ...]:
    limits = found.recommended.limits if found.recommended else ()
    rows = tuple(
        TableRow(
            one.limit,
            (Cell(_MET[one.met_where_chosen]), Cell(_MET[one.met_where_confirmed])),
            one.sentence.partition(": ")[2],
        )
        for one in limits
    )
    if not rows:
        return ()
    called = _called(found)
    under = "setting that is not judged" if called == NOT_JUDGED else f"{called} setting"
    return (Table(f"Limits, under the {under}", ("where chosen", "where confirmed"), rows),)


def _figures(found: Swept) -> tuple[Table, ...]:
    taken = found.recommended
    if taken is None:
        return ()
    setting, called = found.settings[taken.index], _called(found)
    columns: dict[str, Readouts] = {TODAY: taken.today, called: taken.confirmed, CHOSEN: setting.chosen}
    bounds = setting.ci95 or {}

    def from_today(readout: Readout, share: str, name: str) -> tuple[str, Meaning]:
        if name != called:
            return "", ""
        text = readout.name.removesuffix("_ms").removesuffix("_s") + (f".{share}" if share else "")
        figure = _figure(text)
        own = bounds.get(text)
        if figure is None or own is None:
            return "", ""
        after, before = figure.measured(_plain(taken.confirmed)), figure.measured(_plain(taken.today))
        if after is None or before is None:
            return "", ""
        scaled = (own[0] * _scale(figure), own[1] * _scale(figure))
        places = 2 if readout.kind == "latency" else 1
        return apart((after - before) * _scale(figure), scaled, places), readout.means(own)

    note = (
        "Differences are from today's settings, with their 95 % intervals, a bootstrap over callers; of shares in"
        " percentage points. “No clear difference”: the interval holds zero."
    )
    return figure_tables(columns, (0, 1, 1), from_today, [note])


def _plain(readouts: Readouts) -> Mapping[str, object]:
    simple = (int, float, dict)
    return {name: one if isinstance(one, simple) else one.model_dump() for name, one in readouts.items()}


# ---- the front


def _front(found: Swept) -> FrontPicture | None:
    across, up = (_figure(text) for text in found.axes)
    if across is None or up is None:
        return None
    placed: list[Placed] = []
    front: list[tuple[float, float]] = []
    chosen: tuple[float, float] | None = None
    for number, one in enumerate(found.settings):
        kind = _kind(found, number, one)
        readouts = one.chosen if one.confirmed is None else one.confirmed
        if kind == "recommended" and found.recommended is not None:
            readouts = found.recommended.confirmed
        x, y = (figure.measured(_plain(readouts)) for figure in (across, up))
        if one.dropped or x is None or y is None:
            continue
        placed.append(Placed(x, y, kind, _called(found) if kind == "recommended" else one.name))
        where = tuple(figure.measured(_plain(one.chosen)) for figure in (across, up))
        if where[0] is not None and where[1] is not None:
            chosen = (where[0], where[1]) if kind == "recommended" else chosen
            front += [(where[0], where[1])] if one.on_front else []

    def describe(outside: int) -> str:
        said = [
            f"Each mark is a setting, by {across.words()} and {up.words()}: further left and down is better.",
            f"Full diamond: {_called(found)}, as confirmed; empty: as chosen.",
            "Squares: today's settings, and presets applied to them. Dotted: limits.",
            "Full circles: others that were confirmed. Small circles: only tried, where chosen, so that they look",
            "better than they are; the dashed line is their front.",
        ]
        if outside:
            said.append(f"{counted(outside, 'setting')} far from these {'is' if outside == 1 else 'are'} left out.")
        return " ".join(said)

    return front_picture(placed, front, chosen, (across, up), describe, _limits_of(found))


def _limits_of(found: Swept) -> tuple[Limit, ...]:
    try:
        return parse_limits(found.limits)
    except LimitError:
        return ()


def _kind(found: Swept, number: int, one: Setting) -> str:
    if found.recommended is not None and number == found.recommended.index:
        return "recommended"
    if one.name:
        return "known"
    return "confirmed" if one.confirmed is not None else "tried"


def _calls(ids: Sequence[str]) -> str:
    most = 40
    more = f" and {len(ids) - most:,} more" if len(ids) > most else ""
    return f"{counted(len(ids), 'recording')}: {', '.join(ids[:most])}{more}"


def _folds(found: Swept) -> str:
    return f"; in {found.folds} parts, each confirming what the others chose" if found.folds > 1 else ""
