"""``turnlab simulate --echo-db``: the agent's echo, and that every report mentions it."""

from __future__ import annotations

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab, events_by_arm

CALL = bundled_folder() / "thinking.flac"
SCRIPTED = ("--replay", "scripted", "--eot", "silence")


@pytest.mark.slow
def test_every_readout_table_mentions_an_echo(turnlab: Turnlab) -> None:
    loud = turnlab("simulate", CALL, *SCRIPTED, "--echo-db", "6", "--echo-delay-ms", "150", "--json").json()
    assert loud["what_if"] == {"echo_db": 6.0, "echo_delay_ms": 150}
    assert loud["runs"][0]["readouts"]["false_barge_ins"]["count"] > 0
    told = " ".join(turnlab("simulate", CALL, *SCRIPTED, "--echo-db", "6", "--explain").out.split())
    assert "What if: the caller with echo −6 dB after 100 ms" in told


@pytest.mark.slow
def test_the_same_echo_repeats_in_any_order_of_arms(turnlab: Turnlab) -> None:
    knobs = (*SCRIPTED, "--echo-db", "10", "--telephone", "--json")
    forth = turnlab("simulate", CALL, "-c", "balanced", "-c", '{"barge_in_min_speech_s": 0.3}', *knobs).json()
    back = turnlab("simulate", CALL, "-c", '{"barge_in_min_speech_s": 0.3}', "-c", "balanced", *knobs).json()
    assert events_by_arm(forth) == events_by_arm(back)


def test_a_delay_without_an_echo_exits_with_2(turnlab: Turnlab) -> None:
    assert "give --echo-db too" in turnlab("simulate", CALL, "--echo-delay-ms", "50").one_line(2)
    assert "--echo-db" in turnlab("simulate", CALL, "--echo-db", "-3").one_line(2)
