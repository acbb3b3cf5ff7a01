"""Commands that show what is on this machine: recordings, presets, keys, what is kept, devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli import completing
from tui.cli.options import Json


def recordings(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of recordings; by default your own and the bundled ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List recordings with their labels and where they are."""
    from tui.cli.recordings import list_recordings

    list_recordings(folder, as_json=as_json)


def presets(
    name: Annotated[
        str | None, typer.Argument(help="Show only this preset.", autocompletion=completing.presets)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the presets and what they set."""
    from tui.cli.presets import list_presets

    list_presets(name, as_json=as_json)


def keys(as_json: Json = False) -> None:
    """List the dashboard's commands, their current keys and the file to choose others in."""
    from tui.cli.keys import list_keys

    list_keys(as_json=as_json)


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete what is kept.")] = False,
    as_json: Json = False,
) -> None:
    """Show where analyses and clips of the agent's voice are kept and how many, or delete them."""
    from tui.cli.cache import show_cache

    show_cache(clearing=clear, as_json=as_json)


def devices(
    test: Annotated[
        bool, typer.Option("--test", help="Hear the microphone for 2 s and play a tone on the speaker.")
    ] = False,
    input_name: Annotated[
        str | None, typer.Option("--input", help="The microphone to test, or part of its name.")
    ] = None,
    output_name: Annotated[
        str | None, typer.Option("--output", help="The speaker to test, or part of its name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List microphones and speakers, or try them out."""
    from tui.cli.devices import show_devices

    show_devices(input_name, output_name, testing=test, as_json=as_json)


COMMANDS = (recordings, presets, keys, cache, devices)
"""In the order of the help."""
