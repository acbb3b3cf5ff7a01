"""What an agent will perhaps say, so that it can be spoken beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import cap, chunks_after, voice_of
from simulator.engine.fillers import vocabulary
from simulator.engine.profile import Values
from simulator.engine.scenario import Scenario
from simulator.voice.agent_renderer import Text


def answer_texts(values: Values, config: ResolvedVoiceConfig, scenario: Scenario) -> Iterator[Text]:
    """Yield the pieces of every answer of a scenario, each with how long it is said."""
    voice = voice_of(values, config.tts_model, config.min_tts_speed)
    for line in scenario.turns:
        for response in filter(None, (line.response, line.long_response)):
            said = cap(response, config.max_response_sentences, config.max_response_words)
            for chunk in chunks_after(said.sentences, voice, config.max_buffer_delay_ms):
                yield chunk.words, chunk.duration_ms


def filler_texts(values: Values, config: ResolvedVoiceConfig) -> Iterator[Text]:
    """Yield the fillers a configuration chooses from, each with how long it is said."""
    voice = voice_of(values, config.tts_model, config.min_tts_speed)
    for text in vocabulary(config):
        words = tuple(text.split())
        yield words, voice.lasts_ms(words)
