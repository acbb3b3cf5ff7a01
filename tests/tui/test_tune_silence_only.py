"""Without the end-of-turn model, the readouts say that silence alone was judged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.tune_support import open_tune
from tui.tune.readout_table import ReadoutTable


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_silence_only_is_said_in_the_readouts(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hiding = tmp_path / "hiding" / "pipecat"
    hiding.mkdir(parents=True)
    (hiding / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(hiding.parent))
    unlabelled = Path(shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "a-call-with-a-long-name.flac"))
    async with make_app(ScriptedClient().open).run_test(size=size) as pilot:
        screen = await open_tune(pilot, recordings=unlabelled)
        table = screen.query_one(ReadoutTable)
        shown = table.render_line(0).text
        assert "silence only" in shown
        assert "models fetch" in shown or size[0] == 80
