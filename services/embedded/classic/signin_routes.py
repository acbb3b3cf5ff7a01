"""The Classic dialect's sign-in: an API key for a token that expires."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded.answers import AsciiJson
from services.embedded.classic.documented import refusals
from services.embedded.classic.service_shapes import SignedIn
from services.embedded.gate import AppState, SignInRoute

router = APIRouter(prefix="/v1/{organization}/user", route_class=SignInRoute, tags=["User"])
_OPERATION = "sign-in-with-api-key"


@router.post(
    "/signin_with_api_key",
    operation_id=_OPERATION,
    response_model=SignedIn,
    responses={status: told for status, told in refusals(_OPERATION).items() if status != 403},
)
def sign_in(
    request: Request,
    organization: str,
    x_api_key: Annotated[str, Header()],
    x_api_key_id: Annotated[str, Header()],
    x_user_id: Annotated[str, Header()],
) -> Response:
    """Give a token for the user the key belongs to."""
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
