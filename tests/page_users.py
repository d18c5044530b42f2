"""A user of the page without a browser: what Streamlit's script in the browser says and hears, over its websocket.

It costs next to nothing, so that twenty of them leave the processor to the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_OPEN: Final = ("queued", "running")


@dataclass(kw_only=True)
class Asked:
    """A question on its way: its turn's id, and when things happened, as `time.perf_counter` has it.

    Attributes:
        shown_s: Until the turn stands on the page.
        words_s: Until the first words, or the abstention.
        done_s: Until the answer is whole.
        state: Of the turn, once it is done.
    """

    started: float
    turn: int | None = None
    shown_s: float | None = None
    words_s: float | None = None
    done_s: float | None = None
    state: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class User:
    """One session. `troubles` holds whatever the page shows as an error."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._input = ""
        self._page = ""
        self._seen: set[int] = set()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._asked: Asked | None = None
        self._ready = asyncio.Event()
        self.troubles: list[str] = []

    async def open(self) -> float:
        """Draw the page; seconds until it stands."""
        started = time.perf_counter()
        await self._rerun()
        await self._ready.wait()
        return time.perf_counter() - started

    async def ask(self, question: str) -> Asked:
        """Ask, and wait until the answer is whole."""
        self._asked = Asked(started=time.perf_counter())
        await self._rerun(question=question)
        await self._asked.done.wait()
        return self._asked

    async def listen(self) -> None:
        """Hear what the page says, until the connection ends."""
        async for raw in self._socket:
            assert isinstance(raw, bytes)
            self._hear(ForwardMsg.FromString(raw))

    def stop(self) -> None:
        """End what runs by the clock."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers = {}

    async def _rerun(self, *, question: str | None = None, fragment: str = "") -> None:
        message = BackMsg()
        run = message.rerun_script
        run.page_script_hash, run.fragment_id, run.is_auto_rerun = self._page, fragment, bool(fragment)
        run.context_info.locale = "en"
        run.widget_states.SetInParent()
        if question is not None:
            state = run.widget_states.widgets.add()
            state.id, state.chat_input_value.data = self._input, question
        await self._socket.send(message.SerializeToString())

    def _hear(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._page = message.new_session.page_script_hash or self._page
            self.stop()
        elif kind == "auto_rerun":
            again = message.auto_rerun
            self._timers[again.fragment_id] = asyncio.create_task(self._run_again(again.fragment_id, again.interval))
        elif kind == "delta":
            element = message.delta.new_element
            if element.WhichOneof("type") == "chat_input":
                self._input = element.chat_input.id
            elif element.WhichOneof("type") == "exception":
                self.troubles.append(element.exception.message)
            elif element.WhichOneof("type") == "alert":
                self.troubles.append(element.alert.body)
            elif element.WhichOneof("type") == "bidi_component":
                self._see(element.bidi_component)
        elif kind == "script_finished" and self._input:
            self._ready.set()

    def _see(self, component: BidiComponent) -> None:
        data: Any = json.loads(component.json) if component.json else {}
        asked, now = self._asked, time.perf_counter()
        if asked is None or data.get("part") != "turn":
            return
        if asked.turn is None and data["id"] not in self._seen:
            self._seen.add(data["id"])
            asked.turn, asked.shown_s = data["id"], now - asked.started
        if data["id"] != asked.turn or asked.done.is_set():
            return
        if asked.words_s is None and (data["blocks"] or "abstained" in data):
            asked.words_s = now - asked.started
        if data["state"] not in _OPEN:
            asked.done_s, asked.state = now - asked.started, data["state"]
            asked.done.set()

    async def _run_again(self, fragment: str, every_s: float) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(every_s)
                await self._rerun(fragment=fragment)


@contextlib.asynccontextmanager
async def user_of(address: str) -> AsyncIterator[User]:
    """A new session on the page at `address`."""
    async with websockets.connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        origin=websockets.Origin(address),
        max_size=None,
        compression=None,
    ) as socket:
        user = User(socket)
        listening = asyncio.create_task(user.listen())
        try:
            yield user
        finally:
            user.stop()
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
