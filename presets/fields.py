"""The table of every ``voice_config`` field, which editor, validation, help and diffs use.

Types come from the platform's OpenAPI document (``ServiceVoiceConfig``); bounds, defaults and meaning from the
vendor's documentation of voice configuration. A new vendor field is one row here and one line in ``config.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["int", "float", "choice", "bool", "words", "object"]
Group = Literal["Latency", "Fillers", "Response", "Barge-in", "Tools", "Voice"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of ``voice_config``.

    ``low``/``high`` are limits of a value (``None``: no limit). ``slider`` is the range of an editor's slider, in
    the field's own unit. ``default`` is the built-in layer's value; ``None`` there means "off" or "no limit".
    ``documented_default`` is false where the vendor documents no default and the simulator assumes one.
    """

    name: str
    kind: Kind
    group: Group
    notices: str
    default: object = None
    documented_default: bool = True
    unit: str = ""
    low: float | None = None
    high: float | None = None
    slider: tuple[float, float] | None = None
    step: float = 1
    audible_step: float | None = None
    """An audible difference, where an editor's ``step`` is finer: a sweep uses these steps."""
    choices: tuple[str, ...] = ()
    advanced: bool = False
    """Whether an editor hides it by default: the vendor's table of fields does not list it."""
    heard: bool = True
    """Whether the simulator models it; other fields are stored and edited, but affect no readout."""
    unset_label: str = "inherit"
    nullable: bool = True
    """Whether the platform's schema allows ``null``; otherwise the default stands for "inherit" both ways."""

    def plain(self, value: object) -> object:
        """Return ``value``, or ``None`` where it is the platform's form of "inherit"."""
        return None if not self.nullable and value == self.default else value

    def spelt_out(self, value: object) -> object:
        """Return ``value`` as the platform stores it: the default where it has no form of "inherit"."""
        return self.default if value is None and not self.nullable else value

    def show(self, value: object) -> str:
        """Return ``value`` in words, with its unit (``None``: the label for "not set")."""
        if value is None:
            return self.unset_label
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, float):
            return f"{value:g} {self.unit}".rstrip()
        if isinstance(value, int):
            return f"{value:,} {self.unit}".rstrip()
        if isinstance(value, (list, tuple)):
            return ", ".join(str(item) for item in value) or "(no words)"
        return str(value)


_INTERPRETED = "Our reading of the field's name: the vendor does not document it."

FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "tts_model",
        "choice",
        "Latency",
        "The voice itself: sonic-turbo speaks 50 ms sooner, sonic-3 sounds better.",
        default="sonic-turbo",
        choices=("sonic-turbo", "sonic-3"),
    ),
    FieldSpec(
        "max_buffer_delay_ms",
        "int",
        "Latency",
        "How long text gathers before it is spoken: lower answers sooner and may start choppily.",
        default=500,
        unit="ms",
        low=200,
        high=1000,
        slider=(200, 1000),
        step=20,
        audible_step=50,
    ),
    FieldSpec(
        "eager_eot_threshold",
        "float",
        "Latency",
        "End-of-turn sensitivity: higher answers sooner and cuts in more, lower waits for people who think.",
        documented_default=False,
        low=0,
        high=1,
        slider=(0, 1),
        step=0.05,
        unset_label="profile's",
    ),
    FieldSpec(
        "eot_timeout_ms",
        "int",
        "Latency",
        "Silence after which the turn ends, however the caller sounded. Short cuts off people who think aloud.",
        default=5000,
        documented_default=False,
        unit="ms",
        low=1,
        slider=(300, 8000),
        step=100,
        audible_step=250,
    ),
    FieldSpec(
        "post_eot_pause_ms",
        "int",
        "Latency",
        "The least pause between the caller's end of turn and the answer.",
        default=0,
        documented_default=False,
        unit="ms",
        low=0,
        slider=(0, 2000),
        step=50,
        audible_step=100,
        advanced=True,
    ),
    FieldSpec(
        "filler_style",
        "choice",
        "Fillers",
        "What is muttered while the agent thinks: a short 'Mm', a whole phrase, or nothing. "
        "A phrase can hold up an answer that is already there.",
        default="backchannel",
        choices=("backchannel", "phrase", "silent"),
        nullable=False,
    ),
    FieldSpec(
        "filler_vocabulary",
        "words",
        "Fillers",
        "The words to use instead of the style's own.",
    ),
    FieldSpec(
        "backchannel_delay_ms",
        "int",
        "Fillers",
        "How long after the end of turn the agent says 'Mm' when the state skips navigation.",
        default=400,
        unit="ms",
        low=0,
        slider=(0, 2000),
        step=50,
        audible_step=100,
        nullable=False,
    ),
    FieldSpec(
        "filler_cooldown_ms",
        "int",
        "Fillers",
        "The least time between the starts of two fillers.",
        default=0,
        documented_default=False,
        unit="ms",
        low=0,
        slider=(0, 20000),
        step=500,
        audible_step=1000,
        advanced=True,
    ),
    FieldSpec(
        "progress_interval_ms",
        "int",
        "Fillers",
        f"How often a progress phrase is said during a long tool call. {_INTERPRETED}",
        documented_default=False,
        unit="ms",
        low=1,
        slider=(1000, 20000),
        step=500,
        audible_step=1000,
        unset_label="off",
        advanced=True,
    ),
    FieldSpec(
        "progress_vocabulary",
        "words",
        "Fillers",
        "The progress phrases for long tool calls, instead of Turnlab's own.",
        advanced=True,
    ),
    FieldSpec(
        "transition_deadline_ms",
        "int",
        "Fillers",
        f"After navigation changed the state: a filler if still silent by then. {_INTERPRETED}",
        documented_default=False,
        unit="ms",
        low=0,
        slider=(0, 5000),
        step=100,
        audible_step=250,
        unset_label="off",
        advanced=True,
    ),
    FieldSpec(
        "empathy_hold_ms",
        "int",
        "Fillers",
        f"Quiet kept before a sympathetic line. {_INTERPRETED}",
        default=0,
        documented_default=False,
        unit="ms",
        low=0,
        slider=(0, 3000),
        step=100,
        audible_step=250,
        advanced=True,
    ),
    FieldSpec(
        "max_response_sentences",
        "int",
        "Response",
        "The answer is cut after this many sentences, mechanically.",
        low=1,
        slider=(1, 8),
        unset_label="no limit",
    ),
    FieldSpec(
        "max_response_words",
        "int",
        "Response",
        "The answer is cut after this many words, mechanically, even within a sentence.",
        low=1,
        slider=(5, 120),
        step=5,
        audible_step=10,
        unset_label="no limit",
    ),
    FieldSpec(
        "barge_in_min_speech_s",
        "float",
        "Barge-in",
        "How long a caller must speak over the agent to stop it. Low lets coughs and 'uh-huh' stop it.",
        default=0.8,
        unit="s",
        low=0,
        slider=(0, 3),
        step=0.05,
        audible_step=0.1,
    ),
    FieldSpec(
        "barge_in_cooldown_s",
        "float",
        "Barge-in",
        "After one interruption, how long until the next can stop the agent.",
        default=1.5,
        unit="s",
        low=0,
        slider=(0, 10),
        step=0.1,
        audible_step=0.5,
    ),
    FieldSpec(
        "forward_call_enabled",
        "bool",
        "Tools",
        "Whether the agent may forward the call to a person, at a cost. Off: its tool is denied.",
        default=False,
        nullable=False,
    ),
    FieldSpec(
        "forwarding",
        "object",
        "Tools",
        "Where forwarded calls go and how. Not simulated.",
        heard=False,
        advanced=True,
    ),
    FieldSpec(
        "min_tts_speed",
        "float",
        "Voice",
        "The slowest the voice may speak, as a multiple of its normal speed; above 1 every answer is shorter. "
        f"{_INTERPRETED}",
        documented_default=False,
        unit="×",
        low=0,
        slider=(0.5, 2),
        step=0.05,
        unset_label="off",
        advanced=True,
    ),
    FieldSpec(
        "tts_provider",
        "choice",
        "Voice",
        "The provider of the voice. The simulator's latencies are those of cartesia's sonic models.",
        documented_default=False,
        choices=("cartesia", "elevenlabs", "groq"),
        heard=False,
        advanced=True,
    ),
    FieldSpec(
        "tts_config",
        "object",
        "Voice",
        "Settings for the voice's provider. Not simulated.",
        advanced=True,
        heard=False,
    ),
    FieldSpec(
        "language_providers",
        "object",
        "Voice",
        "The voice's provider by language. Not simulated.",
        advanced=True,
        heard=False,
    ),
    FieldSpec(
        "session_provider",
        "choice",
        "Voice",
        "The pipeline that runs the conversation. Only amigo's own pipeline is simulated.",
        documented_default=False,
        choices=("amigo", "gpt_realtime", "gpt_live"),
        heard=False,
        advanced=True,
    ),
    FieldSpec(
        "realtime_voice",
        "choice",
        "Voice",
        "The voice of a realtime session provider. Not simulated.",
        documented_default=False,
        choices=("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"),
        heard=False,
        advanced=True,
    ),
)

BY_NAME: dict[str, FieldSpec] = {spec.name: spec for spec in FIELDS}
