"""Pulls a service's calls into their private folder, four at a time. A pull resumes after a break."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import JsonValue

from base.json_text import TextError, canonical_json
from services.calls.client import CallsClient
from services.calls.downloading import PARTIAL, FileSink, audio_file, download, on_disk
from services.calls.folders import RECORD, CallFolders
from services.calls.model import CallDetail, CallSummary, JudgedCall, RecordingMetadata
from services.calls.overview import CHECKED
from services.calls.record import AudioFile, AudioState, CallAudio, CallRecord, ServiceName
from services.calls.recorded import (
    CallClock,
    is_handed_over,
    number_of,
    operator_stretches,
    operator_takes_part,
    turns_of,
    with_operator_turns,
)
from services.calls.retention import only_measures, without_words
from services.calls.settings_then import SettingsThen
from services.calls.wanted import PullRequest, archived, newest
from services.errors import ArchivedError, NotFoundError, NotKeptError, ServiceError

AT_ONCE: Final = 4
"""The number of calls pulled at once."""

_LONGEST_OFFSET_S: Final = 600.0
"""The largest plausible offset. A recording that begins later is on another clock."""

_LARGEST_POLICY: Final = 10_000
"""The longest turn policy, in characters."""

PullState = Literal["pulled", "here", "archived", "unrecorded", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledCall:
    """The outcome for one call. ``notes`` are sentences for people; they quote nothing of the call."""

    id: str
    started_at: datetime | None
    state: PullState
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    record: CallRecord | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Progress of a pull: ``calls`` of ``of`` are done. ``of`` is ``None`` while calls are being listed."""

    calls: int
    of: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Pull:
    """The outcome of a pull. ``stopped``: why it ended early; ``more``: more calls than were asked for exist."""

    calls: tuple[PulledCall, ...]
    more: bool = False
    stopped: str | None = None

    def count(self, *states: PullState) -> int:
        """Return the number of calls in the given states."""
        return sum(call.state in states for call in self.calls)

    def counts(self, archived: str = "archived") -> str:
        """Return the number of calls in each state, in words. Empty without any. ``archived`` names that state."""
        names: tuple[tuple[PullState, str], ...] = (
            ("pulled", "pulled"),
            ("here", "here already"),
            ("archived", archived),
            ("unrecorded", "without a recording"),
            ("failed", "not pulled"),
        )
        return ", ".join(f"{count} {name}" for state, name in names if (count := self.count(state)))


Kept = Callable[[CallRecord, Path], Awaitable[CallRecord]]
"""Processes a call that was just pulled, such as measuring it, and returns the new record."""


async def pull(
    client: CallsClient,
    request: PullRequest,
    folders: CallFolders,
    settings: SettingsThen,
    *,
    progress: Callable[[PullProgress], None] = lambda _: None,
    kept: Kept | None = None,
) -> Pull:
    """Pull the newest calls, and calls that were archived at an earlier pull. Skips calls that are complete here.

    A failure of one call does not affect the others. A full disk ends the pull. After a cancellation, finished
    calls and partial downloads stay. Raises :class:`services.errors.ServiceError` if the calls cannot be listed.
    """
    progress(PullProgress(0, None, 0))
    found, more = await newest(client, request)
    found += await asyncio.to_thread(archived, folders, request, {call.id for call in found})
    judged = await _judged(client, request.service.id) if found else {}
    work = _Pulling(client, request, folders, settings, kept, len(found), progress, judged)
    results = await work.all(found)
    return Pull(tuple(results), more, work.stopped)


async def _judged(client: CallsClient, service_id: str) -> Mapping[str, JudgedCall]:
    """Return the newest results of the voice judge by call SID. Empty if the platform has no judge."""
    try:
        return {one.call_sid: one for one in await client.judged(service_id)}
    except ServiceError:
        return {}


class _Pulling:
    """One running pull."""

    def __init__(
        self,
        client: CallsClient,
        request: PullRequest,
        folders: CallFolders,
        settings: SettingsThen,
        kept: Kept | None,
        count: int,
        progress: Callable[[PullProgress], None],
        judged: Mapping[str, JudgedCall],
    ) -> None:
        self.stopped: str | None = None
        self._client = client
        self._request = request
        self._folders = folders
        self._settings = settings
        self._kept = kept
        self._count = count
        self._done = self._bytes = 0
        self._progress = progress
        self._judged = judged
        self._policies = _Policies(client)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def all(self, found: Sequence[CallSummary]) -> list[PulledCall]:
        """Pull every call and return the outcomes in the same order."""
        self._tell()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(call)) for call in found]
        return [result for task in tasks if (result := task.result()) is not None]

    async def _one(self, call: CallSummary) -> PulledCall | None:
        async with self._slots:
            if self.stopped is not None:
                return None
            try:
                with on_disk(self._folders.folder(self._request.workspace, call.id)):
                    result = await self._pulled(call)
            except NotKeptError as error:
                self.stopped = self.stopped or str(error)
                return None
            except ServiceError as error:
                result = self._result(call, "failed", str(error))
            self._done += 1
            self._tell()
            return result

    def _tell(self) -> None:
        self._progress(PullProgress(self._done, self._count, self._bytes))

    def _came(self, count: int) -> None:
        self._bytes = max(0, self._bytes + count)
        self._tell()

    def _result(self, call: CallSummary, state: PullState, *notes: str) -> PulledCall:
        return PulledCall(id=call.id, started_at=call.started_at, state=state, notes=notes)

    async def _pulled(self, call: CallSummary) -> PulledCall:
        folder = self._folders.folder(self._request.workspace, call.id)
        if (record := await asyncio.to_thread(self._here, folder, call)) is not None:
            record = await self._with_settings_then(folder, record)
            return PulledCall(id=call.id, started_at=call.started_at, state="here", folder=folder, record=record)
        folder = self._folders.make(self._request.workspace, call.id)
        try:
            if self._request.keep_audio:
                return await self._fetched(call, folder)
            with only_measures(self._folders, folder):
                result = await self._fetched(call, folder)
            return replace(result, record=result.record and without_words(result.record))
        finally:
            # a call without any data leaves no folder
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _here(self, folder: Path, call: CallSummary) -> CallRecord | None:
        """Return the record of a call that is already complete here."""
        if not (folder / RECORD).exists():
            return None
        try:
            record = self._folders.read(folder)
        except TextError:
            return None
        files = record.audio.files() if record.audio else ()
        whole = all((folder / one.file).is_file() for one in files)
        settled = {"here": whole, "removed": True, "archived": False, "none": not call.has_recording}
        return record if settled[record.audio_state] else None

    async def _with_settings_then(self, folder: Path, record: CallRecord) -> CallRecord:
        """Return a kept record with the settings of its day, if they were unknown when it was pulled."""
        if record.voice_config_from != "today":
            return record
        values, source = self._settings.at(record.started_at)
        if source == "today":
            return record
        then = record.model_copy(update={"voice_config": values, "voice_config_from": source})
        record = then.model_copy(update={"turn_policy": await self._policies.of(then)})
        await asyncio.to_thread(self._folders.write, record)
        (folder / CHECKED).unlink(missing_ok=True)
        return record

    async def _fetched(self, call: CallSummary, folder: Path) -> PulledCall:
        detail = await self._client.get(call.id)
        sid = detail.call_sid or call.call_sid
        state: AudioState = "none"
        restore_at: datetime | None = None
        notes: list[str] = []
        files: dict[str, AudioFile] = {}
        metadata = RecordingMetadata()
        if call.has_recording is not False and sid:
            try:
                metadata = await self._metadata(sid, notes)
                clock = CallClock.of(detail, _moment(metadata.media_start_ms))
                files, said = await self._files(sid, folder, metadata, clock)
                notes += said
                state = "here" if files else "none"
            except ArchivedError as error:
                state, restore_at = "archived", error.restore_at
                notes.append(error.message)
            except NotFoundError:
                notes.append("the platform has no recording of it")
        else:
            notes.append("it was not recorded")
        record = self._record(call, detail, metadata, notes)
        record = record.model_copy(
            update={
                "turn_policy": await self._policies.of(record),
                "audio": CallAudio(**files) if files else None,
                "audio_state": state,
                "restore_at": restore_at,
            }
        )
        await asyncio.to_thread(self._folders.write, record)
        if self._kept is not None:
            record = await self._kept(record, folder)
        outcome: PullState = "pulled" if files else "archived" if state == "archived" else "unrecorded"
        return PulledCall(
            id=call.id,
            started_at=call.started_at,
            state=outcome,
            notes=tuple(notes),
            folder=folder,
            record=record,
        )

    async def _metadata(self, sid: str, notes: list[str]) -> RecordingMetadata:
        try:
            return await self._client.recording_metadata(sid)
        except ArchivedError:
            raise
        except ServiceError as error:
            # Try the files all the same, in the formats that the platform documents.
            if not isinstance(error, NotFoundError):
                notes.append(f"the platform says nothing of the recording's formats ({error.message})")
            return RecordingMetadata()

    async def _files(
        self, sid: str, folder: Path, metadata: RecordingMetadata, clock: CallClock
    ) -> tuple[dict[str, AudioFile], list[str]]:
        """Download both sides. Returns the ``call.json`` entry of each, and notes."""
        start = _offset_s(metadata.media_start_ms, clock)
        sides: tuple[tuple[Literal["caller", "agent"], str, str, int | None, float | None], ...] = (
            ("caller", "inbound", metadata.inbound_format, metadata.inbound_rate_hz, metadata.inbound_start_ms),
            ("agent", "outbound", metadata.outbound_format, metadata.outbound_rate_hz, metadata.outbound_start_ms),
        )
        files: dict[str, AudioFile] = {}
        notes = []
        for side, name, form, rate_hz, start_ms in sides:
            offset = start if start_ms is None else _offset_s(start_ms, clock)
            sink = FileSink(folder / f"{side}{PARTIAL}", self._came)
            try:
                there = await download(self._client, lambda name=name: self._url(sid, name), sink)  # type: ignore[misc]
                size = sink.position
            finally:
                sink.close()
            if not there or not size:
                (folder / f"{side}{PARTIAL}").unlink(missing_ok=True)
                notes.append(f"the {side}'s side of the recording is missing")
                continue
            if offset is None:
                notes.append(f"the {side}'s file begins on another clock; it is taken to begin with the call")
            files[side] = audio_file(folder, side, form, rate_hz, offset or 0.0)
        return files, notes

    async def _url(self, sid: str, name: str) -> str | None:
        urls = await self._client.recording_urls(sid)
        return urls.inbound if name == "inbound" else urls.outbound

    def _record(
        self, call: CallSummary, detail: CallDetail, metadata: RecordingMetadata, notes: list[str]
    ) -> CallRecord:
        clock = CallClock.of(detail, _moment(metadata.media_start_ms))
        media_s = None if detail.timeline is None else detail.timeline.duration_s or None
        duration_s = media_s or detail.duration_s or call.duration_s
        turns = turns_of(detail, clock)
        operators = with_operator_turns(operator_stretches(detail, clock, duration_s), turns, duration_s)
        unplaced = not operators and operator_takes_part(detail, turns)
        if unplaced:
            notes.append("a human operator took part, and the platform does not say when: it cannot be measured")
        elif not operators and is_handed_over(detail):
            notes.append("a human operator took over at an unknown time: measures may include the operator")
        judge = self._judged.get(detail.call_sid or call.call_sid or "")
        started_at = detail.started_at or call.started_at
        values, source = self._settings.at(started_at)
        return CallRecord.model_validate(
            {
                "id": call.id,
                "source": "platform",
                "workspace": self._request.workspace,
                "service": ServiceName(id=self._request.service.id, name=self._request.service.name),
                "started_at": started_at and started_at.astimezone(UTC),
                "duration_s": duration_s,
                "direction": detail.direction or call.direction,
                "phone_number": number_of(detail, call),
                "simulated": detail.simulated or call.simulated,
                "made_by_turnlab": detail.made_by_turnlab or call.made_by_turnlab,
                "operator": operators,
                "operator_unplaced": unplaced,
                "quality_score": call.quality_score if detail.quality_score is None else detail.quality_score,
                "ended_by": detail.completion_reason or call.completion_reason,
                "voice_config": values,
                "voice_config_from": source,
                "voice_judge": judge and {"overall": judge.overall, "scores": dict(judge.scores)},
                "inherited_voice_config": self._request.inherited.set_values(),
                "kept_since": datetime.now(UTC),
                "turns": turns,
            }
        )


class _Policies:
    """The platform's turn policy for the settings of each call. Asks once for each distinct settings."""

    def __init__(self, client: CallsClient) -> None:
        self._client = client
        self._answers: bool = True
        self._known: dict[str, Mapping[str, JsonValue]] = {}
        self._one = asyncio.Lock()

    async def of(self, record: CallRecord) -> Mapping[str, JsonValue] | None:
        """Return the platform's turn policy for a call's settings. ``None`` if the platform gives none."""
        inherited = (record.model_extra or {}).get("inherited_voice_config") or {}
        config = {**inherited, **(record.voice_config or {})}
        key = canonical_json(config)
        async with self._one:
            if key not in self._known and self._answers:
                try:
                    found = await self._client.turn_policy(config)
                except ServiceError:
                    self._answers = False
                else:
                    self._known[key] = found if len(canonical_json(dict(found))) <= _LARGEST_POLICY else {}
        return self._known.get(key)


def _moment(time_ms: float | None) -> datetime | None:
    """Return a time given in ms since 1970. ``None`` if it is out of range."""
    if time_ms is None or not 0 < time_ms < 1e14:
        return None
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def _offset_s(start_ms: float | None, clock: CallClock) -> float | None:
    """Return where a file begins on the call's clock, in s. ``None`` if it is on another clock."""
    moment = _moment(start_ms)
    if moment is None:
        return 0.0
    offset_s = clock.seconds(moment)
    return offset_s if abs(offset_s) < _LONGEST_OFFSET_S else None
