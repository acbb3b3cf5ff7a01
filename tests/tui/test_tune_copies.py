"""The draft as text: copied commands work, and pasted text is checked first."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from textual import events

from presets.config import of_values
from simulator.recording import bundled_folder
from tests.tui.tune_support import open_drafted, rest, settle_on
from tui.app import TurnlabApp
from tui.dialogs.dialog import TextDialog
from tui.dialogs.dialogs import PickOne
from tui.tune.choosing_dialogs import TextEntry
from tui.tune.copies import Target, as_command, as_curl, read_pasted
from tui.tune.fields import EntryError

BOOKING = bundled_folder() / "booking.flac"
BODY = {"filler_vocabulary": ["it's", '"x" $HOME `id`'], "max_buffer_delay_ms": None}


@pytest.mark.slow
async def test_copied_text_is_shown(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_drafted(pilot)
        await pilot.press("y")
        await settle_on(pilot, PickOne)
        await pilot.press("end", "enter")
        await settle_on(pilot, TextDialog)
        assert app.clipboard.startswith("curl ")
        assert "360" in app.clipboard
        await pilot.press("escape")
        await rest(pilot)
        await pilot.press("y")
        await settle_on(pilot, PickOne)
        await pilot.press("down", "down", "enter")
        await settle_on(pilot, TextDialog)
        name, verb, folder, option, config = shlex.split(app.clipboard)
        assert (name, verb, folder, option) == ("turnlab", "evaluate", str(BOOKING.parent), "--config")
        assert json.loads(config)["max_buffer_delay_ms"] == 360
        await pilot.press("escape")
        await rest(pilot)


def arguments(command: str, folder: Path) -> list[str]:
    """Let a shell split a command, as it would for the program named first."""
    name = shlex.split(command)[0]
    stand_in = folder / name
    stand_in.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    stand_in.chmod(0o700)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PLATFORM_API_KEY": "from the shell"}
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=True, timeout=30)
    return done.stdout.decode().split("\0")[:-1]


def test_a_shell_hands_on_exactly_the_body_and_only_the_shell_knows_the_key(tmp_path: Path) -> None:
    target = Target("my 'conn'", "id-1", "https://x.example/v1/w/services/id-1?a=b&c")
    words = arguments(as_command(target, BODY), tmp_path)
    assert words[:4] == ["voice-config", "id-1", "--connection", "my 'conn'"]
    assert json.loads(words[-1]) == BODY
    call = as_curl(target, BODY)
    assert "from the shell" not in call
    sent = arguments(call, tmp_path)
    assert target.address in sent
    assert "Authorization: Bearer from the shell" in sent
    assert json.loads(sent[-1]) == {"voice_config": BODY}


def test_the_embedded_platform_is_called_where_it_is_served() -> None:
    call = as_curl(Target("embedded", "1", "http://embedded-platform/v1/w/services/1"), {})
    assert 'PUT "$PLATFORM_API_URL"/v1/w/services/1 ' in call


async def test_pasted_fields_are_shown_as_changes_first(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_drafted(pilot)
        before = screen.session.draft.changes()
        screen.post_message(events.Paste('{"voice_config": {"post_eot_pause_ms": 150}}'))
        await settle_on(pilot, TextEntry)
        await pilot.pause()
        told = str(app.screen.query_one("#entry-problem").render())
        assert told == "post_eot_pause_ms: inherited → 150 ms"
        await pilot.press("ctrl+s")
        await rest(pilot)
        assert screen.session.draft.changes() == before | {"post_eot_pause_ms": 150}
        await pilot.press("u")
        await rest(pilot)
        assert screen.session.draft.changes() == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing pasted"),
        ('{"max_buffer_delay_ms": 5}', "between 200 and 1000 ms"),
        ('{"max_bufer_delay_ms": 300}', "did you mean max_buffer_delay_ms"),
        ('{"tts_model": 3}', "tts_model must be one of"),
        ("[1]", "JSON object"),
        ('{"a": 1', "line 1, column"),
    ],
)
def test_invalid_pasted_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(EntryError, match=why):
        read_pasted(text)


def test_fields_of_a_newer_platform_can_be_pasted() -> None:
    assert read_pasted('{"zzz": 1}') == of_values({"zzz": 1})
