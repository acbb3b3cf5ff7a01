"""The checks before a request is handled: authentication, workspace, permission and rate limit.

They run before the body is read, so a caller without a key learns nothing about the expected body.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.calls.embedded.sounds import CallSounds
from services.embedded.access import Authenticator, Principal
from services.embedded.audit import Actor
from services.embedded.database import Database
from services.embedded.rate_limits import RateLimits
from services.embedded.rules import RuleBrokenError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class AppState:
    """State shared by all requests."""

    database: Database
    authenticator: Authenticator
    limits: RateLimits
    sounds: CallSounds


_Find = Callable[[Authenticator, sqlite3.Connection, str], Principal | None]


class _Gated(APIRoute):
    """A route with a gate."""

    def get_route_handler(self) -> Handler:
        """Return the request handler."""
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            await run_in_threadpool(self.admit, request)
            return await handle(request)

        return gated

    def admit(self, request: Request) -> None:
        """Admit a request. Raises the errors for 401, 403, 404, 422 or 429."""
        raise NotImplementedError


def _principal(request: Request, dialect: str, find: _Find, otherwise: str) -> Principal:
    """Return the user of a request and record its dialect.

    Raises the error for 401, with the words ``otherwise``.
    """
    request.state.dialect = dialect
    state: AppState = request.app.state.platform
    with state.database.read() as db:
        principal = find(state.authenticator, db, _bearer(request))
    if principal is None:
        raise HTTPException(401, otherwise)
    return principal


class PlatformRoute(_Gated):
    """A route of the Platform dialect: the API key itself is the bearer token."""

    def admit(self, request: Request) -> None:
        """Check the key, the workspace, the rate limit and the permission, in this order."""
        principal = _principal(request, "platform", Authenticator.by_key, "Missing or invalid API key.")
        try:
            workspace_id = str(UUID(request.path_params["workspace_id"]))
        except ValueError:
            raise RuleBrokenError("must be a UUID", "path", "workspace_id") from None
        if workspace_id != principal.workspace_id:
            raise HTTPException(404, "Workspace not found.")
        count(request, principal.user_id, str(self.operation_id))
        _permit(request, principal)


class ClassicRoute(_Gated):
    """A route of the Classic dialect: the bearer token comes from the sign-in."""

    def admit(self, request: Request) -> None:
        """Check the token, the organization, the rate limit and the permission, in this order."""
        otherwise = "Invalid authorization credentials: sign in with an API key."
        principal = _principal(request, "classic", Authenticator.by_token, otherwise)
        if request.path_params["organization"] != principal.organization_id:
            raise HTTPException(404, "The specified organization does not exist.")
        count(request, principal.user_id, str(self.operation_id))
        _permit(request, principal)


class SignInRoute(APIRoute):
    """The only Classic route that needs no token."""

    def get_route_handler(self) -> Handler:
        """Return the request handler."""
        handle = super().get_route_handler()

        async def counted(request: Request) -> Response:
            request.state.dialect = "classic"
            count(request, request.headers.get("x-user-id", "")[:64], str(self.operation_id))
            return await handle(request)

        return counted


def count(request: Request, who: str, operation: str) -> None:
    """Count a request against its limit and set the response's headers. Raises 429."""
    state: AppState = request.app.state.platform
    standing = state.limits.take(who, operation)
    if standing is None:
        return
    request.state.headers = standing.headers()
    if standing.retry_after is not None:
        raise HTTPException(
            429,
            f"The limit of {standing.limit} requests per minute for {operation} is used up;"
            f" try again in {standing.retry_after} s.",
        )


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _permit(request: Request, principal: Principal) -> None:
    if request.method not in READING and not principal.may_write:
        raise HTTPException(403, "This API key may only read: use an editor's key to change anything.")
    request.state.principal = principal


async def _in_workspace(workspace_id: UUID) -> None:
    """Names the path's parameter in the generated OpenAPI document."""


async def _in_organization(organization: str) -> None:
    """Names the path's parameter in the generated OpenAPI document."""


IN_WORKSPACE = [Depends(_in_workspace)]
IN_ORGANIZATION = [Depends(_in_organization)]


async def database(request: Request) -> Database:
    """Return the open workspace file."""
    state: AppState = request.app.state.platform
    return state.database


async def workspace(request: Request) -> str:
    """Return the id of the workspace that the gate admitted the request to."""
    principal: Principal = request.state.principal
    return principal.workspace_id


async def actor(request: Request) -> Actor:
    """Return the request's user, for the history."""
    principal: Principal = request.state.principal
    return Actor(principal.workspace_id, principal.user_id, request.state.request_id)


Db = Annotated[Database, Depends(database)]
Workspace = Annotated[str, Depends(workspace)]
By = Annotated[Actor, Depends(actor)]
