"""A report as one HTML page: its contents, and how it is rendered. It needs no network and no script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from simulator.measures.readout_table import Meaning
from tui import __version__
from tui.report.parts import LeftOut, Required
from tui.report.pictures import TONES, Distribution, FrontPicture, TurnPicture
from tui.terminal_text import plain


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, its difference from the baseline's, and the meaning of that."""

    figure: str
    apart: str = ""
    means: Meaning = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a table. ``meaning`` explains it."""

    title: str
    cells: tuple[Cell, ...]
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header per column. ``tones`` are the colours of the columns' arms."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[TableRow, ...]
    tones: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision of an arm in a turn, its time in seconds from the end of the caller's turn, and the reason."""

    at: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class AudioClip:
    """A few seconds of audio as a data URI."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """One drawn turn with the reasons of each arm, and optionally words and audio."""

    picture: TurnPicture
    why: str
    reasons: tuple[tuple[str, int, tuple[Reason, ...]], ...]
    words: tuple[tuple[str, str], ...] = ()
    clips: tuple[AudioClip, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeToApply:
    """A change of settings as JSON, as a command and as a request."""

    title: str
    json: str
    command: str
    curl: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about what was compared, and on which data."""

    term: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """The contents of a report, in order."""

    title: str
    lead: str
    verdict: tuple[str, str, str]
    required: tuple[Required, ...] = ()
    facts: tuple[Fact, ...]
    settings: Table | None = None
    recordings: Table | None = None
    left_out: tuple[LeftOut, ...] = ()
    front: FrontPicture | None = None
    figures: tuple[Table, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    private: str = ""
    """Private contents that not everyone may see."""
    drawn_note: str = ""
    """A note on the distributions and the turns."""
    turns: tuple[ShownTurn, ...] = ()
    turns_title: str = "The turns that differ most"
    why_no_turns: str = ""
    changes: tuple[ChangeToApply, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every limit is met."""
        return all(one.met for one in self.required)


def tones(names: Sequence[str]) -> dict[str, int]:
    """Return each arm's colour by its position."""
    return {name: place % TONES for place, name in enumerate(names)}


def render(page: ReportPage) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=PackageLoader("tui.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalized,
    )
    environment.filters["together"] = _together
    return environment.get_template("report.html").render(page=page, version=__version__)


_UNIT: Final = re.compile(r"(\d) (?=(?:s|ms|%)\b|%)")


def _together(text: str) -> str:
    """Keep a number and its unit on one line."""
    return _UNIT.sub("\\1\u00a0", text)


def _finalized(value: Any) -> Any:
    """Make control and hidden characters visible. Everything that is not from a template is escaped afterwards."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return plain(value, lines=True)
    return value


def facts(found: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return the facts without empty ones."""
    return tuple(Fact(term, text) for term, text in found.items() if text)
