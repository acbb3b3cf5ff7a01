"""``turnlab cache``: what is kept of analyses and of the agent's voice, and getting rid of it."""

from __future__ import annotations

import json

from base.os_errors import os_error_text
from simulator.activity.cache import ANALYSES
from simulator.kept_files import Kept
from simulator.voice.hibari import VOICE_CLIPS
from tui.cli.failure import WorkError
from tui.cli.tables import print_line


def show_cache(*, clearing: bool, as_json: bool) -> None:
    """Print what the cache holds, after deleting it if asked to. Raises :class:`~tui.cli.failure.WorkError`."""
    before = (ANALYSES.kept(), VOICE_CLIPS.kept())
    analyses, clips = _cleared() if clearing else before
    if as_json:
        print(json.dumps(_to_json(analyses, clips)))
        return
    if clearing:
        size = sum(one.size for one in before)
        gone = f"{_count(before[0], 'analysis', 'analyses')} and {_count(before[1], 'clip', 'clips')}"
        print_line(f"Deleted {gone} ({_mb(size)}) from {analyses.folder.parent}")
        return
    for held, most, words in (
        (analyses, ANALYSES.most_bytes, ("analysis", "analyses")),
        (clips, VOICE_CLIPS.most_bytes, ("clip of the agent's voice", "clips of the agent's voice")),
    ):
        print_line(f"{_count(held, *words)}, {_mb(held.size)} of at most {_mb(most)}, in {held.folder}")
    print_line("Nothing of a caller can be heard in them; those not used for longest go first.")
    print_line("Delete them: turnlab cache --clear")


def _cleared() -> tuple[Kept, Kept]:
    try:
        return ANALYSES.clear(), VOICE_CLIPS.clear()
    except OSError as error:
        raise WorkError(f"{error.filename or 'the cache'}: {os_error_text(error)}; check its permissions") from None


def _to_json(analyses: Kept, clips: Kept) -> dict[str, object]:
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


def _count(held: Kept, one: str, many: str) -> str:
    return f"1 {one}" if held.entries == 1 else f"{held.entries} {many}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
