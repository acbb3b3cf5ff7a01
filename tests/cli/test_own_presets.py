"""The user's presets on the command line: listed, used by name, and bad files reported."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Turnlab


def test_own_presets_are_listed_and_bad_files_named(turnlab: Turnlab, tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    calm = {"name": "calm", "description": "Slow.", "voice_config": {"max_buffer_delay_ms": 900}}
    (folder / "calm.json").write_text(json.dumps(calm))
    (folder / "torn.json").write_text("{")
    environment = {"TURNLAB_CONFIG_DIR": str(tmp_path)}
    done = turnlab("presets", "--json", environment=environment)
    assert [one["name"] for one in done.json()] == ["ultra_low_latency", "balanced", "quality", "calm"]
    assert done.json()[-1] == calm
    assert "torn.json: is not valid JSON" in done.err
    assert turnlab("presets", "calm", "--json", environment=environment).json() == calm
