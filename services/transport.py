"""One way to send a request: timeouts, the bearer token, request ids, and errors a person can act on."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import httpx
from pydantic import JsonValue, SecretStr

from presets.config import Problem
from services.errors import (
    BadResponseError,
    ConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    ServiceError,
    UnauthorizedError,
    UnreachableError,
)

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Seconds: 5 to connect, 30 for everything else."""

MESSAGE_LENGTH = 300
"""A platform's own words are cut after this many characters, so that they fit a toast."""

Query = Mapping[str, str | int | bool | None]


class Transport:
    """Sends requests with a bearer token and turns every failure into a :class:`ServiceError`.

    The token is never part of a message, a ``repr`` or a log line, even if the platform echoes it.
    Raises :class:`ValueError` for a token that no HTTP header can carry.
    """

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        # An HTTP library would quote the whole header in its complaint, so such a token is refused here.
        if not token or not all("!" <= character <= "~" for character in token):
            raise ValueError("the API key must be printable ASCII without spaces: copy it again")
        self._http = http
        self._token = SecretStr(token)

    async def request(
        self, method: str, path: str, *, query: Query | None = None, body: JsonValue = None
    ) -> dict[str, JsonValue]:
        """Send one request and return the JSON object that came back. Raises :class:`ServiceError`."""
        response, failure = await self._exchange(method, path, query, body)
        # Raised out here so that no low-level exception, whose frames hold the header, hangs on to it.
        if failure:
            raise failure
        assert response is not None
        if not response.is_success:
            raise self._refusal(response)
        parsed = _json(response)
        if not isinstance(parsed, dict):
            raise BadResponseError(
                f"{self._host} did not answer with JSON ({_kind(response)}); check the platform's address",
                status=response.status_code,
                request_id=self._request_id(response),
            )
        return parsed

    @property
    def _host(self) -> str:
        return self._http.base_url.host or "the platform"

    async def _exchange(
        self, method: str, path: str, query: Query | None, body: JsonValue
    ) -> tuple[httpx.Response | None, ServiceError | None]:
        try:
            content = None if body is None else json.dumps(body, allow_nan=False).encode()
        except (ValueError, TypeError, RecursionError):
            return None, InvalidError("a value to send is not JSON; nothing was sent")
        request = self._http.build_request(
            method,
            path,
            params={name: value for name, value in (query or {}).items() if value is not None},
            content=content,
            headers={"Content-Type": "application/json"} if content is not None else {},
            timeout=TIMEOUT,
        )
        response: httpx.Response | None = None
        try:
            response = await self._http.send(request, auth=_Bearer(self._token), stream=True)
            await response.aread()
        except httpx.TransportError as error:
            return None, self._broken(error, response)
        except httpx.DecodingError:
            return None, BadResponseError(f"{self._host} sent a body that cannot be decompressed; try again")
        finally:
            if response is not None:
                await response.aclose()
        return response, None

    def _broken(self, error: httpx.TransportError, response: httpx.Response | None) -> ServiceError:
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return UnreachableError(f"{self._host} did not pick up within {TIMEOUT.connect:g} s; check the network")
        if isinstance(error, httpx.TimeoutException):
            return UnreachableError(f"{self._host} did not answer within {TIMEOUT.read:g} s; try again")
        if response is not None:
            return BadResponseError(
                f"{self._host} broke off in the middle of its answer; try again",
                status=response.status_code,
                request_id=self._request_id(response),
            )
        reason = self._clean(str(error)) or type(error).__name__
        return UnreachableError(f"{self._host} cannot be reached: {reason}; check the network and the address")

    def _refusal(self, response: httpx.Response) -> ServiceError:
        """Return the error that a status code and its envelope stand for."""
        envelope = _json(response)
        fields = envelope if isinstance(envelope, dict) else {}
        problems = self._problems(fields.get("detail"))
        said = "; ".join(map(str, problems)) or self._sentence(fields)
        error = self._meaning(response, said, problems)
        error.status = response.status_code
        error.request_id = self._request_id(response) or (self._clean(str(fields.get("request_id") or "")) or None)
        return error

    def _meaning(self, response: httpx.Response, said: str, problems: tuple[Problem, ...]) -> ServiceError:
        status, aside = response.status_code, f": {said}" if said else ""
        match status:
            case 401:
                return UnauthorizedError(f"the API key was not accepted{aside}; check the key")
            case 403:
                return UnauthorizedError(f"the API key may not do this{aside}; ask for the permission")
            case 404:
                return NotFoundError(f"not found{aside}; it may have been deleted: refresh the list")
            case 409:
                return ConflictError(f"refused, it collides with what is stored{aside}")
            case 400 | 422:
                return InvalidError(f"refused: {said or 'the platform did not say why'}", problems=problems)
            case 429:
                wait = _retry_after(response.headers.get("retry-after"))
                when = "in a moment" if wait is None else f"in {math.ceil(wait)} s"
                return RateLimitedError(f"too many requests; try again {when}", retry_after=wait)
        if status < 400:
            return BadResponseError(f"{self._host} points elsewhere (status {status}); check its address")
        if status < 500:
            return ServiceError(f"{self._host} refused with status {status}{aside}")
        return ServiceError(f"{self._host} failed with status {status}{aside}; try again in a moment")

    def _request_id(self, response: httpx.Response) -> str | None:
        return self._clean(response.headers.get("x-request-id", "")) or None

    def _problems(self, detail: JsonValue) -> tuple[Problem, ...]:
        """Read the validation envelope's list, whatever is in it."""
        found = []
        for item in detail if isinstance(detail, list) else []:
            if isinstance(item, dict) and isinstance(item.get("msg"), str):
                loc = item.get("loc")
                parts = [str(part) for part in loc] if isinstance(loc, list) else []
                # How the request carried the field is the client's business, not the reader's.
                while parts and parts[0] in ("body", "query", "path", "voice_config"):
                    parts.pop(0)
                found.append(Problem(self._clean(".".join(parts)) or "request", self._clean(str(item["msg"]))))
        return tuple(found)

    def _sentence(self, envelope: Mapping[str, JsonValue]) -> str:
        for name in ("message", "detail", "error_code"):
            said = envelope.get(name)
            if isinstance(said, str) and said.strip():
                return self._clean(said).rstrip(".")
        return ""

    def _clean(self, text: str) -> str:
        """Return somebody else's words as one short line without control characters or the token."""
        text = text.replace(self._token.get_secret_value(), "[API key]")
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1] + "…"


class _Bearer(httpx.Auth):
    """Puts the token on a request without passing through anything that could be printed."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


def _json(response: httpx.Response) -> JsonValue:
    """Return the parsed body, or ``None`` if it is not JSON."""
    try:
        parsed: JsonValue = json.loads(response.content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return parsed


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _kind(response: httpx.Response) -> str:
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip()
    return kind if kind.isprintable() and 0 < len(kind) < 60 else "no content type"


def _retry_after(header: str | None) -> float | None:
    """Return the header's wait in seconds, whether it gives a number or a date."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
