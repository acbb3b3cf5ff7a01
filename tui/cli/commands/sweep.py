"""``turnlab sweep`` and its options. The work is imported when it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from simulator.sweep import BUDGET
from tui.cli import completing
from tui.cli.failure import CallError
from tui.cli.options import Eot, GateOptions, HearingOptions, Json, Profile, WorkOptions, with_option_sets

CallNames = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH|SERVICE...",
        help="Recordings, folders of recordings, their URLs, or pulled calls: a service, or ids.",
        autocompletion=completing.recordings,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalOptions:
    """What to improve, within which limits, and with which fields."""

    goal: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="The goal: quick (the default), patient, voicesim, or a file."),
    ] = None
    minimize: Annotated[
        list[str] | None,
        typer.Option(
            metavar="READOUT[=WEIGHT]",
            help="Instead of a goal: a figure to minimize, such as response.p50; repeatable.",
        ),
    ] = None
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help="A limit, such as 'cut_ins<=3%'; repeatable."),
    ] = None
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD[=LO..HI]",
            help="Vary only the fields named like this: eot_timeout_ms=800..4000, tts_model=sonic-3.",
        ),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CONFIG",
            help="Today's settings: a preset, a JSON file, or inline JSON; by default those of the newest call.",
            autocompletion=completing.presets,
        ),
    ] = None


Budget = Annotated[
    int,
    typer.Option(
        min=10,
        max=100_000,
        help="Settings that the search tries, in all parts together; to simplify its choice it tries more.",
    ),
]


@with_option_sets
def sweep(
    *,
    names: CallNames,
    asked: GoalOptions,
    budget: Budget = BUDGET,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search and of the models' latencies.")] = 0,
    work: WorkOptions,
    profile: Profile = "default",
    eot: Eot = None,
    caller: HearingOptions,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the result as JSON, for turnlab report.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    gate: GateOptions,
    as_json: Json = False,
) -> None:
    """Find a better setting: try many on your calls, choose one on some callers, confirm it on the others."""
    if asked.goal is not None and asked.minimize:
        raise CallError("--goal and --minimize exclude each other; give one")
    from tui.cli.audio_options import hearing_of
    from tui.cli.sweep import SweepRequest, sweep
    from tui.report.gate import gate_of

    sweep(
        SweepRequest(
            names=names,
            goal=asked.goal or "quick",
            minimize=asked.minimize or [],
            limits=asked.limit or [],
            vary=asked.vary or [],
            today=asked.from_,
            budget=budget,
            seed=seed,
            workers=work.workers,
            cluster=work.cluster,
            profile=profile,
            eot=eot.value if eot else None,
            hearing=hearing_of(caller, seed),
            out=out,
            force=force,
        ),
        gate_of("turnlab sweep", gate.require, gate.junit),
        as_json=as_json,
    )


COMMANDS = (sweep,)
"""In the order of the help."""
