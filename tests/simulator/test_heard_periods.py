"""Two periods of real calls compared: paired by service, with intervals from a bootstrap over calls."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import median

from simulator.heard.periods import PeriodReadout, TimedCall, compare_periods, last_change

START = datetime(2026, 11, 16, tzinfo=UTC)


def calls(service: str, count: int, day: int, *, base_ms: int, cut: float, settings: str = "a") -> list[TimedCall]:
    draw = random.Random(day)
    return [
        TimedCall(
            service,
            START + timedelta(days=day, hours=number),
            settings,
            {
                "first_sound_ms": [base_ms + draw.randint(-50, 50) for _ in range(10)],
                "cut_ins": [sum(draw.random() < cut for _ in range(10)), 10],
                "hanging_turns": [0, 10],
                "talk_over_s": float(number % 2),
            },
        )
        for number in range(count)
    ]


def by_name(found: tuple[PeriodReadout, ...]) -> dict[str, PeriodReadout]:
    return {one.name: one for one in found}


def test_a_change_shows_and_what_did_not_change_does_not() -> None:
    before = calls("one", 20, 0, base_ms=800, cut=0.3) + calls("two", 20, 0, base_ms=1500, cut=0.3)
    after = calls("one", 20, 7, base_ms=900, cut=0.02) + calls("two", 5, 7, base_ms=1600, cut=0.02)
    found = compare_periods(before, after)
    one = by_name(found.readouts)
    assert found.calls == (40, 25)
    first = one["first_sound_ms"]
    assert first.ci95 is not None
    assert 60 < first.ci95[0] <= first.delta <= first.ci95[1] < 140, "slower calls are no quicker"
    cut = one["cut_ins"]
    assert cut.ci95 is not None
    assert cut.ci95[1] < 0
    assert cut.words().startswith("✓ cut-ins ")
    assert "(95 % sure between −" in cut.words()
    assert first.words().startswith("✗ first sound after turn +")
    assert one["talk_over_s"].words().startswith("≈ ")
    assert one["hanging_turns"].words().endswith("none in either, at most 2 %")
    assert found.sentence().startswith("After it, better: cut-ins; worse: first sound after turn")
    talk = one["talk_over_s"].ci95
    assert talk is not None
    assert talk[0] < 0 < talk[1]
    never = one["hanging_turns"].ci95
    assert never is not None
    assert never[1] > 0, "what never happened is not never"


def test_few_calls_and_services_of_one_period_alone_are_named() -> None:
    before, after = calls("one", 3, 0, base_ms=800, cut=0.1), calls("one", 9, 7, base_ms=900, cut=0.1)
    found = compare_periods(before + calls("gone", 9, 0, base_ms=800, cut=0.1), after)
    first = by_name(found.readouts)["first_sound_ms"]
    times = [[one for call in period for one in call.values["first_sound_ms"]] for period in (before, after)]
    assert (first.before, first.after) == (median(times[0]), median(times[1]))
    assert found.services == ("one",)
    assert all(one.ci95 is None for one in found.readouts)
    assert any("gone" in note for note in found.notes)
    assert any("3 and 9" in note for note in found.notes)


def test_the_last_change_is_where_settings_differ() -> None:
    old = calls("one", 4, 0, base_ms=800, cut=0.1)
    new = calls("one", 4, 7, base_ms=800, cut=0.1, settings="b")
    assert last_change(new + old) == new[0].started_at
    assert last_change(old) is None
