"""Schemathesis against the embedded platform: every answer is one that the OpenAPI document allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.calls.embedded.sounds import CallSounds
from services.embedded.access import Access, Authenticator, access
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.rate_limits import RateLimits
from services.embedded.seed import demo_id, seed
from tests.services.test_calls_client import make

EXAMPLES = settings().max_examples // 12
"""For each operation."""


class _Platform:
    """One platform for all examples, and the credentials for them."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder / "workspace.db", fill=seed)
        self.app = create_app(self.database, limits=RateLimits(window_s=0), sounds=CallSounds(make))
        self.access: Access = access(self.database)
        with self.database.write() as db:
            key = (self.access.organization_id, self.access.api_key_id, self.access.token, self.access.user_id)
            signed_in = Authenticator().sign_in(db, *key)
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
        """Fill a case with existing ids (unless it should be refused), and return its headers."""
        classic = "organization" in case.path_parameters
        known = self.classic if classic else self.known
        for name in case.path_parameters:
            # foreign workspaces are all answered alike; half of the other ids stay random
            if name in ("workspace_id", "organization") or (name in known and len(str(case.path_parameters)) % 2):
                case.path_parameters[name] = known[name]
        return {"Authorization": f"Bearer {self.token if classic else self.access.token}"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Platform]:
    found = _Platform(tmp_path_factory.mktemp("fuzzed"))
    yield found
    found.database.close()


@pytest.mark.slow
def test_whatever_is_sent_is_answered_as_documented(platform: _Platform) -> None:
    # imported here: it takes a second
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi import checks

    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    api = schemathesis.openapi.from_asgi("/openapi.json", platform.app)
    asked = 0
    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        # what the document allows, and what it does not
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode])
        asked += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def is_answered(case: Any) -> None:
            case.call_and_validate(headers=platform.fill_in(case), checks=wanted)

        is_answered()
    assert asked == 47
