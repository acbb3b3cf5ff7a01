"""eot-bench, LiveKit's open end-of-turn benchmark: its rows, predictions and figures.

A row is one whole caller turn with every silence of at least 100 ms. The last silence is the end of the turn
(``eot``), the others lie inside it (``hold``). Every 100 ms of each silence, a detector predicts how likely the
turn is over, from the audio so far. An agent answers when the prediction exceeds ``threshold``, never before
``action_delay`` and always after ``timeout`` of silence. All three are swept; the figures are the best trade-offs.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from base.json_text import TextError, parse_json, read_text
from base.os_errors import os_error_text
from simulator.activity.model import Activity, SpeechEnd, SpeechStart
from simulator.engine.end_of_turn import EndOfTurnPolicy
from simulator.errors import SimulatorError
from simulator.labels import first_fault

PREDICTIONS = "predictions.parquet"
COLUMNS = ("id", "language", "span_index", "timestamp", "silence_dur", "p_eot", "label")
"""The columns of a prediction file."""

_NEEDED = ("id", "language", "audio", "silence_spans")
_STEP_S = 0.1
_SHORTEST_S = 0.1
_EPSILON = 1e-6
_ROWS_AT_ONCE = 16


class _Span(BaseModel):
    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _forwards(self) -> _Span:
        if self.end < self.start:
            raise ValueError(f"ends at {self.end:g} s, before it starts at {self.start:g} s")
        return self


class BenchRow(BaseModel):
    """One turn. ``audio`` is the bytes of an audio file, or its path."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    language: str = Field(min_length=1)
    audio: bytes | Path
    silence_spans: tuple[_Span, ...] = Field(min_length=1)

    @field_validator("language")
    @classmethod
    def _small(cls, language: str) -> str:
        return language.strip().lower()

    @field_validator("audio", mode="before")
    @classmethod
    def _bytes_or_path(cls, audio: Any) -> Any:
        if isinstance(audio, dict):
            audio = audio.get("bytes") or audio.get("path")
        match audio:
            case str():
                return Path(audio)
            case bytes() | Path():
                return audio
        raise ValueError("holds neither the bytes of an audio file nor its path")

    @field_validator("silence_spans", mode="before")
    @classmethod
    def _list(cls, spans: Any) -> Any:
        if isinstance(spans, dict):  # a list of objects, which some parquet writers transpose
            ends = zip(spans.get("start") or (), spans.get("end") or (), strict=True)
            return [{"start": start, "end": end} for start, end in ends]
        return spans


RawRow = tuple[str, Any]
"""A row's position, for messages, and its content: an object, or a text to be parsed as one."""


def row_files(folder: Path) -> list[Path]:
    """Return the files with rows in a folder and its subfolders, in order of name, or the file itself.

    Raises :class:`~simulator.errors.SimulatorError` if there is none.
    """
    if folder.is_file():
        return [folder]
    found = [path for path in folder.rglob("*") if path.suffix.lower() in (".parquet", ".json", ".jsonl")]
    if not found:
        raise SimulatorError(f"{folder}: holds no .parquet, .json or .jsonl file; name a folder of eot-bench rows")
    return sorted(found)


def raw_rows(path: Path) -> Iterator[RawRow]:
    """Yield a file's rows; a prediction file has none.

    Raises :class:`~simulator.errors.SimulatorError` if the file as a whole cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path)
        return
    try:
        text = read_text(path)
        if path.suffix.lower() == ".jsonl":
            lines = enumerate(text.splitlines(), start=1)
            yield from ((f"{path}: line {number}", line) for number, line in lines if line.strip())
            return
        content = parse_json(text, str(path))
    except TextError as error:
        raise SimulatorError(str(error)) from None
    rows = content if isinstance(content, list) else [content]
    yield from ((f"{path}: row {number}", row) for number, row in enumerate(rows, start=1))


def _parquet_rows(path: Path) -> Iterator[RawRow]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            if "p_eot" in names:
                return
            missing = [name for name in _NEEDED if name not in names]
            if missing:
                raise SimulatorError(f"{path}: has no column {' and no '.join(missing)}; is it of eot-bench?")
            number = 0
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(_NEEDED)):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", row
    except (ArrowException, OSError) as error:
        why = (
            os_error_text(error)
            if isinstance(error, OSError) and error.strerror
            else "is not a complete parquet file"
        )
        raise SimulatorError(f"{path}: {why}; copy or export it again") from None


def checked_row(raw: RawRow, folder: Path) -> BenchRow:
    """Return a validated row; a relative audio path is resolved against ``folder``.

    Raises :class:`~simulator.errors.SimulatorError` with one sentence that names the row and the fault.
    """
    where, content = raw
    try:
        row = BenchRow.model_validate(parse_json(content, where) if isinstance(content, str) else content)
    except TextError as error:
        raise SimulatorError(str(error)) from None
    except ValidationError as error:
        raise SimulatorError(f"{where}: {first_fault(error)}; correct the row or leave it out") from None
    return row if isinstance(row.audio, bytes) else row.model_copy(update={"audio": folder / row.audio})


# ---- predictions


class Prediction(NamedTuple):
    """The probability 0…1 that the turn is over, ``silence_dur`` s into a silence, at ``timestamp`` s."""

    id: str
    language: str
    span_index: int
    timestamp: float
    silence_dur: float
    p_eot: float
    label: str


def predictions(row: BenchRow, activity: Activity, policy: EndOfTurnPolicy) -> list[Prediction]:
    """Return a row's predictions: the turn confidence in a pause detected by then, else 0."""
    seen = [one for one in activity.observations if isinstance(one, SpeechEnd | SpeechStart)]
    known_ms = [one.known_ms for one in seen]

    def certainty(at_s: float) -> float:
        at_ms = at_s * 1000
        place = bisect_right(known_ms, at_ms + _EPSILON)
        last = seen[place - 1] if place else None
        return min(max(policy.confidence(last, at_ms), 0.0), 1.0) if isinstance(last, SpeechEnd) else 0.0

    last = len(row.silence_spans) - 1
    return [
        Prediction(
            *(row.id, row.language, index, at_s, round(at_s - span.start, 6)),
            *(round(certainty(at_s), 6), "eot" if index == last else "hold"),
        )
        for index, span in enumerate(row.silence_spans)
        if span.end - span.start >= _SHORTEST_S - _EPSILON
        for at_s in _moments(span)
    ]


def _moments(span: _Span) -> list[float]:
    steps = int((span.end - span.start) / _STEP_S + _EPSILON)
    moments = [round(span.start + step * _STEP_S, 6) for step in range(steps + 1)]
    return moments if moments[-1] >= span.end - _EPSILON else [*moments, round(span.end, 6)]


def to_parquet(found: Sequence[Prediction]) -> bytes:
    """Return predictions as the bytes of a parquet file."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    types = (pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64(), pa.string())
    columns = zip(*found, strict=True) if found else ([] for _ in COLUMNS)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    content = io.BytesIO()
    write_table(pa.table(arrays, names=list(COLUMNS)), content)
    return content.getvalue()


# ---- figures


_THRESHOLDS = np.round(np.arange(0.0, 1.005, 0.01), 2)
_ACTION_DELAYS_S = np.round(np.arange(0.2, 1.05, 0.1), 2)
_TIMEOUTS_S = np.round(np.arange(1.0, 3.75, 0.5), 2)
_SILENCES_S = np.round(np.arange(0.2, 5.005, 0.01), 2)
_HOLDS_S = (0.2, 5.0)
"""Shorter pauses are not evaluated; longer ones are probably label errors."""

CUT_AT_MS = (300, 600)
DELAY_AT = (0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Best:
    """One point of a sweep: the share of pauses cut in on, 0…1, the mean delay after true ends, ms, and its policy.

    ``threshold`` is ``None`` for silence alone, where ``action_delay_s`` and ``timeout_s`` are equal.
    """

    cut_rate: float
    delay_ms: float
    threshold: float | None
    action_delay_s: float
    timeout_s: float

    def to_json(self) -> dict[str, float | None]:
        """Return the point as JSON values."""
        return {
            "cut_rate": round(self.cut_rate, 4),
            "delay_ms": round(self.delay_ms, 1),
            "threshold": self.threshold,
            "action_delay_s": self.action_delay_s,
            "timeout_s": self.timeout_s,
        }


@dataclass(frozen=True, slots=True)
class BenchFigures:
    """A detector's results: the fewest cut-ins within each mean delay, the least delay within each cut-in rate.

    ``None``: no point meets that budget.
    """

    cut_at_ms: dict[int, Best | None]
    delay_at: dict[float, Best | None]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        cut = {f"cut_at_{ms}_ms": best and best.to_json() for ms, best in self.cut_at_ms.items()}
        delay = {f"delay_at_{100 * at:g}_percent": best and best.to_json() for at, best in self.delay_at.items()}
        return cut | delay


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of some turns and those of silence alone, from ``holds`` pauses and ``ends`` ends.

    The figures are ``None`` without pauses or without ends.
    """

    turns: int
    holds: int
    ends: int
    judged: BenchFigures | None
    silence: BenchFigures | None

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        return {
            "turns": self.turns,
            "holds": self.holds,
            "ends": self.ends,
            "judged": self.judged and self.judged.to_json(),
            "silence": self.silence and self.silence.to_json(),
        }


class _Silence(NamedTuple):
    """The length of a silence, s, and when each threshold is first exceeded in it, s (infinite if never)."""

    lasts_s: float
    exceeded_s: NDArray[np.float64]


def score(found: Iterable[Prediction]) -> Score:
    """Return the figures of predictions, which must be grouped by silence and in time order."""
    silences: dict[tuple[str, int, str], list[Prediction]] = {}
    for one in found:
        silences.setdefault((one.id, one.span_index, one.label), []).append(one)
    sorted_out: dict[str, list[_Silence]] = {"hold": [], "eot": []}
    for (_, _, label), inside in silences.items():
        lasts_s = inside[-1].silence_dur
        if label == "eot" or _HOLDS_S[0] - _EPSILON <= lasts_s <= _HOLDS_S[1] + _EPSILON:
            sorted_out[label].append(_Silence(lasts_s, _exceeded(inside)))
    holds, ends = sorted_out["hold"], sorted_out["eot"]
    judged = silence = None
    if holds and ends:
        held_s = np.array([one.lasts_s for one in holds])
        judged, silence = _figures(_swept(holds, ends, held_s)), _figures(_by_silence(held_s))
    return Score(len({name for name, _, _ in silences}), len(holds), len(ends), judged, silence)


def _exceeded(inside: list[Prediction]) -> NDArray[np.float64]:
    highest = np.maximum.accumulate([one.p_eot for one in inside])
    moments = np.array([*(one.silence_dur for one in inside), np.inf])
    exceeded: NDArray[np.float64] = moments[np.searchsorted(highest, _THRESHOLDS, side="right")]
    return exceeded


def _swept(holds: list[_Silence], ends: list[_Silence], held_s: NDArray[np.float64]) -> list[Best]:
    hold_s, end_s = (np.stack([one.exceeded_s for one in group]) for group in (holds, ends))
    points = []
    for action_delay_s in _ACTION_DELAYS_S.tolist():
        for timeout_s in _TIMEOUTS_S.tolist():
            answered_s, ended_s = (np.clip(at_s, action_delay_s, timeout_s) for at_s in (hold_s, end_s))
            cuts = (held_s[:, None] > answered_s + 1e-9).mean(axis=0).tolist()
            delays = (1000 * ended_s.mean(axis=0)).tolist()
            points += [
                Best(cut, delay_ms, threshold, action_delay_s, timeout_s)
                for cut, delay_ms, threshold in zip(cuts, delays, _THRESHOLDS.tolist(), strict=True)
            ]
    return points


def _by_silence(held_s: NDArray[np.float64]) -> list[Best]:
    return [
        Best(float((held_s > silence_s + 1e-9).mean()), 1000 * silence_s, None, silence_s, silence_s)
        for silence_s in _SILENCES_S.tolist()
    ]


def _figures(points: list[Best]) -> BenchFigures:
    def fewest_cuts(within_ms: int) -> Best | None:
        kept = (one for one in points if one.delay_ms <= within_ms + _EPSILON)
        return min(kept, key=lambda one: (one.cut_rate, one.delay_ms), default=None)

    def least_delay(rate: float) -> Best | None:
        kept = (one for one in points if one.cut_rate <= rate + 1e-9)
        return min(kept, key=lambda one: (one.delay_ms, one.cut_rate), default=None)

    return BenchFigures({ms: fewest_cuts(ms) for ms in CUT_AT_MS}, {rate: least_delay(rate) for rate in DELAY_AT})


def scores(found: Sequence[Prediction]) -> dict[str | None, Score]:
    """Return the scores of all turns (``None``) and, with several languages, of each language."""
    languages = sorted({one.language for one in found})
    by_language: dict[str | None, Score] = {None: score(found)}
    if len(languages) > 1:
        by_language |= {name: score(one for one in found if one.language == name) for name in languages}
    return by_language
