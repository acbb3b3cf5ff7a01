"""What-if knobs on the caller's audio: what the same call would have been over a telephone, or in a noisy room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from base.samples import Samples
from simulator.audio.active_level import active_speech_level_db
from simulator.audio.filtering import filtered, taps_of
from simulator.audio.noise import noise_taps, with_noise
from simulator.audio.telephone import over_the_line, telephone_band


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Knobs on the caller's audio, all off by default.

    ``telephone``: 300–3400 Hz at 8 kHz through G.711 µ-law. ``noise_snr_db``: a steady room's noise, its power that
    many dB below the caller's active speech level (:mod:`simulator.audio.active_level`); both are taken over the
    whole band or, with the telephone on, over what its band leaves. Noise comes before µ-law, as on a real line.
    ``noise_seed`` chooses the noise.
    """

    telephone: bool = False
    noise_snr_db: float | None = None
    noise_seed: int = 0

    def __bool__(self) -> bool:
        return self.telephone or self.noise_snr_db is not None

    def words(self) -> list[str]:
        """Return what is on, for people."""
        said = ["over a telephone line"] if self.telephone else []
        if self.noise_snr_db is not None:
            said.append(f"with room noise at {self.noise_snr_db:g} dB SNR")
        return said

    def to_json(self) -> dict[str, Any]:
        """Return what is on, for scripts; empty if nothing is."""
        shown: dict[str, Any] = {"telephone": True} if self.telephone else {}
        if self.noise_snr_db is not None:
            shown |= {"noise_snr_db": self.noise_snr_db, "noise_seed": self.noise_seed}
        return shown

    def heard(self, plain: Callable[[], Iterator[Samples]]) -> Iterator[Samples]:
        """Yield what is heard of the blocks that ``plain`` yields anew at each call, as many samples as there."""
        heard = self._banded(plain)
        if self.noise_snr_db is not None:
            level_db = active_speech_level_db(self._banded(plain))
            taps = noise_taps(telephone_band if self.telephone else None)
            heard = with_noise(heard, taps, level_db - self.noise_snr_db, self.noise_seed)
        return over_the_line(heard) if self.telephone else heard

    def _banded(self, plain: Callable[[], Iterator[Samples]]) -> Iterator[Samples]:
        return filtered(plain(), taps_of(telephone_band)) if self.telephone else plain()


AS_IT_IS = WhatIf()
"""Every knob off."""
