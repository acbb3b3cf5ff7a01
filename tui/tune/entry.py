"""Typed values: text from a person's keyboard to a value a field may hold, or one sentence why not."""

from __future__ import annotations

from base.json_text import TextError, json_lines, parse_json
from presets.config import ConfigError, check, parse
from presets.fields import FieldSpec


class EntryError(ValueError):
    """A typed value that is not applied; the message says what would be."""


def parse_entry(spec: FieldSpec, text: str) -> object:
    """Return the value that ``text`` means for a field: words one a line, an object as JSON.

    Raises :class:`EntryError`.
    """
    text = text.strip()
    if not text:
        raise EntryError("nothing typed; backspace on the field puts it back to inherit")
    value = _read(spec, text)
    try:
        problems = check(parse({spec.name: value}))
    except ConfigError as error:
        raise EntryError(str(error).removeprefix(f"voice_config: {spec.name} ")) from None
    if problems:
        raise EntryError(problems[0].message)
    return value


def entry_text(spec: FieldSpec, value: object) -> str:
    """Return a value the way :func:`parse_entry` reads it."""
    if value is None:
        return ""
    if spec.kind == "words" and isinstance(value, (list, tuple)):
        return "\n".join(str(word) for word in value)
    if spec.kind == "object":
        return json_lines(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_json(text: str) -> object:
    """Return what JSON means. Raises :class:`EntryError`, naming line and column."""
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
        # People write 1,200 as the value beside the slider does.
        return int(digits.replace(",", "")) if spec.kind == "int" else float(digits)
    except ValueError:
        what = "a whole number" if spec.kind == "int" else "a number"
        raise EntryError(f"must be {what}{' of ' + spec.unit if spec.unit else ''}, not {text!r}") from None
