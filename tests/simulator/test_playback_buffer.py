"""What the speaker plays: over when the agent's sound is, silent at once when it is cut, never kept waiting."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from base.samples import Samples
from simulator.session.playback_buffer import PlaybackBuffer

VOICE = np.full(512, 0.1, np.float32)
SILENCE = np.zeros(512, np.float32)


def playback_buffer(rate: int = 16_000) -> PlaybackBuffer:
    made = PlaybackBuffer()
    made.opened(rate, 0.02)
    return made


def played(out: PlaybackBuffer, count: int) -> NDArray[np.float32]:
    block = np.ones((count, 1), np.float32)
    out.render(block, False)
    return block[:, 0]


def test_the_agent_is_over_with_its_sound_however_late_the_speaker_is() -> None:
    out = playback_buffer()
    for number in range(10):
        out.put(VOICE, more=number < 9)
    played(out, 512 * 9)
    for _ in range(20):  # silence comes before what is left has been played
        out.put(SILENCE, more=False)
        played(out, 512)
    assert not out.sounding
    assert out.underruns == 0


def test_a_pause_inside_the_agents_sound_is_kept() -> None:
    out = playback_buffer()
    for chunk, more in ((VOICE, True), (SILENCE, True), (VOICE, False)):
        out.put(chunk, more=more)
    assert np.array_equal(played(out, 1536), np.concatenate([VOICE, SILENCE, VOICE]))
    assert not out.sounding


def test_how_soon_it_was_silent_is_of_the_last_cut_only() -> None:
    out = playback_buffer()
    out.put(np.tile(VOICE, 10), more=True)
    out.cut(0.0)
    after = played(out, 160)
    assert after[0] > 0.05
    assert not after[64:].any()
    assert out.silence_ms is not None
    out.cut(0.0)  # nothing was being played
    assert out.silence_ms is None


def test_a_tone_is_played_over_whatever_else_is() -> None:
    out = playback_buffer()
    out.put(VOICE, more=False)
    out.play_tone()
    heard = played(out, 16_000)
    assert heard[:512].mean() == pytest.approx(0.1, abs=0.01)
    assert int(np.argmax(np.abs(np.fft.rfft(heard[512:])))) * 16_000 / (16_000 - 512) == pytest.approx(440, abs=2)
    assert not heard[8000:].any()


def test_the_speaker_does_not_wait_while_sound_is_resampled() -> None:
    out = playback_buffer(48_000)
    sound: Samples = np.zeros(16_000 * 300, np.float32)
    sound[-1] = 0.1
    filling = threading.Thread(target=lambda: out.put(sound, more=False))
    filling.start()
    served = 0
    while filling.is_alive():
        played(out, 480)
        served += 1
    assert served > 20
