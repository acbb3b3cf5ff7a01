"""Writes the tables of ``docs/readouts.md`` by ``uv run python docs/readouts.py``."""

from __future__ import annotations

from pathlib import Path

from simulator.measures.readout_table import BY_PLACE, Readout
from tui.readouts import WORDS
from tui.services.commands import WORDS as SERVICES_WORDS

PAGE = Path(__file__).with_suffix(".md")


def table() -> str:
    """Return the table in Markdown, a row a readout, what callers notice most first."""
    head = (
        "| readout | in JSON | unit | what it is | needs labels | heard from outside |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(map(_row, BY_PLACE))


def _row(readout: Readout) -> str:
    truth = "yes" if readout.needs_truth else ""
    heard = f"no: {readout.unheard}" if readout.unheard else f"yes: {readout.caveat}" if readout.caveat else "yes"
    cells = (readout.title, f"`{readout.name}`", readout.unit, readout.meaning, truth, heard)
    return f"| {' | '.join(cells)} |\n"


def words() -> str:
    """Return the words that screens and tables use, in Markdown."""
    rows = [f"| {word} | {meaning} |\n" for word, meaning in {**WORDS, **SERVICES_WORDS}.items()]
    return "| word | what it means |\n| --- | --- |\n" + "".join(rows)


def main() -> None:
    """Write both tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    for name, made in (("table", table()), ("words", words())):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, rest = page.split(begin)
        page = before + begin + made + end + rest.split(end)[1]
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
