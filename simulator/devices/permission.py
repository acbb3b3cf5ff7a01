"""Whether this program may use microphones and speakers at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

SOUND = Path("/dev/snd")
"""Where Linux has its sound cards."""

_REMEDIES = {
    "linux": "add yourself to the group 'audio' and sign in again",
    "darwin": "allow the terminal under System Settings, Privacy & Security, Microphone",
    "win32": "allow desktop apps under Settings, Privacy & security, Microphone",
}


def how_to_permit() -> str:
    """Return what a person has to do on this platform."""
    return _REMEDIES.get(sys.platform, _REMEDIES["linux"])


def is_forbidden(way: Literal["input", "output"]) -> bool:
    """Whether there are sound cards on this Linux, none of which we may open: PortAudio then lists nothing."""
    try:
        cards = [*SOUND.glob(f"pcmC*{'c' if way == 'input' else 'p'}")]
    except PermissionError:
        return True
    return bool(cards) and not any(os.access(card, os.R_OK | os.W_OK) for card in cards)
