"""Commands that play recordings through the turn-taking logic, and measure it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tui.cli import completing
from tui.cli.failure import CallError
from tui.cli.options import (
    AllowUnknown,
    Baseline,
    Configs,
    Eot,
    GateOptions,
    HearingOptions,
    Json,
    Profile,
    Seed,
    WorkOptions,
    with_option_sets,
)

AudioPaths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Audio files or folders of audio files; or their URLs.",
        autocompletion=completing.recordings,
    ),
]
LabelledPaths = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER...",
        help="Folders of labelled recordings, or files; or their URLs.",
        autocompletion=completing.recordings,
    ),
]
Inject = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SOUND@S",
        help="What if: mix in a sound at a moment, such as cough@12.4; repeatable.",
        autocompletion=completing.sounds,
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="Only these recordings: names or patterns, with commas between; @FILE for one a line."),
]


class ReplayChoice(StrEnum):
    """How to play the recorded caller to the simulated agent."""

    ELASTIC = "elastic"
    RIGID = "rigid"
    SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoOptions:
    """An echo of the agent in the caller's audio."""

    echo_db: Annotated[
        float | None,
        typer.Option("--echo-db", min=0, max=80, help="What if: the agent leaks back this many dB quieter."),
    ] = None
    echo_delay_ms: Annotated[
        int | None,
        typer.Option("--echo-delay-ms", min=0, max=2000, help="Delay of the echo in ms (100)."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixOptions:
    """A file of the simulated call."""

    mix: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the call as WAV or FLAC: the caller left, the agent right."),
    ] = None
    voice: Annotated[
        str | None, typer.Option(help="The agent's voice in the mix: hibari, clips or silent; by default the best.")
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False


@with_option_sets
def simulate(
    *,
    paths: AudioPaths,
    config: Configs = None,
    allow_unknown: AllowUnknown = False,
    baseline: Baseline = None,
    replay: Annotated[
        ReplayChoice | None, typer.Option(help="By default elastic where the labels have moves, else rigid.")
    ] = None,
    profile: Profile = "default",
    eot: Eot = None,
    seed: Seed = 0,
    caller: HearingOptions,
    echo: EchoOptions,
    inject: Inject = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain each call: what happened when, and why.")
    ] = False,
    mix: MixOptions,
    gate: GateOptions,
    as_json: Json = False,
) -> None:
    """Play recordings through one or several configurations and compare what a caller would hear."""
    from simulator.executors.urls import place_of
    from tui.cli.audio_options import hearing_of, with_echo, with_sounds
    from tui.cli.simulate import SimulateRequest, mix_request, simulate
    from tui.report.gate import gate_of

    required = gate_of("turnlab simulate", gate.require, gate.junit)
    heard = with_sounds(hearing_of(caller, seed), inject or [])
    simulate(
        SimulateRequest(
            paths=[place_of(one) for one in paths],
            configs=config or ["balanced"],
            replay=replay.value if replay else None,
            profile=profile,
            eot=eot.value if eot else None,
            seed=seed,
            hearing=with_echo(heard, echo.echo_db, echo.echo_delay_ms),
            mix=mix_request(mix.mix, mix.voice, force=mix.force),
            baseline=baseline,
            allow_unknown=allow_unknown,
        ),
        required,
        as_json=as_json,
        explain=explain,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """Options for folders of eot-bench's rows."""

    eot_bench: Annotated[
        bool,
        typer.Option(
            "--eot-bench",
            help="The folders hold rows of eot-bench: write its predictions.parquet and print its figures.",
        ),
    ] = False
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file that --eot-bench writes, by default predictions.parquet."),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace that file if it is there.")] = False


@with_option_sets
def evaluate(
    *,
    paths: LabelledPaths,
    config: Configs = None,
    allow_unknown: AllowUnknown = False,
    baseline: Baseline = None,
    profile: Profile = "default",
    eot: Eot = None,
    only: Only = None,
    seed: Seed = 0,
    caller: HearingOptions,
    bench: BenchOptions,
    gate: GateOptions,
    work: WorkOptions,
    as_json: Json = False,
) -> None:
    """Score end of turn, barge-in and voice activity on labelled recordings."""
    from tui.cli.audio_options import hearing_of

    hearing, judge = hearing_of(caller, seed), eot.value if eot else None
    if bench.eot_bench:
        others = bool(config or only or baseline or gate.require or gate.junit)
        _refuse_for_eot_bench(work, has_readout_options=others)
        from tui.cli.eot_bench import EotBenchRequest, evaluate_eot_bench

        asked = EotBenchRequest([Path(one) for one in paths], profile, judge, bench.output, bench.force, hearing)
        evaluate_eot_bench(asked, as_json=as_json)
        return
    if bench.output or bench.force:
        raise CallError("--output and --force go with --eot-bench; a JUnit file is replaced without --force")
    from simulator.executors.urls import place_of
    from tui.cli.evaluate import EvaluateRequest, evaluate
    from tui.report.gate import gate_of

    evaluate(
        EvaluateRequest(
            paths=[place_of(one) for one in paths],
            configs=config or ["balanced"],
            profile=profile,
            eot=judge,
            only=only or [],
            seed=seed,
            hearing=hearing,
            baseline=baseline,
            allow_unknown=allow_unknown,
            work=work,
        ),
        gate_of("turnlab evaluate", gate.require, gate.junit),
        as_json=as_json,
    )


def _refuse_for_eot_bench(work: WorkOptions, *, has_readout_options: bool) -> None:
    """Raise :class:`CallError` for options that ``--eot-bench`` does not take."""
    if has_readout_options:
        raise CallError(
            "--eot-bench goes without --config, --baseline, --only, --require and --junit; it has no readouts"
        )
    if work.workers is not None or work.cluster is not None:
        raise CallError("--eot-bench goes without --workers and --cluster; it works in this process")


@with_option_sets
def analyze(
    *,
    path: Annotated[str, typer.Argument(help="An audio file, or its URL.", autocompletion=completing.recordings)],
    eot: Eot = None,
    caller: HearingOptions,
    seed: Annotated[int, typer.Option(help="Seed of the added noise.")] = 0,
    work: WorkOptions,
    as_json: Json = False,
) -> None:
    """Show a recording's speech and pauses, and how finished the caller sounds at each pause."""
    from simulator.executors.urls import place_of
    from tui.cli.analyze import analyze
    from tui.cli.audio_options import hearing_of

    hearing = hearing_of(caller, seed)
    analyze(place_of(path), eot.value if eot else None, hearing, work, as_json=as_json)


def report(
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT.json", help="The --json output of simulate, evaluate, sweep or calls."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The HTML file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    with_audio: Annotated[
        bool, typer.Option("--with-audio", help="Include the audio of the drawn turns: callers' voices.")
    ] = False,
    with_words: Annotated[
        bool, typer.Option("--with-words", help="Include the words of the drawn turns: callers' words.")
    ] = False,
) -> None:
    """Turn a result into one HTML page: verdict, figures, the turns that differ most, and the change."""
    from tui.report.writing import ReportRequest, write_report

    write_report(ReportRequest(result, output, force, with_audio, with_words))


COMMANDS = (simulate, evaluate, analyze, report)
"""In the order of the help text."""
