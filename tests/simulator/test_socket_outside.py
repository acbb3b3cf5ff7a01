"""The caller's side of a call with an agent: what it hears, and what can be measured from that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from base.samples import AUDIBLE_DB, SAMPLE_RATE, Samples
from simulator.activity.model import Activity
from simulator.labels import Labels
from simulator.replay import Placement
from simulator.socket.activity_by_level import FILLER_WAIT_MS, SURE_MS, AgentActivityDetector, Earpiece
from simulator.socket.calling import CallTaken, ReceivedMessage
from simulator.socket.outside import Outside, measure_outside
from tests.simulator.tracks import Speech, activity_of, observations

PER_MS = SAMPLE_RATE // 1000
DURATION_MS = 20_000
NOBODY = activity_of(())


def voice(duration_ms: int) -> Samples:
    """Return a loud sound."""
    return np.asarray(0.3 * np.sin(np.arange(duration_ms * PER_MS) * 0.3), np.float32)


def silence(duration_ms: int) -> Samples:
    return np.zeros(duration_ms * PER_MS, np.float32)


def voice_with_breath(duration_ms: int, breath_ms: int) -> Samples:
    """Return a loud sound with an end as soft as a breath, 15 dB below the audible level."""
    sound = voice(duration_ms)
    sound[-breath_ms * PER_MS :] *= 10 ** (-47 / 20)
    return sound


def line_noise(samples: Samples, level_db: float) -> Samples:
    """Add a line's steady noise to everything that an agent sends."""
    noise = np.random.default_rng(7).standard_normal(len(samples)) * 10 ** (level_db / 20)
    return np.asarray(samples + noise, np.float32)


def taken(*sounds: tuple[int, int], received: list[ReceivedMessage] | None = None) -> CallTaken:
    """Return a call in which the agent was heard from ... to ..., ms."""
    earpiece = Earpiece()
    for start_ms, end_ms in sounds:
        earpiece.arrive(voice(end_ms - start_ms), start_ms * PER_MS)
    return CallTaken(
        duration_ms=DURATION_MS,
        caller=np.zeros(DURATION_MS * PER_MS, np.float32),
        earpiece=earpiece,
        placements=(Placement(0, DURATION_MS, 0),),
        elastic=False,
        anchored=0,
        missed_responses=0,
        received=received or [],
        late_ms=0.0,
        hung_up=None,
    )


def labels(*turns: tuple[float, float]) -> Labels:
    return Labels.model_validate({"turns": [{"start_s": start, "end_s": end} for start, end in turns]})


def measured(call: CallTaken, truth: Labels | None, *, trust: bool = False, activity: Activity = NOBODY) -> Outside:
    return measure_outside(call, activity, truth, AUDIBLE_DB, trust=trust)


def said(t_ms: int, kind: str, *, final: bool) -> ReceivedMessage:
    message: dict[str, Any] = {"type": "transcript", "role": "agent", "text": "x", "final": final, "kind": kind}
    return ReceivedMessage(t_ms, message)


def near(*expected: int) -> Any:
    return pytest.approx(expected, abs=5)


def test_turns_are_measured_from_the_two_channels_alone() -> None:
    call = taken((2500, 2800), (3100, 5000), (8700, 9500), (9560, 12_000))
    found = measured(call, labels((1.0, 2.0), (7.0, 8.0)))
    assert found.measured.times["first_sound_ms"] == near(500, 700)
    assert found.measured.seconds == {"talk_over_s": 0.0, "dead_air_s": 0.0}
    assert [sound.end_ms for sound in found.measured.sounds] == list(near(2800, 5000, 12_000).expected)
    unheard = {"eot_delay_ms", "false_barge_ins", "filler_overhang_ms", "fillers", "wasted_generations"}
    unheard |= {"truncated_words", "underruns", "choppy_starts", "response_ms"}
    unheard |= {"early_ends", "forced_ends", "repeated_fillers", "silence_after_greeting_s", "stops_against_advice"}
    assert unheard == set(found.left_out)
    assert not {"response_ms", "eot_delay_ms"} & set(found.measured.times)


def test_an_interruption_ends_with_the_agents_sound_and_what_goes_on_is_missed() -> None:
    stopped = measured(taken((2500, 5900)), labels((1.0, 2.0), (5.0, 7.0)))
    assert stopped.measured.times["barge_in_stop_ms"] == near(900)
    assert stopped.measured.seconds["talk_over_s"] == pytest.approx(0.9, abs=0.01)
    assert stopped.measured.counts["missed_barge_ins"].count == 0
    assert stopped.measured.turns[1].missed
    assert "barge_in_stop_ms" in stopped.caveats
    talked_on = measured(taken((2500, 7500)), labels((1.0, 2.0), (5.0, 7.0)))
    assert talked_on.measured.counts["missed_barge_ins"].count == 1
    assert talked_on.measured.times["barge_in_stop_ms"] == ()


def test_nothing_heard_for_five_seconds_leaves_the_caller_hanging() -> None:
    counts = measured(taken((2500, 2800)), labels((1.0, 2.0), (4.0, 5.0))).measured.counts["hanging_turns"]
    assert (counts.count, counts.of) == (1, 2)
    in_time = measured(taken((2500, 2800), (9900, 9990)), labels((1.0, 2.0), (4.0, 5.0))).measured
    assert in_time.counts["hanging_turns"].count == 0


@pytest.mark.parametrize("breath_ms", [40, 110])
def test_a_voice_that_is_stopped_in_a_soft_moment_is_heard_until_then(breath_ms: int) -> None:
    call = taken()
    call.earpiece.arrive(voice_with_breath(3400, breath_ms), 2500 * PER_MS)
    call.earpiece.arrive(voice_with_breath(800, 60), 9000 * PER_MS)
    found = measured(call, labels((1.0, 2.0), (5.0, 7.0), (8.0, 8.5))).measured
    assert found.times["barge_in_stop_ms"] == near(900)
    assert found.times["first_sound_ms"] == near(500, 500)
    assert [sound.end_ms for sound in found.sounds] == list(near(5900, 9800).expected)


@pytest.mark.parametrize("noise_db", [-85.0, -72.0, -60.0, -50.0])
def test_the_noise_of_a_line_is_no_part_of_the_voice(noise_db: float) -> None:
    call = taken()
    line = np.concatenate([silence(2500), voice_with_breath(3400, 110), silence(13_000)])
    call.earpiece.arrive(line_noise(line, noise_db), 0)
    found = measured(call, labels((1.0, 2.0), (5.0, 7.0))).measured
    assert [sound.start_ms for sound in found.sounds] == list(near(2500).expected)
    # the breath is at -60 dBFS: audible on a quiet line, lost on a noisy one
    assert [sound.end_ms for sound in found.sounds] == list(near(5900 if noise_db < -70 else 5790).expected)


def test_a_sound_over_an_unfinished_turn_is_a_cut_in_unless_the_agent_only_goes_on() -> None:
    cut_in = measured(taken((2000, 2400), (5500, 6000)), labels((1.0, 4.0)))
    assert [turn.cut_in for turn in cut_in.measured.turns] == [True]
    goes_on = measured(taken((500, 1500), (1800, 2400)), labels((1.0, 4.0)))
    assert [turn.cut_in for turn in goes_on.measured.turns] == [False]
    through = measured(taken((3000, 4500), (5500, 6000)), labels((1.0, 4.0)))
    assert [(turn.cut_in, turn.first_sound_ms, turn.missed) for turn in through.measured.turns] == [
        (True, None, False)
    ]


def test_only_trusted_messages_identify_fillers_and_stops() -> None:
    received = [
        said(2700, "filler", final=False),
        said(2790, "filler", final=True),
        said(3400, "response", final=False),
        ReceivedMessage(5905, {"type": "clear"}),
        said(5900, "response", final=True),
        said(9000, "response", final=False),
    ]
    call = taken((2500, 2800), (3100, 5900), (8700, 9500), received=received)
    truth = labels((1.0, 2.0), (5.0, 7.0), (9.0, 9.2))
    trusted = measured(call, truth, trust=True)
    assert trusted.measured.times["response_ms"] == near(1100, 1700)
    assert trusted.measured.times["barge_in_stop_ms"] == near(900)  # the last sound ended by itself
    assert measured(call, truth).measured.times["barge_in_stop_ms"] == near(900, 500)
    # the turn ends before the agent stops for it
    soon_over = labels((1.0, 2.0), (5.0, 5.8), (9.0, 9.2))
    assert measured(call, soon_over, trust=True).measured.times["first_sound_ms"] == near(500, 2900)
    assert measured(call, soon_over).measured.times["first_sound_ms"] == near(500)
    foreign = taken(
        (2500, 2800), received=[ReceivedMessage(2600, {"type": "transcript", "text": "Hello", "final": True})]
    )
    assert "do not say" in measured(foreign, truth, trust=True).left_out["response_ms"]


def test_turns_after_the_agent_hung_up_do_not_count() -> None:
    call = taken((2500, 2800))
    call.duration_ms = 4000  # rigid: the recording continued, and the agent had hung up
    truth = Labels.model_validate(
        {
            "turns": [
                {"start_s": 1.0, "end_s": 2.0},
                {"start_s": 3.8, "end_s": 5.0},
                {"start_s": 6.0, "end_s": 7.0},
            ],
            "events": [{"type": "interruption", "start_s": 6.0, "end_s": 7.0, "should_barge_in": True}],
        }
    )
    found = measured(call, truth).measured
    assert [turn.index for turn in found.truth.turns] == [0]
    assert (found.counts["missed_turns"].count, found.counts["missed_turns"].of) == (0, 1)
    assert found.seconds["dead_air_s"] == 0.0


def test_transcripts_of_the_caller_are_not_the_agents_words() -> None:
    caller = ReceivedMessage(2100, {"type": "transcript", "role": "user", "text": "Hello", "final": True})
    received = [caller, said(2700, "response", final=False), said(2800, "response", final=True)]
    found = measured(taken((2500, 2800), received=received), labels((1.0, 2.0)), trust=True)
    assert found.measured.times["response_ms"] == near(500)


def test_without_labels_what_needs_the_truth_is_left_out() -> None:
    spoken = activity_of(observations([Speech(30, 60), Speech(70, 100), Speech(250, 280)]), DURATION_MS)
    found = measured(taken((3700, 5000)), None, activity=spoken)
    assert not found.measured.labelled
    assert [(turn.start_ms, turn.end_ms) for turn in found.measured.truth.turns] == [(960, 3200), (8000, 8960)]
    assert found.measured.times["first_sound_ms"] == near(500)
    assert {"cut_ins", "talk_over_s", "barge_in_stop_ms"} <= set(found.left_out)


def test_audio_is_heard_as_it_arrives_and_cleared_audio_is_not() -> None:
    earpiece = Earpiece()
    earpiece.arrive(voice(3000), 100 * PER_MS)  # all at once, as some agents send
    assert earpiece.until == 3100 * PER_MS
    earpiece.clear(600 * PER_MS)
    assert earpiece.until == 600 * PER_MS
    assert np.any(earpiece.heard(590 * PER_MS, 600 * PER_MS))
    assert not np.any(earpiece.heard(600 * PER_MS, 4000 * PER_MS))
    earpiece.arrive(voice(100), 2000 * PER_MS)
    earpiece.arrive(voice(100), 2010 * PER_MS)
    assert np.flatnonzero(earpiece.heard(0, 4000 * PER_MS))[-1] // PER_MS == 2199


def test_a_delay_is_made_up_too_when_the_agents_clock_is_ahead_of_the_callers() -> None:
    earpiece = Earpiece()
    for at_ms in range(0, 2000, 20):
        earpiece.arrive(silence(20), max(0, at_ms - 500) * PER_MS)  # the caller's clock stood still for 0.5 s
    assert earpiece.until == 1500 * PER_MS
    earpiece.arrive(voice(100), 1500 * PER_MS)
    assert np.flatnonzero(earpiece.heard(0, 3000 * PER_MS))[0] // PER_MS == 1500


def test_pauses_of_an_agent_that_sends_ahead_are_measured() -> None:
    earpiece = Earpiece()
    said = np.concatenate([voice(1000), silence(300), voice(1000)])
    for first in range(0, len(said), 320):
        earpiece.arrive(said[first : first + 320], 100 * PER_MS + first // 20)  # twenty times as fast as it speaks
    assert earpiece.until == 2400 * PER_MS
    assert not np.any(earpiece.heard(1100 * PER_MS, 1400 * PER_MS))
    assert np.any(earpiece.heard(2300 * PER_MS, 2400 * PER_MS))


@pytest.mark.slow
def test_an_agent_is_heard_however_long_it_was_silent() -> None:
    earpiece = Earpiece()
    earpiece.arrive(voice(100), 200_000 * PER_MS)
    earpiece.arrive(voice(900_000), 201_000 * PER_MS)
    for at_ms in (200_050, 201_000, 1_100_000):
        assert np.any(earpiece.heard(at_ms * PER_MS, (at_ms + 10) * PER_MS))


def test_a_delay_of_the_network_is_made_up_in_the_silence_of_an_agent_that_sends_it() -> None:
    earpiece = Earpiece()
    for at_ms in range(0, 1000, 20):
        earpiece.arrive(silence(20), at_ms * PER_MS)
    for at_ms in range(1000, 1500, 20):
        earpiece.arrive(voice(20), max(at_ms, 1300) * PER_MS)  # 300 ms late
    assert earpiece.until == 1800 * PER_MS
    for at_ms in range(1500, 2000, 20):
        earpiece.arrive(silence(20), at_ms * PER_MS)
    earpiece.arrive(voice(100), 2000 * PER_MS)
    assert np.flatnonzero(earpiece.heard(1900 * PER_MS, 3000 * PER_MS))[0] // PER_MS == 100


def test_an_elastic_caller_reacts_to_what_it_has_heard() -> None:
    earpiece = Earpiece()
    ear = AgentActivityDetector(earpiece)
    for start_ms, end_ms in ((1000, 1300), (2000, 4000)):
        earpiece.arrive(voice(end_ms - start_ms), start_ms * PER_MS)
    known = {}
    for now_ms in range(0, 6000, 10):
        ear.listen(now_ms)
        known[now_ms] = (ear.last_finished_response_ms, ear.response_sounding_since_ms)
    assert known[1900] == (None, None)  # 0.3 s may be a filler
    assert known[2500] == (None, None)
    assert known[3100] == (None, 2000)
    assert known[4000 + SURE_MS] == (4000, None)
    ear.asked_ms = 5000  # the caller has spoken meanwhile
    assert ear.last_finished_response_ms is None
    only_short = Earpiece()
    only_short.arrive(voice(300), 0)
    ear = AgentActivityDetector(only_short)
    ear.listen(FILLER_WAIT_MS)
    assert not ear.idle
    ear.listen(FILLER_WAIT_MS + 310)
    assert ear.last_finished_response_ms == 300
