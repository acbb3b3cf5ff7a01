"""Errors that stop a change, beyond those of the platform itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from services.changes.differences import same
from services.errors import ConflictError, InvalidError, NotFoundError, ServiceError

if TYPE_CHECKING:
    from services.changes.change_record import KeptFields
    from services.changes.plan import Plan
    from services.model import Service


class MovedError(ConflictError):
    """The state that the plan was made from has changed, and nothing was written. Show both plans and ask."""

    def __init__(self, planned: Plan, now: Plan) -> None:
        super().__init__(f"{moved(planned, now)}; nothing was written: look at the current state and plan again")
        self.planned = planned
        self.now = now


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed differently. ``None``: inherited, or not set."""

    name: str
    began: JsonValue
    theirs: JsonValue
    mine: JsonValue


class MovedFieldsError(ConflictError):
    """Another user changed the same fields meanwhile; nothing was written. Show the conflicts and ask."""

    def __init__(self, what: str, conflicts: Sequence[Conflict], now: Service, words: str) -> None:
        super().__init__(f"{what} was changed meanwhile; nothing was written: {words}")
        self.conflicts = tuple(conflicts)
        self.now = now
        """The service as it is now."""


class ChangedFieldsSinceError(ConflictError):
    """Another client changed the fields after the change to undo. Nothing was written."""

    def __init__(self, entry: KeptFields, names: Sequence[str], now: Service) -> None:
        super().__init__(
            f"{', '.join(names)} was changed elsewhere since change {entry.id}; nothing was written: "
            f"to overwrite theirs with what was stored before, name the change (--to {entry.id})"
        )
        self.entry = entry
        self.names = tuple(names)
        self.now = now


class NoBackupError(ServiceError):
    """There is no earlier value, or it no longer fits. Nothing was written."""


NO_WAY_BACK = (NoBackupError, NotFoundError, InvalidError)
"""Errors of a change that cannot be undone. A retry does not help."""


class UncertainError(ServiceError):
    """The change was sent, and its outcome is unknown. The backup is kept either way."""

    def __init__(self, sentence: str, change: int | None, check: str, cause: ServiceError) -> None:
        super().__init__(f"{sentence}; {_kept(change)}to check before trying again: {check}", status=cause.status)
        self.outcome_unknown = True
        self.change = change
        self.check = check


class OvertakenError(ConflictError):
    """The answer to a change was lost, and the stored value is neither the new one nor the old one."""

    def __init__(self, what: str, cause: ServiceError, change: int | None, check: str, now: str) -> None:
        super().__init__(
            f"{what} is not saved ({cause}), and something else is stored by now{f': {now}' if now else ''}; "
            f"{_kept(change)}to look at it: {check}"
        )
        self.change = change


def _kept(change: int | None) -> str:
    return "" if change is None else f"what it held is kept as change {change}; "


def moved(planned: Plan, now: Plan) -> str:
    """Return a sentence that says which side of a plan changed."""
    if not same(planned.before, now.before):
        return f"{planned.target} was changed meanwhile"
    if planned.source:
        return f"{planned.source} was changed meanwhile, or points at newer versions"
    return f"what {planned.target} would become was changed meanwhile"
