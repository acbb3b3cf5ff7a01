"""One line on standard error that names the file or field and the remedy.

Exit code 2 for a wrong command line, 1 for failed work.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab
from tui.cli import inputs


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("fast", "ultra_low_latency, balanced, quality"),
        ('{"max_buffer_delay_ms": 90}', "between 200 and 1000 ms"),
        ('{"max_buffer_delay_ms": "slow"}', "must be a whole number"),
        ('{"eager_eot_threshold": 7}', "between 0 and 1"),
        ('{"tts_model": "sonic-9"}', "sonic-turbo, sonic-3"),
        ('{"max_buffer', "not valid JSON (line 1"),
        ("[1, 2]", "must be a JSON object"),
        ("nowhere.json", "nowhere.json: no such file"),
        ("x" * 5000, "no preset is called"),
        ('{"x": ' + "[" * 100_000, "cannot be read"),
        ('{"filler_vocabulary": ["\\ud800"]}', "half a character"),
        ('{"filler_vocabulary": [" "]}', "must not hold empty words"),
    ],
)
def test_a_wrong_configuration_exits_with_2(turnlab: Turnlab, tone: Path, config: str, says: str) -> None:
    assert says in turnlab("simulate", tone, "--config", config).one_line(2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("simulate",), "Missing argument"),
        (("simulat",), "Did you mean 'simulate'"),
        (("simulate", "nowhere.wav"), "nowhere.wav: no such file"),
        (("simulate", "nowhere.wav", "--replay", "backwards"), "'elastic', 'rigid', 'scripted'"),
        (("simulate", "nowhere.wav", "--profile", "nope"), "no such profile"),
        (("presets", "nope"), "ultra_low_latency, balanced, quality"),
        (("analyze", "."), "is a folder"),
        (("profiles", "fit", "nope.json", "--name", "x"), "nope.json: no such file"),
        (("profiles", "fit", ".", "--name", "x"), "is a folder"),
        (("connect", "nope", "--test"), "no connection is called 'nope'"),
        (("--bogus",), "--bogus"),
        ((), "needs a terminal"),
    ],
)
def test_a_wrong_command_line_says_what_to_do(
    turnlab: Turnlab, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    assert says in turnlab(*arguments, cwd=tmp_path).one_line(2)


@pytest.mark.parametrize("command", ["simulate", "evaluate", "analyze"])
def test_a_missing_channel_exits_with_2(turnlab: Turnlab, tone: Path, command: str) -> None:
    assert "has 1 channel(s)" in turnlab(command, tone, "--caller-channel", "2").one_line(2)


def test_a_file_without_a_field_of_voice_config_is_not_a_configuration(
    turnlab: Turnlab, tone: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"turns": [], "speech": []}')
    assert "none of its fields" in turnlab("simulate", tone, "--config", other).one_line(2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": ', "is not valid JSON (line 1, column 7: Expecting value); correct it"),
        (b'{"a": "\xff"}', "is not UTF-8 text; save it as UTF-8"),
        (b"[" * 100_000, "is JSON that cannot be read (it is nested too deeply); correct it"),
    ],
    ids=["torn", "bytes", "deep"],
)
def test_every_truncated_file_gets_the_same_message(
    turnlab: Turnlab, tone: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    call = tmp_path / "call.wav"
    shutil.copy(tone, call)
    torn = call.with_suffix(".json")
    torn.write_bytes(content)
    told = f"{torn}: {says}\n"
    assert turnlab("analyze", call).err == f"turnlab: {told}", "as labels"
    assert turnlab("profiles", torn).err == f"turnlab: {told}"
    assert turnlab("profiles", "fit", torn, "--name", "x").err == f"turnlab: {told}"
    assert turnlab("agent", "--scenario", torn).err == f"turnlab: --scenario {told}"
    assert turnlab("simulate", tone, "--config", torn).err == f"turnlab: {told}"


def test_an_empty_folder_exits_with_2(turnlab: Turnlab, tmp_path: Path) -> None:
    assert "holds no audio" in turnlab("simulate", tmp_path).one_line(2)


@pytest.mark.parametrize("command", ["simulate", "analyze"])
def test_a_file_that_is_not_audio_is_named(turnlab: Turnlab, tmp_path: Path, command: str) -> None:
    flac = _short("FLAC")
    bad = {
        "empty.wav": (b"", "is empty"),
        "text.wav": (b"hello, I am not audio", "not audio Turnlab can read"),
        "header.flac": (flac[:60], "audio"),
        "half.flac": (flac[: len(flac) // 2], "half.flac"),
        "half.wav": (_short("WAV")[:200_000], "breaks off"),
    }
    for name, (content, says) in bad.items():
        (tmp_path / name).write_bytes(content)
        line = turnlab(command, tmp_path / name).one_line(1)
        assert name in line
        assert says in line


def _short(kind: str) -> bytes:
    """A few seconds of a caller."""
    import io

    import soundfile as sf

    samples, rate = sf.read(bundled_folder() / "coughs.flac", frames=8 * 16_000)
    file = io.BytesIO()
    sf.write(file, samples, rate, format=kind)
    return file.getvalue()


@pytest.mark.slow
def test_the_mp3_decoder_prints_nothing_and_a_truncated_mp3_is_named(turnlab: Turnlab, tmp_path: Path) -> None:
    import soundfile as sf

    samples, rate = sf.read(bundled_folder() / "booking.flac", frames=12 * 16_000)
    sf.write(tmp_path / "whole.mp3", samples, rate)
    whole = (tmp_path / "whole.mp3").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(whole[: len(whole) // 2])
    done = turnlab("analyze", tmp_path / "whole.mp3")
    assert (done.code, done.err) == (0, "")
    assert "breaks off" in turnlab("analyze", tmp_path / "cut.mp3").one_line(1)


def test_an_audio_file_without_samples_is_named(turnlab: Turnlab, tmp_path: Path) -> None:
    import numpy as np
    import soundfile as sf

    sf.write(tmp_path / "nothing.wav", np.zeros(0), 16_000)
    assert "nothing.wav: has a header but no audio" in turnlab("simulate", tmp_path / "nothing.wav").one_line(1)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("{", "line 1, column 2"),
        ("[]", "must hold one JSON object"),
        ('{"turns": [{"start_s": 3.0, "end_s": 2.0}]}', "before it starts"),
        ('{"turns": [{"start_s": 1.0, "end_s": 900.0}]}', "names 900.00 s, but the audio ends at"),
        ('{"turns": [{"start_s": "soon", "end_s": 2.0}]}', "turns.0.start_s"),
        (
            '{"moves": [{"start_s": 0, "end_s": 5, "anchor": {"at": 0}}, '
            '{"start_s": 4, "end_s": 6, "anchor": {"after_agent": 1}}]}',
            "starts before",
        ),
        ('{"moves": [{"start_s": 0, "end_s": 5, "anchor": {}}]}', "exactly one of at, after_agent, into_agent"),
        ('{"speech": [[2.0, 1.0]]}', "does not run forwards"),
        ('{"noises": [[5.0, 1.0, "cough"]]}', "does not run forwards"),
        ('{"duration_s": 5.0}', "is for a recording of 5.00 s"),
        ("[" * 100_000, "cannot be read"),
        ('{"moves": [{"start_s": 0, "end_s": 5, "anchor": {"at": 1e300}}]}', "moves.0.anchor.at"),
    ],
)
def test_labels_that_do_not_fit_are_named(turnlab: Turnlab, tmp_path: Path, labels: str, says: str) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "call.flac")
    (tmp_path / "call.json").write_text(labels)
    line = turnlab("simulate", tmp_path / "call.flac").one_line(1)
    assert "call.json" in line
    assert says in line


def test_a_scenario_with_an_unknown_state_is_named(turnlab: Turnlab, tmp_path: Path) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "call.flac")
    scenario = {"schema": "turnlab.scenario/1", "states": {}, "turns": [{"state": "lost", "response": "Hello."}]}
    (tmp_path / "call.scenario.json").write_text(json.dumps(scenario))
    assert "'lost'" in turnlab("simulate", tmp_path / "call.flac").one_line(1)


def test_scripted_replay_without_an_agent_says_what_is_missing(turnlab: Turnlab, tone: Path) -> None:
    assert "labelled agent windows" in turnlab("simulate", tone, "--replay", "scripted").one_line(1)


@pytest.mark.parametrize("command", ["simulate", "evaluate"])
def test_a_misspelt_field_is_refused_with_the_nearest_name(
    turnlab: Turnlab, tone: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "arm.json").write_text('{"max_bufer_delay_ms": 300}')
    for config in ('{"max_bufer_delay_ms": 300}', tmp_path / "arm.json"):
        refusal = turnlab(command, tone, "-c", config).one_line(2)
        assert "did you mean max_buffer_delay_ms? --allow-unknown lets it pass" in refusal


def test_an_allowed_unknown_field_is_kept_and_reported(turnlab: Turnlab, tone: Path) -> None:
    done = turnlab("simulate", tone, "-c", '{"max_bufer_delay_ms": 300}', "--allow-unknown", "--json")
    assert "did you mean max_buffer_delay_ms?" in done.err
    assert done.json()["arms"][0]["voice_config"] == {"max_bufer_delay_ms": 300}


def test_debug_shows_the_traceback(turnlab: Turnlab, tmp_path: Path) -> None:
    done = turnlab("simulate", tmp_path / "nowhere.wav", "--debug")
    assert done.code != 0
    assert "Traceback" in done.err


@pytest.mark.parametrize("group", ["labels", "service", "version-set"])
def test_a_group_without_a_command_shows_its_help(turnlab: Turnlab, group: str) -> None:
    done = turnlab(group)
    assert (done.code, done.out) == (2, "")
    assert done.err == turnlab(group, "--help").out
    assert "\nCommands:\n" in done.err


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ("simulate", "turnlab simulate"),
        ("agent --port soon", "turnlab agent"),
        ("service lst", "turnlab service"),
        ("labels export", "turnlab labels export"),
        ("nope", "turnlab"),
    ],
)
def test_a_wrong_command_line_names_the_help_of_its_command(turnlab: Turnlab, arguments: str, command: str) -> None:
    assert turnlab(*arguments.split()).one_line(2).endswith(f"; see '{command} --help'")


def test_long_work_reports_progress_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with inputs.progress("hearing calls", 4) as tell:
        assert tell is not None
        tell(1)
        assert capsys.readouterr().err == "", "it has just begun"
        monkeypatch.setattr(inputs, "LINE_EVERY_S", 0.0)
        tell(3)
    assert capsys.readouterr().err == "turnlab: hearing calls: 75%\n"
