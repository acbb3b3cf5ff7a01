"""Recomputes the reference of ``turnlab models --check``::

    python -m benchmarks.reference

Run it on purpose: only when a change to the detectors, or to their input, is meant to change the reference.
"""

from __future__ import annotations

import json
from pathlib import Path

from simulator.activity.end_of_turn import named_model
from simulator.activity.reference import NUMBERS, measured


def main() -> None:
    """Write ``simulator/activity/reference.json``."""
    model = named_model("smart-turn")
    assert model is not None, "the Smart Turn model is not installed"
    Path(str(NUMBERS)).write_text(json.dumps(measured(model)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
