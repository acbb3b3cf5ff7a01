"""How Tune shows a folder with files of strange names, other files, and wrong headers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import soundfile as sf

from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app, settle
from tests.tui.tune_support import open_tune, rest
from tui.app import TurnlabApp
from tui.tune.recording_list import RecordingList


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> TurnlabApp:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    return make_app(ScriptedClient().open)


async def test_every_file_of_a_folder_is_listed_and_what_is_said_of_it_stands_beside_it(
    app: TurnlabApp, tmp_path: Path
) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    samples, rate = sf.read(bundled_folder() / "coughs.flac", frames=8 * 16_000)
    sf.write(folder / "lying.wav", samples, rate)
    content = bytearray((folder / "lying.wav").read_bytes())
    content[40:44] = (128_000).to_bytes(4, "little")
    (folder / "lying.wav").write_bytes(content)
    long, strange = "m" * 246 + ".flac", os.fsdecode(b"new\nline-\xff.flac")
    for name in (long, strange):
        shutil.copy(bundled_folder() / "coughs.flac", folder / name)
    (folder / f"{'m' * 246}.txt").write_text("Notes of a call.\n")
    (folder / "folder.wav").mkdir()
    (folder / "gone.wav").symlink_to("nowhere.wav")
    os.mkfifo(folder / "pipe.wav")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tune(pilot, recordings=folder)
        listing = screen.query_one(RecordingList)
        says = {
            "lying.wav": "lying.wav: its header promises 4.0 s of sound, but it holds 8.0 s; read to its end.",
            long: "is not an Audacity label track",
            strange: "unlabelled",
            "folder.wav": "is a folder",
            "gone.wav": "is a link to a missing file",
            "pipe.wav": "is a pipe or a device, not a file",
        }
        for key, words in says.items():
            row = listing.row(key)
            assert words in row.note
            assert (row.stage == "failed") == (key in ("folder.wav", "gone.wav", "pipe.wav"))
        for key in (long, strange, "lying.wav"):
            screen.recordings.show(key)
            await rest(pilot)
            await settle(pilot)
            assert (screen.recordings.state.shown, listing.row(key).stage) == (key, "done")
