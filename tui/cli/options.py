"""Options that several command groups share, and the JSON that some take, inline or as ``@FILE``."""

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


class EndOfTurnChoice(StrEnum):
    """The model that judges the end of a turn."""

    SMART_TURN = "smart-turn"
    SILENCE = "silence"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts instead of a table.")]
ConnectionName = Annotated[
    str | None,
    typer.Option(
        "--connection", metavar="NAME", help="The platform; by default TURNLAB_CONNECTION, else embedded."
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="Write the change; without this, only show it.")]
Expect = Annotated[
    str | None,
    typer.Option(metavar="PLAN", help="Write only if the plan still has this fingerprint of ten characters."),
]
Confirm = Annotated[str | None, typer.Option(metavar="NAME", help="The target's name again, if callers get it.")]
ServiceName = Annotated[
    str, typer.Argument(metavar="SERVICE", help="A service's name or id.", autocompletion=completing.services)
]
Body = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="A JSON object of fields, or @FILE; null unsets a field."),
]
Channel = Annotated[
    int | None,
    typer.Option("--caller-channel", min=1, help="The caller's channel of a stereo file, from 1."),
]
MonoMix = Annotated[
    bool,
    typer.Option("--mono-mix", help="The audio mixes both sides, so leave out barge-in."),
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
    EndOfTurnChoice | None,
    typer.Option("--eot", help="End-of-turn judge; by default smart-turn where its model is installed."),
]
Configs = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        help="A preset's name, a JSON file, or inline JSON; repeatable.",
        autocompletion=completing.presets,
    ),
]
AllowUnknown = Annotated[
    bool,
    typer.Option("--allow-unknown", help="Accept unknown fields in --config; they have no effect."),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The configuration to compare the others with; by default the first.",
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
    """Where heavy work runs. The results are the same everywhere."""

    workers: Annotated[
        int | None,
        typer.Option(
            min=0, max=256, help="Processes that share the work; 1: this one. Long work has one a core by default."
        ),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers do the work: tcp://host:8786."),
    ] = None

    def __post_init__(self) -> None:
        """Refuse an invalid address. Raises :class:`~tui.cli.failure.CallError`."""
        if self.cluster is None:
            return
        from simulator.executors.cluster import is_address

        if not is_address(self.cluster):
            shown = self.cluster or "''"
            raise CallError(
                f"--cluster {shown}: is not an address of a Dask scheduler; give one such as tcp://host:8786"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The limits that a build sets on readouts."""

    require: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIMIT", help="Exit with 1 unless this limit is met: 'cut_ins<=5%', 'response.p90<=2500ms', …"
        ),
    ] = None
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results of --require as JUnit XML.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingOptions:
    """What is known or assumed about the caller's audio."""

    caller_channel: Channel = None
    mono_mix: MonoMix = False
    telephone: Telephone = False
    noise_snr: NoiseSnr = None
    line: LineOption = None


def with_option_sets(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command for typer in which each field of a dataclass parameter is an option.

    So is each of ``PARAMETERS`` of an :class:`OptionTable` parameter.
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
    """The given values for a table of options, by parameter name."""

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
    """How to make a change that may need confirmation by name."""

    apply: Apply = False
    confirm: Confirm = None
    expect: Expect = None
    connection: ConnectionName = None
    as_json: Json = False


def parse_json(text: str, source: str) -> Any:
    """Return parsed JSON. Raises :class:`~tui.cli.failure.CallError`, which names the place of the error."""
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
    """Return the JSON object of ``option``, unwrapped if it is nested under ``wrapper``.

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
