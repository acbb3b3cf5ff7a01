"""JSON that a person gives on the command line, inline or as ``@FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from base import json_text
from base.json_text import TextError
from tui.cli.failure import CallError


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
