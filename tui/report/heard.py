"""The reports of real calls: how close the simulator comes to them, and two periods compared."""

from __future__ import annotations

from simulator.measures.readout_table import BY_NAME, BY_PLACE, Meaning, Readout
from tui.figures import apart, counted, gains_and_costs, interval_words, listed, sentence
from tui.report.change import change
from tui.report.heard_turns import HEARD, SIMULATED
from tui.report.page import Cell, ChangeToApply, ReportPage, Table, TableRow, facts
from tui.report.parts import Arm
from tui.report.pictures import Distribution, distribution, seconds
from tui.report.results import Checked, Periods
from tui.report.simulated import WAITS, shown_turn

BEFORE, AFTER = "before", "after"
_TONES = {BEFORE: 0, AFTER: 1}
_HEARD_TONES = {HEARD: 0, SIMULATED: 1}


# ---- how close the simulator comes


def checked_page(found: Checked) -> ReportPage:
    """Return the page of a check."""
    calls = counted(found.calls, "real call")
    answers = {
        HEARD: [one.heard_ms for one in found.answers],
        SIMULATED: [one.simulated_ms for one in found.answers],
    }
    picture = distribution("How long callers wait for the answer", "answers", answers, _HEARD_TONES)
    return ReportPage(
        title=f"How close the simulator comes to {calls}",
        lead=f"{counted(found.turns, 'answer')}, heard and simulated under the profile {found.profile}.",
        verdict=_check_verdict(found),
        required=found.required,
        facts=facts({"Calls": str(found.calls), "Answers": str(found.turns), "Engine profile": found.profile}),
        left_out=found.failed,
        figures=(_check_table(found),),
        distributions=(picture,) if found.answers else (),
        turns=tuple(shown_turn(drawn, _HEARD_TONES) for drawn in found.differ_most),
        turns_title="The turns that the simulator answers most differently",
        why_no_turns="No turn could be compared.",
    )


def _check_verdict(found: Checked) -> tuple[str, str, str]:
    half, most = found.abs_error_ms.get("p50"), found.abs_error_ms.get("p90")
    if found.bias_ms is None or half is None or most is None:
        return ("No answer could be compared.", "", "")
    late = f"{seconds(abs(found.bias_ms))} {'later' if found.bias_ms > 0 else 'sooner'} than"
    if abs(found.bias_ms) < 5:
        late = "as soon as"
    counts = [
        f"{one.simulated:.0f} {BY_NAME[name].title} where {one.heard:.0f} were heard"
        for name, one in found.counts.items()
        if name in BY_NAME and (one.heard or one.simulated)
    ]
    near = f"Half of its answers are within {seconds(half)} of the real ones, nine in ten within {seconds(most)}."
    events = f" It finds {listed(counts)}." if counts else ""
    return (
        f"At the median turn the simulated agent answers {late} the real one did.",
        f"{near}{events}",
        "A simulated difference between two settings that is smaller than this may not show on real calls.",
    )


def _check_table(found: Checked) -> Table:
    def percent(share: float | None) -> str:
        return "–" if share is None else f"{share:.0%}".replace("%", " %")

    rows = [
        TableRow(
            BY_NAME[name].title,
            (Cell(f"{one.heard:g}"), Cell(f"{one.simulated:.1f}".removesuffix(".0"))),
            BY_NAME[name].meaning,
        )
        for name, one in found.counts.items()
        if name in BY_NAME
    ]
    notes = (
        f"Answers within 0.1 s of the real one: {percent(found.within_100_ms)};"
        f" within 0.2 s: {percent(found.within_200_ms)}.",
        "Each call is simulated several times, with other model latencies; a simulated answer is their median.",
    )
    return Table("What was heard, and what was simulated", (HEARD, SIMULATED), tuple(rows), (0, 1), notes)


# ---- two periods


def periods_page(found: Periods) -> ReportPage:
    """Return the page of a comparison of two periods."""
    since = found.after.since[:10]
    services = listed(found.services)
    return ReportPage(
        title=f"{services}: before and after {since}",
        lead=f"{counted(found.before.calls, 'real call')} before, {found.after.calls:,} after, heard in the audio.",
        verdict=_periods_verdict(found, since),
        required=found.required,
        facts=facts(
            {
                "Services": services,
                "Before": f"{counted(found.before.calls, 'call')} until {_day(found.before.until)}",
                "After": f"{counted(found.after.calls, 'call')} from {_day(found.after.since)} on",
            }
        ),
        left_out=found.failed,
        figures=(_periods_table(found),),
        distributions=_periods_distributions(found),
        turns_title="Single turns",
        why_no_turns="The two periods are calls of different callers, so they have no turns in common.",
        changes=_periods_change(found),
        notes=found.notes,
    )


def _day(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"


def _periods_verdict(found: Periods, since: str) -> tuple[str, str, str]:
    first_of = next((name for name in ("response_ms", "first_sound_ms") if name in found.readouts), "")
    response = found.readouts.get(first_of)
    if response is None:
        first = "No answer was heard in both periods."
    else:
        half = f"half of the answers come within {seconds(response.after)} instead of {seconds(response.before)}"
        word = "longer" if response.delta > 0 else "less"
        how = f"{seconds(abs(response.delta))} {word}"
        why = interval_words(response.ci95)
        if BY_NAME["response_ms"].means(response.ci95) == "level":
            how, why = "about as long as before", ", which chance alone may explain"
        first = f"Since {since} callers wait {how}: {half}{why}."
    gains, costs = _sure(found, "better", first_of), _sure(found, "worse", first_of)
    second = sentence(gains_and_costs(gains, costs))
    calls = f"{found.before.calls:,} calls before and {found.after.calls:,} after"
    return (
        first,
        second,
        f"This holds for {calls} of {listed(found.services)}: other callers on other days, so that the settings"
        " need not be the cause.",
    )


def _sure(found: Periods, wanted: Meaning, apart_from: str) -> list[str]:
    """Return the certain changes, one phrase per readout. Every deterioration is named."""
    said = []
    for readout in BY_PLACE:
        one = found.readouts.get(readout.name)
        if one is None or readout.name == apart_from or readout.means(one.ci95) != wanted:
            continue
        if readout.says:
            of = f" of {readout.of}" if readout.of else ""
            after, before = _figure(readout, one.after), _figure(readout, one.before)
            each = "" if readout.of else " a call"
            said.append(f"{readout.says.format(after + of)}{each} instead of {before}")
        elif wanted == "worse" and readout.main:
            said.append(f"{readout.title} {_figure(readout, one.after)} instead of {_figure(readout, one.before)}")
    return said


def _figure(readout: Readout, value: float) -> str:
    if readout.kind == "latency":
        return seconds(value)
    return f"{100 * value:.1f}".removesuffix(".0") + " %" if readout.kind == "count" else f"{value:.1f} s"


def _periods_table(found: Periods) -> Table:
    rows = []
    for readout in BY_PLACE:
        one = found.readouts.get(readout.name)
        if one is None:
            continue
        scale, places = {"latency": (0.001, 2), "count": (100.0, 1), "duration": (1.0, 1)}[readout.kind]
        bounds = None if one.ci95 is None else (one.ci95[0] * scale, one.ci95[1] * scale)
        difference = apart(one.delta * scale, bounds, places)
        cells = (
            Cell(_figure(readout, one.before)),
            Cell(_figure(readout, one.after), difference, readout.means(one.ci95)),
        )
        share = {"latency": ", half within", "count": "", "duration": ", a call"}[readout.kind]
        rows.append(TableRow(f"{readout.title}{share}", cells, readout.meaning))
    note = (
        "In brackets the 95 % interval, a bootstrap over calls. “No clear difference”: it holds zero."
        " Differences of shares are in percentage points."
    )
    return Table("What callers met", (BEFORE, AFTER), tuple(rows), (0, 1), (note,))


def _periods_distributions(found: Periods) -> tuple[Distribution, ...]:
    drawn = []
    for name, title, of in WAITS:
        one = found.readouts.get(name)
        if one is not None and one.values is not None:
            drawn.append(distribution(title, of, dict(zip((BEFORE, AFTER), one.values, strict=True)), _TONES))
    return tuple(drawn)


def _periods_change(found: Periods) -> tuple[ChangeToApply, ...]:
    before, after = found.before.voice_config, found.after.voice_config
    if before is None or after is None:
        return ()
    made = change(Arm(name="the settings before", voice_config=before), Arm(name="those after", voice_config=after))
    return () if made is None else (made,)
