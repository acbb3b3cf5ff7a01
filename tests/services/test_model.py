"""The domain model's own rules."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from services.model import Tag, VersionSet, version_set_name


@pytest.mark.parametrize("name", ["edge", "personal-dev", "A_9", "x" * 40])
def test_valid_version_set_names(name: str) -> None:
    assert version_set_name(name) == name


@pytest.mark.parametrize("name", ["", "x" * 41, "a b", "release\n", "é", "a/b", "１"])
def test_invalid_version_set_names(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        version_set_name(name)


def test_tags_read_as_people_write_them() -> None:
    assert [str(Tag("channel", "phone")), str(Tag("vip"))] == ["channel:phone", "vip"]


def test_models_leave_out_what_names_none() -> None:
    preferences: dict[str, JsonValue] = {"navigation": {"llm_name": "a"}, "engagement": {"params": {}}, "odd": 5}
    assert VersionSet(llm_model_preferences=preferences).models() == {"navigation": "a"}
