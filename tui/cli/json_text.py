"""JSON that a person gives on the command line, inline or as ``@FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from tui.cli.failure import CallError


def parse_json(text: str, source: str) -> Any:
    """Return what the text holds. Raises :class:`~tui.cli.failure.CallError`, naming the place."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise CallError(
            f"{source}: is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg}); correct it"
        ) from None
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _ConstantError) else "too deep, or a number too long"
        raise CallError(f"{source}: is JSON that cannot be read ({why}); correct it") from None


def read_text(path: Path) -> str:
    """Return a file's text. Raises :class:`~tui.cli.failure.CallError`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CallError(f"{path}: {(error.strerror or 'cannot be read').lower()}; check the path") from None
    except UnicodeDecodeError:
        raise CallError(f"{path}: is not UTF-8 text; save it as UTF-8") from None


def read_body(text: str, wrapper: str = "") -> dict[str, Any]:
    """Return the object of ``--body``; one that only wraps it under the name ``wrapper`` is unwrapped.

    Raises :class:`~tui.cli.failure.CallError`.
    """
    source = text[1:] if text.startswith("@") else "--body"
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


class _ConstantError(ValueError):
    pass


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is not JSON")
