"""``turnlab keys``: the commands of the dashboard, and their keys."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Turnlab


def test_keys_in_force_are_listed_and_mistakes_told(turnlab: Turnlab, tmp_path: Path) -> None:
    own = {"TURNLAB_CONFIG_DIR": str(tmp_path)}
    (tmp_path / "keys.toml").write_text('tune.undo = "f7"\nnope = "x"\n')
    found = turnlab("keys", "--json", environment=own)
    keys = {one["id"]: one for one in found.json()["keys"]}
    assert keys["tune.undo"]["keys"] == ["f7"]
    assert keys["tune.undo"]["chosen"] is True
    assert keys["app.quit"]["where"] == "everywhere"
    assert keys["services.refresh"]["chosen"] is False
    assert found.json()["file"] == str(tmp_path / "keys.toml")
    assert "'nope' is no command" in found.err
    assert "tune.undo" in turnlab("keys", environment=own).out
