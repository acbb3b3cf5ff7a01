"""`python -m recordings.make` reproduces what is bundled, and reports differences."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.make import __main__ as command
from recordings.make.scenes import SCENES
from simulator.audio.injecting import SOUNDS
from tests.recordings.bundle import FOLDER, IDS

SUFFIXES = (".flac", ".json", ".scenario.json")


def make(*arguments: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if path is None else {"PATH": path})
    return subprocess.run(
        [sys.executable, "-m", "recordings.make", *map(str, arguments)],
        cwd=FOLDER.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def _flite() -> None:
    if shutil.which("flite") is None:
        reason = "flite is not installed (Debian package flite)"
        if os.environ.get("TURNLAB_REQUIRE_AUDIO") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.resynthesis
@pytest.mark.usefixtures("_flite")
def test_an_empty_folder_is_filled_with_what_is_bundled_byte_for_byte(tmp_path: Path) -> None:
    done = make("--out", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    written = {path.relative_to(tmp_path / "new").as_posix() for path in files}
    expected = {f"{name}{suffix}" for name in IDS for suffix in SUFFIXES} | {"agent/voice.flac"}
    assert written == expected | {f"injected/{name}.flac" for name in SOUNDS}
    assert len(done.stdout.splitlines()) == len(written)
    assert [
        name for name in sorted(written) if (tmp_path / "new" / name).read_bytes() != (FOLDER / name).read_bytes()
    ] == []


@pytest.mark.resynthesis
@pytest.mark.usefixtures("_flite")
def test_each_difference_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For one recording and the agent's voice: making all of them once is enough."""
    monkeypatch.setattr(command, "SCENES", [scene for scene in SCENES if scene.id == "coughs"])
    for suffix in SUFFIXES:
        shutil.copy(FOLDER / f"coughs{suffix}", tmp_path)
    for folder in ("agent", "injected"):
        shutil.copytree(FOLDER / folder, tmp_path / folder)
    (tmp_path / "coughs.json").write_text("{}")
    (tmp_path / "coughs.scenario.json").unlink()
    (tmp_path / "mine.flac").write_bytes(b"")
    assert command.main(["--check", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "coughs.json: differs from what recordings.make writes",
        "coughs.scenario.json: missing",
        "mine.flac: not made by any scene",
    ]
    assert (tmp_path / "coughs.json").read_text() == "{}"


def test_without_flite_it_names_the_package(tmp_path: Path) -> None:
    done = make("--out", tmp_path / "new", path=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Debian package flite" in done.stderr


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, recordings; print({'numpy', 'soundfile', 'soxr'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
