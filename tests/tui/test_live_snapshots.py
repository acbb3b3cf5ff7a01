"""How Live looks. Accept a change with ``pytest --snapshot-update`` after looking at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from services.embedded import open_embedded
from simulator.devices import DeviceError, Devices
from simulator.engine.events import (
    BargeIn,
    EndOfTurn,
    ResponseEnded,
    ResponseStarted,
    SpeechEnded,
    SpeechStarted,
)
from simulator.engine.why import Why
from simulator.session.state import (
    Counters,
    Happened,
    Level,
    Notice,
    OpenedDevice,
    RecordingState,
    SessionMessage,
    Snapshot,
    TurnLatency,
)
from tests.tui.conftest import CompareSizes, make_app
from tests.tui.live_support import StillCall
from tests.tui.pace import until
from tui.live.screen import LiveScreen

Compare = Callable[..., bool]


def no_device() -> str:
    """Return the message without a device."""
    with pytest.raises(DeviceError) as raised:
        Devices((), ()).find("input", None)
    return str(raised.value)


def talking() -> tuple[Snapshot, list[SessionMessage]]:
    """Return a moment of a call: a pause in the second turn, with push to talk, a recording, and clipping."""
    end = Why("timeout", {"timeout_ms": 5000.0, "confidence": 0.41})
    response = Why("response", {"ready_s": 8.25, "waited": ""})
    speech, over = (
        Why("speech", {"start_probability": 0.5, "frames": 2}),
        Why("barge_in", {"spoken_s": 0.8, "needed_s": 0.8, "held": ""}),
    )
    spoken = (
        SpeechStarted(4064, 0, speech, start_ms=4000, span=0),
        SpeechEnded(6400, 0, speech, end_ms=6200, span=0, completeness=0.3),
    )
    broken_into = (
        SpeechStarted(8864, 1, speech, start_ms=8800, span=1),
        BargeIn(
            9664,
            1,
            over,
            span=1,
            speech_start_ms=8800,
            stops_ms=9724,
            interrupted_text="Good morning, how",
            discarded_texts=(),
            discarded=None,
        ),
        ResponseEnded(9724, 0, response, interrupted=True, generation=0),
        SpeechEnded(14_990, 1, speech, end_ms=14_790, span=1, completeness=0.3),
    )
    told: list[SessionMessage] = [
        Notice("device", 0, "microphone headset (resampled, it runs at 48 kHz)"),
        Notice("gap", 1200, "the microphone was away for about 2.4 s; the call's clock stood still meanwhile"),
        *(Happened(event, "A") for event in spoken),
        Happened(
            EndOfTurn(
                7412,
                0,
                end,
                reason="timeout",
                onset_ms=4000,
                confidence=0.41,
                speech_end_ms=6200,
                span=0,
                generation=0,
                head_start_ms=0,
            ),
            "A",
        ),
        Happened(
            ResponseStarted(
                8250,
                0,
                response,
                generation=0,
                text="Good morning, how can I help you?",
                until_ms=10_000,
                choppy=False,
                filler_overhang_ms=0,
            ),
            "A",
        ),
        Notice("setting", 9000, "eot_timeout_ms 5000 → 5100"),
        Notice("setting", 9032, "eot_timeout_ms 5100 → 5200"),
        *(Happened(event, "A") for event in broken_into),
    ]
    shown = Snapshot(
        phase="running",
        now_ms=15_200,
        level=Level(-0.1, -9.5, 37, clipping=True),
        voice_probability=0.12,
        turn_state="pause",
        turn_confidence=0.61,
        threshold=0.7,
        eager_threshold=0.5,
        agent_text="Good morning, how can I help you?",
        latencies=(TurnLatency(0, "A", 1212, 1580, 2050), TurnLatency(1, "A", 640, 702, 1093)),
        last_barge_in_silence_ms=34.0,
        counters=Counters(drops=1, dropped_samples=512, underruns=2),
        input=OpenedDevice("headset", 48_000, 1, 12.0, "resampled, it runs at 48 kHz"),
        output=OpenedDevice("headset", 48_000, 2, 45.0),
        arm="B",
        arms=("A", "B"),
        push_to_talk=True,
        talking=True,
        recording=RecordingState("/home/me/recordings/live-20261122-101500.flac", 12.3),
        voice="bundled clips",
        end_of_turn_model="smart-turn v3.2",
    )
    return shown, told


def pictured(
    workspace_file: Path, shown: Snapshot, told: list[SessionMessage], *keys: str
) -> tuple[object, Callable[[Pilot[None]], object]]:
    """Return an app with a constant call, and the function that opens it."""
    app = make_app(lambda: open_embedded(workspace_file), open_call=lambda _: StillCall(shown, list(told)))

    async def open_live(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen) and app.screen.call.shown == shown, "Live")
        await until(pilot, lambda: app.client is not None and app.status.workspace is not None, "a connection")
        await pilot.press(*keys)
        await pilot.pause()

    return app, open_live


def test_no_device(snap_compare: Compare, workspace_file: Path) -> None:
    shown = Snapshot(phase="failed", standing=no_device(), arm="A", arms=("A", "B"), voice="bundled clips")
    app, open_live = pictured(workspace_file, shown, [Notice("device", 0, no_device())])
    assert snap_compare(app, terminal_size=(80, 24), run_before=open_live)


async def test_talking(snap_sizes: CompareSizes, workspace_file: Path) -> None:
    app, open_live = pictured(workspace_file, *talking(), "t")
    await snap_sizes(app, [(120, 40), (200, 60)], open_live)


@pytest.mark.slow
@pytest.mark.parametrize("keys", [pytest.param(("tab",), id="settings"), pytest.param(("tab", "tab"), id="log")])
def test_being_unheard_is_in_view_in_every_pane(
    snap_compare: Compare, workspace_file: Path, keys: tuple[str, ...]
) -> None:
    app, open_live = pictured(workspace_file, *talking(), "m", "t", *keys)
    assert snap_compare(app, terminal_size=(80, 24), run_before=open_live)
