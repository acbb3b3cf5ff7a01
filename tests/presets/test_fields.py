"""The table of fields against the vendor's documentation and schema, and its own consistency."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from presets.config import VoiceConfig, check
from presets.fields import BY_NAME, FIELDS, FieldSpec

SHARED = Path(__file__).parents[2].parent / "shared"
SEEDS = SHARED / "seeds"
CONTRACT = SHARED / "contract" / "platform.openapi.json"
ROW = re.compile(r"^\| `(?P<name>\w+)` +\| `.+?`(?P<bounds> \(.+ to .+\))? +\| (?P<default>\S+) +\|", re.MULTILINE)
NUMBERS = [spec for spec in FIELDS if spec.kind in ("int", "float")]


@pytest.mark.skipif(not SEEDS.exists(), reason="the vendor's documentation is not here")
def test_defaults_and_bounds_match_the_documentation_and_undocumented_fields_are_folded() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))
    _, _, begun = text.partition("`voice_config` is an optional field on the service model")
    table, _, _ = begun.partition("### Presets")
    rows = {found["name"]: found for found in ROW.finditer(table)}
    assert len(rows) == 12
    for spec in FIELDS:
        row = rows.get(spec.name)
        assert spec.advanced == (row is None) or spec.name == "forwarding", spec.name
        if row is None:
            continue
        default = None if row["default"] == "-" else json.loads(row["default"].strip("`"))
        if default is not None:
            assert (spec.default, spec.documented_default) == (default, True), spec.name
        if row["bounds"]:
            assert [spec.low, spec.high] == [float(end) for end in re.findall(r"[\d.]+", row["bounds"])], spec.name


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's OpenAPI document is not here")
def test_kinds_choices_and_nulls_are_those_of_the_schema() -> None:
    schemas = json.loads(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
    properties: dict[str, Any] = schemas["ServiceVoiceConfig-Input"]["properties"]
    assert set(properties) == set(BY_NAME)
    for name, schema in properties.items():
        shapes = schema.get("anyOf", [schema])
        spec, (shape, *_) = BY_NAME[name], shapes
        assert spec.nullable == ({"type": "null"} in shapes), name
        assert list(spec.choices) == shape.get("enum", []), name
        kind = "choice" if "enum" in shape else shape.get("type", "object")
        assert {"int": "integer", "float": "number", "bool": "boolean", "words": "array"}.get(
            spec.kind, spec.kind
        ) == kind, name


@pytest.mark.parametrize("spec", NUMBERS, ids=[spec.name for spec in NUMBERS])
def test_a_slider_offers_only_what_may_be_and_the_default_among_it(spec: FieldSpec) -> None:
    assert spec.slider is not None
    assert spec.low is not None
    first, last = spec.slider
    steps = (last - first) / spec.step
    assert first >= spec.low
    assert spec.high is None or last == spec.high
    assert steps == pytest.approx(round(steps))
    assert 7 <= steps <= 100
    if isinstance(spec.default, int | float):
        assert first <= spec.default <= last
        assert (spec.default - first) / spec.step == pytest.approx(round((spec.default - first) / spec.step))
    assert not check(VoiceConfig().with_value(spec.name, int(last) if spec.kind == "int" else last))
    beyond = int(spec.low) - 1 if spec.kind == "int" else spec.low - 0.01
    assert check(VoiceConfig().with_value(spec.name, beyond))


@pytest.mark.parametrize(
    "name", ["max_response_sentences", "max_response_words", "eot_timeout_ms", "progress_interval_ms"]
)
def test_no_words_at_all_and_no_time_at_all_are_refused(name: str) -> None:
    assert check(VoiceConfig().with_value(name, 0))
    assert not check(VoiceConfig().with_value(name, 1))
