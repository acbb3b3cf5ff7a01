"""The label files are consistent."""

import itertools

import pytest

from tests.recordings.bundle import IDS, Span, recording

EDGE = 1e-6


def ordered(spans: list[Span]) -> bool:
    return all(a[1] <= b[0] + EDGE for a, b in itertools.pairwise(spans)) and all(s < e for s, e in spans)


def within(inner: Span, outer: Span) -> bool:
    return outer[0] - EDGE <= inner[0] and inner[1] <= outer[1] + EDGE


@pytest.mark.parametrize("name", IDS)
def test_every_span_lies_in_the_file(name: str) -> None:
    found = recording(name)
    fields = ("speech", "turns", "agent", "backchannels", "noises", "events", "hesitations", "moves")
    for field in fields:
        for span in found.spans(field):
            assert within(span, (0.0, found.label["duration_s"])), (field, span)


@pytest.mark.parametrize("name", IDS)
def test_spans_are_in_order_and_do_not_overlap(name: str) -> None:
    found = recording(name)
    for field in ("speech", "turns", "agent", "backchannels", "hesitations", "events", "moves"):
        assert ordered(found.spans(field)), field


@pytest.mark.parametrize("name", IDS)
def test_identity(name: str) -> None:
    label = recording(name).label
    assert label["id"] == name
    assert label["audio"] == f"{name}.flac"
    assert label["licence"] == "Apache-2.0"
    assert label["label_origin"] == "construction"
    assert label["title"]
    assert len(label["title"]) <= 32
    assert label["description"].count(".") == 1 or "." in label["description"][:-1]
    assert label["kind"] in {"dialogue", "hesitation", "interruption", "noise", "pause"}


@pytest.mark.parametrize("name", IDS)
def test_turns_begin_and_end_with_speech(name: str) -> None:
    found = recording(name)
    speech = found.spans("speech")
    turns = found.spans("turns")
    assert len(turns) >= 4
    for start, end in turns:
        held = [s for s in speech if within(s, (start, end))]
        assert held[0][0] == pytest.approx(start, abs=1e-9)
        assert held[-1][1] == pytest.approx(end, abs=1e-9)
    whole = turns + found.spans("backchannels")
    assert all(any(within(s, w) for w in whole) for s in speech)
    assert all(turn["text"] for turn in found.label["turns"])


def test_most_recordings_have_six_turns() -> None:
    assert sum(len(recording(name).label["turns"]) >= 6 for name in IDS) > len(IDS) / 2


@pytest.mark.parametrize("name", IDS)
def test_an_agent_has_room_to_answer(name: str) -> None:
    found = recording(name)
    for (_, end), (start, _) in itertools.pairwise(found.spans("turns")):
        interrupting = any(e["type"] == "interruption" and e["start_s"] == start for e in found.label["events"])
        assert (1.5 if interrupting else 2.5) <= start - end <= 5.0, (end, start)


@pytest.mark.parametrize("name", IDS)
def test_the_agent_and_the_caller_alternate(name: str) -> None:
    found = recording(name)
    interruptions = [(e["start_s"], e["end_s"]) for e in found.label["events"] if e["type"] == "interruption"]
    for turn in found.spans("turns"):
        if turn not in interruptions:
            assert not any(a[0] < turn[1] and turn[0] < a[1] for a in found.spans("agent")), turn


@pytest.mark.parametrize("name", IDS)
def test_events_happen_while_the_agent_talks(name: str) -> None:
    found = recording(name)
    for event in found.label["events"]:
        span = (event["start_s"], event["end_s"])
        assert any(within(span, window) for window in found.spans("agent")), event
        assert event["should_barge_in"] is (event["type"] == "interruption")
        home = {"interruption": "turns", "backchannel": "backchannels", "noise": "noises"}[event["type"]]
        assert span in found.spans(home)


@pytest.mark.parametrize("name", IDS)
def test_interruptions_are_continuous_speech_and_backchannels_are_short(name: str) -> None:
    found = recording(name)
    for event in found.label["events"]:
        span = (event["start_s"], event["end_s"])
        if event["type"] == "interruption":
            first = next(s for s in found.spans("speech") if s[0] == span[0])
            assert first[1] - first[0] >= 1.0
            assert event["speech_0_8s_reached_s"] == pytest.approx(span[0] + 0.8)
        if event["type"] == "backchannel":
            assert span[1] - span[0] < 0.7


@pytest.mark.parametrize("name", IDS)
def test_hesitations_are_silences_inside_one_turn(name: str) -> None:
    found = recording(name)
    for pause in found.spans("hesitations"):
        assert any(t[0] < pause[0] and pause[1] < t[1] for t in found.spans("turns"))
        assert pause[0] in [s[1] for s in found.spans("speech")]
        assert pause[1] in [s[0] for s in found.spans("speech")]


def test_someone_thinks_aloud_for_0_6_to_2_seconds() -> None:
    pauses = [round(e - s, 3) for s, e in recording("thinking").spans("hesitations")]
    assert len(pauses) >= 6
    assert (min(pauses), max(pauses)) == (0.6, 2.0)


@pytest.mark.parametrize("name", IDS)
def test_each_move_holds_one_sound_with_room_around_it(name: str) -> None:
    found = recording(name)
    noises = [(e["start_s"], e["end_s"]) for e in found.label["events"] if e["type"] == "noise"]
    sounds = sorted(found.spans("turns") + found.spans("backchannels") + noises)
    moves = found.spans("moves")
    assert len(moves) == len(sounds)
    for move, sound in zip(moves, sounds, strict=True):
        assert move[0] <= sound[0] - 0.05 + EDGE
        assert move[1] >= sound[1] + 0.30 - EDGE


@pytest.mark.parametrize("name", IDS)
def test_anchors_agree_with_the_agent_windows(name: str) -> None:
    found = recording(name)
    first, *rest = found.moves()
    if "greeting" not in found.scenario:
        assert first["anchor"] == {"at": first["start_s"]}
    for move in rest if first["anchor"].keys() == {"at"} else (first, *rest):
        ((anchor, delay),) = move["anchor"].items()
        if move["kind"] == "turn":
            assert anchor == "after_agent"
            assert 0.4 <= delay <= 1.5
            before = max(end for _, end in found.spans("agent") if end <= move["start_s"])
            assert move["start_s"] - before == pytest.approx(delay, abs=1e-6)
        else:
            assert anchor == "into_agent"
            assert 0.6 <= delay <= 2.5
            begun = max(start for start, _ in found.spans("agent") if start <= move["start_s"])
            assert move["start_s"] - begun == pytest.approx(delay, abs=1e-6)
