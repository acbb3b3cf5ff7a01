"""Checks whether one OpenAPI document's operations can replace another's, field by field.

A client written against the contract must be able to send what the contract lets it send (ours may take more), and
must be able to read what comes back (ours may say more, but nothing the contract rules out).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
BOUNDS_LOW = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
BOUNDS_HIGH = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True)
class Schema:
    """A schema with the document that its references point to."""

    raw: Json
    document: Json

    def resolved(self) -> Schema:
        raw = self.raw
        while "$ref" in raw:
            target: Any = self.document
            for part in raw["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            raw = {**target, **{name: value for name, value in raw.items() if name != "$ref"}}
        return Schema(raw, self.document)

    def branches(self) -> list[Schema]:
        """Return the alternatives, one for each type."""
        raw = self.resolved().raw
        for key in ("anyOf", "oneOf"):
            if key in raw:
                return [branch for one in raw[key] for branch in Schema(one, self.document).branches()]
        return [Schema(raw, self.document)]

    def __getitem__(self, name: str) -> Schema:
        return Schema(self.raw[name], self.document)

    @property
    def type(self) -> str | None:
        if "const" in self.raw:
            return "string"
        found: str | None = self.raw.get("type")
        return found

    @property
    def values(self) -> set[Any] | None:
        if "const" in self.raw:
            return {self.raw["const"]}
        return set(self.raw["enum"]) if "enum" in self.raw else None


def covers(wide: Schema, narrow: Schema, place: str, allowed: frozenset[str]) -> Iterator[str]:
    """Yield every way in which a value of ``narrow`` may not fit ``wide``."""
    for branch in narrow.branches():
        complaints = [
            list(_covers_branch(candidate, branch, place, allowed))
            for candidate in wide.branches()
            if _types_meet(candidate.type, branch.type)
        ]
        if not complaints:
            yield f"{place}: {branch.type} is not among {[one.type for one in wide.branches()]}"
        elif [] not in complaints:
            yield from min(complaints, key=len)


def _types_meet(wide: str | None, narrow: str | None) -> bool:
    return wide is None or wide == narrow or (wide, narrow) == ("number", "integer")


def _covers_branch(wide: Schema, narrow: Schema, place: str, allowed: frozenset[str]) -> Iterator[str]:
    if wide.values is not None and (narrow.values is None or not narrow.values <= wide.values):
        yield f"{place}: {narrow.values or 'any value'} is not within {wide.values}"
    if wide.raw.get("pattern") not in (None, narrow.raw.get("pattern")) and not narrow.values:
        yield f"{place}: pattern {wide.raw['pattern']} is not {narrow.raw.get('pattern')}"
    if wide.raw.get("format") not in (None, narrow.raw.get("format")):
        yield f"{place}: format {wide.raw['format']} is not {narrow.raw.get('format')}"
    # bounds add nothing to an enumeration
    if place.rpartition(".")[2] not in allowed and not narrow.values:
        yield from _bounds(wide, narrow, place)
    if "items" in narrow.raw and "items" in wide.raw:
        yield from covers(wide["items"], narrow["items"], f"{place}[]", allowed)
    if isinstance(narrow.raw.get("additionalProperties"), dict) and isinstance(
        wide.raw.get("additionalProperties"), dict
    ):
        yield from covers(wide["additionalProperties"], narrow["additionalProperties"], f"{place}{{}}", allowed)
    yield from _properties(wide, narrow, place, allowed)


def _bounds(wide: Schema, narrow: Schema, place: str) -> Iterator[str]:
    for key in (*BOUNDS_LOW, *BOUNDS_HIGH):
        bound, other = wide.raw.get(key), narrow.raw.get(key)
        sign = 1 if key in BOUNDS_LOW else -1
        if bound is not None and (other is None or sign * bound > sign * other):
            yield f"{place}: {key} {bound} where the other has {other}"


def _properties(wide: Schema, narrow: Schema, place: str, allowed: frozenset[str]) -> Iterator[str]:
    ours, theirs = wide.raw.get("properties", {}), narrow.raw.get("properties", {})
    missing = set(wide.raw.get("required", [])) - set(narrow.raw.get("required", []))
    for name in sorted(missing):
        yield f"{place}.{name}: required by one side only"
    for name in theirs:
        if name in ours:
            yield from covers(
                Schema(ours[name], wide.document), Schema(theirs[name], narrow.document), f"{place}.{name}", allowed
            )
        elif wide.raw.get("additionalProperties") is False:
            yield f"{place}.{name}: not allowed"
