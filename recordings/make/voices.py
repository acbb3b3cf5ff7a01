"""Speech: flite speaks a text, and the true extents of the sound are measured on the clean result.

Audio here is mono float64 in -1..1 at 16 kHz; positions are samples and whole milliseconds.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from recordings.make.audio import MS, RATE, Audio, phone_band
from recordings.make.script import Persona

THRESHOLD_DB = -46.0
"""Level of a 10 ms window above which a clip counts as sounding, where its peak is at `SPEECH_PEAK`."""
SPEECH_PEAK = 10 ** (-6 / 20)
MIN_SILENCE_MS = 150
_HOP_MS = 5
_MARKER = re.compile(r"\s*\|(\d+(?:\.\d+)?)( um)?( breath)?\|\s*")

_UM_STRETCH, _UM_LEVEL = 2.2, 0.7
_UM_AFTER_S = 0.05
"""A hesitation mark is drawn out, quieter than the words, on one pitch, and follows the last word at once."""


class FliteError(RuntimeError):
    """flite is missing or did not speak the text as the script expects."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence inside a turn, in samples; a hesitation was written into the text, other gaps end sentences."""

    start: int
    end: int
    hesitation: bool
    breath: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound: `samples` of shape [n], its first and last audible; `spans` are its audible parts in samples."""

    samples: Audio
    spans: tuple[tuple[int, int], ...]
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    audio: Audio
    gap_before_s: float
    hesitation: bool = False
    breath: bool = False


def speak(
    persona: Persona, text: str, *, peak: float = SPEECH_PEAK, phones: str | None = None, narrow: bool = False
) -> Clip:
    """Speak `text` with its hesitations, at `peak` (0..1), trimmed to the first and last sound.

    `narrow` leaves the telephone's band, so that the extents are those of what the line carries.
    """
    if phones is not None:
        pieces = [_Piece(_flite(persona, phones, phones=True)[0], 0.0)]
    else:
        sentences = re.split(r"(?<=[.?!])\s+", text)
        pieces = [p for s in sentences for p in _sentence(persona, s)]
    if narrow:
        pieces = [replace(p, audio=phone_band(p.audio)) for p in pieces]
    loudest = max(float(np.abs(p.audio).max()) for p in pieces)
    return _join([replace(p, audio=p.audio * (peak / loudest)) for p in pieces])


def sounding(audio: Audio, threshold_db: float = THRESHOLD_DB) -> list[tuple[int, int]]:
    """Spans of `audio` [n] louder than the threshold, in samples, silences under 150 ms bridged."""
    hop, window = _HOP_MS * MS, 2 * _HOP_MS * MS
    padded = np.concatenate([np.zeros(hop), audio, np.zeros(window)])
    hops = audio.size // hop + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:hops]
    loud = np.sqrt(np.mean(frames**2, axis=1)) > 10 ** (threshold_db / 20)
    spans: list[tuple[int, int]] = []
    for index in np.flatnonzero(loud):
        centre = int(index) * hop
        start, end = max(0, centre - hop // 2 // MS * MS), min(audio.size, centre + hop // 2 // MS * MS)
        if spans and start - spans[-1][1] < MIN_SILENCE_MS * MS:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [(s, e) for s, e in spans if e - s >= 30 * MS]


def faded(audio: Audio, spans: list[tuple[int, int]]) -> Audio:
    """`audio` [n] silenced outside `spans` (samples), with raised-cosine fades of 12 ms just outside each."""
    fade = 12 * MS
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    mask = np.zeros(audio.size + 2 * fade)
    for start, end in spans:
        mask[start : start + fade] = np.maximum(mask[start : start + fade], ramp)
        mask[start + fade : end + fade] = 1.0
        mask[end + fade : end + 2 * fade] = ramp[::-1]
    return audio * mask[fade : fade + audio.size]


def _sentence(persona: Persona, sentence: str) -> list[_Piece]:
    """One sentence as pieces, cut in the middle of the short pauses flite makes where a marker stands."""
    parts = _MARKER.split(sentence)
    words, pauses, ums, breaths = parts[0::4], parts[1::4], parts[2::4], parts[3::4]
    audio, silences = _flite(persona, ", ".join(words))
    commas = ", ".join(words).count(",")
    if len(silences) != commas:
        raise FliteError(f"flite made {len(silences)} pauses for {commas} commas: {sentence!r}")
    pieces, start, comma = [], 0, 0
    gap, hesitation, breath = persona.sentence_gap_s, False, False
    for word, pause, um, sigh in zip(words, pauses, ums, breaths, strict=False):
        comma += word.count(",")
        cut = round(sum(silences[comma]) / 2 * RATE)
        said = _with_um(persona, audio[start:cut]) if um else audio[start:cut]
        pieces.append(_Piece(said, gap, hesitation, breath))
        start, comma, gap, hesitation, breath = cut, comma + 1, float(pause), True, sigh is not None
    return [*pieces, _Piece(audio[start:], gap, hesitation, breath)]


def _with_um(persona: Persona, words: Audio) -> Audio:
    """Some words [n] and a hesitation mark right after their last sound: to the ear, and to a model, unfinished."""
    um, _ = _flite(replace(persona, stretch=_UM_STRETCH), "um", level_pitch=True)
    heard, mark = sounding(words), sounding(um)
    if not heard or not mark:
        raise FliteError("flite made a silent clip")
    um = _edged(um[mark[0][0] : mark[-1][1]])
    um *= _UM_LEVEL * float(np.abs(words).max() / np.abs(um).max())
    return np.concatenate([words[: heard[-1][1]], np.zeros(round(_UM_AFTER_S * RATE)), um, np.zeros(10 * MS)])


def _join(pieces: list[_Piece]) -> Clip:
    """Put pieces one after the other so that the silence between their sounds is exactly the gap asked for."""
    chunks: list[Audio] = []
    spans: list[tuple[int, int]] = []
    gaps: list[Gap] = []
    at = 0
    for piece in pieces:
        inner = sounding(piece.audio)
        if not inner:
            raise FliteError("flite made a silent clip")
        first, last = inner[0][0], inner[-1][1]
        if chunks:
            gap = round(piece.gap_before_s * 1000) * MS
            gaps.append(Gap(at, at + gap, piece.hesitation, piece.breath))
            chunks.append(np.zeros(gap))
            at += gap
        chunks.append(_edged(faded(piece.audio, inner)[first:last]))
        spans += [(s - first + at, e - first + at) for s, e in inner]
        at += last - first
    return Clip(np.concatenate(chunks), tuple(_bridged(spans)), tuple(gaps))


def _edged(audio: Audio) -> Audio:
    """`audio` [n] with 4 ms fades at both ends, so that no join clicks."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(4 * MS) + 0.5) / (4 * MS))
    out = audio.copy()
    out[: ramp.size] *= ramp
    out[-ramp.size :] *= ramp[::-1]
    return out


def _bridged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out and start - out[-1][1] < MIN_SILENCE_MS * MS:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _flite(
    persona: Persona, text: str, *, phones: bool = False, level_pitch: bool = False
) -> tuple[Audio, list[tuple[float, float]]]:
    """What flite says, and the pauses (start, end in seconds) it made between the first and last sound."""
    program = shutil.which("flite")
    if program is None:
        raise FliteError("flite is not installed: install the Debian package flite (apt-get install flite)")
    options = ["-voice", persona.voice, "--setf", f"duration_stretch={persona.stretch}"]
    if persona.pitch_hz is not None:
        options += ["--setf", f"int_f0_target_mean={persona.pitch_hz}"]
    if level_pitch:
        options += ["--setf", "int_f0_target_stddev=1"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = [program, *options, "-psdur", "-p" if phones else "-t", text, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not path.exists():
            raise FliteError(f"flite failed on {text!r}: {done.stderr.strip() or done.returncode}")
        audio, rate = soundfile.read(path, dtype="float64")
    if rate != RATE:
        audio = soxr.resample(audio, rate, RATE, quality="VHQ")
    names_ends = [token.rsplit(":", 1) for token in done.stdout.split() if ":" in token]
    ends = [0.0, *(float(end) for _, end in names_ends)]
    pauses = [(ends[i], ends[i + 1]) for i, (name, _) in enumerate(names_ends) if name == "pau"]
    return np.asarray(audio, dtype=np.float64), pauses[1:-1]
