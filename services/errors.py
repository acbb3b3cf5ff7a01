"""What can go wrong between Turnlab and a platform: one small family, each message one line with a remedy."""

from __future__ import annotations

from datetime import datetime

from presets.config import Problem


class ServiceError(Exception):
    """A request to a platform that did not succeed.

    ``str()`` of it is one line: what happened, and what to do. ``status`` is the HTTP status code (``None`` when
    no response came); ``request_id`` is what the platform's support can look the request up by; ``retry_after`` is
    how many seconds the platform asks to wait (``None`` when it did not say).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.final = False
        """Whether the request must not be sent again by itself, whatever kind of failure this looks like."""
        self.outcome_unknown = False
        """Whether the request was to change something and may have done so: read back before saying which."""

    def __str__(self) -> str:
        return f"{self.message} (request {self.request_id})" if self.request_id else self.message


class NotFoundError(ServiceError):
    """404: no such service, or no such workspace."""


class UnauthorizedError(ServiceError):
    """401 or 403: the API key is missing, wrong, or may not do this."""


class TokenExpiredError(UnauthorizedError):
    """401 for a token that another can replace: nothing was done. Read before a change is sent again."""


class ConflictError(ServiceError):
    """409: the change collides with what is stored, such as a name that is taken."""


class InvalidError(ServiceError):
    """400 or 422: the platform refused a value.

    ``problems`` names the refused fields as a person knows them: ``max_buffer_delay_ms``, or
    ``version_sets.release.agent_version_number``; empty when the platform gave only a sentence.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.problems = problems


class RateLimitedError(ServiceError):
    """429: too many requests; or a limit that is known to be used up, and then nothing was sent."""


class RefusedError(InvalidError):
    """A rule of every platform forbids the change, so it was not sent. The text says which rule."""


class UnsupportedError(ServiceError):
    """This platform's API has no such operation, so nothing was sent. The text says what to do instead."""


class UnreachableError(ServiceError):
    """No response came: the connection failed, broke off, or took too long."""

    too_slow = False
    """Whether a connection stood and the answer did not come in time."""


class BadResponseError(ServiceError):
    """A response came, but not one this API gives: HTML, a truncated body, something that is not JSON."""

    broken_off = False
    """Whether the connection ended in the middle of it, so that asking again may help."""


class ArchivedError(ServiceError):
    """202: a recording is archived and is being restored; ``restore_at`` is when it is expected, if known."""

    restore_at: datetime | None = None


class LinkExpiredError(ServiceError):
    """A link to a recording no longer works: ask for another one."""


class NotKeptError(ServiceError):
    """What a platform sent cannot be written here: the disk is full, or the folder may not be written to."""


class StorageError(ServiceError):
    """The embedded platform's workspace file cannot be used; the file is left as it is."""


class ConnectionProblem(ServiceError):  # noqa: N818  (a problem with a profile, before there is a connection)
    """A connection cannot be opened, kept or removed: an unknown name, a missing part, no keyring for the key."""
