"""``turnlab sweep``: a better setting, as a table or as ``turnlab.sweep/1``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from base.files import is_file, is_folder
from base.folders import sweeps_folder
from base.json_text import json_bytes
from presets.config import ConfigError, VoiceConfig
from presets.layers import Layer
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import Activity
from simulator.errors import SimulatorError
from simulator.executors import open_executor, runs_here
from simulator.executors.urls import Place, Url, place_of
from simulator.heard.call_folder import CallRecord, calls_in
from simulator.heard.check import ReplayedCall
from simulator.heard.replaying import Analysing, analyser_of
from simulator.measures.limits import Figure, LimitError
from simulator.recording import Recording, known_recordings
from simulator.sweep.goals import Goal, GoalError, goal_of, load_goal
from simulator.sweep.plan import SweepCall, SweepError, SweepPlan, plan_of, sweep_call
from simulator.sweep.result import Readouts, SweepProgress, SweepResult, TriedSetting
from simulator.sweep.run import judgeable, run
from simulator.sweep.search import needs_optuna
from simulator.sweep.space import Range, SpaceError, parse_range
from simulator.sweep.split import ONE_CALL
from simulator.sweep.wording import shown, value_words
from tui.cli.audio_options import Hearing, tell_about, tell_other_voices
from tui.cli.calls.checking import replayed_calls
from tui.cli.config_option import read_arms
from tui.cli.failure import CallError, Faults, WorkError, check_output, complain, write_output
from tui.cli.inputs import analyse, end_of_turn_judge, find, open_all, open_profile, progress
from tui.cli.tables import print_line, print_table
from tui.cli.working import outcomes
from tui.report.gate import Gate
from tui.report.turns import swept_json
from tui.user_presets import all_presets


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """The command's options."""

    names: list[str]
    goal: str
    minimize: list[str]
    limits: list[str]
    vary: list[str]
    today: str | None
    budget: int
    seed: int
    workers: int | None
    cluster: str | None
    profile: str
    eot: str | None
    hearing: Hearing
    out: Path | None
    force: bool


def sweep(request: SweepRequest, gate: Gate, *, as_json: bool) -> None:
    """Sweep and print. Raises :class:`CallError` before the work, and :class:`WorkError`."""
    faults = Faults()
    with gate.watching():
        result, turns = _result(request, faults)
    taken = result.recommended
    # without a setting to judge, no limit is met
    gate.judge({"recommended": {} if taken is None else taken.confirmed})
    shown = {**result.to_show(), **turns, "failed": faults.to_json(), **gate.to_json()}
    if request.out is not None:
        write_output(f"--out {request.out}", request.out, json_bytes(shown), force=request.force)
    if as_json:
        print(json.dumps(shown, allow_nan=False))
    else:
        print_result(result)
    gate.close(faults)
    faults.raise_any()


def _result(request: SweepRequest, faults: Faults) -> tuple[SweepResult, dict[str, Any]]:
    """Return the sweep's result, and the turns for a report."""
    goal = _goal(request)
    ranges = _ranges(request.vary)
    given = read_arms([request.today], option="--from")[0].config if request.today else None
    profile = open_profile(request.profile)
    if request.out is not None:
        check_output(f"--out {request.out}", request.out, force=request.force)
    presets, problems = all_presets()
    for problem in problems:
        complain(problem)
    try:
        needs_optuna()
        # an unreachable cluster is reported before any analysis
        with open_executor(request.workers, request.cluster) as executor:
            places, named = _recordings_and_calls(request.names)
            opened = open_all(find(places), request.hearing, faults, executor) if places else []
            if len(opened) + len(named) == 1 and not named:
                raise CallError(ONE_CALL)
            heard = _ready(named, request, faults, executor)
            today, inherited = _today(given, [one.record for one in heard])
            plan = plan_of(
                goal, ranges, today, inherited, presets, profile, budget=request.budget, seed=request.seed
            )
            calls = [sweep_call(one.recording, one.activity, one.record.phone_number or "") for one in heard]
            calls += _analysed(opened, request, faults, executor)
            result = _run(plan, calls, executor)
            return result, swept_json(plan, calls, result)
    except SpaceError as error:
        raise CallError(f"--vary {error}") from None
    except SimulatorError as error:
        raise WorkError(str(error)) from None


def _run(plan: SweepPlan, calls: Sequence[SweepCall], executor: Executor) -> SweepResult:
    """Report which limits these calls cannot show. Then run the sweep with progress."""
    try:
        _, _, notes = judgeable(plan, calls)
    except SweepError as error:
        raise CallError(str(error)) from None
    for note in notes:
        complain(note)
    said: list[int] = []

    def show(found: SweepProgress) -> None:
        if found.resumed and not said:
            said.append(found.resumed)
            complain("continuing an interrupted sweep")
        if tell is not None:
            tell(found.done / found.of)

    try:
        with progress("trying settings") as tell:
            return run(plan, calls, executor, sweeps_folder(), on_progress=show)
    except KeyboardInterrupt:
        complain("stopped; the same command continues the sweep")
        raise


def _goal(request: SweepRequest) -> Goal:
    option = "--minimize" if request.minimize else "--goal"
    try:
        goal = goal_of(request.minimize) if request.minimize else load_goal(request.goal)
    except (GoalError, LimitError) as error:
        raise CallError(f"{option} {error}") from None
    try:
        return goal.with_limits(request.limits)
    except LimitError as error:
        raise CallError(f"--limit {error}") from None


def _ranges(vary: Sequence[str]) -> list[Range]:
    try:
        return [parse_range(text) for text in vary]
    except SpaceError as error:
        raise CallError(f"--vary {error}") from None


def _recordings_and_calls(names: Sequence[str]) -> tuple[list[Place], list[str]]:
    """Return the names of recordings, and those of calls."""
    known = known_recordings()
    places: list[Place] = []
    named: list[str] = []
    for name in names:
        place = place_of(name)
        if isinstance(place, Url) or name in known or is_file(place) or (is_folder(place) and not calls_in(place)):
            places.append(place)
        else:
            named.append(name)
    return places, named


def _ready(names: list[str], request: SweepRequest, faults: Faults, executor: Executor) -> list[ReplayedCall]:
    if not names:
        return []
    return replayed_calls(names, None, request.eot, faults, say_settings=False, executor=executor)


def _analysed(
    opened: Sequence[Recording], request: SweepRequest, faults: Faults, executor: Executor
) -> list[SweepCall]:
    """Return recordings as calls for the sweep. Those that cannot be analysed are named and left out."""
    if not opened:
        return []
    found: list[SweepCall] = []
    judge = end_of_turn_judge(request.eot)
    there = partial(_analysed_there, judge)
    jobs = [(recording, analyser_of(recording)) for recording in opened]
    here = partial(_analysed_here, judge)
    for (recording, _), outcome in outcomes(executor, "analysing recordings", here, there, jobs):
        with faults.noting(recording.place):
            if not runs_here(executor):
                tell_about(recording)
            activity = outcome()
            tell_other_voices(recording, activity)
            found.append(sweep_call(recording, activity))
    if not found:
        faults.raise_any()
    return found


def _analysed_here(judge: EndOfTurnModel, job: tuple[Recording, Analysing]) -> Activity:
    return analyse(job[0], judge)


def _analysed_there(judge: EndOfTurnModel, job: tuple[Recording, Analysing]) -> Activity:
    recording, analysing = job
    return analysing(recording, judge, None)


def _today(given: VoiceConfig | None, records: Sequence[CallRecord]) -> tuple[VoiceConfig, tuple[Layer, ...]]:
    """Return today's settings and the layers they inherit: the given ones, else the newest call's."""
    known = [one for one in records if one.voice_config is not None]
    if not known:
        return given or VoiceConfig(), ()
    newest = max(known, key=lambda one: (one.started_at or "", one.id))
    try:
        layers = newest.settings()
    except ConfigError as error:
        raise WorkError(f"{error}; give today's settings with --from") from None
    own = VoiceConfig() if not newest.voice_config else layers[0].config
    inherited = tuple(one for one in layers if one.config is not own)
    if given is None:
        complain(
            f"today's settings are those of the newest call, of {(newest.started_at or 'an unknown day')[:10]}"
        )
    return (own if given is None else given), inherited


MOST_CHANGES = 3
"""The number of changes to name for a point."""

MOST_SHOWN = 8
"""The number of listed points on the front."""


def print_result(result: SweepResult) -> None:
    """Print the verdict, the worth of each change, and the most important settings."""
    print_line(result.verdict)
    for sentence in (*result.obstacles, *result.notes):
        print_line(f"- {sentence}")
    if not result.complete:
        print_line("- it was stopped early; the same command continues it")
    found = result.recommended
    if found is None:
        return
    if found.changes:
        print_line("")
        print_line("What each change is worth, reverted alone:")
        for change in found.changes:
            print_line(f"  {change.sentence}")
    figures = list(dict.fromkeys((*result.goal.figures(), *result.axes)))
    rows = [_row("today's settings, confirmed", found.today, figures)]
    called = found.standing(result.unjudged)
    rows += [_row(f"{called}, confirmed", found.confirmed, figures)]
    rows += [_row(f"{called}, where chosen", result.settings[found.index].chosen, figures)]
    named = [one for one in result.settings if one.name and one.name != "today"]
    rows += [_row(f"{one.name} over today's, confirmed", one.confirmed or one.chosen, figures) for one in named]
    front = sorted((one for one in result.settings if one.on_front), key=lambda one: one.points or 0.0)
    rows += [
        _row(f"on the front: {_changes(one)}", one.confirmed or one.chosen, figures) for one in front[:MOST_SHOWN]
    ]
    half = "one half of " if result.folds == 1 else ""
    where = f"{len(result.settings)} settings on {len(result.chosen_on)} calls of {half}{result.callers} callers"
    print_table(where, ["", *(_title(one) for one in figures)], rows)


def _row(title: str, readouts: Readouts, figures: list[Figure]) -> list[str]:
    return [title, *(shown(one, one.measured(readouts)) for one in figures)]


def _title(figure: Figure) -> str:
    return f"{figure.readout.title} {figure.percentile}".rstrip()


def _changes(one: TriedSetting) -> str:
    words = [f"{name} {value_words(name, value)}" for name, value in one.changes.items()]
    more = f" and {len(words) - MOST_CHANGES} more" if len(words) > MOST_CHANGES else ""
    return ", ".join(words[:MOST_CHANGES]) + more or "today's settings"
