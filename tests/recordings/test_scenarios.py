"""The agent's lines fit their calls."""

import re

import pytest

from tests.recordings.bundle import IDS, recording

EMOTIONS = {"friendly", "sympathetic", "calm", "enthusiastic", "serious", "cheerful", "curious", "content"}


def sentences(text: str) -> list[str]:
    """Sentences of `text`. The points in "Dr. Lee", "8 a.m." and "2.5 mg" do not end one."""
    masked = re.sub(r"\bDr\.", "Dr", re.sub(r"\b([ap])\.m\.(?= [a-z])", r"\1m", text))
    masked = re.sub(r"\b([ap])\.m\.", r"\1m.", masked)
    return re.split(r"(?<=[.?!])\s+", masked)


@pytest.mark.parametrize("name", IDS)
def test_there_is_an_answer_for_every_turn_and_one_to_spare(name: str) -> None:
    found = recording(name)
    spare = len(found.scenario["turns"]) - len(found.label["turns"])
    assert found.scenario["schema"] == "turnlab.scenario/1"
    assert 1 <= spare <= 2


@pytest.mark.parametrize("name", IDS)
def test_navigation_lines_are_well_formed_and_left_out_where_skipped(name: str) -> None:
    scenario = recording(name).scenario
    for turn in scenario["turns"]:
        skipped = scenario["states"][turn["state"]]["skip_navigation"]
        assert ("navigation" in turn) is not skipped
        if not skipped:
            code, longer, emotion, _filler = turn["navigation"].split(",", 3)
            assert re.fullmatch(r"[ae]\d+", code)
            assert longer in ("0", "1")
            assert emotion in EMOTIONS


def test_about_a_quarter_of_the_states_skip_navigation() -> None:
    states = [s["skip_navigation"] for n in IDS for s in recording(n).scenario["states"].values()]
    assert 0.2 <= sum(states) / len(states) <= 0.3


@pytest.mark.parametrize("name", IDS)
def test_responses_are_two_to_four_sentences_and_the_first_is_no_shorter_than_nine_words(name: str) -> None:
    for turn in recording(name).scenario["turns"]:
        found = sentences(turn["response"])
        assert 2 <= len(found) <= 4, turn["response"]
        assert 9 <= len(found[0].split()) <= 16, found[0]


@pytest.mark.parametrize("name", IDS)
def test_responses_that_are_talked_over_last_long_enough(name: str) -> None:
    found = recording(name)
    answered = -1
    for move in found.moves():
        if move["kind"] != "turn":
            said = found.scenario["turns"][answered]["response"] if answered >= 0 else found.scenario["greeting"]
            assert len(said.split()) >= 25
        if move["kind"] in ("turn", "interruption"):
            answered += 1


def test_abbreviations_with_points_are_in_there() -> None:
    text = " ".join(t["response"] for n in IDS for t in recording(n).scenario["turns"])
    assert "Dr. Lee" in text
    assert "8 a.m." in text
    assert "2.5 mg" in text
