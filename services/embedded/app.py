"""The embedded platform as an ASGI application: both dialects over one workspace file."""

from __future__ import annotations

import sqlite3
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.calls.embedded import routes as call_routes
from services.calls.embedded.sounds import CallSounds
from services.embedded import workspace_routes
from services.embedded.access import Authenticator
from services.embedded.answers import AsciiJson, envelope, invalid, log, refused, storage_failed
from services.embedded.bounds import Bounds
from services.embedded.database import Database
from services.embedded.gate import AppState
from services.embedded.platform import owner_routes, service_routes
from services.embedded.rate_limits import RateLimits
from services.embedded.rules import NameTakenError, RuleBrokenError


def create_app(
    database: Database,
    *,
    authenticator: Authenticator | None = None,
    limits: RateLimits | None = None,
    classic: bool = True,
    names: frozenset[str] | None = None,
    sounds: CallSounds | None = None,
) -> FastAPI:
    """Return the application for an open workspace file. The caller closes the file afterwards.

    ``names`` are the allowed host names (:func:`services.embedded.bounds.served_names`); ``None`` allows any.
    ``sounds`` makes the recordings of calls; without it there are none. Without ``classic``, only the Platform
    dialect is served, and its import takes a third less time.
    """
    # No documentation pages: they would load scripts from other servers.
    app = FastAPI(title="Turnlab embedded platform", version="1", docs_url=None, redoc_url=None)
    app.state.platform = AppState(
        database, authenticator or Authenticator(), limits or RateLimits(), sounds or CallSounds()
    )
    # include_router() would process every route again on the first request.
    for router in (
        service_routes.router,
        owner_routes.router,
        workspace_routes.settings_router,
        workspace_routes.history_router,
        call_routes.router,
    ):
        app.router.routes.extend(router.routes)
    if classic:
        from services.embedded.classic import organization_routes as organization
        from services.embedded.classic import service_routes as services

        # In the documentation's order.
        routers = (organization.sign_in_router, services.router, organization.router, services.behavior_router)
        for router in routers:
            app.router.routes.extend(router.routes)
    app.add_middleware(Bounds, names=names)
    # The last middleware is the outermost: refusals name their request too.
    app.add_middleware(RequestIds)
    # The framework types handlers by the base class, but calls each with its own exception.
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(RuleBrokenError, invalid)
    app.add_exception_handler(NameTakenError, _name_taken)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(sqlite3.Error, storage_failed)
    return app


def _name_taken(request: Request, error: Exception) -> AsciiJson:
    return envelope(request, 409, "conflict", str(error))


class RequestIds:
    """Gives every response an ``X-Request-Id``, and answers an internal failure with an envelope that names it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in scope["state"].get("headers", {}).items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request %s failed", request_id)
            if started:
                raise
            answer = envelope(Request(scope), 500, "internal_error", "The embedded platform has a fault.")
            await answer(scope, receive, send_with_id)
