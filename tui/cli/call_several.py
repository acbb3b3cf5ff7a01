"""``turnlab call A B RECORDING…``: several agents, or builds of one, called with the same callers and compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.measures.comparison import Comparison, compare
from simulator.measures.readout_table import BY_PLACE
from simulator.measures.readouts import Measured
from simulator.socket.calling import CallOptions
from simulator.socket.outside import Outside
from tui.cli.failure import complain
from tui.cli.tables import print_line, print_table
from tui.figures import difference, figure, interval, total

SCHEMA = "turnlab.call_comparison/1"
SAME_CALLERS = "Intervals say how calls of these recordings vary, not how other callers would."


@dataclass(frozen=True, slots=True)
class OneCall:
    """A call that was measured: the agent's address as it may be shown, the recording and which repeat of it."""

    agent: str
    call: str
    outside: Outside
    late_ms: float


def shown_agents(urls: Sequence[str]) -> list[str]:
    """Return a name for each address, without what may be secret in it; the same address twice is told apart."""
    names = [CallOptions(url).shown_url for url in urls]
    before = [names[:at].count(name) for at, name in enumerate(names)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(names, before, strict=True)]


def print_several(agents: Sequence[str], calls: Sequence[OneCall], *, as_json: bool) -> None:
    """Print what the agents are like beside each other; calls that failed for one count for none."""
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
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(agents)]
    print_line(" · ".join(f"{letter} {agent}" for letter, agent in zip(letters, agents, strict=True)))
    headers = ["", *letters, *(part for letter in letters[1:] for part in (f"{letter} − A", "95 % interval"))]
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
    told = found.to_json()
    return {
        "schema": SCHEMA,
        "agents": list(agents),
        "calls": list(shared),
        "failed": sorted({one.call for one in calls} - set(shared)),
        "comparison": told | {"readouts": {name: told["readouts"][name] for name in names}},
        "late_ms": round(latest, 1),
    }
