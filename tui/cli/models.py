"""``turnlab models``: the model files, their folders, and whether they are the expected ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from simulator.activity.model_files import (
    MODELS,
    SILERO_FRAME,
    SILERO_SEQUENCE,
    SMART_TURN,
    FoundModel,
    ModelFile,
    find_model,
    why_silence_only,
)
from tui.cli.failure import ReportedError, complain, failures
from tui.cli.tables import print_line, print_table

if TYPE_CHECKING:
    from simulator.activity.reference import Agreement


def list_models(*, as_json: bool) -> None:
    """Print every model that Turnlab can use. Raises :class:`~tui.cli.failure.WorkError`."""
    with failures():
        found = {model: find_model(model) for model in MODELS}
    used = _used(found)
    if as_json:
        rows = [_to_json(model, one, model in used) for model, one in found.items()]
        print(json.dumps({"schema": "turnlab.models/1", "models": rows}))
        return
    for model, one in found.items():
        print_table("", [model.name, _state(one, model in used)], _rows(model, one), left=2)
    if SMART_TURN not in used:
        print_line(f"End of turn: silence only; {why_silence_only()}.")


def check_models(*, as_json: bool) -> None:
    """Report whether a clip gives the reference numbers on this machine. Raises :class:`ReportedError` if not."""
    import platform
    from importlib.metadata import version

    from simulator.activity.reference import TOLERANCE, agreement
    from tui.cli.inputs import end_of_turn_judge

    model = end_of_turn_judge(None)
    with failures():
        found = agreement(model)
    if as_json:
        report: dict[str, Any] = {
            "schema": "turnlab.model-check/1",
            "agrees": found.agrees,
            "tolerance": TOLERANCE,
        }
        report |= {"onnxruntime": version("onnxruntime"), "processor": platform.machine()}
        print(
            json.dumps(report | {"end_of_turn_model": model.name, "same_pauses": found.same_pauses, **_off(found)})
        )
    else:
        rows = [[name, "none" if off is None else f"{off:.4f}"] for name, off in _off(found).items()]
        title = (
            f"Largest difference from the reference, onnxruntime {version('onnxruntime')} on {platform.machine()}"
        )
        print_table(title, ["number", "off by"], [[name.replace("_", " "), off] for name, off in rows])
        print_line(_verdict(found))
    if not found.agrees:
        raise ReportedError


def _off(found: Agreement) -> dict[str, float | None]:
    return {"speech_probability": found.voice, "model_output": found.model, "completeness": found.completeness}


def _verdict(found: Agreement) -> str:
    if found.agrees:
        return "This machine agrees: it makes the same decisions as the reference machine."
    if not found.same_pauses:
        return "This machine differs: it finds other pauses, so any decision may differ from other machines."
    if found.completeness is None:
        return "This machine differs in the timing of speech; pauses may begin some frames earlier or later."
    return (
        f"This machine differs: a confidence over {found.completeness:.3f} from its threshold (the margin in"
        " --explain and --json) decides the same elsewhere, a closer one perhaps not."
    )


def fetch(*, force: bool, as_json: bool) -> None:
    """Download the end-of-turn model. Raises :class:`~tui.cli.failure.WorkError`, and then stores nothing."""
    from simulator.activity.fetch_model import fetch_model, installer

    with failures():
        found = find_model(SMART_TURN)
        if found and found.expected and not force:
            if as_json:
                _print_fetched(found, fetched=False)
                return
            print_line(f"{SMART_TURN.name} is there already: {found.path} (download it again: --force)")
            return
        with _waiting(f"getting {SMART_TURN.requirement} (12 MB) through {installer() or 'pip'}"):
            kept = fetch_model(SMART_TURN)
    if as_json:
        with failures():
            _print_fetched(find_model(SMART_TURN), fetched=True)
        return
    size = kept.stat().st_size / 1e6
    print_line(f"{SMART_TURN.name} ({size:.1f} MB, {SMART_TURN.licence}) is in {kept}; SHA-256 as expected.")


def _print_fetched(found: FoundModel | None, *, fetched: bool) -> None:
    used = found is not None and found.expected
    report = {"schema": "turnlab.model-fetch/1", "fetched": fetched, "model": _to_json(SMART_TURN, found, used)}
    print(json.dumps(report))


@contextmanager
def _waiting(text: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        complain(text)
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def _used(found: dict[ModelFile, FoundModel | None]) -> set[ModelFile]:
    ready = {model for model, one in found.items() if one and one.expected}
    return ready - {SILERO_FRAME} if SILERO_SEQUENCE in ready else ready


def _state(found: FoundModel | None, used: bool) -> str:
    if found is None:
        return "not installed"
    if not found.expected:
        return "not used: is not the expected file"
    return "in use" if used else "installed, not needed"


def _rows(model: ModelFile, found: FoundModel | None) -> list[list[str]]:
    if found is None:
        shown = [["package", model.requirement]]
    else:
        right = "as expected" if found.expected else f"but {model.sha256} is expected"
        origin = f"package {model.distribution} {found.version or '(version unknown)'}"
        shown = [
            ["from", origin if found.source == "package" else "the data directory (turnlab models fetch)"],
            ["path", str(found.path)],
            ["size", f"{found.size / 1e6:.1f} MB"],
            ["SHA-256", f"{found.sha256}, {right}"],
        ]
    return [["for", model.purpose], *shown, ["licence", model.licence], ["without it", model.without]]


def _to_json(model: ModelFile, found: FoundModel | None, used: bool) -> dict[str, Any]:
    return {
        "name": model.name,
        "purpose": model.purpose,
        "without": model.without,
        "licence": model.licence,
        "package": model.distribution,
        "package_version": model.version,
        "expected_sha256": model.sha256,
        "installed": found is not None,
        "used": used,
        "source": found.source if found else None,
        "installed_version": found.version if found else None,
        "path": str(found.path) if found else None,
        "bytes": found.size if found else None,
        "sha256": found.sha256 if found else None,
        "expected": found.expected if found else None,
    }
