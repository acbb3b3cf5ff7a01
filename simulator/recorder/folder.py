"""Where a person's own recordings are."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def own_recordings_folder() -> Path:
    """Return the folder: in ``TURNLAB_DATA_DIR``, or in the user's data folder. It need not exist yet."""
    chosen = os.environ.get("TURNLAB_DATA_DIR")
    return (Path(chosen) if chosen else user_data_path("turnlab", appauthor=False)) / "recordings"
