"""The embedded platform's answers against the vendor's published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from services.embedded.seed import demo_id
from tests.services.conftest import Wire, service_path

CONTRACT = Path(__file__).parents[2] / ".." / "shared" / "contract" / "platform.openapi.json"

pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's OpenAPI document is not here")


def _validate(name: str, body: Any) -> None:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)


def _nothing_undocumented(name: str, body: dict[str, Any], allowed: set[str]) -> None:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    known = set(document["components"]["schemas"][name]["properties"])
    assert body.keys() - known == allowed


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/services?limit=100", "PaginatedResponse_ServiceResponse_"),
        ("/services?limit=5", "PaginatedResponse_ServiceResponse_"),
        (service_path("Línea en Español"), "ServiceResponse"),
        ("/agents", "PaginatedResponse_AgentResponse_"),
        (f"/agents/{demo_id('agent', 'Noor, nurse line')}", "AgentResponse"),
        ("/context-graphs", "PaginatedResponse_ContextGraphResponse_"),
        (f"/context-graphs/{demo_id('context_graph', 'After hours')}", "ContextGraphResponse"),
        ("/settings/voice", "VoiceSettingsResponse"),
    ],
)
async def test_read_answers_match_the_schema(wire: Wire, path: str, schema: str) -> None:
    response = await wire.get(path)
    assert response.status_code == 200
    _validate(schema, response.json())


async def test_update_answers_match_the_schema(wire: Wire) -> None:
    change = {"eot_timeout_ms": None, "backchannel_delay_ms": 250, "forwarding": {"forward_to": "+15550100123"}}
    updated = await wire.put(service_path("Intake Line"), {"voice_config": change})
    assert updated.status_code == 200
    _validate("ServiceResponse", updated.json())
    # The vendor's documentation has safety_filters_enabled; its OpenAPI document lacks it.
    _nothing_undocumented("ServiceResponse", updated.json(), {"safety_filters_enabled"})
    settings = await wire.put("/settings/voice", {"language_providers": {"es": {"provider": "groq"}}, "tone": None})
    assert settings.status_code == 200
    _validate("VoiceSettingsResponse", settings.json())
    _nothing_undocumented("VoiceSettingsResponse", settings.json(), set())


@pytest.mark.parametrize(
    "path", ["/services?limit=101", "/services/nonsense", "/services?search=", "/agents?limit=x"]
)
async def test_a_refusal_fits_the_schema(wire: Wire, path: str) -> None:
    response = await wire.get(path)
    assert response.status_code == 422
    _validate("HTTPValidationError", response.json())
