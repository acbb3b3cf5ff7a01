"""Where a person's own settings are kept. Imports next to nothing: the first paint asks for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CONFIG_DIR_VARIABLE: Final = "TURNLAB_CONFIG_DIR"


def config_folder() -> Path:
    """Return ``TURNLAB_CONFIG_DIR``, or the user's configuration folder; it need not be there yet."""
    if chosen := os.environ.get(CONFIG_DIR_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_config_path("turnlab", appauthor=False)
