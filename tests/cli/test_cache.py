"""``turnlab cache``: what is kept, and getting rid of it."""

from __future__ import annotations

from pathlib import Path

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab


def test_the_cache_is_shown_and_cleared(turnlab: Turnlab, tmp_path: Path) -> None:
    own = {"TURNLAB_CACHE_DIR": str(tmp_path)}
    assert turnlab("cache", "--json", environment=own).json()["entries"] == 0
    turnlab("analyze", bundled_folder() / "coughs.flac", environment=own)
    shown = turnlab("cache", "--json", environment=own).json()
    (entry,) = (tmp_path / "analyses").iterdir()
    assert shown["path"] == str(tmp_path / "analyses")
    assert (shown["entries"], shown["bytes"]) == (1, entry.stat().st_size)
    assert shown["bytes"] < shown["most_bytes"]
    assert "1 analysis" in turnlab("cache", environment=own).out
    (tmp_path / "analyses" / "mine.txt").write_text("not an analysis")
    assert "Deleted 1 analysis and 0 clips " in turnlab("cache", "--clear", environment=own).out
    assert [one.name for one in (tmp_path / "analyses").iterdir()] == ["mine.txt"]
