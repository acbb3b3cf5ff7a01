"""Options that belong together, declared once: a dataclass of options as one parameter of several commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def with_option_sets(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that typer understands: each field of a dataclass it takes is an option, in its place."""
    hints = get_type_hints(command, include_extras=True)
    sets = {name: kind for name, kind in hints.items() if is_dataclass(kind) and isinstance(kind, type)}
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
            given[name] = kind(**{option.name: given.pop(option.name) for option in fields(kind)})
        command(**given)

    vars(gathered)["__signature__"] = Signature(parameters)
    gathered.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return gathered


def _options(kind: type) -> list[Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        Parameter(option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=hints[option.name])
        for option in fields(kind)
    ]
