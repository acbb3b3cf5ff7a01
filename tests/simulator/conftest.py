"""Real analyses of the bundled recordings, made once per session, and the corpus of real speech if present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import Activity
from simulator.recording import Recording, bundled_folder, find_audio, open_recording

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def bundled(analyses: Path) -> list[tuple[Recording, Activity]]:
    """The bundled recordings, analysed with the real models."""
    model = end_of_turn_model()
    opened = [open_recording(path) for path in find_audio([bundled_folder()])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURNLAB_CACHE_DIR", str(analyses))
        return [(recording, cached_analysis(recording.source, model)) for recording in opened]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of labelled real speech. Tests that need it skip if it is missing."""
    folder = Path(os.environ.get("TURNLAB_CORPUS", CORPUS))
    if not (folder / "dev-001.flac").is_file():
        pytest.skip("the corpus of real speech is not beside the project (set TURNLAB_CORPUS to its folder)")
    return folder
