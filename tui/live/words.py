"""The state of a live call in words."""

from __future__ import annotations

from simulator.devices.portaudio import Way
from simulator.session.settings import EchoGuard
from simulator.session.state import Counters, OpenedDevice, Phase, Snapshot, Unheard
from tui.live.meters import Reading
from tui.screens import with_keys

WHAT: dict[Way, str] = {"input": "microphone", "output": "speaker"}
"""The name of a device by direction."""

_PHASES: dict[Phase, str] = {
    "starting": "starting…",
    "running": "",
    "paused": "paused: the call's clock stands still",
    "no audio": "the microphone delivers nothing",
    "device lost": "the microphone is gone",
    "failed": "no microphone",
    "stopped": "the microphone is closed",
}

_STATES = {
    "listening": "listening",
    "caller": "caller speaks",
    "pause": "pause: has the caller finished?",
    "thinking": "agent thinks",
    "speaking": "agent speaks",
}

_UNHEARD: dict[Unheard, str] = {
    "muted": "you are muted",
    "push to talk": "push to talk is closed",
    "half-duplex": "half-duplex, while the agent sounds",
    "echo threshold": "quieter than the echo threshold, while the agent sounds",
}

FIRST_STEPS = {
    "failed": "It is tried again every second; {live.input} shows what there is. Tune (2) needs no microphone.",
    "device lost": "Meanwhile {live.input} chooses another.",
    "no audio": "Press {live.input} to choose another.",
}
"""What to do without a microphone, after the sentence with the problem."""

HEARS_ITSELF = (
    "The agent hears itself through the microphone: press {live.echo} and take cancellation, or use headphones."
)


def state_words(shown: Snapshot) -> str:
    """Return the state of the call in words."""
    if shown.phase != "running":
        return _PHASES[shown.phase]
    state = _STATES.get(shown.turn_state, shown.turn_state)
    return f"{state} · not heard: {_UNHEARD[shown.unheard]}" if shown.unheard else state


def heard_words(muted: bool, push_to_talk: bool, talking: bool) -> str:
    """Return a sign for the top line of every pane if the microphone is not simply open. Else ""."""
    ways = ["MUTED"] * muted + ["TALK ●" if talking else "TALK ○"] * push_to_talk
    return "".join(f"{way}  " for way in ways)


def trouble_words(shown: Snapshot) -> str:
    """Return the problem and the remedy. "" if there is none."""
    if not shown.standing:
        return with_keys(HEARS_ITSELF) if shown.hears_itself else ""
    text = shown.standing[0].upper() + shown.standing[1:]
    return " ".join(
        (text if text.endswith(".") else f"{text}.", with_keys(FIRST_STEPS.get(shown.phase, "")))
    ).rstrip()


def voice_reading(shown: Snapshot) -> Reading:
    """Return the probability that the microphone picks up speech."""
    if shown.phase != "running":
        return Reading(text="–")
    return Reading(shown.voice_probability, text=f"{shown.voice_probability:.2f} probability")


def turn_reading(shown: Snapshot) -> Reading:
    """Return the confidence that the caller has finished, against both thresholds."""
    if shown.phase not in ("running", "paused") or not shown.threshold:
        return Reading(text="–")
    limits = [(shown.threshold, "┃")]
    words = [f" ends ┃{shown.threshold:.2f}"]
    if shown.eager_threshold is not None:
        limits.insert(0, (shown.eager_threshold, "╎"))
        words.append(f"eager ╎{shown.eager_threshold:.2f}")
    known = shown.turn_confidence
    return Reading(known, tuple(limits), " ".join(("–" if known is None else f"{known:.2f}", *words)))


def agent_words(shown: Snapshot) -> str:
    """Return the agent's present or last words."""
    if not shown.agent_text:
        return "nothing yet: say something" if shown.input and not shown.latencies else "–"
    return f"{'▶' if shown.agent_sounding else ' '} “{shown.agent_text}”"


def device_words(device: OpenedDevice | None, *, wanted: bool = True) -> str:
    """Return the device in use, and a note on it."""
    if device is None:
        return "none" if wanted else "none, as you chose: nothing is played"
    facts = [device.name, f"{device.rate / 1000:g} kHz", f"{device.latency_ms:.0f} ms", device.note]
    return ", ".join(fact for fact in facts if fact)


def voice_words(shown: Snapshot) -> str:
    """Return the agent's voice, and the end-of-turn model."""
    if not shown.voice:
        return "–"
    judge = f" · end of turn: {shown.end_of_turn_model}" if shown.end_of_turn_model else ""
    return f"{shown.voice}{judge}"


def guard_words(guard: EchoGuard, threshold_db: float) -> str:
    """Return the active echo guard. ``threshold_db`` is in dBFS."""
    number = f" (−{threshold_db:.0f} dBFS)" if guard is EchoGuard.THRESHOLD else ""
    return f"{guard.words}{number}"


def lost_words(counters: Counters, behind_ms: int) -> str:
    """Return the lost audio, or that none was lost."""
    found = [
        _count(counters.drops, "drop", "drops")
        + (f" ({counters.dropped_samples:,} samples)" * bool(counters.drops)),
        _count(counters.overruns, "input overrun", "input overruns"),
        _count(counters.underruns, "output underrun", "output underruns"),
        _count(counters.late_frames, "late frame", "late frames"),
        f"{behind_ms} ms behind" if behind_ms > 100 else "",
    ]
    return ", ".join(one for one in found if one) or "nothing"


def added_words(shown: Snapshot) -> str:
    """Return the latency of the devices according to the sound system, and how soon they were silent."""
    devices = [device.latency_ms for device in (shown.input, shown.output) if device is not None]
    if not devices:
        return ""
    silent_ms = shown.last_barge_in_silence_ms
    silent = "" if silent_ms is None else f"; silent in {silent_ms:.0f} ms"
    return f"{sum(devices):.0f} ms to these figures{silent}"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""
