"""What is said over the agent: the advice by folds, and the laughter rule. See ``docs/evaluation.md``.

    uv run python -m benchmarks.overlaps CORPUS [--laughs FOLDER]

``CORPUS`` holds labelled recordings of people. The advice is fitted without each speaker (recordings that name none
stand for one each) and judged on that one: on events labelled as backchannels and interruptions, and on how natural
turns begin. ``FOLDER`` holds laughs alone, one a file, which no licence lets us ship.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.fit import FOLDS, fold
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.activity.model import FRAME_MS, Activity, Laughter, LaughterOver
from simulator.engine.profile import default_profile
from simulator.labels import Labels
from simulator.measures.advice import wants_floor
from simulator.recording import find_audio, open_recording

NEEDED_MS = 800
MOST_FALSE = 0.11
MOST_HELD = 0.05
LIMITS_DB = np.arange(0, 5.01, 0.1)
_APART_MS = 700
"""A backchannel whose span of speech exceeds its label by this much lies in another person's speech."""

Array = NDArray[np.float64]


class Said(NamedTuple):
    """Speech over the agent, or the equivalent: its length, s, and the voice probability, 0…1."""

    who: str
    kind: str
    length_s: float
    voice: float
    shipped: float


def said_in(path: Path) -> Iterator[Said]:
    """Yield the examples in a recording; hard recordings have none."""
    recording = open_recording(path)
    labels = recording.labels
    about = labels.model_dump() if labels else {}
    if labels is None or (about.get("condition") or {}).get("hard"):
        return
    activity = analyze(recording.source, SilenceOnly())
    for kind, start_s, end_s in _labelled(labels, natural=about.get("kind") == "natural"):
        spans = [
            (number, span)
            for number, span in enumerate(activity.spans)
            if span.start_ms < end_s * 1000 and start_s * 1000 < span.end_ms
        ]
        if not spans:
            continue
        number, span = spans[0]
        last_ms = span.end_ms if kind == "turn" else spans[-1][1].end_ms
        if kind == "backchannel" and last_ms - span.start_ms > (end_s - start_s) * 1000 + _APART_MS:
            continue
        heard_ms = min(last_ms - span.start_ms, NEEDED_MS)
        first = span.start_ms // FRAME_MS
        voice = activity.probability[first : first + max(heard_ms // FRAME_MS, 1)]
        shipped = wants_floor(activity, number, heard_ms)
        yield Said(str(about.get("speaker") or path.stem), kind, heard_ms / 1000, float(voice.mean()), shipped)


def _labelled(labels: Labels, *, natural: bool) -> Iterator[tuple[str, float, float]]:
    events = [(one.type, one.start_s, one.end_s) for one in labels.events]
    yield from (one for one in events if one[0] in ("interruption", "backchannel"))
    known = {round(start_s, 2) for _, start_s, _ in events}
    yield from (("backchannel", *span) for span in labels.backchannels if round(span[0], 2) not in known)
    if natural:
        yield from (("turn", turn.start_s, turn.end_s) for turn in labels.caller_turns())


def advice(found: list[Said]) -> None:
    """Print how well the advice separates interruptions from backchannels, by folds over speakers."""
    wants = np.array([one.kind != "backchannel" for one in found])
    seen = np.array([[min(one.length_s, 0.5), one.voice] for one in found])
    who = np.array([one.who for one in found])
    score = np.zeros(len(found))
    for one in sorted(set(who)):
        out = who == one
        score[out] = _logit(_fitted(seen[~out], wants[~out]), seen[out])
    false = np.sort(score[~wants])[::-1]
    limit = false[int(MOST_FALSE * len(false))]
    print(f"{wants.sum()} that want the floor, {(~wants).sum()} backchannels, {len(set(who))} folds")
    print(f"  AUC {(score[wants][:, None] > false[None]).mean():.2f}")
    for kind in ("interruption", "turn"):
        mine = np.array([one.kind == kind for one in found])
        print(f"  {kind}s found at ≤ {MOST_FALSE:.0%} false: {(score[mine] > limit).sum()} of {mine.sum()}")
    print("  fitted on all:", np.round(_fitted(seen, wants), 1))
    shipped = np.array([one.shipped for one in found]) >= 0.5
    print(f"  as shipped (0.5): {shipped[wants].sum()} of {wants.sum()}, false {shipped[~wants].sum()}")


def _fitted(seen: Array, wants: NDArray[np.bool_]) -> Array:
    """Return constant and weights of a logistic fit with equal weight for both kinds and light regularisation."""
    middle, width = seen.mean(axis=0), seen.std(axis=0)
    rows = np.column_stack([np.ones(len(seen)), (seen - middle) / width])
    share = np.where(wants, 0.5 / wants.sum(), 0.5 / (~wants).sum())
    weights = np.zeros(rows.shape[1])
    for _ in range(1500):
        sure = 1 / (1 + np.exp(-rows @ weights))
        weights -= 0.5 * (rows.T @ ((sure - wants) * share) + 0.01 * np.r_[0.0, weights[1:]])
    slopes = weights[1:] / width
    return np.asarray(np.r_[weights[0] - slopes @ middle, slopes], dtype=np.float64)


def _logit(fitted: Array, seen: Array) -> Array:
    return np.asarray(fitted[0] + seen @ fitted[1:], dtype=np.float64)


class Stretch(NamedTuple):
    """A stretch of sound long enough to stop the agent: its speaker, and the data for when it would stop it."""

    who: str
    activity: Activity
    number: int

    def held_ms(self, limit_db: float) -> float:
        """Return how long after 0.8 s it first stops the agent, ms; infinite: not within 3 s, or it ends before."""
        span = self.activity.spans[self.number]
        free_ms = _free_ms(self.activity, self.number, limit_db)
        within = free_ms <= min(span.end_ms, span.start_ms + 3000)
        return free_ms - span.start_ms - NEEDED_MS if within else np.inf


def stretches(paths: list[Path]) -> Iterator[Stretch]:
    """Yield the stretches of at least 0.8 s."""
    for path in paths:
        recording = open_recording(path)
        about = recording.labels.model_dump() if recording.labels else {}
        activity = analyze(recording.source, SilenceOnly())
        for number, span in enumerate(activity.spans):
            if span.end_ms - span.start_ms >= NEEDED_MS:
                yield Stretch(str(about.get("speaker") or path.stem), activity, number)


def laughter(name: str, found: list[Stretch]) -> None:
    """Print how many stretches would stop the agent at once, later, or not within 3 s."""
    limit_db = default_profile().values.laughter_limit_db.value
    held_ms = np.array([one.held_ms(limit_db) for one in found])
    print(f"{name}: {_counted(held_ms)}")


def laughter_by_folds(speech: list[Stretch], laughs: list[Stretch]) -> None:
    """Print the same with the highest limit that the speech of other speakers allows.

    The limit may delay a twentieth of that speech, and lose none. No limit was fitted on laughs.
    """
    held_ms = np.array([[one.held_ms(limit) for limit in LIMITS_DB] for one in (*speech, *laughs)])
    folds = np.array([fold(one.who) for one in (*speech, *laughs)])
    is_speech = np.arange(len(folds)) < len(speech)
    out, chosen = np.zeros(len(folds)), []
    for number in range(FOLDS):
        seen = held_ms[is_speech & (folds != number)]
        allowed = ((seen > 0).mean(axis=0) <= MOST_HELD) & np.isfinite(seen).all(axis=0)
        place = int(np.flatnonzero(allowed).max(initial=0))
        chosen.append(f"{LIMITS_DB[place]:.1f}")
        out[folds == number] = held_ms[folds == number, place]
    print(f"by {FOLDS} folds over speakers, limits {', '.join(chosen)} dB")
    print(f"  speech: {_counted(out[is_speech])}")
    print(f"  laughs: {_counted(out[~is_speech])}")


def _counted(held_ms: Array) -> str:
    later = held_ms[(held_ms > 0) & np.isfinite(held_ms)]
    by = f" (by {later.mean():.0f} ms, at most {later.max():.0f})" if len(later) else ""
    never, at_once = int(np.isinf(held_ms).sum()), int((held_ms == 0).sum())
    counted = f"{at_once} stop the agent at 0.8 s, {len(later)} later{by}, {never} not within 3 s"
    return f"{len(held_ms)} stretches, {counted}"


def _free_ms(activity: Activity, number: int, limit_db: float) -> int:
    """Return when the speech of a span may first stop the agent."""
    free_ms = activity.spans[number].start_ms + NEEDED_MS
    held = False
    for seen in activity.observations:
        if isinstance(seen, Laughter | LaughterOver) and seen.span == number:
            laughs = isinstance(seen, Laughter) and seen.score_db < limit_db
            if held and not laughs:
                return seen.known_ms
            held = held or (laughs and seen.known_ms == free_ms)
    return 1 << 60 if held else free_ms


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--laughs", type=Path, help="a folder of laughs alone")
    options = parser.parse_args()
    paths = find_audio([options.corpus])
    advice([said for path in paths for said in said_in(path)])
    speech = list(stretches(paths))
    laughter("speech", speech)
    if options.laughs is not None:
        laughs = list(stretches(find_audio([options.laughs])))
        laughter("laughs", laughs)
        laughter_by_folds(speech, laughs)


if __name__ == "__main__":
    main()
