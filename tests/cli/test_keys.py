"""``turnlab keys``: the commands of the dashboard, and their keys."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Turnlab


def test_active_keys_are_listed_and_mistakes_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    own = {"TURNLAB_CONFIG_DIR": str(tmp_path)}
    (tmp_path / "keys.toml").write_text('tune.undo = "f7"\nnope = "x"\n')
    found = turnlab("keys", "--json", environment=own)
    keys = {one["id"]: one for one in found.json()["keys"]}
    assert keys["tune.undo"]["keys"] == ["f7"]
    assert keys["tune.undo"]["chosen"] is True
    assert keys["app.quit"]["where"] == "everywhere"
    assert keys["services.refresh"]["chosen"] is False
    assert found.json()["file"] == str(tmp_path / "keys.toml")
    assert "'nope' is not a command" in found.err
    assert "tune.undo" in turnlab("keys", environment=own).out


def test_keys_are_written_as_the_footer_shows_them_with_the_name_where_the_file_needs_it(turnlab: Turnlab) -> None:
    told = {line.split()[0]: line for line in turnlab("keys").out.splitlines() if "." in line}
    assert "]  → (right)" in told["services.next-tab"]
    assert "Services     /  " in told["services.filter"]
    assert "^z (ctrl+z)" in told["services.undo"]
    names = {one["id"]: one["keys"] for one in turnlab("keys", "--json").json()["keys"]}
    assert names["services.next-tab"] == ["right_square_bracket", "right"]


def test_every_character_that_is_shown_alone_may_stand_in_the_file(turnlab: Turnlab, tmp_path: Path) -> None:
    own = {"TURNLAB_CONFIG_DIR": str(tmp_path)}
    characters = {"]": "right_square_bracket", "/": "slash", "?": "question_mark", "-": "minus", ",": "comma"}
    for character, name in characters.items():
        (tmp_path / "keys.toml").write_text(f'app.quit = "{character}"\n')
        found = turnlab("keys", "--json", environment=own).out
        assert name in found
