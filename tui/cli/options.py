"""Options that several groups of commands share, and the JSON that some take, inline or as ``@FILE``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_type_hints

import typer

from base import json_text
from base.json_text import TextError
from tui.cli import completing
from tui.cli.failure import CallError


class EndOfTurn(StrEnum):
    """What judges whether the caller has finished."""

    SMART_TURN = "smart-turn"
    SILENCE = "silence"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts instead of a table.")]
ConnectionName = Annotated[
    str | None,
    typer.Option(
        "--connection", metavar="NAME", help="Which platform; by default TURNLAB_CONNECTION, or the embedded."
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="Write it; without this, only show what it would do.")]
Expect = Annotated[
    str | None,
    typer.Option(
        metavar="PLAN", help="Write only if it is still the plan that was shown under these ten characters."
    ),
]
Confirm = Annotated[
    str | None, typer.Option(metavar="NAME", help="The target's name once more, where it is what callers get.")
]
ServiceName = Annotated[
    str, typer.Argument(metavar="SERVICE", help="A service's name or id.", autocompletion=completing.services)
]
Body = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="A JSON object of fields, or @FILE that holds one; null takes a field back."),
]
Channel = Annotated[
    int | None,
    typer.Option("--caller-channel", min=1, help="Which channel of a stereo file is the caller, from 1."),
]
MonoMix = Annotated[
    bool,
    typer.Option("--mono-mix", help="The audio is both sides mixed, so leave barge-in out."),
]
Telephone = Annotated[
    bool, typer.Option("--telephone", help="What if: hear the caller over a telephone line (8 kHz, µ-law).")
]
NoiseSnr = Annotated[
    float | None,
    typer.Option("--noise-snr", min=-20, max=60, help="What if: add room noise, this many dB below the caller."),
]
LineOption = Annotated[
    str | None,
    typer.Option(
        "--line",
        metavar="NAME",
        help="What if: a line of packets; good-mobile, poor-mobile, lossy-voip, bursty-uplink, drifting, or knobs"
        " such as loss=3%,burst=2,jitter=20,gsm.",
    ),
]
Eot = Annotated[
    EndOfTurn | None,
    typer.Option("--eot", help="End-of-turn judge; by default smart-turn where its model is installed."),
]
Configs = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        help="A preset's name, a JSON file, or inline JSON; may be given several times.",
        autocompletion=completing.presets,
    ),
]
AllowUnknown = Annotated[
    bool,
    typer.Option(
        "--allow-unknown", help="Let --config have fields that Turnlab does not know; they change nothing."
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The configuration that the others are held against; by default the first.",
        autocompletion=completing.presets,
    ),
]
Profile = Annotated[
    str,
    typer.Option(help="Engine profile: a shipped name or a file.", autocompletion=completing.profiles),
]
Seed = Annotated[int, typer.Option(help="Seed of the models' latencies; the same for every arm.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOptions:
    """Where heavy work is done; its results are the same everywhere."""

    workers: Annotated[
        int | None,
        typer.Option(
            min=0, max=256, help="Processes that share the work; 1: this one. By default one a core, for long work."
        ),
    ] = None
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers do it: tcp://host:8786.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What a build requires of the readouts."""

    require: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help="Exit 1 unless it is met: 'cut_ins<=5%', 'response.p90<=2500ms', …"),
    ] = None
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what --require found as JUnit XML.")] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingOptions:
    """What is known, or supposed, about the caller's audio."""

    caller_channel: Channel = None
    mono_mix: MonoMix = False
    telephone: Telephone = False
    noise_snr: NoiseSnr = None
    line: LineOption = None


def with_option_sets(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that typer understands: each field of a dataclass it takes is an option, in its place.

    So is each of ``PARAMETERS`` of an :class:`OptionTable` it takes.
    """
    hints = get_type_hints(command, include_extras=True)
    sets = {name: kind for name, kind in hints.items() if isinstance(kind, type) and _is_set(kind)}
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if kind := sets.get(parameter.name):
            parameters += _options(kind)
        else:
            parameters.append(
                parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[parameter.name]),
            )

    @wraps(command)
    def gathered(**given: Any) -> None:
        for name, kind in sets.items():
            given[name] = kind(**{option.name: given.pop(option.name) for option in _options(kind)})
        command(**given)

    vars(gathered)["__signature__"] = Signature(parameters)
    gathered.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return gathered


class OptionTable(dict[str, Any]):
    """What was given for the options of a table, by parameter name."""

    PARAMETERS: ClassVar[tuple[Parameter, ...]] = ()


def _is_set(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, OptionTable)


def _options(kind: Any) -> Sequence[Parameter]:
    if issubclass(kind, OptionTable):
        table: type[OptionTable] = kind
        return table.PARAMETERS
    hints = get_type_hints(kind, include_extras=True)
    return [
        Parameter(option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=hints[option.name])
        for option in fields(kind)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a change is to be made."""

    apply: Apply = False
    expect: Expect = None
    connection: ConnectionName = None
    as_json: Json = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedWish:
    """How a change is to be made that may have to be confirmed by a name."""

    apply: Apply = False
    confirm: Confirm = None
    expect: Expect = None
    connection: ConnectionName = None
    as_json: Json = False


def parse_json(text: str, source: str) -> Any:
    """Return what the text holds. Raises :class:`~tui.cli.failure.CallError`, naming the place."""
    try:
        return json_text.parse_json(text, source)
    except TextError as error:
        raise CallError(str(error)) from None


def read_text(path: Path) -> str:
    """Return a file's text. Raises :class:`~tui.cli.failure.CallError`."""
    try:
        return json_text.read_text(path)
    except TextError as error:
        raise CallError(str(error)) from None


def read_body(text: str, wrapper: str = "", *, option: str = "--body") -> dict[str, Any]:
    """Return the object of ``option``; one that only wraps it under the name ``wrapper`` is unwrapped.

    Raises :class:`~tui.cli.failure.CallError`.
    """
    source = text[1:] if text.startswith("@") else option
    body = parse_json(read_text(Path(source)) if text.startswith("@") else text, source)
    if wrapper and isinstance(body, dict) and list(body) == [wrapper]:
        body = body[wrapper]
    if not isinstance(body, dict):
        raise CallError(f"{source}: must be a JSON object of fields")
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise CallError(
            f"{source}: holds half a character (a lone surrogate such as \\ud83d); write it whole"
        ) from None
    return body
