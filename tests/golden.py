"""The golden check: compares the commands' output for every recording with earlier output.

``uv run python -m tests.golden write DIR`` keeps today's output as a reference outside the repository; ``uv run
python -m tests.golden check DIR`` prints the first lines that differ from it and exits 1 if any does. ``--quick``
limits either to the bundled recordings. Pytest does not collect this script. It is for changes that must not affect
results.

The comparison is byte by byte and covers standard error and the exit code. It leaves out what depends on the
machine: JSON's ``timing`` and the path of this checkout. JSON is stored with one value per line, so that
differences are readable. An output that differs is written to ``DIR/now``, for other tools to compare with ``DIR``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from difflib import unified_diff
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = "recordings"
CORPUS = "../shared/corpus"
"""Present where the project is developed. Without it, only the bundled recordings are checked."""

REPLAYS = ("elastic", "rigid", "scripted")
PROFILES = ("default", "slow-model")
SHOWN_LINES = 40
"""Lines of a difference that are printed."""

EVERY_FIELD = json.dumps(
    {
        "eager_eot_threshold": 0.8,
        "eot_timeout_ms": 1500,
        "post_eot_pause_ms": 300,
        "barge_in_min_speech_s": 0.4,
        "barge_in_cooldown_s": 3.0,
        "filler_style": "phrase",
        "filler_cooldown_ms": 4000,
        "progress_interval_ms": 1000,
        "transition_deadline_ms": 900,
        "empathy_hold_ms": 200,
        "max_response_words": 12,
    }
)
"""An arm whose fields differ from all presets."""


class Case(NamedTuple):
    """One file of the reference: the outputs of its commands in order."""

    name: str
    commands: tuple[tuple[str, ...], ...]


def cases(*, quick: bool) -> list[list[Case]]:
    """Return the cases in groups. A group finds the analyses of earlier groups in the cache."""
    folders = [BUNDLED] if quick or not (ROOT / CORPUS).is_dir() else [BUNDLED, CORPUS]
    analyses = [_analyses(folder, first) for folder in folders for first in range(0, len(_audio(folder)), 8)]
    found = [case for folder in folders for case in _runs(folder)]
    found += [_simulation(BUNDLED, mode, "telephone", "--json") for mode in REPLAYS]
    found += _elsewhere(quick=quick)
    return [analyses, sorted(found, key=lambda case: "corpus" not in case.name)]


def _audio(folder: str) -> list[str]:
    return [f"{folder}/{path.name}" for path in sorted((ROOT / folder).glob("*.flac"))]


def _analyses(folder: str, first: int) -> Case:
    some = _audio(folder)[first : first + 8]
    return Case(f"analyze-{Path(folder).name}-{first:03}", tuple(("analyze", path, "--json") for path in some))


def _runs(folder: str) -> Iterator[Case]:
    for profile in PROFILES:
        for mode in REPLAYS:
            yield _simulation(folder, mode, profile, "--json")
            if folder == BUNDLED or profile == PROFILES[0]:
                yield _simulation(folder, mode, profile, "--explain")
        yield Case(
            f"evaluate-{Path(folder).name}-{profile}",
            (("evaluate", folder, *_arms(), "--profile", profile, "--json"),),
        )


def _simulation(folder: str, mode: str, profile: str, output: str) -> Case:
    name = f"simulate-{Path(folder).name}-{mode}-{profile}-{output.strip('-')}"
    return Case(name, (("simulate", folder, *_arms(), "--replay", mode, "--profile", profile, output),))


def _arms() -> tuple[str, ...]:
    presets = sorted(path.stem for path in (ROOT / "presets/builtin").glob("*.json"))
    return tuple(word for name in [*presets, EVERY_FIELD] for word in ("--config", name))


def _elsewhere(*, quick: bool) -> Iterator[Case]:
    booking, thinking = f"{BUNDLED}/booking.flac", f"{BUNDLED}/thinking.flac"
    shown = ((), ("default",), ("slow-model",), ("telephone",))
    yield Case("profiles", tuple(("profiles", "show", *name, "--json") for name in shown))
    yield Case("tables", (("simulate", BUNDLED, *_arms()), ("evaluate", BUNDLED, *_arms()), ("analyze", booking)))
    silence = ("--eot", "silence")
    yield Case(
        "silence-only",
        (
            ("analyze", thinking, *silence, "--json"),
            ("simulate", thinking, *_arms(), *silence, "--seed", "7", "--json"),
            ("evaluate", thinking, *_arms(), *silence, "--json"),
        ),
    )
    if not quick:
        what_if = ("--telephone", "--noise-snr", "10", "--json")
        yield Case("what-if", (("simulate", booking, *_arms(), *what_if), ("analyze", thinking, *what_if)))
        for mode in REPLAYS:
            echo = ("--config", EVERY_FIELD, "--echo-db", "12", "--replay", mode, "--json")
            yield Case(f"echo-{mode}", (("simulate", f"{BUNDLED}/interruptions.flac", *echo),))


def produce(case: Case) -> tuple[str, str]:
    """Run a case's commands in this process. Return its name and all output."""
    from tui.cli.main import run

    parts = []
    for command in case.commands:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(list(command))
        parts.append(f"$ turnlab {' '.join(command)}\n{_readable(out.getvalue())}{err.getvalue()}= {code}\n")
    return case.name, "\n".join(parts).replace(str(ROOT), "ROOT")


def _readable(text: str) -> str:
    """Return JSON with one value per line and without its timing. Other text is unchanged."""
    if not text.startswith(("{", "[")):
        return text
    content = json.loads(text)
    spelled_as_usual = json.dumps(content, allow_nan=False) + "\n" == text
    if isinstance(content, dict):
        content.pop("timing", None)
    return json.dumps(content, indent=1) + ("\n" if spelled_as_usual else "\n(spelled in another way)\n")


def _prepare(cache: str, data: str) -> None:
    os.chdir(ROOT)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    os.environ |= {"TURNLAB_CACHE_DIR": cache, "COLUMNS": "120", "TERM": "dumb"}
    os.environ |= dict.fromkeys(("TURNLAB_DATA_DIR", "TURNLAB_CONFIG_DIR"), data)


def produce_all(*, quick: bool) -> Iterator[tuple[str, str]]:
    """Yield every case's name and output. Analyses are cached in one temporary folder."""
    cache = str(Path(tempfile.gettempdir()) / "turnlab-golden-analyses")
    with (
        tempfile.TemporaryDirectory() as data,
        ProcessPoolExecutor(2, get_context("spawn"), _prepare, (cache, data)) as pool,
    ):
        for group in cases(quick=quick):
            yield from pool.map(produce, group)


def write(folder: Path, *, quick: bool) -> int:
    """Store today's outputs, and their digests in ``digests.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, text in produce_all(quick=quick):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        digests[name] = _digest(text)
    (folder / "digests.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"kept the output of {len(digests)} cases in {folder}\n")
    return 0


def check(folder: Path, *, quick: bool) -> int:
    """Compare today's outputs with the stored ones. Return 1 if any differs or is missing."""
    digests = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
    same = different = 0
    for name, text in produce_all(quick=quick):
        if digests.get(name) == _digest(text):
            same += 1
            continue
        different += 1
        now = folder / "now" / f"{name}.txt"
        now.parent.mkdir(exist_ok=True)
        now.write_text(text, encoding="utf-8")
        _show(folder / f"{name}.txt", now)
    sys.stdout.write(f"{same} cases the same, {different} different\n")
    return 1 if different else 0


def _show(before: Path, now: Path) -> None:
    if not before.is_file():
        sys.stdout.write(f"{now}: no reference\n")
        return
    old, new = (path.read_text(encoding="utf-8").splitlines(keepends=True) for path in (before, now))
    shown = list(islice(unified_diff(old, new, str(before), str(now)), SHOWN_LINES + 1))
    sys.stdout.writelines(shown[:SHOWN_LINES])
    if len(shown) > SHOWN_LINES:
        sys.stdout.write("…\n")
    sys.stdout.flush()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.golden")
    parser.add_argument("what", choices=["write", "check"])
    parser.add_argument("folder", type=Path, help="the reference, outside the repository")
    parser.add_argument("--quick", action="store_true", help="the bundled recordings alone")
    asked = parser.parse_args()
    sys.exit((write if asked.what == "write" else check)(asked.folder.resolve(), quick=asked.quick))
