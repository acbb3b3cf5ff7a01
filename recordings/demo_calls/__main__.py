"""Writes the demo workspace's calls, or checks that they are still what this code makes."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from presets.config import load
from presets.layers import Layer
from recordings.demo_calls.log import call_entry
from recordings.demo_calls.plan import BEFORE, CHANGED_DAY, PlannedCall, planned
from services.calls.embedded.demo import DEMO_FILE, numbered
from services.embedded.seed_versions import seed_data
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.engine.profile import load_profile
from simulator.recording import bundled_folder, open_recording
from simulator.study import Arm, run

PROFILE = Path(__file__).with_name("profile.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 with ``--check`` if the file differs."""
    parser = argparse.ArgumentParser(prog="python -m recordings.demo_calls", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing: compare the file with fresh calls")
    options = parser.parse_args(arguments)
    content = _content()
    if not options.check:
        DEMO_FILE.write_text(content, encoding="utf-8")
    elif content != DEMO_FILE.read_text(encoding="utf-8"):
        sys.stdout.write(f"{DEMO_FILE}: differs from what recordings.demo_calls writes\n")
        return 1
    return 0


def _content() -> str:
    """Return the file: one line a call, so that a difference is found."""
    data = seed_data()
    stored = {service["name"]: service.get("voice_config") or {} for service in data["services"]}
    changes = [
        {"service": name, "day": CHANGED_DAY, "before": before, "after": {k: stored[name].get(k) for k in before}}
        for name, before in BEFORE.items()
    ]
    workspace = Layer("workspace", load(data["voice_settings"])[0])
    texts: dict[str, int] = {}
    lines = [_line(numbered(_made(call, stored[call.service], workspace), texts)) for call in planned()]
    calls, words = ",\n".join(lines), ",\n".join(map(_line, texts))
    return f'{{"changes": {_line(changes)},\n"texts": [\n{words}\n],\n"calls": [\n{calls}\n]}}\n'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _made(call: PlannedCall, stored: dict[str, Any], workspace: Layer) -> dict[str, Any]:
    settings = {**stored, **BEFORE[call.service]} if call.before else stored
    config, _ = load({name: value for name, value in settings.items() if value is not None})
    recording = open_recording(bundled_folder() / f"{call.recording}.flac")
    activity = cached_analysis(recording.source, end_of_turn_model(late=True), None)
    profile = load_profile(str(PROFILE))
    made = run(recording, activity, Arm("service", config, (workspace,)), profile, seed=call.seed)
    return call_entry(call, recording, activity, made, profile)


if __name__ == "__main__":
    raise SystemExit(main())
