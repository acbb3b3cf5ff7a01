"""Help for one field: what to warn of, what a caller would notice, its range and its default."""

from __future__ import annotations

from textual.content import Content

from presets.fields import FieldSpec
from tui.terminal_text import plain
from tui.tune.fields import FieldState


def field_help(state: FieldState) -> Content:
    """Return the help for a field as it stands, its warnings first."""
    spec = state.spec
    warning = " ".join(state.warnings)
    facts = " ".join(fact for fact in (spec.notices, _range(spec), _default(spec)) if fact)
    return Content.assemble(
        (f"{spec.name}  ", "bold"),
        (f"! {plain(warning)} " if warning else "", "$text-error"),
        (facts, "$text-muted"),
    )


def _range(spec: FieldSpec) -> str:
    """Return the documented bounds, or for words and objects how they are edited."""
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.low is not None and spec.high is not None:
        return f"{spec.low:g} to {spec.high:,g}{unit}."
    if spec.low is not None and spec.low > 0:
        return f"{spec.low:g}{unit} or more."
    return "Enter edits it." if spec.kind in ("words", "object") else ""


def _default(spec: FieldSpec) -> str:
    if spec.default is None:
        return ""
    shown = f"Default: {spec.show(spec.default)}."
    return shown if spec.documented_default else f"{shown} (Our assumption: no default is documented.)"
