"""How every field stands: what the draft says, what is in force, where that comes from, and what to warn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from base.json_text import json_line
from presets.config import Problem, VoiceConfig, check
from presets.fields import BY_NAME, FIELDS, FieldSpec
from presets.layers import Layer, in_force
from simulator.engine.profile import EngineProfile
from tui.tune.draft import Draft
from tui.tune.field_warnings import warnings_of

DRAFT = "draft"
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field: ``own`` is the draft's value (``None``: inherit), ``in_force`` what results."""

    spec: FieldSpec
    own: object
    in_force: object
    origin: str
    changed: bool
    warnings: tuple[str, ...] = ()

    @property
    def inherited(self) -> bool:
        """Whether the draft leaves the field to the layers above."""
        return self.own is None


def field_states(
    draft: Draft,
    above: Sequence[Layer],
    profile: EngineProfile,
    stored_problems: Sequence[Problem] = (),
) -> dict[str, FieldState]:
    """Return how every known field stands, in the order of the table."""
    config, changed = draft.config, draft.changes()
    layers = (Layer(SERVICE, config), *above)
    found = {spec.name: in_force(spec, layers) for spec in FIELDS}
    values = {name: value for name, (value, _) in found.items()}
    problems = _problems(config, stored_problems, changed)
    states = {}
    for spec in FIELDS:
        own, (value, origin) = getattr(config, spec.name), found[spec.name]
        if own is not None and spec.name in changed:
            origin = DRAFT
        warnings = (*problems.get(spec.name, ()), *warnings_of(spec, own, values, profile))
        states[spec.name] = FieldState(spec, own, value, origin, spec.name in changed, warnings)
    return states


def _problems(
    config: VoiceConfig, stored: Sequence[Problem], changed: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    """Return what is wrong by field: of values in the draft, and of stored ones that could not be read at all."""
    found: dict[str, tuple[str, ...]] = {}
    for problem in check(config):
        found[problem.field] = (f"The value {problem.message}.",)
    for problem in stored:
        unreadable = getattr(config, problem.field, None) is None
        if problem.field not in found and problem.field not in changed and unreadable:
            found[problem.field] = (f"The stored value is ignored: it {problem.message}.",)
    return found


def shown_value(name: str, value: object) -> str:
    """Return a field's value for people; ``None`` is inherited."""
    if value is None:
        return "inherited"
    return BY_NAME[name].show(value) if name in BY_NAME else json_line(value)


def change_lines(before: VoiceConfig, update: Mapping[str, object]) -> str:
    """Return what setting fields (``None``: back to inherit) would change, a line each; one line if nothing."""
    now = before.set_values()
    lines = [
        f"{name}: {shown_value(name, now.get(name))} → {shown_value(name, value)}"
        for name, value in update.items()
        if now.get(name) != value
    ]
    return "\n".join(lines) or "Changes nothing: the draft has all of it."
