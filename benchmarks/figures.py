"""The figures of the turn-taking engine on labelled real speech: ``uv run python -m benchmarks.figures CORPUS``.

Nothing in voice activity and barge-in was fitted. The end of turn is shown by kind of speech, with the shape that
was chosen on all of it; how well that does on speakers it was not chosen by, ``benchmarks/calibration`` says.
Recordings that their labels call hard (echo, 5 dB) are apart.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.silero_reference import reference_spans
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.measures.scoring import (
    WANTED,
    FrameScore,
    barge_in_scores,
    end_of_turn_scores,
    score_frames,
    voice_scores,
)
from simulator.recording import Recording
from tui.cli.evaluate import Evaluation, Request, make_evaluation

ARM = "balanced"
STOP_WITHIN_MS = 1100
F1_WITHIN = 0.02
SHORTER_PERCENT = {"natural": {0.05: -22.0, 0.1: -16.0, 0.2: -10.0}}
"""How much shorter than by silence alone waits are to be, by kind of speech and budget; elsewhere not longer."""


def main() -> None:
    """Print every figure with its target and whether it is met."""
    if len(sys.argv) != 2:
        sys.exit("name the folder of the corpus: python -m benchmarks.figures CORPUS")
    corpus = Path(sys.argv[1])
    evaluation = make_evaluation(Request(paths=[corpus], configs=[ARM], profile="default", eot=None, only=[]))
    print(f"judged by {evaluation.judge}, profile {evaluation.profile.name}, arm {ARM}")
    _print_voice(evaluation)
    _print_barge_in(evaluation)
    _print_end_of_turn(evaluation)


def _print_voice(evaluation: Evaluation) -> None:
    chosen = list(zip(evaluation.recordings, evaluation.scored, strict=True))
    reference: dict[str, FrameScore] = {}
    for recording, scored in chosen:
        if recording.labels is not None and scored.frames is not None:
            name = next(iter(voice_scores([scored])))
            reference[name] = reference.get(name, FrameScore()) + _reference(recording)
    for name, (count, ours) in voice_scores(scored for _, scored in chosen).items():
        theirs = reference[name]
        assert ours.f1 is not None
        assert theirs.f1 is not None
        figure = f"F1 {ours.f1:.4f}, Silero's reference {theirs.f1:.4f}, difference {ours.f1 - theirs.f1:+.4f}"
        _line(f"voice activity, {name} ({count})", figure, abs(ours.f1 - theirs.f1) <= F1_WITHIN)


def _reference(recording: Recording) -> FrameScore:
    activity = cached_analysis(recording.source, end_of_turn_model())
    spans = reference_spans(activity.probability.tolist(), activity.duration_ms)
    assert recording.labels is not None
    return score_frames(spans, recording.labels.speech, len(activity.probability))


def _print_barge_in(evaluation: Evaluation) -> None:
    for hard, scores in barge_in_scores(evaluation.scored, ARM).items():
        for score in scores:
            what = f"barge-in, {score.kind}{', hard' if hard else ''}"
            if not score.wanted:
                met = score.stopped == 0 if score.kind in ("cough", "other noise") else None
                _line(what, f"{score.stopped} false alarms of {score.over_agent} over the agent", met)
                continue
            slowest = score.stop_ms.max or 0.0
            met = score.missed == 0 and slowest <= STOP_WITHIN_MS if score.kind == WANTED[0] else None
            figure = f"{score.stopped} of {score.labelled} stopped the agent, the slowest after {slowest:,.0f} ms"
            _line(what, figure, met)


def _print_end_of_turn(evaluation: Evaluation) -> None:
    timeout_ms = evaluation.arms[0].resolved.eot_timeout_ms
    for group, score in end_of_turn_scores(evaluation.scored, timeout_ms, evaluation.profile, {}).items():
        print(f"\nend of turn, {group.title if group else 'all but hard'}: {score.turns} turns")
        wanted = SHORTER_PERCENT.get(group.kind, {}) if group and not group.hard else {}
        for at in score.budgets:
            if at.judged is None or at.silence is None or at.difference_percent is None:
                continue
            interval = f"{at.ci95[0]:+.0f} to {at.ci95[1]:+.0f} %" if at.ci95 else "no interval"
            waits = f"{at.judged.mean_ms:,.0f} ms, silence only {at.silence.mean_ms:,.0f}"
            met = at.difference_percent <= wanted.get(at.budget, 0.0)
            _line(f"  within {at.budget:.0%} cut in", f"{waits}, {at.difference_percent:+.1f} % ({interval})", met)
        own = score.own
        figure = f"{own.cut} of {own.turns} cut ({own.cut_in_rate:.1%}), mean {own.mean_ms:,.0f} ms"
        _line(f"  the profile's {own.threshold:g}", figure, None)


def _line(what: str, figure: str, met: bool | None) -> None:
    print(f"  {what:52} {figure}{'' if met is None else '   met' if met else '   NOT MET'}")


if __name__ == "__main__":
    main()
