"""The audio of the agent's planned speech: exactly as long as planned, and cut where it is stopped."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from base.samples import AUDIBLE_DB, SPEECH_DB, Samples
from simulator.engine.sound import AgentSound, Piece, filler_sound
from simulator.errors import VoiceError
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.hibari import VOICE_CLIPS, HibariVoice
from simulator.voice.voice import BundledVoice, SilentVoice, Voice, voice_for

TEXTS = [
    ("Mm", 280),
    ("Let me check on that", 1240),
    ("Thank you, Maria, I just need one more thing to find your record.", 4030),
    ("May I have", 620),
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path))


def heard(sound: Samples) -> np.ndarray:
    """Return which milliseconds of a sound are audible, by level."""
    level = np.sqrt(np.mean(np.square(sound[: len(sound) // 80 * 80].reshape(-1, 80), dtype=np.float64), axis=1))
    return np.flatnonzero(np.repeat(20 * np.log10(np.maximum(level, 1e-9)) >= AUDIBLE_DB, 5))


@pytest.mark.parametrize(
    "voice", [pytest.param(HibariVoice(), marks=pytest.mark.slow), BundledVoice(), BundledVoice(telephone=True)]
)
def test_a_voice_is_heard_from_the_first_to_the_last_millisecond_it_was_given(voice: Voice) -> None:
    for text, duration_ms in [*TEXTS, ("Fast now, please", 240), ("Slow", 2000), ("Ω ≠ 一", 400), ("", 500)]:
        clip = voice.spoken(tuple(text.split()), duration_ms)
        assert clip is not None
        assert clip.shape == (duration_ms * 16,)
        assert clip.dtype == np.float32
        found = heard(clip)
        assert found[0] < 10, text
        assert found[-1] >= duration_ms - 10, text
        assert np.diff(found).max() <= 130, f"{text}: a pause as long as a silence of the agent's"
        assert np.abs(clip).max() <= 1.0
        loud = np.square(clip, dtype=np.float64)
        assert 10 * np.log10(loud.mean()) == pytest.approx(SPEECH_DB, abs=4.0), text
        again = voice.spoken(tuple(text.split()), duration_ms)
        assert again is not None
        assert np.array_equal(clip, again), "the same words sound the same"


@pytest.mark.slow
def test_clips_are_kept_for_their_owner_alone_and_a_broken_one_is_made_again() -> None:
    voice = HibariVoice()

    def okay(voice: Voice) -> list[float] | None:
        clip = voice.spoken(("Okay",), 400)
        return None if clip is None else clip.tolist()

    clip = okay(voice)
    (entry,) = VOICE_CLIPS.folder.iterdir()
    assert entry.stat().st_mode & 0o777 == 0o600
    assert okay(HibariVoice()) == clip
    entry.write_bytes(b"half")
    assert okay(voice) == clip
    voice.spoken(("Okay",), 500)
    assert VOICE_CLIPS.kept().entries == 2


def test_the_best_available_voice_and_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert voice_for().name == "hibari"
    assert voice_for("clips").name == "bundled clips"
    assert voice_for("silent").spoken(("Hello",), 400) is None
    with pytest.raises(VoiceError, match="unknown voice 'alto'; choose hibari, clips or silent"):
        voice_for("alto")
    monkeypatch.setattr("simulator.voice.voice._installed", lambda _: False)
    assert voice_for().name == "bundled clips"
    with pytest.raises(VoiceError, match="install turnlab"):
        voice_for("hibari")


def response() -> AgentSound:
    """An answer in two pieces, the second late by 130 ms."""
    first, second = ("Of", "course,", "I", "can", "help."), ("May", "I", "have", "your", "name?")
    pieces = [Piece(1013, 2377, first, 1000), Piece(2507, 3809, second, 2507)]
    return AgentSound("response", pieces, 0, 0, sentences=(first, second))


def render(
    renderer: AgentRenderer, sound: AgentSound, until: int, step: int, stop: tuple[int, int] | None = None
) -> Samples:
    """Render a sound that is planned a frame before it begins.

    ``stop``: the time of a stop, and when it is known.
    """
    windows = []
    for start in range(0, until, step):
        if stop and start >= stop[0] * 16 and not sound.stopped:
            sound.stop(stop[1])
        noted = sound if sound.start_ms * 16 < start + 512 and start < sound.end_ms * 16 else None
        windows.append(renderer.render(noted, start, min(step, until - start)))
    return np.concatenate(windows)


def test_the_agents_audio_starts_and_stops_on_the_sample_for_any_window() -> None:
    voice = BundledVoice()
    whole = render(AgentRenderer(voice), response(), 4 * 16_000, 512)
    for step in (100, 160, 16_000):
        assert np.array_equal(render(AgentRenderer(voice), response(), 4 * 16_000, step), whole)
    spoken = np.flatnonzero(whole)
    assert not whole[: 1013 * 16].any()
    assert spoken[0] <= 1013 * 16 + 32
    assert not whole[2377 * 16 : 2507 * 16].any(), "an underrun is silence"
    assert 3809 * 16 - 32 <= spoken[-1] < 3809 * 16
    stopped = render(AgentRenderer(voice), response(), 4 * 16_000, 512, stop=(2900, 2987))
    assert np.array_equal(stopped[: 2983 * 16], whole[: 2983 * 16])
    assert heard(stopped)[-1] >= 2977
    assert not stopped[2987 * 16 :].any()
    assert np.all(np.abs(stopped[2983 * 16 : 2987 * 16]) <= np.abs(whole[2983 * 16 : 2987 * 16]))
    assert np.abs(stopped[2987 * 16 - 1]) < 0.01, "it fades out, without a click"


def test_a_filler_and_the_answer_that_follows_at_once_are_both_heard_in_one_window() -> None:
    renderer = AgentRenderer(BundledVoice())
    filler, answer = (
        filler_sound("Okay", 20, 480, 0, 0),
        AgentSound("response", [Piece(500, 900, ("Yes",), 0)], 0, 0),
    )
    renderer.render(filler, 0, 480 * 16)
    window = renderer.render(answer, 480 * 16, 512)
    assert heard(window)[0] < 5
    assert np.abs(window[: 15 * 16]).max() > 0.001
    assert np.abs(window[22 * 16 :]).max() > 0.001


class SlowVoice:
    """A voice that speaks only when allowed."""

    name = "slow"
    instant = False

    def __init__(self) -> None:
        self.let = threading.Event()
        self.fails = False

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        assert self.let.wait(30)
        if self.fails and words:
            raise OSError("the model's file is damaged")
        return np.full(duration_ms * 16, 0.5, np.float32)


def test_a_slow_voice_never_delays_the_call_and_each_sentence_has_one_voice() -> None:
    voice, sound = SlowVoice(), filler_sound("One moment, please", 32, 600, 0, 0)
    expected = BundledVoice().spoken(("One", "moment,", "please"), 600)
    assert expected is not None
    with ThreadPoolExecutor(1) as executor:
        renderer = AgentRenderer(voice, executor)
        first = renderer.render(sound, 0, 64 * 16)
        voice.let.set()
        executor.submit(int).result(30)
        rest = renderer.render(sound, 64 * 16, 600 * 16)
        assert np.array_equal(np.concatenate([first, rest])[32 * 16 : 632 * 16], expected)
        later = filler_sound("One moment, please", 1000, 600, 0, 0)
        assert np.all(renderer.render(later, 1000 * 16, 600 * 16) == 0.5), "made by now"
        voice.fails = True
        renderer.prepare_words([(("Oh",), 300)])
        executor.submit(int).result(30)
        assert heard(renderer.render(filler_sound("Oh", 2000, 300, 0, 0), 2000 * 16, 300 * 16))[-1] >= 290
        assert renderer.trouble == "the voice slow failed (the model's file is damaged); bundled clips replace it"


def test_outdated_clips_are_not_synthesised() -> None:
    voice, made = SlowVoice(), []
    spoken = voice.spoken

    def note(words: tuple[str, ...], duration_ms: int) -> Samples | None:
        made.append(words)
        return spoken(words, duration_ms)

    voice.spoken = note  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as executor:
        renderer = AgentRenderer(voice, executor)
        for number in range(100):  # as during a drag of a setting that lengthens every filler
            renderer.prepare_words([(("Mm",), 10_000 + number)])
        voice.let.set()
    assert len(made) <= 31


def test_a_silent_voice_is_silent() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert not AgentRenderer(SilentVoice(), executor).render(filler_sound("Oh", 0, 300, 0, 0), 0, 4800).any()
