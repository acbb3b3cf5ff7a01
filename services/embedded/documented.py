"""What the generated OpenAPI says about refusals: the contract's codes and descriptions, in both dialects."""

from __future__ import annotations

from typing import Any

from services.embedded.rate_limits import LIMITS

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


def classic_refusals(operation: str, *more: int) -> Responses:
    """Return the refusals of a Classic operation: those that all have, and ``more`` of 400 and 409."""
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
