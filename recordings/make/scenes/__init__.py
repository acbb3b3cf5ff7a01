"""The scenes, one module each; `SCENES` is all of them in the order they are listed to people."""

from recordings.make.scenes.backchannels import BACKCHANNELS
from recordings.make.scenes.booking import BOOKING
from recordings.make.scenes.coughs import COUGHS
from recordings.make.scenes.fast_talker import FAST_TALKER
from recordings.make.scenes.interruptions import INTERRUPTIONS
from recordings.make.scenes.telephone import TELEPHONE
from recordings.make.scenes.thinking import THINKING
from recordings.make.script import Scene

SCENES: tuple[Scene, ...] = (
    BOOKING,
    THINKING,
    BACKCHANNELS,
    INTERRUPTIONS,
    COUGHS,
    FAST_TALKER,
    TELEPHONE,
)
