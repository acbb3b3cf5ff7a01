"""The arms of a sitting at the bench, as somebody can talk to them."""

from __future__ import annotations

from simulator.session.settings import LiveArm
from simulator.study import Arm
from tui.tune.scene import ARMS
from tui.tune.session import Session


def live_arms(session: Session) -> tuple[LiveArm, ...]:
    """Return all arms as they are at the moment, under their letters."""
    return tuple(
        LiveArm(ARMS[at], Arm(ARMS[at], session.config_of(at), session.above).resolved)
        for at in range(len(session.arms))
    )


def draft_letter(session: Session) -> str:
    """Return the letter of the arm that is edited."""
    return next(ARMS[at] for at, arm in enumerate(session.arms.all) if arm.is_draft)
