"""The separate process of :mod:`simulator.audio.decoding`: decodes ``PATH CHANNEL FIRST`` to standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

import soundfile as sf

from simulator.audio.containers.detection import layout_of
from simulator.audio.decoding import END, FAULT, HEADER, SAMPLES, decoded_here, reason
from simulator.errors import AudioError


def main() -> None:
    """Write the samples, or the error. End without a message when the parent closes the pipe."""
    path, channel, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    out = sys.stdout.buffer
    try:
        try:
            for block in decoded_here(path, layout_of(path), channel, first):
                _say(out, SAMPLES, block.astype("<f4").tobytes())
            _say(out, END, b"")
        except BrokenPipeError:
            raise
        except AudioError as error:
            _say(out, FAULT, str(error).encode(errors="replace"))
        except (sf.SoundFileError, OSError) as error:
            _say(out, FAULT, reason(error).encode())
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _say(out: IO[bytes], kind: int, content: bytes) -> None:
    out.write(HEADER.pack(kind, len(content)) + content)


if __name__ == "__main__":
    main()
