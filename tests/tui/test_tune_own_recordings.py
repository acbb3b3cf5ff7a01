"""The user's recordings in Tune: folders that are opened, added, dropped, stored and watched."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, OptionList, Static

from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tests.tui.pace import until
from tests.tui.tune_support import bundled_in, rest, settle_on
from tui.app import TurnlabApp
from tui.dialogs.folder_dialog import FolderDialog
from tui.labels.screen import LabelEditor
from tui.tune import places
from tui.tune.choosing_dialogs import PresetsDialog
from tui.tune.evaluating import EvaluationDialog
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen
from tui.widgets.key_line import KeyLine

SIZE = (120, 40)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.setattr(places, "LOOK_EVERY_S", 0.4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two recordings, one of them labelled."""
    return bundled_in(tmp_path / "our calls", "coughs.flac", "coughs.json", "telephone.flac")


def opening(*paths: Path) -> TurnlabApp:
    return make_app(ScriptedClient().open, opened=paths)


async def tune(pilot: Pilot[None]) -> TuneScreen:
    """Wait until Tune is open and shows something."""
    if not isinstance(pilot.app.screen, TuneScreen):
        await settle(pilot)
    screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, TuneScreen) else None)
    await until(pilot, lambda: screen.recordings.state.rows)
    await rest(pilot)
    return screen


def drawn(screen: TuneScreen) -> list[str]:
    options = screen.query_one(RecordingList).query_one(OptionList)
    return [str(option.prompt).strip() for option in options.options]


def keys(screen: TuneScreen) -> list[str]:
    return [row.key for row in screen.recordings.state.rows or ()]


def focused_field(screen: TuneScreen) -> str:
    return screen.fields.control.state.spec.name if screen.fields.control is not None else ""


async def listed(pilot: Pilot[None], screen: TuneScreen, right: Callable[[list[str]], bool]) -> None:
    await until(pilot, lambda: right(keys(screen)), "the list")
    await rest(pilot)


async def test_an_opened_folder_is_the_first_group_and_its_first_recording_is_shown(folder: Path) -> None:
    (folder / "telephone.flac").rename(folder / "telephone with a long name.flac")
    async with opening(folder).run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        assert screen.recordings.state.shown == str(folder / "coughs.flac")
        note = screen.query_one("#recording-note", Static)
        assert "coughs." not in str(note.render())
        screen.listing.highlight(str(folder / "telephone with a long name.flac"))
        assert str(note.render()).startswith("telephone with a long name. "), "the whole of what the list cuts"
        assert any("telepho…ng name" in line for line in drawn(screen))
        lines = drawn(screen)
        assert lines[1] == "our calls"
        assert [line.split()[0].strip("▸") or line.split()[1] for line in lines[2:4]] == ["coughs", "telepho…ng"]
        assert lines[4] == "examples"
        assert lines[-1].startswith("+ add a folder…")
        assert pilot.app.client is not None  # type: ignore[attr-defined]
    async with make_app(ScriptedClient().open).run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("2")
        assert str(folder / "coughs.flac") in keys(await tune(pilot)), "the folder is remembered"


@pytest.mark.slow
async def test_a_folder_is_chosen_by_its_path_and_taken_off_the_list_again(folder: Path) -> None:
    async with make_app(ScriptedClient().open, initial_screen="tune").run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        await pilot.press("A")
        await settle_on(pilot, FolderDialog)
        dialog = pilot.app.screen
        begins = dialog.query_one(Input).value
        dialog.query_one(Input).value = str(folder / "nowhere")
        await pilot.press("enter")
        assert "no such file or folder" in str(dialog.query_one("#folder-about", Static).render())
        dialog.query_one(Input).value = begins
        dialog.query_one(Input).value += str(folder)  # after the folder that is there at first
        await pilot.pause()
        assert "holds 2 recordings" in str(dialog.query_one("#folder-about", Static).render())
        await pilot.press("enter")
        await listed(pilot, screen, lambda there: str(folder / "telephone.flac") in there)
        assert screen.recordings.state.shown == str(folder / "coughs.flac")
        await until(pilot, lambda: screen.listing.highlighted_key == str(folder / "coughs.flac"))
        assert screen.listing.query_one(OptionList).has_focus, "one sees what was added, on a small screen too"
        said = [one.message for one in pilot.app._notifications]
        assert any(
            "a on the heading our calls in the list compares over its 2 recordings alone" in one for one in said
        )
        await pilot.press("g", "down", "backspace")
        await listed(pilot, screen, lambda there: str(folder / "telephone.flac") not in there)
        assert screen.recordings.state.shown == "backchannels.flac"
        assert drawn(screen)[1] != "our calls"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("'{}'", id="quoted", marks=pytest.mark.slow),
        pytest.param("{}", id="bare", marks=pytest.mark.slow),
        pytest.param("{} ", id="a space", marks=pytest.mark.slow),
        pytest.param("file://{}", id="address", marks=pytest.mark.slow),
    ],
)
async def test_a_path_that_is_dropped_on_the_terminal_is_added(folder: Path, written: str) -> None:
    async with make_app(ScriptedClient().open, initial_screen="tune").run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        text = written.format(folder).replace(" calls", "%20calls" if "://" in written else " calls")
        screen.post_message(Paste(text))
        await listed(pilot, screen, lambda there: str(folder / "telephone.flac") in there)


async def test_the_list_follows_files_that_come_change_and_go(folder: Path) -> None:
    async with opening(folder).run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        shutil.copy(bundled_folder() / "coughs.flac", folder / "new.flac")
        await listed(
            pilot,
            screen,
            lambda there: there[:3] == [str(folder / f"{n}.flac") for n in ("coughs", "new", "telephone")],
        )
        shown = screen.recordings.shown
        assert shown is not None
        assert shown.recording.labels is not None
        (folder / "coughs.json").unlink()
        await until(
            pilot, lambda: (now := screen.recordings.shown) and now.recording.labels is None, "other labels"
        )
        await rest(pilot)
        shutil.copy(bundled_folder() / "booking.flac", folder / "coughs.flac")
        await until(
            pilot,
            lambda: (now := screen.recordings.shown) and now.recording.duration_ms != shown.recording.duration_ms,
        )
        await rest(pilot)
        (folder / "telephone.flac").unlink()
        await listed(pilot, screen, lambda there: str(folder / "telephone.flac") not in there)
        (folder / "coughs.flac").unlink()
        row = screen.listing.row
        await until(pilot, lambda: "no longer exists" in row(str(folder / "coughs.flac")).note, "the note")
        screen.recordings.show(str(folder / "new.flac"))
        await listed(pilot, screen, lambda there: str(folder / "coughs.flac") not in there)
        shutil.rmtree(folder)
        await until(pilot, lambda: "our calls · gone" in drawn(screen), "the heading")
        screen.listing.highlight(screen.listing._lines[drawn(screen).index("our calls · gone")])
        note = str(screen.query_one("#recording-note", Static).render())
        assert note == f"{folder} is no longer there; ⌫ takes it off the list."


@pytest.mark.slow
async def test_walking_the_list_shows_a_recording_and_a_on_a_heading_compares_over_its_group(
    folder: Path,
) -> None:
    async with opening(folder).run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        screen.listing.focus()
        await pilot.pause()
        for key in ("a All", "t Labels", "E Evaluate", "A Add folder…"):
            assert key in str(screen.query_one(KeyLine).render())
        await pilot.press("down")
        await until(pilot, lambda: screen.recordings.state.shown == str(folder / "telephone.flac"), "the preview")
        await rest(pilot)
        await pilot.press("g")
        assert screen.listing.highlighted_key == ""
        await pilot.press("down", "a")
        await rest(pilot)
        assert screen.recordings.state.picked == {str(folder / f"{name}.flac") for name in ("coughs", "telephone")}
        assert screen.listing.query_one(OptionList).has_focus
        await pilot.press("G", "enter")
        await settle_on(pilot, FolderDialog)


@pytest.mark.slow
async def test_the_palette_goes_to_fields_recordings_presets_and_services_not_listed_yet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ScriptedClient([service(number) for number in range(150)])
    app = make_app(client.open, opened=[folder])
    async with app.run_test(size=SIZE) as pilot:
        screen = await tune(pilot)
        await pilot.press("ctrl+p", *"eot_timeout", "enter")
        await until(pilot, lambda: pilot.app.screen is screen and focused_field(screen) == "eot_timeout_ms")
        await pilot.press("ctrl+p", *"telephone", "enter")
        await until(pilot, lambda: screen.recordings.state.shown == str(folder / "telephone.flac"))
        await rest(pilot)
        await pilot.press("ctrl+p", *"ultra_low", "enter")
        await settle_on(pilot, PresetsDialog)
        await pilot.press("enter")
        await rest(pilot)
        assert "max_buffer_delay_ms" in screen.session.draft.changes()
        assert app.services_screen.listing.known[-1].name != "Service 00149", "it is on the second page"
        client.asked.clear()
        monkeypatch.setattr("tui.commands.place._STILL_TYPING_S", 3600.0)  # however slowly a busy machine types
        await pilot.press("ctrl+p", *"service 0014")
        monkeypatch.setattr("tui.commands.place._STILL_TYPING_S", 0.0)
        await pilot.press("9")
        offered = app.screen.query_one(CommandList)
        await until(pilot, lambda: any("Service 00149" in str(one.prompt) for one in offered.options))
        assert [one["search"] for one in client.asked] == ["service 00149"], "not at every letter"
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "session", screen.session).title == "Service 00149")


@pytest.mark.slow
async def test_a_folder_is_evaluated_once_one_recording_in_it_is_labelled(tmp_path: Path) -> None:
    mine = bundled_in(tmp_path / "our calls", "backchannels.flac", "coughs.flac")
    async with opening(mine).run_test(size=(80, 24)) as pilot:
        screen = await tune(pilot)
        await pilot.press("E")
        await settle_on(pilot, EvaluationDialog)
        empty = await until(pilot, lambda: _said(pilot, "#evaluation-empty"))
        assert empty.startswith("No recording in our calls is labelled")
        assert "t labels the one that is shown" in empty
        assert next(line for line in drawn(screen) if "backch" in line)[-1] == "○", "analysed, and not labelled"
        await pilot.press("t")
        await settle_on(pilot, LabelEditor)
        await pilot.press("T", "ctrl+s", "down", "enter")
        await until(pilot, (mine / "backchannels.json").is_file)
        await pilot.press("escape")
        await rest(pilot)

        await pilot.press("E")
        await settle_on(pilot, EvaluationDialog)
        table = pilot.app.screen.query_one("#evaluation", DataTable)
        await until(pilot, lambda: table.row_count)
        assert next(line for line in drawn(screen) if "backch" in line)[-1] == "✓"
        assert _said(pilot, "#evaluation-over") == "Scored: 1 of 2 recordings in our calls; left out: 1 unlabelled"
        rows = [[str(cell) for cell in table.get_row_at(at)] for at in range(table.row_count)]
        lines = {row[0].strip(" ▸▾"): row[1:] for row in rows}
        assert lines["End of turn"] == ["", ""]
        labels = json.loads((mine / "backchannels.json").read_text())
        of = len(labels["turns"])
        early = int(lines["turns ended early"][0].split(" of ")[0])
        assert early > 0
        assert lines["turns ended early"] == [f"{early} of {of}"] * 2
        assert all(re.fullmatch(r"[\d,]+ ms", cell) for cell in lines["mean wait"])
        await pilot.press("j", "enter", "j")
        assert table.row_count == len(rows) + early
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.drawing.has_focus, "going to a turn leads into the timeline"


def _said(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)
