"""The folders of Turnlab's files. Imports almost nothing, because the first paint needs these folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

DATA_VARIABLE: Final = "TURNLAB_DATA_DIR"
CACHE_VARIABLE: Final = "TURNLAB_CACHE_DIR"
CONFIG_VARIABLE: Final = "TURNLAB_CONFIG_DIR"


def data_folder() -> Path:
    """Return ``TURNLAB_DATA_DIR``, or the user's data folder; it need not exist yet."""
    if chosen := path_from_environment(DATA_VARIABLE):
        return chosen
    import platformdirs

    return platformdirs.user_data_path("turnlab", appauthor=False)


def own_recordings_folder() -> Path:
    """Return the folder of the user's own recordings; it need not exist yet."""
    return data_folder() / "recordings"


def drafts_folder() -> Path:
    """Return the folder of unsaved drafts; it need not exist yet."""
    return data_folder() / "drafts"


def sweeps_folder() -> Path:
    """Return the folder of the journals of unfinished sweeps; it need not exist yet."""
    return data_folder() / "sweeps"


def calls_folder() -> Path:
    """Return the folder of pulled and imported calls, with a subfolder per workspace; it need not exist yet."""
    return data_folder() / "calls"


def cache_folder() -> Path:
    """Return ``TURNLAB_CACHE_DIR``, or the user's cache folder; it need not exist yet."""
    if chosen := path_from_environment(CACHE_VARIABLE):
        return chosen
    import platformdirs

    return platformdirs.user_cache_path("turnlab", appauthor=False)


def config_folder() -> Path:
    """Return ``TURNLAB_CONFIG_DIR``, or the user's configuration folder; it need not exist yet."""
    if chosen := path_from_environment(CONFIG_VARIABLE):
        return chosen
    import platformdirs

    return platformdirs.user_config_path("turnlab", appauthor=False)


def path_from_environment(variable: str) -> Path | None:
    """Return the path in an environment variable, absolute; ``None`` where it is unset or blank."""
    value = os.environ.get(variable, "")
    return typed_path(value).absolute() if value.strip() else None


def typed_path(text: str) -> Path:
    """Return a path typed by the user, with ``~`` expanded; a ``~name`` without a home stays unchanged."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
