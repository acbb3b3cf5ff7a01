"""The turn-taking engine's figures on labelled real speech: ``uv run python -m benchmarks.figures CORPUS``.

Nothing in voice activity and barge-in was fitted. The end of turn is shown by kind of speech, with the shape chosen
on all of it; ``benchmarks/calibration`` has the results on held-out speakers. Recordings labelled hard (echo, 5 dB)
are separate. Figures by eot-bench's definitions for people talking, and the analysis speed, follow.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.analysis import bundled_calls, rate
from benchmarks.silero_reference import reference_spans
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import SilenceOnly, end_of_turn_model
from simulator.audio.source import open_audio
from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.evaluation import Evaluation
from simulator.labels.marks import SHORT_MS, detected_turns
from simulator.measures.eot_bench import BenchFigures, BenchRow, Prediction, predictions, scores
from simulator.measures.scoring import (
    WANTED,
    FrameScore,
    barge_in_scores,
    end_of_turn_scores,
    score_frames,
    voice_scores,
)
from simulator.recording import Recording
from tui.cli.evaluate import EvaluateRequest, make_evaluation
from tui.cli.failure import Faults

ARM = "balanced"
STOP_WITHIN_MS = 1100
SAME_END_MS = 200
F1_WITHIN = 0.02
SHORTER_PERCENT = {"natural": {0.05: -22.0, 0.1: -16.0, 0.2: -10.0}}
"""How much shorter than by silence alone waits must be, by kind of speech and budget; elsewhere not longer."""

TALKING = "natural"
LONGEST_END_S = 4.0
"""No policy of eot-bench waits longer in the silence after a turn."""

SPEED_FROM_S = 120
TIMES_REAL_TIME = 100


def main() -> None:
    """Print every figure with its target and whether it is met."""
    if len(sys.argv) != 2:
        sys.exit("name the folder of the corpus: python -m benchmarks.figures CORPUS")
    corpus = Path(sys.argv[1])
    evaluation = make_evaluation(
        EvaluateRequest(paths=[corpus], configs=[ARM], profile="default", eot=None, only=[]), Faults()
    )
    print(f"judged by {evaluation.judge}, profile {evaluation.profile.name}, arm {ARM}")
    _print_voice(evaluation)
    _print_detected_turns(evaluation)
    _print_detected_turns(evaluation)
    _print_barge_in(evaluation)
    _print_end_of_turn(evaluation)
    _print_eot_bench(evaluation)
    _print_speed()


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


def _print_detected_turns(evaluation: Evaluation) -> None:
    """Print how many turns detected by the label editor, for people talking, end where labelled ones do."""
    right = detected = labelled = 0
    for recording, scored in zip(evaluation.recordings, evaluation.scored, strict=True):
        labels = recording.labels
        if labels is None or scored.group.kind != TALKING:
            continue
        agent = [(round(start_s * 1000), round(end_s * 1000)) for start_s, end_s in labels.agent]
        found = detected_turns(cached_analysis(recording.source, end_of_turn_model()), agent)
        ends = [end_ms for start_ms, end_ms in found if end_ms - start_ms >= SHORT_MS]
        true = [turn.end_s * 1000 for turn in labels.caller_turns()]
        right += sum(any(abs(end_ms - one) <= SAME_END_MS for one in ends) for end_ms in true)
        detected, labelled = detected + len(ends), labelled + len(true)
    figure = (
        f"precision {right / detected:.0%}, recall {right / labelled:.0%} of {labelled} within {SAME_END_MS} ms"
    )
    _line("ends of detected turns, people talking", figure, None)


def _print_barge_in(evaluation: Evaluation) -> None:
    for hard, by_kind in barge_in_scores(evaluation.scored, ARM).items():
        for score in by_kind:
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


def _print_eot_bench(evaluation: Evaluation) -> None:
    """Print the figures by eot-bench's definitions; each labelled turn of people talking is a row."""
    found = [
        one
        for recording in evaluation.recordings
        if recording.labels and recording.labels.model_dump().get("kind") == TALKING
        for one in _predicted(recording, evaluation)
    ]
    whole = scores(found)[None]
    print(f"\neot-bench's figures, {TALKING}: {whole.turns} turns, {whole.holds} pauses and {whole.ends} ends")
    if whole.judged is None or whole.silence is None:
        return
    for (what, ours), (_, alone) in zip(_bests(whole.judged), _bests(whole.silence), strict=True):
        _line(f"  {what}", f"{ours}, silence only {alone}", None)


def _predicted(recording: Recording, evaluation: Evaluation) -> Iterator[Prediction]:
    labels, policy = recording.labels, end_of_turn_policy(evaluation.profile.values)
    assert labels is not None
    activity = cached_analysis(recording.source, end_of_turn_model())
    speech = sorted(labels.speech or ())
    for number, turn in enumerate(labels.caller_turns()):
        inside = [span for span in speech if turn.start_s - 0.1 <= span[0] < turn.end_s]
        after_s = [start_s for start_s, _ in speech if start_s >= turn.end_s]
        until_s = min(turn.end_s + LONGEST_END_S, *after_s[:1], activity.duration_ms / 1000)
        spans = [*((one[1], other[0]) for one, other in pairwise(inside)), (turn.end_s, until_s)]
        silences = [{"start": start_s, "end": max(start_s, end_s)} for start_s, end_s in spans]
        raw = {"id": f"{recording.id}-{number}", "language": "any", "audio": str(recording.source.path)}
        yield from predictions(BenchRow.model_validate(raw | {"silence_spans": silences}), activity, policy)


def _bests(figures: BenchFigures) -> Iterator[tuple[str, str]]:
    for within_ms, best in figures.cut_at_ms.items():
        yield (
            f"pauses answered in within a mean delay of {within_ms} ms",
            f"{best.cut_rate:.1%}" if best else "none",
        )
    for within, best in figures.delay_at.items():
        yield f"mean delay within {within:.0%} of pauses", f"{best.delay_ms:,.0f} ms" if best else "none"


def _print_speed() -> None:
    print("\nspeed of the analysis, by the time of one core")
    with tempfile.TemporaryDirectory() as folder:
        source = open_audio(bundled_calls(Path(folder), SPEED_FROM_S))
        model = end_of_turn_model()
        for name, one in (("voice activity alone", SilenceOnly()), (f"with {model.name}", model)):
            times = rate(source, one)
            _line(f"  {name}", f"{times:.0f} x real time", times >= TIMES_REAL_TIME)


def _line(what: str, figure: str, met: bool | None) -> None:
    print(f"  {what:52} {figure}{'' if met is None else '   met' if met else '   NOT MET'}")


if __name__ == "__main__":
    main()
