"""``turnlab evaluate --eot-bench``: eot-bench's rows, its predictions and its figures."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from simulator.measures.eot_bench import COLUMNS, Prediction, score
from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab, turnlab_in

CALL = bundled_folder() / "thinking"
BENCH = ("evaluate", "--eot-bench")


def rows() -> list[dict[str, Any]]:
    """The turns of the bundled call with hesitations as rows, each with 2 s of silence at its end."""
    labels = json.loads(CALL.with_suffix(".json").read_text())
    audio, rate = sf.read(CALL.with_suffix(".flac"), dtype="float32")
    made = []
    for number, turn in enumerate(labels["turns"][:4]):
        first_s, end_s = turn["start_s"] - 0.5, turn["end_s"]
        room = np.resize(audio[: rate // 2], 2 * rate)
        heard = np.concatenate([audio[round(first_s * rate) : round(end_s * rate)], room])
        inside = [span for span in labels["hesitations"] if turn["start_s"] < span[0] < end_s]
        spans = [*inside, [end_s, end_s + 2.0]]
        content = io.BytesIO()
        sf.write(content, heard, rate, format="FLAC")
        made.append(
            {
                "id": f"turn-{number}",
                "language": "EN" if number % 2 else "de",
                "audio": {"bytes": content.getvalue(), "path": None},
                "silence_spans": [{"start": start - first_s, "end": end - first_s} for start, end in spans],
            }
        )
    return made


def to_parquet(path: Path, found: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(found), path)


def to_jsonl(path: Path, found: list[dict[str, Any]]) -> None:
    """Rows with separate audio files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for row in found:
        (path.parent / f"{row['id']}.flac").write_bytes(row["audio"]["bytes"])
    lines = [json.dumps(row | {"audio": f"{row['id']}.flac"}) for row in found]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eot-bench")
    to_parquet(folder / "data" / "all" / "validation.parquet", rows())
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Turnlab:
    return turnlab_in(tmp_path_factory.mktemp("home"), analyses)


def predicted(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def test_predictions_have_eot_benchs_columns_and_a_row_for_every_silence(
    shop: Turnlab, bench: Path, tmp_path: Path
) -> None:
    report = shop(*BENCH, bench, "--json", cwd=tmp_path).json()
    table = pq.read_table(tmp_path / "predictions.parquet")
    assert tuple(table.column_names) == COLUMNS
    found = table.to_pylist()
    assert len(found) == report["predictions"]
    spans = {one["id"]: one["silence_spans"] for one in rows()}
    assert {(one["id"], one["span_index"]) for one in found} == {
        (name, index) for name, inside in spans.items() for index in range(len(inside))
    }
    for one in found:
        inside = spans[one["id"]]
        assert one["label"] == ("eot" if one["span_index"] == len(inside) - 1 else "hold")
        span = inside[one["span_index"]]
        assert one["timestamp"] == pytest.approx(span["start"] + one["silence_dur"])
        assert 0.0 <= one["silence_dur"] <= span["end"] - span["start"] + 1e-5
        # a pause is known 0.2 s after it began, and this one's edge is labelled to 0.1 s
        assert one["silence_dur"] > 0.05 or not one["p_eot"]
    # unfinished speech gives no signal before the ceiling, and then always does
    assert all(one["p_eot"] > 0.9 for one in found if one["silence_dur"] > 2.3)
    assert {one["language"] for one in found} == {"en", "de"}
    assert [one["language"] for one in report["figures"]] == [None, "de", "en"]
    (whole, *_) = report["figures"]
    assert (whole["turns"], whole["ends"]) == (4, 4)
    assert whole["holds"] == sum(len(inside) - 1 for inside in spans.values())


@pytest.mark.slow
def test_rows_with_separate_or_embedded_audio_give_equal_predictions(
    shop: Turnlab, bench: Path, tmp_path: Path
) -> None:
    to_jsonl(tmp_path / "rows" / "rows.jsonl", rows())
    to_jsonl(tmp_path / "more" / "rows.jsonl", rows())
    lines = (tmp_path / "more" / "rows.jsonl").read_text().splitlines()
    (tmp_path / "more" / "rows.jsonl").unlink()
    (tmp_path / "more" / "rows.json").write_text(f"[{','.join(lines)}]")
    for number, folder in enumerate((bench, tmp_path / "rows", tmp_path / "more")):
        assert shop(*BENCH, folder, "--output", tmp_path / f"{number}.parquet").code == 0
    first, *others = (predicted(tmp_path / f"{number}.parquet") for number in range(3))
    assert others == [first, first]


@pytest.mark.slow
def test_later_audio_changes_no_prediction(shop: Turnlab, tmp_path: Path) -> None:
    """The end of one turn, whose caller continues after 1 s: predictions before that do not change."""
    (row, *_) = rows()
    audio, rate = sf.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
    end_s = row["silence_spans"][-1]["start"]
    turned = round((end_s + 1.0) * rate)
    content = io.BytesIO()
    sf.write(content, np.concatenate([audio[:turned], audio[: len(audio) - turned]]), rate, format="FLAC")
    to_parquet(tmp_path / "a.parquet", [row])
    to_parquet(tmp_path / "b.parquet", [row | {"audio": {"bytes": content.getvalue(), "path": None}}])
    for name in "ab":
        assert shop(*BENCH, tmp_path / f"{name}.parquet", "--output", tmp_path / f"{name}-out.parquet").code == 0
    plain, going_on = (
        [one["p_eot"] for one in predicted(tmp_path / f"{name}-out.parquet") if one["timestamp"] <= end_s + 1.0]
        for name in "ab"
    )
    assert plain == going_on
    assert max(plain) > 0.3


def test_figures_are_those_of_the_definitions() -> None:
    """Ten pauses of 1 s, one sounding finished; two ends, one detected after 0.5 s, one after 1 s."""

    def silence(name: str, label: str, *certain: float) -> list[Prediction]:
        steps = enumerate((0.0, *certain))
        return [Prediction(name, "en", 0, 9 + step / 2, step / 2, p_eot, label) for step, p_eot in steps]

    found = [one for number in range(9) for one in silence(f"hold-{number}", "hold", 0.1, 0.1)]
    found += silence("hold-9", "hold", 0.6, 0.1)
    found += silence("fast", "eot", 0.7, 0.7) + silence("slow", "eot", 0.4, 0.8)
    # neither is judged: one is too short, the other a label error
    found += silence("long", "hold", *[0.9] * 11)
    found += [
        Prediction("short", "en", 0, 9.0, 0.0, 0.9, "hold"),
        Prediction("short", "en", 0, 9.1, 0.1, 0.9, "hold"),
    ]
    figures = score(found)
    assert (figures.holds, figures.ends) == (10, 2)
    assert figures.judged is not None
    assert figures.silence is not None
    assert figures.judged.cut_at_ms[300] is None
    within_600 = figures.judged.cut_at_ms[600]
    assert within_600 is not None
    assert within_600.cut_rate == pytest.approx(0.1)
    assert within_600.delay_ms == pytest.approx(500.0)
    for rate, delay_ms in ((0.05, 750.0), (0.10, 500.0)):
        judged, alone = figures.judged.delay_at[rate], figures.silence.delay_at[rate]
        assert judged is not None
        assert alone is not None
        assert judged.delay_ms == pytest.approx(delay_ms)
        assert alone.delay_ms == pytest.approx(1000.0)
    alone_300 = figures.silence.cut_at_ms[300]
    assert alone_300 is not None
    assert alone_300.cut_rate == 1.0


def test_failed_rows_and_files_are_named_and_the_others_processed(shop: Turnlab, tmp_path: Path) -> None:
    first, second, third, fourth = rows()
    broken = third | {"audio": {"bytes": b"no audio", "path": None}}
    to_parquet(tmp_path / "a.parquet", [first, broken, first | {"silence_spans": []}])
    to_parquet(tmp_path / "labels.parquet", [{"id": "x", "p": 1.0}])
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:900])
    to_jsonl(tmp_path / "z.jsonl", [second, fourth])
    (tmp_path / "turn-3.flac").unlink()
    with (tmp_path / "z.jsonl").open("a") as lines:
        lines.write('{"id": "x"\n' + json.dumps(first | {"audio": "turn-1.flac"}) + "\n")
    done = shop(*BENCH, tmp_path, "--output", tmp_path / "out.parquet")
    assert done.code == 1
    told = sorted(line.replace(f"{tmp_path}/", "") for line in done.err.splitlines())
    for line, says in zip(
        told,
        (
            "a.parquet: row 2: audio: is not audio Turnlab can read",
            "a.parquet: row 3: silence_spans: tuple should have at least 1 item",
            "labels.parquet: has no column language and no audio and no silence_spans",
            "torn.parquet: is not a complete parquet file",
            "turn-3.flac: no such file",
            "z.jsonl: line 3: is not valid JSON",
            "z.jsonl: line 4: has the id turn-0 of a row before it",
        ),
        strict=True,
    ):
        assert line.startswith(f"turnlab: {says}")
    assert {one["id"] for one in predicted(tmp_path / "out.parquet")} == {"turn-0", "turn-1"}


def test_a_predictions_file_is_skipped_as_input_and_never_replaced_unasked(
    shop: Turnlab, bench: Path, tmp_path: Path
) -> None:
    shutil.copytree(bench, tmp_path / "bench")
    line = (*BENCH, "bench", "--output", "bench/predictions.parquet")
    assert shop(*line, cwd=tmp_path).code == 0
    before = (tmp_path / "bench" / "predictions.parquet").read_bytes()
    assert "is there already" in shop(*line, cwd=tmp_path).one_line(2)
    assert shop(*line, "--force", cwd=tmp_path).code == 0
    assert (tmp_path / "bench" / "predictions.parquet").read_bytes() == before


def test_a_wrong_command_line_says_what_to_do(turnlab: Turnlab, bench: Path, tmp_path: Path) -> None:
    assert "goes without --config" in turnlab(*BENCH, bench, "--config", "quality").one_line(2)
    assert "go with --eot-bench" in turnlab("evaluate", bench, "--force").one_line(2)
    assert "holds no .parquet" in turnlab(*BENCH, tmp_path, cwd=tmp_path).one_line(2)
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow" / "__init__.py").write_text("raise ImportError")
    without = turnlab(*BENCH, bench, cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    assert "turnlab[eot-bench]" in without.one_line(1)
