"""The desk: answers the questions of all sessions, a few at a time, each off the session's own thread.

The page's script must never wait for an answer: a session would freeze, and Stop could not be pressed. So a question
is handed in here, its `Turn` fills up, and the page looks at it now and then.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rag.answer import Answer
from rag.errors import RagError
from rag.ui.turns import Turn

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

logger = logging.getLogger(__name__)

_AT_ONCE = 8
_MAX_WAITING = 100


class BusyError(RagError):
    """More questions wait than the desk takes."""


class Desk:
    """One queue for all sessions; thread-safe.

    Args:
        chain: The chain; made on first use, in the desk's own thread.
        suggest: Questions to ask after an answer, given it and the questions asked so far. They take longer than an
            answer: looked for once that is there, for one turn at a time, and only while nobody waits for an answer.
        at_once: Questions answered at the same time. An extract keeps a core busy, a chat model mostly waits.
        max_waiting: Questions that may wait; one more is refused with `BusyError`.
    """

    def __init__(
        self,
        chain: Callable[[], Runnable[Any, Answer]],
        *,
        suggest: Callable[[Answer, Sequence[str]], Sequence[str]] | None = None,
        at_once: int = _AT_ONCE,
        max_waiting: int = _MAX_WAITING,
    ) -> None:
        self._make_chain = chain
        self._chain: Runnable[Any, Answer] | None = None
        self._suggest = suggest
        self._max_waiting = max_waiting
        self._line: list[Turn] = []
        self._lock = threading.Lock()
        self._tasks: dict[int, tuple[Turn, Future[None]]] = {}
        self._loop = asyncio.new_event_loop()
        # The default pool has cores + 4 threads, fewer than may answer at once on a small machine.
        self._loop.set_default_executor(ThreadPoolExecutor(at_once + 2, thread_name_prefix="kihon-answer"))
        self._seats = asyncio.Semaphore(at_once)
        threading.Thread(target=self._loop.run_forever, name="kihon-desk", daemon=True).start()

    def ask(
        self,
        turn: Turn,
        value: Mapping[str, Any],
        on_failure: Callable[[Exception], str],
        keep: Callable[[Turn], None] = lambda turn: None,
    ) -> None:
        """Have `turn` answered; returns at once.

        Args:
            turn: Filled in from here on: state, place in line, answer, error.
            value: Input of the chain.
            on_failure: The sentence for the reader of an error that is not a `RagError`.
            keep: Called in a thread of the desk with the turn as it ended; before it is `done`, so that whoever sees
                it done sees what became of keeping it. The reader may have gone by then. Called again for a turn that
                is stopped meanwhile.

        Raises:
            BusyError: If too many questions wait already.
        """
        with self._lock:
            if len(self._line) >= self._max_waiting:
                raise BusyError(f"More than {self._max_waiting} questions are waiting.")
            self._line.append(turn)
            self._number_line()
        task = asyncio.run_coroutine_threadsafe(self._serve(turn, value, on_failure, keep), self._loop)
        with self._lock:
            self._tasks[id(turn)] = (turn, task)
        task.add_done_callback(lambda _: self._forget(turn))

    def stop(self, turn: Turn) -> None:
        """End the work on `turn`; what was answered stays."""
        if turn.is_open:
            turn.state = "stopped"
        with self._lock:
            _, task = self._tasks.get(id(turn), (turn, None))
        if task is not None:
            task.cancel()

    def open_turns(self, conversation: str) -> list[Turn]:
        """Turns of a kept conversation that are not answered yet, oldest first."""
        with self._lock:
            return [turn for turn, _ in self._tasks.values() if turn.is_open and turn.conversation == conversation]

    async def _serve(
        self,
        turn: Turn,
        value: Mapping[str, Any],
        on_failure: Callable[[Exception], str],
        keep: Callable[[Turn], None],
    ) -> None:
        try:
            async with self._seats:
                self._leave_line(turn)
                if turn.is_open:
                    turn.state = "running"
                    await self._answer(turn, value, keep)
            await self._look_for_suggestions(turn, value)
        except RagError as exc:
            _fail(turn, str(exc))
        except Exception as exc:
            logger.exception("A question could not be answered")
            _fail(turn, on_failure(exc))
        finally:
            turn.is_suggesting = False
            self._leave_line(turn)
            if turn.state in ("stopped", "failed"):
                self._loop.run_in_executor(None, keep, turn)

    async def _answer(self, turn: Turn, value: Mapping[str, Any], keep: Callable[[Turn], None]) -> None:
        started = time.perf_counter()
        if self._chain is None:
            self._chain = await asyncio.to_thread(self._make_chain)
        ends: list[float] = []
        async for part in self._chain.astream(value):
            if not turn.is_open:
                return
            turn.answer = turn.answer + part
            n_ended = 2 if turn.answer.text else 1 if turn.answer.hits else 0
            while len(ends) < n_ended:
                ends.append((time.perf_counter() - started) * 1000)
                turn.stage_ms = _stage_ms(ends, turn.answer)
        while len(ends) < 3:
            ends.append((time.perf_counter() - started) * 1000)
        turn.stage_ms = _stage_ms(ends, turn.answer)
        await asyncio.to_thread(keep, turn)
        if not turn.is_open:
            return
        # Before the state: whoever sees the turn done must see that more may come.
        turn.is_suggesting = self._suggest is not None
        turn.state = "done"

    async def _look_for_suggestions(self, turn: Turn, value: Mapping[str, Any]) -> None:
        """An answer without them is whole: what fails here is not shown."""
        with self._lock:
            is_idle = len(self._tasks) <= 1
        if self._suggest is None or not turn.is_suggesting or not is_idle:
            return
        asked = [turn.question, *(text for role, text in value.get("chat_history", ()) if role == "user")]
        try:
            looking = self._loop.run_in_executor(None, self._suggest, turn.answer, asked)
        except RuntimeError:  # the process is ending: its threads take no more work
            return
        try:
            turn.suggestions = tuple(await looking)
        except Exception:
            logger.exception("No questions could be suggested")

    def _leave_line(self, turn: Turn) -> None:
        with self._lock:
            self._line = [waiting for waiting in self._line if waiting is not turn]
            turn.place = 0
            self._number_line()

    def _number_line(self) -> None:
        for place, turn in enumerate(self._line, 1):
            turn.place = place

    def _forget(self, turn: Turn) -> None:
        with self._lock:
            self._tasks.pop(id(turn), None)


def _fail(turn: Turn, sentence: str) -> None:
    if turn.is_open:
        turn.error = sentence
        turn.state = "failed"


def _stage_ms(ends: list[float], answer: Answer) -> tuple[float | None, float | None, float | None]:
    """Time of each stage that ended, as the chain measured it, or as it looked from here."""
    lengths = [end - start for start, end in zip([0.0, *ends], ends, strict=False)]
    known = answer.timings_ms
    measured = (known.search, known.read, known.check)
    stages = [
        measured[i] if measured[i] is not None and len(lengths) > i else (lengths[i] if len(lengths) > i else None)
        for i in range(3)
    ]
    return stages[0], stages[1], stages[2]
