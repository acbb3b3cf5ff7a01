"""The embedded platform's generated OpenAPI against the vendor's two documents, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.rate_limits import LIMITS
from services.embedded.seed import seed
from tests.services.openapi_compatibility import Schema, covers

CONTRACT = Path(__file__).parents[2] / ".." / "shared" / "contract"
DIALECTS = ("platform", "classic")
OWN = {
    ("GET", "/v1/{organization}/service/{service_id}/version_sets/{version_set_name}/"),  # documented only in prose
    ("GET", "/turnlab/{workspace_id}/history"),
    ("POST", "/v1/{workspace_id}/simulations/config-to-policy"),  # named only in prose
}
OWN_RESPONSE_FIELDS = {"safety_filters_enabled", "applied_behavior_ids", "made_by_turnlab"}
"""Fields that the vendor's prose has and its OpenAPI documents lack, and the mark of a demo call."""

TIGHTER = frozenset({"continuation_token", "speed", "volume"})
"""A page cannot start before the first one. The contract gives the other two their bounds in prose."""

OWN_STATUS = {"401", "403", "404", "422", "503"}
"""Refusals that any operation may answer with, even if its own list in the contract lacks them."""

pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's OpenAPI documents are not here")
Json = dict[str, Any]


def _contract(dialect: str) -> Json:
    document: Json = json.loads((CONTRACT / f"{dialect}.openapi.json").read_text(encoding="utf-8"))
    return document


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Json:
    database = Database.open(tmp_path_factory.mktemp("openapi") / "workspace.db", fill=seed)
    document: Json = create_app(database).openapi()
    database.close()
    return document


def _cases() -> list[Any]:
    if not CONTRACT.exists():
        return []
    return [
        pytest.param(dialect, method, path, id=f"{dialect} {operation['operationId']}")
        for dialect in DIALECTS
        for method, path, operation in _operations(_contract(dialect))
    ]


def _body(operation: Json, document: Json) -> Schema | None:
    found = operation.get("requestBody")
    return Schema(found["content"]["application/json"]["schema"], document) if found else None


def _answer(operation: Json, status: str, document: Json) -> Schema | None:
    found = operation["responses"].get(status, {}).get("content", {}).get("application/json", {}).get("schema")
    return Schema(found, document) if found else None


def test_every_operation_is_served(ours: Json) -> None:
    theirs = {(method, path) for dialect in DIALECTS for method, path, _ in _operations(_contract(dialect))}
    served = {(method, path) for method, path, _ in _operations(ours)}
    assert theirs - served == set()
    assert served - theirs == OWN


@pytest.mark.parametrize(("dialect", "method", "path"), _cases())
def test_an_operation_fits_the_contract(ours: Json, dialect: str, method: str, path: str) -> None:
    document = _contract(dialect)
    theirs, mine = document["paths"][path][method.lower()], ours["paths"][path][method.lower()]
    assert list(_parameters(mine, theirs, ours, document)) == []
    assert list(_bodies(mine, theirs, ours, document)) == []
    assert list(_answers(mine, theirs, ours, document)) == []
    success = {status for status in theirs["responses"] if status < "300"}
    assert {status for status in mine["responses"] if status < "300"} == success
    assert set(theirs["responses"]) - set(mine["responses"]) <= {"503"}
    assert set(mine["responses"]) - set(theirs["responses"]) <= OWN_STATUS


def _parameters(mine: Json, theirs: Json, ours: Json, document: Json) -> Iterator[str]:
    found = {(one["in"], one["name"]): one for one in mine.get("parameters", [])}
    known = {(one["in"], one["name"]): one for one in theirs.get("parameters", [])}
    yield from (f"{place}: not served" for place in known.keys() - found.keys())
    yield from (f"{place}: not in the contract" for place in found.keys() - known.keys())
    for place, one in found.items():
        other = known.get(place, {})
        if one.get("required", False) and not other.get("required", False):
            yield f"{place}: required"
        wide, narrow = Schema(one["schema"], ours), Schema(other.get("schema", {}), document)
        yield from covers(wide, narrow, f"{place[0]}.{place[1]}", TIGHTER)


def _bodies(mine: Json, theirs: Json, ours: Json, document: Json) -> Iterator[str]:
    wide, narrow = _body(mine, ours), _body(theirs, document)
    assert (wide is None) == (narrow is None)
    if wide is not None and narrow is not None:
        yield from covers(wide, narrow, "body", TIGHTER)
        yield from _unknown(narrow, wide, "body")


def _answers(mine: Json, theirs: Json, ours: Json, document: Json) -> Iterator[str]:
    for status in mine["responses"].keys() & theirs["responses"].keys():
        narrow, wide = _answer(mine, status, ours), _answer(theirs, status, document)
        if narrow is not None and wide is not None and wide.raw:
            yield from covers(wide, narrow, status, TIGHTER)
            yield from _unknown(narrow, wide, status)


def _unknown(narrow: Schema, wide: Schema, place: str) -> Iterator[str]:
    """Yield every field that only one side has, at the top and one level down."""
    for one, other in ((narrow.resolved(), wide.resolved()),):
        for name, schema in one.raw.get("properties", {}).items():
            theirs = other.raw.get("properties", {})
            if name not in theirs:
                if name not in OWN_RESPONSE_FIELDS:
                    yield f"{place}.{name}: on one side only"
                continue
            inner, outer = Schema(schema, one.document).resolved(), Schema(theirs[name], other.document).resolved()
            if "items" in inner.raw and "items" in outer.raw:
                yield from _unknown(inner["items"], outer["items"], f"{place}.{name}[]")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"type": "string"}, {"type": "integer"}),
        ({"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}),
        ({"type": "integer", "maximum": 5}, {"type": "integer", "maximum": 6}),
        ({"type": "integer", "minimum": 1}, {"type": "integer"}),
        ({"type": "string", "pattern": "^a$"}, {"type": "string"}),
        ({"type": "object", "required": ["a"]}, {"type": "object"}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "integer"}}),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"a": {"type": "boolean"}}},
        ),
    ],
)
def test_the_compatibility_check_detects_differences(mine: Json, theirs: Json) -> None:
    assert list(covers(Schema(mine, {}), Schema(theirs, {}), "place", frozenset()))
    assert list(covers(Schema(theirs, {}), Schema(theirs, {}), "place", frozenset())) == []


def test_the_limits_are_the_documented_ones() -> None:
    known = {}
    for _, _, operation in _operations(_contract("classic")):
        said = re.search(r"rate limit of (\d+) requests per minute", operation["responses"]["429"]["description"])
        assert said
        known[operation["operationId"]] = int(said[1])
    for operation_id, limit in known.items():
        mine = operation_id if operation_id.startswith("sign-in") else f"classic-{operation_id}"
        assert LIMITS[mine] == limit, operation_id
    assert LIMITS["classic-get-service-version-set"] == 100
