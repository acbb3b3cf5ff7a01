"""Limits of ``turnlab serve`` for unknown clients: host names, large bodies, and many at once."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.interop.conftest import Serve, Served

MB = 1 << 20
LARGEST = MB
STATUS = Path("/proc/self/status")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:8765", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[::1].evil.example", 200),  # an address, not a name: no browser can be led to it
        ("", 403),
        ("localhost", 200),
        ("LOCALHOST.:9", 200),
        ("turnlab.localhost:80", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8765", 200),
        (socket.gethostname(), 200),
    ],
)
def test_a_foreign_host_name_is_refused(served: Served, host: str, status: int) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {served.api_key}"}
    answer = httpx.get(f"{served.platform}/services", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error_code"] == "forbidden"
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_the_served_host_name_is_accepted(serve: Serve) -> None:
    served = serve("--host", "localhost", "--rate-window", "0")
    headers = {"Authorization": f"Bearer {served.api_key}"}
    assert httpx.get(f"{served.platform}/services", headers=headers).status_code == 200


def _put(served: Served, content: bytes | Iterator[bytes], *, classic: bool = False) -> httpx.Response:
    key = served.sign_in() if classic else served.api_key
    base = f"{served.classic}/service" if classic else f"{served.platform}/services"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = f"{base}/00000000-0000-0000-0000-000000000000"
    if classic:
        return httpx.post(f"{base}/{'0' * 24}/", headers=headers, content=content, timeout=60)
    return httpx.put(address, headers=headers, content=content, timeout=60)


def _pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // (1 << 16)):
        yield b" " * (1 << 16)


@pytest.mark.parametrize("classic", [False, True], ids=["platform", "classic"])
def test_a_body_that_is_too_large_is_refused(served: Served, classic: bool) -> None:
    for content in (b" " * (LARGEST + 1), _pieces(LARGEST + (1 << 16))):
        answer = _put(served, content, classic=classic)
        assert (answer.status_code, answer.json()["error_code"]) == (413, "payload_too_large")
    # the largest allowed body: the service is looked up
    largest = b'{"description": "%s"}' % (b"x" * (LARGEST - 40))
    assert _put(served, largest, classic=classic).status_code in (404, 422)


def test_a_large_body_without_a_key_is_not_read(served: Served) -> None:
    answer = httpx.put(f"{served.platform}/services/x", content=_pieces(4 * MB), timeout=60)
    assert answer.status_code == 401


def _peak_kb(served: Served) -> int:
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="/proc tells how much memory a process took")
def test_sixteen_large_uploads_take_little_memory(serve: Serve) -> None:
    served = serve("--rate-window", "0")
    assert _put(served, b"{}").status_code == 404
    before = _peak_kb(served)
    with ThreadPoolExecutor(16) as clients:
        chunked = list(clients.map(lambda _: _put(served, _pieces(16 * MB)).status_code, range(16)))
        declared = list(clients.map(lambda _: _put(served, b" " * (16 * MB)).status_code, range(16)))
        largest = b'{"version_sets": [%s0]}' % (b"0," * (LARGEST // 2 - 20))
        taken = list(clients.map(lambda _: _put(served, largest).status_code, range(16)))
    assert chunked == declared == [413] * 16
    assert set(taken) <= {404, 422}
    assert _peak_kb(served) - before < 96 * 1024


def test_bodies_that_never_arrive_release_their_slot(serve: Serve) -> None:
    served = serve("--rate-window", "0")
    place = urlsplit(served.url)
    head = (
        f"PUT {urlsplit(served.platform).path}/services/x HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {served.api_key}\r\nContent-Length: 1000\r\n\r\n"
    )
    with contextlib.ExitStack() as held:
        for _ in range(20):
            waiting = held.enter_context(socket.create_connection((str(place.hostname), int(place.port or 0))))
            waiting.sendall(head.encode() + b"{")
        # other requests are still read meanwhile
        headers = {"Authorization": f"Bearer {served.api_key}"}
        assert httpx.get(f"{served.platform}/services", headers=headers).status_code == 200
    assert _put(served, b"{}").status_code == 404
    assert served.stop()[0] == 0
