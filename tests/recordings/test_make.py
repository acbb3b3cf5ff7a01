"""`python -m recordings.make` writes what is bundled, and says so when it does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in IDS:
        for suffix in SUFFIXES:
            shutil.copy(FOLDER / f"{name}{suffix}", tmp_path)
    shutil.copytree(FOLDER / "agent", tmp_path / "agent")
    return tmp_path


@pytest.mark.usefixtures("_flite")
def test_an_empty_folder_is_filled_with_what_is_bundled_byte_for_byte(tmp_path: Path) -> None:
    done = make("--out", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    written = {path.relative_to(tmp_path / "new").as_posix() for path in files}
    assert written == {f"{name}{suffix}" for name in IDS for suffix in SUFFIXES} | {"agent/voice.flac"}
    assert len(done.stdout.splitlines()) == len(written)
    assert [
        name for name in sorted(written) if (tmp_path / "new" / name).read_bytes() != (FOLDER / name).read_bytes()
    ] == []


@pytest.mark.usefixtures("_flite")
def test_each_difference_is_one_line(copy: Path) -> None:
    (copy / "booking.json").write_text("{}")
    (copy / "coughs.flac").unlink()
    (copy / "mine.flac").write_bytes(b"")
    done = make("--check", "--out", copy)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["booking.json", "coughs.flac", "mine.flac"]
    assert (copy / "booking.json").read_text() == "{}"


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
