"""Commands that show what is on this machine: recordings, presets, keys, caches, devices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli import completing
from tui.cli.options import Json

if TYPE_CHECKING:
    from simulator.kept_files import FolderUse


def recordings(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of recordings; by default your own and the bundled ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List recordings with their labels and folders."""
    from tui.cli.recordings import list_recordings

    list_recordings(folder, as_json=as_json)


def presets(
    name: Annotated[
        str | None, typer.Argument(help="Show only this preset.", autocompletion=completing.presets)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the presets and their fields."""
    from presets.fields import FIELDS
    from tui.cli.failure import CallError, complain
    from tui.user_presets import all_presets

    there, problems = all_presets()
    for problem in problems:
        complain(problem)
    if name and name not in there:
        raise CallError(f"no preset is called {name!r}; there are {', '.join(there)}")
    shown = [there[name]] if name else list(there.values())
    if as_json:
        raw = [
            {"name": one.name, "description": one.description, "voice_config": one.config.set_values()}
            for one in shown
        ]
        print(json.dumps(raw[0] if name else raw))
        return
    from tui.cli.tables import print_line, print_table

    used = [spec for spec in FIELDS if any(getattr(one.config, spec.name) is not None for one in shown)]
    rows = []
    for spec in used:
        values = [getattr(one.config, spec.name) for one in shown]
        default = spec.show(spec.default) if spec.default is not None else "-"
        rows.append([spec.name, *("" if value is None else spec.show(value) for value in values), default])
    print_table("Presets", ["field", *(one.name for one in shown), "default"], rows)
    for one in shown:
        print_line(f"{one.name}: {one.description}")


def keys(as_json: Json = False) -> None:
    """List the dashboard's commands, their current keys and the file that changes them."""
    from tui.cli.failure import complain
    from tui.cli.tables import print_line, print_table
    from tui.commands.shared import EVERYWHERE
    from tui.preferences import chosen_keys, keys_file
    from tui.screens import SCREENS

    chosen = chosen_keys()
    for problem in chosen.problems:
        complain(problem)
    anywhere = {command.id for command in EVERYWHERE}
    found = {command.id: (row.title, command) for row in SCREENS.values() for command in row.all_commands()}
    # A screen's own key takes precedence over the same key of a global command.
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
            _shown_key(key) + (f" (not in {', '.join(places[key])})" if name in anywhere and key in places else "")
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


def _shown_key(key: str) -> str:
    """Return a key as the footer shows it. If a key file needs its name instead, the name is in brackets."""
    from tui.preferences import shown_key

    shown = shown_key(key)
    needs_name = shown != key and not (len(shown) == 1 and shown.isascii())
    return f"{shown} ({key})" if needs_name else shown


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete the caches.")] = False,
    as_json: Json = False,
) -> None:
    """Show the cached analyses and clips of the agent's voice, or delete them."""
    from simulator.activity.cache import ANALYSES
    from simulator.voice.hibari import VOICE_CLIPS
    from tui.cli.tables import print_line

    before = (ANALYSES.kept(), VOICE_CLIPS.kept())
    analyses, clips = _cleared() if clear else before
    if as_json:
        print(json.dumps(_cache_json(analyses, clips)))
        return
    if clear:
        size = sum(one.size for one in before)
        gone = f"{_count(before[0], 'analysis', 'analyses')} and {_count(before[1], 'clip', 'clips')}"
        print_line(f"Deleted {gone} ({_mb(size)}) from {analyses.folder.parent}")
        return
    for held, most, words in (
        (analyses, ANALYSES.most_bytes, ("analysis", "analyses")),
        (clips, VOICE_CLIPS.most_bytes, ("clip of the agent's voice", "clips of the agent's voice")),
    ):
        print_line(f"{_count(held, *words)}, {_mb(held.size)} of at most {_mb(most)}, in {held.folder}")
    print_line("They hold no audio of a caller; the least recently used are deleted first.")
    print_line("Delete them: turnlab cache --clear")


def _cleared() -> tuple[FolderUse, FolderUse]:
    from base.os_errors import os_error_text
    from simulator.activity.cache import ANALYSES
    from simulator.voice.hibari import VOICE_CLIPS
    from tui.cli.failure import WorkError

    try:
        return ANALYSES.clear(), VOICE_CLIPS.clear()
    except OSError as error:
        raise WorkError(f"{error.filename or 'the cache'}: {os_error_text(error)}; check its permissions") from None


def _cache_json(analyses: FolderUse, clips: FolderUse) -> dict[str, object]:
    from simulator.activity.cache import ANALYSES
    from simulator.voice.hibari import VOICE_CLIPS

    return {
        "schema": "turnlab.cache/1",
        "path": str(analyses.folder),
        "entries": analyses.entries,
        "bytes": analyses.size,
        "most_bytes": ANALYSES.most_bytes,
        "voice": {
            "path": str(clips.folder),
            "entries": clips.entries,
            "bytes": clips.size,
            "most_bytes": VOICE_CLIPS.most_bytes,
        },
    }


def _count(held: FolderUse, one: str, many: str) -> str:
    return f"1 {one}" if held.entries == 1 else f"{held.entries} {many}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def devices(
    test: Annotated[
        bool, typer.Option("--test", help="Record the microphone for 2 s and play a tone on the speaker.")
    ] = False,
    input_name: Annotated[
        str | None, typer.Option("--input", help="The microphone to test, or part of its name.")
    ] = None,
    output_name: Annotated[
        str | None, typer.Option("--output", help="The speaker to test, or part of its name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List microphones and speakers, or test them."""
    from tui.cli.devices import show_devices

    show_devices(input_name, output_name, testing=test, as_json=as_json)


COMMANDS = (recordings, presets, keys, cache, devices)
"""In the order of the help text."""
