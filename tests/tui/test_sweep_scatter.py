"""The scatter of a sweep as a pure drawing: axes, points, the front, the chosen one, and moving along it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.config import VoiceConfig
from tui.sweep.front import Front, FrontRow
from tui.sweep.scatter import ASCII, FINE, Axis, PlotFrame, ScatterPoint, Signs, draw, front_of, label
from tui.sweep.table import line_of, widths_of

RESPONSE, CUT_INS = Axis("response after turn p50", "ms", 100.0), Axis("cut-ins", "% of turns", 5.0)

POINTS = (
    ScatterPoint(900, 30, "front"),
    ScatterPoint(1200, 10, "recommended"),
    ScatterPoint(1500, 4, "confirmed"),
    ScatterPoint(1300, 20, "named", "T"),
    ScatterPoint(1400, 15, "tried"),
    ScatterPoint(9000, 90, "tried"),
)


def drawn(width: int, height: int, chosen: int | None = None, signs: Signs = FINE) -> list[str]:
    frame = PlotFrame(POINTS, RESPONSE, CUT_INS, width, height)
    return [line.text for line in draw(frame, chosen, signs)]


def test_a_drawing_has_titled_axes_with_round_ticks_and_every_sign() -> None:
    lines = drawn(64, 14)
    assert len(lines) == 14
    assert {len(line) for line in lines} == {64}
    assert lines[0].startswith("↑ cut-ins, % of turns ")
    assert lines[0].endswith(" response after turn p50, ms →")
    assert lines[-1].split() == ["900", "1,000", "1,100", "1,200", "1,300", "1,400", "1,500"]
    assert [line.split("┤")[0].strip() for line in lines if "┤" in line] == ["30", "20", "10", "0"]
    text = "\n".join(lines[1:-2])
    assert [text.count(sign) for sign in "○★●T"] == [1, 1, 1, 1]
    # a distant one is left out, and the axes do not extend to it
    assert sum("⠀" < char <= "⣿" for char in text) > 10, "the front, as steps"


def test_the_chosen_point_has_a_sign_besides_its_colour() -> None:
    assert any("[★]" in line for line in drawn(64, 14, 1))
    assert any("[T]" in line for line in drawn(64, 14, 3))
    assert not any("[" in line for line in drawn(64, 14))
    assert "[⠂]" in "".join(drawn(64, 14, 4))
    plain = drawn(64, 14, 1, ASCII)
    assert all(line.isascii() for line in plain)
    assert any("[*]" in line for line in plain)
    assert plain[0].startswith("^ cut-ins")


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e3)), max_size=20),
    st.integers(1, 200),
    st.integers(1, 60),
    st.sampled_from(("tried", "front", "confirmed", "recommended")),
)
def test_any_points_fit_into_any_room(
    places: list[tuple[float, float]], width: int, height: int, kind: str
) -> None:
    points = tuple(ScatterPoint(x, y, kind) for x, y in places)  # type: ignore[arg-type]
    frame = PlotFrame(points, RESPONSE, CUT_INS, width, height)
    for line in draw(frame, 0):
        assert len(line.text) == max(width, frame.gutter + frame.columns + 1)
    for number, point in enumerate(points):
        x, y = frame.cell(point)
        assert frame.gutter <= x < frame.gutter + frame.columns
        assert 1 <= y <= frame.rows
        found = frame.nearest(x, y, range(len(points)))
        assert found is not None
        assert frame.cell(points[found]) == (x, y), f"a click on {number} finds one in its own cell"


def test_a_click_selects_the_most_important_point_of_a_cell() -> None:
    points = (ScatterPoint(1200, 10, "tried"), POINTS[1], ScatterPoint(1200, 10, "front"), *POINTS)
    frame = PlotFrame(points, RESPONSE, CUT_INS, 64, 14)
    assert frame.nearest(*frame.cell(POINTS[1]), range(3)) == 1
    assert frame.nearest(5, 5, ()) is None


def test_the_front_is_what_no_other_point_is_as_good_as() -> None:
    points = [
        ScatterPoint(2, 5, "tried"),
        ScatterPoint(1, 9, "tried"),
        ScatterPoint(3, 5, "tried"),
        ScatterPoint(2, 7, "tried"),
    ]
    assert front_of(points) == [points[1], points[0]]


@pytest.mark.parametrize(
    ("value", "ticks", "written"), [(0.25, [0.0, 0.25], "0.2"), (1200, [1000.0, 1200.0], "1,200"), (0, [0, 0], "0")]
)
def test_a_tick_is_written_as_its_neighbours_need(value: float, ticks: list[float], written: str) -> None:
    assert label(value, ticks) == written


def a_row(point: ScatterPoint, words: str = "", name: str = "") -> FrontRow:
    figures = (f"{point.x:,.0f} ms", f"{point.y:.0f} of 100")
    return FrontRow((point.x, point.y), point, figures, words, (), VoiceConfig(), name=name)


def test_arrow_keys_move_along_either_axis() -> None:
    rows = tuple(a_row(point) for point in sorted(POINTS[:4], key=lambda one: one.x))
    front = Front(rows, POINTS[4:], RESPONSE, CUT_INS, ("response", "cut-ins"))
    assert [rows[front.next_to(0, one)].point.y for one in ("left", "right", "up", "down")] == [30, 10, 30, 20]
    assert front.next_to(3, "right") == 3
    assert front.place((1300, 20)) == 2
    grown = replace(front, rows=(a_row(ScatterPoint(800, 40, "front")), *rows))
    assert grown.place((1300, 20)) == 3
    assert front.legend(FINE)[:2] == [("★", "recommended"), ("●", "confirmed on others")]
    assert ("T", "today") in replace(front, rows=(a_row(POINTS[3], name="today"),)).legend(FINE)


def test_figures_are_never_cut_where_words_are() -> None:
    rows = (
        a_row(POINTS[0], "max_buffer_delay_ms 500 → 300 ms, " * 5),
        a_row(ScatterPoint(12_345, 7, "tried"), "as today"),
    )
    front = Front(rows, (), RESPONSE, CUT_INS, ("response p50", "cut-ins"))
    widths = widths_of(front)
    lines = [line_of("●", row.figures, row.words, widths, 60) for row in rows]
    assert {len(line) for line in lines} == {60}
    assert "12,345 ms" in lines[1]
    assert lines[0].rstrip().endswith("…")
    assert lines[0].index("of 100") == lines[1].index("of 100")
