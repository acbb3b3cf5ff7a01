"""The file of the demo workspace's calls, which ``python -m recordings.demo_calls`` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

DEMO_FILE: Final = Path(__file__).with_name("demo_calls.json")

_MARK: Final = "§"
_SHORT: Final = 20
"""Shorter texts are not numbered."""


def demo_calls() -> dict[str, Any]:
    """Return ``calls`` and the ``changes`` of settings between them, as the package ships them."""
    data = json.loads(DEMO_FILE.read_text(encoding="utf-8"))
    return {"changes": data["changes"], "calls": _written_out(data["calls"], data["texts"])}


def numbered(value: Any, texts: dict[str, int]) -> Any:
    """Return a JSON value with each longer text replaced by its number. Adds new texts to ``texts``."""
    if isinstance(value, dict):
        return {name: numbered(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [numbered(one, texts) for one in value]
    if isinstance(value, str) and len(value) >= _SHORT:
        return f"{_MARK}{texts.setdefault(value, len(texts))}"
    return value


def _written_out(value: Any, texts: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _written_out(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [_written_out(one, texts) for one in value]
    if isinstance(value, str) and value.startswith(_MARK):
        return texts[int(value.removeprefix(_MARK))]
    return value
