"""A web server on loopback that serves official texts, well or badly, for tests of `fetch`.

    with TextServer({"/plan.pdf": Page(pdf("The plan."))}) as server:
        ...
        assert server.requests[0].path == "/plan.pdf"

What an address serves may be changed while the server runs: `server.pages["/plan.pdf"] = Page(status=404)`.
"""

from __future__ import annotations

import contextlib
import io
import re
import select
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from reportlab.pdfgen.canvas import Canvas

Fault = Literal[
    "none",  # well formed
    "cut",  # the connection ends after `cut_at` bytes of the body
    "stalls",  # so it goes quiet
    "endless",  # goes on for ever, as fast as it is read
    "drips",  # a byte every tenth of a second
    "drips_head",  # so the reply's head
    "no_length",  # ends by closing the connection, without a length
    "rubbish",  # bytes that are no HTTP
    "wrong_range",  # answers a range with another one
]


@dataclass(frozen=True, slots=True)
class Page:
    """What one address serves; with an `etag` it also answers conditions and ranges."""

    body: bytes = b""
    kind: str | None = "application/pdf"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    fault: Fault = "none"
    cut_at: int = 0
    ranges: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was seen; names of headers in lower case."""

    path: str
    headers: Mapping[str, str]


class TextServer:
    """The server; a context manager that listens on a free port from entry to exit."""

    def __init__(self, pages: Mapping[str, Page] | None = None, host: str = "127.0.0.1") -> None:
        self.pages = dict(pages or {})
        self.requests: list[Request] = []
        self.closing = threading.Event()
        owner = self

        class Handler(_Handler):
            server_of_texts = owner

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

        self._server = Server((host, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> TextServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Address of a path."""
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server_of_texts: TextServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def do_GET(self) -> None:
        """Answer one request."""
        owner = self.server_of_texts
        owner.requests.append(Request(self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self._answer(owner.pages.get(self.path, Page(b"Not here.", "text/plain", 404)))

    def _answer(self, page: Page) -> None:
        if page.fault == "rubbish":
            self.wfile.write(bytes(range(256)) * 4)
            return
        if page.fault == "drips_head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self._drip()
            return
        if page.etag is not None and self.headers.get("If-None-Match") == page.etag:
            self._head(page, 304, None)
            return
        start = self._start(page)
        body = page.body[start:]
        if page.fault in ("endless", "drips", "no_length"):
            self._head(page, page.status, None)
            if page.fault == "no_length":
                self.wfile.write(body[: page.cut_at or None])
            elif page.fault == "drips":
                self._drip()
            else:
                self._flood(body)
            return
        if start:
            wrong = 1 if page.fault == "wrong_range" else 0
            self._head(page, 206, len(body), f"bytes {start - wrong}-{len(page.body) - 1}/{len(page.body)}")
        else:
            self._head(page, page.status, len(body))
        if page.fault in ("cut", "stalls"):
            self.wfile.write(body[: page.cut_at])
            if page.fault == "stalls":
                self._wait(3600)
            return
        self.wfile.write(body)

    def _start(self, page: Page) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or not page.ranges or page.status != 200:
            return 0
        condition = self.headers.get("If-Range")
        return int(asked[1]) if condition in (None, page.etag, page.headers.get("Last-Modified")) else 0

    def _head(self, page: Page, status: int, length: int | None, part: str | None = None) -> None:
        self.send_response(status)
        given = {"Content-Type": page.kind, "ETag": page.etag, "Content-Range": part, **page.headers}
        if length is not None:
            given = {"Content-Length": str(length), **given}
        for name, value in given.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def _flood(self, body: bytes) -> None:
        while not self.server_of_texts.closing.is_set():
            self.wfile.write(body)

    def _drip(self) -> None:
        while not self.server_of_texts.closing.is_set():
            self.wfile.write(b"x")
            self._wait(0.1)

    def _wait(self, seconds: float) -> None:
        """Sleep until the time is over, the test ends or the client hangs up (then raises `OSError`)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.server_of_texts.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.05))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionError("the client hung up")


def pdf(*lines: str) -> bytes:
    """A PDF of one page with these lines; the same lines give the same bytes."""
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=True, pageCompression=0)
    for n, line in enumerate(lines):
        canvas.drawString(72, 760 - 18 * n, line)
    canvas.save()
    return stream.getvalue()
