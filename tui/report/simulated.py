"""The report of a simulation or an evaluation: one configuration, or several against a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulator.measures.readout_table import BY_PLACE, Meaning, Readout
from simulator.measures.verdict import RESPONSE, noticed
from tui.figures import apart, counted, gains_and_costs, interval_words, listed, sentence, signed
from tui.report.change import change, settings_change, settings_table
from tui.report.page import Cell, Fact, Reason, ReportPage, ShownTurn, Table, TableRow, facts, tones
from tui.report.parts import Compared, Counted, Drawn, Latency, Recorded, ReportTurn
from tui.report.pictures import Distribution, distribution, seconds, turn_picture
from tui.report.results import Simulated
from tui.report.tables import figure_tables, score_tables, trade_off_picture

MOST_ROWS = 200
"""The largest number of recordings to list."""

WAITS: Final = (
    ("response_ms", "How long callers wait for the answer", "answers"),
    ("first_sound_ms", "How long callers hear nothing", "first sounds"),
)
"""The readouts whose values are drawn, each with the picture's title and their name."""


def simulated_page(found: Simulated, kind: str) -> ReportPage:
    """Return the page of a simulation or an evaluation, as ``kind`` says."""
    names = [arm.name for arm in found.arms]
    baseline = found.comparison.baseline if found.comparison else names[0]
    others = [name for name in names if name != baseline]
    by_name = {arm.name: arm for arm in found.arms}
    if others:
        title = f"{listed(others)} against {baseline}"
        changes = [change(by_name[baseline], by_name[name]) for name in others]
    else:
        title = f"How {baseline} sounds"
        changes = [settings_change(by_name[baseline])]
    tone = tones(names)
    return ReportPage(
        title=title,
        lead=_lead(found, kind),
        verdict=_verdict(found, baseline, others),
        required=found.required,
        facts=_facts(found, baseline),
        settings=settings_table(found.arms),
        recordings=recordings_table(found.recordings),
        left_out=(*found.skipped, *found.failed),
        front=trade_off_picture(found),
        figures=(*_figures(found, names, baseline), *score_tables(found)),
        distributions=turn_distributions(found.turns, tone),
        turns=tuple(shown_turn(drawn, tone) for drawn in found.differ_most),
        turns_title="The turns that differ most" if others else "The turns callers waited longest for",
        why_no_turns="No turn differs." if others else "No turn was answered.",
        changes=tuple(one for one in changes if one is not None),
        notes=_notes(found),
    )


def _lead(found: Simulated, kind: str) -> str:
    callers = counted(len(found.recordings), "recorded caller")
    how = "scored against labels" if kind == "evaluation" else "played to the simulated agent"
    turns = counted(len(found.turns), "turn")
    return f"{callers} with {turns}, {how} under {counted(len(found.arms), 'configuration')}."


# ---- the verdict


def _verdict(found: Simulated, baseline: str, others: Sequence[str]) -> tuple[str, str, str]:
    on = f"{counted(len(found.turns), 'turn')} of {counted(len(found.recordings), 'recording')}"
    sure = f"This holds for {on}, replayed under the profile {found.profile.name}"
    if found.profile.assumed:
        sure += ", with assumed instead of measured model latencies: trust differences more than times"
    sure += "."
    if found.comparison is None:
        first = "Nothing was compared: these labels have no caller turns."
        return (first, "The other labels were scored, below.", sure)
    readouts = found.comparison.readouts
    if not others:
        return (_alone(found, baseline), _counts(found, baseline), sure)
    response = readouts.get(RESPONSE.name)
    if response is None or any(response.arms.get(name) is None for name in (baseline, *others)):
        first = "No turn is answered in every configuration, so waits cannot be compared."
    elif len(others) == 1:
        first = _wait(response, others[0], baseline)
    else:
        first = _waits(response, baseline, others)
    rest = [_rest(readouts, name, baseline, named=len(others) > 1) for name in others]
    return (first, " ".join(rest), sure)


def _alone(found: Simulated, name: str) -> str:
    response = found.readouts.get(name, {}).get(RESPONSE.name)
    if not isinstance(response, Latency) or response.p50 is None:
        return f"Under {name} no turn was answered."
    return (
        f"Under {name} half of the answers come within {seconds(response.p50)} of the caller's last word,"
        f" and nine in ten within {seconds(response.p90)}."
    )


def _counts(found: Simulated, name: str) -> str:
    said = []
    for readout in BY_PLACE:
        value = found.readouts.get(name, {}).get(readout.name)
        if readout.says and isinstance(value, Counted) and value.count:
            said.append(readout.says.format(f"{value.count:,.0f} of {value.of:,} {readout.of}"))
    return f"Callers met {listed(said)}." if said else "Callers met no cut-ins, missed turns or long silences."


def _wait(response: Compared, name: str, baseline: str) -> str:
    mine, theirs = response.arms[name] or 0.0, response.arms[baseline] or 0.0
    bounds = response.ci95.get(name)
    for_half = f"half of the answers come within {seconds(mine)} instead of {seconds(theirs)}"
    apart = seconds(abs(mine - theirs))
    word = "longer" if mine > theirs else "less"
    if response.why_no_interval:
        these = "this" if response.n == 1 else "these"
        return (
            f"In {these} {counted(response.n, 'turn')} callers wait {apart} {word} under {name} than"
            f" under {baseline}"
            f" ({for_half}), which is too little to say more: {response.why_no_interval}."
        )
    if bounds is None or bounds[0] <= 0 <= bounds[1]:
        return (
            f"Callers wait about as long under {name} as under {baseline}: {for_half},"
            f" which chance alone may explain{interval_words(bounds)}."
        )
    return f"Callers wait {apart} {word} under {name} than under {baseline}: {for_half}{interval_words(bounds)}."


def _waits(response: Compared, baseline: str, others: Sequence[str]) -> str:
    ranked = sorted((baseline, *others), key=lambda name: response.arms[name] or 0.0)
    said = [f"{seconds(response.arms[name])} under {name}" for name in ranked]
    sure = [
        name
        for name in ranked
        if name != baseline and RESPONSE.means(response.ci95.get(name)) in ("better", "worse")
    ]
    surely = f"{listed(sure)} surely differ{'s' * (len(sure) == 1)}" if sure else "none surely differs"
    return f"Half of the answers come within {listed(said)} of the caller's last word; {surely} from {baseline}."


def _rest(readouts: dict[str, Compared], name: str, baseline: str, *, named: bool) -> str:
    """Return what else callers certainly gain and lose, one sentence per arm."""
    gains: list[str] = []
    costs: list[str] = []
    for readout, compared, means in noticed(readouts, lambda one: one.ci95.get(name)):
        (gains if means == "better" else costs).append(_instead(readout, compared, name, baseline))
    who = f"With {name}: " if named else ""
    text = gains_and_costs(gains, costs)
    return f"{who}{text}." if who else sentence(text)


def _instead(readout: Readout, compared: Compared, name: str, baseline: str) -> str:
    mine, theirs = (_amount(readout, compared, one) for one in (name, baseline))
    mine = f"{mine} {readout.of}".rstrip()
    return f"{readout.says.format(mine) if readout.says else f'{readout.title} {mine}'} instead of {theirs}"


def _amount(readout: Readout, compared: Compared, name: str) -> str:
    value = compared.arms.get(name) or 0.0
    if readout.kind == "latency":
        return seconds(value)
    if readout.kind == "duration":
        return f"{value:,.1f} s"
    return f"{value:,.0f} of {(compared.of or {}).get(name, 0):,}"


# ---- the figures


def _figures(found: Simulated, names: Sequence[str], baseline: str) -> tuple[Table, ...]:
    readouts = found.comparison.readouts if found.comparison else {}

    def from_baseline(readout: Readout, share: str, name: str) -> tuple[str, Meaning]:
        compared = readouts.get(readout.name)
        delta = compared.delta.get(name) if compared is not None and share != "p90" else None
        if compared is None or delta is None:
            return "", ""
        bounds = compared.ci95.get(name)
        scale, places = (0.001, 2) if readout.kind == "latency" else (1.0, readout.places)
        scaled = None if bounds is None else (bounds[0] * scale, bounds[1] * scale)
        return apart(delta * scale, scaled, places), readout.means(bounds)

    over = (found.comparison.interval_over if found.comparison else "") or "recordings"
    note = (
        f"Differences are from {baseline}, over the turns that every configuration answers; in brackets the"
        f" 95 % interval, a bootstrap over {over}. “No clear difference”: it holds zero."
    )
    columns = {name: found.readouts.get(name, {}) for name in names}
    return figure_tables(columns, list(tones(names).values()), from_baseline, [note] if len(names) > 1 else [])


def turn_distributions(turns: Sequence[ReportTurn], tone: dict[str, int]) -> tuple[Distribution, ...]:
    """Return how long callers waited in every arm, for the answer and for the first sound."""
    drawn = []
    for field, title, of in WAITS:
        values: dict[str, list[float]] = {name: [] for name in tone}
        for turn in turns:
            for name, outcome in turn.arms.items():
                value = getattr(outcome, field)
                if name in values and value is not None:
                    values[name].append(value)
        if any(values.values()):
            drawn.append(distribution(title, of, values, tone))
    return tuple(drawn)


# ---- data


def _facts(found: Simulated, baseline: str) -> tuple[Fact, ...]:
    minutes = sum(one.duration_s for one in found.recordings) / 60
    labelled = sum(one.labelled for one in found.recordings)
    with_labels = "all labelled" if labelled == len(found.recordings) else f"{labelled} of them labelled"
    return facts(
        {
            "Configurations": ", ".join(arm.name for arm in found.arms),
            "Baseline": baseline if len(found.arms) > 1 else "",
            "Recordings": f"{len(found.recordings)}, {minutes:.1f} minutes of callers, {with_labels}",
            "Turns": str(len(found.turns)),
            "Engine profile": found.profile.name,
            "Assumed, not measured": ", ".join(found.profile.assumed),
            "What if": "the callers' audio was changed before it was heard" if found.what_if else "",
        }
    )


def recordings_table(recordings: Sequence[Recorded]) -> Table | None:
    """Return the recordings, one per line. ``None`` without any."""
    rows = tuple(
        TableRow(one.id, (Cell(f"{one.duration_s:,.1f} s"), Cell("yes" if one.labelled else "no")))
        for one in recordings[:MOST_ROWS]
    )
    left = len(recordings) - len(rows)
    notes = (f"And {left:,} more.",) if left else ()
    return Table("Recordings", ("length", "labelled"), rows, (), notes) if rows else None


def _notes(found: Simulated) -> tuple[str, ...]:
    if any(values.get("silence_only") is True for values in found.readouts.values()):
        return ("Ends of turn were judged by silence alone, without an end-of-turn model.",)
    return ()


# ---- turns


def shown_turn(drawn: Drawn, tone: dict[str, int]) -> ShownTurn:
    """Return a drawn turn with the decisions of each arm."""
    reasons = []
    for place, (name, arm) in enumerate(drawn.arms.items()):
        mine = tuple(Reason(f"{signed(one.t_s - arm.end_s, 2)} s", one.what, one.why) for one in arm.moments)
        reasons.append((name, tone.get(name, place), mine))
    why = drawn.why
    if not why:
        why = f"{seconds(drawn.apart_ms)} apart" if len(drawn.arms) > 1 else f"waits {seconds(drawn.apart_ms)}"
    return ShownTurn(turn_picture(drawn, tone), why, tuple(reasons))
