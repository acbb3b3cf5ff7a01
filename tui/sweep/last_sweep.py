"""The last sweep of a service on disk: its form, and its result unless it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from base.files import write_whole
from base.folders import sweeps_folder
from base.json_text import NotJsonError, json_bytes, json_of
from presets.config import ConfigError, parse
from presets.layers import Layer
from services.calls.folders import safe_name
from simulator.errors import SimulatorError
from simulator.sweep.result import TODAY, result_of
from simulator.sweep.space import Space
from tui.host import Host, Job
from tui.sweep.shown import SweepFound

if TYPE_CHECKING:
    from simulator.sweep.result import SweepResult
    from tui.sweep.sources import Today

CUT_OFF = "The last sweep here was interrupted; r continues it."


@dataclass(frozen=True, slots=True)
class KeptSweep:
    """The result of :meth:`~tui.sweep.setup.SetupController.typed`, and the sweep's result.

    ``None``: interrupted.
    """

    form: dict[str, Any] = field(default_factory=dict)
    found: SweepFound | None = None


class KeepingForms:
    """Keeps the last sweep of each service. A full disk does not stop a sweep."""

    def __init__(self, host: Host, *, read_only: Callable[[], bool]) -> None:
        self._host = host
        self._read_only = read_only

    def begun(self, service_id: str | None, form: dict[str, Any]) -> None:
        """Keep the form of a starting sweep."""
        self._write(service_id, {"form": form})

    def over(self, form: dict[str, Any], result: SweepResult, today: Today) -> None:
        """Keep the result of a sweep."""
        above = [{"name": one.name, "voice_config": one.config.set_values()} for one in today.inherited]
        self._write(today.service_id, {"form": form, "result": result.to_json(), "inherited": above})

    def _write(self, service_id: str | None, content: dict[str, Any]) -> None:
        def write(_: Job) -> None:
            with suppress(OSError):
                write_whole(_file(service_id), json_bytes(content))

        if not self._read_only():
            self._host.start_thread(write, "kept sweep")

    def read(self, service_id: str | None, take: Callable[[KeptSweep], None]) -> None:
        """Call ``take`` with the last sweep of a service, if there is one."""

        def read(job: Job) -> None:
            if (kept := read_kept(service_id)) is not None:
                job.report(partial(take, kept))

        self._host.start_thread(read, "kept sweep")


def read_kept(service_id: str | None) -> KeptSweep | None:
    """Return the last sweep of a service. ``None`` if there is none that can be read."""
    try:
        raw = json_of(_file(service_id).read_bytes())
        form = dict(raw["form"])
        if "result" not in raw:
            return KeptSweep(form)
        result = result_of(raw["result"])
        above = tuple(Layer(one["name"], parse(one["voice_config"])) for one in raw["inherited"])
    except (OSError, NotJsonError, ConfigError, SimulatorError, LookupError, TypeError, ValueError, AttributeError):
        return None
    return KeptSweep(
        form, SweepFound.over(result, Space((), result.settings[result.baseline].config, above).changes)
    )


def _file(service_id: str | None) -> Path:
    return sweeps_folder() / f"last-{safe_name(service_id) if service_id else TODAY}.json"
