"""A gate: checks readouts against ``--require``. Reports on standard error, by exit code, in JSON and as JUnit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from base.files import write_private
from base.os_errors import os_error_text
from simulator.errors import SimulatorError
from simulator.measures.limits import MEASURABLE, Limit, LimitError, LimitResult, Measurable, Readouts, parse_limits
from tui.cli.failure import CallError, Faults, ReportedError, WorkError, check_folder, complain, report

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, even escaped."""

_JUNIT: Final = re.compile(rb"\s*(<\?xml[^>]*>\s*)?<testsuites?[\s>]")


@dataclass(frozen=True, slots=True)
class JudgedLimit:
    """One limit, checked for one configuration or set of calls."""

    subject: str
    judgement: LimitResult

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON. ``met`` is ``null`` if it could not be judged."""
        one = self.judgement
        return {
            "require": one.limit.text,
            "of": self.subject,
            "met": one.met,
            "measured": one.measured,
            "sentence": one.sentence,
        }


@dataclass(slots=True)
class Gate:
    """A command's limits on its readouts. ``suite`` is its name in JUnit."""

    suite: str
    limits: tuple[Limit, ...] = ()
    junit: Path | None = None
    judged: list[JudgedLimit] = field(default_factory=list)
    _written: bool = False

    def judge(self, readouts: Mapping[str, Readouts], left_out: Mapping[str, str] | None = None) -> None:
        """Check every limit for every subject. ``left_out`` says why a readout is missing."""
        self.judged = [
            JudgedLimit(subject, limit.judge(found, left_out))
            for subject, found in readouts.items()
            for limit in self.limits
        ]

    def to_json(self) -> dict[str, Any]:
        """Return ``required`` for the command's JSON. Empty without limits."""
        return {"required": [one.to_json() for one in self.judged]} if self.limits else {}

    def close(self, faults: Faults) -> None:
        """Write the JUnit file, report each limit that is not met, and fail the command if there is one.

        Raises :class:`~tui.cli.failure.ReportedError`, and :class:`~tui.cli.failure.WorkError` if the file cannot
        be written.
        """
        self._write([(one["path"], one["error"]) for one in faults.to_json()])
        failed = [one for one in self.judged if not one.judgement.met]
        several = len({one.subject for one in self.judged}) > 1
        for one in failed:
            report(f"{one.subject}: {one.judgement.sentence}" if several else one.judgement.sentence, "failed")
        if failed:
            raise ReportedError

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Write a JUnit file even if the work fails first: an earlier run's file would count as passed."""
        try:
            yield
        except (CallError, WorkError, ReportedError, SimulatorError) as error:
            if not self._written:
                causes = error.__cause__
                errors = causes.exceptions if isinstance(causes, ExceptionGroup) else (error,)
                try:
                    self._write([(self.suite, str(one) or "failed") for one in errors])
                except WorkError as unwritten:
                    complain(str(unwritten))
            raise

    def _write(self, errors: Sequence[tuple[str, str]]) -> None:
        if self.junit is None:
            return
        self._written = True
        content = junit_xml(self.suite, self.judged, errors)
        try:
            write_private(self.junit, content, replace=True)
        except OSError as error:
            raise WorkError(f"--junit {self.junit}: {os_error_text(error)}; choose another place") from None


def gate_of(
    suite: str, require: Sequence[str] | None, junit: Path | None, known: Sequence[Measurable] = MEASURABLE
) -> Gate:
    """Return the requested gate. Raises :class:`~tui.cli.failure.CallError` before any work begins."""
    try:
        limits = parse_limits(require or (), known)
    except LimitError as error:
        raise CallError(f"--require {error}") from None
    if junit is None:
        return Gate(suite, limits)
    if not limits:
        raise CallError("--junit writes the results of --require; give a limit, such as --require 'cut_ins<=5%'")
    check_folder(f"--junit {junit}", junit)
    if junit.exists() and not (junit.is_file() and _is_junit(junit)):
        raise CallError(f"--junit {junit}: exists already and is not a JUnit file; choose another name")
    return Gate(suite, limits, junit)


def _is_junit(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            begin = file.read(1000)
    except OSError:
        return False
    return not begin or _JUNIT.match(begin) is not None


def junit_xml(suite: str, judged: Sequence[JudgedLimit], errors: Sequence[tuple[str, str]]) -> bytes:
    """Return a JUnit file with a case for each limit and subject, and one for each other failure."""
    top = ElementTree.Element("testsuites")
    cases = ElementTree.SubElement(top, "testsuite", name=_xml(suite))
    prefix = suite.replace(" ", ".")
    for one in judged:
        found = one.judgement
        case = _case(cases, f"{prefix}.{one.subject}", found.limit.text)
        if not found.met:
            kind = "error" if found.met is None else "failure"
            ElementTree.SubElement(case, kind, type="require", message=_xml(found.sentence)).text = _xml(
                found.sentence
            )
    for subject, why in errors:
        case = _case(cases, prefix, subject)
        ElementTree.SubElement(case, "error", type="failed", message=_xml(why)).text = _xml(why)
    unjudged = sum(one.judgement.met is None for one in judged)
    counts = {
        "tests": len(judged) + len(errors),
        "failures": sum(one.judgement.met is False for one in judged),
        "errors": unjudged + len(errors),
    }
    for element in (top, cases):
        element.attrib.update({name: str(count) for name, count in counts.items()})
    cases.attrib["skipped"] = "0"
    ElementTree.indent(top)
    text = ElementTree.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _case(cases: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(cases, "testcase", classname=_xml(classname), name=_xml(name), time="0")


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)
