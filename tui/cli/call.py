"""``turnlab call``: a recorded caller calls an agent on a WebSocket and measures it from the audio.

Several agents, or builds of one, are called with the same callers and compared.
"""

from __future__ import annotations

import io
import json
import os
import ssl
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
import soundfile as sf
from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from base.files import write_private
from base.os_errors import os_error_text
from base.samples import SAMPLE_RATE, to_pcm16
from base.unexpected import keep_secret
from simulator.activity.end_of_turn import SilenceOnly
from simulator.measures.comparison import Comparison, compare
from simulator.measures.readout_table import BY_NAME, BY_PLACE
from simulator.measures.readouts import Measured, Spread, readouts_json
from simulator.recording import Recording
from simulator.socket.calling import CallTaken, call
from simulator.socket.dialing import CallOptions
from simulator.socket.messages import Wire
from simulator.socket.outside import Outside, measure_outside
from simulator.socket.protocols.registry import PROTOCOLS, by_address
from tui.cli.audio_options import Hearing
from tui.cli.failure import CallError, Faults, WorkError, check_folder, complain, failures
from tui.cli.inputs import analyse, find, open_all, progress
from tui.cli.tables import print_line, print_table
from tui.figures import difference, figure, interval, total

SURE_MS = 40
"""If this machine sent later than this, the times are unreliable."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """The command's options."""

    urls: list[str]
    repeat: int
    token: str | None = field(repr=False)
    rate: int
    encoding: str
    protocol: str | None
    rigid: bool
    audible_db: float
    paths: list[Path]
    hearing: Hearing
    trust: bool
    save: Path | None


def call_agent(request: CallRequest, *, as_json: bool) -> None:
    """Call, measure and print. Raises :class:`CallError` or :class:`WorkError`."""
    for url in request.urls:
        try:
            parse_uri(url).host.encode("idna")  # as the name lookup does, which fails for a label that is too long
        except (InvalidURI, ValueError):
            shown = CallOptions(url).shown_url
            raise CallError(f"{shown}: is not a WebSocket address; give one such as ws://127.0.0.1:8766") from None
    keep_secret(request.token or "")
    _check_save(request.save)
    options = [_options(request, url) for url in request.urls]
    recordings = _open(request)
    if len(options) > 1 or len(recordings) > 1 or request.repeat > 1:
        _call_several(request, options, recordings, as_json=as_json)
    else:
        _call_one(request, options[0], recordings[0], as_json=as_json)


def _options(request: CallRequest, url: str) -> CallOptions:
    try:
        wire = Wire(request.rate, request.encoding)
    except ValueError as error:
        raise CallError(f"--sample-rate {request.rate} --encoding {request.encoding}: {error}") from None
    return CallOptions(
        url, request.token, _protocol(request, url), wire, request.rigid, request.audible_db, _tls(url)
    )


def _call_one(request: CallRequest, options: CallOptions, recording: Recording, *, as_json: bool) -> None:
    taken, outside = _measured(request, options, recording)
    if request.save is not None:
        _save(taken, request.save)
    _check_heard(options, taken, outside)
    for note in _notes(taken, outside, request):
        complain(note)
    if as_json:
        print(json.dumps(to_json(request, options, recording, taken, outside), allow_nan=False))
    else:
        _print(recording, taken, outside)


def _measured(request: CallRequest, options: CallOptions, recording: Recording) -> tuple[CallTaken, Outside]:
    activity = analyse(recording, SilenceOnly())  # the agent decides for itself when the caller has finished
    with failures(), progress("on the line", max(recording.duration_ms, 1)) as tell:
        taken = call(options, recording, activity, tell)
    return taken, measure_outside(taken, activity, recording.labels, request.audible_db, trust=request.trust)


def _check_heard(options: CallOptions, taken: CallTaken, outside: Outside) -> None:
    """Raise :class:`WorkError` if the agent was silent throughout: it may use another protocol."""
    if not outside.measured.sounds:
        raise WorkError(
            f"{options.shown_url}: nothing was heard of the agent at {options.audible_db:g} dBFS{taken.last_word};"
            f" does it speak {options.protocol}? A quiet one needs a lower --audible-db"
        )


def _call_several(
    request: CallRequest, options: list[CallOptions], recordings: list[Recording], *, as_json: bool
) -> None:
    """Call the agents alternately with every recording, so that changes over time affect all of them."""
    if request.save is not None:
        raise CallError("--save keeps one call; name one agent and one recording, without --repeat")
    agents, faults = shown_agents(request.urls), Faults()
    calls: list[OneCall] = []
    for number in range(request.repeat):
        for recording in recordings:
            name = recording.id if request.repeat == 1 else f"{recording.id} #{number + 1}"
            for agent, one in zip(agents, options, strict=True):
                # an agent that was never reached is not called again
                known = any(call.agent == agent for call in calls)
                with faults.noting(recording.source.path) if known else nullcontext():
                    taken, outside = _measured(request, one, recording)
                    _check_heard(one, taken, outside)
                    calls.append(OneCall(agent, name, outside, taken.late_ms))
    print_several(agents, calls, as_json=as_json)
    faults.raise_any()


def to_json(
    request: CallRequest, options: CallOptions, recording: Recording, taken: CallTaken, outside: Outside
) -> dict[str, Any]:
    """Return a call as scripts see it: ``turnlab.call/1``."""
    readouts = readouts_json([outside.measured])
    del readouts["silence_only"]  # the audio does not show which model the agent uses
    return {
        "schema": "turnlab.call/1",
        "agent": options.shown_url,
        "protocol": options.protocol,
        "recording": {"id": recording.id, "path": str(recording.source.path)},
        "replay": "elastic" if taken.elastic else "rigid",
        "duration_s": taken.duration_ms / 1000,
        "trusted_messages": request.trust,
        "readouts": readouts,
        "left_out": outside.left_out,
        "caveats": outside.caveats,
        "turns": [
            {
                "turn": one.turn.index,
                "start": one.turn.start_ms / 1000,
                "end": one.turn.end_ms / 1000,
                "first_sound_ms": one.first_sound_ms,
                "response_ms": one.response_ms,
                "cut_in": one.cut_in,
                "missed": one.missed,
                "hanging": one.hanging,
            }
            for one in outside.measured.turns
        ],
        "agent_sounds": [[sound.start_ms / 1000, sound.end_ms / 1000] for sound in outside.measured.sounds],
        "late_ms": round(taken.late_ms, 1),
        "hung_up": taken.hung_up,
        "saved": str(request.save) if request.save else None,
    }


def _protocol(request: CallRequest, url: str) -> str:
    """Return the requested protocol, or that of the address."""
    if request.protocol is None:
        return by_address(url)
    if request.protocol not in PROTOCOLS:
        raise CallError(f"--protocol: {request.protocol!r} is not one of {', '.join(PROTOCOLS)}")
    return request.protocol


def _tls(url: str) -> ssl.SSLContext | None:
    if not url.startswith("wss://"):
        return None
    from services.connections.certificates import tls_context
    from services.connections.variables import Variables
    from services.errors import ConnectionProblem

    try:
        return tls_context(Variables(os.environ), complain)
    except ConnectionProblem as problem:
        raise CallError(str(problem)) from None


def _open(request: CallRequest) -> list[Recording]:
    return open_all(find(request.paths), request.hearing, Faults())


def _check_save(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() != ".flac":
        raise CallError(f"--save {path}: the call is kept as FLAC; name a file that ends in .flac")
    if path.exists():
        raise CallError(f"--save {path}: is there already; choose another name, or delete it")
    check_folder(f"--save {path}", path)


def _save(taken: CallTaken, path: Path) -> None:
    """Write both channels, the caller first."""
    agent = taken.earpiece.heard(0, len(taken.caller))
    caller = to_pcm16(taken.caller)
    content = io.BytesIO()
    sf.write(content, np.stack([caller, agent], axis=1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    try:
        write_private(path, content.getvalue(), replace=False)
    except OSError as error:
        raise WorkError(f"--save {path}: {os_error_text(error)}; the call is not kept") from None


def _notes(taken: CallTaken, outside: Outside, request: CallRequest) -> list[str]:
    """Return what limits how far the readouts can be trusted."""
    notes = []
    if taken.late_ms > SURE_MS:
        notes.append(
            f"this machine was up to {taken.late_ms:.0f} ms late in sending, and times may be wrong by as much;"
            " call again when it has less to do"
        )
    if taken.hung_up is not None:
        notes.append(f"the agent hung up after {taken.duration_ms / 1000:.1f} s ({taken.hung_up})")
    sounding_ms = sum(sound.end_ms - sound.start_ms for sound in outside.measured.sounds)
    if sounding_ms > 0.95 * taken.duration_ms:
        notes.append(
            f"the agent is never silent at {request.audible_db:g} dBFS; raise --audible-db above its noise"
        )
    return notes


def _print(recording: Recording, taken: CallTaken, outside: Outside) -> None:
    measured = outside.measured
    rows = []
    for readout in BY_PLACE:
        name = readout.name
        if name in outside.left_out:
            continue
        if readout.kind == "latency":
            spread = Spread.of(measured.times[name])
            figures = [figure(name, value, unit=False) for value in (spread.p50, spread.p90, spread.max)]
            rows.append([readout.title, *figures, str(spread.n)])
        else:
            value = measured.seconds[name] if name in measured.seconds else measured.counts[name].count
            rows.append([readout.label(""), total(name, value, [measured]), "", "", ""])
    replay = "elastic" if taken.elastic else "rigid"
    print_table(
        f"{recording.id} ({replay}), {len(measured.turns)} turns, heard from outside; times in ms",
        ["", "p50", "p90", "max", "n"],
        rows,
    )
    for name, text in outside.caveats.items():
        print_line(f"{BY_NAME[name].title}: {text}.")
    reasons: dict[str, list[str]] = {}
    for name, why in outside.left_out.items():
        reasons.setdefault(why, []).append(BY_NAME[name].title)
    for why, titles in reasons.items():
        print_line(f"Left out, {', '.join(titles)}: {why}.")


SCHEMA = "turnlab.call_comparison/1"
SAME_CALLERS = "Intervals say how calls of these recordings vary, not how other callers would."


@dataclass(frozen=True, slots=True)
class OneCall:
    """One measured call: the agent's address without secrets, the recording, and the repeat."""

    agent: str
    call: str
    outside: Outside
    late_ms: float


def shown_agents(urls: Sequence[str]) -> list[str]:
    """Return a name for each address, without secrets. If an address occurs twice, its names differ."""
    names = [CallOptions(url).shown_url for url in urls]
    before = [names[:at].count(name) for at, name in enumerate(names)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(names, before, strict=True)]


def print_several(agents: Sequence[str], calls: Sequence[OneCall], *, as_json: bool) -> None:
    """Print the agents side by side. A call that failed for one agent counts for none."""
    by_key = {(one.call, one.agent): one for one in calls}
    shared = [call for call in dict.fromkeys(one.call for one in calls) if all((call, a) in by_key for a in agents)]
    measured = {(call, agent): by_key[call, agent].outside.measured for call in shared for agent in agents}
    found = compare(measured, shared, list(agents), agents[0])
    heard = [readout for readout in BY_PLACE if _is_heard(readout.name, calls) and readout.name in found.readouts]
    names = [readout.name for readout in heard]
    latest = max((one.late_ms for one in calls), default=0.0)
    if as_json:
        print(json.dumps(_to_json(agents, shared, calls, found, names, latest), allow_nan=False))
        return
    _print_table(agents, found, measured, names)
    print_line(f"{len(shared)} calls of each agent. {SAME_CALLERS}")
    if latest > 40:
        complain(f"this machine was up to {latest:.0f} ms late in sending; times may be wrong by as much")


def _is_heard(name: str, calls: Sequence[OneCall]) -> bool:
    return not any(name in one.outside.left_out for one in calls)


def _print_table(
    agents: Sequence[str], found: Comparison, measured: dict[tuple[str, str], Measured], names: Sequence[str]
) -> None:
    titles = {readout.name: readout for readout in BY_PLACE}
    numbers = [str(number) for number in range(1, len(agents) + 1)]
    letters = ascii_uppercase[: len(agents)] if len(agents) <= len(ascii_uppercase) else numbers
    print_line(" · ".join(f"{letter} {agent}" for letter, agent in zip(letters, agents, strict=True)))
    headers = [
        "",
        *letters,
        *(part for letter in letters[1:] for part in (f"{letter} − {letters[0]}", "95 % interval")),
    ]
    rows = []
    for name in names:
        readout, compared = titles[name], found.readouts[name]
        values = []
        for agent in agents:
            value = compared.arms[agent]
            mine = [one for (_, of), one in measured.items() if of == agent]
            values.append(figure(name, value) if readout.kind == "latency" else total(name, value, mine))
        apart = [
            cell
            for agent in agents[1:]
            for cell in (difference(name, compared.delta[agent]), interval(name, compared.ci95[agent]))
        ]
        rows.append([readout.label(""), *values, *apart])
    print_table("Heard from outside, medians and totals", headers, rows)


def _to_json(
    agents: Sequence[str],
    shared: Sequence[str],
    calls: Sequence[OneCall],
    found: Comparison,
    names: Sequence[str],
    latest: float,
) -> dict[str, Any]:
    result = found.to_json()
    return {
        "schema": SCHEMA,
        "agents": list(agents),
        "calls": list(shared),
        "failed": sorted({one.call for one in calls} - set(shared)),
        "comparison": result | {"readouts": {name: result["readouts"][name] for name in names}},
        "late_ms": round(latest, 1),
    }
