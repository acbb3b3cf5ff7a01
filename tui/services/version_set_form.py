"""The form of a version set: what is stored in it, and what a person changed, as an upsert."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from base.json_text import json_line
from tui.dialogs.form_dialog import FormField
from tui.terminal_text import plain

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.changes.requests import Upsert
    from services.model import Service, VersionSet

FIELDS = [
    FormField(
        name="name", label="Name", help="1 to 40 letters, digits, _ or -. Another name makes another version set."
    ),
    FormField(name="agent", label="Agent version", help="A number, or nothing for always the latest."),
    FormField(name="graph", label="Graph version", help="A number, or nothing for always the latest."),
    FormField(
        name="models",
        label="Models",
        help="interaction=model with commas between, such as navigation=gpt-4.1-mini.",
    ),
    FormField(
        name="behaviors", label="Behaviors", help="Ids of the dynamic behaviors at work, with commas between."
    ),
    FormField(name="runtime", label="Turn runtime", help="What runs the turns, such as native or openai-agents."),
]
_PINS = {"agent": "agent_version_number", "graph": "context_graph_version_number"}


def form_values(name: str, version_set: VersionSet) -> dict[str, str]:
    """Return what the form shows of a version set."""
    pins = (version_set.agent_version_number, version_set.context_graph_version_number)
    agent, graph = ("" if number is None else str(number) for number in pins)
    values = {
        "name": name,
        "agent": agent,
        "graph": graph,
        "models": ", ".join(f"{use}={model}" for use, model in version_set.models().items()),
        "behaviors": ", ".join(version_set.applied_behavior_ids or ()),
        "runtime": version_set.turn_runtime or "",
    }
    return {field: plain(value) for field, value in values.items()}


def upsert(service: Service, shown: str, values: Mapping[str, str]) -> Upsert:
    """Return the upsert that makes the form's values true, starting from the version set ``shown``.

    Under another name it makes a copy of ``shown`` with the changes. Raises :class:`ValueError` with what to mend.
    """
    from services.changes.requests import Upsert
    from services.model import EDGE, VersionSet, version_set_name
    from services.writing import write_version_set

    target = version_set_name(values["name"].strip())
    source = service.version_sets.get(shown, VersionSet())
    if target == EDGE:
        raise ValueError("edge always points at the latest versions and cannot be written; choose another name")
    if target != shown and target in service.version_sets:
        raise ValueError(f"{target} is there already: go to its line to change it, or choose another name")
    before = form_values(shown, source)
    touched = {name for name, value in values.items() if value != before[name]}
    fields: dict[str, JsonValue] = dict(write_version_set(source)) if target != shown else {}
    for name in touched & _PINS.keys():
        fields[_PINS[name]] = _number(values[name])
    if "runtime" in touched:
        fields["turn_runtime"] = values["runtime"].strip() or None
    if "behaviors" in touched:
        ids: list[JsonValue] = list(_parts(values["behaviors"]))
        fields["applied_behavior_ids"] = ids
    models = _models(source, values["models"]) if "models" in touched else {}
    return Upsert(target, fields, models)


def _number(text: str) -> int | None:
    text = text.strip().removeprefix("v")
    if text in ("", "latest"):
        return None
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"a version is a whole number, or nothing for the latest, not {json.dumps(text)}")
    return int(text)


def _models(source: VersionSet, text: str) -> dict[str, str | None]:
    wanted: dict[str, str | None] = dict.fromkeys(source.models())
    for one in _parts(text):
        use, equals, model = (part.strip() for part in one.partition("="))
        if not (use and equals and model):
            raise ValueError(f"models are written interaction=model, not {json_line(one)}")
        wanted[use] = model
    return {use: model for use, model in wanted.items() if model != source.models().get(use)}


def _parts(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(",")) if part]
