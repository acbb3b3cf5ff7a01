"""``call.json``: the record of one kept call. ``docs/calls.md`` describes every field.

No ``repr`` and no error shows a caller's words or number.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from base.masking import masked_number, masked_words

SCHEMA: Final = "turnlab.call_record/1"

Speaker = Literal["caller", "agent", "operator"]
Source = Literal["platform", "import"]
AudioState = Literal["here", "archived", "none", "removed"]
Encoding = Literal["mulaw", "alaw", "pcm16", "container"]
ConfigSource = Literal["changes", "platform", "today"]


class _Part(BaseModel):
    """A frozen part of the file. It keeps keys that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, hide_input_in_errors=True)


class AudioFile(_Part):
    """One audio file, with the bytes as delivered."""

    file: str
    """Its name in the call's folder."""
    encoding: Encoding
    """How to read a file without a header. ``container`` (WAV, FLAC, …): the file's own header says it."""
    rate_hz: int | None = Field(default=None, gt=0)
    """Samples per second. A container's own header takes precedence."""
    offset_s: float = 0.0
    """The position of the first sample on the call's clock, in s."""
    caller_channel: Literal[0, 1] | None = None
    """The caller's channel in a file of both sides."""


class CallAudio(_Part):
    """Both sides of a call: one file for each side, or one file with two channels."""

    caller: AudioFile | None = None
    agent: AudioFile | None = None
    both: AudioFile | None = None

    def files(self) -> tuple[AudioFile, ...]:
        """Return the files that exist."""
        return tuple(one for one in (self.caller, self.agent, self.both) if one is not None)


class ServiceName(_Part):
    """The service that handled the call."""

    id: str
    name: str


class ToolUse(_Part):
    """One tool call of the agent, and its duration in ms."""

    name: str
    ms: float | None = None


class CallTurn(_Part):
    """One turn of a speaker, in seconds on the call's clock."""

    speaker: Speaker
    from_s: float | None = None
    to_s: float | None = None
    text: str | None = Field(default=None, repr=False)
    state: str | None = None
    """The context graph's state during the turn."""
    kind: Literal["greeting", "filler", "response"] | None = None
    tools: tuple[ToolUse, ...] = ()
    reported: dict[str, float] = Field(default_factory=dict)
    """The platform's own figures, ms, by name: ``end_of_turn_ms``, ``navigation_ms``, ``first_audio_ms``, …"""


class CallRecord(_Part):
    """The record of one kept call."""

    schema_: Literal["turnlab.call_record/1"] = Field(default=SCHEMA, alias="schema")
    id: str = Field(min_length=1)
    source: Source
    workspace: str = Field(min_length=1)
    service: ServiceName | None = None
    version_set: str | None = None
    started_at: AwareDatetime | None = None
    duration_s: float | None = None
    direction: str | None = None
    phone_number: str | None = Field(default=None, repr=False)
    """As the platform gives it. Show it masked: :meth:`masked`."""
    simulated: bool = False
    made_by_turnlab: bool = False
    """Whether Turnlab made the call for its demo workspace, without a patient."""
    operator: tuple[tuple[float, float], ...] = ()
    """Stretches in which a human operator spoke, in s. Measurements leave them out."""
    quality_score: float | None = None
    ended_by: str | None = None
    voice_config: dict[str, JsonValue] | None = Field(default=None, repr=False)
    voice_config_from: ConfigSource | None = None
    audio: CallAudio | None = None
    audio_state: AudioState = "none"
    restore_at: AwareDatetime | None = None
    """When archived audio is expected back."""
    kept_since: AwareDatetime | None = None
    """When the call was pulled or imported. Retention counts from here."""
    turns: tuple[CallTurn, ...] = ()

    def is_of(self, service: str) -> bool:
        """Return whether the call belongs to a service, given by id or name."""
        own = self.service
        return own is not None and service.casefold() in (own.id.casefold(), own.name.casefold())

    def to_json(self) -> dict[str, JsonValue]:
        """Return the JSON object of the file."""
        written: dict[str, JsonValue] = self.model_dump(mode="json", by_alias=True)
        if self.audio is not None:
            written["audio"] = self.audio.model_dump(mode="json", exclude_none=True)
        return written

    def masked(self) -> CallRecord:
        """Return the record with every telephone number masked, including spoken ones. Show only this."""
        turns = tuple(
            turn.model_copy(update={**_masked_extra(turn), "text": masked_words(turn.text)}) for turn in self.turns
        )
        update: dict[str, object] = {
            **_masked_extra(self),
            "phone_number": masked_number(self.phone_number),
            "ended_by": masked_words(self.ended_by),
            "voice_config": masked_words(self.voice_config),
            "turns": turns,
        }
        return self.model_copy(update=update)


def _masked_extra(part: _Part) -> dict[str, JsonValue]:
    """Return the unknown keys, with every telephone number masked."""
    return {name: masked_words(value) for name, value in (part.model_extra or {}).items()}
