"""Reads a platform's answer as JSON, or turns it into an error that says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import httpx
from pydantic import JsonValue

from base.json_text import NotJsonError, json_of, kind_of
from presets.config import Problem
from services.errors import (
    BadResponseError,
    ConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    ServiceError,
    UnauthorizedError,
)
from services.traffic import retry_after

MESSAGE_LENGTH = 300
"""The longest quotation of a platform's own words, in characters. It fits a toast."""


class AnswerReader:
    """Reads the answers of one platform. ``redact`` removes every known secret from the platform's words."""

    def __init__(self, host: str, redact: Callable[[str], str]) -> None:
        self.host = host
        self._redact = redact

    def parse(self, response: httpx.Response) -> dict[str, JsonValue]:
        """Return the JSON object. Raises :class:`services.errors.BadResponseError` for anything else."""
        broken_off = False
        try:
            parsed: JsonValue = json_of(response.content)
            if isinstance(parsed, dict):
                return parsed
            what = f"answered with {kind_of(parsed)} where a JSON object was due; tell the platform's support"
        except NotJsonError as error:
            broken_off = error.cut_short
            if not _meant_as_json(response):
                what = f"did not answer with JSON ({_media_type(response)}); check the platform's address"
            elif broken_off:
                what = "broke off in the middle of its answer; try again"
            else:
                what = f"sent what is not JSON: {error}; tell the platform's support"
        problem = BadResponseError(
            f"{self.host} {what}", status=response.status_code, request_id=self.request_id(response)
        )
        problem.broken_off = broken_off
        raise problem

    def refusal(self, response: httpx.Response, now: float) -> ServiceError:
        """Return the error for a status code and its envelope. ``now`` is in seconds since 1970."""
        try:
            envelope = json_of(response.content)
        except NotJsonError:
            envelope = None
        fields = envelope if isinstance(envelope, dict) else {}
        problems = self._problems(fields.get("detail"))
        said = "; ".join(map(str, problems)) or self._sentence(fields)
        wait = retry_after(response.headers.get("retry-after"), now)
        error = self._meaning(response.status_code, said, problems, wait)
        error.status = response.status_code
        error.request_id = self.request_id(response) or (self.clean(str(fields.get("request_id") or "")) or None)
        error.retry_after = wait
        return error

    def _meaning(self, status: int, said: str, problems: tuple[Problem, ...], wait: float | None) -> ServiceError:
        aside = f": {said}" if said else ""
        when = "in a moment" if wait is None else f"in {math.ceil(wait)} s"
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
                return RateLimitedError(f"too many requests; try again {when}")
        if status < 400:
            return BadResponseError(f"{self.host} points elsewhere (status {status}); check its address")
        if status < 500:
            return ServiceError(f"{self.host} refused with status {status}{aside}")
        return ServiceError(f"{self.host} failed with status {status}{aside}; try again {when}")

    def request_id(self, response: httpx.Response) -> str | None:
        """Return the id by which the platform's support can find the request."""
        return self.clean(response.headers.get("x-request-id", "")) or None

    def clean(self, text: str) -> str:
        """Return the platform's words as one short line without control characters or a secret."""
        text = self._redact(text)
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1] + "…"

    def _problems(self, detail: JsonValue) -> tuple[Problem, ...]:
        """Return the problems that the validation envelope lists. Never raises."""
        found = []
        for item in detail if isinstance(detail, list) else []:
            if isinstance(item, dict) and isinstance(item.get("msg"), str):
                loc = item.get("loc")
                parts = [str(part) for part in loc] if isinstance(loc, list) else []
                # The person did not choose how the client sends the field.
                while parts and parts[0] in ("body", "query", "path", "voice_config"):
                    parts.pop(0)
                found.append(Problem(self.clean(".".join(parts)) or "request", self.clean(str(item["msg"]))))
        return tuple(found)

    def _sentence(self, envelope: Mapping[str, JsonValue]) -> str:
        for name in ("message", "detail", "error_code"):
            said = envelope.get(name)
            if isinstance(said, str) and said.strip():
                return self.clean(said).rstrip(".")
        return ""


def _meant_as_json(response: httpx.Response) -> bool:
    """Return whether a body was meant as JSON. An empty body or HTML comes from another program."""
    content: bytes = response.content.strip()
    return bool(content) and ("json" in _media_type(response) or content[:1] in (b"{", b"["))


def _media_type(response: httpx.Response) -> str:
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip()
    return kind if kind.isprintable() and 0 < len(kind) < 60 else "no content type"
