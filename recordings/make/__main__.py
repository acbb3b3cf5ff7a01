"""Writes the bundled recordings, or checks that they are still what this code makes."""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from recordings.make import agent, injected
from recordings.make.labels import label, scenario
from recordings.make.mixing import laid_out, rendered
from recordings.make.scenes import SCENES
from recordings.make.script import Scene
from recordings.make.voices import FliteError

BUNDLED = Path(__file__).resolve().parent.parent
FLAC_LEVEL = 0.25
"""libsndfile's 0..1 for FLAC's levels 0..8: level 2 predicts in whole numbers, alike on every processor."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 when done, 1 when it failed or a recording differs."""
    parser = argparse.ArgumentParser(prog="python -m recordings.make", description=__doc__)
    parser.add_argument("--out", type=Path, default=BUNDLED, metavar="DIR", help="where the files are, or go")
    parser.add_argument("--check", action="store_true", help="write nothing: compare DIR with a fresh set")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            return _check(options.out)
        for name in _write_all(options.out):
            sys.stdout.write(f"{options.out / name}\n")
    except (FliteError, OSError) as error:
        sys.stderr.write(f"recordings.make: {error}\n")
        return 1
    return 0


def _write_all(folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    sounds = {f"{injected.FOLDER}/{name}.flac": _flac(*clip) for name, clip in injected.injected_sounds().items()}
    for files in (*map(_files, SCENES), {agent.NAME: _flac(*agent.agent_voice())}, sounds):
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
            names.append(name)
    return names


def _files(scene: Scene) -> dict[str, bytes]:
    layout = laid_out(scene)
    return {
        f"{scene.id}.flac": _flac(*rendered(layout)),
        f"{scene.id}.json": _json(label(layout)),
        f"{scene.id}.scenario.json": _json(scenario(scene)),
    }


def _flac(samples: NDArray[np.int16], rate: int) -> bytes:
    flac = io.BytesIO()
    soundfile.write(flac, samples, rate, format="FLAC", subtype="PCM_16", compression_level=FLAC_LEVEL)
    return flac.getvalue()


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _check(folder: Path) -> int:
    differences = []
    with tempfile.TemporaryDirectory() as fresh:
        names = _write_all(Path(fresh))
        for name in names:
            bundled = folder / name
            if not bundled.exists():
                differences.append(f"{name}: missing")
            elif bundled.read_bytes() != (Path(fresh) / name).read_bytes():
                differences.append(f"{name}: differs from what recordings.make writes")
    made = {*names}
    strays = [p.name for kind in ("*.flac", "*.json") for p in sorted(folder.glob(kind)) if p.name not in made]
    differences += [f"{name}: not made by any scene" for name in strays]
    for line in differences:
        sys.stdout.write(f"{line}\n")
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
