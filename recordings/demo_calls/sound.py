"""The audio of a demo call, made when it is asked for, in the vendor's formats."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples, to_pcm16
from simulator.audio.g711 import LINE_RATE
from simulator.audio.source import AudioSource, open_audio
from simulator.echo.caller import AudioReader, room_tone
from simulator.recording import bundled_folder
from simulator.voice.voice import FADE_MS, BundledVoice


def both_sides(audio: Mapping[str, Any], duration_ms: int) -> tuple[bytes, bytes]:
    """Return the caller's side, µ-law at 8 kHz, and the agent's, 16-bit PCM at 16 kHz, both without a header."""
    caller = soxr.resample(_caller(audio, duration_ms), SAMPLE_RATE, LINE_RATE)
    coded = io.BytesIO()
    sf.write(coded, np.clip(caller, -1.0, 1.0), LINE_RATE, format="RAW", subtype="ULAW")
    return coded.getvalue(), to_pcm16(_agent(audio, duration_ms)).tobytes()


@lru_cache(maxsize=8)
def _source(recording: str) -> AudioSource:
    return open_audio(bundled_folder() / f"{recording}.flac")


def _caller(audio: Mapping[str, Any], duration_ms: int) -> Samples:
    """Return the moves of the recording where they were said, in its own room tone."""
    source = _source(audio["recording"])
    start_ms, end_ms = audio["tone"]
    heard = room_tone(source, [(start_ms, end_ms)]).take(range(duration_ms * SAMPLES_PER_MS), mode="wrap")
    reader = AudioReader(source)
    for start_ms, end_ms, shift_ms in audio["caller"]:
        at = (start_ms + shift_ms) * SAMPLES_PER_MS
        stretch = reader.read(start_ms * SAMPLES_PER_MS, (end_ms - start_ms) * SAMPLES_PER_MS)[: len(heard) - at]
        heard[at : at + len(stretch)] = stretch
    return heard


def _agent(audio: Mapping[str, Any], duration_ms: int) -> Samples:
    """Return what the agent says, piece by piece, each faded where it was cut off."""
    voice, heard = BundledVoice(), np.zeros(duration_ms * SAMPLES_PER_MS, np.float32)
    for start_ms, end_ms, planned_ms, words in audio["agent"]:
        clip = voice.spoken(tuple(words.split()), planned_ms - start_ms)
        if clip is None:
            continue
        clip = clip[: (end_ms - start_ms) * SAMPLES_PER_MS].copy()
        if end_ms < planned_ms:
            fade = min(FADE_MS * SAMPLES_PER_MS, len(clip))
            clip[len(clip) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        at = start_ms * SAMPLES_PER_MS
        clip = clip[: len(heard) - at]
        heard[at : at + len(clip)] += clip
    return heard
