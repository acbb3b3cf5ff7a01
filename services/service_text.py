"""A service as text for other tools: as JSON, and as a curl line without secrets."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from base.json_text import json_lines

if TYPE_CHECKING:
    from services.client import Dialect
    from services.model import Service
    from services.writing import JsonObject

EMBEDDED = "http://embedded-platform"
"""The address of a platform inside this process. No other program can reach it."""

UNSAID = ("channel_type", "environment")
"""Fields that are empty if the platform does not have them."""

_KEYS = {"platform": "PLATFORM_API_KEY", "classic": "AMIGO_TOKEN"}


def service_fields(service: Service, *, problems: bool = False) -> JsonObject:
    """Return the known fields of a service under the Platform API's names. ``problems``: also its problems."""
    from services.writing import known_values, write_version_set

    known = known_values(service)
    unsaid: JsonObject = {name: None for name in UNSAID if not known[name]}
    odd: JsonObject = {"voice_config_problems": [str(problem) for problem in service.voice_problems]}
    return {
        "id": service.id,
        "workspace_id": service.workspace_id,
        **known,
        **unsaid,
        "agent_name": service.agent_name,
        "context_graph_name": service.context_graph_name,
        "is_system": service.is_system,
        "voice_config": service.voice_config.set_values(),
        **(odd if problems else {}),
        "version_sets": {name: write_version_set(one) for name, one in service.version_sets.items()},
        "created_at": service.created_at.isoformat() if service.created_at else None,
        "updated_at": service.updated_at.isoformat() if service.updated_at else None,
    }


def service_json(service: Service) -> str:
    """Return a service as JSON, including unknown fields."""
    return json_lines(service_fields(service) | dict(service.extra))


def curl_line(address: str, dialect: Dialect) -> tuple[str, str]:
    """Return a curl line that reads ``address``, and the variables that it needs."""
    key = _KEYS[dialect]
    needs = f"set {key} to your {'API key' if dialect == 'platform' else 'access token (sign in for one)'}"
    quoted = shlex.quote(address)
    if address.startswith(EMBEDDED + "/"):
        # The variable stands outside the quotes, so that the shell expands it.
        quoted = '"$PLATFORM_API_URL"' + shlex.quote(address.removeprefix(EMBEDDED))
        needs = "run 'turnlab serve --json', then set PLATFORM_API_URL and PLATFORM_API_KEY to its url and api_key"
    return f'curl -sS {quoted} -H "Authorization: Bearer ${key}"', needs
