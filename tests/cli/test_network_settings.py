"""Invalid network settings of the machine: one sentence, never a traceback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab
from tests.services.forward_proxies import make_certificate

REMOTE = {
    "PLATFORM_API_URL": "https://platform.invalid",
    "PLATFORM_WORKSPACE_ID": "5f0c7a3e-1111-4222-8333-444455556666",
    "PLATFORM_API_KEY": "not-a-real-key",
}
CLASSIC = {
    "AMIGO_API_KEY": "not-a-real-key",
    "AMIGO_API_KEY_ID": "id",
    "AMIGO_USER_ID": "user",
    "AMIGO_ORGANIZATION_ID": "organization",
}
CLOSED = "http://bob:hunter2@127.0.0.1:1"
NONSENSE = {
    "HTTPS_PROXY": "socks4://bob:hunter2@127.0.0.1:1",
    "HTTP_PROXY": "gopher://x",
    "ALL_PROXY": "http://bob:hunter2@127.0.0.1:99999",
    "NO_PROXY": "[::1],10.0.0.0/99,a:b:c",
    "SSL_CERT_FILE": "/nonexistent.pem",
    "SSL_CERT_DIR": "/nonexistent",
    "SSLKEYLOGFILE": "/nonexistent/keys",
    "WEB_CONCURRENCY": "many",
    "FORWARDED_ALLOW_IPS": "[",
}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"HTTPS_PROXY": CLOSED, "NO_PROXY": "localhost,[::1]"}, "the proxy 127.0.0.1:1 (HTTPS_PROXY) cannot be"),
        ({"ALL_PROXY": "socks5h://bob:hunter2@127.0.0.1:1"}, "the proxy 127.0.0.1:1 (ALL_PROXY) cannot be"),
        ({"HTTPS_PROXY": "socks4://bob:hunter2@127.0.0.1:1"}, "HTTPS_PROXY names a proxy of a kind"),
        ({"HTTPS_PROXY": CLOSED, "SSL_CERT_FILE": "/nonexistent.pem"}, "SSL_CERT_FILE: /nonexistent.pem is not"),
        ({"PLATFORM_WORKSPACE_ID": "w\udcff"}, "the workspace id is not text in UTF-8"),
        ({"PLATFORM_API_URL": "https://xn--a.invalid"}, "'https://xn--a.invalid' is not an address"),
    ],
)
def test_an_invalid_network_setting_gets_one_sentence(
    turnlab: Turnlab, settings: dict[str, str], says: str
) -> None:
    done = turnlab("service", "list", environment=REMOTE | settings)
    (line,) = done.err.splitlines()
    assert done.code in (1, 2)
    assert says in line
    assert "hunter2" not in line
    assert "unexpected" not in line


def test_an_ignored_setting_is_reported_and_the_command_continues(turnlab: Turnlab) -> None:
    settings = {"HTTPS_PROXY": CLOSED, "NO_PROXY": "10.0.0.0/99", "SSLKEYLOGFILE": "/nonexistent/keys"}
    done = turnlab("service", "list", environment=REMOTE | settings)
    notes = done.err.splitlines()
    assert [line.split(":")[1].strip() for line in notes[:2]] == ["SSLKEYLOGFILE", "NO_PROXY"]
    assert "the proxy 127.0.0.1:1" in notes[2]


def test_signing_in_goes_through_the_proxy_too(turnlab: Turnlab) -> None:
    done = turnlab("service", "list", environment=CLASSIC | {"https_proxy": CLOSED})
    assert "the proxy 127.0.0.1:1 (https_proxy) cannot be reached" in done.one_line(1)


def test_a_connection_is_tested_through_the_proxy(turnlab: Turnlab) -> None:
    done = turnlab("connect", "environment", "--test", environment=REMOTE | {"HTTPS_PROXY": CLOSED})
    assert "the proxy 127.0.0.1:1 (HTTPS_PROXY) cannot be reached" in done.one_line(1)


def test_local_connections_ignore_network_settings(turnlab: Turnlab) -> None:
    done = turnlab("service", "list", "--json", environment=NONSENSE)
    assert done.err == ""
    assert done.json()["services"]


def test_an_agent_behind_tls_is_called_by_the_same_settings(turnlab: Turnlab, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.file, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_shake_hands, args=(listening, tls), daemon=True).start()
        address = f"wss://localhost:{listening.getsockname()[1]}"

        def told(**settings: str) -> str:
            booking = bundled_folder() / "booking.flac"
            return turnlab("call", address, booking, environment=settings).err

        assert "SSL_CERT_FILE: /nonexistent.pem is not there" in told(SSL_CERT_FILE="/nonexistent.pem")
        assert "its certificate is not trusted: self" in told(SSLKEYLOGFILE="/nonexistent/keys")
        assert "is the agent running" in told(SSL_CERT_FILE=str(certificate.file))


def _shake_hands(listening: socket.socket, tls: ssl.SSLContext) -> None:
    """Accept connections up to the TLS handshake, then close them."""
    while True:
        try:
            came, _ = listening.accept()
        except OSError:
            return
        with contextlib.suppress(OSError):
            tls.wrap_socket(came, server_side=True).close()
