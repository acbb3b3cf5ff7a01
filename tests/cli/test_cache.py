"""``turnlab cache``: shows and deletes the caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Turnlab


def test_the_cache_is_shown_and_cleared(
    turnlab: Turnlab, tone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    own = {"TURNLAB_CACHE_DIR": str(folder)}
    assert turnlab("cache", "--json", environment=own).json()["entries"] == 0
    turnlab("analyze", tone, environment=own)
    shown = turnlab("cache", "--json", environment=own).json()
    (entry,) = (folder / "analyses").iterdir()
    assert shown["path"] == str(folder / "analyses")
    assert (shown["entries"], shown["bytes"]) == (1, entry.stat().st_size)
    assert shown["bytes"] < shown["most_bytes"]
    assert "1 analysis" in turnlab("cache", environment=own).out
    (folder / "analyses" / "mine.txt").write_text("not an analysis")
    assert "Deleted 1 analysis and 0 clips " in turnlab("cache", "--clear", environment=own).out
    assert [one.name for one in (folder / "analyses").iterdir()] == ["mine.txt"]
