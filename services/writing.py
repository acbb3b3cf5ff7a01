"""Writes the model as a platform takes it, so that what was read and not touched goes back as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from services.model import NewService, Service, Tag, VersionSet

JsonObject = dict[str, JsonValue]

_EDITABLE = (
    "name",
    "description",
    "agent_id",
    "context_graph_id",
    "is_active",
    "tool_capacity",
    "channel_type",
    "environment",
    "safety_filters_enabled",
)


def write_tags(tags: Sequence[Tag]) -> JsonValue:
    """Return tags as the Platform API takes them: a list of keys and values."""
    return [{"key": tag.key, "value": tag.value} for tag in tags]


def write_version_set(version_set: VersionSet, *, context_graph: str = "context_graph") -> JsonObject:
    """Return a version set as either API takes it; ``context_graph`` is what the API calls one.

    A field that was of an unexpected type when it was read goes back as it came.
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


def write_new_service(new: NewService) -> JsonObject:
    """Return the body that makes a service on Platform; what is ``None`` is left to its defaults."""
    body: JsonObject = {
        "name": new.name,
        "description": new.description,
        "agent_id": new.agent_id,
        "context_graph_id": new.context_graph_id,
        "is_active": new.is_active,
        "tags": write_tags(new.tags),
        "keyterms": list(new.keyterms),
        "tool_capacity": new.tool_capacity,
        "channel_type": new.channel_type,
        "environment": new.environment,
        "safety_filters_enabled": new.safety_filters_enabled,
        "voice_config": None if new.voice_config is None else dict(new.voice_config),
        "version_sets": None if new.release is None else {"release": write_version_set(new.release)},
    }
    return {name: value for name, value in body.items() if value is not None} | dict(new.extra)


def service_changes(before: Service, after: Service) -> JsonObject:
    """Return what :meth:`services.client.ServicesClient.update_service` must send to get from one to the other.

    Only fields that differ are in it, so that what somebody else changed meanwhile, and what Turnlab does not
    know, stays. Version sets and ``voice_config`` are not compared: they have calls of their own. Fields of
    ``extra`` are; one that is missing afterwards is sent as ``null``.
    """
    changes: JsonObject = {
        name: getattr(after, name) for name in _EDITABLE if getattr(after, name) != getattr(before, name)
    }
    if after.tags != before.tags:
        changes["tags"] = write_tags(after.tags)
    if after.keyterms != before.keyterms:
        changes["keyterms"] = list(after.keyterms)
    return changes | _differing(before.extra, after.extra)


def _differing(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> JsonObject:
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | dict.fromkeys(name for name in before if name not in after)
