"""``turnlab models``: installed models are listed, missing ones fetched, and unexpected files never used."""

from __future__ import annotations

import ensurepip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from simulator.activity.model_files import SMART_TURN
from simulator.recording import bundled_folder
from tests.cli.conftest import Outcome, Turnlab

FETCH = """
import json, sys
from simulator.activity.fetch_model import fetch_model
from simulator.activity.model_files import ModelFile
print(fetch_model(ModelFile(**json.loads(sys.argv[1]))))
"""


UNFUSED = """
import onnxruntime

class Plain(onnxruntime.SessionOptions):
    def __init__(self):
        super().__init__()
        self.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL

onnxruntime.SessionOptions = Plain
"""
"""A hook at Python's start: networks run without graph optimisation, which changes their arithmetic."""


@pytest.mark.usefixtures("smart_turn")
def test_this_machine_gives_the_reference_numbers_or_says_what_is_safe(turnlab: Turnlab) -> None:
    done = turnlab("models", "--check", "--json")
    found = json.loads(done.out)
    assert found["same_pauses"]
    assert found["speech_probability"] < 0.01
    assert done.code == (0 if found["agrees"] else 1)
    if not found["agrees"]:
        pytest.skip(
            f"this machine's completeness is off by {found['completeness']}; benchmarks/reference.py says more"
        )


@pytest.mark.usefixtures("smart_turn")
@pytest.mark.slow
def test_differing_kernels_are_reported_with_a_safe_margin(installed: Turnlab, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(UNFUSED)
    told = [
        installed("models", "--check", *more, environment={"PYTHONPATH": str(tmp_path)})
        for more in ((), ("--json",))
    ]
    assert [one.code for one in told] == [1, 1]
    found = json.loads(told[1].out)
    assert (found["agrees"], found["same_pauses"]) == (False, True)
    assert found["model_output"] > 0.01
    assert f"a confidence over {found['completeness']:.3f}" in told[0].out


@pytest.fixture
def without_model(tmp_path: Path) -> dict[str, str]:
    """An environment in which the end-of-turn model's package is empty."""
    (tmp_path / "hiding" / "pipecat").mkdir(parents=True)
    (tmp_path / "hiding" / "pipecat" / "__init__.py").touch()
    return {"PYTHONPATH": str(tmp_path / "hiding"), "TURNLAB_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Python's own pip, unpacked: from its wheel it would be compiled every time."""
    bundled = list((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    if not bundled:
        pytest.skip("this Python brings no pip of its own")
    folder = tmp_path_factory.mktemp("pip")
    with zipfile.ZipFile(bundled[0]) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(params=[pytest.param("pip", marks=pytest.mark.slow), "uv"])
def installer(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment with one installer, which can reach only a folder of wheels, still empty."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    kept = {"HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"}
    if request.param == "pip":
        pip = request.getfixturevalue("pip")
        only = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf)}
        return {**kept, **only, "PATH": "", "PYTHONPATH": str(pip)}
    if (uv := os.environ.get("UV") or shutil.which("uv")) is None:
        pytest.skip("uv is not here")
    config = tmp_path / "uv.toml"
    config.write_text(f"no-index = true\nfind-links = [{json.dumps(str(shelf))}]\n")
    # the whole path: uv may be a script that needs a shell
    return {**kept, "UV": uv, "PATH": os.environ["PATH"], "UV_CONFIG_FILE": str(config)}


def _wheel(shelf: Path, distribution: str, version: str, inside: dict[str, bytes]) -> Path:
    name = f"{distribution.replace('-', '_')}-{version}"
    path = shelf / f"{name}-py3-none-any.whl"
    info = {
        f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n".encode(),
        f"{name}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/licenses/LICENSE": b"Do as you like.",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in (inside | info).items():
            wheel.writestr(file, content)
        lines = "".join(f"{file},,\n" for file in (*inside, *info, f"{name}.dist-info/RECORD"))
        wheel.writestr(f"{name}.dist-info/RECORD", lines)
    return path


def _run(arguments: list[str], environment: dict[str, str], folder: Path) -> Outcome:
    variables = {**environment, "TURNLAB_DATA_DIR": str(folder / "data")}
    done = subprocess.run(arguments, capture_output=True, text=True, env=variables, cwd=folder, timeout=60)
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_installed_models_are_listed_with_licence_and_hash(turnlab: Turnlab) -> None:
    models = turnlab("models", "--json").json()["models"]
    assert len(models) == 3
    for model in models:
        assert model["installed"]
        assert model["expected"]
        assert model["source"] == "package"
        assert model["installed_version"] == model["package_version"]
        content = Path(model["path"]).read_bytes()
        assert model["sha256"] == hashlib.sha256(content).hexdigest() == model["expected_sha256"]
        assert model["bytes"] == len(content)
        assert model["licence"] in ("MIT", "BSD-2-Clause")
    assert [model["used"] for model in models] == [True, False, True]
    out = turnlab("models").out
    for text in ("in use", "installed, not needed", "without it", "BSD-2-Clause"):
        assert text in out


def test_without_the_end_of_turn_model_every_command_says_so(
    turnlab: Turnlab, without_model: dict[str, str]
) -> None:
    path = bundled_folder() / "coughs.flac"
    table = turnlab("simulate", path, environment=without_model)
    assert (table.code, table.err.count("silence only"), table.err.count("\n")) == (0, 1, 1)
    assert "turnlab models fetch" in table.err
    assert "silence only" in table.out
    report = turnlab("simulate", path, "--json", environment=without_model).json()
    assert report["runs"][0]["readouts"]["silence_only"]
    assert "silence only" in turnlab("analyze", path, environment=without_model).out
    line = turnlab("simulate", path, "--eot", "smart-turn", environment=without_model).one_line(1)
    assert "turnlab models fetch" in line
    shown = turnlab("models", environment=without_model).out
    assert "not installed" in shown
    assert "silence only" in shown


def test_a_fetched_file_is_used_if_it_is_the_expected_one(
    turnlab: Turnlab, without_model: dict[str, str], smart_turn: Path
) -> None:
    kept = Path(without_model["TURNLAB_DATA_DIR"]) / "models" / SMART_TURN.file_name
    kept.parent.mkdir(parents=True)
    shutil.copy(smart_turn, kept)
    model = turnlab("models", "--json", environment=without_model).json()["models"][2]
    assert (model["source"], model["path"], model["used"]) == ("data directory", str(kept), True)
    path = bundled_folder() / "coughs.flac"
    analysis = turnlab("analyze", path, "--json", environment=without_model)
    assert analysis.json()["end_of_turn_model"] == "smart-turn v3.2"
    assert analysis.err == ""
    assert "is there already" in turnlab("models", "fetch", environment=without_model).out

    with kept.open("ab") as file:
        file.write(b"\0")
    model = turnlab("models", "--json", environment=without_model).json()["models"][2]
    assert (model["installed"], model["expected"], model["used"]) == (True, False, False)
    spoilt = turnlab("analyze", path, "--json", environment=without_model)
    assert spoilt.json()["end_of_turn_model"] == "silence only"
    assert f"{kept} is not the Smart Turn model" in spoilt.err


def test_a_model_is_taken_from_its_wheel_with_its_licence(installer: dict[str, str], tmp_path: Path) -> None:
    wheel = _wheel(tmp_path / "shelf", "an-ear", "1.0", {"ear/data/ear.onnx": b"listens"})
    pin = {
        **dict.fromkeys(("name", "purpose", "without", "licence"), ""),
        "distribution": "an-ear",
        "version": "1.0",
        "module": "ear",
        "inside": "data/ear.onnx",
        "sha256": hashlib.sha256(b"listens").hexdigest(),
        "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
    }
    (tmp_path / "pip.py").write_text("raise SystemExit('this is not pip')")
    done = _run([sys.executable, "-P", "-c", FETCH, json.dumps(pin)], installer, tmp_path)
    assert done.code == 0, done.err
    kept = Path(done.out.strip())
    assert kept == tmp_path / "data" / "models" / "ear.onnx"
    assert kept.read_bytes() == b"listens"
    assert kept.with_suffix(".LICENSE").read_text() == "Do as you like."
    assert sorted(one.name for one in kept.parent.iterdir()) == ["ear.LICENSE", "ear.onnx"]

    spoilt = _run(
        [sys.executable, "-P", "-c", FETCH, json.dumps(pin | {"sha256": "0" * 64})],
        installer,
        tmp_path,
    )
    assert "ear.onnx in an-ear==1.0 is not the expected file; kept nothing" in spoilt.err
    assert kept.read_bytes() == b"listens"


def _fetch_again(installer: dict[str, str], folder: Path) -> Outcome:
    return _run([str(Path(sys.executable).with_name("turnlab")), "models", "fetch", "--force"], installer, folder)


def test_another_wheel_under_the_same_name_is_refused(installer: dict[str, str], tmp_path: Path) -> None:
    _wheel(tmp_path / "shelf", "pipecat-ai", "1.14.0", {f"pipecat/{SMART_TURN.inside}": b"evil"})
    done = _fetch_again(installer, tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "pipecat-ai==1.14.0 is not the expected one; kept nothing" in done.err.splitlines()[-1]
    assert not (tmp_path / "data").exists()


def test_a_failed_download_gets_one_line(installer: dict[str, str], tmp_path: Path) -> None:
    done = _fetch_again(installer, tmp_path)
    waiting, failed = done.err.splitlines()
    assert done.code == 1
    assert "getting pipecat-ai==1.14.0" in waiting
    assert "could not be fetched" in failed
    assert not (tmp_path / "data").exists()


def test_without_an_installer_the_command_to_run_is_named(turnlab: Turnlab, without_model: dict[str, str]) -> None:
    done = turnlab("models", "fetch", environment={**without_model, "PATH": "", "UV": ""})
    assert done.code == 1
    assert "pip install --no-deps pipecat-ai==1.14.0" in done.err
