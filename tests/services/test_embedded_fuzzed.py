"""Schemathesis against the embedded platform: whatever is sent, the answer is one the OpenAPI document knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.embedded.access import Access, Doorkeeper, access
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.rate_limits import RateLimits
from services.embedded.seed import demo_id, seed

EXAMPLES = 4
"""For each operation: enough to reach its branches again and again, few enough to keep the run short."""

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


class _Platform:
    """One platform for all examples, and what an example is told so that it gets past the door."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder / "workspace.db", fill=seed)
        self.app = create_app(self.database, limits=RateLimits(window_s=0))
        self.access: Access = access(self.database)
        with self.database.write() as db:
            key = (self.access.organization_id, self.access.api_key_id, self.access.token, self.access.user_id)
            signed_in = Doorkeeper().sign_in(db, *key)
            assert signed_in is not None
            self.token = signed_in[0]
            ids = db.execute(
                "SELECT (SELECT min(classic_id) FROM agents), (SELECT min(classic_id) FROM context_graphs)"
            ).fetchone()
        service = demo_id("service", "Nurse Triage")
        self.known = {
            "workspace_id": self.access.workspace_id,
            "organization": self.access.organization_id,
            "service_id": service,
            "context_graph_id": demo_id("context_graph", "After hours"),
            "service_hierarchical_state_machine_id": ids[1],
        }
        self.classic = {**self.known, "service_id": service.replace("-", "")[:24], "agent_id": ids[0]}
        self.known["agent_id"] = demo_id("agent", "Noor, nurse line")

    def fill_in(self, case: Any) -> dict[str, str]:
        """Have a case name things that exist (unless it wants to be refused), and return its headers."""
        classic = "organization" in case.path_parameters
        known = self.classic if classic else self.known
        for name in case.path_parameters:
            # workspaces that are not ours are all answered alike; half of the other ids stay as they were made up
            if name in ("workspace_id", "organization") or (name in known and len(str(case.path_parameters)) % 2):
                case.path_parameters[name] = known[name]
        return {"Authorization": f"Bearer {self.token if classic else self.access.token}"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Platform]:
    found = _Platform(tmp_path_factory.mktemp("fuzzed"))
    yield found
    found.database.close()


@pytest.fixture(scope="module")
def api(platform: _Platform) -> Any:
    # Its systematic phase takes 5,000 requests and four times as long, to find what these find.
    config = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
    return schemathesis.openapi.from_asgi("/openapi.json", platform.app, config=config)


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_documented(case: Any, platform: _Platform) -> None:
    headers = platform.fill_in(case)
    case.call_and_validate(headers=headers, checks=list(CHECKS))
