"""What the generated OpenAPI says about refusals: the contract's codes and descriptions."""

from __future__ import annotations

from typing import Any

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
