"""``turnlab --web``: the dashboard in a browser on this machine, with a process for every page.

A visitor can do everything that the local user can. So the server listens on the loopback address only, requires
the key from the address that it prints, and refuses pages of other origins.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web
from textual_serve.server import Server

HOST = "127.0.0.1"
IN_BROWSER = "TURNLAB_IN_BROWSER"
"""Set for the processes behind the pages. They have no terminal, and need none."""

KEY = "key"
# Nothing is loaded from other servers, including the page's web font.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' {socket}; frame-ancestors 'none'"
)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


PORT = 8767
"""The default port, if no other is requested and it is free."""


def serve(port: int | None, options: list[str]) -> None:
    """Serve the dashboard until ctrl+c. Every page gets ``options``. Port 0 takes any free one.

    Without a port it uses the default, or any free one if that is taken. Raises :class:`OSError` if the requested
    port is taken.
    """
    with _listening(port) as listening:
        page = WebDashboard(listening.getsockname()[1], options)
        web.run_app(page.application(), sock=listening, print=None, access_log=None)


def _listening(port: int | None) -> socket.socket:
    if port is not None:
        return socket.create_server((HOST, port))
    try:
        return socket.create_server((HOST, PORT))
    except OSError:
        return socket.create_server((HOST, 0))


class WebDashboard(Server):
    """Serves pages to browsers that send the key."""

    def __init__(self, port: int, options: list[str]) -> None:
        command = shlex.join([sys.executable, "-m", "tui", *options])
        os.environ[IN_BROWSER] = "1"
        super().__init__(command, host=HOST, port=port, title="Turnlab")
        self._pages: set[asyncio.Task[object]] = set()
        self._key = secrets.token_urlsafe(24)
        self._cookie = f"turnlab-{port}"  # a browser sends its cookies to every port

    @property
    def address(self) -> str:
        """The address to open."""
        return f"{self.public_url}/?{KEY}={self._key}"

    async def application(self) -> web.Application:
        """Return the web application."""
        application = await self._make_app()
        application.middlewares.append(self._let_in)
        return application

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002  (aiohttp's signature)
        """Print the address."""
        sys.stdout.write(f"Turnlab is at {self.address}\nctrl+c ends it.\n")
        sys.stdout.flush()

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a page's dashboard while the page is open."""
        task = asyncio.current_task()
        assert task is not None
        self._pages.add(task)
        task.add_done_callback(self._pages.discard)
        return await super().handle_websocket(request)

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002  (aiohttp's signature)
        """Let every page's dashboard end normally, with its draft stored."""
        pages = tuple(self._pages)
        for task in pages:
            task.cancel()
        await asyncio.gather(*pages, return_exceptions=True)

    @web.middleware
    async def _let_in(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        ours = request.host == f"{HOST}:{self.port}"
        if not ours or request.headers.get("Origin", self.public_url) != self.public_url:
            raise web.HTTPForbidden(text="Only pages of this dashboard may ask it.")
        if self._is_key(request.query.get(KEY, "")):
            onward = web.HTTPSeeOther("/")
            onward.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict")
            raise onward
        if not self._is_key(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text="Open the address that turnlab --web printed.")
        answer = await handler(request)
        if isinstance(answer, web.Response) and answer.content_type == "text/html" and answer.text:
            answer.text = _dressed(answer.text)
        if not answer.prepared:
            answer.headers["Content-Security-Policy"] = _POLICY.format(socket=self.public_url.replace("http", "ws"))
            answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._key.encode())


_TITLE = "<title>Turnlab</title>"
_FOCUS = """<script>
  // The keys work without a click: the terminal takes them once it is there, and when its window gets the focus.
  const take = () => document.querySelector(".xterm-helper-textarea")?.focus();
  const looking = setInterval(() => {
    take();
    if (document.activeElement?.matches(".xterm-helper-textarea")) clearInterval(looking);
  }, 50);
  window.addEventListener("focus", take);
</script>"""
_FONT = re.compile(r"<link[^>]*fonts\.googleapis\.com[^>]*>")


def _dressed(page: str) -> str:
    """Return the page with a title and a focused terminal, without the web font, which would be refused."""
    page = _FONT.sub("", page)
    return page.replace("<head>", f"<head>{_TITLE}", 1).replace("</body>", f"{_FOCUS}</body>", 1)
