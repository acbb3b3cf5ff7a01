"""A recording with what stands beside it: ``NAME.json`` (labels) and ``NAME.scenario.json`` (the agent's lines)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from simulator.audio.source import SUFFIXES, AudioSource, open_audio
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.engine.scenario import Scenario, default_scenario, read_scenario
from simulator.errors import AudioError
from simulator.labels import Labels, read_labels


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Audio of the caller, the truth about it if known, and the agent's lines.

    ``id`` is the file's stem; ``labels`` is ``None`` for an unlabelled recording.
    """

    id: str
    source: AudioSource
    labels: Labels | None
    scenario: Scenario

    @property
    def duration_ms(self) -> int:
        """The length of the audio, in ms."""
        return round(self.source.duration_s * 1000)

    @property
    def title(self) -> str:
        """A short name for people."""
        return (self.labels.title if self.labels else "") or self.id


def open_recording(path: Path, caller_channel: int | None = None, what_if: WhatIf = AS_IT_IS) -> Recording:
    """Open an audio file with its labels and scenario, if it has any. ``caller_channel`` counts from 0.

    Raises :class:`~simulator.errors.AudioError` or :class:`~simulator.errors.LabelError`.
    """
    source = open_audio(path, caller_channel, what_if)
    labels, scenario = path.with_suffix(".json"), path.with_suffix(".scenario.json")
    return Recording(
        id=path.stem,
        source=source,
        labels=read_labels(labels, source.duration_s) if labels.is_file() else None,
        scenario=read_scenario(scenario) if scenario.is_file() else default_scenario(),
    )


def find_audio(paths: list[Path]) -> list[Path]:
    """Return the audio files that paths name: files as they are, folders by what they hold, in order of name.

    Raises :class:`~simulator.errors.AudioError` for a path that does not exist or a folder without audio.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES)
            if not inside:
                raise AudioError(
                    f"{path}: holds no audio; put {', '.join(SUFFIXES)} files there or name another folder"
                )
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise AudioError(f"{path}: no such file or folder; check the path")
    return list(dict.fromkeys(found))


def bundled_folder() -> Path:
    """Return the folder of the recordings that ship with Turnlab."""
    return Path(str(files("recordings")))
