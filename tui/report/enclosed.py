"""Optional contents of a report: the words of the turns that it draws, and their audio."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import soundfile as sf

from base.samples import SAMPLE_RATE, Samples
from simulator.echo.caller import AudioReader
from simulator.errors import SimulatorError
from simulator.executors.urls import place_of
from simulator.heard.call_folder import CALL_FILE, KeptCall, LoggedTurn, read_call_folder
from simulator.heard.sides import sides_of
from simulator.recording import Recording, open_recording
from simulator.voice.voice import BundledVoice, Voice, voice_for
from tui.cli.failure import WorkError, complain
from tui.report.heard_turns import HEARD
from tui.report.page import AudioClip, ReportPage, ShownTurn
from tui.report.parts import Drawn, DrawnArm, sendable

_NEAR_S: Final = 3.0
"""The largest distance between the end of a log's turn and the measured end."""

WITH_AUDIO: Final = "It holds callers' voices."
WITH_WORDS: Final = "It holds what callers said."


@dataclass(frozen=True, slots=True)
class EnclosureRequest:
    """The requested contents, and the folder for a result's relative paths."""

    audio: bool
    words: bool
    folder: Path


def enclose(page: ReportPage, drawn: Sequence[Drawn], wanted: EnclosureRequest) -> ReportPage:
    """Return the page with words and audio of its turns. Reports and leaves out what is missing.

    Raises :class:`~tui.cli.failure.WorkError` if there are turns and all of it is missing.
    """
    if not drawn or not (wanted.audio or wanted.words):
        return page
    voice = voice_for() if wanted.audio else BundledVoice()
    turns: list[ShownTurn] = []
    for shown, one in zip(page.turns, drawn, strict=True):
        try:
            turns.append(_enclosed(shown, one, wanted, voice))
        except SimulatorError as error:
            complain(f"turn {one.turn + 1} of {one.recording}: left without words and sound: {error}")
            turns.append(shown)
    if turns == list(page.turns):
        raise WorkError(
            "neither words nor sound of these turns is at hand; run this where their recordings and labels are, or"
            " leave out --with-audio and --with-words"
        )
    said = [text for text, wished in ((WITH_AUDIO, wanted.audio), (WITH_WORDS, wanted.words)) if wished]
    return replace(page, turns=tuple(turns), private=" ".join(said))


def _enclosed(shown: ShownTurn, drawn: Drawn, wanted: EnclosureRequest, voice: Voice) -> ShownTurn:
    path = _path(drawn, wanted.folder)
    if HEARD in drawn.arms and (path / CALL_FILE).is_file():
        call, arm = read_call_folder(path), drawn.arms[HEARD]
        sounds = [(HEARD, _heard_sound(call, arm))] if wanted.audio else []
        words = _logged_words(call, arm) if wanted.words else ()
    else:
        recording = open_recording(path)
        arms = drawn.arms.items() if wanted.audio else ()
        sounds = [(name, _simulated_sound(recording, arm, voice)) for name, arm in arms]
        words = tuple(_labelled_words(recording, drawn)) if wanted.words else ()
    return replace(shown, words=words, clips=tuple(_clip(name, samples) for name, samples in sounds))


def _path(drawn: Drawn, folder: Path) -> Path:
    if not isinstance(place_of(drawn.path), Path):  # a result's author must not choose what is fetched
        raise SimulatorError(f"{drawn.path}: is a URL, and a report reads files only; run the command on a copy")
    path = Path(drawn.path)
    return path if path.exists() or path.is_absolute() else folder / path


# ---- words


def _labelled_words(recording: Recording, drawn: Drawn) -> Iterator[tuple[str, str]]:
    labels = recording.labels
    arms = list(drawn.arms.items())
    ends = [end_s for _, arm in arms if (end_s := _recorded_s(arm, arm.end_s)) is not None]
    if labels is not None and ends:
        turn = min(labels.caller_turns(), key=lambda turn: abs(turn.end_s - ends[0]), default=None)
        if turn is not None and turn.text and abs(turn.end_s - ends[0]) < _NEAR_S:
            yield "caller", sendable(turn.text)
    answers = {name: _answer(arm) for name, arm in arms}
    if len(set(answers.values())) == 1:
        answers = {"agent": next(iter(answers.values()))}
    for name, answer in answers.items():
        if answer:
            yield name if name == "agent" else f"agent, {name}", sendable(answer)


def _answer(arm: DrawnArm) -> str:
    later = (sound.text for sound in arm.agent if sound.kind == "response" and sound.start_s >= arm.end_s)
    return next(later, "")


def _recorded_s(arm: DrawnArm, at_s: float) -> float | None:
    """Return where a moment of the run lies in the recording. ``None`` if the recording was not playing then."""
    for start_s, from_s, to_s in arm.audio:
        if start_s <= at_s <= start_s + to_s - from_s:
            return from_s + at_s - start_s
    return None


def _logged_words(call: KeptCall, arm: DrawnArm) -> tuple[tuple[str, str], ...]:
    record = call.record
    asked = min(record.logged("caller"), key=lambda turn: abs(turn.to_ms / 1000 - arm.end_s), default=None)
    said: list[tuple[str, LoggedTurn | None]] = []
    if asked is not None and abs(asked.to_ms / 1000 - arm.end_s) < _NEAR_S:
        said.append(("caller", asked))
    answers = [turn for turn in record.logged("agent") if turn.kind != "filler" and turn.to_ms / 1000 > arm.end_s]
    said.append(("agent", answers[0] if answers else None))
    return tuple((who, sendable(turn.text)) for who, turn in said if turn is not None and turn.text)


# ---- sound


def _heard_sound(call: KeptCall, arm: DrawnArm) -> Samples:
    """Return both sides of a real call, mixed to one channel, float32 ``[n]`` at 16 kHz."""
    start, end = round(arm.from_s * SAMPLE_RATE), round(arm.to_s * SAMPLE_RATE)
    found, at = [], 0
    for caller, agent in sides_of(call).blocks():
        found.append((caller + agent)[max(start - at, 0) : max(end - at, 0)])
        at += len(caller)
        if at >= end:
            break
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def _simulated_sound(recording: Recording, arm: DrawnArm, voice: Voice) -> Samples:
    """Return the recorded caller and a voice for the agent, mixed to one channel, float32 ``[n]`` at 16 kHz."""
    heard = np.zeros(round((arm.to_s - arm.from_s) * SAMPLE_RATE), np.float32)
    reader = AudioReader(recording.source)
    for at_s, from_s, to_s in arm.audio:
        first = max(at_s, arm.from_s)
        begin, count = from_s + first - at_s, min(at_s + to_s - from_s, arm.to_s) - first
        if count > 0:
            samples = reader.read(round(begin * SAMPLE_RATE), round(count * SAMPLE_RATE))
            _lay(heard, samples, first - arm.from_s)
    for sound in arm.agent:
        # an interrupted sound has only part of its words; another voice would squeeze all of them into its time
        speaker = BundledVoice() if sound.interrupted else voice
        speech = speaker.spoken(tuple(sound.text.split()), max(round(1000 * (sound.end_s - sound.start_s)), 1))
        if speech is not None:
            _lay(heard, speech, sound.start_s - arm.from_s)
    return heard


def _lay(heard: Samples, samples: Samples, at_s: float) -> None:
    at = round(at_s * SAMPLE_RATE)
    samples = samples[max(-at, 0) :]
    room = heard[max(at, 0) :][: len(samples)]
    room += samples[: len(room)]


def _clip(name: str, samples: Samples) -> AudioClip:
    """Return audio as Opus in Ogg, in a data URI."""
    file = io.BytesIO()
    sf.write(file, np.clip(samples, -1.0, 1.0), SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=0.9)
    return AudioClip(name, f"data:audio/ogg;codecs=opus;base64,{base64.b64encode(file.getvalue()).decode()}")
