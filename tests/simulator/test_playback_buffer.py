"""The speaker's audio: finished with the agent's, silent at once after a cut, never waiting."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.devices.playback_buffer import PlaybackBuffer

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


def test_the_agent_is_finished_on_time_with_a_late_speaker() -> None:
    out = playback_buffer()
    for number in range(10):
        out.put(VOICE, more=number < 9)
    played(out, 512 * 9)
    for _ in range(20):  # silence comes before the rest has been played
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


def test_time_to_silence_is_that_of_the_last_cut() -> None:
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


def test_a_cut_is_heard_at_once_at_the_speakers_own_rate() -> None:
    out = playback_buffer(48_000)
    out.put(np.tile(VOICE, 10), more=True)
    assert played(out, 480)[-1] == pytest.approx(0.1, abs=0.01)
    out.cut(0.0)
    after = played(out, 960)
    assert after[0] > 0.05  # no click
    assert not after[48 * 4 :].any()  # nothing left from the resampler
    played(out, 480)
    assert not out.sounding
    assert out.silence_ms is not None


def test_audio_written_at_a_position_replaces_queued_audio() -> None:
    out = playback_buffer()
    out.lay(0, VOICE)
    out.lay(256, -VOICE)
    assert np.array_equal(played(out, 1000), np.concatenate([VOICE[:256], -VOICE, np.zeros(232, np.float32)]))
    out.lay(700, VOICE)  # 68 samples of it are late
    assert np.array_equal(played(out, 512), np.concatenate([VOICE[68:], np.zeros(68, np.float32)]))
    assert out.played == 1212
