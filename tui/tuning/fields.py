"""How every field stands: what the draft says, what is in force, where that comes from, and what to warn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from presets.config import Problem, VoiceConfig, check
from presets.fields import FIELDS, FieldSpec
from presets.layers import Layer, resolve
from simulator.engine.profile import EngineProfile
from tui.tuning.draft import Draft

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
    resolved = resolve(Layer(SERVICE, config), *above)
    problems = _problems(config, stored_problems, changed)
    states = {}
    for spec in FIELDS:
        own = getattr(config, spec.name)
        in_force = getattr(resolved, spec.name) if spec.heard else own
        origin = DRAFT if own is not None and spec.name in changed else resolved.origins[spec.name]
        found = problems.get(spec.name, ())
        warnings = (*found, *_hints(spec, in_force, profile))
        states[spec.name] = FieldState(spec, own, in_force, origin, spec.name in changed, warnings)
    return states


def silent_fields(config: VoiceConfig) -> tuple[str, ...]:
    """Return what the draft carries that no readout can move, one phrase each: kept, not shown as controls."""
    shown = [
        f"{spec.name} (not simulated)"
        for spec in FIELDS
        if not spec.heard and getattr(config, spec.name) is not None
    ]
    return (*shown, *(f"{name} (unknown to this version)" for name in config.unknown_fields()))


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


def _hints(spec: FieldSpec, in_force: object, profile: EngineProfile) -> tuple[str, ...]:
    if spec.name == "eager_eot_threshold" and isinstance(in_force, (int, float)):
        hint = eager_hint(float(in_force), profile)
        return (hint,) if hint else ()
    if spec.name == "filler_style" and in_force == "phrase":
        return ("Phrases can delay answers that are ready: watch “filler overhang”.",)
    return ()


def eager_hint(setting: float, profile: EngineProfile) -> str | None:
    """Return why an eager threshold has no effect, if it has none."""
    values = profile.values
    threshold = values.eot_threshold.value
    recogniser = values.eager_direction.value == "recogniser"
    if values.eager_confidence(setting) < threshold:
        return None
    limit = f"below {threshold:.2f}" if recogniser else f"above {(0.9 - threshold) / 0.6:.2f}"
    return f"At {setting:g} it never fires before the end of turn itself: only {limit} gives a head start."
