"""Changes over a failing network: reported as saved, not saved or unknown, never overwriting others."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from services import exchange
from services.changes import guarded
from services.changes.applying import apply_plan
from services.changes.errors import MovedError, MovedFieldsError, OvertakenError, UncertainError
from services.changes.fields import apply_fields, plan_fields
from services.changes.ledger import Backups
from services.changes.plan import make_plan
from services.changes.requests import Delete, Upsert
from services.changes.whole_service import create, delete
from services.classic import ClassicClient
from services.client import ServicesClient
from services.embedded.rate_limits import LIMITS, RateLimits
from services.embedded.seed import demo_id
from services.errors import ConflictError, InvalidError, RateLimitedError, ServiceError, UnreachableError
from services.model import NewService, Service
from services.paging import iter_services
from services.platform import PlatformClient
from services.traffic import ATTEMPTS
from tests import forked
from tests.services.faulty_proxy import (
    Exchange,
    Fault,
    FaultyProxy,
    after,
    answer,
    carried_out,
    delayed,
    dripping,
    reset,
    reset_in_body,
)
from tests.services.serving import Served, classic_client, served

INTAKE = demo_id("service", "Intake Line")
BUSY = answer("503 Service Unavailable", {}, "Retry-After: 0")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(guarded, "JITTER_S", 0.01)


@dataclass
class Desk:
    """A user on the bad network. ``colleague`` is another one on a good network."""

    client: ServicesClient
    colleague: PlatformClient
    backups: Backups
    kind: str

    async def service(self) -> Service:
        return await self.client.get_service(
            INTAKE if self.client.dialect == "platform" else INTAKE.replace("-", "")[:24]
        )

    async def value(self) -> object:
        """Return the stored value, as another client sees it."""
        service = await self.colleague.get_service(INTAKE)
        if self.kind == "version set":
            return service.version_sets["test"].agent_version_number
        return service.voice_config.eot_timeout_ms if self.kind == "voice settings" else service.description

    async def store(self, value: int) -> None:
        """Store a value as the other client."""
        if self.kind == "version set":
            one = (await self.colleague.get_service(INTAKE)).version_sets["test"]
            await self.colleague.upsert_version_set(INTAKE, "test", replace(one, agent_version_number=value))
        elif self.kind == "voice settings":
            await self.colleague.update_voice_config(INTAKE, {"eot_timeout_ms": value})
        else:
            await self.colleague.update_service(INTAKE, {"description": str(value)})

    async def change(self, value: int) -> Callable[[], Awaitable[Any]]:
        """Return what applies a change that was planned now."""
        service = await self.service()
        if self.kind == "version set":
            request = Upsert("test", {"agent_version_number": value})
            plan = await make_plan(self.client, service.id, request, self.backups)
            return lambda: apply_plan(self.client, plan, self.backups, who="dana")
        wanted: Any = {"eot_timeout_ms": value} if self.kind == "voice settings" else {"description": str(value)}
        subject: Any = "voice_config" if self.kind == "voice settings" else "service"
        fields = plan_fields(service, subject, wanted)
        return lambda: apply_fields(self.client, fields, self.backups, who="dana")

    def seen(self, value: int) -> object:
        return str(value) if self.kind == "service" else value


KINDS = [
    ("platform", "version set"),
    ("platform", "voice settings"),
    ("platform", "service"),
    ("classic", "version set"),
    ("classic", "service"),
]
QUICK = [("platform", "version set"), ("classic", "service")]
"""Each dialect once. The others are the same code with other subjects."""


@pytest.fixture(
    params=[pytest.param(one, id=" ".join(one), marks=[] if one in QUICK else pytest.mark.slow) for one in KINDS]
)
async def desk(
    request: pytest.FixtureRequest,
    platform: PlatformClient,
    classic: ClassicClient,
    platform_server: Served,
    tmp_path: Path,
) -> AsyncIterator[Desk]:
    dialect, kind = request.param
    known = platform_server.access
    async with httpx.AsyncClient(base_url=platform_server.url, trust_env=False) as http:
        colleague = PlatformClient(http, workspace_id=known.workspace_id, token=known.token)
        made = Desk(platform if dialect == "platform" else classic, colleague, Backups(tmp_path), kind)
        await made.store(1)
        yield made


LOST = {
    "answer lost": reset(carried_out=True),
    "answer cut": reset_in_body(0.3),
    "502 after storing": carried_out(answer("502 Bad Gateway", {})),
    "HTML after storing": carried_out(answer("200 OK", b"<html>Sign in</html>")),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
async def test_a_stored_change_with_a_lost_answer_is_reported_as_saved(
    desk: Desk, proxy: FaultyProxy, fault: Fault
) -> None:
    apply = await desk.change(2)
    proxy.write_faults = [fault] * (ATTEMPTS + 1)
    applied = await apply()
    assert await desk.value() == desk.seen(2)
    assert len(proxy.write_faults) == ATTEMPTS, "it was sent once"
    assert applied.change == 1
    assert not applied.otherwise


async def test_a_change_that_never_arrives_is_not_saved(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)
    for fault in (reset(), answer("500 Oops", {}), BUSY):
        proxy.write_faults = [fault] * (ATTEMPTS + 3)
        with pytest.raises(ServiceError, match="is not saved: the old value is still stored") as raised:
            await apply()
        assert len(proxy.write_faults) == 3, f"it was sent {ATTEMPTS} times"
        assert not raised.value.outcome_unknown
        assert await desk.value() == desk.seen(1)


async def test_a_temporary_failure_is_retried(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)
    proxy.write_faults = [reset(), BUSY, answer("429 Too Many Requests", {}, "Retry-After: 0")]
    if desk.client.dialect == "classic":
        proxy.write_faults[1] = answer("401 Unauthorized", {})
    applied = await apply()
    assert not applied.otherwise
    assert await desk.value() == desk.seen(2)


async def test_a_retry_does_not_overwrite_a_colleague(desk: Desk, proxy: FaultyProxy) -> None:
    expired = [answer("401 Unauthorized", {})] if desk.client.dialect == "classic" else []
    for fault in (BUSY, answer("429 Too Many Requests", {}, "Retry-After: 0"), reset(), *expired):
        await desk.store(1)
        apply = await desk.change(2)
        proxy.write_faults = [after(lambda: desk.store(3), fault)]
        with pytest.raises(ConflictError) as raised:
            await apply()
        assert isinstance(raised.value, MovedError | MovedFieldsError | OvertakenError)
        assert await desk.value() == desk.seen(3)
        assert "nothing was written" in str(raised.value) or "is not saved" in str(raised.value)


async def test_a_change_by_others_is_not_reported_as_the_old_value(
    desk: Desk, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "ATTEMPTS", 1)
    apply = await desk.change(2)
    proxy.write_faults = [after(lambda: desk.store(3), reset())]
    with pytest.raises(OvertakenError, match=r"is not saved \(.*\), and something else is stored by now: .*3"):
        await apply()
    assert await desk.value() == desk.seen(3)


async def test_a_false_success_is_not_believed(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)
    proxy.write_faults = [answer("200 OK", b"<html>Sign in to this network</html>")]
    with pytest.raises(ServiceError, match="is not saved"):
        await apply()
    assert await desk.value() == desk.seen(1)


async def test_a_change_that_cannot_be_read_back_at_once_is_saved(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)

    async def then_a_reading_fails(exchange: Exchange) -> bytes:
        proxy.faults = [answer("403 Forbidden", {})]
        return await exchange.forward()

    proxy.write_faults = [then_a_reading_fails]
    if desk.client.dialect == "classic" and desk.kind == "service":
        await apply()
    else:
        with pytest.raises(UncertainError, match="was written, as the platform says, and could not be read back"):
            await apply()
    assert await desk.value() == desk.seen(2)


async def test_the_command_line_reports_the_three_outcomes(
    platform: PlatformClient, proxy: FaultyProxy, platform_server: Served, tmp_path: Path
) -> None:
    known = platform_server.access
    there = {
        "PLATFORM_API_URL": proxy.url,
        "PLATFORM_WORKSPACE_ID": known.workspace_id,
        "PLATFORM_API_KEY": known.token,
        "TURNLAB_DATA_DIR": str(tmp_path),
    }

    async def turnlab(value: int) -> tuple[int, str, str]:
        body = f'{{"eot_timeout_ms": {value}}}'
        words = ["voice-config", INTAKE, "--body", body, "--apply", "--confirm", "release"]
        run = await asyncio.to_thread(forked.run, words, {**os.environ, **there})
        return run.returncode, run.stdout, run.stderr

    async def stored() -> int | None:
        return (await platform.get_service(INTAKE)).voice_config.eot_timeout_ms

    async def colleague() -> None:
        await platform.update_voice_config(INTAKE, {"eot_timeout_ms": 3000})

    async def everything_fails() -> None:
        proxy.faults = [reset()] * 20

    proxy.write_faults = [reset(carried_out=True)]
    code, out, err = await turnlab(2000)
    assert (code, err, await stored()) == (0, "", 2000)
    assert "Written." in out

    proxy.write_faults = [after(colleague, BUSY)]
    code, out, err = await turnlab(2500)
    assert (code, await stored()) == (1, 3000)
    assert "eot_timeout_ms of Intake Line is not saved" in err
    assert "something else is stored by now: eot_timeout_ms is 3,000 ms" in err
    assert "Written" not in out

    proxy.write_faults = [after(everything_fails, reset(carried_out=True))]
    code, out, err = await turnlab(2700)
    proxy.faults = []
    assert (code, await stored()) == (1, 2700)
    assert "cannot tell: eot_timeout_ms of Intake Line may or may not have been written" in err
    assert f"to check before trying again: turnlab voice-config {INTAKE}" in err


async def test_an_unknown_outcome_is_reported_with_a_check(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)

    async def everything_fails() -> None:
        proxy.faults = [reset()] * 20

    proxy.write_faults = [after(everything_fails, reset(carried_out=True))]
    with pytest.raises(UncertainError, match=r"cannot tell: .* may or may not have been written") as raised:
        await apply()
    assert f"to check before trying again: {raised.value.check}" in str(raised.value)
    assert raised.value.check.startswith("turnlab ")


async def test_an_answer_that_comes_too_late_is_looked_for(
    desk: Desk, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", httpx.Timeout(1.0, connect=5.0))
    apply = await desk.change(2)
    proxy.write_faults = [dripping(0.4, head=True)]
    await apply()
    assert await desk.value() == desk.seen(2)
    apply = await desk.change(3)
    # A timed-out request may still arrive, so it is not reported as not saved.
    proxy.write_faults = [delayed(60.0)] * ATTEMPTS
    with pytest.raises(UncertainError):
        await apply()
    assert len(proxy.write_faults) == ATTEMPTS - 2


async def test_a_refusal_after_a_lost_try_settles_nothing(desk: Desk, proxy: FaultyProxy) -> None:
    apply = await desk.change(2)
    proxy.write_faults = [reset(), answer("403 Forbidden", {})]
    with pytest.raises(ServiceError, match="is not saved: the old value"):
        await apply()
    apply = await desk.change(2)
    proxy.write_faults = [answer("422 Unprocessable", {"detail": [{"loc": ["body"], "msg": "no", "type": "x"}]})]
    with pytest.raises(InvalidError, match="refused"):
        await apply()
    assert await desk.value() == desk.seen(1)


async def test_a_limit_that_is_used_up_is_waited_for_before_the_last_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that knows the limit holds a change back. A colleague may store something meanwhile."""
    with served(tmp_path / "workspace.db", limits=RateLimits()) as there:
        known = there.access
        async with httpx.AsyncClient(base_url=there.url, trust_env=False) as http:
            colleague = PlatformClient(http, workspace_id=known.workspace_id, token=known.token)
            client = classic_client(there, http)
            desk = Desk(client, colleague, Backups(tmp_path), "version set")
            await desk.store(1)
            one = (await desk.service()).version_sets["test"]
            service = await desk.service()
            for _ in range(LIMITS["classic-upsert-service-version-set"]):
                await client.upsert_version_set(service.id, "test", one)
            with pytest.raises(RateLimitedError, match="nothing was sent"):
                await client.upsert_version_set(service.id, "test", one)
            apply = await desk.change(2)

            async def store(_: float) -> None:
                await desk.store(3)

            monkeypatch.setattr(guarded, "pause", store)
            with pytest.raises(MovedError):
                await apply()
            assert await desk.value() == 3


@pytest.fixture
async def model(platform: PlatformClient) -> Service:
    return await platform.get_service(INTAKE)


def _new(model: Service, name: str, *, active: bool) -> NewService:
    return NewService(
        name=name,
        description="made in a test",
        agent_id=str(model.agent_id),
        context_graph_id=str(model.context_graph_id),
        is_active=active,
    )


@pytest.mark.parametrize("dialect", ["platform", "classic"])
async def test_a_service_is_never_made_twice(
    platform: PlatformClient, classic: ClassicClient, proxy: FaultyProxy, tmp_path: Path, dialect: str
) -> None:
    client: ServicesClient = platform if dialect == "platform" else classic
    model = await anext(iter_services(client, search="Intake Line"))
    backups = Backups(tmp_path)
    for number, fault in enumerate(LOST.values()):
        name = f"Made unheard {dialect} {number}"
        proxy.write_faults = [fault]
        made = await create(client, _new(model, name, active=False), backups, who="dana")
        assert [one.id async for one in iter_services(client, search=name)] == [made]
    proxy.write_faults = [reset()]
    with pytest.raises(UnreachableError, match="the new service Never made is not saved"):
        await create(client, _new(model, "Never made", active=False), backups, who="dana")
    proxy.write_faults = [answer("429 Too Many Requests", {}, "Retry-After: 0")] * 2
    late = await create(client, _new(model, f"Made late {dialect}", active=False), backups, who="dana")
    assert (await client.get_service(late)).name == f"Made late {dialect}"


async def test_a_deletion_with_a_lost_answer_is_reported_as_done(
    platform: PlatformClient, classic: ClassicClient, proxy: FaultyProxy, tmp_path: Path, model: Service
) -> None:
    backups = Backups(tmp_path)
    there = await anext(iter_services(classic, search="Intake Line"))
    for client, service_id in ((platform, INTAKE), (classic, there.id)):
        await client.upsert_version_set(service_id, "gone", model.version_sets["test"])
        plan = await make_plan(client, service_id, Delete("gone"), backups)
        proxy.write_faults = [reset(carried_out=True)]
        assert (await apply_plan(client, plan, backups, who="dana")).stored is None
        assert "gone" not in (await platform.get_service(INTAKE)).version_sets
    made = await create(platform, _new(model, "Soon gone", active=False), backups, who="dana")
    proxy.write_faults = [reset(carried_out=True)]
    await delete(platform, await platform.get_service(made), backups, who="dana")
    assert [one async for one in iter_services(platform, search="Soon gone")] == []
