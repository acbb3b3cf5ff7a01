"""The process of a session: it ends properly, whatever happens to its parent."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.child_process import command
from simulator.session import RemoteSession, SessionSettings, open_session, remote_session
from tests.simulator.live_calls import ARM
from tests.virtual_audio import TIMEOUT_S, VirtualAudio, missing, wait_for

SETTINGS = SessionSettings(arms=(ARM,), voice="silent", silence_only=True, speaker=False)


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TURNLAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")


@pytest.fixture
def session() -> Iterator[RemoteSession]:
    opened = open_session(SETTINGS)
    opened.start()
    wait_for(lambda: opened.snapshot().config, "the session")
    yield opened
    opened.stop()


def test_a_session_ends_in_order_where_its_other_end_dies_in_the_middle_of_an_order() -> None:
    child = begun()
    assert child.stdin is not None
    assert child.stdout is not None
    order = pickle.dumps(("use_arms", ((ARM,),), {}))
    child.stdin.write(pickle.dumps(SETTINGS) + order[: len(order) // 2])
    child.stdin.close()
    last = None
    with suppress(EOFError), child.stdout:
        while True:
            last, _ = pickle.load(child.stdout)
    assert last
    assert last.phase == "stopped"
    assert child.wait() == 0


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_session_ends_where_the_sound_system_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = VirtualAudio()
    audio.use(monkeypatch)
    audio.start()
    child = begun()
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(pickle.dumps(replace(SETTINGS, speaker=True)))
        child.stdin.flush()
        wait_for(lambda: pickle.load(child.stdout)[0].now_ms > 500, "audio")  # type: ignore[arg-type]
        audio.hang()
        child.stdin.close()
        child.stdout.read()
        assert child.wait(TIMEOUT_S) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        audio.stop()


def begun() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator.session.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


@pytest.mark.slow
def test_signals_to_the_terminals_programs_do_not_reach_a_session(session: RemoteSession) -> None:
    assert session.process_id is not None
    assert os.getpgid(session.process_id) != os.getpgid(0)


@pytest.mark.slow
def test_a_session_that_hangs_is_stopped_all_the_same(
    session: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_session, "TIMEOUT_S", 0.5)
    assert session.process_id is not None
    os.kill(session.process_id, signal.SIGSTOP)
    session.stop()
    assert session.snapshot().phase == "stopped"
    assert session.snapshot().recording is None


def test_modules_in_the_working_folder_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "simulator.py").write_text("raise SystemExit(3)\n")
    done = subprocess.run(command("simulator.child_process"), cwd=tmp_path, timeout=60)
    assert done.returncode == 0
