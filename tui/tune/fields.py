"""The fields for an editor: their values, layers, warnings, and typed input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from base.json_text import TextError, json_line, json_lines, parse_json
from presets.config import ConfigError, Problem, VoiceConfig, as_sent, check, parse
from presets.fields import BY_NAME, FIELDS, FieldSpec
from presets.layers import Layer, effective
from simulator.engine.end_of_turn import sensitivity_of
from simulator.engine.profile import EngineProfile
from tui.tune.draft import Draft

_FILLED = (
    "filler_vocabulary",
    "backchannel_delay_ms",
    "filler_cooldown_ms",
    "progress_interval_ms",
    "progress_vocabulary",
    "transition_deadline_ms",
)
"""The fields that have no effect while ``filler_style`` is silent."""


def warnings_of(
    spec: FieldSpec, own: object, in_force: Mapping[str, object], profile: EngineProfile
) -> tuple[str, ...]:
    """Return warnings about a field's present value. ``in_force`` has every field's value."""
    found = (
        _eager(spec, in_force, profile),
        _phrase(spec, in_force),
        _without_effect(spec, own, in_force),
        _not_simulated(spec, own, in_force),
    )
    return tuple(text for text in found if text)


def sensitivity_hint(setting: float | None, profile: EngineProfile) -> str:
    """Return the confidence at which turns end under an ``eager_eot_threshold``, and the profile's own."""
    sensitivity, own = sensitivity_of(profile.values), profile.values.eot_threshold.value
    if sensitivity.head_start:
        return f"Profile {profile.name}: a head start on the answer, unheard; turns end at confidence {own:g}."
    equal = sensitivity.equal_to(own)
    place = "no value of this field" if equal is None else f"{equal:.2f}"
    if setting is None:
        return f"Unset, turns end at confidence {own:.2f}, profile {profile.name}'s own: the same as {place}."
    ends_at = sensitivity.ends_at(setting)
    return (
        f"Turns end at confidence {ends_at:.2f}; unset, at {own:.2f} (profile {profile.name}), the same as {place}."
    )


def head_start_hint(setting: float, profile: EngineProfile) -> str | None:
    """Return why a head-start threshold has no effect. ``None`` if it has one."""
    threshold = profile.values.eot_threshold.value
    sensitivity = sensitivity_of(profile.values)
    if sensitivity.confidence(setting) < threshold:
        return None
    limit = f"below {threshold:.2f}" if sensitivity.recogniser else f"above {(0.9 - threshold) / 0.6:.2f}"
    return f"At {setting:g} it never fires before the end of turn itself: only {limit} gives a head start."


def _eager(spec: FieldSpec, in_force: Mapping[str, object], profile: EngineProfile) -> str | None:
    value = in_force[spec.name]
    if spec.name != SENSITIVITY or not isinstance(value, (int, float)):
        return None
    return head_start_hint(float(value), profile) if sensitivity_of(profile.values).head_start else None


def _phrase(spec: FieldSpec, in_force: Mapping[str, object]) -> str | None:
    if spec.name != "filler_style" or in_force[spec.name] != "phrase":
        return None
    return "Phrases can delay answers that are ready: watch “filler overhang”."


def _without_effect(spec: FieldSpec, own: object, in_force: Mapping[str, object]) -> str | None:
    if own is None:
        return None
    if spec.name in _FILLED and in_force["filler_style"] == "silent":
        return "No effect while filler_style is silent."
    if spec.name == "progress_vocabulary" and in_force["progress_interval_ms"] is None:
        return "No effect without a progress_interval_ms."
    if spec.name == "forwarding" and not in_force["forward_call_enabled"]:
        return "No effect while forward_call_enabled is off."
    if spec.name == "realtime_voice" and in_force["session_provider"] in (None, "amigo"):
        return "No effect on amigo's own pipeline: session_provider is not a realtime one."
    return None


def _not_simulated(spec: FieldSpec, own: object, in_force: Mapping[str, object]) -> str | None:
    value = in_force[spec.name]
    if spec.name == "session_provider" and value not in (None, "amigo"):
        return "The readouts are those of amigo's own pipeline, not of this provider: do not judge it by them."
    if spec.name == "tts_provider" and value not in (None, "cartesia"):
        return "The readouts have the latencies of cartesia's voices, not of this provider's."
    return "Moves no readout." if own is not None and not spec.heard else None


DRAFT = "draft"
SERVICE = "service"
SENSITIVITY = "eager_eot_threshold"


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field. ``own`` is the draft's value (``None``: inherit), ``in_force`` the resulting one.

    ``hint`` explains the value. ``stands_at`` is its place on the field's scale if no layer sets it.
    """

    spec: FieldSpec
    own: object
    in_force: object
    origin: str
    changed: bool
    warnings: tuple[str, ...] = ()
    hint: str = ""
    stands_at: float | None = None

    @property
    def inherited(self) -> bool:
        """Whether the draft inherits the field."""
        return self.own is None


def field_states(
    draft: Draft,
    above: Sequence[Layer],
    profile: EngineProfile,
    stored_problems: Sequence[Problem] = (),
) -> dict[str, FieldState]:
    """Return the state of every known field, in the order of the table."""
    config, changed = draft.config, draft.changes()
    layers = (Layer(SERVICE, config), *above)
    found = {spec.name: effective(spec, layers) for spec in FIELDS}
    values = {name: value for name, (value, _) in found.items()}
    problems = _problems(config, stored_problems, changed)
    states = {}
    for spec in FIELDS:
        own, (value, origin) = getattr(config, spec.name), found[spec.name]
        if own is not None and spec.name in changed:
            origin = DRAFT
        elif own is not None and spec.plain(own) is None and effective(spec, above)[0] == own:
            own, (value, origin) = None, effective(spec, above)  # it only spells out "inherit"
        warnings = (*problems.get(spec.name, ()), *warnings_of(spec, own, values, profile))
        states[spec.name] = FieldState(spec, own, value, origin, spec.name in changed, warnings)
    states[SENSITIVITY] = _with_hint(states[SENSITIVITY], profile)
    return states


def _with_hint(state: FieldState, profile: EngineProfile) -> FieldState:
    value, sensitivity = state.in_force, sensitivity_of(profile.values)
    setting = float(value) if isinstance(value, (int, float)) else None
    stands_at = None if sensitivity.head_start else sensitivity.equal_to(profile.values.eot_threshold.value)
    return replace(state, hint=sensitivity_hint(setting, profile), stands_at=stands_at)


def _problems(
    config: VoiceConfig, stored: Sequence[Problem], changed: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    """Return the problems by field: of values in the draft, and of stored ones that could not be read."""
    found: dict[str, tuple[str, ...]] = {}
    for problem in check(config):
        found[problem.field] = (f"The value {problem.message}.",)
    for problem in stored:
        unreadable = getattr(config, problem.field, None) is None
        if problem.field not in found and problem.field not in changed and unreadable:
            found[problem.field] = (f"The stored value is ignored: it {problem.message}.",)
    return found


def shown_value(name: str, value: object) -> str:
    """Return a field's value for people. ``None`` is inherited, or the default that the platform stores."""
    value = BY_NAME[name].spelt_out(value) if name in BY_NAME else value
    if value is None:
        return "inherited"
    return BY_NAME[name].show(value) if name in BY_NAME else json_line(value)


def change_lines(before: VoiceConfig, update: Mapping[str, object]) -> str:
    """Return the changes from setting fields (``None``: inherit), one per line. One line if there are none."""
    now = before.set_values()
    lines = [
        f"{name}: {shown_value(name, now.get(name))} → {shown_value(name, value)}"
        for name, value in update.items()
        if as_sent({name: now.get(name)}) != as_sent({name: value})
    ]
    return "\n".join(lines) or "Changes nothing: the draft has all of it."


class EntryError(ValueError):
    """A typed value that is invalid. The message says what would be valid."""


def parse_entry(spec: FieldSpec, text: str) -> object:
    """Return a field's value from text: one word per line, or an object as JSON.

    Raises :class:`EntryError`.
    """
    text = text.strip()
    if not text:
        raise EntryError("nothing typed; backspace on the field makes it inherit")
    value = _read(spec, text)
    try:
        problems = check(parse({spec.name: value}))
    except ConfigError as error:
        raise EntryError(str(error).removeprefix(f"voice_config: {spec.name} ")) from None
    if problems:
        raise EntryError(problems[0].message)
    return value


def entry_text(spec: FieldSpec, value: object) -> str:
    """Return a value as text for :func:`parse_entry`."""
    if value is None:
        return ""
    if spec.kind == "words" and isinstance(value, (list, tuple)):
        return "\n".join(str(word) for word in value)
    if spec.kind == "object":
        return json_lines(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_json(text: str) -> object:
    """Return the value of JSON. Raises :class:`EntryError`, which names line and column."""
    try:
        value = parse_json(text, "it")
    except TextError as error:
        raise EntryError(str(error).removeprefix("it: ")) from None
    return value


def _read(spec: FieldSpec, text: str) -> object:
    if spec.kind == "words":
        words = [word.strip() for word in text.splitlines()]
        return [word for word in words if word]
    if spec.kind == "object":
        return read_json(text)
    if spec.kind not in ("int", "float"):
        return text
    digits = text.removesuffix(spec.unit).strip() if spec.unit else text
    try:
        # People write 1,200, as the text beside the slider does.
        return int(digits.replace(",", "")) if spec.kind == "int" else float(digits)
    except ValueError:
        what = "a whole number" if spec.kind == "int" else "a number"
        raise EntryError(f"must be {what}{' of ' + spec.unit if spec.unit else ''}, not {text!r}") from None
