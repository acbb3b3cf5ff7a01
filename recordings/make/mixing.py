"""Lays a scene out in time and mixes it: what is heard when, then the sound itself.

Positions are samples at 16 kHz, always whole milliseconds; audio is mono float64 until `rendered`.
"""

import io
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from recordings.make.audio import MS, RATE, Audio, at_level, level_db, phone_band
from recordings.make.script import Backchannel, Channel, Interruption, Noise, Scene, Turn
from recordings.make.sounds import BEDS, SOUNDS, room_tone
from recordings.make.voices import SPEECH_PEAK, Clip, sounding, speak

Anchor = Literal["at", "after_agent", "into_agent"]

FIRST_SOUND_S = 1.0
GREETING_S = 0.15
"""When a greeting begins: its words are ready, so it comes as soon as speech synthesis is."""
MARGIN_BEFORE_S = 0.10
MARGIN_AFTER_S = 0.35
NOISE_THRESHOLD_DB = -50.0
PHONE_RATE = 8_000


@dataclass(frozen=True, slots=True)
class Placed:
    """One move where it lies in the file: the sound at `start`, in samples, and how elastic replay anchors it."""

    move: Turn | Interruption | Backchannel | Noise
    clip: Clip
    start: int
    anchor: Anchor
    delay: int

    @property
    def end(self) -> int:
        """The sample after the last sound."""
        return self.start + self.clip.samples.size

    @property
    def stretch(self) -> tuple[int, int]:
        """The move with the room tone it takes along, in samples."""
        return self.start - _samples(MARGIN_BEFORE_S), self.end + _samples(MARGIN_AFTER_S)


@dataclass(slots=True)
class Layout:
    """A scene in time, in samples: the moves, the windows an agent would talk in, single sounds, and the length."""

    scene: Scene
    placed: list[Placed] = field(default_factory=list)
    agent: list[tuple[int, int]] = field(default_factory=list)
    noises: list[tuple[int, int, str]] = field(default_factory=list)
    breaths: list[tuple[int, Audio]] = field(default_factory=list)
    length: int = 0


def laid_out(scene: Scene) -> Layout:
    """Give every move its place: the agent answers in the gaps, and is spoken over where the script says so."""
    layout = Layout(scene)
    timing = np.random.default_rng([scene.seed, 1])
    margin = _samples(MARGIN_BEFORE_S)
    opened: int | None = None  # start of an agent window that something was said over
    free, over_end = 0, 0
    for index, move in enumerate(scene.moves):
        clip = _clip(scene, index)
        if index == 0 and scene.greeting is None:
            start = _samples(FIRST_SOUND_S)
            layout.placed.append(Placed(move, clip, start, "at", start - margin))
        elif isinstance(move, Turn):
            begin = opened if opened is not None else _answer_at(index, free, timing)
            length = _samples(_reply_s(scene, index))
            end = max(begin + length, over_end + _samples(0.7)) if opened is not None else begin + length
            layout.agent.append((begin, end))
            start, opened = end + _samples(move.after_s) + margin, None
            layout.placed.append(Placed(move, clip, start, "after_agent", _samples(move.after_s)))
        else:
            if opened is not None:
                raise ValueError(f"{scene.id}: one sound over each agent response, not two")
            opened = _answer_at(index, free, timing)
            start = opened + _samples(move.into_s) + margin
            layout.placed.append(Placed(move, clip, start, "into_agent", _samples(move.into_s)))
            over_end = layout.placed[-1].end
        if isinstance(move, Interruption) and opened is not None:
            talked = max(over_end + _samples(0.6), start + _samples(2.5))
            layout.agent.append((opened, talked))
            opened, free = None, talked - _samples(0.2)
        elif isinstance(move, Turn):
            free = layout.placed[-1].end
    begin = opened if opened is not None else free + _latency(timing)
    layout.agent.append((begin, max(begin + _samples(2.2), over_end + _samples(0.7))))
    layout.length = layout.agent[-1][1] + _samples(0.6)
    _add_breaths(layout)
    return layout


def rendered(layout: Layout) -> tuple[NDArray[np.int16], int]:
    """The recording itself: int16 samples [n] and their rate, after room tone, bed and telephone."""
    scene = layout.scene
    speech = np.zeros(layout.length)
    for placed in layout.placed:
        speech[placed.start : placed.end] += placed.clip.samples
    out = speech + room_tone(np.random.default_rng([scene.seed, 2]), layout.length, scene.room_db)
    for start, sound in layout.breaths:
        out[start : start + sound.size] += sound
    if scene.bed is not None and scene.bed_snr_db is not None:
        bed = BEDS[scene.bed](np.random.default_rng([scene.seed, 3]), layout.length)
        if scene.channel != "wide":
            bed = phone_band(bed)  # the ratio is that of what the line carries
        out += at_level(bed, _speech_level(layout, speech) - scene.bed_snr_db)
    return _through(scene.channel, out)


def _clip(scene: Scene, index: int) -> Clip:
    move, narrow = scene.moves[index], scene.channel != "wide"
    if isinstance(move, Noise):
        sound = SOUNDS[move.what](np.random.default_rng([scene.seed, 4, index]))
        spans = sounding(np.concatenate([np.zeros(10 * MS), sound]), NOISE_THRESHOLD_DB)
        end = min(sound.size // MS * MS, spans[-1][1])
        return Clip(sound[:end], ((0, end),))
    if isinstance(move, Backchannel):
        return speak(scene.persona, move.text, peak=SPEECH_PEAK * 0.6, phones=move.phones, narrow=narrow)
    return speak(scene.persona, move.text, narrow=narrow)


def _answer_at(index: int, free: int, timing: np.random.Generator) -> int:
    """The sample at which the agent answers the move before `index`, which was over at `free`, or greets."""
    return free + _latency(timing) if index else _samples(GREETING_S)


def _reply_s(scene: Scene, index: int) -> float:
    """How long the agent answers the turn before the move at `index`, or greets."""
    if index == 0 and scene.greeting is not None:
        return scene.greeting.lasts_s
    turns = [m for m in scene.moves[:index] if isinstance(m, Turn | Interruption)]
    return turns[-1].reply_s


def _add_breaths(layout: Layout) -> None:
    rng = np.random.default_rng([layout.scene.seed, 5])
    for placed in layout.placed:
        for gap in placed.clip.gaps:
            if gap.breath:
                sound = SOUNDS["breath"](rng)
                start = placed.start + gap.end - sound.size // MS * MS - 120 * MS
                layout.breaths.append((start, sound))
                layout.noises.append((start, start + sound.size // MS * MS, "breath"))


def _latency(rng: np.random.Generator) -> int:
    return int(rng.integers(650, 950)) * MS


def _samples(seconds: float) -> int:
    return round(seconds * 1000) * MS


def _speech_level(layout: Layout, speech: Audio) -> float:
    parts = [
        speech[p.start + s : p.start + e]
        for p in layout.placed
        if not isinstance(p.move, Noise)
        for s, e in p.clip.spans
    ]
    return level_db(np.concatenate(parts))


def _through(channel: Channel, audio: Audio) -> tuple[NDArray[np.int16], int]:
    if channel == "wide":
        return _int16(audio), RATE
    narrow = soxr.resample(phone_band(audio), RATE, PHONE_RATE, quality="VHQ")
    phone = _mu_law(_int16(narrow))
    if channel == "phone_8k":
        return phone, PHONE_RATE
    wide = soxr.resample(phone.astype(np.float64) / 32768, PHONE_RATE, RATE, quality="VHQ")
    return _int16(wide[: audio.size]), RATE


def _mu_law(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Samples [n] as they come back from G.711 mu-law."""
    coded = io.BytesIO()
    soundfile.write(coded, samples, PHONE_RATE, format="WAV", subtype="ULAW")
    coded.seek(0)
    decoded, _ = soundfile.read(coded, dtype="int16")
    return np.asarray(decoded, dtype=np.int16)


def _int16(audio: Audio) -> NDArray[np.int16]:
    rounded = np.rint(audio * 32768)
    if np.abs(rounded).max() > 32767:
        raise ValueError("the mix clips: lower a level")
    return rounded.astype(np.int16)
