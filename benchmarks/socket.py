"""The agent on a socket: ``uv run python -m benchmarks.socket agree`` and ``... crowd``.

``agree [PRESET…] [--wire RATE[:mulaw]…]``: compares the events of ``turnlab agent`` with what
``turnlab call`` measures from the audio, turn by turn. It runs every preset over the bundled recordings, and over
seven calls in which the caller cuts in at different times; more than two minutes per preset and wire. At a rate
other than 16 kHz, the agent's resampling delay, its ``adds_ms``, is added to the agent's times.
``unhurried``, with the same options, does the same on a clock that waits for the work, so no machine is too slow.
``crowd`` measures sixteen calls at once: the blocks answered late as their callers saw them, and the CPU time of
the agent's process.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import product

from websockets.asyncio.client import connect

from base.samples import AUDIBLE_DB
from benchmarks.processes import cpu_with_children_s
from presets.library import builtin_presets
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import Activity
from simulator.engine.profile import default_profile
from simulator.engine.scenario import default_scenario
from simulator.labels.model import Anchor
from simulator.measures.readouts import Spread
from simulator.recording import Recording, bundled_folder, find_audio, open_recording
from simulator.socket.agent_call import ServedAgent
from simulator.socket.calling import CallTaken, call
from simulator.socket.dialing import CallOptions
from simulator.socket.messages import PLAIN, AudioOut, Wire
from simulator.socket.outside import measure_outside
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import voice_for
from tests.virtual_calls import by_turn, measure_inside, take_call
from tui.cli.config_option import read_arms

CLOSE_MS = 40
Heard = tuple[Recording, Activity]
LINES = 7
"""How many calls are measured at once."""

CUTS_IN_OVER_S = 1.3
"""The barge-ins begin between 1 s into an answer, when it is too long for a filler, and this much later."""

STAGGER_S = 0.37
"""The delay between callers, so that those with the same recording do not fall silent at the same time."""

CALLS = 16
CROWD_S = 60.0
BLOCK = 320
LATE_S = 0.04

_AGREED = ("first_sound_ms", "response_ms", "barge_in_stop_ms")


@contextmanager
def agent(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run ``turnlab agent`` in a separate process; yield its address and the process."""
    command = [sys.executable, "-m", "tui", "agent", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"], process
    finally:
        if process.poll() is not None and process.stderr is not None and not process.stderr.closed:
            print(f"the agent ended with {process.returncode}: {process.stderr.read()}", file=sys.stderr)
        process.terminate()
        process.wait()


Calls = Callable[[list[Heard]], Iterable[CallTaken]]
"""Calls an agent with one caller after another, or with all at once."""


def agree(
    presets: list[str], wires: list[Wire], calls_of: Callable[[str, Wire], AbstractContextManager[Calls]]
) -> None:
    """Compare inside and outside, preset by preset and wire by wire."""
    model = end_of_turn_model()
    callers = [open_recording(path) for path in find_audio([bundled_folder()])]
    for name, wire in product(presets or builtin_presets(), wires or [PLAIN]):
        print(f"\n{name}, {wire.encoding} at {wire.rate}: outside minus inside, ms")
        apart = Apart()
        with calls_of(name, wire) as calls:
            for group in (callers, list(_cutting_in(LINES))):
                heard = [(recording, cached_analysis(recording.source, model)) for recording in group]
                for (recording, activity), taken in zip(heard, calls(heard), strict=True):
                    _compare(recording, activity, taken, apart)
        for readout in _AGREED:
            values = apart.values[readout]
            spread = Spread.of(abs(value) for value in values)
            middle = Spread.of(values).p50
            verdict = "met" if spread.p95 is not None and spread.p95 <= CLOSE_MS else "MISSED"
            print(
                f"  {readout:<18} n {spread.n:>3}  p50 {middle}  |p95| {spread.p95}  |max| {spread.max}"
                f"  on one side only {apart.uneven[readout]}  (p95 within {CLOSE_MS}: {verdict})"
            )
        for readout in ("talk_over_s", "dead_air_s"):
            print(f"  {readout:<18} largest difference of a call {max(map(abs, apart.values[readout]))} ms")
        print(f"  sent at most {apart.late_ms:.0f} ms late", flush=True)


@contextmanager
def in_real_time(preset: str, wire: Wire) -> Iterator[Calls]:
    """Call ``turnlab agent``, with :data:`LINES` callers at once."""

    def called(heard: Heard, delay_s: float) -> CallTaken:
        time.sleep(delay_s)
        return call(CallOptions(url, wire=wire), *heard)

    with agent("--config", preset) as (url, _), ThreadPoolExecutor(LINES) as lines:
        yield lambda heard: lines.map(called, heard, [STAGGER_S * number for number in range(len(heard))])


@contextmanager
def unhurried(preset: str, wire: Wire) -> Iterator[Calls]:
    """Call the same agent in this process, one caller after another, on a clock that waits for the work."""
    voice = voice_for("hibari")
    (arm,) = read_arms([preset], allow_unknown=False)
    answering = ServedAgent(
        default_scenario(), default_profile(), arm.config, end_of_turn_model(), lambda: AgentRenderer(voice)
    )
    yield lambda heard: (take_call(answering, CallOptions("ws://agent", wire=wire), *one) for one in heard)


def _wire(name: str) -> Wire:
    rate, _, encoding = name.partition(":")
    return Wire(int(rate), encoding or "pcm16")


@dataclass
class Apart:
    """Outside minus inside by readout, ms; ``uneven`` counts values that only one side has."""

    values: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    uneven: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    late_ms: float = 0.0


def _cutting_in(count: int) -> Iterator[Recording]:
    """Yield the caller's recording with every move but the first cutting in, at a different time in each."""
    recording = open_recording(bundled_folder() / "interruptions.flac")
    labels = recording.labels
    assert labels is not None
    first, *rest = labels.moves
    for number in range(count):
        moves = [first]
        for index, move in enumerate(rest):
            into_s = 1.0 + (number * len(rest) + index) * 0.137 % CUTS_IN_OVER_S
            moves.append(move.model_copy(update={"anchor": Anchor(into_agent=into_s), "kind": "interruption"}))
        yield replace(
            recording,
            id=f"{recording.id}, cut in {number + 1}",
            labels=labels.model_copy(update={"moves": tuple(moves)}),
        )


def _compare(recording: Recording, activity: Activity, taken: CallTaken, apart: Apart) -> None:
    inside = measure_inside(recording, activity, taken)
    outside = measure_outside(taken, activity, recording.labels, AUDIBLE_DB, trust=True).measured
    adds_ms = round(sum(one.message["adds_ms"] for one in taken.received if one.message.get("type") == "started"))
    for readout in _AGREED:
        mine = by_turn(outside, readout)
        theirs = {turn: value + adds_ms for turn, value in by_turn(inside, readout).items()}
        apart.values[readout] += [mine[turn] - theirs[turn] for turn in mine.keys() & theirs.keys()]
        apart.uneven[readout] += len(mine.keys() ^ theirs.keys())
        for turn in sorted(mine.keys() | theirs.keys()):
            fields = f"{recording.id}, turn {turn}: {readout} outside {mine.get(turn)}, inside {theirs.get(turn)}"
            if turn not in mine or turn not in theirs or abs(mine[turn] - theirs[turn]) > CLOSE_MS:
                print(f"  {fields}")
    for readout in ("talk_over_s", "dead_air_s"):
        apart.values[readout].append(round(1000 * (outside.seconds[readout] - inside.seconds[readout])))
    apart.late_ms = max(apart.late_ms, taken.late_ms)


@dataclass
class Caller:
    """One of the crowd: what it says, and how late each of its blocks was answered, s."""

    pcm: bytes
    late_s: list[float] = field(default_factory=list)


def crowd() -> None:
    """Hold sixteen calls at once."""
    voices = [
        AudioOut(PLAIN).write(open_recording(path).source.samples()) for path in find_audio([bundled_folder()])
    ]
    crowd = [Caller(voices[number % len(voices)]) for number in range(CALLS)]
    with agent() as (url, process):
        before_s = cpu_with_children_s(process.pid)
        asyncio.run(_all(url, crowd))
        used_s = cpu_with_children_s(process.pid) - before_s
        process.terminate()
        assert process.stderr is not None
        reports = process.stderr.read().splitlines()
    late = sorted(value for caller in crowd for value in caller.late_s)
    print(f"{CALLS} calls of {CROWD_S:.0f} s at once, {len(late):,} blocks of 20 ms, as their callers saw them")
    print(
        f"  answered more than {1000 * LATE_S:.0f} ms after they were sent: {sum(value > LATE_S for value in late)}"
    )
    for share in (0.5, 0.99, 0.999):
        print(f"  p{100 * share:g} {1000 * late[int(share * (len(late) - 1))]:.1f} ms")
    print(f"  longest {1000 * late[-1]:.1f} ms")
    print(f"  agent: {100 * used_s / CROWD_S:.0f} % of one core, {os.cpu_count()} cores here")
    print("  as the agent reports it:", *reports, sep="\n    ")


async def _all(url: str, crowd: list[Caller]) -> None:
    async with asyncio.TaskGroup() as group:
        for number, caller in enumerate(crowd):
            group.create_task(_talk(url, caller, delay_s=STAGGER_S * number))


async def _talk(url: str, caller: Caller, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    loop = asyncio.get_running_loop()
    async with connect(url, compression=None) as line:
        sent_s: list[float] = []

        async def hear() -> None:
            samples = 0
            async for message in line:
                if isinstance(message, bytes):
                    samples += len(message) // 2
                    caller.late_s.append(loop.time() - sent_s[(samples - 1) // BLOCK])

        hearing = asyncio.create_task(hear())
        began_s = loop.time()
        for number in range(round(CROWD_S * 50)):
            await asyncio.sleep(began_s + number * 0.02 - loop.time())
            at = number * 2 * BLOCK % (len(caller.pcm) - 2 * BLOCK)
            sent_s.append(loop.time())
            await line.send(caller.pcm[at : at + 2 * BLOCK])
        await asyncio.sleep(0.5)
        hearing.cancel()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["agree" | "unhurried" as how, *rest]:
            at = rest.index("--wire") if "--wire" in rest else len(rest)
            agree(rest[:at], [_wire(one) for one in rest[at + 1 :]], in_real_time if how == "agree" else unhurried)
        case ["crowd"]:
            crowd()
        case _:
            sys.exit(__doc__)
