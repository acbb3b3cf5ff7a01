"""Makes the calls of the demo workspace: the bundled callers, answered under the demo services' settings.

Run `python -m recordings.demo_calls` to write them, `--check` to compare fresh ones with those that are there.
`profile.json` is how the demo's platform behaves. Only this script reads it: a fit to the calls must find it again.
"""

from collections.abc import Mapping
from typing import Any


def demo_sound(audio: Mapping[str, Any], duration_ms: int) -> tuple[bytes, bytes]:
    """Make a demo call's recording, as :func:`recordings.demo_calls.sound.both_sides` does, imported when asked."""
    from recordings.demo_calls.sound import both_sides

    return both_sides(audio, duration_ms)
