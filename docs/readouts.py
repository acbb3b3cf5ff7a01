"""Writes the table of ``docs/readouts.md`` from the readouts' rows: ``uv run python docs/readouts.py``."""

from __future__ import annotations

from pathlib import Path

from simulator.measures.readout_table import BY_PLACE, Readout

PAGE = Path(__file__).with_suffix(".md")
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


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


def main() -> None:
    """Write the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
