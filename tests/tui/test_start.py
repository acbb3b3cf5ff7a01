"""The installed script in a real terminal: it starts, works, and restores the terminal, however it ends."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.recording import bundled_folder
from tests.forked import TURNLAB
from tests.terminal import Terminal

Start = Callable[..., Terminal]
CLONE = Path(__file__).parents[2]
FIRST_SERVICE = "Intake Line"
STEPS = [
    ("\r", "max_buffer_delay_ms"),
    ("?", "esc closes"),
    ("?", "max_buffer_delay_ms"),
    ("3", "echo guard"),
    ("?", "esc closes"),
    ("?", "echo guard"),
    ("1", "/ filter"),
    ("?", "esc closes"),
    ("?", "/ filter"),
]
"""Keys, and what they show: Tune, Live, Services, and the help of each."""
SENTENCE = re.compile(
    r"turnlab: stopped by an unexpected RuntimeError(?: at tui/\S+:\d+)?; run it again with --debug .+\n"
)
BREAKING = """
import sys
{imports}
def broken(*_, **__):
    caller = "+1555" + "0100"
    raise RuntimeError("hun" + "ter2")
{target} = broken
from tui.__main__ import main
main()
"""
"""A dashboard with one failing function, with a secret in its variables and its error message."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    terminals: list[Terminal] = []

    def start(*command: str | Path, **environment: str) -> Terminal:
        home = tmp_path / "home"
        home.mkdir()
        # Without it, an installed PulseAudio would start a server in the empty home.
        terminals.append(Terminal(command, home, PULSE_SERVER="unix:/nowhere", **environment))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def assert_quits(terminal: Terminal) -> None:
    """Assert that ``q`` ends the dashboard without output and restores the terminal."""
    terminal.type("q")
    assert terminal.end() == 0
    assert terminal.said == ""
    terminal.assert_restored()


@pytest.mark.parametrize(
    "steps", [pytest.param(STEPS[-2:], id="help"), pytest.param(STEPS, marks=pytest.mark.slow, id="every screen")]
)
def test_screens_open_and_the_terminal_is_left_as_it_was(
    start: Start, analyses: Path, steps: list[tuple[str, str]]
) -> None:
    terminal = start(TURNLAB, TURNLAB_CACHE_DIR=str(analyses))
    terminal.see(FIRST_SERVICE)
    terminal.see("Callers complain? f1 says what helps")
    for key, shown in steps:
        terminal.type(key)
        terminal.see(shown)
    assert_quits(terminal)


@pytest.mark.slow
def test_a_folder_that_is_named_opens_in_tune(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    shutil.copy(bundled_folder() / "coughs.flac", folder / "our-call.flac")
    terminal = start(TURNLAB, "--read-only", folder)
    terminal.see("our-call")
    assert_quits(terminal)


@pytest.mark.slow
def test_the_dashboard_ends_when_its_terminal_disappears(start: Start) -> None:
    terminal = start("env", "--ignore-signal=HUP", TURNLAB)
    terminal.see(FIRST_SERVICE)
    assert terminal.vanish() != 0


@pytest.mark.slow
def test_the_command_of_the_readme_opens_the_dashboard(start: Start) -> None:
    if not (shutil.which("uv") or (CLONE / ".launcher").exists()):
        pytest.skip("there is no uv here, and a test does not install one")
    # The environment already exists, so nothing is downloaded.
    terminal = start(sys.executable, CLONE / "run.py", UV_OFFLINE="1", UV_PROJECT_ENVIRONMENT=sys.prefix)
    terminal.see(FIRST_SERVICE)
    assert_quits(terminal)


@pytest.mark.parametrize(
    ("imports", "target", "key"),
    [
        pytest.param("import tui.connection", "tui.connection.Connection.open", "", id="in a worker"),
        *(
            pytest.param("import tui.app", f"tui.app.{target}", key, marks=pytest.mark.slow, id=when)
            for when, target, key in (
                ("before the terminal is taken", "TurnlabApp.__init__", ""),
                ("before the first paint", "ServicesScreen.compose", ""),
                ("after it", "report_first_paint", ""),
                ("at a key", "TurnlabApp.action_show_help", "?"),
            )
        ),
    ],
)
def test_an_unexpected_error_ends_in_one_sentence_without_values(
    start: Start, imports: str, target: str, key: str
) -> None:
    terminal = start(sys.executable, "-c", BREAKING.format(imports=imports, target=target))
    if key:
        terminal.see(FIRST_SERVICE)
        terminal.type(key)
    assert terminal.end() == 1
    assert SENTENCE.fullmatch(terminal.said), terminal.said
    assert "hunter2" not in terminal.drawn
    assert "+15550100" not in terminal.drawn
    terminal.assert_restored()


@pytest.mark.parametrize(
    "asked",
    [pytest.param(["--debug"], id="--debug"), pytest.param([], marks=pytest.mark.slow, id="TURNLAB_DEBUG")],
)
def test_debugging_shows_the_traceback_without_variables(start: Start, asked: list[str]) -> None:
    script = BREAKING.format(imports="import tui.app", target="tui.app.ServicesScreen.compose")
    terminal = start(sys.executable, "-c", script, *asked, **({} if asked else {"TURNLAB_DEBUG": "1"}))
    assert terminal.end() == 1
    assert "RuntimeError: hunter2" in terminal.said
    assert "+15550100" not in terminal.drawn
    terminal.assert_restored()
