"""The Tune screens: a mode of the app for each tuned service, and one for a free draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from tui.commands.place import Jump
from tui.preferences import LAST_TUNED, remember
from tui.terminal_text import screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from services.model import Service
    from simulator.engine.profile import EngineProfile
    from tui.connection import ConnectedApp
    from tui.tune.places import Places
    from tui.tune.screen import TuneScreen
    from tui.tune.session import TuneSession


PRESET_JUMP = "See what this preset would change in the draft, and apply it."
BASELINE_JUMP = "Make this arm the baseline: the others are held against it."


def _show_recording(key: str, tune: TuneScreen) -> None:
    tune.recordings.show(key)


def show_caller(audio: Path, at_ms: int | None, tune: TuneScreen) -> None:
    """Show the caller of a real call, at a moment of that call."""
    tune.adding.add([audio])
    if at_ms is not None:
        tune.trials.go_to(str(audio), at_ms, really=True)


def _focus_field(name: str, tune: TuneScreen) -> None:
    tune.fields.focus_field(name)


def _take_baseline(at: int, tune: TuneScreen) -> None:
    tune.arms.take_baseline(at)


def _offer_preset(name: str, tune: TuneScreen) -> None:
    tune.presets.choose(name)


Going = Callable[[Callable[["TuneScreen"], object]], object]
"""Opens Tune, and then calls the given function with the screen."""


def tune_jumps(tune: TuneScreen | None, go: Going) -> Iterator[Jump]:
    """Return the jump targets in Tune: a screen's recordings and arms, the fields, and the presets."""
    # Imported here, because the first paint must not wait for them.
    from presets.fields import BY_NAME
    from tui.user_presets import all_presets

    rows = tune.recordings.state.rows if tune is not None else None
    for row in rows or ():
        yield Jump(screen_text(row.title), "recording", partial(go, partial(_show_recording, row.key)))
    for at, name in enumerate(tune.session.arm_names() if tune is not None else ()):
        take = partial(_take_baseline, at)
        yield Jump(f"Baseline {'ABCD'[at]} {screen_text(name)}", "arm", partial(go, take), BASELINE_JUMP)
    for name in BY_NAME:
        yield Jump(name, "field", partial(go, partial(_focus_field, name)))
    for name in all_presets()[0]:
        yield Jump(name, "preset", partial(go, partial(_offer_preset, name)), PRESET_JUMP)


class TuneModes:
    """Creates a service's Tune screen on first use, and keeps it with its draft.

    ``opened`` are the folders and files whose recordings every screen lists.
    """

    def __init__(self, app: ConnectedApp, opened: Sequence[Path] = ()) -> None:
        self._app = app
        self._opened = tuple(opened)
        self._places: Places | None = None
        self._screens: dict[str, TuneScreen] = {}
        self.last: str | None = None
        """The mode that was visible last."""

    async def take(self, service: Service | None) -> str:
        """Return the mode of a service's Tune screen. ``None``: the last one, or that of a free draft."""
        if service is None and self.last is not None:
            return self.last
        # In a thread, because importing the simulator takes a moment.
        tune = await asyncio.to_thread(import_module, "tui.tune.screen")
        if self._places is None:
            self._places = tune.Places(self._opened, remembers=not self._app.read_only)
            with suppress(OSError):  # what cannot be stored is listed all the same
                self._places.keep()
        mode = f"tune:{service.id if service else ''}"
        profile = None if mode in self._screens else await asyncio.to_thread(self._profile, service)
        if mode not in self._screens:
            screen = tune.TuneScreen(self._app.client, service, places=self._places, profile=profile)
            self._screens[mode] = screen
            self._app.add_mode(mode, lambda: screen)
        if mode != self.last:
            await asyncio.to_thread(self._note, service)
        self.last = mode
        return mode

    def _profile(self, service: Service | None) -> EngineProfile | None:
        """Return the profile that was fitted to a service's calls. ``None`` for the shipped one."""
        from simulator.errors import ProfileError
        from tui.calls.fitted import profile_for

        try:
            return profile_for(service.id if service else None).profile
        except ProfileError as error:
            why = f"{screen_text(str(error))}; the shipped profile is used"
            self._app.call_from_thread(self._app.notify, why, severity="warning", markup=False)
            return None

    def take_profile(self, service_id: str, profile: EngineProfile) -> None:
        """Use another profile for a service's draft, and show the result."""
        screen = self._screens.get(f"tune:{service_id}")
        if screen is not None:
            screen.session.take_profile(profile)
        self.show_again()

    def show_again(self) -> None:
        """Make the readouts again, because texts about them have changed."""
        for screen in self.standing:
            screen.show_settings()

    def added(self) -> tuple[Path, ...]:
        """Return the folders and files of recordings that the user added."""
        # Imported here, because the first paint must not wait for it.
        from tui.tune.places import Places

        return (self._places or Places(self._opened)).all()

    def have(self, mode: str, then: Callable[[TuneScreen], object]) -> None:
        """Call ``then`` with the Tune screen of a mode, once it is visible."""
        screen = self._screens[mode]
        screen.call_after_refresh(then, screen)

    def jumps(self, go: Going) -> Iterator[Jump]:
        """Return the jump targets in Tune, with those of the last visible screen if there is one."""
        last = next((one for one in self.standing if one is self._screens.get(self.last or "")), None)
        return tune_jumps(last, go)

    def _note(self, service: Service | None) -> None:
        """Remember the last tuned service, so that the next start begins there."""
        if service is not None and not self._app.read_only:
            with suppress(OSError):  # this needs no message
                remember(LAST_TUNED, service.id)

    async def session(self, service: Service | None = None) -> TuneSession:
        """Return the last session. Before the first, return that of a service. ``None``: one with a free draft."""
        return self._screens[await self.take(service if self.last is None else None)].session

    @property
    def standing(self) -> list[TuneScreen]:
        """The screens that are mounted."""
        return [screen for screen in self._screens.values() if screen.is_attached]

    @property
    def unsaved(self) -> tuple[str, TuneScreen] | None:
        """The first screen with an unsaved draft, and its mode."""
        return next(((mode, screen) for mode, screen in self._screens.items() if screen.platform.unsaved), None)
