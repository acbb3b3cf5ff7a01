"""Text from outside reaches the terminal only as text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.terminal_text import cell, content, cut, fit_last, plain

ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Nurse Triage", "Nurse Triage"),
        ("Línea en Español 📞", "Línea en Español 📞"),
        ("family 👩‍👩‍👧 ❤️", "family 👩‍👩‍👧 ❤️"),
        ("שלום", "שלום"),
        ("a\x1b[31mb\x1b]0;title\x07", "a␛[31mb␛]0;title␇"),
        ("a\tb\nc\rd\x00", "a␉b␊c␍d␀"),
        ("del\x7f c1\x9b31m", "del␡ c1�31m"),
        ("invoice\u202etxt.exe", "invoice⟨202E⟩txt.exe"),
        ("x\u200fy\u2066z\u2069", "x⟨200F⟩y⟨2066⟩z⟨2069⟩"),
        ("zero\u200bwidth\ufeff", "zero⟨200B⟩width⟨FEFF⟩"),
        ("half \ud83d pair", "half � pair"),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_terminal_controls_are_made_visible(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_line_breaks_survive_where_lines_are_wanted() -> None:
    assert plain("one\r\ntwo\n\x1bthree", lines=True) == "one\ntwo\n␛three"


@given(ANY_TEXT)
def test_nothing_that_controls_survives(raw: str) -> None:
    shown = plain(raw)
    shown.encode()
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") or unicodedata.bidirectional(c) in BIDI]


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(ANY_TEXT, st.integers(0, 30))
def test_cut_text_fits(raw: str, width: int) -> None:
    assert cell_len(cut(plain(raw), width)) <= width


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=4), st.integers(0, 60))
def test_the_last_column_takes_what_the_others_leave(texts: list[tuple[str, str]], width: int) -> None:
    rows = [(cell(name, width=20), cell(what)) for name, what in texts]
    fit_last(rows, ("NAME", "WHAT"), width)
    names = max([4, *(name.cell_len for name, _ in rows)])
    assert [name.plain for name, _ in rows] == [cell(name, width=20).plain for name, _ in texts]
    assert all(what.cell_len <= max(width - names - 4, len("WHAT")) for _, what in rows)


def test_markup_stays_text() -> None:
    assert content("[bold]x[/]").plain == "[bold]x[/]"
    assert content("[bold]x[/]").spans == []
    assert cell("[bold]x[/]").plain == "[bold]x[/]"
    assert cell("[bold]x[/]").spans == []
