"""A person's text files, and the JSON in them: what they hold, or one sentence about what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from base.os_errors import os_error_text
from simulator.errors import TextError


def read_text(path: Path) -> str:
    """Return a file's text, UTF-8 with or without a mark in front. Raises :class:`~simulator.errors.TextError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TextError(f"{path}: {os_error_text(error)}; check the path") from None
    except UnicodeDecodeError:
        raise TextError(f"{path}: is not UTF-8 text; save it as UTF-8") from None


def parse_json(text: str, source: str, *, nan: bool = False) -> Any:
    """Return what JSON means. Raises :class:`~simulator.errors.TextError`: ``source``, the place, the mistake.

    With ``nan``, NaN and Infinity are let through, for a model behind it to say which field they stand in.
    """
    try:
        return json.loads(text, parse_constant=None if nan else _no_constant)
    except json.JSONDecodeError as error:
        raise TextError(
            f"{source}: is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg}); correct it"
        ) from None
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _ConstantError) else "too deep, or a number too long"
        raise TextError(f"{source}: is JSON that cannot be read ({why}); correct it") from None


def read_json(path: Path, *, nan: bool = False) -> Any:
    """Return what a JSON file holds. Raises :class:`~simulator.errors.TextError`; ``nan``: :func:`parse_json`."""
    return parse_json(read_text(path), str(path), nan=nan)


class _ConstantError(ValueError):
    pass


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is not JSON")
