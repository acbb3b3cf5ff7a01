"""The window in which a field's value is entered that does not fit a line: words, an object, one of many."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.screen import ModalScreen

from presets.fields import FieldSpec
from tui.dialogs.dialogs import PickOne
from tui.dialogs.text_entry import TextEntry
from tui.tune.entry import entry_text, parse_entry
from tui.tune.fields import FieldState

_HINTS = {
    "words": "One word or phrase a line. It may hold commas.",
    "object": "A JSON object. It is sent as it stands here; nothing in it is simulated.",
}


def value_dialog(state: FieldState) -> ModalScreen[Any]:
    """Return the window for a field; it gives the new value, or ``None`` to leave it as it was."""
    spec = state.spec
    if spec.kind not in _HINTS:
        about = {str(state.in_force): "in force"}
        return PickOne(spec.name, [(choice, about.get(choice, "")) for choice in spec.choices], str(state.in_force))
    text = entry_text(spec, state.in_force)
    return TextEntry(spec.name, _HINTS[spec.kind], text, partial(parse_entry, spec), partial(_tell, spec))


def _tell(spec: FieldSpec, value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return f"✓ valid; {len(value)} keys" if isinstance(value, dict) else spec.show(value)
