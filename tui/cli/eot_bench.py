"""``turnlab evaluate --eot-bench``: predictions for eot-bench's rows, and its figures."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import Activity
from simulator.audio.source import open_audio
from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.engine.profile import EngineProfile
from simulator.errors import SimulatorError
from simulator.measures.eot_bench import (
    CUT_AT_MS,
    DELAY_AT,
    PREDICTIONS,
    BenchFigures,
    BenchRow,
    Best,
    Prediction,
    Score,
    checked_row,
    predictions,
    raw_rows,
    row_files,
    scores,
    to_parquet,
)
from tui.cli.audio_options import Hearing
from tui.cli.failure import CallError, Faults, WorkError, check_output, write_output
from tui.cli.inputs import end_of_turn_judge, open_profile, progress
from tui.cli.simulate_table import print_what_if
from tui.cli.tables import print_line, print_table


@dataclass(frozen=True, slots=True)
class EotBenchRequest:
    """The command's options."""

    paths: list[Path]
    profile: str
    eot: str | None
    output: Path | None
    force: bool
    hearing: Hearing = field(default_factory=Hearing)


@dataclass(frozen=True, slots=True)
class EotBenchResult:
    """The result of an evaluation: ``scores`` by language; ``None`` stands for all."""

    request: EotBenchRequest
    output: Path
    profile: EngineProfile
    judge: str
    predictions: int
    scores: dict[str | None, Score]
    faults: Faults


def evaluate_eot_bench(request: EotBenchRequest, *, as_json: bool) -> None:
    """Predict every row, write the predictions, and print the figures. Failed rows are named and left out."""
    try:
        import pyarrow  # noqa: F401 what reads and writes parquet imports it where it is needed
    except ImportError:
        raise WorkError("--eot-bench needs pyarrow; get it with: pip install 'turnlab[eot-bench]'") from None
    output = request.output or Path(PREDICTIONS)
    check_output(str(output), output, force=request.force)
    profile, faults = open_profile(request.profile), Faults()
    model = end_of_turn_judge(request.eot)
    found: list[Prediction] = []
    for row, activity in _heard(request, model, faults):
        found += predictions(row, activity, end_of_turn_policy(profile.values))
    if not found:
        faults.raise_any()
        raise WorkError(f"{request.paths[0]}: holds no silence of 0.1 s; name a folder of eot-bench rows")
    write_output(str(output), output, to_parquet(found), force=request.force)
    outcome = EotBenchResult(request, output, profile, model.name, len(found), scores(found), faults)
    if as_json:
        print(json.dumps(_to_json(outcome), allow_nan=False))
    else:
        _print(outcome)
    faults.raise_any()


def _heard(request: EotBenchRequest, model: EndOfTurnModel, faults: Faults) -> Iterator[tuple[BenchRow, Activity]]:
    """Yield the valid rows, analysed. Raises :class:`~tui.cli.failure.CallError`."""
    known: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="turnlab-") as spare:
        for file in _files(request.paths):
            with faults.noting(file):
                for raw in raw_rows(file):
                    with faults.noting(file), progress(f"analysing {raw[0]}") as tell:
                        row = checked_row(raw, file.parent)
                        if row.id in known:
                            raise SimulatorError(f"{raw[0]}: has the id {row.id} of a row before it; leave one out")
                        with _audio_file(row, Path(spare), raw[0]) as path:
                            source = open_audio(path, request.hearing.channel_index, request.hearing.what_if)
                            activity = cached_analysis(source, model, tell)
                        known.add(row.id)
                        yield row, activity


def _files(paths: list[Path]) -> list[Path]:
    try:
        return [file for path in paths for file in row_files(path)]
    except SimulatorError as error:
        raise CallError(str(error)) from None


@contextmanager
def _audio_file(row: BenchRow, spare: Path, where: str) -> Iterator[Path]:
    """Yield the file with a row's audio. Errors in embedded audio name the row."""
    if isinstance(row.audio, Path):
        yield row.audio
        return
    path = spare / "audio"
    path.write_bytes(row.audio)
    try:
        yield path
    except SimulatorError as error:
        raise SimulatorError(str(error).replace(str(path), f"{where}: audio")) from None


def _print(outcome: EotBenchResult) -> None:
    print_what_if(outcome.request.hearing.words())
    headers = ["turns", "judge", *(f"cut at {ms} ms" for ms in CUT_AT_MS)]
    headers += [f"delay at {rate:.0%}" for rate in DELAY_AT]
    rows = []
    for language, score in outcome.scores.items():
        rows.append([language or "all", outcome.judge, *_cells(score.judged)])
        rows.append(["", "silence alone", *_cells(score.silence)])
    whole = outcome.scores[None]
    counted = f"{whole.turns} turns, {whole.holds} pauses and {whole.ends} ends"
    print_table(f"eot-bench: {counted}, profile {outcome.profile.name}", headers, rows, left=2)
    print_line(
        "Cut at: the fewest answered pauses inside turns within that mean delay. Delay at: the least mean delay in"
        " ms after true ends within that rate of cuts. None: no policy keeps to it. Pauses last 0.2 to 5 s."
    )
    if whole.judged is None:
        print_line("No figures: they need at least one such pause and one end.")
    print_line(f"Wrote {outcome.output}, readable by you alone.")


def _cells(figures: BenchFigures | None) -> list[str]:
    if figures is None:
        return ["none"] * (len(CUT_AT_MS) + len(DELAY_AT))

    def cut(best: Best | None) -> str:
        return "none" if best is None else f"{best.cut_rate:.1%}"

    def delay(best: Best | None) -> str:
        return "none" if best is None else f"{best.delay_ms:,.0f}"

    return [*map(cut, figures.cut_at_ms.values()), *map(delay, figures.delay_at.values())]


def _to_json(outcome: EotBenchResult) -> dict[str, Any]:
    return {
        "schema": "turnlab.eot-bench/1",
        "profile": outcome.profile.name,
        "end_of_turn_model": outcome.judge,
        "what_if": outcome.request.hearing.to_json(),
        "written": str(outcome.output),
        "predictions": outcome.predictions,
        "figures": [{"language": language, **score.to_json()} for language, score in outcome.scores.items()],
        "failed": outcome.faults.to_json(),
    }
