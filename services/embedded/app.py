"""The embedded platform as an ASGI application: request ids, and errors in the contract's envelopes."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.embedded.database import Database
from services.embedded.routes import AsciiJson, router
from services.embedded.updating import RefusedError

log = logging.getLogger("services.embedded")
# Without a handler, Python would print warnings to stderr, which is where the dashboard draws.
log.addHandler(logging.NullHandler())

ERROR_CODES = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 409: "conflict"}


def create_app(database: Database) -> FastAPI:
    """Return the application over an open workspace file; the caller closes the file afterwards."""
    # No schema or documentation pages: those would describe our framework's view, not the vendor's contract.
    app = FastAPI(title="Turnlab embedded platform", openapi_url=None)
    app.state.database = database
    app.include_router(router)
    app.add_middleware(RequestIds)
    # The framework types handlers by the base class, though it calls each with its own exception.
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(RefusedError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(sqlite3.Error, _storage_failed)
    return app


class RequestIds:
    """Gives every response an ``X-Request-Id``, and turns a failure of ours into an envelope that names it."""

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
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request %s failed", request_id)
            if started:
                raise
            answer = _envelope(Request(scope), 500, "internal_error", "The embedded platform has a fault.")
            await answer(scope, receive, send_with_id)


def _envelope(request: Request, status: int, code: str, message: str) -> AsciiJson:
    body = {
        "error_code": code,
        "message": message,
        "detail": message,
        "request_id": request.state.request_id,
    }
    return AsciiJson(body, status_code=status)


def _refused(request: Request, error: Exception) -> AsciiJson:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = _envelope(
        request, status, ERROR_CODES.get(status, f"http_{status}"), str(getattr(error, "detail", ""))
    )
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _storage_failed(request: Request, error: Exception) -> AsciiJson:
    log.error("request %s: the workspace file failed: %s", request.state.request_id, error)
    message = f"The workspace file cannot be used: {error}. Nothing was changed."
    return _envelope(request, 503, "storage_unavailable", message)


def _invalid(_request: Request, error: Exception) -> AsciiJson:
    """Answer 422. The value itself is not echoed: it may be long, or a secret in the wrong field."""
    detail: list[dict[str, Any]] = []
    if isinstance(error, RequestValidationError):
        detail = [{name: item[name] for name in ("loc", "msg", "type")} for item in error.errors()]
    elif isinstance(error, RefusedError):
        detail = [{"loc": error.place, "msg": error.message, "type": "value_error"}]
    return AsciiJson({"detail": detail}, status_code=422)
