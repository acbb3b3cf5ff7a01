"""``turnlab live``: a call through microphone and speaker without the dashboard.

Prints a line for each decision.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from simulator.devices.portaudio import Way
from simulator.engine.scenario import Scenario, default_scenario, read_scenario
from simulator.errors import DeviceError, SimulatorError
from simulator.session import (
    EchoGuard,
    Happened,
    LiveArm,
    Notice,
    Session,
    SessionMessage,
    SessionSettings,
    Snapshot,
    TurnLatency,
    devices_there,
    open_session,
)
from simulator.session.commands import Record, SwitchArm
from simulator.story import event_sentence
from simulator.voice.voice import VOICES
from tui.cli.config_option import read_arms
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.inputs import open_profile
from tui.cli.tables import print_line, print_table
from tui.preferences import kept_round_trip

SCHEMA = "turnlab.live/1"
_LOOK_S = 0.05

TIMEOUT_S = 2.0
"""After this time without a microphone, the command says that it waits."""


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """The command's options. ``seconds=None``: until stopped."""

    configs: list[str]
    allow_unknown: bool
    profile: str
    scenario: Path | None
    caller_first: bool
    silence_only: bool
    voice: str | None
    input: str | None
    output: str | None
    speaker: bool
    guard: EchoGuard
    threshold_db: float | None
    record: bool
    seconds: float | None


def live(request: LiveRequest, *, as_json: bool) -> None:
    """Talk until stopped. Raises :class:`CallError`, or :class:`WorkError` if no microphone is available."""
    settings = _settings(request)
    session = open_session(settings)
    session.start()
    fault = ""
    try:
        with _until_stopped() as stopped:
            if _wait_for_microphone(session, stopped):
                _begin(session, settings, record=request.record, as_json=as_json)
                fault = _follow(session, stopped, request.seconds, as_json=as_json)
    finally:
        session.stop()
    _tell(session.take(), as_json=as_json)
    if fault:
        raise WorkError(fault)
    _sum_up(session.snapshot(), as_json=as_json)


def _wait_for_microphone(session: Session, stopped: threading.Event) -> bool:
    """Return ``True`` once there is a microphone. ``False`` if the call was stopped first.

    Reports what it waits for.
    """
    began_s, said = time.monotonic(), ""
    while not stopped.wait(_LOOK_S):
        shown = session.snapshot()
        if shown.input:
            return True
        if shown.phase == "failed":
            raise WorkError(shown.standing)
        waiting = shown.standing
        if not waiting and not said and time.monotonic() - began_s > TIMEOUT_S:
            waiting = "waiting for the sound system, which has not answered yet; ctrl+c gives up"
        if waiting and waiting != said:
            complain(said := waiting)
    return False


def _begin(session: Session, settings: SessionSettings, *, record: bool, as_json: bool) -> None:
    names = [arm.name for arm in settings.arms]
    if as_json:
        _print_json({"type": "live", "schema": SCHEMA, "arms": names, "echo_guard": settings.echo_guard.value})
    else:
        others = f"; type {' or '.join(names[1:])} and enter to talk to another" if len(names) > 1 else ""
        print_line(f"Talking to {names[0]} until you press ctrl+c{others}.")
    if record:
        session.send(Record(True))
    _listen_for_names(session, names)


def _settings(request: LiveRequest) -> SessionSettings:
    arms = read_arms(request.configs, allow_unknown=request.allow_unknown)
    if request.voice not in (None, *VOICES):
        raise CallError(f"--voice: {request.voice!r} is not one of {', '.join(VOICES)}")
    microphone, speaker = _named("input", request.input), _named("output", request.output)
    try:
        scenario: Scenario = (
            read_scenario(request.scenario)
            if request.scenario
            else default_scenario(greeting=not request.caller_first)
        )
    except SimulatorError as error:
        raise CallError(f"--scenario {error}") from None
    return SessionSettings(
        arms=tuple(LiveArm(arm.name, arm.resolved) for arm in arms),
        input=microphone,
        output=speaker,
        speaker=request.speaker,
        profile=open_profile(request.profile),
        scenario=scenario,
        echo_guard=request.guard,
        echo_threshold_db=request.threshold_db,
        round_trip_ms=kept_round_trip(microphone or "", speaker or ""),
        voice=request.voice,
        silence_only=request.silence_only,
    )


def _named(way: Way, part: str | None) -> str | None:
    """Return a device's full name from a part of it. ``None``: the system's default."""
    if part is None:
        return None
    try:
        return devices_there().find(way, part).name
    except DeviceError as error:
        raise WorkError(str(error)) from None


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Set an event on ctrl+c and SIGTERM, so that a recording is finished before the end."""
    stopped = threading.Event()
    before = {one: signal.signal(one, lambda *_: stopped.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _listen_for_names(session: Session, names: list[str]) -> None:
    """Switch arms by lines of standard input, if there are several arms."""
    if len(names) < 2 or sys.stdin is None:
        return

    def read() -> None:
        for line in sys.stdin:
            if line.strip():
                session.send(SwitchArm(line.strip()))

    threading.Thread(target=read, name="turnlab arms", daemon=True).start()


def _follow(session: Session, stopped: threading.Event, seconds: float | None, *, as_json: bool) -> str:
    """Print events. Returns why the session ended by itself, or ""."""
    while not stopped.wait(_LOOK_S):
        shown, messages = session.snapshot(), session.take()
        faults = [one for one in messages if isinstance(one, Notice) and one.kind == "fault"]
        _tell([one for one in messages if as_json or one not in faults], as_json=as_json)
        if faults:
            return faults[-1].text
        if seconds is not None and shown.now_ms >= 1000 * seconds:
            return ""
    return ""


def _tell(messages: list[SessionMessage], *, as_json: bool) -> None:
    for one in messages:
        if as_json:
            _print_json(one.to_json())
        elif isinstance(one, Happened):
            if text := event_sentence(one.event):
                print_line(f"{_clock(one.t_ms)}  {one.arm}  {text}")
        else:
            complain(f"{_clock(one.t_ms)}  {one.text}")


def _clock(t_ms: int) -> str:
    return f"{t_ms // 60_000}:{t_ms % 60_000 / 1000:04.1f}"


_FIGURES = {"end_of_turn_ms": "end of turn", "first_sound_ms": "first sound", "response_ms": "response"}


def _sum_up(shown: Snapshot, *, as_json: bool) -> None:
    """Print the agent's latencies, by arm, over the last 50 turns."""
    arms = list(dict.fromkeys(turn.arm for turn in shown.latencies))
    if as_json:
        summary = {arm: {name: _middle(shown.latencies, arm, name) for name in _FIGURES} for arm in arms}
        _print_json({"type": "summary", "seconds": round(shown.now_ms / 1000, 3), "median_ms": summary})
        return
    if not arms:
        print_line("No turn was answered.")
        return
    rows = [
        [arm, str(sum(turn.arm == arm for turn in shown.latencies)), *map(str, _row(shown.latencies, arm))]
        for arm in arms
    ]
    print_table("Medians from the detected end of speech, ms", ["arm", "turns", *_FIGURES.values()], rows, left=1)


def _row(turns: tuple[TurnLatency, ...], arm: str) -> list[object]:
    found = (_middle(turns, arm, name) for name in _FIGURES)
    return ["–" if one is None else one for one in found]


def _middle(turns: tuple[TurnLatency, ...], arm: str, name: str) -> int | None:
    values = [value for turn in turns if turn.arm == arm and (value := getattr(turn, name)) is not None]
    return round(median(values)) if values else None


def _print_json(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)
