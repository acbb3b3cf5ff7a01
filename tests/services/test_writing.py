"""Values that were read and not changed go back as they came."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.classic_shapes import MACHINE, read_classic_service, write_classic_version_set
from services.model import NewService, Tag, VersionSet
from services.reading import read_service, read_version_set
from services.writing import service_changes, write_new_service, write_version_set

KNOWN = (
    "agent_version_number",
    "context_graph_version_number",
    f"{MACHINE}_version_number",
    "llm_model_preferences",
    "turn_runtime",
    "applied_behavior_ids",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
VERSION_SETS = st.dictionaries(st.sampled_from(KNOWN) | st.text(min_size=1, max_size=8), JSON, max_size=6)


def assert_written(raw: dict[str, Any], written: Any) -> None:
    for name, value in raw.items():
        # null and a missing field mean the same for known fields: the latest, or nothing
        assert written.get(name) == value or (value is None and name in KNOWN and not written[name])


@given(VERSION_SETS)
def test_a_version_set_survives_platforms_round_trip(raw: dict[str, Any]) -> None:
    assert_written(raw, write_version_set(read_version_set(raw)))


@given(VERSION_SETS)
def test_a_version_set_survives_classics_round_trip(raw: dict[str, Any]) -> None:
    raw.pop("context_graph_version_number", None)
    service = read_classic_service({"id": "s", "version_sets": {"mine": raw}})
    assert service is not None
    assert_written(raw, write_classic_version_set(service.version_sets["mine"])["version_set"])


@given(st.dictionaries(st.sampled_from(["id", "name", "tags", "keyterms", "new"]) | st.text(max_size=6), JSON))
def test_a_service_that_was_not_edited_sends_nothing(raw: dict[str, Any]) -> None:
    service = read_service({**raw, "id": "s"})
    assert service is not None
    assert service_changes(service, service) == {}


def test_unset_fields_of_a_new_service_are_not_sent() -> None:
    new = NewService(name="n", agent_id="a", context_graph_id="c", tags=(Tag("vip"),), extra={"later": None})
    body = write_new_service(new)
    assert body["tags"] == [{"key": "vip", "value": None}]
    assert body.keys() == {
        "name", "description", "agent_id", "context_graph_id", "is_active", "tags", "keyterms", "later"
    }  # fmt: skip
    sets: Any = write_new_service(NewService(name="n", agent_id="a", context_graph_id="c", release=VersionSet()))
    assert set(sets["version_sets"]) == {"release"}
