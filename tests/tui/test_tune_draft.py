"""The draft without a screen: undo, drags, saving, and typed values."""

from __future__ import annotations

import pytest

from presets.config import VoiceConfig, check, load, of_values
from presets.fields import BY_NAME, FIELDS
from presets.layers import Layer
from services.model import Service
from simulator.engine.profile import default_profile
from tests.simulator.tracks import fixed_profile
from tui.tune.draft import Draft
from tui.tune.fields import EntryError, entry_text, field_states, parse_entry
from tui.tune.session import TuneSession

STORED = VoiceConfig(max_buffer_delay_ms=200, filler_style="phrase")


def test_a_held_key_is_one_step_of_undo() -> None:
    draft = Draft(STORED)
    for value in (220, 240, 260):
        draft.set_value("max_buffer_delay_ms", value, "keys")
    draft.set_value("post_eot_pause_ms", 50, "keys")
    assert draft.undo()
    assert draft.changes() == {"max_buffer_delay_ms": 260}
    assert draft.undo()
    assert draft.changes() == {}
    assert not draft.undo()
    assert draft.redo()
    assert draft.redo()
    assert draft.changes() == {"max_buffer_delay_ms": 260, "post_eot_pause_ms": 50}
    assert not draft.redo()


def test_two_drags_are_two_steps() -> None:
    draft = Draft(STORED)
    draft.set_value("max_buffer_delay_ms", 300, ("drag", 1))
    draft.set_value("max_buffer_delay_ms", 400, ("drag", 2))
    draft.undo()
    assert draft.changes() == {"max_buffer_delay_ms": 300}


def test_an_edit_after_undo_is_a_new_step_and_ends_redo() -> None:
    draft = Draft(STORED)
    draft.set_value("max_buffer_delay_ms", 300, "keys")
    draft.set_value("post_eot_pause_ms", 50, "keys")
    draft.undo()
    draft.set_value("max_buffer_delay_ms", 320, "keys")
    assert not draft.redo()
    draft.undo()
    assert draft.changes() == {"max_buffer_delay_ms": 300}


def test_setting_what_is_set_is_no_step() -> None:
    draft = Draft(STORED)
    assert not draft.set_value("max_buffer_delay_ms", 200)
    assert not draft.undo()


def test_back_to_inherit_differs_from_setting_the_default() -> None:
    draft = Draft(STORED)
    draft.set_value("max_buffer_delay_ms", 500)
    assert draft.changes() == {"max_buffer_delay_ms": 500}
    draft.set_value("max_buffer_delay_ms", None)
    assert draft.changes() == {"max_buffer_delay_ms": None}


def test_saving_keeps_later_edits_and_takes_in_what_others_saved() -> None:
    draft = Draft(STORED)
    draft.set_value("max_buffer_delay_ms", 300)
    sent = draft.config
    draft.set_value("post_eot_pause_ms", 50)
    held = VoiceConfig(max_buffer_delay_ms=300, filler_style="phrase", tts_model="sonic-3")
    draft.saved(sent, held)
    assert draft.changes() == {"post_eot_pause_ms": 50}
    assert draft.config.tts_model == "sonic-3"
    draft.undo()
    draft.undo()
    assert draft.changes() == {"max_buffer_delay_ms": 200}


def test_unknown_fields_stay_and_are_named() -> None:
    config, _ = load({"adaptive_pacing": {"floor": 1}, "tts_provider": "cartesia"})
    draft = Draft(config)
    draft.set_value("max_buffer_delay_ms", 300)
    assert draft.changes() == {"max_buffer_delay_ms": 300}
    session = TuneSession(Service(id="1", name="Line", voice_config=config))
    assert session.unknown() == ("adaptive_pacing",)


def test_every_field_says_where_its_value_comes_from() -> None:
    draft = Draft(STORED)
    draft.set_value("tts_model", "sonic-3")
    draft.set_value("filler_style", None)
    states = field_states(draft, (Layer("workspace", VoiceConfig(barge_in_min_speech_s=1.0)),), default_profile())
    origins = {name: states[name].origin for name in ("tts_model", "max_buffer_delay_ms", "barge_in_min_speech_s")}
    assert origins == {
        "tts_model": "draft",
        "max_buffer_delay_ms": "service",
        "barge_in_min_speech_s": "workspace",
    }
    put_back = states["filler_style"]
    assert (put_back.inherited, put_back.changed, put_back.in_force, put_back.origin) == (
        True,
        True,
        "backchannel",
        "built-in",
    )
    free = Draft(VoiceConfig())
    free.set_value("filler_style", "backchannel")  # an inherited value, and the platform's form of "inherit"
    same = field_states(free, (), default_profile())["filler_style"]
    assert (same.inherited, same.origin, free.changes()) == (True, "built-in", {})


@pytest.mark.parametrize(("setting", "warned"), [(0.0, True), (0.33, True), (0.34, False), (1.0, False)])
def test_the_hint_on_a_head_start_is_for_settings_that_cannot_come_first(setting: float, warned: bool) -> None:
    profile = fixed_profile(eager_role="head_start", eot_threshold=0.7)
    draft = Draft(VoiceConfig(eager_eot_threshold=setting))
    state = field_states(draft, (), profile)["eager_eot_threshold"]
    assert any("never fires before the end of turn" in text for text in state.warnings) is warned
    assert state.stands_at is None


def test_the_sensitivity_says_what_it_amounts_to_and_stands_where_the_profile_does() -> None:
    profile = fixed_profile(eot_threshold=0.6)
    unset = field_states(Draft(VoiceConfig()), (), profile)["eager_eot_threshold"]
    assert "confidence 0.60" in unset.hint
    assert "the same as 0.50" in unset.hint
    assert (unset.in_force, unset.stands_at, unset.warnings) == (None, 0.5, ())
    patient = field_states(Draft(VoiceConfig(eager_eot_threshold=0.2)), (), profile)["eager_eot_threshold"]
    assert "Turns end at confidence 0.78; unset, at 0.60" in patient.hint
    beyond = field_states(Draft(VoiceConfig()), (), fixed_profile(eot_threshold=0.97))["eager_eot_threshold"]
    assert "no value of this field" in beyond.hint
    assert beyond.stands_at is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("max_buffer_delay_ms", "320", 320),
        ("max_buffer_delay_ms", " 320 ms ", 320),
        ("eot_timeout_ms", "5,000", 5000),
        ("barge_in_min_speech_s", "0.85", 0.85),
        ("barge_in_min_speech_s", "1 s", 1.0),
        ("filler_vocabulary", "Mm\n Well, let me see \n\n", ["Mm", "Well, let me see"]),
        ("tts_config", '{"speed": 1.1, "a": [null]}', {"speed": 1.1, "a": [None]}),
    ],
)
def test_typed_values(name: str, text: str, value: object) -> None:
    assert parse_entry(BY_NAME[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("max_buffer_delay_ms", "199"),
        ("max_buffer_delay_ms", "320.5"),
        ("max_buffer_delay_ms", "1e3"),
        ("barge_in_min_speech_s", "nan"),
        ("barge_in_min_speech_s", "inf"),
        ("barge_in_min_speech_s", "-1"),
        ("eager_eot_threshold", "1.01"),
        ("filler_vocabulary", "  "),
        ("max_response_words", "0"),
        ("tts_config", '{"speed": 1.1'),
        ("tts_config", '["speed"]'),
        ("tts_config", "3"),
        ("tts_config", '{"speed": NaN}'),
        ("tts_config", '{"speed": "\\ud83d"}'),
        ("tts_config", "[" * 100_000),
    ],
)
def test_values_that_cannot_be_typed(name: str, text: str) -> None:
    with pytest.raises(EntryError) as refused:
        parse_entry(BY_NAME[name], text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"), [("filler_vocabulary", ["Well, let me see", "Mm"]), ("forwarding", {"to": ["é", {"x": 1}]})]
)
def test_multi_line_values_round_trip(name: str, value: object) -> None:
    assert parse_entry(BY_NAME[name], entry_text(BY_NAME[name], value)) == value


def test_every_shown_value_can_be_typed() -> None:
    for spec in FIELDS:
        if spec.heard and spec.default is not None and spec.kind in ("int", "float"):
            assert parse_entry(spec, entry_text(spec, spec.default)) == spec.default


def test_arm_b_is_the_service_as_stored() -> None:
    session = TuneSession(Service(id="1", name="Line", voice_config=STORED))
    session.draft.set_value("max_buffer_delay_ms", 300)
    session.arms.put(session.arms.first_compared, session.comparison_arms()["service as stored"])
    assert session.comparison_arm.config is None
    assert not check(session.draft.config)


@pytest.mark.parametrize(
    ("config", "field", "warning"),
    [
        ({"filler_style": "silent", "backchannel_delay_ms": 100}, "backchannel_delay_ms", "filler_style is silent"),
        ({"backchannel_delay_ms": 100}, "backchannel_delay_ms", ""),
        ({"filler_style": "silent"}, "backchannel_delay_ms", ""),
        ({"progress_vocabulary": ["Still here"]}, "progress_vocabulary", "without a progress_interval_ms"),
        ({"progress_vocabulary": ["Still here"], "progress_interval_ms": 900}, "progress_vocabulary", ""),
        ({"forwarding": {}}, "forwarding", "forward_call_enabled is off"),
        ({"filler_style": "phrase"}, "filler_style", "filler overhang"),
        ({"session_provider": "gpt_realtime"}, "session_provider", "do not judge it by them"),
        ({"tts_provider": "groq"}, "tts_provider", "latencies of cartesia"),
        ({"tts_config": {}}, "tts_config", "Moves no readout"),
        ({}, "tts_config", ""),
    ],
)
def test_settings_that_do_not_do_what_they_seem_to_are_warned_of(
    config: dict[str, object], field: str, warning: str
) -> None:
    states = field_states(Draft(of_values(config)), (), default_profile())
    told = " ".join(states[field].warnings)
    assert warning in told
    assert bool(told) is bool(warning)


def test_a_field_that_is_not_simulated_says_where_its_value_comes_from() -> None:
    workspace = Layer("workspace", VoiceConfig(session_provider="gpt_live"))
    state = field_states(Draft(VoiceConfig()), (workspace,), default_profile())["session_provider"]
    assert (state.own, state.in_force, state.origin) == (None, "gpt_live", "workspace")
    assert "do not judge it by them" in state.warnings[0]
