"""An evaluation as scripts see it: ``turnlab.evaluation/1``, documented in ``docs/evaluation.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.measures.readouts import readouts_json
from simulator.measures.scoring import Group, barge_in_scores, group_of, voice_scores
from simulator.recording import Recording

if TYPE_CHECKING:
    from tui.cli.evaluate import Evaluation


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as one object."""
    profile, names = evaluation.profile, [arm.name for arm in evaluation.arms]
    values = profile.values
    return {
        "schema": "turnlab.evaluation/1",
        "profile": {
            "name": profile.name,
            "eot_threshold": values.eot_threshold.value,
            "eot_half_life_s": values.eot_half_life_s.value,
            "assumed": list(profile.assumed()),
        },
        "end_of_turn_model": evaluation.judge,
        "what_if": evaluation.hearing.to_json(),
        "arms": [{"name": arm.name, "voice_config": arm.config.set_values()} for arm in evaluation.arms],
        "recordings": [_recording(recording) for recording in evaluation.recordings],
        "skipped": [{"path": str(path), "why": why} for path, why in evaluation.skipped],
        "failed": evaluation.faults.to_json(),
        "end_of_turn": [
            {"arms": list(arms), **_group(group), **score.to_json()}
            for arms, scores in evaluation.end_of_turn().items()
            for group, score in scores.items()
        ],
        "barge_in": [
            {"arm": arm, "hard": hard, **score.to_json()}
            for arm in names
            for hard, scores in barge_in_scores(evaluation.scored, arm).items()
            for score in scores
        ],
        "voice_activity": [
            {"group": name, "recordings": count, **score.to_json()}
            for name, (count, score) in voice_scores(evaluation.scored).items()
        ],
        "readouts": {
            name: readouts_json([one.measured for one in evaluation.runs if one.arm == name])
            for name in names
            if evaluation.runs
        },
        "comparison": evaluation.comparison().to_json() if evaluation.runs else None,
    }


def _group(group: Group | None) -> dict[str, Any]:
    return {"kind": None, "hard": False} if group is None else {"kind": group.kind, "hard": group.hard}


def _recording(recording: Recording) -> dict[str, Any]:
    labels = recording.labels
    assert labels is not None
    return {
        "id": recording.id,
        "path": str(recording.source.path),
        "duration_s": round(recording.source.duration_s, 3),
        **_group(group_of(labels)),
        "turns": len(labels.caller_turns()),
        "events": len(labels.events),
    }
