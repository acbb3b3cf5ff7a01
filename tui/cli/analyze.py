"""``turnlab analyze``: stage 1 on one file."""

from __future__ import annotations

import json
from pathlib import Path

from base.files import is_folder
from simulator.activity.model import FRAME_MS, Activity
from simulator.executors import runs_here
from simulator.executors.urls import Place
from simulator.heard.replaying import analyser_of
from simulator.recording import Recording
from tui.cli.audio_options import Hearing, tell_about
from tui.cli.failure import CallError, Faults, failures
from tui.cli.inputs import analyse, end_of_turn_judge, find, open_all
from tui.cli.options import WorkOptions
from tui.cli.tables import print_line, print_table
from tui.cli.working import open_work


def analyze(place: Place, eot: str | None, hearing: Hearing, work: WorkOptions, *, as_json: bool) -> None:
    """Analyse one file and print speech, pauses and frame probabilities."""
    if isinstance(place, Path) and is_folder(place):
        raise CallError(f"{place}: is a folder; name one audio file")
    judge = end_of_turn_judge(eot)
    with open_work(work, 0.0) as executor:
        found = find([place])
        if len(found) > 1:
            raise CallError(f"{place}: is a folder; name one audio file")
        (recording,) = open_all(found, hearing, Faults(), executor)
        if runs_here(executor):
            activity = analyse(recording, judge)
        else:
            with failures():
                tell_about(recording)
                activity = executor.submit(analyser_of(recording), recording, judge, None).result()
    if as_json:
        print(json.dumps(_to_json(recording, activity), allow_nan=False))
    else:
        _print_activity(recording, activity)


def _to_json(recording: Recording, activity: Activity) -> dict[str, object]:
    return {
        "speech": [[span.start_ms / 1000, span.end_ms / 1000] for span in activity.spans],
        "frame_s": FRAME_MS / 1000,
        "probability": [round(float(value), 4) for value in activity.probability],
        "pauses": [
            {
                "t": span.end_ms / 1000,
                "known_at": span.end_known_ms / 1000,
                "completeness": span.completeness,
                "evidence": dict(span.evidence) if span.evidence else None,
            }
            for span in activity.spans
        ],
        "duration_s": activity.duration_ms / 1000,
        "end_of_turn_model": activity.end_of_turn_model,
        "voice_model": activity.voice_model,
        "what_if": recording.source.what_if.to_json(),
    }


def _print_activity(recording: Recording, activity: Activity) -> None:
    rows = [
        [
            str(index + 1),
            f"{span.start_ms / 1000:.2f}",
            f"{span.end_ms / 1000:.2f}",
            f"{(span.end_ms - span.start_ms) / 1000:.2f}",
            f"{span.end_known_ms / 1000:.2f}",
            f"{span.completeness:.2f}",
            "-" if (alone := (span.evidence or {}).get("model")) is None else f"{alone:.2f}",
        ]
        for index, span in enumerate(activity.spans)
    ]
    speech_s = sum(span.end_ms - span.start_ms for span in activity.spans) / 1000
    name = ", ".join([recording.id, *recording.source.what_if.words()])
    title = f"{name}: {activity.duration_ms / 1000:.1f} s, {speech_s:.1f} s of speech"
    if not rows:
        print_line(f"{title}; no speech was heard.")
        return
    print_table(
        title, ["", "starts s", "ends s", "lasts s", "end known s", "sounds finished 0-1", "model alone"], rows
    )
    print_line(f"Voice activity: {activity.voice_model}. End of turn: {activity.end_of_turn_model}.")
