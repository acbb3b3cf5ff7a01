"""Sweeps over scripted callers: the choice and its certainty, resuming after a stop, and refusals."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from presets.config import VoiceConfig
from simulator.errors import SimulatorError
from simulator.executors import open_executor
from simulator.measures.limits import parse_figure
from simulator.sweep.facts import Resampled
from simulator.sweep.goals import goal_of, load_goal, shipped_goals
from simulator.sweep.plan import SweepCall, SweepError, SweepPlan, plan_of, resolved, sweep_call
from simulator.sweep.rehearsal import Rehearsal
from simulator.sweep.result import SweepProgress, SweepResult, read_result
from simulator.sweep.run import run
from simulator.sweep.space import parse_range
from simulator.sweep.split import split_calls
from tests.simulator.sweep_calls import calls_that_differ, small_plan, thinking_call
from tests.simulator.test_executors import dask


def swept(plan: SweepPlan, calls: Sequence[SweepCall], journals: Path | None = None, **more: Any) -> SweepResult:
    """Return the result of a sweep in this process."""
    with open_executor(1) as executor:
        return run(plan, calls, executor, journals, **more)


def told(result: SweepResult) -> dict[str, Any]:
    """Return a result's JSON without its duration."""
    return {name: value for name, value in result.to_json().items() if name != "timing"}


@pytest.mark.slow
def test_a_sweep_that_was_stopped_goes_on_to_the_result_it_would_have_had(tmp_path: Path) -> None:
    plan = small_plan("response.p50", "cut_ins=0.05", limits=("hanging_turns<=50%",), budget=24)
    calls = [thinking_call(number) for number in range(4)]
    seen: list[SweepProgress] = []
    stopped = swept(plan, calls, tmp_path, on_progress=seen.append, cancelled=lambda: len(seen) > 1)
    assert not stopped.complete
    assert stopped.recommended is not None
    (journal,) = tmp_path.iterdir()
    with journal.open("ab") as file:
        file.write(b'{"fold": 0, "config": {"max_buf')  # as a kill leaves it
    seen.clear()
    whole = swept(plan, calls, tmp_path, on_progress=seen.append)
    assert 4 < seen[-1].resumed < len(whole.settings)
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert all(one.resumed <= one.done for one in seen)
    assert seen[-1].done == seen[-1].of == 24
    assert not any(tmp_path.iterdir())
    other_order = swept(plan, calls[::-1])
    assert told(whole) == told(other_order)
    assert told(swept(replace(plan, seed=1), calls)) != told(whole)
    written = tmp_path / "result.json"
    written.write_text(json.dumps(whole.to_json()))
    assert read_result(written) == whole
    written.write_text(json.dumps({**whole.to_json(), "settings": None}))
    with pytest.raises(SweepError, match=r"is not a complete turnlab.sweep/1"):
        read_result(written)


@pytest.mark.slow
def test_a_full_disk_is_reported_and_tried_settings_stay(tmp_path: Path) -> None:
    plan, calls = small_plan(budget=24), [thinking_call(number) for number in range(4)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(progress: SweepProgress) -> None:
        if progress.done:
            resource.setrlimit(resource.RLIMIT_FSIZE, (next(tmp_path.iterdir()).stat().st_size + 20, hard))

    try:
        with pytest.raises(SweepError, match="make room, and run the sweep again"):
            swept(plan, calls, tmp_path, on_progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    resumed: list[int] = []
    again = swept(plan, calls, tmp_path, on_progress=lambda progress: resumed.append(progress.resumed))
    assert resumed[-1] > 0
    assert told(again) == told(swept(plan, calls))


def test_a_setting_without_an_effect_is_not_recommended() -> None:
    plan = small_plan(budget=12)
    ranges = [parse_range("progress_interval_ms"), parse_range("filler_cooldown_ms")]
    idle = plan_of(plan.goal, ranges, VoiceConfig(filler_style="silent"), (), {}, plan.profile, budget=12)
    result = swept(idle, [thinking_call(number) for number in range(4)])
    assert result.recommended is not None
    assert result.recommended.changes == ()
    assert not result.recommended.distinguishable
    assert result.verdict.startswith("Keep what you have")


def test_an_unattainable_limit_names_the_obstacle() -> None:
    plan = small_plan(limits=("cut_ins<=1%", "response.p50<=750ms", "first_sound.p90<=1ms"), budget=16)
    result = swept(plan, [thinking_call(number) for number in range(4)])
    assert result.recommended is not None
    assert result.recommended.nearest
    assert not any(one.meets_limits for one in result.settings)
    in_the_way = {sentence.split(":")[0]: sentence for sentence in result.obstacles}
    assert "no setting of" in in_the_way["first_sound.p90<=1ms"]
    assert "the nearest is shown" in result.verdict


@pytest.mark.slow
def test_a_limit_broken_on_confirmation_is_reported_first() -> None:
    """The confirming callers pause to think; the choosing ones do not."""
    calls = calls_that_differ()
    none = swept(small_plan(limits=("cut_ins<=1%",), budget=12), calls)
    assert none.recommended is not None
    assert none.recommended.limits[0].met_where_chosen is not False
    assert none.recommended.limits[0].met_where_confirmed is False
    breaks = "on callers left out of the choice, what was chosen breaks"
    first = f"No tried setting is confirmed within the limits: {breaks} cut_ins<=1%. "
    assert none.verdict.startswith(f"{first}Nearest: ")  # today's settings break it too
    patient = VoiceConfig(eager_eot_threshold=0.1)
    known = {"patient": patient, "eager": VoiceConfig(eager_eot_threshold=0.9, max_buffer_delay_ms=200)}
    other = swept(replace(small_plan(limits=("cut_ins<=12%",), budget=12), presets=known), calls)
    assert other.verdict.startswith("The setting that was found is not confirmed within the limits: ")
    assert "Within every limit there: patient." in other.verdict
    turned = calls_that_differ("choose")
    slow = swept(replace(small_plan(limits=("cut_ins<=12%",), budget=30, today=patient), presets=known), turned)
    assert "By the goal it does worse than eager. A preset here stands for today's settings with " in slow.verdict
    worse = swept(small_plan(limits=("cut_ins<=12%",), budget=30, today=patient), calls)
    assert worse.recommended is not None
    assert not worse.recommended.distinguishable
    assert worse.verdict.startswith("The setting that was found is not confirmed within the limits: ")
    assert f"{breaks} cut_ins<=12%. Keep what you have, which does not break cut_ins<=12%: " in worse.verdict


def test_no_caller_is_used_both_to_choose_and_to_confirm() -> None:
    calls = [thinking_call(number, caller=f"caller {number % 25}") for number in range(60)]
    (fold,) = split_calls(calls, 0).folds
    assert sorted((*fold.choose, *fold.confirm)) == list(range(60))
    assert not {calls[one].caller for one in fold.choose} & {calls[one].caller for one in fold.confirm}
    assert abs(len(fold.choose) - len(fold.confirm)) <= 3
    few = split_calls(calls[:7], 0)
    assert [len(one.confirm) for one in few.folds] == [2, 2, 2, 1]
    assert few.confirmed_on == tuple(range(7))
    named = sweep_call(replace(calls[1].recording, id="a copy"), thinking_call(1).activity)
    assert named.caller == thinking_call(1).caller
    one_person = split_calls([thinking_call(number, caller="one") for number in range(3)], 0)
    assert one_person.alone
    assert len(one_person.folds) == 3


def test_limits_that_calls_cannot_judge_are_reported_before_the_work() -> None:
    unlabelled = [thinking_call(number, labelled=False) for number in range(4)]
    with pytest.raises(SweepError, match="one call cannot both choose a setting and confirm it"):
        swept(small_plan(), unlabelled[:1])
    with pytest.raises(SweepError, match="cut_ins needs labels to measure cut-ins, and none of these 4 calls"):
        swept(small_plan("cut_ins"), unlabelled)
    one_labelled = [*unlabelled[:3], thinking_call(3)]
    with pytest.raises(SweepError, match="cut_ins needs calls of more callers to measure cut-ins on"):
        swept(small_plan("cut_ins"), one_labelled)
    with pytest.raises(SweepError, match="one call cannot both"):
        swept(small_plan(), [unlabelled[0], replace(unlabelled[0], id="a copy")])
    two_labelled = [thinking_call(number, labelled=number in (3, 7)) for number in range(30)]
    (fold,) = split_calls(two_labelled, 0).folds
    assert (3 in fold.choose) == (7 in fold.confirm)
    result = swept(small_plan(limits=("cut_ins<=3%", "hanging_turns<=50%"), budget=10), unlabelled)
    assert result.unjudged == ("cut_ins<=3%",)
    assert [one.limit for one in result.recommended.limits] == ["hanging_turns<=50%"]  # type: ignore[union-attr]
    assert any(note.startswith("cut_ins<=3% cannot be judged") for note in result.notes)
    assert result.verdict.startswith("cut_ins<=3% (not measured on these calls) could not be judged.")
    assert result.recommended is not None
    assert result.to_json()["recommended"]["standing"] == "not judged"
    assert "So nothing is recommended: label more turns, or sweep without these limits. By the g" in result.verdict
    assert "Change " not in result.verdict
    assert "cut_ins" not in result.settings[0].chosen
    few = swept(small_plan(limits=("cut_ins<=4%", "response.p95<=60s"), budget=10), two_labelled[3:8])
    (cut_ins, response) = few.recommended.limits  # type: ignore[union-attr]
    assert response.met_where_confirmed
    if cut_ins.met_where_confirmed is None:
        assert few.verdict.startswith("cut_ins<=4% (10 of the 25 turns that it takes) could not be judged. ")
    else:
        assert "too few (cut_ins<=4%: 10 of the 25 turns that it takes): sweep over more" in few.verdict
    assert cut_ins.sentence.endswith("judged on 10 of the 25 turns that it takes")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eager_eot_treshold", "did you mean eager_eot_threshold?"),
        ("tts_provider=cartesia", "is not simulated"),
        ("filler_vocabulary", "holds words"),
        ("eot_timeout_ms=900..300", "the range is empty"),
        ("max_buffer_delay_ms=100..500", "must be 200..1000"),
        ("eot_timeout_ms=300..inf", "more than 1,000 values"),
        ("eot_timeout_ms=300..1e12", "more than 1,000 values"),
        ("max_response_words=5.2..5.8", "no whole number"),
        ("max_buffer_delay_ms=quick", "max_buffer_delay_ms=200..1000"),
        ("tts_model=sonic-4", "it is one of sonic-turbo, sonic-3"),
    ],
)
def test_an_invalid_range_is_refused(text: str, said: str) -> None:
    with pytest.raises(SimulatorError) as refused:
        parse_range(text)
    assert said in str(refused.value)


def test_ranges_hold_what_was_asked_for() -> None:
    assert parse_range("max_response_words=1.2..2.8").low == parse_range("max_response_words=1.2..2.8").high == 2
    plan = small_plan()
    twice = [parse_range("eot_timeout_ms=300..800"), parse_range("eot_timeout_ms")]
    with pytest.raises(SimulatorError, match="eot_timeout_ms: is given twice"):
        plan_of(plan.goal, twice, VoiceConfig(), (), {}, plan.profile)


def test_goals_are_files(tmp_path: Path) -> None:
    assert list(shipped_goals()) == ["patient", "quick", "voicesim"]
    mine = tmp_path / "mine.json"
    mine.write_text(shipped_goals()["quick"].read_text().replace("cut_ins<=5%", "cut_ins<=2%"))
    goal = load_goal(str(mine)).with_limits(["cut_ins<=1%", "response.p90<=3s"])
    assert [one.text for one in goal.limits if one.figure == parse_figure("cut_ins")] == ["cut_ins<=1%"]
    assert goal.limits[-1].text == "response.p90<=3s"
    mine.write_text(mine.read_text().replace("response.p50", "respond.p50"))
    for bad in ("quik", str(mine), str(tmp_path / "none.json")):
        with pytest.raises(SimulatorError, match=r"did you mean|no such file"):
            load_goal(bad)
    with pytest.raises(SimulatorError, match="is not a weight"):
        goal_of(["response.p50=much"])


@pytest.mark.slow
def test_the_choice_matches_the_best_of_an_exhaustive_grid() -> None:
    """On the confirming callers, against every setting of the grid, tried one by one."""
    calls = [thinking_call(number) for number in range(32)]
    plan = small_plan("response.p50", "cut_ins=0.05", budget=24)
    result = swept(plan, calls)
    assert result.folds == 1
    assert result.recommended is not None
    confirming = [call for call in calls if call.id in result.confirmed_on]
    names = [one.field.name for one in plan.space.dimensions]
    grid = [
        plan.space.config(dict(zip(names, values, strict=True)))
        for values in product(*(one.values for one in plan.space.dimensions))
    ]
    assert len(grid) > plan.budget

    def points(config: VoiceConfig) -> np.ndarray:
        facts = [alone[call.id].values(resolved(plan, config)) for call in confirming]
        return resampled.points(plan.goal.terms, facts)

    alone = {call.id: Rehearsal(call.recording, call.activity, plan.profile, seed=plan.seed) for call in confirming}
    resampled = Resampled([call.caller for call in confirming])
    by_config = {config: points(config) for config in grid}
    best = min(by_config.values(), key=lambda found: float(np.mean(found)))
    chosen = by_config[result.settings[result.recommended.index].config]
    worst = max(by_config.values(), key=lambda found: float(np.mean(found)))
    assert np.quantile(chosen - best, 0.025) <= 0
    assert np.quantile(worst - best, 0.025) > 0
    assert any(one.dropped for one in result.settings)


@pytest.mark.slow
def test_a_cluster_of_which_a_worker_is_killed_finds_the_same() -> None:
    plan = small_plan("response.p50", "cut_ins=0.05", budget=24)
    calls = [thinking_call(number) for number in range(24)]
    killed: list[int] = []

    def kill_one(_: SweepProgress) -> None:
        if not killed:
            with connect(address, set_as_default=False) as client:
                killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    from distributed import Client

    connect: Any = Client
    with dask(2) as address, open_executor(cluster=address) as executor:
        on_cluster = run(plan, calls, executor, on_progress=kill_one)
    assert killed
    assert told(on_cluster) == told(swept(plan, calls))
