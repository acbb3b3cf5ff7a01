"""An evaluation in words: the figures of every arm, and the turns and events behind each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.evaluation import Evaluation
from simulator.measures.scoring import UNLABELLED, WANTED, FrameScore, KindScore, barge_in_scores, voice_scores
from simulator.measures.tradeoff import Rule, TradeOffPoint, judge
from simulator.measures.turns import Count
from simulator.recording import Recording
from tui.figures import NOTHING, count_text, unseen_meaning

EARLY, MEAN_WAIT, MEDIAN_WAIT, LONG_WAIT = "ended early", "mean wait", "median", "19 in 20 within"
WAITS_COUNT = "Waits count from the true end of the turn, over all turns, those that end early too."
BARGE_IN = "what stopped the agent, out of all of its kind"
BARGE_IN_COUNTS = (
    "Long interruptions last a second or more; silent after: median and longest, from the onset. Sounds"
    " while the agent was silent, or about to end, are left out, and turns over it that no label calls an"
    " interruption."
)
VOICE, RIGHT, FOUND = "in frames of 32 ms", "right where it finds speech", "speech that it finds"


def wait_text(value: float | None) -> str:
    """Return a wait in words."""
    return "none" if value is None else f"{value:,.0f} ms"


def should_text(kind: str) -> str:
    """Return whether an event of a kind should stop the agent, in words."""
    return "should" if kind in WANTED else "should not"


def barge_in_cells(score: KindScore | None) -> tuple[str, str]:
    """Return how many events stopped the agent, of how many, and the time to silence: median and longest."""
    if score is None:
        return "0 of 0", ""
    stop = score.stop_ms
    return (
        f"{score.stopped}" if score.kind == UNLABELLED else f"{score.stopped} of {score.over_agent - score.ended}",
        "" if stop.p50 is None or stop.max is None else f"{stop.p50:,.0f} / {stop.max:,.0f} ms",
    )


def voice_cells(score: FrameScore) -> tuple[str, str, str]:
    """Return precision and recall, each with its denominator, and the F1 score."""
    both, wrong, missed = score.both, score.only_detected, score.only_labelled
    f1 = "none" if score.f1 is None else f"{score.f1:.3f}"
    return _share(both, both + wrong), _share(both, both + missed), f1


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%} of {of:,}".replace("%", " %") if of else "none"


@dataclass(frozen=True, slots=True)
class ScoreCase:
    """One labelled turn or event behind a figure, or a barge-in without one. Times are in ms of the recording.

    ``cells`` are the outcomes in each arm. ``words`` are the labelled words.
    """

    recording: str
    start_ms: int
    end_ms: int
    cells: tuple[str, ...]
    words: str = ""
    is_turn: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One line: a figure of every arm, its meaning, and its cases. Without cells, it is a heading."""

    title: str
    cells: tuple[str, ...] = ()
    meaning: str = ""
    cases: tuple[ScoreCase, ...] = field(default=())


def lines_of(evaluation: Evaluation) -> list[EvaluationLine]:
    """Return the figures of all arms under headings: ends of turn, barge-in, voice activity."""
    return [*_end_of_turn(evaluation), *_barge_in(evaluation), *_voice(evaluation)]


def _end_of_turn(evaluation: Evaluation) -> Iterator[EvaluationLine]:
    points: dict[str, TradeOffPoint] = {}
    recordings = turns = 0
    which = ""
    for scores in evaluation.end_of_turn().values():
        group = None if None in scores else next(iter(scores), None)
        if group not in scores:
            continue
        score = scores[group]
        points |= score.arms
        recordings, turns = score.recordings, score.turns
        which = (
            " of all but the hard recordings" if len(scores) > 1 and any(one and one.hard for one in scores) else ""
        )
    if not points:
        yield EvaluationLine("End of turn: no turn labelled", meaning="So there is nothing to score.")
        return
    over = f"{turns} labelled turn{'s' * (turns != 1)} in {recordings} recording{'s' * (recordings != 1)}"
    at = [points[name] for name in evaluation.names]
    early = [Count(one.cut, one.turns) for one in at]
    bound = f" {unseen_meaning(early)}".rstrip()
    yield EvaluationLine("End of turn", meaning=f"By {evaluation.judge}, of {over}{which}.{bound}")
    yield EvaluationLine(
        f"turns {EARLY}",
        tuple(count_text(one) for one in early),
        f"Turns ended before their true end, judged pause by pause, as if the agent never spoke.{bound}",
        _early(evaluation),
    )
    for title, read in ((MEAN_WAIT, "mean_ms"), (MEDIAN_WAIT, "median_ms"), (LONG_WAIT, "p95_ms")):
        yield EvaluationLine(title, tuple(wait_text(getattr(one, read)) for one in at), f"Of {over}. {WAITS_COUNT}")


def _early(evaluation: Evaluation) -> tuple[ScoreCase, ...]:
    """Return the turns that an arm ends early, with every arm's outcome."""
    policy, found = end_of_turn_policy(evaluation.profile.values), []
    limits = [policy.limits(arm.resolved) for arm in evaluation.arms]
    for recording, one in zip(evaluation.recordings, evaluation.scored, strict=True):
        for turn in () if one.group.hard else one.turns:
            verdicts = [judge(turn, at.threshold, Rule(policy, at.timeout_ms)) for at in limits]
            if any(verdict is not None and verdict.cut for verdict in verdicts):
                cells = [NOTHING if it is None else EARLY if it.cut else wait_text(it.delay_ms) for it in verdicts]
                words = _words(recording, turn.start_ms)
                found.append(
                    ScoreCase(turn.recording, turn.start_ms, turn.end_ms, tuple(cells), words, is_turn=True)
                )
    return tuple(found)


def _words(recording: Recording, start_ms: int) -> str:
    """Return the labelled words of the turn or event that begins at a moment."""
    labels = recording.labels
    if labels is None:
        return ""
    said = [(turn.start_s, turn.text) for turn in labels.caller_turns()]
    said += [(event.start_s, (event.model_extra or {}).get("text", "")) for event in labels.events]
    return next((str(text) for start_s, text in said if round(start_s * 1000) == start_ms), "")


def barge_in_kinds(
    evaluation: Evaluation,
) -> Iterator[tuple[bool, list[tuple[str, list[tuple[str, str]]]]]]:
    """Yield, for other and for hard recordings, each kind of event with :func:`barge_in_cells` of every arm."""
    scores = {name: barge_in_scores(evaluation.scored, name) for name in evaluation.names}
    for hard in (False, True):
        mine = [{one.kind: one for one in scores[name].get(hard, ())} for name in evaluation.names]
        kinds = dict.fromkeys(kind for one in mine for kind in one)
        if kinds:
            yield hard, [(kind, [barge_in_cells(one.get(kind)) for one in mine]) for kind in kinds]


def _barge_in(evaluation: Evaluation) -> Iterator[EvaluationLine]:
    found = list(barge_in_kinds(evaluation))
    if not found:
        yield EvaluationLine(
            "Barge-in: nothing labelled",
            meaning="Interruptions, mm-hms and noises count where they and the agent's windows are labelled.",
        )
        return
    yield EvaluationLine("Barge-in", meaning=f"Barge-in: {BARGE_IN}.")
    for hard, kinds in found:
        for kind, cells in kinds:
            means = f"This {should_text(kind)} stop the agent. {BARGE_IN_COUNTS}"
            title = f"{kind}{', hard' * hard} ({should_text(kind)} stop it)"
            yield EvaluationLine(
                title, tuple(count for count, _ in cells), means, _events(evaluation, kind, hard=hard)
            )
            if any(silent for _, silent in cells):
                yield EvaluationLine("  silent after", tuple(silent for _, silent in cells), means)


def _events(evaluation: Evaluation, kind: str, *, hard: bool) -> tuple[ScoreCase, ...]:
    """Return the events of a kind. Those that went wrong in an arm come first."""
    right = "stopped" if kind in WANTED else "let pass"
    found: dict[tuple[str, int], ScoreCase] = {}
    names = evaluation.names
    for recording, one in zip(evaluation.recordings, evaluation.scored, strict=True):
        if one.group.hard is not hard:
            continue
        for place, name in enumerate(names):
            for event in one.happened.get(name, ()):
                if event.kind == kind:
                    key = recording.id, event.start_ms
                    words = _words(recording, event.start_ms)
                    blank = ScoreCase(recording.id, event.start_ms, event.end_ms, ("",) * len(names), words)
                    case = found.get(key, blank)
                    cells = (*case.cells[:place], event.fate, *case.cells[place + 1 :])
                    found[key] = replace(case, cells=cells)
    return tuple(sorted(found.values(), key=lambda case: all(cell in (right, "") for cell in case.cells)))


def _voice(evaluation: Evaluation) -> Iterable[EvaluationLine]:
    found = voice_scores(evaluation.scored)
    arms = len(evaluation.names)
    what = f"Voice activity, {VOICE}; it is the same for all arms."
    lines = [EvaluationLine("Voice activity", meaning=what)] if found else []
    for name, (count, score) in found.items():
        right, heard, f1 = voice_cells(score)
        where = f"{count} recording{'s' * (count != 1)}, {name}"
        which = f", {name}" if len(found) > 1 else ""
        lines += [
            EvaluationLine(
                f"{RIGHT}{which}", _first(right, arms), f"Precision, over {where}; the same for all arms."
            ),
            EvaluationLine(f"{FOUND}{which}", _first(heard, arms), f"Recall, over {where}; the same for all arms."),
            EvaluationLine(f"F1{which}", _first(f1, arms), f"Precision and recall in one figure, over {where}."),
        ]
    return lines


def _first(cell: str, arms: int) -> tuple[str, ...]:
    return (cell, *("" for _ in range(arms - 1)))


def over_text(evaluation: Evaluation, where: str, unlabelled: Sequence[str]) -> str:
    """Return what was scored in ``where``, and why the rest was not."""
    scored, all_of_it = len(evaluation.recordings), len(evaluation.recordings) + len(unlabelled)
    of = f"{scored} of {all_of_it} recordings" if unlabelled else f"{scored} recording{'s' * (scored != 1)}"
    reasons: dict[str, int] = {}
    for why in unlabelled:
        reasons[why] = reasons.get(why, 0) + 1
    left = "; ".join(f"{count} {why}" for why, count in reasons.items())
    scored_text = f"Scored: {of} in {where}{f'; left out: {left}' if left else ''}"
    if half := [ms for ms in evaluation.unlabelled_ms if ms]:
        those = f"{len(half)} recording{'s' * (len(half) != 1)}"
        scored_text += f". {sum(half) / 1000:.1f} s of detected speech in {those} carry no label and count as noise"
    return scored_text
