"""Barge-in and voice activity scored against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.silero_reference import reference_spans
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.engine.events import Event
from simulator.labels import AgentEvent, Labels, Span, Turn
from simulator.measures.scoring import (
    FrameScore,
    Group,
    Scored,
    ScoredEvent,
    barge_in_scores,
    group_of,
    happened,
    happened_alone,
    score_barge_in,
    score_frames,
    scores_anything,
    voice_scores,
)
from simulator.recording import open_recording
from tests.simulator.tracks import Speech, play_track

MS = 32


def _event(kind: str, start: int, end: int, **more: Any) -> AgentEvent:
    wanted = kind == "interruption"
    return AgentEvent(type=kind, start_s=start * MS / 1000, end_s=end * MS / 1000, should_barge_in=wanted, **more)


def _found(track: list[Speech], *events: AgentEvent, **labels: Any) -> tuple[ScoredEvent, ...]:
    """Return the scores for an agent that talks from 1 s to 20 s."""
    truth = Labels(agent=((1.0, 20.0),), events=events, **labels)
    run = play_track(track, labels=truth, mode="scripted")
    return happened(run.played.events, truth)


def test_an_interruption_that_stops_the_agent_is_a_hit_timed_from_its_labelled_onset() -> None:
    # heard from frame 102, labelled from 100: 0.8 s of it is known at frame 127, and stopping takes 60 ms
    (one,) = _found([Speech(102, 160)], _event("interruption", 100, 160))
    assert (one.kind, one.fate, one.stop_ms) == ("long interruption", "stopped", 27 * MS + 60)


def test_a_short_interruption_is_missed_and_counted_apart() -> None:
    (one,) = _found([Speech(100, 120)], _event("interruption", 100, 120))
    assert (one.kind, one.fate, one.stop_ms) == ("short interruption", "missed", None)


def test_coughs_noises_and_backchannels_are_false_alarms_only_if_they_stop_the_agent() -> None:
    track = [Speech(100, 110), Speech(150, 160), Speech(200, 240)]
    events = (
        _event("backchannel", 100, 110),
        _event("noise", 150, 160, what="double_cough"),
        _event("noise", 200, 240, what="door"),
        _event("noise", 300, 310, what="door"),
    )
    found = {(score.kind): score for score in score_barge_in(_found(track, *events))}
    assert {kind: (s.stopped, s.over_agent, s.labelled) for kind, s in found.items()} == {
        "backchannel": (0, 1, 1),
        "cough": (0, 1, 1),
        "other noise": (1, 1, 2),  # the second door finds the agent already silent
    }


def test_each_event_is_scored_against_a_talking_agent() -> None:
    track = [Speech(100, 140), Speech(200, 240), Speech(300, 360), Speech(450, 490)]
    truth = Labels(
        agent=((1.0, 20.0),),
        events=(
            _event("noise", 100, 140, what="laugh"),
            _event("backchannel", 200, 240),
            _event("interruption", 300, 360),
        ),
    )

    def replay(windows: tuple[Span, ...]) -> tuple[Event, ...]:
        there = truth.model_copy(update={"agent": windows})
        return play_track(track, labels=there, mode="scripted").played.events

    assert [one.fate for one in happened(replay(truth.agent), truth)] == [
        "not over the agent",
        "stopped",
        "not over the agent",
    ]
    alone = happened_alone(truth, replay)
    assert [(one.kind, one.fate) for one in alone] == [
        ("long interruption", "stopped"),
        ("other noise", "stopped"),
        ("backchannel", "stopped"),
    ]


def test_a_barge_in_without_a_label_is_reported_and_causes_no_miss() -> None:
    found = _found([Speech(60, 100), Speech(200, 260)], _event("interruption", 200, 260))
    assert [(one.kind, one.fate) for one in found] == [
        ("long interruption", "not over the agent"),
        ("nothing labelled", "stopped"),
    ]


def test_an_agent_that_had_finished_is_not_a_miss() -> None:
    (one,) = _found([Speech(610, 620)], _event("interruption", 610, 640))
    assert one.fate == "ended"


def test_a_turn_over_the_agent_counts_only_if_it_is_labelled_an_interruption() -> None:
    turns = (Turn(start_s=3.2, end_s=5.12),)
    assert _found([Speech(100, 160)], turns=turns) == (), "neither missed nor a false alarm"
    (one,) = _found([Speech(100, 160)], _event("interruption", 100, 160), turns=turns)
    assert (one.kind, one.fate) == ("long interruption", "stopped")


def test_an_agent_that_is_already_stopping_is_not_a_hit_for_the_next_event() -> None:
    # the first speech triggers at frame 85, and the sound ends 60 ms later, after the interruption's onset
    (one,) = _found([Speech(60, 85), Speech(95, 160)], _event("interruption", 86, 160))
    assert (one.fate, one.stop_ms) == ("not over the agent", None)


def test_frames_are_counted_by_their_middle() -> None:
    # frames 0…9; labelled 2…5 (64…192 ms), detected 4…7
    score = score_frames([(128, 256)], [(0.064, 0.192)], 10)
    assert score == FrameScore(both=2, only_detected=2, only_labelled=2)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    assert score_frames([], [(0.045, 0.06)], 10).only_labelled == 1  # 48 ms, the middle of frame 1, is inside
    assert FrameScore().f1 is None


def test_labels_say_what_can_be_scored_and_where_it_belongs() -> None:
    assert not scores_anything(None)
    assert not scores_anything(Labels())
    assert scores_anything(Labels.model_validate({"speech": []}))
    assert group_of(Labels.model_validate({"kind": "pause", "condition": {"hard": True}})) == Group(True, "pause")
    assert group_of(Labels()) == Group(False, "other")


def test_hard_recordings_and_those_labelled_by_people_are_apart() -> None:
    def scored(hard: bool, human: bool) -> Scored:
        hit = ScoredEvent("backchannel", 0, 100, "let pass")
        return Scored(Group(hard, "x"), human, (), FrameScore(1, 1, 1), {"arm": (hit,)})

    mixed = [scored(False, False), scored(False, True), scored(True, True), scored(False, False)]
    assert {name: count for name, (count, _) in voice_scores(mixed).items()} == {
        "labelled by people": 1,
        "composed": 2,
        "hard": 1,
    }
    assert {hard: scores[0].labelled for hard, scores in barge_in_scores(mixed, "arm").items()} == {
        False: 3,
        True: 1,
    }


@pytest.mark.parametrize(
    ("frames", "spans"),
    [
        ([0.9] * 10, [(0, 320)]),  # speech at the end stops there
        ([0.9] * 7, []),  # 224 ms is too short
        ([0.0] * 5 + [0.9] * 10 + [0.0] * 9, [(130, 510)]),  # 160…480 ms and 30 ms on either side
        ([0.9] * 10 + [0.0] * 4 + [0.9] * 10, [(0, 768)]),  # a gap of 96 ms is no end: 128 ms is needed
        ([0.9] * 10 + [0.0] * 5 + [0.9] * 10, [(0, 350), (450, 800)]),
        ([0.9] * 10 + [0.4] * 20 + [0.9] * 10, [(0, 1280)]),  # above 0.35 nothing ends
    ],
)
def test_the_reference_does_what_silero_documents(frames: list[float], spans: list[tuple[int, int]]) -> None:
    assert reference_spans(frames, len(frames) * MS) == spans


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "last"),
    [pytest.param(52, 59, id="labelled by people"), pytest.param(10, 14, id="pauses placed exactly")],
)
def test_voice_activity_is_within_two_hundredths_of_sileros_own(corpus: Path, first: int, last: int) -> None:
    ours, theirs = FrameScore(), FrameScore()
    for number in range(first, last + 1):
        recording = open_recording(corpus / f"dev-{number:03}.flac")
        assert recording.labels is not None
        activity = analyze(recording.source, SilenceOnly())
        frames = len(activity.probability)
        spans = [(span.start_ms, span.end_ms) for span in activity.spans]
        ours += score_frames(spans, recording.labels.speech, frames)
        reference = reference_spans(activity.probability.tolist(), activity.duration_ms)
        theirs += score_frames(reference, recording.labels.speech, frames)
    assert ours.f1 is not None
    assert theirs.f1 is not None
    assert ours.f1 > theirs.f1 - 0.02
    assert ours.f1 > 0.9
