"""The path a version set takes towards callers: ``personal → test → preview → release``."""

from __future__ import annotations

from services.model import RELEASE

PERSONAL = "personal"
STAGES = (PERSONAL, "test", "preview", RELEASE)


def stage(name: str) -> int | None:
    """Return where on the path a version set is, or ``None`` beside it. ``personal-dana`` is a ``personal``."""
    if name.startswith(f"{PERSONAL}-"):
        return 0
    return STAGES.index(name) if name in STAGES else None


def next_stage(name: str) -> str | None:
    """Return the name to promote to from ``name``; ``None`` at the end of the path and beside it."""
    here = stage(name)
    return None if here is None or here + 1 == len(STAGES) else STAGES[here + 1]


def detour(source: str, target: str) -> str:
    """Return in words how a promotion leaves the path, or nothing if it follows it or is beside it."""
    here, there = stage(source), stage(target)
    if here is None or there is None or there == here + 1:
        return ""
    if there <= here:
        return f"{source} → {target} is not the way of the path ({' → '.join(STAGES)})"
    return f"{source} → {target} skips {' and '.join(STAGES[here + 1 : there])}"
