"""Pull, check, fit, check again: the demo's calls come from their own profile, and fitting finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.profile import load_profile
from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.report_pages import check_page
from tests.cli.test_schemas import check as schema_check

TRUTH = Path(__file__).parents[2] / "recordings" / "demo_calls" / "profile.json"


@pytest.mark.usefixtures("smart_turn")
@pytest.mark.slow
def test_fitting_to_the_demo_calls_finds_their_profile(tmp_path: Path, analyses: Path) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    assert turnlab("calls", "pull", "Intake Line").code == 0
    before = turnlab("calls", "check", "Intake Line", "--json").json()
    profile = tmp_path / "p.json"
    fitted = turnlab("profiles", "fit", "--calls", "Intake Line", "--output", str(profile), "--json").json()
    after = turnlab("calls", "check", "Intake Line", "--profile", str(profile), "--json").json()
    assert before["turns"] == after["turns"] > 50
    told = turnlab("simulate", "booking", "--config", "balanced").out
    assert f"on your {before['calls']} calls the simulator is" in told
    assert after["abs_error_ms"]["p50"] < before["abs_error_ms"]["p50"]
    assert after["within_100_ms"] > before["within_100_ms"]
    schema_check("profile-fit", fitted)
    _are_reported(turnlab, tmp_path, before)
    judged = fitted["judged"]
    assert judged["after"]["abs_error_ms"]["p50"] < judged["before"]["abs_error_ms"]["p50"]
    assert judged["after"]["abs_error_ms"]["p50"] <= 100
    assert fitted["eager_role"]["supported"] == "sensitivity"
    found, truth = load_profile(str(profile)).values, load_profile(str(TRUTH)).values
    assert abs(found.eot_threshold.value - truth.eot_threshold.value) <= 0.05
    for name in ("nav_ms", "engage_first_token_ms"):
        assert getattr(found, name).p50 == pytest.approx(getattr(truth, name).p50, rel=0.1)
        assert getattr(found, name).p95 == pytest.approx(getattr(truth, name).p95, rel=0.25)
    for name in (
        "tts_sonic_3_ms",
        "transport_ms",
        "filler_first_audio_ms",
        "speech_ms_per_char",
        "stop_latency_ms",
    ):
        assert getattr(found, name).value == pytest.approx(getattr(truth, name).value, rel=0.1)
    notes = json.loads(profile.read_text())["values"]["transport_ms"]["note"]
    assert "n=" in notes
    assert "95% interval" in notes


def _are_reported(turnlab: Turnlab, folder: Path, checked: dict[str, Any]) -> None:
    schema_check("calls_check", checked)
    required = ("--require", "response.p50<=60s", "--require", "cut_ins<=0")
    gated = turnlab("calls", "compare", "Intake Line", *required, "--json")
    assert gated.code == 1
    assert "cut_ins<=0: cut-ins" in gated.err.splitlines()[-1]
    compared = json.loads(gated.out)
    assert [one["met"] for one in compared["required"]] == [True, False]
    schema_check("calls_compare", compared)
    worst = max(checked["answers"], key=lambda one: abs(one["heard_ms"] - one["simulated_ms"]))
    first = checked["differ_most"][0]
    assert (first["recording"], first["turn"]) == (worst["call"], worst["turn"])
    assert first["arms"]["simulated"]["response_ms"] == pytest.approx(worst["simulated_ms"], abs=100)
    for name, found in (("checked", checked), ("compared", compared)):
        (folder / f"{name}.json").write_text(json.dumps(found))
        more = ("--with-audio", "--with-words") if name == "checked" else ()
        made = turnlab("report", folder / f"{name}.json", "-o", folder / f"{name}.html", *more)
        assert made.code == 0, made.err
    page = check_page((folder / "checked.html").read_text())
    assert len(page.all("audio")) == len(checked["differ_most"])
    assert page.text("strong").count("caller:") == len(checked["differ_most"])
    assert not check_page((folder / "compared.html").read_text()).all("audio")


def test_a_fit_needs_calls_of_one_kind(tmp_path: Path, analyses: Path) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    for line in (("fit",), ("fit", "call.json", "--calls", "Intake Line"), ("fit", "call.json")):
        done = turnlab("profiles", *line)
        assert done.code == 2
        assert "--calls" in done.err or "--name" in done.err
