"""``turnlab agent``: the simulated agent on a WebSocket."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from services.embedded.addresses import authority, bind
from services.errors import ServiceError
from simulator.activity.model_process import JudgeProcess
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario, default_scenario, read_scenario
from simulator.errors import SimulatorError
from simulator.socket.agent_call import ServedAgent
from simulator.socket.conversation import CallReport
from simulator.socket.messages import Message
from simulator.socket.server import ServerOptions, serve
from simulator.study import Arm
from simulator.voice.agent_renderer import AgentRenderer, answer_texts, filler_texts
from simulator.voice.voice import Voice, voice_for
from tui.cli.config_option import read_arms
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.inputs import end_of_turn_judge, open_profile
from tui.cli.serve import check_reach, check_token


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """The command's options."""

    config: str
    scenario: Path | None
    profile: str
    eot: str | None
    seed: int
    voice: str | None
    host: str
    port: int
    allow_remote: bool
    token: str | None = field(repr=False)
    allow_unknown: bool = False


def agent(request: AgentRequest, *, as_json: bool) -> None:
    """Answer calls until stopped. Raises :class:`CallError` for options that cannot be served, or an address that
    may not be."""
    check_token(request.token)
    (arm,) = read_arms([request.config], allow_unknown=request.allow_unknown)
    profile, scenario = open_profile(request.profile), _scenario(request.scenario)
    judge = end_of_turn_judge(request.eot)
    try:
        voice = voice_for(request.voice)
        check_reach(request.host, request.token, "TURNLAB_AGENT_TOKEN", allowed=request.allow_remote)
        bound = bind(request.host, request.port)
    except SimulatorError as error:
        raise CallError(f"--voice: {error}") from None
    except ServiceError as error:
        raise WorkError(str(error)) from None
    facts: Message = {
        "config": arm.name,
        "scenario": request.scenario.name if request.scenario else "default",
        "profile": profile.name,
        "end_of_turn_model": judge.name,
        "voice": voice.name,
    }
    process = JudgeProcess(judge) if judge.window_s else nullcontext()
    with bound, ThreadPoolExecutor(1, "voice") as clips, process as judges:
        _speak_once(voice, arm, profile, scenario)
        answering = ServedAgent(
            scenario=scenario,
            profile=profile,
            config=arm.config,
            judge=judge,
            renderer=lambda: AgentRenderer(voice, clips),
            seed=request.seed,
            judges=judges,
        )
        if judges is not None:
            judges.ready()
        url = f"ws://{authority(bound)}"
        serve(
            ServerOptions(answering, facts, request.token),
            bound,
            lambda: print(json.dumps({"url": url, **facts}) if as_json else _for_people(url, facts), flush=True),
            _tell,
        )


def _speak_once(voice: Voice, arm: Arm, profile: EngineProfile, scenario: Scenario) -> None:
    """Synthesise all of the scenario's words before the first call, so that no call waits for it; the voice caches
    them."""
    if voice.instant:
        return
    for words, duration_ms in chain(
        answer_texts(profile.values, arm.resolved, scenario), filler_texts(profile.values, arm.resolved)
    ):
        voice.spoken(words, duration_ms)


def _scenario(path: Path | None) -> Scenario:
    if path is None:
        return default_scenario()
    try:
        return read_scenario(path)
    except SimulatorError as error:
        raise CallError(f"--scenario {error}") from None


def _tell(report: CallReport) -> None:
    facts = [f"{report.seconds:.1f} s", f"{report.turns} turn(s)", f"{report.late} of {report.blocks} blocks late"]
    if report.late_sounds:
        facts.append(f"{report.late_sounds} sound(s) begun late")
    if report.held_s >= 0.02:
        facts.append(f"a playout buffer of up to {1000 * report.held_s:.0f} ms, {report.holes} hole(s)")
    complain(f"call {report.number}: {report.ending} ({', '.join(facts)})")


def _for_people(url: str, facts: Message) -> str:
    return "\n".join(
        [
            f"The agent is at {url} until you press ctrl+c; hear it with: turnlab call {url} RECORDING",
            *(f"  {name.replace('_', ' '):<18} {value}" for name, value in facts.items()),
        ]
    )
