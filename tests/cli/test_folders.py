"""The folders that environment variables choose, as every command uses them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Turnlab

VARIABLES = ("TURNLAB_DATA_DIR", "TURNLAB_CACHE_DIR", "TURNLAB_CONFIG_DIR")


def _used(turnlab: Turnlab, cwd: Path, environment: dict[str, str]) -> dict[str, Path]:
    """Return the data, cache and configuration folders that commands report."""

    def asked(*words: str) -> dict[str, str]:
        found: dict[str, str] = turnlab(*words, "--json", cwd=cwd, environment=environment).json()
        return found

    turnlab("service", "list", "--json", cwd=cwd, environment=environment)
    (workspace,) = [file for top in (cwd, Path(environment["HOME"])) for file in top.rglob("workspace.db")]
    cache, config = asked("cache")["path"], asked("keys")["file"]
    return {"data": workspace.parent, "cache": Path(cache).parent, "config": Path(config).parent}


def _two_folders(folder: Path) -> tuple[Path, Path]:
    for name in ("home", "here"):
        (folder / name).mkdir()
    return folder / "home", folder / "here"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("~/place", "home/place"), ("place", "here/place"), ("~none-such/place", "here/~none-such/place")],
)
def test_a_folder_variable_may_be_relative_or_use_a_tilde(
    turnlab: Turnlab, tmp_path: Path, value: str, expected: str
) -> None:
    home, here = _two_folders(tmp_path)
    used = _used(turnlab, here, {"HOME": str(home), **dict.fromkeys(VARIABLES, value)})
    assert used == dict.fromkeys(used, tmp_path / expected)


@pytest.mark.parametrize("value", ["", "  "])
def test_a_blank_folder_variable_counts_as_unset(turnlab: Turnlab, tmp_path: Path, value: str) -> None:
    home, here = _two_folders(tmp_path)
    xdg = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("DATA", "CACHE", "CONFIG")}
    used = _used(turnlab, here, {"HOME": str(home), **xdg, **dict.fromkeys(VARIABLES, value)})
    assert used == {kind.lower(): home / kind / "turnlab" for kind in ("DATA", "CACHE", "CONFIG")}


def test_own_recordings_are_found_in_a_folder_at_home(turnlab: Turnlab, tmp_path: Path, tone: Path) -> None:
    (tmp_path / "place" / "recordings").mkdir(parents=True)
    shutil.copy(tone, tmp_path / "place" / "recordings" / "mine.wav")
    listed = turnlab("recordings", "--json", environment={"HOME": str(tmp_path), "TURNLAB_DATA_DIR": "~/place"})
    assert str(tmp_path / "place" / "recordings" / "mine.wav") in [one["path"] for one in listed.json()]


@pytest.mark.parametrize(("named", "said"), [("july", "needs a terminal"), ("./nowhere", "no such file or folder")])
def test_a_folder_instead_of_a_command_opens_the_dashboard(
    turnlab: Turnlab, tmp_path: Path, named: str, said: str
) -> None:
    (tmp_path / "july").mkdir()
    assert said in turnlab(named, cwd=tmp_path).one_line(2)
