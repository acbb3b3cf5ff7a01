"""The cache of analyses: shared between processes, bounded, private, and never mixed up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from base.samples import Samples
from simulator.activity import cache
from simulator.activity.cache import ANALYSES, analysis_beside, cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel, SilenceOnly
from simulator.activity.model import Activity, Judgement
from simulator.audio.source import AudioSource, open_audio
from simulator.recording import bundled_folder

ANALYSE = """
import hashlib, sys
from pathlib import Path
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import SilenceOnly
from simulator.audio.source import open_audio
source = open_audio(Path(sys.argv[1]))
seen = {repr(cached_analysis(source, SilenceOnly()).observations) for _ in range(int(sys.argv[2]))}
print(len(seen), hashlib.sha256(min(seen).encode()).hexdigest())
"""
CLEAR = """
import itertools, time
from simulator.activity.cache import ANALYSES
for turn in itertools.count():
    ANALYSES.clear()
    if not turn:
        print("deleting", flush=True)
    time.sleep(0.002)
"""


@pytest.fixture
def source(tmp_path: Path) -> AudioSource:
    path = tmp_path / "call.flac"
    samples, rate = sf.read(bundled_folder() / "coughs.flac", frames=10 * 16_000)
    sf.write(path, samples, rate)
    return open_audio(path)


SILENCE = SilenceOnly()


class Ear:
    """An end-of-turn model with a name of its own."""

    window_s = 8
    most_completeness = 0.5

    def __init__(self, name: str) -> None:
        self.name = name

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        return Judgement(0.5 if len(heard) and silence_ms else 0.0)


def _was_made(source: AudioSource, ear: EndOfTurnModel = SILENCE) -> bool:
    told: list[float] = []
    cached_analysis(source, ear, told.append)
    return bool(told)


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _said(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return out


@pytest.mark.slow
def test_two_processes_may_analyse_one_file_at_once(source: AudioSource) -> None:
    both = [_start(ANALYSE, str(source.path), "1") for _ in range(2)]
    first, second = (_said(one) for one in both)
    assert first == second
    assert ANALYSES.kept().entries == 1
    assert not _was_made(source)


@pytest.mark.slow
def test_a_reader_goes_on_while_another_process_deletes(source: AudioSource) -> None:
    alone = _said(_start(ANALYSE, str(source.path), "1"))
    deleter = _start(CLEAR)
    try:
        assert deleter.stdout is not None
        assert deleter.stdout.readline() == "deleting\n"
        reader = _start(ANALYSE, str(source.path), "20")
        assert _said(reader) == alone
        assert deleter.poll() is None, "it deleted to the end"
    finally:
        deleter.kill()
        _, err = deleter.communicate(timeout=60)
    assert err == ""


def test_only_its_owner_can_read_it(source: AudioSource) -> None:
    cached_analysis(source, SilenceOnly())
    (entry,) = ANALYSES.folder.iterdir()
    assert entry.stat().st_mode & 0o777 == 0o600
    assert ANALYSES.folder.stat().st_mode & 0o777 == 0o700
    ANALYSES.folder.chmod(0o755)
    cached_analysis(source, Ear("another"))
    assert ANALYSES.folder.stat().st_mode & 0o777 == 0o700


def test_it_holds_no_audio(source: AudioSource) -> None:
    cached_analysis(source, SilenceOnly())
    (entry,) = ANALYSES.folder.iterdir()
    with np.load(entry) as found:
        per_frame = {name: found[name].size / (source.duration_s / 0.032) for name in found.files}
    assert sum(per_frame.values()) < 5, "of 512 samples a frame"


def test_content_channel_model_and_settings_each_have_their_own(source: AudioSource, tmp_path: Path) -> None:
    assert _was_made(source)
    assert not _was_made(source)
    assert not _was_made(open_audio(Path(shutil.copy(source.path, tmp_path / "moved.flac"))))
    assert _was_made(source, Ear("one"))
    assert not _was_made(source, Ear("one"))
    assert _was_made(source, Ear("two"))
    samples, rate = sf.read(source.path)
    sf.write(tmp_path / "both.wav", np.stack([samples, samples[::-1]], axis=1), rate)
    both = open_audio(tmp_path / "both.wav", 0)
    assert _was_made(both)
    assert _was_made(replace(both, caller_channel=1))
    samples[1000] += 0.01
    sf.write(source.path, samples, rate)
    assert _was_made(open_audio(source.path))


def test_a_file_that_changes_while_it_is_read_is_not_cached(source: AudioSource) -> None:
    cached_analysis(source, SilenceOnly(), lambda _: os.utime(source.path, (1, 1)))
    assert ANALYSES.kept().entries == 0


@pytest.fixture
def full(source: AudioSource) -> Iterator[list[Path]]:
    """A full cache, oldest entry first. Its files are sparse, so they take no space."""
    folder = ANALYSES.folder
    folder.mkdir(parents=True)
    entries = [folder / f"{index}.npz" for index in range(4)]
    for index, path in enumerate(entries):
        with path.open("wb") as file:
            file.truncate(ANALYSES.most_bytes // 4)
        os.utime(path, (index + 1000.0, index + 1000.0))
    yield entries
    ANALYSES.clear()


def test_the_least_recently_used_entry_is_deleted_first(source: AudioSource, full: list[Path]) -> None:
    cached_analysis(source, SilenceOnly())
    assert [path.exists() for path in full] == [False, True, True, True]
    assert ANALYSES.kept().size <= ANALYSES.most_bytes
    ours = next(path for path in ANALYSES.folder.iterdir() if path not in full)
    os.utime(ours, (1.0, 1.0))
    assert not _was_made(source), "using an entry makes it the newest"
    with (ANALYSES.folder / "more.npz").open("wb") as file:
        file.truncate(ANALYSES.most_bytes // 4)
    cached_analysis(source, Ear("another"))
    assert ours.exists()
    assert [path.exists() for path in full] == [False, False, True, True]


def test_old_partial_entries_are_deleted(source: AudioSource) -> None:
    folder = ANALYSES.folder
    folder.mkdir(parents=True)
    old, fresh = folder / "a.npz.x.partial", folder / "b.npz.y.partial"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 4000, time.time() - 4000))
    cached_analysis(source, SilenceOnly())
    assert not old.exists()
    assert fresh.exists()


def test_commands_work_without_a_writable_cache(
    source: AudioSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path / "file"))
    assert isinstance(cached_analysis(source, SilenceOnly()), Activity)
    assert ANALYSES.kept().entries == 0
    assert ANALYSES.clear().entries == 0


def test_an_analysis_kept_beside_its_audio_is_of_that_audio_and_this_method(
    source: AudioSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "call.npz"
    first = analysis_beside(source, SILENCE, kept)
    assert first.spans
    written = kept.stat().st_mtime_ns
    assert analysis_beside(source, SILENCE, kept).spans == first.spans
    assert kept.stat().st_mtime_ns == written
    monkeypatch.setattr(cache, "_method", lambda: "another")
    analysis_beside(source, SILENCE, kept)
    assert kept.stat().st_mtime_ns != written
    assert kept.stat().st_mode & 0o077 == 0
    sf.write(source.path, np.zeros(10 * 16_000, np.float32), 16_000)
    assert not analysis_beside(open_audio(source.path), SILENCE, kept).spans
