"""Device tests: two seconds of a microphone, a tone on a speaker, and the round trip through both."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np

from base.samples import LARGEST_SAMPLE, QUIETEST_DB, Samples, decibels
from simulator.devices.portaudio import Device, quiet_stderr
from simulator.devices.streams import TONE_S, Block, open_input, open_output, tone
from simulator.errors import DeviceError

LISTEN_S = 2.0
_HEARD_OUT_S = 0.2


@dataclass(frozen=True, slots=True)
class MicrophoneTest:
    """What a microphone delivered: its length, its level (dBFS, at least -100), and the format it was opened in."""

    seconds: float
    peak_db: float
    rms_db: float
    clipped: int
    rate: int
    channels: int
    latency_ms: float


def listen(device: Device, seconds: float = LISTEN_S) -> MicrophoneTest:
    """Record from a microphone. Raises :class:`DeviceError`, also if it delivers nothing."""
    blocks: list[Block] = []
    with quiet_stderr():
        stream = open_input(device, lambda block, _lost: blocks.append(block.copy()))
        try:
            time.sleep(seconds)
        finally:
            stream.close()
    if not blocks:
        raise DeviceError(
            f"no audio from the device: the microphone {device.name!r} opens and delivers nothing; "
            "is it switched on, and not muted by the system?"
        )
    sound = np.concatenate(blocks)
    return MicrophoneTest(
        seconds=len(sound) / stream.rate,
        peak_db=float(decibels(float(np.max(np.abs(sound))) ** 2, QUIETEST_DB)),
        rms_db=float(decibels(np.mean(np.square(sound, dtype=np.float64)), QUIETEST_DB)),
        clipped=int(np.count_nonzero(np.abs(sound) >= LARGEST_SAMPLE)),
        rate=stream.rate,
        channels=stream.channels,
        latency_ms=1000 * stream.latency_s,
    )


def play_tone(device: Device) -> None:
    """Play half a second of a soft tone. Raises :class:`DeviceError`, also if the speaker takes nothing."""
    done = threading.Event()
    left: Samples | None = None

    def render(block: Block, _dry: bool) -> None:
        nonlocal left
        block[:] = 0.0
        if left is None:  # the speaker's rate is not known yet
            return
        block[: len(left)] = left[: len(block), None]
        left = left[len(block) :]
        if not len(left):
            done.set()

    with quiet_stderr():
        stream = open_output(device, render)
        # the last block is still to be played
        left = np.pad(tone(stream.rate), (0, round(stream.rate * _HEARD_OUT_S)))
        try:
            over = done.wait(TONE_S + 4.0)
        finally:
            stream.close()
    if not over:
        raise DeviceError(f"the speaker {device.name!r} opens and takes no sound; choose another one")


_SWEEP_S, _LONGEST_S, _SETTLE_S = 0.25, 1.5, 0.3
_LOWEST_HZ, _HIGHEST_HZ = 300.0, 3000.0
_CLEAR = 8.0
"""How far the sweep's peak must stand out, in root mean squares of the correlation: noise alone reaches 4 to 5."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The time from the speaker's buffer to the microphone's, ms, and the level at which sound returns, dB."""

    ms: float
    level_db: float


def round_trip(microphone: Device, speaker: Device) -> RoundTrip | None:
    """Play a short sweep and find it in the microphone's audio; ``None``: the microphone does not hear it.

    Raises :class:`DeviceError`.
    """
    heard: list[tuple[Block, float]] = []
    handed_s: list[float] = []
    left: Samples | None = None

    def render(block: Block, _dry: bool) -> None:
        nonlocal left
        block[:] = 0.0
        if left is None:
            return
        if not handed_s:
            handed_s.append(time.monotonic())
        block[: len(left)] = left[: len(block), None]
        left = left[len(block) :]

    with quiet_stderr():
        listening = open_input(microphone, lambda block, _lost: heard.append((block.copy(), time.monotonic())))
        try:
            playing = open_output(speaker, render)
            try:
                time.sleep(_SETTLE_S)
                left = sweep(playing.rate)
                time.sleep(_SWEEP_S + _LONGEST_S)
            finally:
                playing.close()
        finally:
            listening.close()
    if not handed_s or not heard:
        raise DeviceError(
            f"the round trip could not be measured: {speaker.name!r} or {microphone.name!r} opens and does nothing"
        )
    return found_in(heard, listening.rate, handed_s[0])


def sweep(rate: int) -> Samples:
    """Return a soft sweep of 0.25 s from 300 to 3000 Hz, float32 ``[n]`` at ``rate`` Hz."""
    t = np.arange(round(_SWEEP_S * rate)) / rate
    phase = 2 * np.pi * (_LOWEST_HZ * t + (_HIGHEST_HZ - _LOWEST_HZ) / (2 * _SWEEP_S) * t**2)
    return (0.3 * np.sin(phase) * np.hanning(len(t))).astype(np.float32)


def found_in(heard: list[tuple[Block, float]], rate: int, handed_s: float) -> RoundTrip | None:
    """Return the position of a sweep, handed over at ``handed_s``, in blocks with their delivery times (s)."""
    sound = np.concatenate([block for block, _ in heard]).mean(axis=1)
    # the last block's time dates all samples, because single blocks come early or late
    last_s = heard[-1][1]
    first = len(sound) - round((last_s - handed_s) * rate)
    window = sound[max(first, 0) :]
    played = sweep(rate)
    if len(window) <= len(played):
        return None
    size = len(window) + len(played)
    spectrum = np.fft.rfft(window, size) * np.conj(np.fft.rfft(played, size))
    match = np.abs(np.fft.irfft(spectrum, size))[: len(window) - len(played)]
    at = int(np.argmax(match))
    if not match[at] > _CLEAR * float(np.sqrt(np.mean(np.square(match)))):  # silence matches with 0
        return None
    gain = float(match[at]) / float(np.dot(played, played))
    return RoundTrip(1000 * (at + max(-first, 0)) / rate, float(decibels(gain**2, QUIETEST_DB)))
