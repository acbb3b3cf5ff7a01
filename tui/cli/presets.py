"""``turnlab presets``: the presets and what they set."""

from __future__ import annotations

import json

from presets.fields import FIELDS
from tui.cli.failure import CallError, complain
from tui.user_presets import all_presets


def list_presets(name: str | None, *, as_json: bool) -> None:
    """List all presets, or one. Raises :class:`~tui.cli.failure.CallError` for an unknown name."""
    there, problems = all_presets()
    for problem in problems:
        complain(problem)
    if name and name not in there:
        raise CallError(f"no preset is called {name!r}; there are {', '.join(there)}")
    shown = [there[name]] if name else list(there.values())
    if as_json:
        raw = [
            {"name": one.name, "description": one.description, "voice_config": one.config.set_values()}
            for one in shown
        ]
        print(json.dumps(raw[0] if name else raw))
        return
    from tui.cli.tables import print_line, print_table

    used = [spec for spec in FIELDS if any(getattr(one.config, spec.name) is not None for one in shown)]
    rows = []
    for spec in used:
        values = [getattr(one.config, spec.name) for one in shown]
        default = spec.show(spec.default) if spec.default is not None else "-"
        rows.append([spec.name, *("" if value is None else spec.show(value) for value in values), default])
    print_table("Presets", ["field", *(one.name for one in shown), "default"], rows)
    for one in shown:
        print_line(f"{one.name}: {one.description}")
