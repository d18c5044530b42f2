"""A chat-completions server on loopback that speaks the OpenAI wire, well or badly, for tests of the model way.

    with OpenAIServer([Reply("Adopted on 23 December 2025 [1].")]) as server:
        settings = Settings(openai_base_url=server.base_url, ...)
        ...
        assert server.requests[0].json["messages"][0]["role"] == "system"

The n-th request gets the n-th reply of the script, every further one the last. A reply is streamed when the request
asks for it (`"stream": true`) and sent whole otherwise; each fault below does its worst either way. A callable in the
script gets the request and returns the reply, for answers that depend on the prompt.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal[
    "none",  # well formed
    "cut",  # the connection ends in mid-reply, without finish_reason and [DONE]
    "no_finish",  # ends orderly, but without finish_reason
    "rubbish",  # bytes that are no SSE and no JSON
    "broken_json",  # events whose JSON is cut
    "html",  # a page with status 200
    "choices_empty",
    "choices_null",
    "error_midway",  # an error object after half of the text
    "silent",  # reads the request and never answers
    "refusal",
    "tool_call",
    "content_filter",
    "length",  # finish_reason "length"
    "ignores_stream",  # sends a whole JSON reply where a stream was asked for
    "reset",  # closes the connection at once
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request gets.

    Attributes:
        text: The assistant's text; with a `status` of 400 and more, the error's message.
        status: HTTP status.
        headers: Further headers, e.g. `{"Retry-After": "1"}`.
        fault: What goes wrong.
        piece_chars: Characters in an event of the stream.
        delay_s: Pause before each event; 1 with `piece_chars=1` is one letter a second.
        usage: Whether tokens are reported.
    """

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = "none"
    piece_chars: int = 7
    delay_s: float = 0.0
    usage: bool = True


@dataclass(slots=True)
class Request:
    """A request that was seen.

    Attributes:
        path: Path of the address, e.g. `/v1/chat/completions`.
        headers: Headers, names in lower case.
        json: The body.
        at: When it came, on `time.monotonic`'s clock.
        gone: Set when the client hung up before the reply was through.
    """

    path: str
    headers: dict[str, str]
    json: dict[str, Any]
    at: float
    gone: threading.Event = field(default_factory=threading.Event)


Script = Sequence[Reply | Callable[[Request], Reply]]


class OpenAIServer:
    """The server; a context manager that listens on a free port of 127.0.0.1 from entry to exit."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self._script = list(script)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        owner = self

        class Handler(_Handler):
            server_of_replies = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def base_url(self) -> str:
        """Address for `OPENAI_BASE_URL`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def closing(self) -> bool:
        """Whether the test is over: slow replies end then."""
        return self._closing.is_set()

    def take(self, request: Request) -> Reply:
        """Record a request and choose its reply."""
        with self._lock:
            self.requests.append(request)
            reply = self._script[min(len(self.requests), len(self._script)) - 1]
        return reply if isinstance(reply, Reply) else reply(request)


class _Handler(BaseHTTPRequestHandler):
    server_of_replies: OpenAIServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def do_POST(self) -> None:
        """Answer one request by the script."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(path=self.path, headers=headers, json=json.loads(body), at=time.monotonic())
        reply = self.server_of_replies.take(request)
        self.close_connection = True
        try:
            self._answer(request, reply)
        except OSError:
            request.gone.set()

    def _answer(self, request: Request, reply: Reply) -> None:
        if reply.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            return
        if reply.fault == "silent":
            self._wait(request, 3600)
            return
        if reply.status >= 400:
            error = {"error": {"message": reply.text, "type": "test", "code": str(reply.status)}}
            self._send(reply, "application/json", json.dumps(error).encode())
        elif reply.fault == "html":
            self._send(reply, "text/html", b"<!doctype html><title>Sign in</title><p>Please sign in." * 20)
        elif reply.fault == "rubbish":
            self._send(reply, "text/event-stream", bytes(range(256)) * 8)
        elif request.json.get("stream") and reply.fault != "ignores_stream":
            self._stream(request, reply)
        else:
            self._whole(request, reply)

    def _wait(self, request: Request, seconds: float) -> None:
        """Sleep until the time is over, the test ends or the client hangs up (then raises `OSError`)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.server_of_replies.closing:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.05))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionError("the client hung up")

    def _send(self, reply: Reply, kind: str, body: bytes) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _whole(self, request: Request, reply: Reply) -> None:
        if reply.delay_s:
            self._wait(request, reply.delay_s * max(1, len(reply.text) // reply.piece_chars))
        body = json.dumps(_completion(reply)).encode()
        if reply.fault == "broken_json":
            body = body[: len(body) // 2]
        if reply.fault == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            return
        self._send(reply, "application/json", body)

    def _stream(self, request: Request, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for event in _events(reply):
            if reply.delay_s:
                self._wait(request, reply.delay_s)
            if self.server_of_replies.closing:
                return
            self._chunk(event)
        if reply.fault != "cut":
            self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()


def _events(reply: Reply) -> Iterator[bytes]:
    """Server-sent events of a streamed reply."""
    pieces = [reply.text[at : at + reply.piece_chars] for at in range(0, len(reply.text), reply.piece_chars)]
    if reply.fault in ("cut", "error_midway"):
        pieces = pieces[: max(1, len(pieces) * 2 // 3)]
    if reply.fault in ("refusal", "tool_call"):
        pieces = []
    yield _event(_choice({"role": "assistant", "content": ""}, reply))
    for piece in pieces:
        event = _event(_choice({"content": piece}, reply))
        yield event[: len(event) // 2] + b"\n\n" if reply.fault == "broken_json" else event
    if reply.fault == "error_midway":
        yield _event({"error": {"message": "the engine broke", "type": "server_error", "code": 500}})
        return
    if reply.fault == "cut":
        return
    if reply.fault == "refusal":
        yield _event(_choice({"refusal": "I cannot help with that."}, reply))
    if reply.fault == "tool_call":
        yield _event(_choice({"tool_calls": [{"index": 0, **_TOOL_CALL}]}, reply))
    if reply.fault != "no_finish":
        yield _event(_choice({}, reply, finish=_finish_reason(reply)))
    if reply.usage:
        yield _event({"id": "1", "object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
    yield b"data: [DONE]\n\n"


_TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}
_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _choice(delta: Mapping[str, Any], reply: Reply, *, finish: str | None = None) -> dict[str, Any]:
    choices: list[dict[str, Any]] | None = [{"index": 0, "delta": delta, "finish_reason": finish}]
    if reply.fault == "choices_empty":
        choices = []
    if reply.fault == "choices_null":
        choices = None
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "test", "choices": choices}


def _finish_reason(reply: Reply) -> str:
    reasons = {"length": "length", "content_filter": "content_filter", "tool_call": "tool_calls"}
    return reasons.get(reply.fault, "stop")


def _completion(reply: Reply) -> dict[str, Any]:
    """A whole reply's JSON."""
    if reply.fault == "error_midway":
        return {"error": {"message": "the engine broke", "type": "server_error", "code": 500}}
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.fault == "refusal":
        message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    if reply.fault == "tool_call":
        message = {"role": "assistant", "content": None, "tool_calls": [_TOOL_CALL]}
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(reply)}
    if reply.fault == "no_finish":
        choice["finish_reason"] = None
    choices: list[dict[str, Any]] | None = [choice]
    if reply.fault == "choices_empty":
        choices = []
    if reply.fault == "choices_null":
        choices = None
    value = {"id": "1", "object": "chat.completion", "created": 0, "model": "test", "choices": choices}
    return {**value, "usage": _USAGE} if reply.usage else value
