"""``turnlab report``: the content of the page, that nothing in it is active, and where it is written."""

from __future__ import annotations

import base64
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from simulator.executors import open_executor
from simulator.measures.readout_table import READOUTS
from simulator.recording import bundled_folder
from simulator.sweep.run import run
from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.report_pages import check_page
from tests.cli.test_schemas import check
from tests.simulator.sweep_calls import calls_that_differ, small_plan
from tui.cli.failure import CallError
from tui.report.results import read_result
from tui.report.writing import ReportRequest, page_of, write_report

STYLES = Path(__file__).parents[2] / "tui" / "report" / "templates" / "report.css"
INLINE = "eager_eot_threshold 0.8, barge_in_min_speech_s 0.2 s"
EAGER = '{"eager_eot_threshold": 0.8, "barge_in_min_speech_s": 0.2}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Path:
    """A folder with a recording and the JSON of its simulation."""
    made = tmp_path_factory.mktemp("report")
    for suffix in ("flac", "json"):
        shutil.copy(bundled_folder() / f"telephone.{suffix}", made)
    turnlab = turnlab_in(made, analyses)
    done = turnlab("simulate", "telephone.flac", "-c", "balanced", "-c", EAGER, "--json", cwd=made)
    (made / "result.json").write_text(done.out)
    return made


@pytest.mark.parametrize(("change", "meant"), [(3.0, "worse"), (-3.0, "better")])
def test_the_page_marks_every_readout_as_the_command_line_does(
    tmp_path: Path, result: Any, change: float, meant: str
) -> None:
    found = json.loads(json.dumps(result))
    for name, one in found["comparison"]["readouts"].items():
        one |= {"delta": {"inline": change}, "ci95": {"inline": [change, change]}}
        one.pop("why_no_interval", None)
        for arm in found["readouts"].values():
            if name in arm and isinstance(arm[name], dict) and "count" in arm[name]:
                arm[name] |= {"count": 5, "of": 10}
    (tmp_path / "result.json").write_text(json.dumps(found))
    page = page_of(*read_result(tmp_path / "result.json"))
    marks = {row.title: row.cells[1].means for table in page.figures for row in table.rows if len(row.cells) == 2}
    for readout in READOUTS:
        label = f"{readout.title}, half within" if readout.kind == "latency" else readout.title
        if readout.paired and label in marks:
            assert marks[label] == ("" if readout.better == "neither" else meant), readout.name
    said = page.verdict[1]
    opposite = {"worse": "Better,", "better": "orse,"}[meant]
    assert opposite not in said
    for readout in READOUTS:
        if meant == "worse" and readout.main and readout.paired and readout.better == "less":
            assert readout.name == "response_ms" or (readout.says or readout.title).format("").split()[0] in said


@pytest.fixture(scope="module")
def result(folder: Path) -> Any:
    return json.loads((folder / "result.json").read_text())


def test_a_page_says_what_was_found_and_what_to_change(turnlab: Turnlab, folder: Path, result: Any) -> None:
    done = turnlab("report", folder / "result.json", "-o", folder / "page.html")
    assert done.code == 0, done.err
    assert (folder / "page.html").stat().st_mode & 0o777 == 0o600
    html = (folder / "page.html").read_text()
    page = check_page(html)
    assert page.text("h1") == f"{INLINE} against balanced"
    shown = page.text()
    response = result["comparison"]["readouts"]["response_ms"]["arms"]
    assert f"half of the answers come within {response['inline'] / 1000:.2f} s" in shown
    assert f"instead of {response['balanced'] / 1000:.2f} s" in shown
    cut_ins = result["readouts"]["inline"]["cut_ins"]
    assert f"{cut_ins['count']} of {cut_ins['of']} turns" in shown
    # the turns that differ most are drawn, with the reasons of both arms
    drawn = result["differ_most"]
    assert page.text("h3").count("of telephone") == len(drawn) > 2
    assert "inline" not in shown
    for turn in drawn:
        for arm in turn["arms"].values():
            for moment in arm["moments"]:
                assert moment["why"] in shown
    assert "sound" not in shown.split("Made by")[1]
    # spoken words are left out
    said = {sound["text"] for turn in drawn for arm in turn["arms"].values() for sound in arm["agent"]}
    assert said
    assert not [words for words in said if len(words) > 20 and words in shown]
    # the change can be applied unchanged
    change = json.loads(next(text for tag, text in page.texts if tag == "code" and text.startswith("{")))
    assert change == {"eager_eot_threshold": 0.8, "barge_in_min_speech_s": 0.2, "max_buffer_delay_ms": None}
    command = next(text for tag, text in page.texts if tag == "code" and text.startswith("turnlab voice-config"))
    planned = turnlab(*shlex.split(command.replace("SERVICE", '"Intake Line"'))[1:])
    assert planned.code == 0, planned.err
    assert "eager_eot_threshold" in planned.out
    assert "$PLATFORM_API_KEY" in html


@pytest.mark.slow
def test_a_sweep_that_breaks_a_limit_where_confirmed_says_so_first(turnlab: Turnlab, tmp_path: Path) -> None:
    calls = calls_that_differ()
    with open_executor(1) as executor:
        found = run(small_plan(limits=("cut_ins<=1%",), budget=12), calls, executor)
    (tmp_path / "swept.json").write_text(json.dumps(found.to_json()))
    done = turnlab("report", tmp_path / "swept.json", "-o", tmp_path / "page.html")
    assert done.code == 0, done.err
    page = check_page((tmp_path / "page.html").read_text())
    assert page.text("h1") == "Not confirmed within the limits"
    assert "Not confirmed within the limits: on callers left out of the choice, what was chosen, wh" in page.text()
    assert ", breaks cut_ins<=1%, and brings " in page.text()
    assert [one for one in page.all("line") if one.get("class") == "limit"], "it stands in the picture too"
    keeping = [one.name for one in found.recommended.against if not one.breaks] if found.recommended else []
    kept = f"the preset {keeping[0]} keeps" if keeping else "none of the presets keeps"
    assert f"{kept} every limit." in page.text()
    assert "not chosen by: 10 calls of one half of 20 callers," in page.text()
    unsure = found.to_json()
    unsure["unjudged"] = ["missed_barge_ins<=20%"]
    unsure["recommended"]["limits"][0]["met_where_confirmed"] = None
    unsure["recommended"] |= {"distinguishable": True, "nearest": False}
    (tmp_path / "swept.json").write_text(json.dumps(unsure))
    assert turnlab("report", tmp_path / "swept.json", "-o", tmp_path / "unsure.html").code == 0
    page = check_page((tmp_path / "unsure.html").read_text())
    assert page.text("h1") == "Nothing recommended: not every limit was judged"
    unjudged = "cut_ins<=1% and missed_barge_ins<=20% could not be judged. So nothing is recommended: "
    assert f"{unjudged}label more turns, or sweep without these limits. By the goal alone, changing " in page.text()
    assert "it keeps every limit" not in page.text()


def test_hostile_text_is_inert_and_numbers_are_masked(turnlab: Turnlab, folder: Path, result: Any) -> None:
    evil = "<script>alert(1)</script>[bold]\u202e{{ 7*7 }} +1 (555) 010-0142"
    hostile = json.loads(json.dumps(result).replace("inline", evil.replace('"', '\\"')))
    hostile["arms"][1]["voice_config"] |= {
        "api_key": "sk-hidden",
        "tts_model": '"><img src=x>',
        "x<y": "555-010-0142",
    }
    for turn in hostile["differ_most"]:
        for arm in turn["arms"].values():
            arm["moments"].append({"t_s": 1.0, "what": "</svg><style>", "why": "\x1b[31m' onload='x"})
    (folder / "hostile.json").write_text(json.dumps(hostile))
    done = turnlab("report", folder / "hostile.json", "-o", folder / "hostile.html")
    assert done.code == 0, done.err
    html = (folder / "hostile.html").read_text()
    page = check_page(html)
    assert page.text("h1").startswith("<script>alert(1)</script>[bold]⟨202E⟩{{ 7*7 }} +• (•••) •••-••42 against")
    assert "sk-hidden" not in html
    assert "Fields that hold a telephone number, or read like a secret, are left out." in page.text()
    assert "010-0142" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html


def reported(turnlab: Turnlab, folder: Path, schema: str, found: dict[str, Any]) -> str:
    """Return the text of the page that reports a result of real calls, which repeats none of their words."""
    check(schema, found)
    (folder / "result.json").write_text(json.dumps(found))
    done = turnlab("report", folder / "result.json", "-o", folder / "page.html")
    assert done.code == 0, done.err
    shown = check_page((folder / "page.html").read_text()).text()
    assert "Jane" not in shown
    return shown


def test_a_check_of_real_calls_is_reported_without_their_words(turnlab: Turnlab, tmp_path: Path) -> None:
    heard = {"end_s": 5.0, "first_sound_ms": 900, "response_ms": 900, "from_s": 2.0, "to_s": 8.0}
    said = [{"kind": "response", "start_s": 5.9, "end_s": 8.0, "interrupted": False, "text": "Hello Jane"}]
    moments = [{"t_s": 5.9, "what": "first sound", "why": "The agent begins at 5.9 s."}]
    one = {**heard, "caller": [[3.0, 5.0]], "agent": said, "moments": moments}
    other = {**one, "response_ms": 1400, "first_sound_ms": 1400}
    turn = {"recording": "call-+15550100142", "path": "/calls/1", "turn": 0, "why": "", "apart_ms": 500}
    checked = {
        "schema": "turnlab.calls_check/1",
        "profile": "default",
        "calls": 1,
        "turns": 2,
        "bias_ms": 320.0,
        "abs_error_ms": {"p50": 320.0, "p90": 500.0},
        "within_100_ms": 0.0,
        "within_200_ms": 0.5,
        "counts": {
            name: {"heard": 1, "simulated": 2.4} for name in ("cut_ins", "false_barge_ins", "hanging_turns")
        },
        "worst": [],
        "failed": [],
        "answers": [{"call": "1", "turn": at, "heard_ms": 900, "simulated_ms": 1400} for at in (0, 1)],
        "differ_most": [{**turn, "arms": {"heard": one, "simulated": other}}],
    }
    shown = reported(turnlab, tmp_path, "calls_check", checked)
    for sentence in (
        "the simulated agent answers 0.32 s later than the real one did",
        "It finds 2 cut-ins where 1 were heard",
        "Turn 1 of call-+•••••••••42",
        "The agent begins at 5.9 s.",
    ):
        assert sentence in shown


def test_a_comparison_of_real_calls_is_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    readout = {"before": 900.0, "after": 1400.0, "delta": 500.0, "ci95": [300.0, 600.0], "n": [2, 2]}
    compared = {
        "schema": "turnlab.calls_compare/1",
        "services": ["Intake Line"],
        "notes": [],
        "failed": [],
        "before": {"until": "2026-11-23T12:00:00+00:00", "calls": 2, "voice_config": {"filler_style": "silent"}},
        "after": {"since": "2026-11-23T12:00:00+00:00", "calls": 2, "voice_config": {"filler_style": "phrase"}},
        "readouts": {
            "response_ms": {**readout, "values": [[800, 1000], [1300, 1500]]},
            "cut_ins": {"before": 0.1, "after": 0.05, "delta": -0.05, "ci95": [-0.09, -0.01], "n": [40, 40]},
        },
    }
    shown = reported(turnlab, tmp_path, "calls_compare", compared)
    for sentence in (
        "callers wait 0.50 s longer: half of the answers come within 1.40 s instead of 0.90 s",
        "Better, cut-ins on 5 % of turns instead of 10 %.",
        '"filler_style": "phrase"',
    ):
        assert sentence in shown


def test_a_file_is_written_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    result, page = folder / "result.json", tmp_path / "page.html"
    before = result.read_bytes()
    page.write_text("mine")
    for output, force, said in (
        (result, False, "is the result itself"),
        (result, True, "is the result itself"),
        (page, False, "is there already; choose another name, or replace it with --force"),
        (tmp_path, True, "is a folder"),
        (Path("-"), False, "a report goes to a file"),
        (tmp_path / "none" / "x.html", False, "there is no folder"),
    ):
        with pytest.raises(CallError, match=said):
            write_report(ReportRequest(result, output, force))
    assert result.read_bytes() == before
    assert page.read_text() == "mine"
    write_report(ReportRequest(result, page, force=True))
    assert page.read_text().endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [page]


def test_a_file_that_is_not_a_result_gets_one_line(tmp_path: Path, result: Any) -> None:
    for content, said in (
        ("{", "is not valid JSON"),
        ("[]", "is not a result for a report"),
        ('{"schema": "turnlab.presets/1"}', "is not a result for a report"),
        ('{"schema": ["turnlab.simulation/1"]}', "is not a result for a report"),
        ('{"schema": "turnlab.simulation/1", "arms": []}', "is not a complete simulation"),
        (json.dumps({**result, "runs": "x"}), "is not a complete simulation"),
        (json.dumps({**result, "arms": result["arms"][:1]}), "is not a complete simulation"),
        (None, "no such file"),
    ):
        (tmp_path / "bad.json").unlink(missing_ok=True)
        if content is not None:
            (tmp_path / "bad.json").write_text(content)
        with pytest.raises(CallError, match=said) as error:
            write_report(ReportRequest(tmp_path / "bad.json", tmp_path / "x.html"))
        assert "\n" not in str(error.value)
    assert not (tmp_path / "x.html").exists()


def test_words_are_included_only_on_request(turnlab: Turnlab, folder: Path, result: Any) -> None:
    # paths relative to the result's folder work too
    done = turnlab("report", folder / "result.json", "-o", folder / "words.html", "--with-words")
    assert done.code == 0, done.err
    page = check_page((folder / "words.html").read_text())
    labels = json.loads((folder / "telephone.json").read_text())
    said = [turn["text"] for turn in labels["turns"]]
    shown = [text for text in said if text in page.text()]
    assert len(shown) == len({turn["turn"] for turn in result["differ_most"]})
    assert shown == [said[at] for at in sorted({turn["turn"] for turn in result["differ_most"]})]
    assert "Confidential." in page.text("strong")
    assert "It holds what callers said." in page.text()
    (folder / "url").mkdir()
    there = json.loads((folder / "result.json").read_text())
    for turn in there["differ_most"]:
        turn["path"] = "http://127.0.0.1:9/telephone.flac"
    (folder / "url" / "result.json").write_text(json.dumps(there))
    far = turnlab("report", folder / "url" / "result.json", "-o", folder / "url.html", "--with-words")
    assert "http://127.0.0.1:9/telephone.flac: is a URL, and a report reads files only" in far.err
    (folder / "gone").mkdir()
    shutil.copy(folder / "result.json", folder / "gone")
    done = turnlab("report", folder / "gone" / "result.json", "-o", folder / "x.html", "--with-words")
    assert done.code == 1
    assert "neither words nor sound of these turns is at hand" in done.err.splitlines()[-1]
    assert not (folder / "x.html").exists()


@pytest.mark.slow
def test_enclosed_audio_is_that_of_the_turn(turnlab: Turnlab, folder: Path, result: Any) -> None:
    done = turnlab("report", folder / "result.json", "-o", folder / "sound.html", "--with-audio")
    assert done.code == 0, done.err
    clips = check_page((folder / "sound.html").read_text()).all("audio")
    drawn = [(name, arm) for turn in result["differ_most"] for name, arm in turn["arms"].items()]
    # an inline setting is named by its fields
    shown = {"inline": "eager_eot_threshold 0.8, barge_in_min_speech_s 0.2 s"}
    assert [clip["aria-label"] for clip in clips] == [shown.get(name, name) for name, _ in drawn]
    for clip, (_, arm) in zip(clips, drawn, strict=True):
        head, _, content = clip["src"].partition(",")
        assert head == "data:audio/ogg;codecs=opus;base64"
        samples, rate = sf.read(io.BytesIO(base64.b64decode(content)), dtype="float32")
        assert len(samples) / rate == pytest.approx(arm["to_s"] - arm["from_s"], abs=0.05)
        heard = [*arm["caller"], *((one["start_s"], one["end_s"]) for one in arm["agent"])]
        loud = np.zeros(len(samples), bool)
        for start, end in heard:
            first, last = (round((at - arm["from_s"]) * rate) for at in (start, end))
            loud[max(first, 0) : max(last, 0)] = True
        assert np.abs(samples[loud]).mean() > 10 * np.abs(samples[~loud]).mean()


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_can_be_read_on_what_it_stands_on() -> None:
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6});", block))
        for block in re.findall(r":root \{(.*?)\n\s*\}", STYLES.read_text(), re.DOTALL)[:2]
    )
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        for name in colours.keys() - {"bg", "panel", "line", "grid", "caller"}:
            assert _contrast(colours[name], colours["bg"]) >= 4.5, name
            assert _contrast(colours[name], colours["panel"]) >= 4.5, name
        assert _contrast(colours["caller"], colours["bg"]) >= 3
