"""``voice-config``: merged by field, checked, and shown before it is written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from presets.config import parse
from presets.layers import Layer, resolve
from presets.library import builtin_presets
from tests import forked
from tests.cli.conftest import Turnlab
from tests.cli.platform_desk import Desk, alone, classic, desk, expected, inside, serving

__all__ = ["alone", "classic", "desk", "inside", "serving"]

LINE = "Intake Line"
STORED = {
    "tts_model": "sonic-3",
    "max_buffer_delay_ms": 600,
    "filler_style": "phrase",
    "barge_in_min_speech_s": 0.8,
}
UNSET = {"filler_style": "backchannel", "backchannel_delay_ms": 400, "forward_call_enabled": False}
"""What the platform's schema has instead of null."""
APPLY = ("--apply", "--confirm", "release")


def _stored(desk: Desk) -> dict[str, Any]:
    """Return the stored values, as another client sees them."""
    told = desk.service()["voice_config"]
    return {name: value for name, value in told.items() if value is not None and UNSET.get(name) != value}


def test_stored_values_are_shown(desk: Desk) -> None:
    assert desk("voice-config", LINE, "--get", "--json").json()["voice_config"] == STORED
    assert "600 ms" in desk("voice-config", LINE).out


def test_a_preset_is_a_whole(desk: Desk) -> None:
    shown = desk("voice-config", LINE, "--preset", "ultra_low_latency")
    assert _stored(desk) == STORED, "nothing is written without --apply"
    body = json.loads(shown.out.split("body: ")[1].splitlines()[0])
    assert body["voice_config"]["max_buffer_delay_ms"] == 200
    assert desk("voice-config", LINE, "--preset", "ultra_low_latency", *APPLY).code == 0
    fast = {"tts_model": "sonic-turbo", "max_buffer_delay_ms": 200, "max_response_sentences": 1}
    assert _stored(desk) == fast | {"barge_in_min_speech_s": 0.8}, "what no preset speaks of stays"
    again = desk("voice-config", LINE, "--preset", "ultra_low_latency", *APPLY)
    assert "nothing would change" in again.out
    assert "Written" not in again.out

    calm = desk("voice-config", LINE, "--preset", "balanced")
    assert "max_response_sentences" in calm.out, "what goes back to inherit is shown first"
    assert desk("voice-config", LINE, "--preset", "balanced", *APPLY).code == 0
    assert _stored(desk) == {"max_buffer_delay_ms": 500, "barge_in_min_speech_s": 0.8}


@pytest.mark.parametrize(
    "first",
    [pytest.param(name, marks=[] if name == "balanced" else pytest.mark.slow) for name in builtin_presets()],
)
def test_applying_a_preset_gives_what_its_arm_showed(desk: Desk, first: str) -> None:
    """From any preset of the service."""
    desk.put(voice_config=dict.fromkeys(STORED) | UNSET)
    for second, preset in builtin_presets().items():
        for name in (first, second):
            assert desk("voice-config", LINE, "--preset", name, *APPLY).code == 0
        stored = desk("voice-config", LINE, "--json").json()["voice_config"]
        arm, service = (resolve(Layer("arm", one)) for one in (preset.config, parse(stored)))
        assert service == arm, f"{first}, then {second}"


def test_keep_others_keeps_the_other_fields(desk: Desk) -> None:
    assert desk("voice-config", LINE, "--preset", "balanced", "--keep-others", *APPLY).code == 0
    assert _stored(desk) == {**STORED, "max_buffer_delay_ms": 500}
    assert "goes with --preset" in desk("voice-config", LINE, "--body", "{}", "--keep-others").one_line(2)


def test_only_what_differs_is_sent_and_null_inherits(desk: Desk) -> None:
    body = {"max_buffer_delay_ms": 600, "tts_model": None, "eot_timeout_ms": None, "post_eot_pause_ms": 50}
    wanted = json.dumps({"voice_config": body})
    done = desk("voice-config", LINE, "--body", wanted, *APPLY, "--json").json()
    assert done["body"] == {"voice_config": {"tts_model": None, "post_eot_pause_ms": 50}}
    assert done["before"] == {"tts_model": "sonic-3", "post_eot_pause_ms": None}
    expect = {**STORED, "post_eot_pause_ms": 50}
    del expect["tts_model"]
    assert _stored(desk) == expect


def test_a_default_is_sent_and_reported_if_null_is_not_allowed(desk: Desk) -> None:
    done = desk("voice-config", LINE, "--body", '{"filler_style": null}', *APPLY)
    assert "filler_style: the platform cannot store inherit here, so the default, backchannel, is sent" in done.out
    assert re.search(r"filler_style +phrase +backchannel", done.out), "what is sent, not what it stands for"
    assert '{"filler_style": "backchannel"}' in done.out
    assert "filler_style" not in _stored(desk)
    assert "nothing would change" in desk("voice-config", LINE, "--body", '{"filler_style": null}').out


def test_a_body_can_come_from_a_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"max_buffer_delay_ms": 300}')
    assert desk("voice-config", LINE, "--body", "@mine.json", *APPLY).code == 0
    assert _stored(desk)["max_buffer_delay_ms"] == 300


def test_a_plan_that_is_out_of_date_is_not_written(desk: Desk) -> None:
    change = ("voice-config", LINE, "--body", '{"max_buffer_delay_ms": 300}')
    plan = expected(desk(*change))
    desk.put(voice_config={"max_buffer_delay_ms": 450})
    line = desk(*change, *APPLY, "--expect", plan).one_line(1)
    assert '{"max_buffer_delay_ms": 600}' in line
    assert '{"max_buffer_delay_ms": 450}' in line
    assert _stored(desk)["max_buffer_delay_ms"] == 450
    assert desk(*change, *APPLY, "--expect", line.split("--expect ")[1]).code == 0


def test_changes_that_reach_callers_need_the_same_confirmation(desk: Desk) -> None:
    change = ("voice-config", LINE, "--body", '{"max_buffer_delay_ms": 300}', "--apply")
    why = (
        "release is the version set that callers of 'Intake Line' reach: the change is live at once;"
        " say that you mean it: --confirm release"
    )
    assert why in desk(*change).err
    assert why in desk("version-set", "promote", LINE, "preview", "release", "--apply").err
    assert desk(*change, "--confirm", "Intake Line").code == 2
    assert _stored(desk) == STORED
    desk.put(is_active=False)
    assert desk(*change).code == 0, "no caller reaches it"


def test_a_change_can_be_rolled_back(desk: Desk) -> None:
    for number in (300, 400):
        assert desk("voice-config", LINE, "--body", f'{{"max_buffer_delay_ms": {number}}}', *APPLY).code == 0
    applied = desk("voice-config", LINE, "--preset", "balanced", *APPLY)
    back = applied.out.split("to go back: turnlab ")[1].split()
    back[0:2] = ["voice-config", LINE]
    listed = desk("voice-config", LINE, "--history", "--json").json()["from_here"]
    assert [one["preset"] for one in listed] == ["balanced", None, None]
    assert listed[0]["before"] == {
        **{name: STORED[name] for name in ("tts_model", "filler_style")},
        "max_buffer_delay_ms": 400,
    }
    assert "preset balanced" in desk("voice-config", LINE, "--history").out
    assert desk(*back).code == 0, "the printed way back works as it stands"
    assert _stored(desk) == {**STORED, "max_buffer_delay_ms": 400}
    assert desk("voice-config", LINE, "--rollback", *APPLY).code == 0
    assert _stored(desk)["max_buffer_delay_ms"] == 300, "again goes further back"
    desk.put(voice_config={"max_buffer_delay_ms": 777})
    line = desk("voice-config", LINE, "--rollback", *APPLY).one_line(1)
    assert "max_buffer_delay_ms was changed elsewhere since change" in line
    named = line.split("--to ")[1].rstrip(")")
    assert desk("voice-config", LINE, "--rollback", "--to", named, *APPLY).code == 0
    assert _stored(desk) == STORED
    assert "nothing to roll back" in desk("voice-config", LINE, "--rollback", *APPLY).one_line(1)


def test_unknown_fields_are_sent_and_reported(desk: Desk) -> None:
    done = desk("voice-config", LINE, "--body", '{"filler_styl": "silent", "pace": {"floor": 0.8}}', *APPLY)
    assert "filler_styl is not a field Turnlab knows and is sent as it is; did you mean filler_style?" in done.out
    assert _stored(desk)["pace"] == {"floor": 0.8}


def test_a_stored_value_out_of_bounds_is_reported_and_kept(alone: Turnlab) -> None:
    shown = alone("voice-config", "Adaptive Support", "--get", "--json").json()
    assert shown["voice_config"]["max_buffer_delay_ms"] == 1500
    assert shown["problems"] == ["max_buffer_delay_ms: must be between 200 and 1000 ms, not 1500"]
    done = alone("voice-config", "Adaptive Support", "--body", '{"eot_timeout_ms": 7000}', *APPLY)
    assert "! stored and left as it is: max_buffer_delay_ms" in done.out
    after = alone("voice-config", "Adaptive Support", "--json").json()["voice_config"]
    assert (after["max_buffer_delay_ms"], after["eot_timeout_ms"]) == (1500, 7000)
    assert after["adaptive_pacing"] == shown["voice_config"]["adaptive_pacing"]


def test_classics_missing_voice_config_is_not_shown_as_inherited(classic: Turnlab) -> None:
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
        ([LINE, "--rollback", "--preset", "quality"], 2, "exclude each other"),
        ([LINE, "--to", "1"], 2, "--to goes with --rollback"),
        (["\x1b]0;owned\x07", "--get"], 2, "no service is called"),
    ],
)
def test_an_impossible_change_is_refused_in_one_line(
    alone: Turnlab, arguments: list[str], code: int, says: str
) -> None:
    line = alone("voice-config", *arguments).one_line(code)
    assert says in line
    assert line.isprintable()


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from tui.__main__ import main
main()
"""


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
"""The data folder on a read-only volume, in a mount namespace of the command."""


@pytest.mark.parametrize("disk", ["full", pytest.param("read-only", marks=pytest.mark.slow)])
def test_a_read_only_disk_allows_reading_and_sends_no_change(alone: Turnlab, disk: str) -> None:
    assert alone("voice-config", LINE, "--body", '{"eot_timeout_ms": 900}', *APPLY).code == 0
    read_only = ["unshare", "-Urm", "sh", "-c", READ_ONLY, os.environ["TURNLAB_DATA_DIR"]]
    if disk == "read-only" and (not shutil.which("unshare") or subprocess.call([*read_only, "true"])):
        pytest.skip("no mount namespace can be made here")

    def full(*arguments: str) -> subprocess.CompletedProcess[str]:
        if disk == "full":
            return forked.run([*arguments], os.environ, script=FULL)
        command = [*read_only, "turnlab", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    listed = full("service", "list", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert len(json.loads(listed.stdout)["services"]) == 12
    kept = full("voice-config", LINE, "--history", "--json")
    assert json.loads(kept.stdout)["from_here"][0]["after"] == {"eot_timeout_ms": 900}
    assert full("version-set", "history", LINE).returncode == 0
    refused = full("voice-config", LINE, "--body", '{"eot_timeout_ms": 800}', *APPLY)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert alone("voice-config", LINE, "--json").json()["voice_config"]["eot_timeout_ms"] == 900
