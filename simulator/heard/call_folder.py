"""The folder of one call on disk: ``call.json`` and the audio beside it (``docs/calls.md``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.files import write_whole
from base.json_text import TextError, json_bytes, read_json
from base.masking import masked_words
from presets.config import parse
from presets.layers import Layer
from simulator.errors import SimulatorError
from simulator.labels import first_fault

CALL_FILE = "call.json"
HEARD_FILE = "heard.json"
HEARD_SCHEMA = "turnlab.heard/1"
METHOD = 2
"""Increase this when calls are measured or converted in another way: kept results are then made again."""

Speaker = Literal["caller", "agent", "operator"]
Stretch_s = tuple[float, float]


class UnusableCallError(SimulatorError):
    """A call that cannot be used."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class AudioFile(_Part):
    """One file of a call's audio. ``offset_s`` is the time of its first sample on the call's clock, s."""

    file: str
    encoding: Literal["mulaw", "alaw", "pcm16", "container"] = "container"
    rate_hz: int | None = Field(default=None, ge=1000, le=384_000)
    offset_s: float = 0.0
    caller_channel: int | None = Field(default=None, ge=0)


class CallAudio(_Part):
    """The audio of both sides: one file each, or one file with two channels."""

    caller: AudioFile | None = None
    agent: AudioFile | None = None
    both: AudioFile | None = None


class ToolCall(_Part):
    """A tool the agent used for one turn; ``ms`` is its duration, where known."""

    name: str = ""
    ms: float | None = None


class LoggedTurn(_Part):
    """One turn in the platform's log; ``reported`` are the platform's own figures, ms."""

    speaker: Speaker
    from_s: float | None = None
    to_s: float | None = None
    text: str | None = Field(default=None, repr=False)
    state: str | None = None
    kind: Literal["greeting", "filler", "response"] | None = None
    tools: tuple[ToolCall, ...] = ()
    reported: dict[str, Any] = {}

    @property
    def from_ms(self) -> float:
        """When it began, ms of the call; 0 where unknown."""
        return (self.from_s or 0.0) * 1000

    @property
    def to_ms(self) -> float:
        """When it ended, ms of the call; 0 where unknown."""
        return (self.to_s or 0.0) * 1000

    def figure(self, *names: str) -> float | None:
        """Return the first of the named reported figures that is present, ms."""
        found = (self.reported.get(name) for name in names)
        return next((float(one) for one in found if isinstance(one, int | float) and one >= 0), None)


class CallRecord(_Part):
    """What is known of a call besides its audio."""

    id: str
    source: str = "import"
    workspace: str | None = None
    service: dict[str, Any] | None = None
    version_set: str | None = None
    started_at: str | None = None
    duration_s: float | None = None
    direction: str | None = None
    phone_number: str | None = Field(default=None, repr=False)
    """Distinguishes callers. It is never shown."""
    simulated: bool = False
    made_by_turnlab: bool = False
    operator: tuple[Stretch_s, ...] = ()
    operator_unplaced: bool = False
    """Whether an operator took part at an unknown time."""
    quality_score: float | None = None
    ended_by: str | None = None
    voice_config: dict[str, Any] | None = None
    voice_config_from: str | None = None
    inherited_voice_config: dict[str, Any] | None = None
    turn_policy: dict[str, Any] | None = Field(default=None, repr=False)
    """The platform's own turn policy for these settings; ``None`` if the platform does not answer."""
    audio: CallAudio | None = None
    audio_state: str = "here"
    restore_at: str | None = None
    turns: tuple[LoggedTurn, ...] = ()

    @property
    def service_name(self) -> str:
        """The service's name, "" where the call has none."""
        return str((self.service or {}).get("name") or "")

    def settings(self) -> tuple[Layer, ...]:
        """Return the call's settings, its own before those it inherits.

        Raises :class:`~presets.config.ConfigError`.
        """
        found = (("the call's", self.voice_config), ("workspace", self.inherited_voice_config))
        return tuple(
            Layer(name, parse(values, source=f"{self.id}: its settings")) for name, values in found if values
        )

    def logged(self, speaker: Speaker) -> list[LoggedTurn]:
        """Return one side's turns that have a start, in time order."""
        turns = [turn for turn in self.turns if turn.speaker == speaker and turn.from_s is not None]
        return sorted(turns, key=lambda turn: turn.from_ms)


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call and its location: a folder with ``call.json``, or a lone audio file."""

    record: CallRecord
    path: Path

    @property
    def folder(self) -> Path | None:
        """The folder of the call; ``None`` for a lone audio file."""
        return self.path if self.path.is_dir() else None

    def why_silent(self) -> str | None:
        """Return why there is no audio; ``None`` if there is some."""
        audio, state = self.record.audio, self.record.audio_state
        if audio is not None and state == "here":
            return None
        if state == "archived":
            when = f" by {self.record.restore_at}" if self.record.restore_at else ""
            return f"its recording is archived; the platform restores it{when}: pull the call again then"
        return {
            "removed": "its audio was deleted here; its measures are kept",
            "none": "it was not recorded",
        }.get(state, "its audio is not here; pull it again")


def words_of(turns: Iterable[LoggedTurn]) -> str:
    """Return the words of turns, with telephone numbers masked, as they are shown and written to files."""
    return str(masked_words(" ".join(one.text for one in turns if one.text)))


def read_call_folder(folder: Path) -> KeptCall:
    """Read a call. Raises :class:`UnusableCallError` for a folder without a call, or an unreadable one."""
    path = folder / CALL_FILE
    try:
        return KeptCall(CallRecord.model_validate(read_json(path)), folder)
    except TextError as error:
        raise UnusableCallError(str(error)) from None
    except ValidationError as error:
        raise UnusableCallError(f"{path}: {first_fault(error)}; pull or import the call again") from None


def lone_audio(path: Path, caller_channel: int | None) -> KeptCall:
    """Return a two-channel audio file as a call without other data. ``caller_channel`` counts from 0."""
    both = AudioFile(file=path.name, caller_channel=caller_channel)
    return KeptCall(CallRecord(id=path.stem, audio=CallAudio(both=both)), path)


def calls_in(path: Path) -> list[Path]:
    """Return the call folders in a folder and below it, in order of name."""
    if (path / CALL_FILE).is_file():
        return [path]
    return sorted(one.parent for one in path.rglob(CALL_FILE))


def write_heard(call: KeptCall, heard: dict[str, Any]) -> None:
    """Store a call's measures beside it; nothing for a lone audio file. Raises :class:`OSError`."""
    if call.folder is not None:
        write_whole(call.folder / HEARD_FILE, json_bytes({"schema": HEARD_SCHEMA, "method": METHOD, **heard}))


def kept_measures(call: KeptCall) -> dict[str, Any] | None:
    """Return the measures stored beside a call; ``None`` if there are none, or they are unreadable or stale.

    Measures by an older method, or older than ``call.json``, are stale while there is audio to measure again.
    """
    path, audible = call.path / HEARD_FILE, call.why_silent() is None
    try:
        if audible and path.stat().st_mtime_ns < (call.path / CALL_FILE).stat().st_mtime_ns:
            return None
        found = read_json(path)
    except (TextError, OSError):
        return None
    if not isinstance(found, dict) or found.get("schema") != HEARD_SCHEMA:
        return None
    return None if audible and found.get("method") != METHOD else found
