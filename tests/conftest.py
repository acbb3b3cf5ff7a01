"""What every test is better off with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one authority instead of 140, which take every client 20 ms to read; none of them is met here."""
    end = "-----END CERTIFICATE-----\n"
    first, found, _ = Path(certifi.where()).read_text(encoding="ascii", errors="replace").partition(end)
    authority = tmp_path_factory.mktemp("trusted") / "authority.pem"
    authority.write_text(first + found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(authority))
        patch.setenv("SSL_CERT_FILE", str(authority))  # for the commands
        yield
