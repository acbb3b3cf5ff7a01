"""The first start and the tour: each step is completed by doing it, and nothing returns automatically."""

from __future__ import annotations

from tests.tui.conftest import make_app, settle
from tests.tui.pace import until
from tui.app import TurnlabApp
from tui.commands.help_screen import HelpScreen
from tui.launch import BEGIN_AT
from tui.preferences import TOUR, remembered
from tui.screens import with_keys
from tui.services.list_pane import ServiceList
from tui.tour import STEPS
from tui.tune.screen import TuneScreen
from tui.widgets.key_line import GuideLine


def said(app: TurnlabApp) -> str:
    """Return the tour's text on the visible screen."""
    lines = [one for one in app.screen.query("#tour-line").results(GuideLine) if one.display]
    return str(lines[0].render()) if lines else ""


async def test_a_first_start_opens_a_fixable_service_and_a_tour_of_six_steps(
    app: TurnlabApp,
) -> None:
    app = make_app(app._open_client, first_start=True, begin_at=BEGIN_AT)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        chosen = app.screen.query_one(ServiceList).highlighted
        assert chosen is not None
        assert chosen.name == "Intake Line"
        assert said(app).startswith("Tour 1/6: Callers complain? f1 says what helps, ⏎ opens it")
        assert remembered(TOUR), "it does not begin by itself again"
        await pilot.press("enter")
        await until(pilot, lambda: said(app).startswith("Tour 2/6: Move a slider"))
        assert isinstance(app.screen, TuneScreen)
        app.screen.symptoms.taken += 1
        await until(pilot, lambda: said(app).startswith("Tour 5/6: b picks B"), "it goes on from what was done")
        await pilot.press("f3")
        assert said(app).startswith("Tour 6/6: ^s saves")
        await pilot.press("f3")
        assert not said(app), "it ends after the last step, and goes back to none"
        await pilot.press("f3")
        assert said(app).startswith("Tour 2/6: Move a slider")
        app.screen.drafts.set_value("post_eot_pause_ms", 300)  # as advice does
        await until(pilot, lambda: said(app).startswith("Tour 3/6: s plays the call"))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        (line,) = app.tunes.standing[0].query("#tour-line").results(GuideLine)
        await until(pilot, lambda: str(line.render()) == "Tour 3/6")  # none of its keys works under a dialog
        await pilot.press("f3")
        await until(pilot, lambda: said(app).startswith("Tour 2/6: Move a slider"), "the tour from its beginning")
        await pilot.press("f4", "1")
        await until(pilot, lambda: app.screen is app.services_screen)
        await pilot.pause(0.3)
        assert not said(app)
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen))
    again = make_app(app._open_client, begin_at=BEGIN_AT)
    async with again.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        chosen = again.services_screen.highlighted
        assert chosen is not None
        assert chosen.name == "Adaptive Support", "it begins at what was tuned last"


async def test_a_later_start_with_nothing_tuned_highlights_the_same_service(app: TurnlabApp) -> None:
    app = make_app(app._open_client, begin_at=BEGIN_AT)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: (one := app.services_screen.highlighted) and one.name == "Intake Line")


def test_every_step_fits_into_a_small_screen() -> None:
    room = 80 - 2
    assert max(len(with_keys(f"Tour 1/6: {step.says} · f3 skip · f4 end")) for step in STEPS) <= room
