"""Renders the agent's planned sounds as samples on the call's clock; stops are exact to the sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import cap, chunks_after, voice_of
from simulator.engine.fillers import vocabulary
from simulator.engine.profile import Values
from simulator.engine.scenario import Scenario
from simulator.engine.sound import AgentSound, Piece
from simulator.voice.voice import FADE_MS, BundledVoice, Voice

Text = tuple[tuple[str, ...], int]
"""Words, and their planned length, ms."""

_MOST_MS = 300_000
"""Milliseconds of speech kept as clips, 19 MB; the least recently used go first."""

_FADE = FADE_MS * SAMPLES_PER_MS


@dataclass(slots=True)
class _Saying:
    """A sound being rendered, with a clip for each planned piece, chosen when the piece is first heard."""

    sound: AgentSound
    clips: dict[int, Samples | None]


class AgentRenderer:
    """Renders a call's sounds, window by window, from :attr:`simulator.live_call.LiveCall.sound`.

    With an ``executor`` it synthesises clips there and rendering never waits: the bundled voice speaks a whole
    piece whose clip is not ready in time. Without one, each clip is synthesised when it is due, for work that is
    not in real time. Use it from one thread.
    """

    def __init__(self, voice: Voice, executor: Executor | None = None) -> None:
        self.voice = voice
        self.trouble: str | None = None
        """Why the bundled voice is used instead, if the voice failed."""
        self._executor = None if voice.instant else executor
        self._stand_in = BundledVoice()
        self._made: dict[Text, Future[Samples | None]] = {}
        self._held_ms = 0
        self._saying: list[_Saying] = []

    def prepare(self, sound: AgentSound | None) -> None:
        """Prepare a sound's clips, so that they are ready when it plays."""
        if sound is not None:
            self.prepare_words(map(_text, sound.planned))

    def prepare_one(self, sound: AgentSound) -> bool:
        """Prepare a sound's first missing clip; return whether there was one."""
        wanting = next((text for text in map(_text, sound.planned) if text not in self._made), None)
        if wanting is not None:
            self._clip(wanting)
        return wanting is not None

    def prepare_words(self, texts: Iterable[Text]) -> None:
        """Prepare clips of texts that may be spoken, each in its planned length."""
        for text in texts:
            self._clip(text)

    def note(self, sound: AgentSound | None) -> None:
        """Note a sound that plays now or is about to; it may still be stopped."""
        if sound is not None and not any(said.sound is sound for said in self._saying):
            self._saying.append(_Saying(sound, {}))
            if self._executor is not None:
                self.prepare(sound)

    def render(self, sound: AgentSound | None, start: int, count: int) -> Samples:
        """Note a sound; return the audio of a window, float32 ``[count]``, from sample ``start`` of the call.

        Windows come in order, of any length. No part of a sound may have been due before it is noted.
        """
        self.note(sound)
        heard = np.zeros(count, np.float32)
        self._saying = [
            said for said in self._saying if said.sound.end_ms * SAMPLES_PER_MS > start or said is self._saying[-1]
        ]
        for said in self._saying:
            for index, piece in enumerate(said.sound.pieces):
                self._lay(said, index, piece, heard, start)
        return heard

    def _lay(self, said: _Saying, index: int, piece: Piece, heard: Samples, start: int) -> None:
        begin, end = piece.start_ms * SAMPLES_PER_MS, piece.end_ms * SAMPLES_PER_MS
        first, last = max(begin, start), min(end, start + len(heard))
        if first >= last:
            return
        planned = said.sound.planned[index]
        if index not in said.clips:
            said.clips[index] = self._ready(_text(planned))
        clip = said.clips[index]
        if clip is None:
            return
        stretch = clip[first - begin : last - begin]
        if piece.end_ms < planned.end_ms and last > end - _FADE:
            left = np.arange(end - first, end - last, -1, dtype=np.float32)
            stretch = stretch * np.minimum(left / np.float32(_FADE), np.float32(1.0))
        heard[first - start : last - start] += stretch

    def _ready(self, text: Text) -> Samples | None:
        """Return a clip that is due now, from the bundled voice where it is not ready; ``None``: no sound."""
        made = self._clip(text)
        if not made.done():
            return self._stand_in.spoken(*text)
        failure = made.exception()
        if failure is None:
            return made.result()
        self.trouble = f"the voice {self.voice.name} failed ({failure}); bundled clips replace it"
        return self._stand_in.spoken(*text)

    def _clip(self, text: Text) -> Future[Samples | None]:
        made = self._made.pop(text, None)
        if made is None:
            made = self._make(text)
            self._held_ms += text[1]
        self._made[text] = made  # keeps the order of use: the latest is last
        while self._held_ms > _MOST_MS and len(self._made) > 1:
            oldest = next(iter(self._made))
            self._made.pop(oldest).cancel()  # a clip that will not play need not be synthesised
            self._held_ms -= oldest[1]
        return made

    def _make(self, text: Text) -> Future[Samples | None]:
        if self._executor is not None:
            return self._executor.submit(self.voice.spoken, *text)
        made: Future[Samples | None] = Future()
        try:
            made.set_result(self.voice.spoken(*text))
        except Exception as error:  # whatever a voice's libraries raise: the bundled voice replaces it
            made.set_exception(error)
        return made


def _text(piece: Piece) -> Text:
    return piece.words, piece.end_ms - piece.start_ms


# ---- texts to prepare


def answer_texts(values: Values, config: ResolvedVoiceConfig, scenario: Scenario) -> Iterator[Text]:
    """Yield the pieces of a scenario's greeting and of every answer, each with its planned length."""
    voice = voice_of(values, config.tts_model, config.min_tts_speed)
    for words in cap(scenario.greeting or "", None, None).sentences:
        yield words, voice.lasts_ms(words)
    for line in scenario.turns:
        for response in filter(None, (line.response, line.long_response)):
            said = cap(response, config.max_response_sentences, config.max_response_words)
            for chunk in chunks_after(said, voice, config.max_buffer_delay_ms):
                yield chunk.words, chunk.duration_ms


def filler_texts(values: Values, config: ResolvedVoiceConfig) -> Iterator[Text]:
    """Yield the fillers that a configuration uses, each with its planned length."""
    voice = voice_of(values, config.tts_model, config.min_tts_speed)
    for text in vocabulary(config):
        words = tuple(text.split())
        yield words, voice.lasts_ms(words)
