"""``turnlab report``: reads a result, renders it as a page, and writes that atomically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from base.json_text import TextError
from tui.cli.failure import CallError, check_output, write_output
from tui.cli.tables import print_whole
from tui.report.enclosed import EnclosureRequest, enclose
from tui.report.heard import checked_page, periods_page
from tui.report.page import ReportPage, render
from tui.report.results import Checked, Periods, Result, Simulated, Swept, read_result
from tui.report.simulated import simulated_page
from tui.report.swept import swept_page


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The command's options."""

    result: Path
    output: Path
    force: bool = False
    with_audio: bool = False
    with_words: bool = False


def write_report(request: ReportRequest) -> None:
    """Write a report and say where.

    Raises :class:`~tui.cli.failure.CallError` for an invalid result or place, and
    :class:`~tui.cli.failure.WorkError` if the report cannot be written.
    """
    _check_output(request)
    try:
        schema, result = read_result(request.result)
    except TextError as error:
        raise CallError(str(error)) from None
    wanted = EnclosureRequest(request.with_audio, request.with_words, request.result.parent)
    page = page_of(schema, result)
    if isinstance(result, Periods):
        if wanted.audio or wanted.words:
            raise CallError("two periods have no turns to draw; omit --with-audio and --with-words")
    else:
        page = enclose(page, result.differ_most, wanted)
    html = render(page)
    write_output(f"--output {request.output}", request.output, html.encode("utf-8", "replace"), force=request.force)
    print_whole(f"{request.output}: the report, readable by you alone; look at it before you send it.")


def page_of(schema: str, result: Result) -> ReportPage:
    """Return the page of a result."""
    if isinstance(result, Simulated):
        return simulated_page(result, "evaluation" if schema == "turnlab.evaluation/1" else "simulation")
    if isinstance(result, Checked):
        return checked_page(result)
    if isinstance(result, Swept):
        return swept_page(result)
    return periods_page(result)


def _check_output(request: ReportRequest) -> None:
    path = request.output
    if str(path) == "-":
        raise CallError("--output -: a report goes to a file; name one that ends in .html")
    if path.exists() and request.result.exists() and path.samefile(request.result):
        raise CallError(f"--output {path}: is the result itself; choose another name")
    check_output(f"--output {path}", path, force=request.force)
    if path.exists() and not path.is_file():
        raise CallError(f"--output {path}: is not a file; choose another name")
