"""Limits on readouts: their syntax, their checks, and what they refuse."""

from __future__ import annotations

import pytest

from simulator.measures.limits import LimitError, parse_figure, parse_limit, parse_limits

READOUTS = {
    "labelled": True,
    "response_ms": {"p50": 1250.0, "p90": 2731.4, "p95": 2900.0, "max": 3000.0, "n": 40},
    "filler_overhang_ms": {"p50": None, "p90": None, "p95": None, "max": None, "n": 0},
    "cut_ins": {"count": 29, "of": 1000},
    "false_barge_ins": {"count": 0, "of": 0},
    "dead_air_s": 12.5,
}


@pytest.mark.parametrize(
    ("text", "met", "sentence"),
    [
        ("response.p90<=2500ms", False, "response after turn p90 2731.4 ms, above 2500 ms"),
        ("response_ms.p50<=1.3s", True, "response after turn p50 1.25 s, within 1.3 s"),
        (" response.max < 3s ", False, "response after turn max 3 s, not below 3 s"),
        ("cut_ins<=2.9%", True, "cut-ins 29 of 1000 turns (2.9 %), within 2.9 %"),
        ("cut_ins<=28", False, "cut-ins 29 of 1000 turns, above 28"),
        ("cut_ins>=3%", False, "cut-ins 29 of 1000 turns (2.9 %), below 3 %"),
        ("dead_air<=12500ms", True, "dead air 12500 ms, within 12500 ms"),
        ("dead_air_s>12.5s", False, "dead air 12.5 s, not above 12.5 s"),
        ("filler_overhang.p50<=1s", None, "not judged, as there was nothing to measure filler overhang on"),
        ("false_barge_ins<=1", None, "not judged, as there was nothing to measure false barge-ins on"),
        ("talk_over<=1s", None, "not judged, as talk-over was not measured"),
    ],
)
def test_a_limit_is_checked_against_readouts(text: str, met: bool | None, sentence: str) -> None:
    judged = parse_limit(text).judge(READOUTS)
    assert judged.met is met
    assert judged.sentence == f"{text.strip()}: {sentence}"


def test_a_limit_says_why_a_readout_is_missing() -> None:
    limit = parse_limit("missed_turns<=2%")
    assert "needs labels, which these recordings do not have" in limit.judge({"labelled": False}).sentence
    assert limit.judge({}, {"missed_turns": "both sides are mixed."}).sentence.endswith(
        "missed turns is left out: both sides are mixed"
    )


def test_a_goal_is_a_figure_of_which_a_count_is_its_share() -> None:
    assert parse_figure("response.p50").measured(READOUTS) == 1250.0
    assert parse_figure("cut_ins").measured(READOUTS) == 0.029
    assert parse_figure("talk_over").measured(READOUTS) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cutins<=3%", "there is no readout cutins; did you mean cut_ins?"),
        ("respnse.p50<=1s", "did you mean response?"),
        ("zzz<=1", "docs/readouts.md lists them"),
        ("response<=1s", "response has several figures; write response. and p50, p90, p95 or max"),
        ("response.p99<=1s", "response has no p99"),
        ("response.mean<=1s", "response has no mean"),
        ("cut_ins.p50<=1%", "cut_ins is one figure"),
        ("cut_ins<=3ms", "ms is not a unit of cut_ins; write a share such as 3%"),
        ("response.p50<=1300", "the unit is missing; write ms or s"),
        ("dead_air<=5%", "% is not a unit of dead_air"),
        ("cut_ins<=2.5", "a count is a whole number"),
        ("cut_ins<=120%", "a share is at most 100 %"),
        ("cut_ins=3%", "is not a limit; write one such as cut_ins<=3%"),
        ("cut_ins<=-1%", "is not a limit"),
        ("cut_ins<=nan%", "is not a limit"),
        ("", "is not a limit"),
    ],
)
def test_an_invalid_limit_gets_one_sentence(text: str, said: str) -> None:
    with pytest.raises(LimitError) as error:
        parse_limit(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("texts", "contradict"),
    [
        (("cut_ins<=3%", "cut_ins>=5%"), True),
        (("cut_ins>=5%", "cut_ins<=3%"), True),
        (("cut_ins<3%", "cut_ins>=3%"), True),
        (("cut_ins<=3%", "cut_ins>=3%"), False),
        (("cut_ins<=0", "cut_ins>=1%"), True),
        (("cut_ins<=2", "cut_ins>=1%"), False),
        (("response.p50>=2s", "response.p90<=1500ms"), True),
        (("response.p90>=2s", "response.p50<=1500ms"), False),
        (("response.p50>=2s", "first_sound.p50<=1s"), False),
    ],
)
def test_limits_that_exclude_each_other_are_refused(texts: tuple[str, ...], contradict: bool) -> None:
    if not contradict:
        assert [limit.text for limit in parse_limits(texts)] == list(texts)
        return
    with pytest.raises(LimitError, match="contradict each other"):
        parse_limits(texts)
