"""``turnlab devices``: microphones and speakers, listed and tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from simulator.devices.portaudio import Device, Devices, Way, quiet_stderr, why_none
from simulator.devices.testing import listen, play_tone, round_trip
from simulator.errors import DeviceError
from simulator.session import devices_there
from tui.cli.failure import CallError, ReportedError, WorkError, complain
from tui.cli.tables import print_line, print_table
from tui.preferences import keep_round_trip

WAYS: dict[Way, str] = {"input": "Microphones", "output": "Speakers"}

SILENT_DB = -90.0
"""A microphone whose level never reaches this, dBFS, is silent: the last bit of 16 toggles at -90."""


def show_devices(input_name: str | None, output_name: str | None, *, testing: bool, as_json: bool) -> None:
    """List devices, or test the named ones or the system's defaults."""
    try:
        found = devices_there()
    except DeviceError as error:
        raise WorkError(str(error)) from None
    if not testing:
        if input_name or output_name:
            raise CallError("--input and --output say which devices to test; add --test")
        _show(found, as_json=as_json)
        return
    if not as_json and found.inputs:
        print_line("Listening for 2 s: say something.")
    tests = [
        _tested("input", lambda: _heard(found.find("input", input_name))),
        _tested("output", lambda: _played(found.find("output", output_name))),
    ]
    if all(test["ok"] for test in tests):
        tests.append(_tested("both", lambda: _measured_both(found, input_name, output_name)))
    if as_json:
        print(json.dumps({"tests": tests}))
    else:
        for test in tests:
            (print_line if test["ok"] else complain)(test["text"])
    if not all(test["ok"] for test in tests):
        raise ReportedError


def _show(found: Devices, *, as_json: bool) -> None:
    if as_json:
        listed = {f"{way}s": [device.to_json() for device in found.of(way)] for way in WAYS}
        print(json.dumps(listed))
        return
    headers = ["", "device", "through", "channels", "kHz"]
    for way, title in WAYS.items():
        devices = found.of(way)
        rows = [
            ["◉" if one.default else "", one.name, one.host, str(one.channels), f"{one.rate / 1000:g}"]
            for one in devices
        ]
        if rows:
            print_table(title, headers, rows, left=3)
        else:
            print_line(f"{title}: {why_none(way)}, or see whether the sound system runs")
    if found.inputs or found.outputs:
        print_line("◉ is the system's default. Test them: turnlab devices --test [--input NAME] [--output NAME]")


def _tested(way: Way | Literal["both"], test: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        with quiet_stderr():
            return {"way": way, "ok": True, **test()}
    except DeviceError as error:
        return {"way": way, "ok": False, "text": str(error)}


def _heard(device: Device) -> dict[str, Any]:
    heard = listen(device)
    how = f"{heard.rate / 1000:g} kHz, {heard.channels} channel(s), {heard.latency_ms:.0f} ms latency"
    level = f"peak {heard.peak_db:.0f} dBFS, mean {heard.rms_db:.0f} dBFS"
    remark = f", CLIPPED {heard.clipped} samples: turn it down" if heard.clipped else ""
    if heard.peak_db <= SILENT_DB:
        remark = ", SILENT: is it muted, by a switch of its own or by the system?"
    return {
        "device": device.name,
        "sample_rate": heard.rate,
        "channels": heard.channels,
        "seconds": round(heard.seconds, 3),
        "peak_db": round(heard.peak_db, 1),
        "rms_db": round(heard.rms_db, 1),
        "clipped": heard.clipped,
        "latency_ms": round(heard.latency_ms, 1),
        "text": f"microphone {device.name} ({how}): {level}{remark}",
    }


def _played(device: Device) -> dict[str, Any]:
    play_tone(device)
    return {"device": device.name, "text": f"speaker {device.name}: half a second of 440 Hz was played"}


def _measured_both(found: Devices, input_name: str | None, output_name: str | None) -> dict[str, Any]:
    """Measure the delay from the speaker to the microphone, and store it for Live's echo guards."""
    microphone, speaker = found.find("input", input_name), found.find("output", output_name)
    trip = round_trip(microphone, speaker)
    names = (microphone.name if input_name else "", speaker.name if output_name else "")
    if trip is None:
        text = "round trip: the microphone does not hear the speaker, so Live needs no echo guard: headphones"
        return {"round_trip_ms": None, "text": text}
    keep_round_trip(*names, trip.ms)
    text = (
        f"round trip: {trip.ms:.0f} ms from the speaker to the microphone, {trip.level_db:+.0f} dB; kept for Live, "
        "whose echo guard cancellation suits this"
    )
    return {"round_trip_ms": round(trip.ms, 1), "echo_db": round(trip.level_db, 1), "text": text}
