"""``turnlab keys``: what every command is called, and which keys run it."""

from __future__ import annotations

import json

from tui.cli.failure import complain
from tui.cli.tables import print_line, print_table
from tui.preferences import chosen_keys, key_text, keys_file


def list_keys(*, as_json: bool) -> None:
    """Print all commands with their current keys; problems of the chosen keys go to standard error."""
    from tui.commands.shared import EVERYWHERE
    from tui.screens import SCREENS

    chosen = chosen_keys()
    for problem in chosen.problems:
        complain(problem)
    anywhere = {command.id for command in EVERYWHERE}
    found = {command.id: (row.title, command) for row in SCREENS.values() for command in row.all_commands()}
    # A place's own key goes before the same key of what works everywhere.
    places: dict[str, list[str]] = {}
    for name, (place, command) in found.items():
        for key in chosen.keymap.get(name, command.key).split(",") if name not in anywhere else ():
            places.setdefault(key, []).append(place)
    rows = []
    raw = []
    for name, (place, command) in found.items():
        keys = chosen.keymap.get(name, command.key).split(",")
        own, where = name in chosen.keymap, "everywhere" if name in anywhere else place
        shown = [
            _shown(key) + (f" (not in {', '.join(places[key])})" if name in anywhere and key in places else "")
            for key in keys
        ]
        rows.append((name, where, "  ".join(shown) + (" (yours)" if own else ""), command.name))
        about = {"name": command.name, "about": command.does}
        raw.append({"id": name, "where": where, "keys": keys, "chosen": own, **about})
    if as_json:
        print(json.dumps({"file": str(keys_file()), "keys": raw, "problems": chosen.problems}))
        return
    print_table("", ("command", "where", "keys", "what it is"), rows, left=4, whole=1)
    print_line(f'Choose others in {keys_file()}, a line each: tune.undo = "ctrl+z"')


def _shown(key: str) -> str:
    """Return a key as the footer shows it; with its name in brackets where a file of keys needs that instead."""
    *modifiers, base = key.split("+")
    others = [modifier for modifier in modifiers if modifier != "ctrl"]
    shown = "+".join([*others, ("^" if "ctrl" in modifiers else "") + key_text(base)])
    needs_name = shown != key and not (len(shown) == 1 and shown.isascii())
    return f"{shown} ({key})" if needs_name else shown
