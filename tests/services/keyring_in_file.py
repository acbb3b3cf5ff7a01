"""A keyring for tests: the library's interface over a file that ``TURNLAB_TEST_KEYRING`` names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keyring(KeyringBackend):
    """Stores secrets in a JSON file. The library finds it through ``PYTHON_KEYRING_BACKEND``."""

    priority = 0.1

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self._all() | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        known = self._all()
        if known.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("not there")
        self._write(known)

    @property
    def _file(self) -> Path:
        return Path(os.environ["TURNLAB_TEST_KEYRING"])

    def _all(self) -> dict[str, str]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def _write(self, known: dict[str, str]) -> None:
        self._file.write_text(json.dumps(known))
