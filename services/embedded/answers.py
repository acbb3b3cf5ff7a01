"""The platform's answers: JSON, refusals in the contract's envelopes, and their OpenAPI descriptions."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded.rate_limits import LIMITS
from services.embedded.rules import RuleBrokenError

log = logging.getLogger("services.embedded")
# Without a handler, Python prints warnings to stderr, where the dashboard draws.
log.addHandler(logging.NullHandler())

ERROR_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "payload_too_large",
    429: "rate_limited",
}

Responses = dict[int | str, dict[str, Any]]

READ: Responses = {
    401: {"description": "Missing or invalid API key."},
    403: {"description": "Insufficient permissions."},
    404: {"description": "Not found."},
}
WRITE: Responses = {**READ, 409: {"description": "Name already taken."}}
SETTINGS: Responses = {
    401: READ[401],
    403: READ[403],
    404: {"description": "Workspace not found"},
    429: {"description": "Rate limited"},
}


class AsciiJson(Response):
    """JSON with all non-ASCII characters escaped, so every stored string can be sent."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, allow_nan=False).encode()


def page(items: list[dict[str, Any]], total: int, offset: int) -> AsciiJson:
    """Return the Platform dialect's page of ``items``. ``offset`` is the number of the first."""
    end = offset + len(items)
    more = end < total and bool(items)
    return AsciiJson(
        {"items": items, "has_more": more, "continuation_token": end if more else None, "total": total}
    )


def envelope(request: Request, status: int, code: str, message: str) -> AsciiJson:
    """Return a refusal that names its request."""
    body = {
        "error_code": code,
        "message": message,
        "detail": message,
        "request_id": request.state.request_id,
    }
    return AsciiJson(body, status_code=status)


def refused(request: Request, error: Exception) -> AsciiJson:
    """Answer with the status of an :class:`HTTPException`."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 400:
        # the framework's own error: bytes that are not text, or JSON nested too deeply
        return _listed([{"loc": ["body"], "msg": "the body is not JSON in UTF-8", "type": "json_invalid"}])
    answer = envelope(request, status, ERROR_CODES.get(status, f"http_{status}"), str(getattr(error, "detail", "")))
    for name, value in (getattr(error, "headers", None) or {}).items():
        answer.headers[name] = value
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def storage_failed(request: Request, error: Exception) -> AsciiJson:
    """Answer 503: the file failed, not the request."""
    log.error("request %s: the workspace file failed: %s", request.state.request_id, error)
    message = f"The workspace file cannot be used: {error}. Nothing was changed."
    return envelope(request, 503, "storage_unavailable", message)


def invalid(request: Request, error: Exception) -> AsciiJson:
    """Answer 422, or in the Classic dialect 400 for a well-formed value that breaks a rule.

    The answer does not repeat the value: it may be long, or a secret in the wrong field.
    """
    detail: list[dict[str, Any]] = []
    if isinstance(error, RequestValidationError):
        detail = [{name: item[name] for name in ("loc", "msg", "type")} for item in error.errors()]
    elif isinstance(error, RuleBrokenError):
        if getattr(request.state, "dialect", None) == "classic" and error.place[:1] == ("body",):
            return envelope(request, 400, ERROR_CODES[400], error.message)
        detail = [{"loc": error.place, "msg": error.message, "type": "value_error"}]
    return _listed(detail)


def _listed(detail: list[dict[str, Any]]) -> AsciiJson:
    return AsciiJson({"detail": detail}, status_code=422)


def classic_refusals(operation: str, *more: int) -> Responses:
    """Return the refusals of a Classic operation: the common ones, and those of 400 and 409 in ``more``."""
    known: Responses = {
        400: {"description": "A version does not exist, or a rule forbids the change."},
        401: {"description": "Invalid authorization credentials."},
        403: {"description": "Missing required permissions."},
        404: {"description": "What the path names does not exist."},
        409: {"description": "The name is taken."},
        429: {
            "description": "The user has exceeded the rate limit of"
            f" {LIMITS[operation]} requests per minute for this endpoint."
        },
        503: {"description": "The workspace file cannot be used."},
    }
    return {status: refusal for status, refusal in known.items() if status not in (400, 409) or status in more}
