"""Wrong command lines of ``turnlab agent`` and ``turnlab call``: one line that says what to do."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab
from tests.simulator.test_socket_calling import agent
from tests.simulator.test_socket_outside import labels, measured, taken
from tui.cli.call import OneCall, print_several, shown_agents

BOOKING = str(bundled_folder() / "booking.flac")
NOWHERE = "ws://127.0.0.1:9"


@pytest.mark.parametrize(
    ("arguments", "code", "remedy"),
    [
        (["agent", "--host", "0.0.0.0"], 2, "omit --host"),  # noqa: S104
        (["agent", "--host", "0.0.0.0", "--allow-remote"], 2, "--token"),  # noqa: S104
        (["agent", "--token", "short"], 2, "at least 16"),
        (["agent", "--scenario", "nope.json"], 2, "nope.json"),
        (["agent", "--config", '{"eot_timeout_ms": -1}'], 2, "eot_timeout_ms"),
        (["agent", "--voice", "tenor"], 2, "clips"),
        (["call", "http://127.0.0.1:9", BOOKING], 2, "ws://"),
        (["call", NOWHERE, "nope.flac"], 2, "check the path"),
        (["call", NOWHERE, str(bundled_folder())], 1, "is the agent running"),
        (["call", NOWHERE, NOWHERE, BOOKING, "--save", "call.flac"], 2, "--save keeps one call"),
        (["call", NOWHERE], 2, "and a recording"),
        (["call", NOWHERE, BOOKING, "--sample-rate", "11025"], 2, "48000"),
        (["call", NOWHERE, BOOKING, "--save", "call.wav"], 2, ".flac"),
        (["call", NOWHERE, BOOKING, "--save", "there.flac"], 2, "another name"),
        (["call", NOWHERE, BOOKING], 1, "nothing listens there; is the agent running"),
        (["call", "ws://[bad", BOOKING], 2, "not a WebSocket address"),
        (["call", "ws://127.0.0.1:99999", BOOKING], 2, "not a WebSocket address"),
        (["call", f"ws://{'a' * 80}", BOOKING], 2, "not a WebSocket address"),
        (["call", NOWHERE, BOOKING, "--token", "half\na secret"], 1, "printable"),
    ],
)
def test_a_wrong_command_line_gets_one_line(
    turnlab: Turnlab, tmp_path: Path, arguments: list[str], code: int, remedy: str
) -> None:
    (tmp_path / "there.flac").touch()
    assert remedy in turnlab(*arguments, cwd=tmp_path).one_line(code)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://me:hush@127.0.0.1:9/talk?key=hush", 1),
        ("ws://me:hush@127.0.0.1:99999/talk#hush", 2),
        ("https://me:hush@127.0.0.1:9/talk?key=hush", 2),
    ],
)
def test_secrets_in_an_address_are_not_repeated(turnlab: Turnlab, url: str, code: int) -> None:
    told = turnlab("call", url, BOOKING, "--token", "hush").one_line(code)
    assert "//127.0.0.1:9" in told
    assert "/talk" in told
    assert "hush" not in told


def test_agents_at_one_address_have_names_of_their_own() -> None:
    urls = [f"ws://127.0.0.1:9/talk?build={build}" for build in "abc"]
    shown = "ws://127.0.0.1:9/talk"
    assert shown_agents(urls) == [shown, f"{shown} (2)", f"{shown} (3)"]


def test_more_agents_than_letters_are_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    agents = shown_agents([NOWHERE] * 27)
    heard = measured(taken((2500, 2800)), labels((1.0, 2.0)))
    print_several(agents, [OneCall(agent, "booking", heard, 0.0) for agent in agents], as_json=False)
    assert f"27 {NOWHERE} (27)" in " ".join(capsys.readouterr().out.split())


async def _wants_a_token(line: ServerConnection) -> None:
    raise AssertionError("it is not let in")


def _refused(line: ServerConnection, _request: Request) -> Response:
    return line.respond(HTTPStatus.UNAUTHORIZED, "no key\n")


async def _says_next_to_nothing(line: ServerConnection) -> None:
    await line.send(b"\1\0\0")
    await line.send('{"greeting": "hello"}')
    await line.wait_closed()


def test_an_agent_that_refuses_is_quoted(turnlab: Turnlab) -> None:
    with agent(_wants_a_token, _refused) as url:
        told = turnlab("call", url, BOOKING).one_line(1)
    assert "answers with HTTP 401: no key; give its token as --token" in told


@pytest.mark.slow
def test_a_silent_agent_is_an_error(turnlab: Turnlab, tmp_path: Path) -> None:
    sf.write(tmp_path / "caller.wav", np.zeros(8000), 16_000)
    with agent(_says_next_to_nothing) as url:
        told = turnlab("call", url, tmp_path / "caller.wav", "--rigid")
    assert (told.code, told.out) == (1, "")
    assert (
        'nothing was heard of the agent at -45 dBFS; the agent\'s last message: {"greeting": "hello"}' in told.err
    )
