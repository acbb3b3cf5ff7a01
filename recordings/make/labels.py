"""The label file and the scenario file of a recording, from its layout. Times are seconds, three decimals."""

from typing import Any

from recordings.make.audio import RATE
from recordings.make.mixing import Layout, Placed
from recordings.make.script import Backchannel, Interruption, Noise, Scene, Turn

LICENCE = "Apache-2.0"
BARGE_IN_S = 0.8
GREETED_IN = "welcome"
"""The state of a greeting, where there is one: its shield holds for nothing else."""
_KINDS = {Turn: "turn", Interruption: "interruption", Backchannel: "backchannel", Noise: "noise"}


def label(layout: Layout) -> dict[str, Any]:
    """What is in the recording and when, exact by construction."""
    scene = layout.scene
    length = _s(layout.length)
    spoken = [p for p in layout.placed if not isinstance(p.move, Noise)]
    noises = [[_s(p.start), _s(p.end), p.move.what] for p in layout.placed if isinstance(p.move, Noise)]
    noises += [[_s(start), _s(end), what] for start, end, what in layout.noises]
    noises.sort()
    if scene.bed is not None:
        noises.append([0.0, length, f"{scene.bed} bed, SNR {scene.bed_snr_db:g} dB"])
    return {
        "id": scene.id,
        "title": scene.title,
        "description": scene.description,
        "audio": f"{scene.id}.flac",
        "source": f"flite, voice {scene.persona.voice}; all other sounds made by recordings.make",
        "licence": LICENCE,
        "duration_s": length,
        "kind": scene.kind,
        "label_origin": "construction",
        "notes": scene.notes,
        "speech": [[_s(p.start + s), _s(p.start + e)] for p in spoken for s, e in p.clip.spans],
        "turns": [
            {"start_s": _s(p.start), "end_s": _s(p.end), "text": _text(p)}
            for p in layout.placed
            if isinstance(p.move, Turn | Interruption)
        ],
        "agent": [[_s(start), _s(end)] for start, end in layout.agent],
        "backchannels": [[_s(p.start), _s(p.end)] for p in layout.placed if isinstance(p.move, Backchannel)],
        "noises": noises,
        "events": [_event(p) for p in layout.placed if not isinstance(p.move, Turn)],
        "hesitations": [
            [_s(p.start + g.start), _s(p.start + g.end)] for p in layout.placed for g in p.clip.gaps if g.hesitation
        ],
        "moves": [_move(p) for p in layout.placed],
        "condition": {
            "hard": False,
            "phone": scene.channel != "wide",
            "bed": scene.bed,
            "snr_db": scene.bed_snr_db,
            "level_db": 0.0,
            "echo_db": None,
        },
    }


def scenario(scene: Scene) -> dict[str, Any]:
    """What the simulated agent says, one entry a caller turn and the spare ones after."""
    skips: dict[str, bool] = {}
    turns: list[dict[str, Any]] = []
    for reply in scene.replies:
        skipped = reply.navigation is None
        if skips.setdefault(reply.state, skipped) != skipped:
            raise ValueError(f"{scene.id}: state {reply.state} both skips navigation and does not")
        line = {} if reply.navigation is None else {"navigation": reply.navigation}
        tools = [{"name": name, "duration_ms": usual, "duration_p95_ms": p95} for name, usual, p95 in reply.tools]
        turns.append(
            {"state": reply.state, **line, **({"tools": tools} if tools else {}), "response": reply.response}
        )
    states: dict[str, dict[str, Any]] = {name: {"skip_navigation": skipped} for name, skipped in skips.items()}
    opening: dict[str, Any] = {}
    if scene.greeting is not None:
        opening = {"start": GREETED_IN, "greeting": scene.greeting.text}
        policy = {"greeting_shield_s": scene.greeting.shield_s} if scene.greeting.shield_s else {}
        states = {GREETED_IN: {"skip_navigation": False, "turn_policy": policy}, **states}
    return {"schema": "turnlab.scenario/1", **opening, "states": states, "turns": turns}


def _s(samples: int) -> float:
    return round(samples / RATE, 3)


def _text(placed: Placed) -> str:
    move = placed.move
    if isinstance(move, Noise):
        return ""
    parts = [part.strip() for part in move.text.split("|")]
    said = [part if place % 2 == 0 else "um" if "um" in part.split() else "" for place, part in enumerate(parts)]
    return " ".join(part for part in said if part)


def _event(placed: Placed) -> dict[str, Any]:
    move = placed.move
    event: dict[str, Any] = {"type": _KINDS[type(move)]}
    if isinstance(move, Noise):
        event["what"] = move.what
    event |= {
        "start_s": _s(placed.start),
        "end_s": _s(placed.end),
        "should_barge_in": isinstance(move, Interruption),
    }
    if isinstance(move, Interruption):
        event["speech_0_8s_reached_s"] = round(_s(placed.start) + BARGE_IN_S, 3)
    if not isinstance(move, Noise):
        event |= {"synthetic": True, "text": _text(placed)}
    return event


def _move(placed: Placed) -> dict[str, Any]:
    start, end = placed.stretch
    return {
        "start_s": _s(start),
        "end_s": _s(end),
        "anchor": {placed.anchor: _s(placed.delay)},
        "kind": _KINDS[type(placed.move)],
    }
