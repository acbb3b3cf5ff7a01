"""``--expect``: write only what was shown before, by the ten characters it was shown under."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass

from base.json_text import canonical_json
from services.changes.ledger import Backups
from services.errors import ConflictError, StorageError
from services.writing import JsonObject


def fingerprint_of(told: JsonObject) -> str:
    """Return ten characters that are the same only while a plan would do the same to the same."""
    said = [told["service"], told["before"], told["body"]]
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person saw before, compared with what it would be now."""

    expect: str | None
    apply: bool

    async def compare(self, told: JsonObject) -> None:
        """Keep a plan that is only shown; refuse one that is not the expected.

        Raises :class:`services.errors.ConflictError` with what was planned and what is there now.
        """
        backups = Backups()
        plan = str(told["plan"])
        if self.expect and self.expect != plan:
            planned = await backups.shown(self.expect)
            if not isinstance(planned, dict) or planned.get("service") != told["service"]:
                raise ConflictError(
                    f"no plan {self.expect} for this service was shown here, so nothing was written; now it "
                    f"would be {_side(told)}: look at it, then go on with --expect {plan}"
                )
            raise ConflictError(
                f"something changed since plan {self.expect} was shown, so nothing was written; it was "
                f"{_side(planned)}, and now it would be {_side(told)}: look at it, then go on with --expect {plan}"
            )
        if not self.apply and told["body"]:
            # where it cannot be kept, --expect still knows it by its characters
            with suppress(StorageError):
                await backups.note_shown(plan, told)


def _side(told: JsonObject) -> str:
    return f"from {json.dumps(told['before'])} with {json.dumps(told['body'])}"
