"""voice_config as layers, presets and updates: what is set, inherited, kept and refused."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.config import ConfigError, VoiceConfig, changes, check, load, parse, suggest, to_show
from presets.fields import BY_NAME, FIELDS
from presets.layers import Layer, resolve, usable
from presets.library import UnknownPresetError, builtin_presets, preset


def test_the_table_and_the_model_name_the_same_fields() -> None:
    assert set(BY_NAME) == {one.name for one in fields(VoiceConfig)} - {"unknown"}


def test_presets_are_the_documented_ones() -> None:
    assert {name: one.config.set_values() for name, one in builtin_presets().items()} == {
        "ultra_low_latency": {
            "tts_model": "sonic-turbo",
            "max_buffer_delay_ms": 200,
            "filler_style": "backchannel",
            "backchannel_delay_ms": 400,
            "max_response_sentences": 1,
        },
        "balanced": {"max_buffer_delay_ms": 500},
        "quality": {"tts_model": "sonic-3", "max_buffer_delay_ms": 500, "filler_style": "phrase"},
    }
    for name in builtin_presets():
        assert json.loads((files("presets") / "builtin" / f"{name}.json").read_text())["name"] == name
    with pytest.raises(UnknownPresetError, match=r"ultra_low_latency, balanced, quality"):
        preset("fast")


def test_none_inherits_and_a_value_equal_to_the_default_is_still_set() -> None:
    layers = (
        Layer("service", parse({"max_buffer_delay_ms": 500})),
        Layer("workspace", parse({"tts_model": "sonic-3"})),
    )
    resolved = resolve(*layers)
    assert (resolved.max_buffer_delay_ms, resolved.origins["max_buffer_delay_ms"]) == (500, "service")
    assert (resolved.tts_model, resolved.origins["tts_model"]) == ("sonic-3", "workspace")
    assert (resolved.barge_in_min_speech_s, resolved.origins["barge_in_min_speech_s"]) == (0.8, "built-in")
    put_back = resolve(Layer("service", parse({"tts_model": None})), layers[1])
    assert put_back.origins["tts_model"] == "workspace"


def test_an_update_holds_only_what_changed_and_null_puts_back() -> None:
    before = parse({"max_buffer_delay_ms": 300, "tts_model": "sonic-3", "new_vendor_field": {"a": [1]}})
    after = before.with_value("max_buffer_delay_ms", 320).with_value("tts_model", None)
    assert changes(before, after) == {"max_buffer_delay_ms": 320, "tts_model": None}
    assert changes(before, before) == {}
    assert after.set_values()["new_vendor_field"] == {"a": [1]}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"max_buffer_delay_ms": 150}, "max_buffer_delay_ms"),
        ({"max_buffer_delay_ms": 1001}, "max_buffer_delay_ms"),
        ({"eager_eot_threshold": 1.1}, "eager_eot_threshold"),
        ({"tts_model": "sonic-9"}, "tts_model"),
        ({"max_response_words": 0}, "max_response_words"),
        ({"barge_in_min_speech_s": -1.0}, "barge_in_min_speech_s"),
        ({"eot_timeout_ms": 10**400}, "eot_timeout_ms"),
        ({"max_response_words": 10**9 + 1}, "max_response_words"),
    ],
)
def test_values_out_of_bounds_are_named_and_kept(raw: dict[str, object], field: str) -> None:
    config, problems = load(raw)
    assert [problem.field for problem in problems] == [field]
    assert config.set_values() == raw


def test_a_stored_value_of_the_wrong_type_never_stops_loading() -> None:
    wrong = {"max_buffer_delay_ms": "fast", "tts_model": ["x"], "filler_vocabulary": ["Mm", 3]}
    config, problems = load({**wrong, "barge_in_min_speech_s": 0.5, "": "a name like any other"})
    assert {problem.field for problem in problems} == set(wrong)
    assert config.set_values() == {"barge_in_min_speech_s": 0.5, "": "a name like any other"}


@pytest.mark.parametrize("raw", [{"eot_timeout_ms": 2.5}, {"eot_timeout_ms": True}, {"eager_eot_threshold": "0.5"}])
def test_an_invalid_value_is_refused_by_name(raw: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(raw))):
        parse(raw)


def test_a_misspelt_field_has_a_suggestion() -> None:
    assert suggest("max_bufer_delay_ms") == "max_buffer_delay_ms"
    assert suggest("zzz") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


any_name = st.sampled_from(sorted(BY_NAME)) | st.text() | st.text(st.characters(categories=["Cs"]), max_size=2)


@given(st.dictionaries(any_name, json_values, max_size=6))
def test_loading_never_fails_whatever_is_stored(raw: dict[str, object]) -> None:
    config, problems = load(raw)
    assert set(check(config)) <= set(problems)
    assert set(resolve(Layer("service", config)).origins.values()) <= {"service", "built-in"}


def test_every_field_says_what_a_caller_notices() -> None:
    for spec in FIELDS:
        assert spec.notices.endswith(".")
        assert spec.choices or spec.kind != "choice"


def test_what_is_shown_of_settings_has_neither_secrets_nor_telephone_numbers() -> None:
    shown = to_show(
        {"api_key": "sk-live", "auth": None, "tts_model": "sonic-3", "hook": [{"Token": 7}, "+15550100142"]}
    )
    assert "sk-live" not in str(shown)
    assert "7" not in str(shown)
    assert "0100" not in str(shown)
    assert shown["api_key"]
    assert (shown["auth"], shown["tts_model"]) == (None, "sonic-3")


@pytest.mark.parametrize(
    ("field", "least", "refused"), [("max_buffer_delay_ms", 1, -1), ("max_response_words", 1, 0)]
)
def test_a_number_outside_its_bounds_is_used_unless_it_means_nothing(field: str, least: int, refused: int) -> None:
    assert usable(BY_NAME[field], least)
    assert not usable(BY_NAME[field], refused)
    assert not usable(BY_NAME[field], 10**12)
