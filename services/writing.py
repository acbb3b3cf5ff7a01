"""Writes the model in a platform's form. Values that were read and not changed go back as they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from services.model import NewService, Service, Tag, VersionSet
from services.service_fields import SERVICE_FIELDS, ServiceField

JsonObject = dict[str, JsonValue]


def write_tags(tags: Sequence[Tag]) -> JsonValue:
    """Return tags as the Platform API takes them: a list of keys and values."""
    return [{"key": tag.key, "value": tag.value} for tag in tags]


def write_version_set(version_set: VersionSet, *, context_graph: str = "context_graph") -> JsonObject:
    """Return a version set in either API's form. ``context_graph`` is the API's name for one.

    A field that had an unexpected type goes back as it came.
    """
    body: JsonObject = {
        "agent_version_number": version_set.agent_version_number,
        f"{context_graph}_version_number": version_set.context_graph_version_number,
        "llm_model_preferences": dict(version_set.llm_model_preferences),
    }
    if version_set.turn_runtime is not None:
        body["turn_runtime"] = version_set.turn_runtime
    if version_set.applied_behavior_ids is not None:
        body["applied_behavior_ids"] = list(version_set.applied_behavior_ids)
    names = {"context_graph_version_number": f"{context_graph}_version_number"}
    return body | {names.get(name, name): value for name, value in version_set.extra.items()}


def write_field(field: ServiceField, value: Any) -> JsonValue:
    """Return a model field's value in the Platform API's form."""
    if value is None:
        return None
    if field.kind == "tags":
        return write_tags(value)
    plain: JsonValue = list(value) if field.kind == "words" else value
    return plain


def service_values(service: Service) -> JsonObject:
    """Return the value of every settable field under the Platform API's names, and the content of ``extra``."""
    return dict(service.extra) | known_values(service)


def known_values(service: Service) -> JsonObject:
    """Return the value of every settable field under the Platform API's names."""
    return {field.name: write_field(field, getattr(service, field.name)) for field in SERVICE_FIELDS}


def write_new_service(new: NewService) -> JsonObject:
    """Return the body that creates a service on Platform. ``None`` leaves a field to its default."""
    body = {field.name: write_field(field, getattr(new, field.name)) for field in SERVICE_FIELDS}
    body["voice_config"] = None if new.voice_config is None else dict(new.voice_config)
    body["version_sets"] = None if new.release is None else {"release": write_version_set(new.release)}
    return {name: value for name, value in body.items() if value is not None} | dict(new.extra)


def service_changes(before: Service, after: Service) -> JsonObject:
    """Return the changes for :meth:`services.client.ServicesClient.update_service`, from ``before`` to ``after``.

    It contains only fields that differ, so another user's changes and unknown fields stay. Version sets and
    ``voice_config`` are not compared: they have their own requests. Fields of ``extra`` are compared; a missing one
    is sent as ``null``.
    """
    changes = {
        field.name: write_field(field, getattr(after, field.name))
        for field in SERVICE_FIELDS
        if getattr(after, field.name) != getattr(before, field.name)
    }
    return changes | _differing(before.extra, after.extra)


def _differing(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> JsonObject:
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | dict.fromkeys(name for name in before if name not in after)
