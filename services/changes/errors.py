"""What stands against a change, beyond what a platform itself can refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.changes.differences import same
from services.errors import ConflictError, ServiceError

if TYPE_CHECKING:
    from services.changes.plan import Plan


class MovedError(ConflictError):
    """Somebody changed what the plan was made from; nothing was written. Show both plans and ask."""

    def __init__(self, planned: Plan, now: Plan) -> None:
        super().__init__(f"{moved(planned, now)}; nothing was written: look at what is there now and plan again")
        self.planned = planned
        self.now = now


class NoBackupError(ServiceError):
    """There is nothing to go back to, or the kept value no longer fits. Nothing was written."""


class UncertainError(ServiceError):
    """The change was sent and nobody knows whether it was stored; the backup is kept either way."""


def moved(planned: Plan, now: Plan) -> str:
    """Return in words which side of a plan moved."""
    if not same(planned.before, now.before):
        return f"{planned.target} was changed meanwhile"
    if planned.source:
        return f"{planned.source} was changed meanwhile, or points at newer versions"
    return f"what {planned.target} would become was changed meanwhile"
