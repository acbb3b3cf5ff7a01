"""``turnlab evaluate``: labelled recordings scored, as tables and curves or as ``turnlab.evaluation/1``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from base.os_errors import os_error_text
from presets.config import to_show
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.channel import NO_TRUST
from simulator.engine.profile import EngineProfile
from simulator.evaluation import (
    Evaluation,
    RecordingScore,
    has_unchecked_labels,
    score,
    why_not_scored,
)
from simulator.executors import Shared, runs_here, share
from simulator.executors.urls import Place
from simulator.heard.replaying import Analysing, analyser_of
from simulator.labels.marks import unlabelled_words
from simulator.measures.scoring import Group, barge_in_scores, group_of, voice_scores
from simulator.measures.verdict import comparison_json
from simulator.recording import Recording
from simulator.study import Arm, readouts_of_arms
from tui.cli.audio_options import Hearing, tell_about
from tui.cli.config_option import baseline_of, read_arms
from tui.cli.failure import CallError, Faults, WorkError, complain, failures
from tui.cli.inputs import analyse, end_of_turn_judge, find, open_all, open_profile
from tui.cli.options import WorkOptions
from tui.cli.working import outcomes, work_to_come
from tui.report.gate import Gate
from tui.report.turns import turns_json


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """The command's options."""

    paths: Sequence[Place]
    configs: list[str]
    profile: str
    eot: str | None
    only: list[str]
    seed: int = 0
    hearing: Hearing = field(default_factory=Hearing)
    baseline: str | None = None
    allow_unknown: bool = False
    work: WorkOptions = field(default_factory=WorkOptions)


def evaluate(request: EvaluateRequest, gate: Gate, *, as_json: bool) -> None:
    """Score, print, and check every arm's readouts against the gate."""
    faults = Faults()
    with gate.watching():
        evaluation = make_evaluation(request, faults)
    gate.judge(readouts_of_arms(evaluation.arms, evaluation.runs))
    if as_json:
        print(json.dumps({**to_json(evaluation, request.hearing, faults), **gate.to_json()}, allow_nan=False))
    else:
        from tui.cli.evaluate_table import print_evaluation

        print_evaluation(evaluation, request.hearing)
    gate.close(faults)
    faults.raise_any()


def make_evaluation(request: EvaluateRequest, faults: Faults) -> Evaluation:
    """Score what can be; files that fail are named in ``faults`` and left out, unlabelled ones skipped.

    Raises :class:`~tui.cli.failure.CallError`, :class:`~tui.cli.failure.ReportedError` if every file failed, and
    :class:`~tui.cli.failure.WorkError` if none is labelled.
    """
    arms = read_arms(request.configs, allow_unknown=request.allow_unknown)
    baseline = baseline_of(arms, request.baseline)
    profile = open_profile(request.profile)
    with work_to_come(request.work) as work:
        chosen = select(find(request.paths), request.only)
        opened = open_all(chosen, request.hearing, faults, work.cluster)
        left_out = [(one, why) for one in opened if (why := why_not_scored(one))]
        for note in (note for one, _ in left_out for note in one.notes):
            complain(note)  # the others are reported during their analysis
        labelled = [one for one in opened if not why_not_scored(one)]
        if not labelled:
            faults.raise_any()
            raise WorkError(_nothing_labelled(request.paths, opened))
        model = end_of_turn_judge(request.eot)
        found = Evaluation(arms, baseline, profile, model.name)
        found.skipped += [(one.place, why) for one, why in left_out]
        executor = work.executor(sum(one.source.duration_s for one in labelled))
        _score_all(found, labelled, _Task(model, arms, profile, request.seed), executor, faults)
    if not found.recordings:
        faults.raise_any()
        raise WorkError(_nothing_usable(found.skipped))
    return found


def _score_all(
    found: Evaluation, labelled: list[Recording], task: _Task, executor: Executor, faults: Faults
) -> None:
    there = partial(_analysed_and_scored, share(executor, task))
    here = partial(_scored_here, task)
    jobs = [_Job(recording, analyser_of(recording)) for recording in labelled]
    for (recording, _), outcome in outcomes(executor, "scoring recordings", here, there, jobs):
        with faults.noting(recording.place), failures():
            if not runs_here(executor):
                tell_about(recording)
            one = outcome()
            if one.note is not None:
                complain(f"{recording.place}: {one.note}; {NO_TRUST}")
            if one.unlabelled_ms:
                complain(f"{recording.place}: {unlabelled_words(one.unlabelled_ms)}")
            found.add(recording, one)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the scoring of all recordings shares."""

    model: EndOfTurnModel
    arms: list[Arm]
    profile: EngineProfile
    seed: int


class _Job(NamedTuple):
    """A recording, its analyser, and the cache for the analysis."""

    recording: Recording
    analyse: Analysing


def _scored_here(task: _Task, job: _Job) -> RecordingScore:
    activity = analyse(job.recording, task.model)
    return score(job.recording, activity, task.arms, task.profile, seed=task.seed)


def _analysed_and_scored(task: Shared[_Task], job: _Job) -> RecordingScore:
    """Analyse and score a recording on a worker."""
    mine = task.value
    return score(
        job.recording, job.analyse(job.recording, mine.model, None), mine.arms, mine.profile, seed=mine.seed
    )


def select(paths: list[Place], only: list[str]) -> list[Place]:
    """Return the files whose names, without folder and suffix, match a pattern. Without patterns, return all.

    ``only`` holds comma-separated patterns in which ``*`` and ``?`` stand for any text and any character, and
    ``@FILE`` for the patterns in a file, one per line. Raises :class:`~tui.cli.failure.CallError`.
    """
    patterns = [pattern for text in only for pattern in _patterns(text.strip())]
    if not only:
        return paths
    for pattern in patterns:
        if not any(fnmatchcase(path.stem, pattern) for path in paths):
            raise CallError(f"--only: no recording is called {pattern}; 'turnlab recordings FOLDER' lists them")
    chosen = [path for path in paths if any(fnmatchcase(path.stem, pattern) for pattern in patterns)]
    if not chosen:
        raise CallError("--only: names no recording; give names, patterns, or a file of them as @FILE")
    return chosen


def _patterns(text: str) -> list[str]:
    if not text.startswith("@"):
        return [name.strip() for name in text.split(",") if name.strip()]
    try:
        lines = Path(text[1:]).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        why = os_error_text(error) if isinstance(error, OSError) else "is not UTF-8 text"
        raise CallError(f"--only {text[1:]}: {why}; name a file with one recording a line") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _nothing_labelled(paths: Sequence[Place], opened: list[Recording]) -> str:
    where = str(paths[0]) if len(paths) == 1 else "here"
    unchecked = sum(map(has_unchecked_labels, opened))
    if unchecked:
        others = f", the other {len(opened) - unchecked} unlabelled" if unchecked < len(opened) else ""
        return (
            f"{where}: the labels of {unchecked} of {len(opened)} recording(s) are provisional{others}, so there is"
            " nothing to score against; check them with t in Tune"
        )
    return (
        f"{where}: none of {len(opened)} recording(s) is labelled, so there is nothing to score against;"
        " put a label file NAME.json beside NAME.flac (recordings/README.md says how)"
    )


def _nothing_usable(skipped: list[tuple[Place, str]]) -> str:
    path, why = skipped[-1]
    return f"{path}: {why}; scores need the caller's own channel (choose with --caller-channel)"


def to_json(evaluation: Evaluation, hearing: Hearing, faults: Faults) -> dict[str, Any]:
    """Return the evaluation as one object."""
    profile, names = evaluation.profile, evaluation.names
    values = profile.values
    return {
        "schema": "turnlab.evaluation/1",
        "profile": {
            "name": profile.name,
            "eot_threshold": values.eot_threshold.value,
            "eot_half_life_s": values.eot_half_life_s.value,
            "assumed": list(profile.assumed()),
        },
        "end_of_turn_model": evaluation.judge,
        "what_if": hearing.to_json(),
        "arms": [{"name": arm.name, "voice_config": to_show(arm.config.set_values())} for arm in evaluation.arms],
        "recordings": [_recording(recording) for recording in evaluation.recordings],
        "skipped": [{"path": str(path), "why": why} for path, why in evaluation.skipped],
        "failed": faults.to_json(),
        "end_of_turn": [
            {"arms": list(arms), **_group(group), **score.to_json()}
            for arms, scores in evaluation.end_of_turn().items()
            for group, score in scores.items()
        ],
        "barge_in": [
            {"arm": arm, "hard": hard, **score.to_json()}
            for arm in names
            for hard, scores in barge_in_scores(evaluation.scored, arm).items()
            for score in scores
        ],
        "voice_activity": [
            {"group": name, "recordings": count, **score.to_json()}
            for name, (count, score) in voice_scores(evaluation.scored).items()
        ],
        "readouts": readouts_of_arms(evaluation.arms, evaluation.runs) if evaluation.runs else {},
        "comparison": comparison_json(evaluation.comparison()) if evaluation.runs else None,
        **turns_json(evaluation.recordings, names, evaluation.runs, evaluation.baseline),
    }


def _group(group: Group | None) -> dict[str, Any]:
    return {"kind": None, "hard": False} if group is None else {"kind": group.kind, "hard": group.hard}


def _recording(recording: Recording) -> dict[str, Any]:
    labels = recording.labels
    assert labels is not None
    return {
        "id": recording.id,
        "path": str(recording.place),
        "duration_s": round(recording.source.duration_s, 3),
        **_group(group_of(labels)),
        "turns": len(labels.caller_turns()),
        "events": len(labels.events),
    }
