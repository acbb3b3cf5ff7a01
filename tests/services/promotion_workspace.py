"""Shared by tests of promotions: one service of the demo workspace, and changes to it by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.changes.applying import Applied, apply_plan
from services.changes.change_record import KeptChange, Scope
from services.changes.ledger import Backups
from services.changes.plan import Plan, make_plan
from services.changes.requests import Request
from services.client import ServicesClient
from services.embedded.seed import demo_id
from services.model import VersionSet

INTAKE = demo_id("service", "Intake Line")
"""Its ``release`` pins agent v5 and context graph v10, its ``preview`` v6 and v11. The newest are 7 and 12."""


class Desk:
    """A user who promotes, with their own backup folder."""

    def __init__(self, client: ServicesClient, folder: Path, who: str = "dana") -> None:
        self.client = client
        self.backups = Backups(folder)
        self.who = who

    async def plan(self, request: Request) -> Plan:
        return await make_plan(self.client, INTAKE, request, self.backups)

    async def apply(self, plan: Plan) -> Applied:
        return await apply_plan(self.client, plan, self.backups, who=self.who)

    async def do(self, request: Request) -> Applied:
        return await self.apply(await self.plan(request))

    async def stored(self, name: str) -> VersionSet | None:
        sets: Mapping[str, VersionSet] = await self.client.list_version_sets(INTAKE)
        return sets.get(name)

    async def kept(self) -> tuple[KeptChange, ...]:
        return await self.backups.entries(Scope.of(self.client.label, await self.client.get_service(INTAKE)))

    async def change(self, name: str, **fields: Any) -> VersionSet:
        """Change a version set as another client."""
        changed = replace(await self.stored(name) or VersionSet(), **fields)
        await self.client.upsert_version_set(INTAKE, name, changed)
        found = await self.stored(name)
        assert found is not None
        return found
