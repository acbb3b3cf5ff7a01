"""The user's keys: applied if possible, otherwise reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.keys import KEY_DISPLAY_ALIASES, KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME, Keys, format_key

from tests.tui.conftest import ScriptedClient, assert_refreshes, make_app, settle
from tests.tui.pace import until
from tui.preferences import chosen_keys, key_text, keys_file
from tui.screens import with_keys


def chosen(tmp_path: Path, text: str) -> tuple[dict[str, str], str]:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    found = chosen_keys(file)
    return dict(found.keymap), "\n".join(found.problems)


def test_keys_are_named_or_typed_one_or_several_in_tables_or_not(tmp_path: Path) -> None:
    text = 'tune.undo = "ctrl+b"\nservices.refresh = ["f6", "="]\ntune.previous-event = ","\n'
    text += '[app]\nhelp = "!"\nservices = ";"'
    keymap, problems = chosen(tmp_path, text)
    assert not problems
    assert keymap == {
        "tune.undo": "ctrl+b",
        "services.refresh": "f6,equals_sign",
        "tune.previous-event": "comma",
        "app.help": "exclamation_mark",
        "app.services": "semicolon",
    }


def test_two_commands_may_swap_their_keys(tmp_path: Path) -> None:
    keymap, problems = chosen(tmp_path, 'tune.undo = "p"\ntune.preset = "u"')
    assert not problems
    assert keymap == {"tune.undo": "p", "tune.preset": "u"}


@pytest.mark.parametrize(
    "command",
    [
        *("more", "less", "much-more", "much-less", "highest", "lowest", "down", "up", "type", "inherit", "fold"),
        *("undo", "redo", "reset", "next-pane", "previous-pane", "back"),
    ],
)
def test_shared_commands_have_separate_keys_in_tune_and_live(tmp_path: Path, command: str) -> None:
    keymap, problems = chosen(tmp_path, f'tune.{command} = "f6"\nlive.{command} = "f7"')
    assert not problems
    assert keymap == {f"tune.{command}": "f6", f"live.{command}": "f7"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('tune.undoo = "p"', "'tune.undoo' is not a command (did you mean tune.undo?); 'turnlab keys' lists them"),
        ('tune.undo = "ctrl+wat"', "'ctrl+wat', which is not a key"),
        ('tune.undo = "ctrl+pagedwn"', "comma (did you mean pagedown?); it is left out"),
        ("tune.undo = 3", "needs a key"),
        ('tune.undo = "p"', "p is Preset (tune.preset) in Tune; give that another key too"),
        ('app.help = "p"', "is left out: p is"),
        ('tune.undo = "P"\ntune.preset = "P"', "tune.preset = 'P' is left out: P is Undo (tune.undo)"),
        ("tune.undo = ", "cannot be read (Invalid value (at end of document)); all keys are as they come"),
    ],
)
def test_an_unusable_key_entry_is_reported_and_the_rest_applies(tmp_path: Path, text: str, says: str) -> None:
    whole = f'services.refresh = "f6"\n{text}'
    keymap, problems = chosen(tmp_path, whole)
    assert says in problems
    assert len(problems.splitlines()) == 1
    assert "cannot be read" in problems or keymap["services.refresh"] == "f6"
    left = {name: key for name, key in keymap.items() if name != "services.refresh"}
    assert len(left) == (1 if "P" in text.replace("Preset", "") else 0)


def test_a_key_given_back_by_a_mistake_is_not_used_twice(tmp_path: Path) -> None:
    keymap, problems = chosen(tmp_path, 'tune.arms = "u"\ntune.undo = "p"')
    assert keymap == {}
    assert "tune.undo = 'p' is left out" in problems
    assert "tune.arms = 'u' is left out: u is Undo" in problems


async def test_the_app_opens_with_a_bad_key_file_and_reports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keys_file().parent.mkdir(exist_ok=True)
    keys_file().write_text('nope = "x"\nno = "x"\nnever = "x"\nservices.refresh = "f6"')
    keys = chosen_keys()
    client = ScriptedClient()
    app = make_app(client.open, keymap=keys.keymap, notes=keys.problems)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        told = [note.message for note in app._notifications]
        assert "keys.toml: 'nope' is not a command; 'turnlab keys' lists them" in told
        assert any(note.startswith("and 1 more") for note in told)
        await assert_refreshes(pilot, client, "f6")


async def test_the_keys_are_read_again_when_their_file_is_saved() -> None:
    client = ScriptedClient()
    app = make_app(client.open, keymap={})
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        keys_file().parent.mkdir(exist_ok=True)
        keys_file().write_text('services.refresh = "f6"\nservices.undoo = "f7"\ntune.labels = "ctrl+b"')
        await until(pilot, lambda: [note for note in app._notifications if "services.undo?" in note.message])
        await assert_refreshes(pilot, client, "f6")
        assert with_keys("{tune.labels} labels one, {tune.save} saves") == "^b labels one, ^s saves"


def test_keys_are_written_as_textual_writes_them() -> None:
    names = {
        *KEY_DISPLAY_ALIASES,
        *KEY_NAME_REPLACEMENTS.values(),
        *KEY_TO_UNICODE_NAME,
        "comma",
        "tilde",
        "a",
        "Z",
    }
    names |= {key.value for key in Keys}
    names.discard("hyphen_minus")  # always spelled minus
    assert {name: key_text(name) for name in names} == {name: format_key(name) for name in names}
