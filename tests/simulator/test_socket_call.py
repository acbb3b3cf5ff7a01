"""The agent's side of a socket call without the socket: samples in, messages and samples out."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from base.samples import SAMPLE_RATE, Samples
from presets.config import VoiceConfig, parse
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.engine.events import Event
from simulator.engine.profile import default_profile
from simulator.engine.scenario import default_scenario
from simulator.measures.turns import sounds_of
from simulator.recording import bundled_folder, open_recording
from simulator.replay import play
from simulator.socket.activity_by_level import SoundDetector, Stretch, levels_db
from simulator.socket.agent_call import AgentCall, ServedAgent
from simulator.socket.conversation import MOST_MESSAGES_A_SECOND, Conversation, DroppedError
from simulator.socket.inbox import CATCH_UP_S, HEAD_START_S, Inbox, Playout, RateLimiter
from simulator.socket.messages import RATES, AudioIn, AudioOut, Wire
from simulator.study import Arm
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import BundledVoice

CONFIG = parse({"eot_timeout_ms": 500, "barge_in_min_speech_s": 0.3, "barge_in_cooldown_s": 0.0})
BLOCK = 320


def agent(config: VoiceConfig = CONFIG) -> ServedAgent:
    return ServedAgent(
        default_scenario(), default_profile(), config, SilenceOnly(), lambda: AgentRenderer(BundledVoice()), 3
    )


@cache
def two_turns() -> Samples:
    """Speech for 1.5 s, and again over the agent's answer; 8.1 s in all."""
    samples = open_recording(bundled_folder() / "interruptions.flac").source.samples()
    words = samples[38_400 * 16 : 39_900 * 16]
    quiet = np.zeros(SAMPLE_RATE // 10, np.float32)
    return np.concatenate([quiet, words, *[quiet] * 20, words, *[quiet] * 30])


@cache
def batch_events(folder: Path) -> tuple[Event, ...]:
    """Run the same audio as a recording, with rigid replay."""
    path = folder / "whatever.wav"
    sf.write(path, two_turns(), SAMPLE_RATE, subtype="FLOAT")
    recording = replace(open_recording(path), scenario=default_scenario())
    activity = analyze(recording.source, SilenceOnly())
    return play(recording, activity, Arm("arm", CONFIG).resolved, default_profile(), seed=3).events


def cut_up(samples: Samples, seed: int) -> Iterator[Samples]:
    lengths, at = random.Random(seed), 0
    while at < len(samples):
        count = lengths.choice((1, 159, 160, 320, 511, 1024, 5000))
        yield samples[at : at + count]
        at += count


def parted(told: list[Any]) -> tuple[list[dict[str, Any]], Samples]:
    """Return the messages and the audio of an output."""
    audio = [one for one in told if not isinstance(one, dict)]
    return [one for one in told if isinstance(one, dict)], np.concatenate(audio)


def heard(audio: Samples) -> list[Stretch]:
    detector = SoundDetector()
    detector.push(levels_db((audio * 32767).astype(np.int16)))
    return detector.stretches()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_socket_call_equals_the_batch_run_for_any_message_size(seed: int, tmp_path: Path) -> None:
    call = AgentCall(agent())
    messages, audio = parted([one for block in cut_up(two_turns(), seed) for one in call.hear(block)])
    events = [event for event in batch_events(tmp_path) if event.t_ms * 16 <= len(two_turns())]
    assert [one["event"] for one in messages if one["type"] == "event"] == [event.to_json() for event in events]
    assert {"filler_start", "response_start", "barge_in"} <= {event.type for event in events}
    assert len(audio) == len(two_turns())
    told = [edge for sound in sounds_of(tuple(events)) for edge in (sound.start_ms, sound.end_ms)]
    found = [edge for stretch in heard(audio) for edge in stretch]
    assert len(told) >= 4
    assert found[: len(told)] == pytest.approx(told, abs=15)


def test_words_are_sent_as_spoken_and_a_stop_sends_clear() -> None:
    call = AgentCall(agent())
    told = [one for block in cut_up(two_turns(), 3) for one in call.hear(block)]
    messages, _ = parted(told)
    events = [one["event"] for one in messages if one["type"] == "event"]
    stopped = next(event for event in events if event["type"] == "barge_in")
    spoken = [one for one in messages if one["type"] == "transcript" and one["kind"] == "response"]
    growing = [one["text"] for one in spoken[: next(i for i, one in enumerate(spoken) if one["final"]) + 1]]
    assert len(growing) > 2
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(growing))
    final = spoken[len(growing) - 1]
    assert (final["interrupted"], final["text"]) == (True, stopped["interrupted_text"])
    place = next(i for i, one in enumerate(told) if isinstance(one, dict) and one["type"] == "clear")
    before = sum(len(one) for one in told[:place] if not isinstance(one, dict))
    assert stopped["stops"] * SAMPLE_RATE <= before < stopped["stops"] * SAMPLE_RATE + 5000
    after = [one for one in told[place:] if not isinstance(one, dict)]
    assert not np.any(np.concatenate(after)[: SAMPLE_RATE // 2])


def test_an_agent_that_greets_is_heard_before_the_caller_has_said_a_word() -> None:
    text = "Thank you for calling us. How can I help you?"
    greeting = default_scenario().model_copy(update={"greeting": text})
    call = AgentCall(replace(agent(), scenario=greeting))
    messages, audio = parted(call.hear(np.zeros(6 * SAMPLE_RATE, np.float32)))
    (begun, ended) = [one["event"] for one in messages if one["type"] == "event"]
    assert heard(audio)[0][0] == pytest.approx(begun["t"] * 1000, abs=15)
    assert heard(audio)[-1][1] == pytest.approx(ended["t"] * 1000, abs=15)
    spoken = [one for one in messages if one["type"] == "transcript"]
    assert (spoken[-1]["text"], spoken[-1]["final"], call.turns) == (text, True, 0)


def test_audio_goes_on_while_a_pause_is_judged_and_a_sound_begun_late_is_whole() -> None:
    on_time, late = AgentCall(agent()), AgentCall(agent())
    samples = two_turns()[: 6 * SAMPLE_RATE]
    blocks = [samples[at : at + BLOCK] for at in range(0, len(samples), BLOCK)]
    _, expected = parted([one for block in blocks for one in on_time.hear(block)])
    begins = heard(expected)[0][0] * 16 // BLOCK
    told: list[Any] = []
    unheard: list[Samples] = []
    for number, block in enumerate(blocks):
        unheard.append(block)
        if not begins - 3 <= number < begins + 4:  # nothing is heard for 140 ms around the first sound's start
            late.listen(np.concatenate(unheard))
            unheard.clear()
        told += late.speak(len(block))
    messages, audio = parted(told)
    assert len(audio) == len(expected)
    assert late.late_sounds == 1
    first, second = heard(expected)[:2]
    shifted, back = heard(audio)[:2]
    assert 20 < shifted[0] - first[0] <= 100
    assert shifted[1] - shifted[0] == pytest.approx(first[1] - first[0], abs=5)
    assert back == second  # the silence between made up for it
    assert [one for one in messages if one["type"] == "event"]


def test_changed_settings_hold_from_the_next_frame() -> None:
    call = AgentCall(agent())
    told: list[Any] = []
    for number, block in enumerate(cut_up(two_turns(), 4)):
        if number == 3:
            call.change(parse({"eot_timeout_ms": 600, "filler_style": "silent", "barge_in_min_speech_s": 3.0}))
        told += call.hear(block)
    events = [one["event"] for one in parted(told)[0] if one["type"] == "event"]
    end = next(event for event in events if event["type"] == "end_of_turn")
    assert end["t"] - end["speech_end"] == pytest.approx(0.6, abs=0.001)
    assert not {"filler_start", "barge_in"} & {event["type"] for event in events}


@pytest.mark.parametrize("rate", RATES)
def test_audio_is_what_it_was_after_the_wire_at_any_rate_and_cut_anywhere(rate: int) -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    pulse = (0.5 * np.exp(-(((t - 0.5) / 0.002) ** 2))).astype(np.float32)
    wire_format = Wire(rate)
    out, back = AudioOut(wire_format), AudioIn(wire_format)
    wire = b"".join(out.write(pulse[at : at + 333]) for at in range(0, len(pulse), 333))
    found = np.concatenate([back.read(wire[at : at + 77]) for at in range(0, len(wire), 77)])
    assert len(pulse) - 0.05 * SAMPLE_RATE <= len(found) <= len(pulse)
    assert abs(float(found.argmax()) / SAMPLE_RATE - 0.5) < 0.0005
    assert float(found.max()) == pytest.approx(0.5, abs=0.01)
    assert float(found.sum()) == pytest.approx(float(pulse.sum()), rel=0.01)


def test_audio_is_taken_no_faster_than_the_clock_and_catches_up_after_a_gap() -> None:
    pace = RateLimiter(0.0)
    now_s = 0.0
    for _ in range(500):
        now_s += pace.take(0.02, now_s)
    assert 10.0 - HEAD_START_S - 0.15 <= now_s <= 10.0
    now_s += 5.0  # nothing arrives for a while
    assert max(pace.take(0.02, now_s) for _ in range(round(CATCH_UP_S / 0.02))) < 0.001
    assert pace.take(0.02, now_s) > 0.01


def test_the_agents_audio_is_even_though_the_callers_comes_in_fits_and_starts() -> None:
    luck, playout, seconds = random.Random(1), Playout(), 0.02
    came = [number * seconds + luck.uniform(0, 0.06) for number in range(1500)]
    there = list(accumulate(came, max))  # in order, as on one connection
    sent = [playout.due(seconds, now_s) for now_s in there]
    assert all(at_s >= now_s for at_s, now_s in zip(sent, there, strict=True))
    followed = sum(later > before + seconds + 0.005 for before, later in pairwise(there))
    holes = sum(later > before + seconds + 0.005 for before, later in pairwise(sent))
    assert followed > 300
    assert holes == playout.holes <= 20, "most at first"
    assert sum(later > before + seconds + 0.005 for before, later in pairwise(sent[:50])) >= 1
    assert 0.03 < playout.longest_s <= 0.062
    calm = [30 + number * seconds for number in range(1000)]
    late = [playout.due(seconds, now_s) - now_s for now_s in calm]
    assert late[-1] < 0.001, "a calm line is not held back for ever"


async def test_an_empty_message_is_no_audio() -> None:
    inbox = Inbox()
    await inbox.put(b"", 0.0)
    await inbox.put("a start", 0.0)
    assert await inbox.take(1, 2) == "a start"


class Flood:
    """A connection with endless empty messages."""

    taken = 0

    async def recv(self) -> bytes:
        """Return the next message at once."""
        self.taken += 1
        if self.taken % 100 == 0:
            await asyncio.sleep(0)
        return b""

    async def send(self, message: str | bytes) -> None:
        """Ignore what is sent."""


async def test_empty_messages_are_read_in_real_time() -> None:
    line: Any = Flood()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    talking = asyncio.create_task(Conversation(line, agent(), {}, 1).run())
    await asyncio.sleep(0.3)
    read, took_s = line.taken, loop.time() - began_s
    talking.cancel()
    assert 100 < read <= 1 + MOST_MESSAGES_A_SECOND * (HEAD_START_S + 1.02 * took_s)


class Saying:
    """A connection with one message, followed by Twilio's audio."""

    def __init__(self, message: str) -> None:
        self._messages = ['{"event": "media", "media": {"payload": "/w=="}}', message]

    async def recv(self) -> str:
        """Return it, and then nothing."""
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop()

    async def send(self, message: str | bytes) -> None:
        """Ignore what is sent."""


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ({"event": "start"}, "streamSid"),
        ({"event": "connected"}, "comes before a start"),
        ({"event": "start", "streamSid": "MZ1", "start": {"mediaFormat": {"encoding": "audio/x-l16"}}}, "mulaw"),
        ({"type": "start", "sample_rate": 11_025}, "48000"),
    ],
)
async def test_an_invalid_start_message_ends_the_call(start: dict[str, Any], why: str) -> None:
    line: Any = Saying(json.dumps(start))
    with pytest.raises(DroppedError, match=why):
        await Conversation(line, agent(), {}, 1).run()
