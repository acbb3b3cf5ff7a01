"""Sweeps for tests of the Sweep screen: an invented one, and the core on two short recordings."""

from __future__ import annotations

from typing import Any

from presets.config import VoiceConfig, parse
from simulator.measures.limits import parse_figure, parse_limits
from simulator.recording import bundled_folder
from simulator.sweep.goals import Goal, Term
from simulator.sweep.result import (
    LimitOutcome,
    Optimism,
    Recommended,
    RecommendedChange,
    SweepProgress,
    SweepResult,
    TriedSetting,
)
from simulator.sweep.space import Space
from tui.sweep.setup import Setup, SetupController
from tui.sweep.shown import Changes, SweepFound
from tui.sweep.sources import Sources

RESPONSE, CUT_INS = parse_figure("response.p50"), parse_figure("cut_ins")
TODAY_CONFIG = VoiceConfig(max_buffer_delay_ms=600)
SPACE = Space((), TODAY_CONFIG)


def readouts(response_ms: float, cut_ins: int, of: int = 40) -> dict[str, Any]:
    """Return readouts in the core's form."""
    spread = {name: response_ms * by for name, by in (("p50", 1.0), ("p90", 1.5), ("p95", 1.6), ("max", 2.0))}
    return {"response_ms": {**spread, "n": of}, "cut_ins": {"count": cut_ins, "of": of}}


def setting(response_ms: float, cut_ins: int, *, name: str = "", **more: Any) -> TriedSetting:
    """Return a tried setting with the values ``fields``."""
    config = parse({**TODAY_CONFIG.set_values(), **more.pop("fields", {})})
    changes = {field: after for field, (_, after) in SPACE.changes(config).items()}
    return TriedSetting(
        config=config,
        name=name,
        changes=changes,
        points=response_ms / 1000,
        meets_limits=cut_ins <= 2,
        chosen=readouts(response_ms, cut_ins),
        **more,
    )


def settings(cut_ins: int = 1) -> tuple[TriedSetting, ...]:
    """Return a small sweep: today's settings, presets, a front, and dominated settings.

    The chosen setting has ``cut_ins`` when confirmed. The limit is 1 of 40.
    """
    best = {"max_buffer_delay_ms": 300, "filler_style": "silent"}
    return (
        setting(1540, 3, name="today", confirmed=readouts(1540, 3)),
        setting(1330, 4, name="quick_one", fields={"max_buffer_delay_ms": 200}, confirmed=readouts(1330, 4)),
        setting(1550, 3, name="balanced", fields={"max_buffer_delay_ms": 500}, confirmed=readouts(1550, 3)),
        setting(
            1010,
            0,
            fields=best,
            on_front=True,
            confirmed=readouts(1290, cut_ins),
            ci95={"response.p50": (-380.0, -120.0), "cut_ins": (-0.1, 0.05)},
        ),
        setting(1240, 0, fields={**best, "eager_eot_threshold": 0.4}, on_front=True),
        setting(1240, 0, fields={**best, "eager_eot_threshold": 0.4, "post_eot_pause_ms": 0}, on_front=True),
        setting(980, 2, fields={"eager_eot_threshold": 0.9}, on_front=True),
        *(
            setting(1100 + 90 * number, 2 + number % 4, fields={"eot_timeout_ms": 1000 + number})
            for number in range(12)
        ),
    )


def result(cut_ins: int = 1) -> SweepResult:
    """Return the result of a sweep; see :func:`settings`."""
    limit = parse_limits(["cut_ins<=3%"])
    held = limit[0].judge(readouts(1290, cut_ins))
    best = Recommended(
        index=3,
        changes=(
            RecommendedChange(
                "max_buffer_delay_ms", 600, 300, 0.2, (0.1, 0.3), {}, "max_buffer_delay_ms is worth 200 ms"
            ),
            RecommendedChange(
                "filler_style", "backchannel", "silent", 0.1, None, {}, "filler_style is worth 60 ms"
            ),
        ),
        confirmed=readouts(1290, cut_ins),
        today=readouts(1540, 3),
        points=-0.25,
        ci95=(-0.38, -0.12),
        figures=(
            Optimism("response.p50", 1540.0, 1010.0, 1290.0, (-380.0, -120.0), ""),
            Optimism("cut_ins", 0.075, 0.0, cut_ins / 40, (-0.1, 0.05), ""),
        ),
        limits=(LimitOutcome("cut_ins<=3%", True, held.met, held.sentence),),
        against=(),
        distinguishable=True,
    )
    return SweepResult(
        goal=Goal("quick", (Term("response.p50", RESPONSE),), limit),
        unjudged=(),
        axes=(RESPONSE, CUT_INS),
        chosen_on=("a", "b"),
        confirmed_on=("c", "d"),
        folds=1,
        callers=24,
        settings=settings(cut_ins),
        baseline=0,
        recommended=best,
        verdict=(
            "Change max_buffer_delay_ms 600 ms → 300 ms, filler_style backchannel → silent. Response.p50 1.29 s "
            "instead of 1.54 s [−0.38, −0.12] s on 12 calls of 12 callers it was not chosen by; 1.01 s where it "
            "was chosen."
        ),
    )


def found(cut_ins: int = 1) -> SweepFound:
    """Return a finished sweep; see :func:`settings`."""
    return SweepFound.over(result(cut_ins), changes_of)


def under_way(count: int) -> SweepFound:
    """Return the sweep after some settings."""
    some = settings()[:count]
    return SweepFound.under_way(SweepProgress(count, 19, 12.0, (RESPONSE, CUT_INS), some), changes_of)


def changes_of(config: VoiceConfig) -> Changes:
    """Return a setting's changes from today's."""
    return SPACE.changes(config)


TWO = Sources(bundled=tuple(bundled_folder() / f"{name}.flac" for name in ("booking", "coughs")), said="")


def a_form(sources: Sources = TWO) -> tuple[SetupController, list[Setup]]:
    shown: list[Setup] = []
    form = SetupController(shown.append)
    form.offer(sources)
    return form, shown
