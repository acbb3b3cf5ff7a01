"""Saving from Tune to the real embedded platform, and to one that refuses."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from textual.pilot import Pilot
from textual.widgets import OptionList

from services.embedded import open_embedded
from services.model import Service
from simulator.recording import bundled_folder
from tests.tui.conftest import make_app
from tests.tui.pace import until
from tests.tui.test_services_version_sets import notes
from tests.tui.tune_support import open_drafted, rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.dialogs import FindDialog, UnsavedChanges
from tui.dialogs.plan_dialog import PlanDialog
from tui.tune.arm_header import ArmHeader
from tui.tune.saving_dialogs import MergeDialog
from tui.tune.screen import TuneScreen

SIZE = (120, 40)
BOOKING = bundled_folder() / "booking.flac"


def toasts(app: TurnlabApp) -> list[str]:
    return [f"{toast.title}: {toast.message}" for toast in app._notifications]


async def tuned(pilot: Pilot[None]) -> TuneScreen:
    """Open Intake Line, set one field and make another inherit."""
    screen = await open_drafted(pilot)
    slider(screen, "barge_in_min_speech_s").focus()
    await pilot.press("backspace")
    await rest(pilot)
    return screen


async def shown_body(pilot: Pilot[None], *keys: str) -> Any:
    """Save, and return what the plan shows as sent."""
    await pilot.press(*keys)
    await settle_on(pilot, PlanDialog)
    return json.loads(str(pilot.app.screen.query_one("#plan-json").render()))


async def test_saving_sends_exactly_the_changed_fields_and_the_service_then_has_them(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await tuned(pilot)
        assert app.client is not None
        service = screen.session.service
        assert service is not None
        sent: list[Mapping[str, JsonValue]] = []
        send = app.client.update_voice_config

        async def watched(service_id: str, changes: Mapping[str, JsonValue]) -> Service:
            sent.append(dict(changes))
            return await send(service_id, changes)

        app.client.update_voice_config = watched  # type: ignore[method-assign]
        body = await shown_body(pilot, "ctrl+s")
        assert isinstance(app.screen, PlanDialog)
        assert re.match(
            r"Simulated over 1 recording: In these \d turns alone: .* than stored; .*", app.screen.found
        )
        expected = {"max_buffer_delay_ms": 360, "barge_in_min_speech_s": None}
        assert body == {"voice_config": expected}
        await pilot.press(*"relaese", "enter")
        assert "That is not release." in str(app.screen.query_one("#name-problem").render())
        assert not sent, "callers get it: its name is typed first"
        await pilot.press(*(["backspace"] * 7), *"release", "enter")
        await rest(pilot)
        assert sent == [expected]
        now = (await app.client.get_service(service.id)).voice_config.set_values()
        was = service.voice_config.set_values()
        del was["barge_in_min_speech_s"]
        assert now == was | {"max_buffer_delay_ms": 360}
        assert not screen.platform.unsaved
        assert "no changes" in screen.query_one(ArmHeader).text
        assert "2 fields of Intake Line · u takes it back" in toasts(app)[-1]
        await rest(pilot)
        (toast,) = screen.query("Toast")
        covered = [*screen.query("KeyLine, StatusLine, ReadoutTable")]
        assert not any(toast.region.overlaps(one.region) for one in covered)
        assert all(one.region.bottom <= app.size.height for one in covered)

        await pilot.press("u")
        await settle_on(pilot, PlanDialog)
        app.screen.notify("Over a dialog.")
        await until(pilot, lambda: bool(app.screen.query("Toast")), "a notice over the dialog")
        await pilot.pause()
        assert app.screen.query_one("Toast").region.y == 0, "what is below is the screen's own footer and tour"
        await pilot.press(*"release", "enter")
        await rest(pilot)
        assert (await app.client.get_service(service.id)).voice_config == service.voice_config
        assert "no changes" in screen.query_one(ArmHeader).text
        await pilot.press("ctrl+y")
        await rest(pilot)
        assert "draft, 2 changes" in screen.query_one(ArmHeader).text
        await pilot.press("u")
        await rest(pilot)


async def changed_meanwhile(pilot: Pilot[None], screen: TuneScreen, **values: JsonValue) -> str:
    """Change the service as another user, and save. Return its id."""
    app = pilot.app
    assert isinstance(app, TurnlabApp)
    assert app.client is not None
    assert screen.session.service is not None
    await app.client.update_voice_config(screen.session.service.id, values)
    await pilot.press("ctrl+s")
    return screen.session.service.id


async def test_a_field_changed_by_both_is_chosen_before_sending(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await tuned(pilot)
        one = await changed_meanwhile(pilot, screen, max_buffer_delay_ms=660, barge_in_min_speech_s=1.1)
        await settle_on(pilot, MergeDialog)
        offered = app.screen.query_one(OptionList)
        shown = str(offered.get_option_at_index(0).prompt)
        assert [word in shown for word in ("600 ms", "660 ms", "360 ms")] == [True] * 3
        await pilot.press("t", "ctrl+s")
        assert isinstance(app.screen, MergeDialog)
        assert "barge_in_min_speech_s" in str(app.screen.query_one("#merge-problem").render())
        body = await shown_body(pilot, "m", "ctrl+s")
        assert body == {"voice_config": {"barge_in_min_speech_s": None}}
        await pilot.press(*"release", "enter")
        await rest(pilot)
        assert app.client is not None
        now = (await app.client.get_service(one)).voice_config
        assert (now.max_buffer_delay_ms, now.barge_in_min_speech_s) == (660, None)
        assert not screen.platform.unsaved


@pytest.mark.slow
async def test_read_only_says_so_and_sends_nothing(workspace_file: Path) -> None:
    app = make_app(lambda: open_embedded(workspace_file), read_only=True)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await tuned(pilot)
        assert "Drafts are stored only on this machine" in notes(app)[0]
        assert "on this machine only" in screen.query_one(ArmHeader).text
        await pilot.press("ctrl+s")
        await rest(pilot)
        assert "Not saved: read-only" in notes(app)[-1]
        assert screen.platform.unsaved


class SlowAnswer:
    """Holds the platform's answers until it is released. ``asked``: a request waits."""

    def __init__(self, app: TurnlabApp) -> None:
        assert app.client is not None
        self.asked, self._go = asyncio.Event(), asyncio.Event()
        self._ask = app.client.get_service
        app.client.get_service = self._wait  # type: ignore[method-assign]

    async def _wait(self, service_id: str) -> Service:
        self.asked.set()
        await self._go.wait()
        return await self._ask(service_id)

    def let_go(self) -> None:
        """Release the answers."""
        self._go.set()


@pytest.mark.slow
async def test_a_late_save_dialog_does_not_cover_another_screen(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await tuned(pilot)
        platform = SlowAnswer(app)
        await pilot.press("q")
        await settle_on(pilot, UnsavedChanges)
        await pilot.press("s", "/")
        await settle_on(pilot, FindDialog)
        await platform.asked.wait()
        platform.let_go()
        await until(pilot, lambda: any("Save again" in toast for toast in toasts(app)), "a word about it")
        assert isinstance(app.screen, FindDialog)
        await pilot.press("escape")
        await rest(pilot)
        assert app.screen_stack[-1] is screen, "nothing waits below"
        assert screen.platform.unsaved
        await pilot.press("ctrl+s")
        await settle_on(pilot, PlanDialog)


@pytest.mark.slow
async def test_enter_does_not_send_if_the_user_went_on_before_the_dialog(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await tuned(pilot)
        assert app.client is not None
        assert screen.session.service is not None
        await app.client.update_service(screen.session.service.id, {"is_active": False})
        platform = SlowAnswer(app)
        await pilot.press("ctrl+s")
        await platform.asked.wait()
        slider(screen, "post_eot_pause_ms").focus()
        await pilot.press("enter", *"15")
        platform.let_go()
        await settle_on(pilot, PlanDialog)
        await pilot.press("0", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanDialog)
        assert screen.platform.unsaved
        assert str(app.screen.query(".dialog-keys").last().render()).startswith("s sends")
        await pilot.press("s")
        await rest(pilot)
        assert "2 fields of Intake Line" in toasts(app)[-1]
