"""A platform with unusual answers, on the command line."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.conftest import Turnlab


@contextmanager
def platform_of(body: object) -> Iterator[dict[str, str]]:
    """Answer every GET with the same JSON. Yields the environment for it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "PLATFORM_API_URL": f"http://127.0.0.1:{server.server_port}",
            "PLATFORM_WORKSPACE_ID": "w",
            "PLATFORM_API_KEY": "not-a-real-key",
        }
        server.shutdown()


def test_services_without_an_id_are_reported(turnlab: Turnlab) -> None:
    with platform_of({"items": [{"name": "a"}, {"name": "b"}], "has_more": False, "total": 2}) as environment:
        listed = turnlab("service", "list", environment=environment)
        named = turnlab("service", "get", "a", environment=environment)
    note = "turnlab: the platform's listing of services holds 2 entries that have no id and cannot be shown"
    assert listed.code == 0
    assert listed.err.startswith(note)
    assert named.err.startswith(note)
    assert named.code == 2


def test_an_unexpected_answer_is_described(turnlab: Turnlab) -> None:
    says = {
        b"[]": "answered with a list where a JSON object was due",
        b"null": "answered with null where a JSON object was due",
        b'{"items": [], "total": NaN}': "sent what is not JSON: NaN",
        b'{"items": {}}': "an object where its items should be",
    }
    for body, said in says.items():
        with platform_of(body) as environment:
            line = turnlab("service", "list", environment=environment).one_line(1)
        assert said in line
        assert "address" not in line
