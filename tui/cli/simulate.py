"""``turnlab simulate``: recordings through arms, as a table or as ``turnlab.simulation/1``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presets.config import to_show
from simulator.activity.model import Activity
from simulator.engine.profile import EngineProfile
from simulator.errors import SimulatorError, VoiceError
from simulator.executors.urls import Place
from simulator.measures.comparison import Comparison, compare
from simulator.measures.readouts import readouts_json
from simulator.measures.verdict import comparison_json
from simulator.playback_timeline import to_playback
from simulator.playing.call_mix import CallMix, mix_format, write_mix
from simulator.recording import Recording
from simulator.replay import ReplayMode
from simulator.story import story
from simulator.study import Arm, EchoStudy, Run, readouts_of_arms, run
from simulator.voice.voice import Voice, voice_for
from tui.cli.audio_options import Hearing, tell_other_voices
from tui.cli.config_option import baseline_of, read_arms
from tui.cli.failure import CallError, Faults, WorkError, check_output, complain, writing
from tui.cli.inputs import analyse, end_of_turn_judge, find, open_all, open_profile, progress
from tui.cli.simulate_table import print_report, print_what_if
from tui.cli.tables import print_line, print_timed
from tui.report.gate import Gate
from tui.report.turns import turns_json


@dataclass(frozen=True, slots=True)
class MixRequest:
    """The file to write, and the voice to use."""

    path: Path
    voice: Voice
    force: bool


def mix_request(path: Path | None, voice: str | None, *, force: bool) -> MixRequest | None:
    """Return the requested mix. Raises :class:`~tui.cli.failure.CallError` if it is not possible."""
    if path is None:
        if voice is not None or force:
            raise CallError("--voice and --force apply to a mix; give --mix FILE too")
        return None
    try:
        mix_format(path)
        chosen = voice_for(voice)
    except VoiceError as error:
        raise CallError(f"--voice: {error}") from None
    except SimulatorError as error:
        raise CallError(f"--mix {error}") from None
    check_output(f"--mix {path}", path, force=force)
    return MixRequest(path, chosen, force)


def write_call(request: MixRequest, recording: Recording, activity: Activity, run: Run) -> None:
    """Write one simulated call and print its path. Raises :class:`~tui.cli.failure.WorkError`."""
    try:
        with writing(f"--mix {request.path}"):
            mix = CallMix(recording, activity, run.played, request.voice)
            with progress(f"mixing {recording.id}") as tell:
                write_mix(request.path, mix, replace=request.force, progress=tell)
        if mix.voice != request.voice.name:
            complain(mix.voice)
    except SimulatorError as error:
        raise WorkError(str(error)) from error


def print_story(recording: Recording, run: Run) -> None:
    """Print one run, turn by turn."""
    print_line(f"{recording.title}, arm {run.arm}, {run.played.mode} replay")
    for chapter in story(run, recording.labels, recording.source.what_if.injections):
        print_line("")
        print_line(f"{clock(chapter.start_ms)}  {chapter.title}")
        print_timed([(clock(moment.t_ms), moment.text) for moment in chapter.moments])
        if chapter.verdict:
            print_line(f"= {chapter.verdict}")
    print_line("")


def clock(t_ms: int) -> str:
    """Return a time as minutes and seconds, with hundredths."""
    minutes, rest_ms = divmod(t_ms, 60_000)
    return f"{minutes}:{rest_ms / 1000:05.2f}"


@dataclass(frozen=True, slots=True)
class SimulateRequest:
    """The command's options."""

    paths: Sequence[Place]
    configs: list[str]
    replay: ReplayMode | None
    profile: str
    eot: str | None
    seed: int
    hearing: Hearing
    mix: MixRequest | None = None
    baseline: str | None = None
    allow_unknown: bool = False


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """All results of a simulation."""

    arms: list[Arm]
    recordings: list[Recording]
    runs: dict[tuple[str, str], Run]
    comparison: Comparison
    profile: EngineProfile
    analysis_s: float
    decision_s: float
    faults: Faults
    hearing: Hearing
    mix: Path | None = None


def simulate(request: SimulateRequest, gate: Gate, *, as_json: bool, explain: bool) -> None:
    """Simulate, print, and check every arm against the gate.

    ``explain`` first prints an explanation of each run.
    """
    if as_json and explain:
        raise CallError("--explain and --json exclude each other (events in the JSON say why too); choose one")
    with gate.watching():
        report = make_report(request)
    gate.judge(readouts_of_arms(report.arms, report.runs.values()))
    if explain:
        print_what_if(report.hearing.words())
        for recording in report.recordings:
            for arm in report.arms:
                print_story(recording, report.runs[recording.id, arm.name])
    if as_json:
        print(json.dumps({**to_json(report), **gate.to_json()}, allow_nan=False))
    else:
        print_report(report)
    gate.close(report.faults)
    report.faults.raise_any()


def make_report(request: SimulateRequest) -> SimulationReport:
    """Simulate the files. Failed ones are named and left out.

    Raises :class:`~tui.cli.failure.CallError`, and :class:`~tui.cli.failure.ReportedError` if every file failed.
    """
    arms = read_arms(request.configs, allow_unknown=request.allow_unknown)
    baseline = baseline_of(arms, request.baseline)
    profile = open_profile(request.profile)
    faults = Faults()
    opened = open_all(find(request.paths), request.hearing, faults)
    judge = end_of_turn_judge(request.eot)
    echo = EchoStudy(request.hearing.echo, judge) if request.hearing.echo else None
    _refuse_mixing_several(request, arms, opened)
    recordings: list[Recording] = []
    runs: dict[tuple[str, str], Run] = {}
    analysis_s = decision_s = 0.0
    for recording in opened:
        with faults.noting(recording.place):
            started = time.perf_counter()
            activity = analyse(recording, judge)
            analysed = time.perf_counter()
            _tell_replay(recording, request.replay)
            if request.replay != "scripted":
                tell_other_voices(recording, activity)
            mine = [
                run(recording, activity, arm, profile, mode=request.replay, seed=request.seed, echo=echo)
                for arm in arms
            ]
            if request.mix is not None:
                write_call(request.mix, recording, activity, mine[0])
            runs |= {(one.recording, one.arm): one for one in mine}
            recordings.append(recording)
            analysis_s += analysed - started
            decision_s += time.perf_counter() - analysed
    if not recordings:
        faults.raise_any()
    names, ids = [arm.name for arm in arms], [recording.id for recording in recordings]
    measured = {key: one.measured for key, one in runs.items()}
    comparison = compare(measured, ids, names, baseline)
    mix = request.mix.path if request.mix else None
    return SimulationReport(
        arms, recordings, runs, comparison, profile, analysis_s, decision_s, faults, request.hearing, mix
    )


def _refuse_mixing_several(request: SimulateRequest, arms: list[Arm], opened: list[Recording]) -> None:
    if request.mix is not None and (len(arms) > 1 or len(opened) > 1):
        raise CallError("--mix writes one call: name one recording and one --config")


def to_json(report: SimulationReport) -> dict[str, Any]:
    """Return the report as JSON, in its public schema."""
    names = [arm.name for arm in report.arms]
    written = {} if report.mix is None else {"mix": str(report.mix)}
    return {
        "schema": "turnlab.simulation/1",
        "profile": {"name": report.profile.name, "assumed": list(report.profile.assumed())},
        "what_if": report.hearing.to_json(),
        "arms": [{"name": arm.name, "voice_config": to_show(arm.config.set_values())} for arm in report.arms],
        "recordings": [
            {
                "id": recording.id,
                "path": str(recording.place),
                "duration_s": round(recording.source.duration_s, 3),
                "labelled": recording.labels is not None and recording.labels.has_truth,
            }
            for recording in report.recordings
        ],
        "failed": report.faults.to_json(),
        "runs": [
            {
                "recording": one.recording,
                "arm": one.arm,
                "replay": one.played.mode,
                "events": [event.to_json() for event in one.played.events],
                "timeline": to_playback(one.played, one.measured),
                "readouts": readouts_json([one.measured]),
                "overlaps": [overlap.to_json() for overlap in one.measured.overlaps],
                "barge_in_left_out": one.mixed,
                "second_voice": one.second_voice,
            }
            for one in report.runs.values()
        ],
        "readouts": readouts_of_arms(report.arms, report.runs.values()),
        "comparison": comparison_json(report.comparison),
        **turns_json(report.recordings, names, report.runs.values(), report.comparison.baseline),
        "timing": {"analysis_s": round(report.analysis_s, 4), "decision_s": round(report.decision_s, 4)},
        **written,
    }


def _tell_replay(recording: Recording, wanted: ReplayMode | None) -> None:
    if wanted == "elastic" and not (recording.labels and recording.labels.moves):
        complain(f"{recording.place}: its labels have no moves to stretch; played rigid instead")
