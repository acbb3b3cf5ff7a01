"""Whether an acknowledged change survives a kill of the server: ``uv run python -m benchmarks.durability``.

Eight clients change services at random over real connections, while the server is killed with SIGKILL at random
times and restarted. After every kill the workspace must open and contain every acknowledged change. A change
without acknowledgement may or may not be there. ``tests/interop/test_durability.py`` runs a smaller version.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

TURNLAB = Path(sys.executable).with_name("turnlab")
CLIENTS = 8
OPERATIONS = 1000
KILLS = 20
START_S = 60.0

Json = dict[str, Any]


@dataclass
class Known:
    """What one client knows of one of its services."""

    service_id: str
    states: list[Json]
    """Its possible states: a change without an answer may have happened or not."""
    deleted: bool = False
    maybe_deleted: bool = False


@dataclass(frozen=True)
class Report:
    """A run's results."""

    operations: int
    kills: int
    """How often the server was killed during requests."""
    missing: list[str]
    """Every acknowledged change that was missing afterwards."""
    seconds: float
    slowest_start_s: float


class Server:
    """The server's process, killed and restarted on the same workspace and port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.ready: Json = {}
        self.slowest_start_s = 0.0

    def start(self) -> None:
        """Start, and wait until it accepts requests."""
        started = time.perf_counter()
        port = self.ready["url"].rpartition(":")[2] if self.ready else "0"
        command = [str(TURNLAB), "serve", "--json", "--port", port, "--data", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the workspace in {self._folder} does not open any more")
        self.ready = json.loads(line)
        self.slowest_start_s = max(self.slowest_start_s, time.perf_counter() - started)

    def end(self, how: signal.Signals) -> int:
        """End the process and return its exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.communicate(timeout=START_S)
        return self._process.returncode


class Tally:
    """Counts the answered operations."""

    def __init__(self, goal: int) -> None:
        self.goal = goal
        self.done = 0
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count one operation."""
        with self._lock:
            self.done += 1


class Client(threading.Thread):
    """Changes its own services, and records the acknowledged changes."""

    def __init__(self, server: Server, seed: int, tally: Tally, owners: Json) -> None:
        super().__init__(name=f"client {seed}")
        self._server = server
        self._random = random.Random(seed)
        self._tally = tally
        self._owners = owners
        self._number = 0
        self.known: list[Known] = []
        self.fault: str | None = None

    def run(self) -> None:
        """Make changes until the total is reached."""
        with httpx.Client(headers={"Authorization": f"Bearer {self._server.ready['api_key']}"}, timeout=30) as http:
            while self._tally.done < self._tally.goal:
                try:
                    self._change(http)
                except httpx.TransportError:
                    time.sleep(0.02)  # the server is gone and being restarted

    def _change(self, http: httpx.Client) -> None:
        base = f"{self._server.ready['url']}/v1/{self._server.ready['workspace_id']}/services"
        alive = [one for one in self.known if not one.deleted and not one.maybe_deleted]
        if not alive or self._random.random() < 0.15:
            self._create(http, base)
            return
        one = self._random.choice(alive)
        if self._random.random() < 0.1:
            one.maybe_deleted = True
            one.deleted = self._expect(http.delete(f"{base}/{one.service_id}"), 204)
            return
        self._number += 1
        change = self._random.choice(
            (
                {"description": f"{self.name}, change {self._number}"},
                {"tool_capacity": self._random.randint(1, 10)},
                {"voice_config": {"eot_timeout_ms": self._number}},
                {"keyterms": [f"{self._number}"] * self._random.randint(1, 50)},
            )
        )
        changed = [state | change for state in one.states]
        one.states += changed
        answer = http.put(f"{base}/{one.service_id}", json=change)
        if self._expect(answer, 200):
            now = _tracked(answer.json())
            if now not in changed:
                self.fault = f"{self.name}: {one.service_id} is {now}, none of {changed}"
            one.states = [now]

    def _create(self, http: httpx.Client, base: str) -> None:
        self._number += 1
        fields = {"description": "", "tool_capacity": 3, "keyterms": [], "voice_config": {"eot_timeout_ms": 1}}
        body = {**self._owners, **fields, "name": f"{self.name}, service {self._number}"}
        answer = http.post(base, json=body)
        if self._expect(answer, 201):
            self.known.append(Known(answer.json()["id"], [fields]))

    def _expect(self, answer: httpx.Response, status: int) -> bool:
        self._tally.add()
        if answer.status_code != status:
            self.fault = f"{self.name}: {answer.status_code} {answer.text[:200]}"
        return answer.status_code == status


def run(
    folder: Path, *, operations: int = OPERATIONS, kills: int = KILLS, clients: int = CLIENTS, seed: int = 1
) -> Report:
    """Run it and return the results. Exits with a message if the workspace does not open again."""
    server = Server(folder)
    server.start()
    rng = random.Random(seed)
    tally = Tally(operations)
    started = time.perf_counter()
    everyone = [Client(server, seed * 1000 + number, tally, _owners(server)) for number in range(clients)]
    for client in everyone:
        client.start()
    missing: list[str] = []
    killed = 0
    # spread over the operations, so that each kill coincides with requests
    for number in range(1, kills + 1):
        goal = (number - rng.random()) * operations / (kills + 1)
        while tally.done < goal and any(client.is_alive() for client in everyone):
            time.sleep(rng.random() * 0.004)
        if not any(client.is_alive() for client in everyone):
            break
        server.end(signal.SIGKILL)
        killed += 1
        server.start()
    for client in everyone:
        client.join()
    server.end(signal.SIGKILL)
    server.start()
    missing += [found for client in everyone for found in _missing(server, client)]
    missing += [client.fault for client in everyone if client.fault]
    code = server.end(signal.SIGTERM)
    if code != 0:
        missing.append(f"the server ended with {code}")
    return Report(tally.done, killed, missing, time.perf_counter() - started, server.slowest_start_s)


def _owners(server: Server) -> Json:
    base = f"{server.ready['url']}/v1/{server.ready['workspace_id']}/services"
    first = httpx.get(base, headers={"Authorization": f"Bearer {server.ready['api_key']}"}).json()["items"][0]
    return {name: first[name] for name in ("agent_id", "context_graph_id")}


def _missing(server: Server, client: Client) -> list[str]:
    base = f"{server.ready['url']}/v1/{server.ready['workspace_id']}/services"
    found = []
    with httpx.Client(headers={"Authorization": f"Bearer {server.ready['api_key']}"}) as http:
        for one in client.known:
            answer = http.get(f"{base}/{one.service_id}")
            gone = answer.status_code == 404
            if gone != one.deleted and not (one.maybe_deleted and not one.deleted):
                found.append(f"{client.name}: {one.service_id} is {'gone' if gone else 'back'}")
            if gone:
                continue
            if _tracked(answer.json()) not in one.states:
                found.append(f"{client.name}: {one.service_id} is {_tracked(answer.json())}, none of {one.states}")
    return found


def _tracked(service: Json) -> Json:
    tracked = {name: service[name] for name in ("description", "tool_capacity", "keyterms", "voice_config")}
    # Fields that are not set are also returned, as null or as the platform's default.
    chosen = (tracked["voice_config"] or {}).get("eot_timeout_ms")
    return tracked | {"voice_config": {} if chosen is None else {"eot_timeout_ms": chosen}}


def main() -> None:
    """Print the results; exit 1 if a change is missing."""
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder))
    print(f"{report.operations} operations by {CLIENTS} clients in {report.seconds:.1f} s")
    print(f"killed with SIGKILL {report.kills} times, and once more at the end")
    print(f"slowest start {report.slowest_start_s:.2f} s; acknowledged changes missing: {len(report.missing)}")
    for line in report.missing:
        print(line)
    if report.missing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
