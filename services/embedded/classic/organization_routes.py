"""The Classic dialect's sign-in, and its agents and state machines with their versions."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded import owners
from services.embedded.answers import AsciiJson, classic_refusals
from services.embedded.audit import Actor, Subject, record
from services.embedded.classic import organization_shapes as shapes
from services.embedded.classic.organization_shapes import classic_state
from services.embedded.classic.service_shapes import (
    ID_PATTERN,
    Created,
    Ids,
    Offset,
    SignedIn,
    SortBy,
    paged,
    version_range,
)
from services.embedded.classic.translate import STATE_MACHINE, person
from services.embedded.database import Database
from services.embedded.gate import IN_ORGANIZATION, AppState, By, ClassicRoute, Db, SignInRoute, Workspace
from services.embedded.rules import naming

Json = dict[str, Any]
router = APIRouter(
    prefix="/v1/{organization}/organization",
    route_class=ClassicRoute,
    tags=["Organization"],
    dependencies=IN_ORGANIZATION,
)
ClassicPathId = Annotated[str, Path(pattern=ID_PATTERN)]
_BY_NAME = " ORDER BY name COLLATE NOCASE, id"


def _create(db: Database, by: Actor, owner: owners.Owner, name: str) -> Response:
    with db.write() as connection:
        with naming(f"An active {owners.KIND[owner].replace('_', ' ')} with this name already exists."):
            owner_id = owners.add_owner(connection, owner, by.workspace_id, name, "")
        subject = Subject(owners.KIND[owner], owner_id, name)
        record(connection, by, "create", subject, None, {"name": name, "description": ""})
        found = owners.find_owner(connection, owner, by.workspace_id, owner_id)
    assert found is not None
    return AsciiJson({"id": found["classic_id"]}, status_code=201)


def _list(
    db: Database, workspace_id: str, owner: owners.Owner, wanted: owners.OwnerFilter, limit: int, offset: int
) -> tuple[list[Json], int]:
    with db.read() as connection:
        found, total = owners.find_owners(
            connection, owner, workspace_id, wanted, ordering=_BY_NAME, limit=limit, offset=offset
        )
    shown = [
        {
            "id": one["classic_id"],
            "name": one["name"],
            "deprecated": one["deleted_at"] is not None,
            "latest_version": one["latest_version"],
        }
        for one in found
    ]
    return shown, total


class _Asked(NamedTuple):
    """The version filter of a listing."""

    version: str | None
    limit: int
    offset: int
    sort_by: list[str]


def _asked(
    version: str | None = None,
    limit: Annotated[int, Query(gt=0, le=10)] = 10,
    continuation_token: Offset = 0,
    sort_by: SortBy = [],  # noqa: B006  the framework copies it
) -> _Asked:
    return _Asked(version, limit, continuation_token, sort_by)


AskedVersions = Annotated[_Asked, Depends(_asked)]


def _versions(
    db: Database, workspace_id: str, owner: owners.Owner, owner_id: str, asked: _Asked
) -> tuple[Json, list[Json], int]:
    with db.read() as connection:
        found = owners.find_owner(connection, owner, workspace_id, owner_id, deleted=True)
        if found is None:
            raise HTTPException(404, f"Specified organization or {owners.KIND[owner]} is not found.")
        wanted = version_range(asked.version, asked.sort_by, found["latest_version"])
        versions, total = owners.find_versions(
            connection, owner, found["id"], wanted, limit=asked.limit, offset=asked.offset
        )
    return found, versions, total


@router.post(
    "/agent",
    operation_id="classic-create-agent",
    status_code=201,
    response_model=Created,
    responses=classic_refusals("classic-create-agent", 409),
)
def create_agent(db: Db, by: By, body: shapes.CreateAgent) -> Response:
    """Create an agent, which has no version yet."""
    return _create(db, by, owners.AGENTS, body.agent_name)


@router.get(
    "/agent",
    operation_id="classic-get-agents",
    response_model=shapes.Agents,
    responses=classic_refusals("classic-get-agents"),
)
def get_agents(
    workspace: Workspace,
    db: Db,
    deprecated: bool | None = None,
    ids: Ids = [],  # noqa: B006  the framework copies it
    limit: Annotated[int, Query(gt=0, le=20)] = 10,
    continuation_token: Offset = 0,
) -> Response:
    """One page of agents."""
    wanted = owners.OwnerFilter(classic_ids=tuple(ids), deleted=deprecated)
    shown, total = _list(db, workspace, owners.AGENTS, wanted, limit, continuation_token)
    return AsciiJson(paged("agents", shown, total, continuation_token))


@router.get(
    "/agent/{agent_id}/version",
    operation_id="classic-get-agent-versions",
    response_model=shapes.AgentVersions,
    responses=classic_refusals("classic-get-agent-versions"),
)
def get_agent_versions(
    workspace: Workspace,
    db: Db,
    organization: str,
    agent_id: ClassicPathId,
    asked: AskedVersions,
) -> Response:
    """One page of an agent's versions."""
    agent, found, total = _versions(db, workspace, owners.AGENTS, agent_id, asked)
    shown = [_agent_version(agent, one, organization) for one in found]
    return AsciiJson(paged("agent_versions", shown, total, asked.offset))


@router.post(
    f"/{STATE_MACHINE}",
    operation_id="classic-create-service-hierarchical-state-machine",
    status_code=201,
    response_model=Created,
    responses=classic_refusals("classic-create-service-hierarchical-state-machine", 409),
)
def create_state_machine(db: Db, by: By, body: shapes.CreateStateMachine) -> Response:
    """Create a state machine, which has no version yet."""
    return _create(db, by, owners.CONTEXT_GRAPHS, body.state_machine_name)


@router.get(
    f"/{STATE_MACHINE}",
    operation_id="classic-get-service-hierarchical-state-machines",
    response_model=shapes.StateMachines,
    responses=classic_refusals("classic-get-service-hierarchical-state-machines"),
)
def get_state_machines(
    workspace: Workspace,
    db: Db,
    deprecated: bool | None = None,
    ids: Ids = [],  # noqa: B006
    limit: Annotated[int, Query(ge=0, le=50)] = 50,
    continuation_token: Offset = 0,
) -> Response:
    """One page of state machines."""
    wanted = owners.OwnerFilter(classic_ids=tuple(ids), deleted=deprecated)
    shown, total = _list(db, workspace, owners.CONTEXT_GRAPHS, wanted, limit, continuation_token)
    return AsciiJson(paged(f"{STATE_MACHINE}s", shown, total, continuation_token))


@router.get(
    f"/{STATE_MACHINE}/{{{STATE_MACHINE}_id}}/version",
    operation_id="classic-get-service-hierarchical-state-machine-versions",
    response_model=shapes.StateMachineVersions,
    responses=classic_refusals("classic-get-service-hierarchical-state-machine-versions"),
)
def get_state_machine_versions(
    workspace: Workspace,
    db: Db,
    organization: str,
    service_hierarchical_state_machine_id: ClassicPathId,
    asked: AskedVersions,
) -> Response:
    """One page of a state machine's versions."""
    machine, found, total = _versions(
        db, workspace, owners.CONTEXT_GRAPHS, service_hierarchical_state_machine_id, asked
    )
    shown = [_machine_version(machine, one, organization) for one in found]
    return AsciiJson(paged("state_machine_versions", shown, total, asked.offset))


def _agent_version(agent: Json, version: Json, organization_id: str) -> Json:
    voice = version["voice_config"]
    identity = version["identity"]
    return {
        "org_id": organization_id,
        "agent_id": agent["classic_id"],
        "version": version["version"],
        "voice_config": {name: voice[name] for name in shapes.Voice.model_fields if name in voice}
        if voice
        else None,
        "initials": version["initials"],
        "identity": {name: identity[name] for name in shapes.Identity.model_fields},
        "background": version["background"],
        "behaviors": version["behaviors"],
        "communication_patterns": version["communication_patterns"],
        "created_at": version["created_at"],
        "creator": person(organization_id, version["created_by"]),
    }


def _machine_version(machine: Json, version: Json, organization_id: str) -> Json:
    copied = (
        "version",
        "created_at",
        "description",
        "new_user_initial_state",
        "returning_user_initial_state",
        "terminal_state",
        "global_intra_state_navigation_guidelines",
        "global_action_guidelines",
        "global_boundary_constraints",
    )
    return {
        **{name: version[name] for name in copied},
        "org_id": organization_id,
        f"{STATE_MACHINE}_id": machine["classic_id"],
        "creator": person(organization_id, version["created_by"]),
        "states": [classic_state(state) for state in version["states"]],
        "references": {},
    }


sign_in_router = APIRouter(prefix="/v1/{organization}/user", route_class=SignInRoute, tags=["User"])
_OPERATION = "sign-in-with-api-key"


@sign_in_router.post(
    "/signin_with_api_key",
    operation_id=_OPERATION,
    response_model=SignedIn,
    responses={status: words for status, words in classic_refusals(_OPERATION).items() if status != 403},
)
def sign_in(
    request: Request,
    organization: str,
    x_api_key: Annotated[str, Header()],
    x_api_key_id: Annotated[str, Header()],
    x_user_id: Annotated[str, Header()],
) -> Response:
    """Return a token for the key's user."""
    state: AppState = request.app.state.platform
    with state.database.write() as db:
        row = db.execute("SELECT 1 FROM workspaces WHERE organization_id = ?", (organization,)).fetchone()
        if row is None:
            raise HTTPException(404, "Specified organization is not found.")
        signed_in = state.authenticator.sign_in(db, organization, x_api_key_id, x_api_key, x_user_id)
    if signed_in is None:
        raise HTTPException(401, "API key not found, is incorrect, or the requested user is not found.")
    token, expires = signed_in
    return AsciiJson({"id_token": token, "expires_at": expires.isoformat()})
