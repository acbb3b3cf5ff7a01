"""``turnlab voice-config``: merged field by field, checked, shown before it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Turnlab
from tests.cli.platform_desk import Desk, alone, classic_environment, desk, expected, inside, serving
from tests.interop.conftest import Served

__all__ = ["alone", "desk", "inside", "serving"]

LINE = "Intake Line"
STORED = {
    "tts_model": "sonic-3",
    "max_buffer_delay_ms": 600,
    "filler_style": "phrase",
    "barge_in_min_speech_s": 0.8,
    "forward_call_enabled": False,
}


def _stored(desk: Desk) -> dict[str, Any]:
    return {name: value for name, value in desk.service()["voice_config"].items() if value is not None}


def test_what_is_stored_is_shown(desk: Desk) -> None:
    assert desk("voice-config", LINE, "--get", "--json").json()["voice_config"] == STORED
    assert "600 ms" in desk("voice-config", LINE).out


def test_a_preset_sets_its_fields_and_leaves_the_others(desk: Desk) -> None:
    shown = desk("voice-config", LINE, "--preset", "ultra_low_latency")
    assert _stored(desk) == STORED, "nothing is written without --apply"
    body = json.loads(shown.out.split("body: ")[1].splitlines()[0])
    assert body["voice_config"]["max_buffer_delay_ms"] == 200
    assert desk("voice-config", LINE, "--preset", "ultra_low_latency", "--apply").code == 0
    assert _stored(desk) == {**STORED, **body["voice_config"]}
    again = desk("voice-config", LINE, "--preset", "ultra_low_latency", "--apply")
    assert "nothing would change" in again.out
    assert "Written" not in again.out


def test_only_what_differs_is_sent_and_null_inherits(desk: Desk) -> None:
    body = {"max_buffer_delay_ms": 600, "filler_style": None, "eot_timeout_ms": None, "post_eot_pause_ms": 50}
    done = desk("voice-config", LINE, "--body", json.dumps({"voice_config": body}), "--apply", "--json").json()
    assert done["body"] == {"voice_config": {"filler_style": None, "post_eot_pause_ms": 50}}
    assert done["before"] == {"filler_style": "phrase", "post_eot_pause_ms": None}
    expect = {**STORED, "post_eot_pause_ms": 50}
    del expect["filler_style"]
    assert _stored(desk) == expect


def test_a_body_can_come_from_a_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"max_buffer_delay_ms": 300}')
    assert desk("voice-config", LINE, "--body", "@mine.json", "--apply").code == 0
    assert _stored(desk)["max_buffer_delay_ms"] == 300


def test_what_changed_since_it_was_shown_is_not_written(desk: Desk) -> None:
    plan = expected(desk("voice-config", LINE, "--body", '{"max_buffer_delay_ms": 300}'))
    desk.put(voice_config={"max_buffer_delay_ms": 450})
    refused = desk("voice-config", LINE, "--body", '{"max_buffer_delay_ms": 300}', "--apply", "--expect", plan)
    line = refused.one_line(1)
    assert '{"max_buffer_delay_ms": 600}' in line
    assert '{"max_buffer_delay_ms": 450}' in line
    assert _stored(desk)["max_buffer_delay_ms"] == 450
    now = line.split("--expect ")[1]
    assert (
        desk("voice-config", LINE, "--body", '{"max_buffer_delay_ms": 300}', "--apply", "--expect", now).code == 0
    )


def test_unknown_fields_are_sent_and_said(desk: Desk) -> None:
    done = desk("voice-config", LINE, "--body", '{"filler_styl": "silent", "pace": {"floor": 0.8}}', "--apply")
    assert "filler_styl is not a field Turnlab knows and is sent as it is; did you mean filler_style?" in done.out
    assert _stored(desk)["pace"] == {"floor": 0.8}


def test_a_stored_value_out_of_bounds_is_said_and_left(alone: Turnlab) -> None:
    shown = alone("voice-config", "Adaptive Support", "--get", "--json").json()
    assert shown["voice_config"]["max_buffer_delay_ms"] == 1500
    assert shown["problems"] == ["max_buffer_delay_ms: must be between 200 and 1000 ms, not 1500"]
    done = alone("voice-config", "Adaptive Support", "--body", '{"eot_timeout_ms": 7000}', "--apply")
    assert "! stored and left as it is: max_buffer_delay_ms" in done.out
    after = alone("voice-config", "Adaptive Support", "--json").json()["voice_config"]
    assert (after["max_buffer_delay_ms"], after["eot_timeout_ms"]) == (1500, 7000)
    assert after["adaptive_pacing"] == shown["voice_config"]["adaptive_pacing"]


def test_classic_does_not_say_so_and_is_not_read_as_inherited(
    serving: Served, desk: Desk, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in desk.environment:
        monkeypatch.delenv(name)
    classic = inside(classic_environment(serving))
    assert "the Classic API knows no voice_config" in classic("voice-config", LINE).one_line(1)
    assert "Classic API" in classic("voice-config", LINE, "--preset", "quality").one_line(1)
    assert classic("service", "get", LINE, "--json").json()["voice_config"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([LINE, "--preset", "ultra-low"], 2, "did you mean ultra_low_latency?"),
        ([LINE, "--body", '{"max_buffer_delay_ms": 2000}'], 2, "must be between 200 and 1000 ms, not 2000"),
        ([LINE, "--body", '{"max_buffer_delay_ms": "fast"}'], 2, "must be a whole number, or null to inherit"),
        ([LINE, "--body", '{"eager_eot_threshold": 1.01}'], 2, "must be between 0 and 1"),
        ([LINE, "--body", '{"eager_eot_threshold": NaN}'], 2, "NaN is not JSON"),
        ([LINE, "--body", "{"], 2, "is not valid JSON (line 1"),
        ([LINE, "--body", "[]"], 2, "must be a JSON object"),
        ([LINE, "--body", '{"tts_model": "\\ud83d"}'], 2, "half a character"),
        ([LINE, "--body", "{}", "--preset", "quality"], 2, "exclude each other"),
        ([LINE, "--get", "--preset", "quality"], 2, "--get only looks"),
        ([LINE, "--apply"], 2, "say what to change"),
        (["\x1b]0;owned\x07", "--get"], 2, "no service is called"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(alone: Turnlab, arguments: list[str], code: int, says: str) -> None:
    line = alone("voice-config", *arguments).one_line(code)
    assert says in line
    assert line.isprintable()
