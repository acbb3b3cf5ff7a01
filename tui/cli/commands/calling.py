"""Commands that connect: to a platform, as the embedded platform, as the agent, and as its caller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tui.cli.failure import CallError
from tui.cli.options import AllowUnknown, Channel, Configs, Eot, HearingOptions, Json, Profile, with_option_sets

ScenarioFile = Annotated[
    Path | None, typer.Option(help="What the agent says, a scenario file; by default a clinic's front desk.")
]
VoiceName = Annotated[
    str | None, typer.Option(help="hibari, clips or silent; by default hibari where it is installed.")
]
CallTargets = Annotated[
    list[str],
    typer.Argument(
        metavar="URL… RECORDING…",
        help="Agents' addresses, such as ws://127.0.0.1:8766, and callers: audio files, or folders.",
    ),
]


def connect(
    name: Annotated[str | None, typer.Argument(help="The connection's name, such as staging.")] = None,
    api: Annotated[str | None, typer.Option(help="Which API: platform (the default) or classic.")] = None,
    region: Annotated[
        str | None, typer.Option(help="The API's region by name: us; Classic also ca, eu, au.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The API's address, instead of a region.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Workspace ID (Platform).")] = None,
    organization: Annotated[str | None, typer.Option(help="Organization ID (Classic).")] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", help="API key ID (Classic).")] = None,
    user: Annotated[str | None, typer.Option(help="ID of the user to sign in as (Classic).")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the connections.")] = False,
    testing: Annotated[bool, typer.Option("--test", help="Only test the named connection.")] = False,
    removing: Annotated[bool, typer.Option("--remove", help="Forget a connection and its key.")] = False,
    as_json: Json = False,
) -> None:
    """Set up a connection to a real platform and test it. Turnlab prompts for the key, or reads it from stdin."""
    if sum((listing, testing, removing)) > 1:
        raise CallError("--list, --test and --remove exclude each other")
    if removing and not name:
        raise CallError("--remove needs the connection's name; see 'turnlab connect --list'")
    from tui.cli import connect as connecting
    from tui.cli.connect import ConnectOptions

    if listing:
        connecting.show_list(as_json=as_json)
    elif testing:
        connecting.test(name, as_json=as_json)
    elif removing:
        connecting.remove(str(name), as_json=as_json)
    else:
        connecting.set_up(
            ConnectOptions(name, api, region, url, workspace, organization, key_id, user), as_json=as_json
        )


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="The address; by default only this machine can reach it.")
    ] = "127.0.0.1",
    data: Annotated[Path | None, typer.Option(help="Folder of the workspace; by default the dashboard's.")] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach it; needs a --token.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(envvar="TURNLAB_SERVE_TOKEN", show_envvar=True, help="The API key while this server runs."),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Print the read-only viewer's key instead of the owner's.")
    ] = False,
    rate_window: Annotated[
        float, typer.Option(min=0, help="Length of the rate limits' minute in seconds; 0 for no limits.")
    ] = 60.0,
    token_lifetime: Annotated[
        float, typer.Option(min=1, max=86_400, help="Lifetime of a Classic sign-in in seconds.")
    ] = 3600.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve the embedded platform to any client, in both API dialects, until stopped."""
    from tui.cli.serve import ServeRequest, serve

    serve(
        ServeRequest(
            host=host,
            port=port,
            data=data,
            allow_remote=allow_remote,
            token=token,
            read_only=read_only,
            rate_window=rate_window,
            token_lifetime=token_lifetime,
        ),
        as_json=as_json,
    )


def agent(
    config: Annotated[
        str, typer.Option("--config", "-c", help="A preset's name, a JSON file, or inline JSON.")
    ] = "balanced",
    allow_unknown: AllowUnknown = False,
    scenario: ScenarioFile = None,
    profile: Profile = "default",
    eot: Eot = None,
    seed: Annotated[int, typer.Option(help="Seed of the models' latencies; the same in every call.")] = 0,
    voice: VoiceName = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8766,
    host: Annotated[
        str, typer.Option(help="The address; by default only this machine can reach it.")
    ] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach it; needs a --token.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(envvar="TURNLAB_AGENT_TOKEN", show_envvar=True, help="The token that callers must send."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Answer calls on a WebSocket as the simulated agent, in real time, until stopped."""
    from tui.cli.agent import AgentRequest, agent

    agent(
        AgentRequest(
            config=config,
            scenario=scenario,
            profile=profile,
            eot=eot.value if eot else None,
            seed=seed,
            voice=voice,
            host=host,
            port=port,
            allow_remote=allow_remote,
            token=token,
            allow_unknown=allow_unknown,
        ),
        as_json=as_json,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOptions:
    """The audio format and the messages of the connection to an agent."""

    sample_rate: Annotated[
        int, typer.Option(help="Sample rate both ways: 8000, 16000, 22050, 24000, 44100 or 48000.")
    ] = 16_000
    encoding: Annotated[str, typer.Option(help="pcm16, or mulaw at 8000.")] = "pcm16"
    protocol: Annotated[
        str | None,
        typer.Option(
            help="turnlab, twilio, pipecat, openai-realtime or livekit; by default what the address suggests."
        ),
    ] = None
    audible_db: Annotated[
        float, typer.Option(min=-90, max=0, help="The level from which the agent counts as audible, dBFS.")
    ] = -45.0
    token: Annotated[
        str | None,
        typer.Option(
            envvar="TURNLAB_AGENT_TOKEN",
            show_envvar=True,
            help="Sent as Authorization: Bearer; for livekit, the access token.",
        ),
    ] = None


@with_option_sets
def call(
    *,
    targets: CallTargets,
    repeat: Annotated[int, typer.Option(min=1, max=1000, help="How often to play each recording.")] = 1,
    rigid: Annotated[
        bool, typer.Option("--rigid", help="Play the audio unchanged, even if its labels have moves.")
    ] = False,
    trust_messages: Annotated[
        bool,
        typer.Option(
            "--trust-messages", help="Trust the agent's transcripts and clear messages on fillers and stops."
        ),
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.flac", help="Write the call as FLAC: the caller left, the agent right."),
    ] = None,
    wire: WireOptions,
    caller_channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Call agents on a WebSocket with recordings in real time, measure their audio, and compare several."""
    from tui.cli.audio_options import hearing_of
    from tui.cli.call import CallRequest, call_agent

    urls = [target for target in targets if "://" in target]
    paths = [Path(target) for target in targets if "://" not in target]
    if not urls or not paths:
        raise CallError("give an agent's address, such as ws://127.0.0.1:8766, and a recording")
    call_agent(
        CallRequest(
            urls=urls,
            repeat=repeat,
            token=wire.token,
            rate=wire.sample_rate,
            encoding=wire.encoding,
            protocol=wire.protocol,
            rigid=rigid,
            audible_db=wire.audible_db,
            paths=paths,
            hearing=hearing_of(HearingOptions(caller_channel=caller_channel), 0),
            trust=trust_messages,
            save=save,
        ),
        as_json=as_json,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOptions:
    """The microphone and the speaker of a live call."""

    input_name: Annotated[
        str | None, typer.Option("--input", help="The microphone, or part of its name; by default the system's.")
    ] = None
    output_name: Annotated[
        str | None, typer.Option("--output", help="The speaker, or part of its name; by default the system's.")
    ] = None
    no_speaker: Annotated[bool, typer.Option("--no-speaker", help="Play nothing; only print the words.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoGuardOptions:
    """What keeps the agent from hearing itself."""

    echo_guard: Annotated[str, typer.Option(help="cancellation, headphones, half-duplex or threshold.")] = (
        "cancellation"
    )
    echo_threshold: Annotated[
        float | None, typer.Option(min=1, max=90, help="For --echo-guard threshold: dB below full scale.")
    ] = None


@with_option_sets
def live(
    *,
    config: Configs = None,
    allow_unknown: AllowUnknown = False,
    profile: Profile = "default",
    scenario: ScenarioFile = None,
    caller_first: Annotated[
        bool, typer.Option("--caller-first", help="No greeting: the caller speaks first.")
    ] = False,
    eot: Eot = None,
    voice: VoiceName = None,
    devices: DeviceOptions,
    echo: EchoGuardOptions,
    record: Annotated[bool, typer.Option("--record", help="Add the call to your recordings.")] = False,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="End after this many seconds of the call.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line for each event.")] = False,
) -> None:
    """Talk with the simulated agent through microphone and speaker, without the dashboard."""
    from simulator.session.settings import EchoGuard
    from tui.cli.live import LiveRequest, live

    guards = [guard.value for guard in EchoGuard]
    if echo.echo_guard not in guards:
        raise CallError(f"--echo-guard: {echo.echo_guard!r} is not one of {', '.join(guards)}")
    if echo.echo_threshold is not None and echo.echo_guard != EchoGuard.THRESHOLD:
        raise CallError(f"--echo-threshold is not for the guard {echo.echo_guard}; add --echo-guard threshold")
    live(
        LiveRequest(
            configs=config or ["balanced"],
            allow_unknown=allow_unknown,
            profile=profile,
            scenario=scenario,
            caller_first=caller_first,
            silence_only=bool(eot and eot.value == "silence"),
            voice=voice,
            input=devices.input_name,
            output=devices.output_name,
            speaker=not devices.no_speaker,
            guard=EchoGuard(echo.echo_guard),
            threshold_db=echo.echo_threshold,
            record=record,
            seconds=seconds,
        ),
        as_json=as_json,
    )


COMMANDS = (connect, serve, agent, call, live)
"""In the order of the help text."""
