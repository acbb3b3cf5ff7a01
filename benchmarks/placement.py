"""The effect of the default threshold: ``uv run python -m benchmarks.placement CORPUS [THRESHOLD …]``.

Every labelled recording that has turns and is not hard is simulated under ``balanced`` (seed 0). The mean time from
the true end of each turn to the agent's first sound, filler or response, is shown by kind of speech and over all.
The vendor documents 900 ms. The default profile's own threshold comes first, then those given. The other stages of
the wait follow, for people talking, under each of three presets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.calibration.pauses import KINDS
from presets.library import builtin_presets
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import Activity
from simulator.engine.profile import EngineProfile, default_profile
from simulator.measures.scoring import group_of
from simulator.measures.turns import TurnOutcome
from simulator.recording import Recording, open_recording
from simulator.study import Arm, run

DOCUMENTED_MS = 900
ARM = "balanced"
TALKING = "natural"
PRESETS = ("ultra_low_latency", ARM, "quality")


@dataclass(frozen=True, slots=True)
class Speech:
    """Recordings of one kind of speech, analysed."""

    name: str
    heard: tuple[tuple[Recording, Activity], ...]

    def outcomes(self, profile: EngineProfile, preset: str = ARM) -> list[TurnOutcome]:
        """Return the outcome of every turn under a profile and a preset."""
        arm = Arm(preset, builtin_presets()[preset].config)
        return [
            outcome
            for recording, activity in self.heard
            for outcome in run(recording, activity, arm, profile).measured.turns
        ]


def labelled_speech(paths: Iterable[Path]) -> list[Speech]:
    """Return recordings by kind of speech: those with turns that are not hard."""
    model = end_of_turn_model()
    found: dict[str, list[tuple[Recording, Activity]]] = {}
    for path in sorted(paths):
        recording = open_recording(path)
        group = group_of(recording.labels) if recording.labels else None
        if group is not None and group.kind in KINDS and not group.hard:
            found.setdefault(KINDS[group.kind], []).append((recording, cached_analysis(recording.source, model)))
    return [Speech(name, tuple(heard)) for name, heard in found.items()]


def at_threshold(threshold: float) -> EngineProfile:
    """Return the default profile with another threshold."""
    raw = default_profile().model_dump(mode="json", by_alias=True)
    raw["values"]["eot_threshold"]["value"] = threshold
    return EngineProfile.model_validate(raw)


def mean_first_sound_ms(turns: Sequence[TurnOutcome]) -> float:
    """Return the mean time to the first sound over the answered turns, ms."""
    return float(np.mean([turn.first_sound_ms for turn in turns if turn.first_sound_ms is not None]))


def _in_words(name: str, turns: Sequence[TurnOutcome]) -> str:
    eot, response = (
        np.mean([value for turn in turns if (value := getattr(turn, name)) is not None])
        for name in ("eot_delay_ms", "response_ms")
    )
    first_ms = mean_first_sound_ms(turns)
    cut, early = sum(turn.cut_in for turn in turns), sum(turn.early_end for turn in turns)
    return (
        f"  {name:22} {len(turns):4} turns: first sound {first_ms:5,.0f} ms ({first_ms - DOCUMENTED_MS:+.0f}),"
        f" end of turn {eot:5,.0f}, response {response:5,.0f}; {cut} cut in on, {early} ended early unheard"
        f" ({(cut + early) / len(turns):.0%})"
    )


def _stages(preset: str, turns: Sequence[TurnOutcome]) -> str:
    answered = [turn for turn in turns if turn.stages_ms is not None]
    split = [turn.stages_ms or {} for turn in answered]
    found = "".join(f", {name} {np.mean([part[name] for part in split]):,.0f}" for name in split[0])
    response = np.mean([turn.response_ms for turn in answered if turn.response_ms is not None])
    return f"  {preset:22} first sound {mean_first_sound_ms(turns):5,.0f} ms, response {response:5,.0f}{found}"


def main() -> None:
    """Print the results of the default threshold, and of others."""
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("name the folder of the corpus: python -m benchmarks.placement CORPUS [THRESHOLD …]")
    speech = labelled_speech(Path(sys.argv[1]).glob("*.flac"))
    own = default_profile().values.eot_threshold.value
    for threshold in (own, *map(float, sys.argv[2:])):
        print(f"threshold {threshold:g}")
        by_kind = {one.name: one.outcomes(at_threshold(threshold)) for one in speech}
        for name, turns in by_kind.items():
            print(_in_words(name, turns))
        print(_in_words("all", [turn for turns in by_kind.values() for turn in turns]))
    talking = next((one for one in speech if one.name == TALKING), None)
    if talking is not None:
        print(TALKING)
        for preset in PRESETS:
            print(_stages(preset, talking.outcomes(default_profile(), preset)))


if __name__ == "__main__":
    main()
