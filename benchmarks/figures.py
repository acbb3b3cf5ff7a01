"""The figures of the turn-taking engine on labelled real speech: ``uv run python -m benchmarks.figures CORPUS``.

Nothing in voice activity and barge-in was fitted, so they are shown on all recordings of the corpus and on the
third of each kind that the calibration's rule would hold back; the end of turn on the held-back ``hesitation``
recordings, which no value was fitted on. Recordings that their labels call hard (echo, 5 dB) are apart.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.calibration.split import read_items, split
from benchmarks.silero_reference import reference_spans
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.measures.scoring import (
    WANTED,
    FrameScore,
    Group,
    Scored,
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
SHORTER_PERCENT = -15.0


def main() -> None:
    """Print every figure with its target and whether it is met."""
    if len(sys.argv) != 2:
        sys.exit("name the folder of the corpus: python -m benchmarks.figures CORPUS")
    corpus = Path(sys.argv[1])
    evaluation = make_evaluation(Request(paths=[corpus], configs=[ARM], profile="default", eot=None, only=[]))
    items = read_items(corpus)
    held = {
        item.path.stem
        for kind in {item.kind for item in items}
        for item in split([item for item in items if item.kind == kind])[1]
    }
    print(f"judged by {evaluation.judge}, profile {evaluation.profile.name}, arm {ARM}")
    for name, wanted in (("all recordings", None), (f"held back ({len(held)} recordings)", held)):
        print(f"\n{name}")
        _print_voice(evaluation, wanted)
        _print_barge_in(evaluation, wanted)
    print("\nend of turn, hesitation recordings")
    for name, keep in (("held back", lambda one: one in held), ("fitted on", lambda one: one not in held)):
        _print_end_of_turn(evaluation, name, keep)


def _chosen(evaluation: Evaluation, wanted: set[str] | None) -> list[tuple[Recording, Scored]]:
    pairs = zip(evaluation.recordings, evaluation.scored, strict=True)
    return [pair for pair in pairs if wanted is None or pair[0].id in wanted]


def _print_voice(evaluation: Evaluation, wanted: set[str] | None) -> None:
    chosen = _chosen(evaluation, wanted)
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


def _print_barge_in(evaluation: Evaluation, wanted: set[str] | None) -> None:
    for hard, scores in barge_in_scores([one for _, one in _chosen(evaluation, wanted)], ARM).items():
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


def _print_end_of_turn(evaluation: Evaluation, name: str, keep: Callable[[str], bool]) -> None:
    ids = {recording.id for recording in evaluation.recordings if keep(recording.id)}
    scored = [one for _, one in _chosen(evaluation, ids)]
    timeout_ms = evaluation.arms[0].resolved.eot_timeout_ms
    score = end_of_turn_scores(scored, timeout_ms, evaluation.profile, {}).get(Group(False, "hesitation"))
    if score is None:
        return
    print(f"  {name}: {score.turns} turns in {score.recordings} recordings")
    for at in score.budgets:
        if at.judged is None or at.silence is None or at.difference_percent is None:
            continue
        limit = SHORTER_PERCENT if at.budget in (0.05, 0.1) else 0.0
        interval = f"{at.ci95[0]:+.0f} to {at.ci95[1]:+.0f} %" if at.ci95 else "no interval"
        figure = (
            f"{at.judged.mean_ms:,.0f} ms, silence only {at.silence.mean_ms:,.0f}, {at.difference_percent:+.1f} %"
        )
        _line(f"  within {at.budget:.0%} cut in", f"{figure} ({interval})", at.difference_percent <= limit)
    own = score.own
    figure = f"{own.cut} of {own.turns} cut ({own.cut_in_rate:.1%}), mean {own.mean_ms:,.0f} ms"
    _line(f"  the profile's {own.threshold:g}", figure, None)


def _line(what: str, figure: str, met: bool | None) -> None:
    print(f"  {what:52} {figure}{'' if met is None else '   met' if met else '   NOT MET'}")


if __name__ == "__main__":
    main()
