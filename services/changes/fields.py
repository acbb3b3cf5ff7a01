"""Changes of a service's own fields or its ``voice_config``: the plan, and its application.

Only fields that differ from the stored ones are sent. A field that another client changed since the plan was made
is not overwritten; the person sees its three values.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pydantic import JsonValue

from presets.config import as_sent
from presets.fields import BY_NAME as VOICE_FIELDS
from services.changes.change_record import (
    Action,
    Entry,
    KeptFields,
    Scope,
    Subject,
    settled_fields,
    since_note,
    to_take_back,
    undoable_fields,
    way_back_note,
)
from services.changes.errors import ChangedFieldsSinceError, Conflict, MovedFieldsError
from services.changes.guarded import carry_out
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import UnsupportedError
from services.model import RELEASE, Service
from services.service_fields import BY_NAME as SERVICE_FIELDS
from services.service_fields import PLATFORM_ONLY, unknown_fields
from services.writing import JsonObject, service_values


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsPlan:
    """A change of fields, before and after. Its texts are not escaped for a terminal."""

    subject: Subject
    action: Action
    service: Service
    """As it was read for this plan."""
    before: JsonObject
    """The stored values of the changing fields. ``None``: inherited, or not set."""
    after: JsonObject
    """Their new values. ``None``: inherit."""
    notes: tuple[str, ...] = ()
    """How ``after`` came about."""
    warnings: tuple[str, ...] = ()
    source: str | None = None
    """The preset that is applied."""
    undoes: int | None = None

    @property
    def nothing_to_do(self) -> bool:
        """Whether all values are already stored."""
        return not self.after

    @property
    def sent(self) -> JsonObject:
        """The values to send, by field. "Inherit" is a default where the platform's schema has no null."""
        return as_sent(self.after) if self.subject == "voice_config" else self.after

    @property
    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Each field with its stored and its new value, in words. Escape them."""
        pairs = [(name, self.before[name], value) for name, value in self.sent.items()]
        shown = partial(shown_value, self.subject)
        return tuple((name, shown(name, stored), shown(name, value)) for name, stored, value in pairs)

    @property
    def body(self) -> JsonObject:
        """The body for the Platform API. Empty if there is nothing to do."""
        if self.nothing_to_do:
            return {}
        return {"voice_config": self.sent} if self.subject == "voice_config" else self.sent

    @property
    def confirmation(self) -> str:
        """The name to type as confirmation, because the change affects callers or cuts them off. Empty if none."""
        reaches = self.service.is_active and RELEASE in self.service.version_sets
        noticed = self.subject == "voice_config" or self.after.get("is_active") is False
        return RELEASE if reaches and noticed and not self.nothing_to_do else ""

    @property
    def why_confirm(self) -> str:
        """Why the name must be typed."""
        return why_confirm(self.confirmation, self.service)

    @property
    def fingerprint(self) -> str:
        """Ten characters that identify the plan: equal only if it makes the same change to the same state."""
        said: JsonValue = [{"id": self.service.id, "name": self.service.name}, self.before, self.body]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFields:
    """The outcome of a plan."""

    plan: FieldsPlan
    change: int | None
    """The number that undoes the change. ``None`` if there was nothing to do."""
    stored: Service
    """The service as the platform returns it now."""
    otherwise: tuple[str, ...] = ()
    """Fields whose stored value differs from the sent one."""


def why_confirm(target: str, service: Service) -> str:
    """Return why a name must be typed. Every change that affects callers uses these words."""
    return f"{target} is the version set that callers of {service.name!r} reach: the change is live at once"


def stored_values(service: Service, subject: Subject) -> JsonObject:
    """Return the stored values of a service, by field."""
    return service.voice_config.set_values() if subject == "voice_config" else service_values(service)


def plan_fields(
    service: Service,
    subject: Subject,
    wanted: Mapping[str, JsonValue],
    *,
    source: str | None = None,
    action: Action = "update",
    notes: Iterable[str] = (),
    undoes: int | None = None,
) -> FieldsPlan:
    """Return the change that sets ``wanted`` in a service. ``None`` makes a field inherit."""
    stored = stored_values(service, subject)
    # an unreadable stored value is missing from the stored values
    odd = {problem.field for problem in service.voice_problems} if subject == "voice_config" else set()
    after = {
        name: value
        for name, value in wanted.items()
        if not _same(subject, name, stored.get(name), value) or (value is None and name in odd)
    }
    return FieldsPlan(
        subject=subject,
        action=action,
        service=service,
        before={name: stored.get(name) for name in after},
        after=after,
        notes=(*notes, *(_spelt_out(after) if subject == "voice_config" and action != "rollback" else ())),
        warnings=tuple(_cautions(service, subject, wanted, after)),
        source=source,
        undoes=undoes,
    )


async def plan_rollback(
    client: ServicesClient, service_id: str, subject: Subject, backups: Backups, to: int | None = None
) -> FieldsPlan:
    """Return the plan that undoes the last change from here, or the change ``to``. Only reads.

    Raises :class:`services.changes.errors.NoBackupError`, and
    :class:`services.changes.errors.ChangedFieldsSinceError` if what it would undo is no longer stored.
    """
    service = await client.get_service(service_id)
    kept = await backups.field_entries(Scope.of(client.label, service), subject)

    def agrees(values: Mapping[str, JsonValue]) -> bool:
        return not differing(service, subject, values)

    entry = to_take_back(kept, to, _of(subject, service), undoable_fields(kept, agrees))
    changed = differing(service, subject, entry.after)
    if changed and to is None:
        raise ChangedFieldsSinceError(entry, changed, service)
    since = [since_note(", ".join(changed), entry)] if changed and entry.state != "not written" else []
    note = way_back_note("was stored", entry)
    plan = plan_fields(service, subject, entry.before, action="rollback", notes=[note], undoes=entry.id)
    return replace(plan, warnings=(*since, *plan.warnings))


async def fields_history(
    client: ServicesClient, service: Service, subject: Subject, backups: Backups
) -> tuple[KeptFields, ...]:
    """Return the changes from here, newest first. An interrupted last change is settled by what is stored."""
    kept = await backups.field_entries(Scope.of(client.label, service), subject)
    if not kept:
        return ()
    state = settled_fields(kept[0], lambda values: not differing(service, subject, values))
    return (replace(kept[0], state=state), *kept[1:])


async def apply_fields(client: ServicesClient, plan: FieldsPlan, backups: Backups, *, who: str) -> AppliedFields:
    """Apply a plan, unless another client has changed one of its fields since.

    Everything is read again right before each write. A field that changed raises
    :class:`services.changes.errors.MovedFieldsError` with both values. The old values are on the disk before
    anything is sent; if that fails, nothing is sent. Raises what :func:`services.changes.guarded.carry_out` raises.
    """
    method = "update_voice_config" if plan.subject == "voice_config" else "update_service"
    if why := client.unsupported.get(method):
        raise UnsupportedError(why)
    refuse_unsupported(client, plan.after if plan.subject == "service" else {})
    step = _FieldsStep(client, plan)
    if plan.nothing_to_do:
        return AppliedFields(plan=plan, change=None, stored=await step.read())
    async with backups.alone():
        change, stored = await carry_out(client, step, backups, who)
    sent = {name: value for name, value in plan.after.items() if value is not None or plan.subject != "service"}
    otherwise = differing(stored, plan.subject, sent)
    return AppliedFields(plan=plan, change=change, stored=stored, otherwise=tuple(otherwise))


def refuse_unsupported(client: ServicesClient, names: Iterable[str]) -> None:
    """Raise :class:`services.errors.UnsupportedError` for fields that this dialect does not have."""
    if client.dialect == "classic" and (listed := ", ".join(name for name in names if name in PLATFORM_ONLY)):
        raise UnsupportedError(
            f"the Classic API knows no {listed} on a service; connect with the Platform API for it"
        )


class _FieldsStep:
    """A :class:`services.changes.guarded.ChangeStep` that changes fields of one service."""

    repeatable = True

    def __init__(self, client: ServicesClient, plan: FieldsPlan) -> None:
        self._client = client
        self._plan = plan

    @property
    def what(self) -> str:
        return f"{', '.join(self._plan.after)} of {self._plan.service.name}"

    @property
    def check(self) -> str:
        command = "voice-config" if self._plan.subject == "voice_config" else "service get"
        return f"turnlab {command} {self._plan.service.id}"

    async def look(self) -> None:
        plan, now = self._plan, await self._client.get_service(self._plan.service.id)
        stored = stored_values(now, plan.subject)
        conflicts = [
            Conflict(name, plan.before[name], stored.get(name), mine)
            for name, mine in plan.after.items()
            if not _same(plan.subject, name, stored.get(name), plan.before[name])
            and not _same(plan.subject, name, stored.get(name), mine)
        ]
        if conflicts:
            words = "; ".join(_conflict(plan.subject, one) for one in conflicts)
            raise MovedFieldsError(_of(plan.subject, now), conflicts, now, words)

    def entry(self) -> Entry:
        plan = self._plan
        return Entry(
            scope=Scope.of(self._client.label, plan.service),
            service_name=plan.service.name,
            kind=plan.subject,
            action=plan.action,
            target=plan.subject,
            source=plan.source,
            undoes=plan.undoes,
            before=json.dumps(plan.before),
            after=json.dumps(plan.after),
        )

    async def send(self) -> None:
        if self._plan.subject == "voice_config":
            await self._client.update_voice_config(self._plan.service.id, self._plan.after)
        else:
            await self._client.update_service(self._plan.service.id, self._plan.after)

    async def read(self) -> Service:
        return await self._client.get_service(self._plan.service.id)

    def holds(self, stored: Service) -> bool:
        after = self._plan.after
        # an unreadable stored value looks like a field that is not set
        left = {problem.field for problem in stored.voice_problems if after.get(problem.field, "") is None}
        return not left and not differing(stored, self._plan.subject, after)

    def untouched(self, stored: Service) -> bool:
        return not differing(stored, self._plan.subject, self._plan.before)

    def shown(self, stored: Service) -> str:
        values = stored_values(stored, self._plan.subject)
        named = differing(stored, self._plan.subject, self._plan.before)
        return "; ".join(f"{name} is {shown_value(self._plan.subject, name, values.get(name))}" for name in named)

    def stored_text(self, stored: Service) -> str:
        values = stored_values(stored, self._plan.subject)
        return json.dumps({name: values.get(name) for name in self._plan.after})


def differing(service: Service, subject: Subject, values: Mapping[str, JsonValue]) -> list[str]:
    """Return the names of values that differ from the stored ones."""
    stored = stored_values(service, subject)
    return [name for name, value in values.items() if not _same(subject, name, stored.get(name), value)]


def _same(subject: Subject, name: str, one: JsonValue, other: JsonValue) -> bool:
    """Return whether two values of a field mean the same. Unlike in Python, ``True`` is not 1."""
    if subject == "voice_config" and name in VOICE_FIELDS:
        plain = VOICE_FIELDS[name].plain
        return json.dumps(plain(one), sort_keys=True) == json.dumps(plain(other), sort_keys=True)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _spelt_out(after: Mapping[str, JsonValue]) -> list[str]:
    """Return a sentence for each field whose "inherit" is sent as a default."""
    return [
        f"{name}: the platform cannot store inherit here, so the default, {spec.show(spec.default)}, is sent"
        for name, value in after.items()
        if value is None and (spec := VOICE_FIELDS.get(name)) is not None and not spec.nullable
    ]


def _cautions(
    service: Service, subject: Subject, wanted: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> list[str]:
    if subject == "service":
        found = [*unknown_fields(wanted, SERVICE_FIELDS)]
        if after.get("is_active") is False:
            found.append("no caller reaches the service then")
        if after.get("safety_filters_enabled") is False:
            found.append("conversations are not monitored then")
        return found
    found = [*unknown_fields(wanted, VOICE_FIELDS)]
    left = [problem for problem in service.voice_problems if problem.field not in after]
    return found + [f"stored and left as it is: {problem}" for problem in left]


def shown_value(subject: Subject, name: str, value: JsonValue) -> str:
    """Return a field's value in words. Escape it."""
    if subject == "voice_config":
        value = as_sent({name: value})[name]
        if value is None:
            return "inherit"
        if name in VOICE_FIELDS and not isinstance(value, dict):
            return VOICE_FIELDS[name].show(value)
    elif (spec := SERVICE_FIELDS.get(name)) is not None:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(_tag(one) if spec.kind == "tags" else str(one) for one in value) or "none"
    if isinstance(value, str):
        return value
    return "—" if value is None else json.dumps(value, ensure_ascii=False)


def _tag(value: JsonValue) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return f"{value.get('key')}" + ("" if value.get("value") is None else f":{value['value']}")


def _conflict(subject: Subject, one: Conflict) -> str:
    began, theirs, mine = (shown_value(subject, one.name, value) for value in (one.began, one.theirs, one.mine))
    return f"{one.name} was {began}, is {theirs} by now, and would become {mine}"


def _of(subject: Subject, service: Service) -> str:
    return f"voice_config of {service.name}" if subject == "voice_config" else service.name
