"""How every screen and every dialog looks: small and usual, dark and light. A few starts for many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from presets.config import load
from services.changes.ledger import Backups
from services.changes.plan import make_plan
from services.changes.requests import Promote
from services.embedded import open_embedded
from simulator.devices import Devices
from simulator.devices.portaudio import Device
from simulator.recording import bundled_folder
from tests.tui.conftest import SnapshotFiles, make_app, settle
from tests.tui.live_support import StillCall
from tests.tui.pace import until
from tests.tui.test_live_snapshots import talking
from tests.tui.test_services_version_sets import on_set
from tests.tui.tune_support import bundled_in, open_tune, rest, settle_on
from tui.app import TurnlabApp
from tui.calls.screen import CallsScreen
from tui.commands.help_screen import HelpScreen
from tui.dialogs.dialog import Confirm, TextDialog
from tui.dialogs.dialogs import FindDialog, LineEntry, NameDialog, PickOne, PickRows, UnsavedChanges
from tui.dialogs.folder_dialog import FolderDialog
from tui.dialogs.form_dialog import FormDialog
from tui.dialogs.plan_dialog import PlanDialog
from tui.labels.screen import LabelEditor
from tui.live.device_dialog import DeviceDialog
from tui.live.screen import LiveScreen
from tui.services.dialogs import DiffDialog, MovedFields, MovedPlans
from tui.services.routing import RoutingScreen
from tui.tune.choosing_dialogs import ArmsDialog, PresetsDialog, value_dialog
from tui.tune.draft import conflicts
from tui.tune.journal import KeptDraft
from tui.tune.saving_dialogs import ExportTo, KeptDialog, MergeDialog, Mixing
from tui.tune.sensitivity import SensitivityDialog
from tui.tune.symptom_guide import SymptomGuide
from tui.tune.worst_turns import WorstTurns
from tui.widgets.field_panel import FieldPanel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}"),
]
THEMES = ("dark", "light")
EVERY_THEME = (*THEMES, "high contrast")
Size = tuple[int, int]
Way = tuple[str, Sequence[tuple[str, type[Screen[Any]]]]]
"""A picture's name, and the keys that lead to it, each with the screen that it opens."""

OVER_SERVICES: Sequence[Way] = (
    ("help", [("question_mark", HelpScreen)]),
    ("new service", [("n", FormDialog)]),
    ("edit service", [("e", FormDialog)]),
    ("deactivate", [("a", PlanDialog)]),
    ("delete service", [("X", Confirm)]),
    ("routing", [("m", RoutingScreen)]),
    ("service as JSON", [("o", TextDialog)]),
)
OVER_VERSION_SETS: Sequence[Way] = (
    ("promote where", [("p", NameDialog)]),
    ("promote", [("p", NameDialog), ("enter", PlanDialog)]),
    ("difference", [("d", NameDialog), ("enter", DiffDialog)]),
    ("change version set", [("E", FormDialog)]),
    ("delete version set", [("x", PlanDialog)]),
)
OVER_TUNE: Sequence[Way] = (
    ("help of Tune", [("question_mark", HelpScreen)]),
    ("presets", [("p", PresetsDialog)]),
    ("preset name", [("p", PresetsDialog), ("s", LineEntry)]),
    ("arm B", [("b", PickOne)]),
    ("arms", [("B", ArmsDialog)]),
    ("copy as", [("y", PickOne)]),
    ("readout rows", [("o", PickRows)]),
    ("worst turns", [("w", WorstTurns)]),
    ("symptoms", [("f1", SymptomGuide)]),
    ("sensitivity", [("c", SensitivityDialog)]),
    ("find", [("slash", FindDialog)]),
    ("save", [("ctrl+s", PlanDialog)]),
    ("labels", [("t", LabelEditor)]),
    ("one label", [("t", LabelEditor), ("enter", FormDialog)]),
)


@pytest.fixture(autouse=True)
def frozen_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute's limit would end at a different picture each time."""
    monkeypatch.setattr("tui.connection.limit_text", lambda _traffic: "119 of 120 requests left")


class Gallery:
    """Compares the visible screen with its pictures in both themes."""

    def __init__(self, pilot: Pilot[None], pictures: SnapshotAssertion) -> None:
        self.pilot, self._pictures = pilot, pictures.use_extension(SnapshotFiles)
        app = pilot.app
        assert isinstance(app, TurnlabApp)
        self.app = app

    async def show(self, name: str, themes: Sequence[str] = THEMES) -> None:
        """Compare the screen in each theme."""
        for line in self.app.screen.query(Input):
            line.cursor_blink = False
        under = self.app.screen_stack[-2] if self.app.screen.is_modal else None
        if under is not None:
            under.visible = False  # so that only the dialog's own pictures change with it
        for theme in themes:
            self.app.action_choose_theme(theme)
            await self.pilot.pause()
            # another theme styles everything again, and what that lays out is styled once more
            self.app.screen.refresh(layout=True)
            await self.pilot.pause()
            self.compare(name, theme)
        self.app.action_choose_theme("dark")
        if under is not None:
            under.visible = True
        await self.pilot.pause()

    def compare(self, name: str, theme: str) -> None:
        """Compare the screen."""
        assert self.app.export_screenshot(title="Turnlab") == self._pictures(name=f"{name}, {theme}")

    async def show_palette(self) -> None:
        """Compare the palette, which Textual styles only when it opens."""
        under = self.app.screen
        for theme in reversed(THEMES):
            self.app.action_choose_theme(theme)
            await self.pilot.press("ctrl+p")
            await settle_on(self.pilot, CommandPalette)
            self.app.screen.query_one(Input).cursor_blink = False
            await settle(self.pilot)
            self.compare("palette", theme)
            await self.leave(under)

    async def show_over(self, ways: Sequence[Way]) -> None:
        """Compare what each way opens, and close it again."""
        under = self.app.screen
        for name, steps in ways:
            for key, kind in steps:
                before = self.app.screen
                await self.pilot.press(key)
                await until(self.pilot, lambda: self.app.screen is not before)  # noqa: B023
                await settle_on(self.pilot, kind)
            await self._come_to_rest()
            await self.show(name)
            await self.leave(under)

    async def show_dialog(self, name: str, dialog: Screen[Any]) -> None:
        """Compare a dialog that needs more than keys to open."""
        under = self.app.screen
        await self.app.push_screen(dialog)
        await self.pilot.pause()
        await self.show(name)
        await self.leave(under)

    async def leave(self, under: Screen[Any]) -> None:
        """Close what covers a screen."""
        while self.app.screen is not under:
            await until(self.pilot, lambda: self.app.screen.is_mounted)
            await self.app.screen.dismiss(None)
            await self.pilot.pause()

    async def _come_to_rest(self) -> None:
        """Wait for dialogs that continue to work after they opened."""
        screen = self.app.screen
        if isinstance(screen, SensitivityDialog):
            await until(self.pilot, lambda: "ended early" in str(screen.query_one("#curve-legend").render()))
        if isinstance(screen, SymptomGuide):
            said = screen.query_one("#offers-said")
            ends = ("Simulated over", "Nothing here helps")
            await until(self.pilot, lambda: any(end in str(said.render()) for end in ends))
        await self.pilot.pause()


async def test_services(app: TurnlabApp, snapshot: SnapshotAssertion, size: Size) -> None:
    async with app.run_test(size=size) as pilot:
        gallery = Gallery(pilot, snapshot)
        await settle(pilot)
        await gallery.show("services", EVERY_THEME)
        await gallery.show_over(OVER_SERVICES)
        await gallery.show_palette()
        for tab in ("version sets", "voice config", "behaviors", "history"):
            await pilot.press("right_square_bracket")
            await settle(pilot)
            await gallery.show(tab)


async def test_version_sets(app: TurnlabApp, snapshot: SnapshotAssertion, size: Size) -> None:
    async with app.run_test(size=size) as pilot:
        gallery = Gallery(pilot, snapshot)
        await on_set(pilot, "preview")
        await gallery.show("a filter and a version set")
        for way in OVER_VERSION_SETS:
            # the line loses the focus while its screen is hidden for a picture
            app.services_screen.set_focus(app.services_screen.query_one("#version-set-rows"))
            await gallery.show_over([way])
        client, service = app.client, app.services_screen.highlighted
        assert client is not None
        assert service is not None
        planned = await make_plan(client, service.id, Promote("preview", "release"), Backups())
        now = await make_plan(client, service.id, Promote("test", "release"), Backups())
        await gallery.show_dialog("plan that moved", MovedPlans("preview was changed meanwhile", planned, now))
        theirs, mine = (replace(service, description=text) for text in ("Theirs.", "Mine."))
        await gallery.show_dialog("fields that moved", MovedFields(["description"], service, theirs, mine))


async def test_tune(
    app: TurnlabApp, snapshot: SnapshotAssertion, size: Size, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tui.tune.labelling.own_folder", lambda: Path("data/recordings"))  # the same everywhere
    monkeypatch.setattr(Mixing, "_mix", lambda _: None)
    bundled_in(tmp_path / "calls", "booking.flac")
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=size) as pilot:
        gallery = Gallery(pilot, snapshot)
        screen = await open_tune(pilot, "Intake Line", bundled_folder() / "interruptions.flac")
        screen.drafts.set_value("post_eot_pause_ms", 1500)
        await rest(pilot)
        await gallery.show("tune", EVERY_THEME)
        for pane in ("timeline", "readouts", "recordings"):
            await pilot.press("tab")
            await rest(pilot)
            await gallery.show(f"tune, {pane}")
        await pilot.press("tab")
        await rest(pilot)
        await gallery.show_over(OVER_TUNE)
        outcome, service = screen.trials.outcome, screen.session.service
        assert outcome is not None
        assert service is not None
        words = screen.query_one(FieldPanel).editor("filler_vocabulary").control
        assert words is not None
        began, mine, theirs = (
            load({"max_buffer_delay_ms": ms, "filler_style": style})[0]
            for ms, style in ((500, "phrase"), (300, "silent"), (700, "backchannel"))
        )
        kept = KeptDraft(Path("draft.json"), began, mine, datetime(2025, 11, 20, 18, 27, tzinfo=UTC))
        moved = "Intake Line was changed elsewhere meanwhile"
        monkeypatch.setattr(Path, "cwd", lambda: Path("/home/me"))
        for name, dialog in (
            ("words", value_dialog(words.state)),
            ("add a folder", FolderDialog("Add recordings of yours", Path("calls"))),
            ("export", ExportTo("the readouts", "readouts.csv")),
            ("mixing", Mixing(Path("call.wav"), outcome, 0, replace=False)),
            ("kept draft", KeptDialog("draft of Intake Line", kept)),
            ("conflict", MergeDialog(moved, conflicts(began, mine, theirs))),
            ("unsaved", UnsavedChanges("Intake Line", 2, can_save=True)),
        ):
            await gallery.show_dialog(name, dialog)


async def test_live_and_calls(workspace_file: Path, snapshot: SnapshotAssertion, size: Size) -> None:
    shown, told = talking()
    app = make_app(lambda: open_embedded(workspace_file), open_call=lambda _: StillCall(shown, list(told)))
    async with app.run_test(size=size) as pilot:
        gallery = Gallery(pilot, snapshot)
        await settle(pilot)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen) and app.screen.shown.settled, "calls")
        await settle(pilot)
        await gallery.show("no calls")
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen) and app.screen.call.shown == shown, "Live")
        await pilot.press("t")
        await pilot.pause()
        for pane in ("live", "live, settings", "live, log"):
            await gallery.show(pane, EVERY_THEME if pane == "live" else THEMES)
            await pilot.press("tab")
            await pilot.pause()
        headset = Device("headset", "ALSA", 1, 48_000, default=True, index=0)
        devices = Devices((headset, replace(headset, name="built-in microphone", default=False)), (headset,))
        dialog = DeviceDialog(
            "input",
            None,
            lambda: devices,
            lambda *_: None,
            lambda: shown,
            on=True,
            tone=lambda: None,
        )
        await app.push_screen(dialog)
        await until(pilot, lambda: "Looking" not in str(dialog.query_one("#device-said").render()))
        await gallery.show("devices")
