"""The dashboard's use of a service, through its client, on the real platform and file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import JsonValue

from presets.config import changes
from services.client import ServicesClient
from services.embedded import open_embedded
from services.embedded.seed import demo_id
from services.errors import InvalidError, NotFoundError
from services.paging import iter_services
from tests.services.conftest import Wire, service_path

INTAKE = demo_id("service", "Intake Line")
ADAPTIVE = demo_id("service", "Adaptive Support")


async def test_first_start_shows_a_clinic(client: ServicesClient) -> None:
    page = await client.list_services()
    assert page.total == len(page.items) >= 10
    assert page.continuation is None
    by_name = {service.name: service for service in page.items}
    assert by_name["Billing (old)"].is_active is False
    assert by_name["Patient Chat"].channel_type == "text"
    assert by_name["Meet & Greet"].voice_config.set_values() == {}
    intake = by_name["Intake Line"]
    assert (intake.agent_name, intake.context_graph_name) == ("Mara, front desk", "Patient intake")
    assert [str(tag) for tag in intake.tags][:2] == ["channel:phone", "preset:voice"]
    assert intake.version_sets["edge"].agent_version_number is None
    assert intake.version_sets["release"].agent_version_number == 5
    assert intake.version_sets["release"].models()["navigation"] == "gpt-4.1-mini"
    assert len(intake.version_sets["preview"].applied_behavior_ids or ()) == 4
    assert intake.safety_filters_enabled is True
    assert intake.created_at is not None
    assert intake.created_at.tzinfo is not None
    assert not intake.extra


async def test_a_stored_value_out_of_range_is_shown_not_refused(client: ServicesClient) -> None:
    service = await client.get_service(ADAPTIVE)
    assert [problem.field for problem in service.voice_problems] == ["max_buffer_delay_ms"]
    assert service.voice_config.max_buffer_delay_ms == 1500
    assert service.voice_config.unknown_fields() == ("adaptive_pacing",)


async def test_a_restart_keeps_edits_and_does_not_seed_again(workspace: Path) -> None:
    async with open_embedded(workspace) as first:
        await first.update_voice_config(INTAKE, {"max_buffer_delay_ms": 320})
    async with open_embedded(workspace) as second:
        assert (await second.get_service(INTAKE)).voice_config.max_buffer_delay_ms == 320
        assert (await second.list_services()).total == 12


async def test_an_edit_merges(client: ServicesClient) -> None:
    before = await client.get_service(ADAPTIVE)
    edited = before.voice_config.with_value("eot_timeout_ms", None).with_value("eager_eot_threshold", 0.4)
    body = changes(before.voice_config, edited)
    assert body == {"eager_eot_threshold": 0.4, "eot_timeout_ms": None}
    after = await client.update_voice_config(ADAPTIVE, body)
    # The out-of-range value and the unknown field were not changed: they neither block nor vanish.
    assert after.voice_config.set_values() == edited.set_values()
    assert after.voice_config.set_values()["adaptive_pacing"] == {"mode": "gentle", "floor": 0.85}
    assert after.updated_at is not None
    assert before.updated_at is not None
    assert after.updated_at > before.updated_at
    assert await client.get_service(ADAPTIVE) == after


async def test_putting_every_field_back_leaves_a_layer_that_sets_nothing(
    client: ServicesClient, wire: Wire
) -> None:
    set_now = (await client.get_service(INTAKE)).voice_config.set_values()
    after = await client.update_voice_config(INTAKE, dict.fromkeys(set_now))
    assert after.voice_config.set_values() == {}
    stored = (await wire.get(service_path("Intake Line"))).json()["voice_config"]
    assert {name: value for name, value in stored.items() if value is not None} == {
        "filler_style": "backchannel", "backchannel_delay_ms": 400, "forward_call_enabled": False
    }  # fmt: skip


@pytest.mark.parametrize("name", ["filler_style", "backchannel_delay_ms", "forward_call_enabled"])
async def test_the_platform_takes_no_null_where_the_schema_has_none(wire: Wire, name: str) -> None:
    before = (await wire.get(service_path("Intake Line"))).json()
    refused = await wire.put(service_path("Intake Line"), {"voice_config": {name: None, "eot_timeout_ms": 900}})
    assert (refused.status_code, refused.json()["detail"][0]["loc"][-1]) == (422, name)
    assert (await wire.get(service_path("Intake Line"))).json() == before


async def test_no_change_sends_no_update(client: ServicesClient) -> None:
    before = await client.get_service(INTAKE)
    assert await client.update_voice_config(INTAKE, {}) == before


async def test_concurrent_edits_of_different_fields_all_survive(workspace: Path) -> None:
    values: dict[str, JsonValue] = {
        "eot_timeout_ms": 4000,
        "post_eot_pause_ms": 100,
        "filler_cooldown_ms": 2000,
        "empathy_hold_ms": 300,
        "max_response_words": 40,
        "barge_in_cooldown_s": 2.5,
    }
    # Two clients with separate connections, like two Turnlabs on one file.
    async with open_embedded(workspace) as one, open_embedded(workspace) as other:
        edits = [
            (one if number % 2 else other).update_voice_config(INTAKE, {name: value})
            for number, (name, value) in enumerate(values.items())
        ]
        await asyncio.gather(*edits)
        after = (await one.get_service(INTAKE)).voice_config.set_values()
    assert values.items() <= after.items()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_buffer_delay_ms", 199),
        ("max_buffer_delay_ms", 1001),
        ("max_buffer_delay_ms", 10**400),
        ("max_buffer_delay_ms", "300"),
        ("max_buffer_delay_ms", True),
        ("eager_eot_threshold", 1.01),
        ("eager_eot_threshold", -0.01),
        ("eager_eot_threshold", "high"),
        ("tts_model", "sonic-9"),
        ("filler_style", "loud"),
        ("filler_vocabulary", "Mm"),
        ("forwarding", {"warm_transfer": True}),
        ("language_providers", {"es": {"provider": "nobody"}}),
        ("language_providers", {str(number): {"provider": "groq"} for number in range(11)}),
    ],
)
async def test_a_value_that_breaks_a_rule_is_refused_by_name(
    client: ServicesClient, field: str, value: JsonValue
) -> None:
    before = await client.get_service(INTAKE)
    with pytest.raises(InvalidError) as caught:
        await client.update_voice_config(INTAKE, {field: value, "eot_timeout_ms": 1234})
    assert caught.value.status == 422
    assert [problem.field for problem in caught.value.problems] == [field]
    assert field in str(caught.value)
    assert await client.get_service(INTAKE) == before


@pytest.mark.parametrize("number", [200, 1000])
async def test_the_bounds_themselves_are_allowed(client: ServicesClient, number: int) -> None:
    after = await client.update_voice_config(INTAKE, {"max_buffer_delay_ms": number})
    assert after.voice_config.max_buffer_delay_ms == number


async def test_values_that_json_cannot_hold_are_not_sent(client: ServicesClient) -> None:
    with pytest.raises(InvalidError, match="nothing was sent"):
        await client.update_voice_config(INTAKE, {"eager_eot_threshold": float("nan")})


async def test_text_survives_verbatim(client: ServicesClient, wire: Wire) -> None:
    name = "[bold]Línea[/] \x1b[31m\t\x00 \u202e' OR 1=1; -- %_ 🩺"
    response = await wire.put(service_path("Intake Line"), {"name": name, "description": "\r\n"})
    assert response.status_code == 200
    words: list[JsonValue] = ["[red]Mm", "\x07", "\ud800"]
    after = await client.update_voice_config(INTAKE, {"filler_vocabulary": words, "[x]": {"\n": None}})
    assert (after.name, after.description) == (name, "\r\n")
    assert after.voice_config.set_values()["filler_vocabulary"] == words
    assert after.voice_config.set_values()["[x]"] == {"\n": None}
    assert [found.id for found in (await client.list_services(search="' or 1=1; --")).items] == [INTAKE]


async def test_search_looks_at_name_description_and_tags(client: ServicesClient) -> None:
    async def found(text: str) -> set[str]:
        return {service.name for service in (await client.list_services(search=text)).items}

    assert await found("línea") == await found("LÍNEA") == {"Línea en Español"}
    assert await found("red flags") == {"Nurse Triage"}
    assert await found("route:billing") == {"Billing", "Billing (old)"}
    assert await found("%") == set()
    assert (await client.list_services(search="")).total == 12


async def test_listing_filters_sorts_and_pages(client: ServicesClient) -> None:
    everyone = [service async for service in iter_services(client, sort_by="-updated_at", page_size=5)]
    dates = [service.updated_at for service in everyone if service.updated_at]
    assert len(everyone) == len({service.id for service in everyone}) == 12
    assert dates == sorted(dates, reverse=True)
    assert [s.name async for s in iter_services(client, is_active=False)] == ["Billing (old)"]
    page = await client.list_services(limit=5, continuation=10)
    assert (len(page.items), page.continuation, page.total) == (2, None, 12)


async def test_names_sort_as_people_sort_them(client: ServicesClient, wire: Wire) -> None:
    await wire.put(service_path("Intake Line"), {"name": "after noon"})
    names = [service.name async for service in iter_services(client, page_size=1)]
    assert names[:4] == ["Adaptive Support", "After Hours", "after noon", "Appointment Reminders"]


async def test_past_the_end_there_is_nothing(client: ServicesClient) -> None:
    page = await client.list_services(continuation=500)
    assert (page.items, page.continuation) == ((), None)


@pytest.mark.parametrize(
    ("limit", "sort_by", "continuation", "named"),
    [
        (0, None, 0, "limit"),
        (101, None, 0, "limit"),
        (5, "agent", 0, "sort_by"),
        (5, None, -1, "continuation_token"),
    ],
)
async def test_an_invalid_listing_is_refused(
    client: ServicesClient, limit: int, sort_by: str | None, continuation: int, named: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        await client.list_services(limit=limit, sort_by=sort_by, continuation=continuation)
    assert [problem.field for problem in caught.value.problems] == [named]


async def test_a_service_that_is_not_there(client: ServicesClient) -> None:
    with pytest.raises(NotFoundError, match="Service not found") as caught:
        await client.get_service(demo_id("service", "nobody"))
    assert caught.value.request_id
    with pytest.raises(NotFoundError):
        await client.update_voice_config(demo_id("service", "nobody"), {"eot_timeout_ms": 900})


async def test_the_workspace_layer_holds_what_services_inherit(client: ServicesClient) -> None:
    settings = await client.workspace_voice_settings()
    assert settings.values["tone"] == "calm"
    assert settings.voice_config.set_values() == {"tts_provider": "cartesia"}
