"""The errors between Turnlab and a platform. Each message is one line with a remedy."""

from __future__ import annotations

from datetime import datetime

from presets.config import Problem


class ServiceError(Exception):
    """A request to a platform that did not succeed.

    Its ``str()`` is one line: what happened, and what to do. ``status`` is the HTTP status code, or ``None``
    without a response. ``request_id`` is the id by which the platform's support can find the request.
    ``retry_after`` is the number of seconds that the platform asks to wait, or ``None``.
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
        """Whether the request must not be sent again automatically, whatever the kind of failure."""
        self.outcome_unknown = False
        """Whether the request may have changed something. Read back before reporting an outcome."""

    def __str__(self) -> str:
        return f"{self.message} (request {self.request_id})" if self.request_id else self.message


class NotFoundError(ServiceError):
    """404: no such service, or no such workspace."""


class UnauthorizedError(ServiceError):
    """401 or 403: the API key is missing, wrong, or may not do this."""


class TokenExpiredError(UnauthorizedError):
    """401 for a token that can be renewed. Nothing was done. Read before sending a change again."""


class ConflictError(ServiceError):
    """409: the change conflicts with stored data, such as a taken name."""


class InvalidError(ServiceError):
    """400 or 422: the platform refused a value.

    ``problems`` names the refused fields as a person knows them: ``max_buffer_delay_ms``, or
    ``version_sets.release.agent_version_number``. It is empty if the platform only sent a sentence.
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
    """429: too many requests. Also a limit that is known to be used up; then nothing was sent."""


class RefusedError(InvalidError):
    """A rule of every platform forbids the change, so it was not sent. The text says which rule."""


class UnsupportedError(ServiceError):
    """This platform's API has no such operation, so nothing was sent. The text says what to do instead."""


class UnreachableError(ServiceError):
    """No response arrived: the connection failed, broke, or timed out."""

    too_slow = False
    """Whether the connection stood and the answer timed out."""


class BadResponseError(ServiceError):
    """A response arrived that this API does not give: HTML, a truncated body, or something other than JSON."""

    broken_off = False
    """Whether the connection ended in the middle, so that another try may help."""


class ArchivedError(ServiceError):
    """202: the platform is restoring an archived recording. ``restore_at`` is the expected time, if known."""

    restore_at: datetime | None = None


class LinkExpiredError(ServiceError):
    """A link to a recording has expired. Request another one."""


class NotKeptError(ServiceError):
    """A platform's data cannot be written here: the disk is full, or the folder is not writable."""


class StorageError(ServiceError):
    """The embedded platform's workspace file cannot be used. The file stays unchanged."""


class ConnectionProblem(ServiceError):  # noqa: N818  (a problem with a profile, before there is a connection)
    """A connection cannot be opened, saved or removed: an unknown name, a missing part, or no keyring."""
