"""``turnlab profiles``: every value with its origin, checks of own files, and fits to real calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.engine.profile import default_profile, read_profile, unit
from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab

DOCS = Path(__file__).parents[2] / "docs" / "profiles.md"
SHIPPED = ["default", "slow-model", "telephone"]


def _profile(folder: Path, values: Any, **more: Any) -> Path:
    path = folder / "mine.json"
    raw = {"schema": "turnlab.profile/1", "name": "mine", "extends": "default", "values": values} | more
    path.write_text(json.dumps({key: value for key, value in raw.items() if value is not None}))
    return path


def _fixed(value: float) -> dict[str, Any]:
    return {"value": value, "origin": "documented", "note": "a page"}


def test_the_shipped_profiles_are_listed(turnlab: Turnlab) -> None:
    listed = turnlab("profiles", "--json").json()
    assert [one["name"] for one in listed] == SHIPPED
    assert all(one["description"] for one in listed)
    read = [read_profile(name) for name in SHIPPED]
    assert [one["assumed"] for one in listed] == [list(one.profile.assumed()) for one in read]
    assert [(one["path"], one["extends"]) for one in listed] == [(str(one.path), list(one.extends)) for one in read]
    assert [one["name"] for one in listed if one["extends"]]
    out = turnlab("profiles").out
    assert all(name in out for name in SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_profile_is_shown_with_unit_origin_and_note_of_every_value(turnlab: Turnlab, name: str) -> None:
    shown = turnlab("profiles", name, "--json").json()
    assert shown["name"] == name
    assert shown["values"].keys() == dict(default_profile().values).keys()
    for value in shown["values"].values():
        assert value["note"]
        assert value["assumed"] == (value["origin"] == "assumed")
        assert value["written_in"] in (name, "default")
    out = turnlab("profiles", name).out
    assert out.count("* assumed") == sum(value["assumed"] for value in shown["values"].values()) + 1
    assert all(value in out for value in shown["values"])


def test_over_the_telephone_every_answer_comes_later_by_the_longer_way(turnlab: Turnlab) -> None:
    path = bundled_folder() / "booking.flac"
    near, far = (
        turnlab("simulate", path, "--replay", "rigid", "--profile", profile, "--json").json()
        for profile in ("default", "telephone")
    )
    assert far["profile"]["name"] == "telephone"
    split = [_stages(report) for report in (near, far)]
    assert split[0].keys() == split[1].keys()
    assert all(split[1][turn]["tts"] - split[0][turn]["tts"] == 160 - 30 for turn in split[0])


def _stages(report: Any) -> dict[int, dict[str, int]]:
    starts = [event for event in report["runs"][0]["events"] if event["type"] == "response_start"]
    return {event["turn"]: event["stages_ms"] for event in starts if "stages_ms" in event}


def test_a_file_lists_only_what_it_changes(turnlab: Turnlab, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    base = _profile(tmp_path, {"transport_ms": _fixed(90)})
    base.rename(tmp_path / "base.json")
    path = _profile(tmp_path / "sub", {"stop_latency_ms": _fixed(75)}, name="top", extends="../base.json")
    shown = turnlab("profiles", path, "--json").json()
    assert shown["extends"] == ["mine", "default"]
    found = {name: (row.get("value"), row["written_in"]) for name, row in shown["values"].items()}
    assert found["transport_ms"] == (90, "mine")
    assert found["stop_latency_ms"] == (75, "top")
    assert found["eot_threshold"][1] == "default"
    assert shown["values"]["transport_ms"]["origin"] == "documented"
    assert "Its own: stop_latency_ms" in turnlab("profiles", path).out


def test_the_setting_equal_to_a_profiles_threshold_is_shown(turnlab: Turnlab, tmp_path: Path) -> None:
    role = {"value": "head_start", "origin": "assumed"}
    told = [
        turnlab("profiles", _profile(tmp_path, {"eot_threshold": _fixed(threshold), **more})).out
        for threshold, more in ((0.6, {}), (0.97, {}), (0.6, {"eager_role": role}))
    ]
    assert ["eager_eot_threshold 0.50 ends turns at its eot_threshold, 0.6." in text for text in told] == [
        True,
        False,
        False,
    ]
    assert not any("ends turns at" in text for text in told[1:])


@pytest.mark.parametrize(
    ("values", "more", "says"),
    [
        ({"transport_ms": _fixed(-1)}, {}, "values.transport_ms.value: input should be greater than or equal to 0"),
        ({"nav_ms": {"p50": 9, "p95": 8, "origin": "assumed"}}, {}, "values.nav_ms: p95 must not be below p50"),
        ({"nav_mss": _fixed(1)}, {}, "nav_mss is not part of a profile; did you mean nav_ms?"),
        ({"nav_ms": {"p50": 9, "p90": 8, "origin": "assumed"}}, {}, "values.nav_ms.p9"),
        ({"transport_ms": {"value": 3}}, {}, "values.transport_ms.origin"),
        ({"transport_ms": {"value": 3, "origin": "a guess"}}, {}, "values.transport_ms.origin"),
        ({"transport_ms": _fixed(float("nan"))}, {}, "values.transport_ms.value"),
        ({"eager_role": {"value": "both", "origin": "assumed"}}, {}, "values.eager_role.value"),
        ({"eot_threshold": _fixed(1.5)}, {}, "eot_threshold must be above 0 and at most 1"),
        ({}, {"extends": None}, "values.eot_threshold"),
        ({}, {"extends": "mine.json"}, "extends itself"),
        ({}, {"extends": "nowhere"}, "nowhere: no such profile"),
        ({}, {"extends": 3}, "extends must be the name or path"),
        ({}, {"extend": "default"}, "extend is not part of a profile; did you mean extends?"),
        ({}, {"schema": "turnlab.profile/2"}, "schema"),
        ([], {}, "an object 'values'"),
    ],
)
def test_an_invalid_profile_is_refused_in_one_line(
    turnlab: Turnlab, tmp_path: Path, values: Any, more: dict[str, Any], says: str
) -> None:
    path = _profile(tmp_path, values, **more)
    assert says in turnlab("profiles", path).one_line(2)


def test_a_file_that_is_not_a_profile_is_named(turnlab: Turnlab, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"schema": ')
    assert "broken.json: is not valid JSON (line 1, column 12" in turnlab("profiles", path).one_line(2)
    path.write_bytes(b"\xff\xf0")
    assert "is not UTF-8" in turnlab("profiles", path).one_line(2)
    assert "use default, slow-model, telephone" in turnlab("profiles", "fast").one_line(2)
    assert "--profile fast: no such profile" in turnlab("simulate", "x.wav", "--profile", "fast").one_line(2)


def test_the_documentation_has_every_value_with_unit_and_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `[^|]+ \| (.+)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    values = dict(default_profile().values)
    assert rows.keys() == values.keys()
    for name, value in values.items():
        told_unit, told_default = rows[name].split(" | ")[:2]
        figures = [value.p50, value.p95] if hasattr(value, "p50") else [value.value]
        assert told_default == " / ".join(
            f"{one:g}" if isinstance(one, float) else str(one).lower() for one in figures
        )
        assert unit(name).replace("-", "–") in told_unit


TEXT = "One two three four. And more of it."
"""At 30 words per second, its first sentence is complete 100 ms after its first word."""


def _call(path: Path, turns: list[dict[str, Any]], **more: Any) -> Path:
    segments = [
        {"type": "agent_speech", "lane": "agent", "start": n, "end": n + 1, "label": TEXT, "turn_index": n} | turn
        for n, turn in enumerate(turns)
    ]
    path.write_text(json.dumps({"turns": [], "segments": segments, "duration_seconds": 99.0} | more))
    return path


def _drawn(n: int) -> list[dict[str, Any]]:
    """Return turns with lognormal latencies: navigation 100/200, first token 250/600, speech synthesis 55."""
    draw = np.random.default_rng(1)
    spread = [np.log(p95 / p50) / 1.6449 for p50, p95 in ((100, 200), (250, 600))]
    nav, token = (p50 * np.exp(s * draw.standard_normal(n)) for p50, s in zip((100, 250), spread, strict=True))
    tts = draw.uniform(50, 60, n)
    return [
        {"nav_ms": float(a), "render_ms": float(b) + 100, "audio_ttfb_ms": float(c)}
        for a, b, c in zip(nav, token, tts, strict=True)
    ]


def test_a_profile_is_fitted_from_real_calls_and_used(turnlab: Turnlab, tmp_path: Path) -> None:
    turns = _drawn(400)
    calls = [_call(tmp_path / f"call-{n}.json", turns[n::2]) for n in range(2)]
    path = tmp_path / "ours.json"
    done = turnlab("profiles", "fit", *calls, "--name", "ours", "--config", "quality", "--output", path)
    assert (done.code, done.err) == (0, "")
    values = turnlab("profiles", path, "--json").json()["values"]
    for name, p50, p95 in (("nav_ms", 100, 200), ("engage_first_token_ms", 250, 600)):
        assert values[name]["p50"] == pytest.approx(p50, rel=0.1)
        assert values[name]["p95"] == pytest.approx(p95, rel=0.1)
        assert "n=400 turns of 2 calls" in values[name]["note"]
        assert values[name]["origin"] == "fitted from calls"
    assert values["tts_sonic_3_ms"]["value"] == pytest.approx(55, abs=1)
    assert values["tts_sonic_turbo_ms"]["origin"] == "documented"
    assert values["transport_ms"]["written_in"] == "default"
    report = turnlab("simulate", bundled_folder() / "coughs.flac", "--profile", path, "--json").json()
    assert report["profile"]["name"] == "ours"
    assert "nav_ms" not in report["profile"]["assumed"]

    again = ("profiles", "fit", calls[0], "--name", "again", "--output", path)
    assert "is there already" in turnlab(*again).one_line(2)
    assert turnlab("profiles", path, "--json").json()["name"] == "ours"
    assert turnlab(*again, "--force").code == 0
    assert turnlab("profiles", path, "--json").json()["name"] == "again"


def test_too_few_values_are_reported_and_not_fitted(turnlab: Turnlab, tmp_path: Path) -> None:
    turns = [turn if n < 19 else {"nav_ms": turn["nav_ms"]} for n, turn in enumerate(_drawn(30))]
    turns += [{"nav_ms": 0}, {"nav_ms": None}]
    call = _call(tmp_path / "call.json", turns)
    done = turnlab("profiles", "fit", call, "--name", "few")
    assert list(json.loads(done.out)["values"]) == ["nav_ms"]
    assert "n=30 turns of 1 call;" in done.out
    assert (
        "engage_first_token_ms stays as in default: render_ms has 19 usable values, and a fit needs 20" in done.err
    )
    call = _call(tmp_path / "call.json", _drawn(5))
    assert "nothing could be fitted" in turnlab("profiles", "fit", call, "--name", "none").err


def test_one_value_a_turn_counts_and_none_where_a_tool_ran(turnlab: Turnlab, tmp_path: Path) -> None:
    turns: list[dict[str, Any]] = [{"nav_ms": 50.0, "turn_index": n} for n in range(20)]
    turns += [{"nav_ms": 5000.0, "turn_index": n} for n in range(20)]
    turns += [{"nav_ms": 900.0, "turn_index": 20}, {"type": "tool_call", "turn_index": 20}]
    done = turnlab("profiles", "fit", _call(tmp_path / "call.json", turns), "--name", "one")
    nav = json.loads(done.out)["values"]["nav_ms"]
    assert (nav["p50"], nav["p95"]) == (50, 50)
    assert "n=20" in nav["note"]


def test_a_rendering_faster_than_the_buffer_is_not_fitted(turnlab: Turnlab, tmp_path: Path) -> None:
    turns = [{"nav_ms": 50.0, "render_ms": 60.0} for _ in range(30)]
    done = turnlab("profiles", "fit", _call(tmp_path / "call.json", turns), "--name", "odd")
    assert "below what the buffer" in done.err
    assert "in 30 of 30 turns" in done.err
    assert list(json.loads(done.out)["values"]) == ["nav_ms"]


def test_simulated_calls_are_not_fitted(turnlab: Turnlab, tmp_path: Path) -> None:
    report = turnlab("simulate", bundled_folder() / "coughs.flac", "--json").json()
    path = tmp_path / "simulated.json"
    path.write_text(json.dumps(report["runs"][0]["timeline"]))
    assert "is a simulated call" in turnlab("profiles", "fit", path, "--name", "x").one_line(1)
    path.write_text(json.dumps(report))
    assert "is not a PlaybackTimeline" in turnlab("profiles", "fit", path, "--name", "x").one_line(1)
    _call(path, [{"nav_ms": -3.0}])
    assert "segments.0.nav_ms" in turnlab("profiles", "fit", path, "--name", "x").one_line(1)


@pytest.mark.parametrize(
    ("field", "spoil", "says"),
    [
        ("nav_ms", lambda value, _: value / 1000, "nav_ms is in seconds, it seems (its median is 0.1"),
        ("render_ms", lambda value, _: value / 1000, "render_ms is in seconds, it seems"),
        ("audio_ttfb_ms", lambda value, _: value * 1000, "audio_ttfb_ms is in microseconds, it seems"),
        ("nav_ms", lambda _, turn: 1.76e12 + 7_000 * turn, "nav_ms holds clock times, it seems"),
        ("nav_ms", lambda _, turn: 1_760_000_000 + 7 * turn, "nav_ms holds clock times, it seems"),
        ("render_ms", lambda _, turn: 900 + 700 * turn, "render_ms rises from turn to turn"),
        ("nav_ms", lambda *_: True, "segments.0.nav_ms: input should be a valid number"),
        ("nav_ms", lambda *_: "12:30:05", "segments.0.nav_ms: input should be a valid number"),
        ("nav_ms", lambda _, turn: -1 if turn == 7 else 90.0, "segments.7.nav_ms: input should be greater"),
    ],
    ids=["seconds", "render-s", "µs", "epoch-ms", "epoch-s", "since-start", "true", "time-of-day", "negative"],
)
def test_a_call_whose_latencies_cannot_be_milliseconds_is_named_and_skipped(
    turnlab: Turnlab, tmp_path: Path, field: str, spoil: Callable[[float, int], Any], says: str
) -> None:
    turns = _drawn(40)
    good = _call(tmp_path / "good.json", turns)
    bad = _call(tmp_path / "bad.json", [one | {field: spoil(one[field], n)} for n, one in enumerate(turns)])
    done = turnlab("profiles", "fit", bad, good, "--name", "mixed", "--config", "quality")
    (line,) = done.err.splitlines()
    assert done.code == 1, "the work failed in part"
    assert f"bad.json: {'' if 'segments' in says else says}" in line
    assert says in line
    assert "n=40 turns of 1 call;" in json.loads(done.out)["values"]["nav_ms"]["note"]
    assert says in turnlab("profiles", "fit", bad, "--name", "none").one_line(1)


def test_a_call_counts_once_whatever_its_files_are_called(turnlab: Turnlab, tmp_path: Path) -> None:
    call = _call(tmp_path / "call.json", _drawn(30))
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(json.loads(call.read_text()), indent=3))
    done = turnlab("profiles", "fit", call, copy, call, "--name", "once", "--config", "quality")
    assert done.code == 0
    assert [line.split(": is the same call as ")[0] for line in done.err.splitlines()] == [
        f"turnlab: {copy}",
        f"turnlab: {call}",
    ]
    assert "n=30 turns of 1 call;" in done.out


def test_a_hanging_turn_is_left_out_and_a_bad_fit_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    turns = _drawn(26)
    hung = [one | {"nav_ms": 600_000.0} if n == 5 else one for n, one in enumerate(turns)]
    done = turnlab("profiles", "fit", _call(tmp_path / "call.json", hung), "--name", "x", "--config", "quality")
    assert "nav_ms: left out 1 of 26 values, beyond 60 s (up to 600 s)" in done.err
    assert json.loads(done.out)["values"]["nav_ms"]["p95"] < 400
    slow = [one | {"nav_ms": 40_000.0} if n == 5 else one for n, one in enumerate(turns)]
    done = turnlab("profiles", "fit", _call(tmp_path / "call.json", slow), "--name", "x", "--config", "quality")
    found = re.search(r"nav_ms: a lognormal does not fit .* measured p50 (\d+), p95 (\d+)", done.err)
    assert found is not None
    assert [int(one) for one in found.groups()] == pytest.approx([100, 200], rel=0.4)
    assert "nowhere.json" in turnlab("profiles", "fit", tmp_path / "nowhere.json", "--name", "x").one_line(2)
