"""The desk: answers the questions of all sessions, a few at a time, each off the session's own thread.

The page's script must never wait for an answer: a session would freeze, and Stop could not be pressed. So a question
is handed in here, its `Turn` fills up, and the page looks at it now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from rag.answer import Answer
from rag.errors import RagError
from rag.ui.troubles import Trouble, trouble_of
from rag.ui.turns import Turn

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8
_MAX_WAITING = 100
# To keep turns, and to look for next questions.
_MORE_THREADS = 4
# A step takes some 0.3 s of a core, and as many run as there are seats.
_CLOSE_S = 4.0

Suggest = Callable[[Answer, Mapping[str, Any], Callable[[], bool]], Sequence[str]]
"""Questions to ask next, given the answer, what the chain was asked, and whether it may go on looking for them."""


class BusyError(RagError):
    """More questions wait than the desk takes."""

    code = "busy"


class Desk:
    """One queue for all sessions; thread-safe. It closes itself when the process ends.

    Args:
        chain: The chain; made on first use, in the desk's own thread.
        suggest: Questions to ask after an answer. They take longer than an answer: looked for once that is there, while
            no question waits or is being answered, and given up with what was found as soon as anybody asks one.
        at_once: Questions answered at the same time. An extract keeps a core busy, a chat model mostly waits.
        max_waiting: Questions that may wait; one more is refused with `BusyError`.
    """

    def __init__(
        self,
        chain: Callable[[], Runnable[Any, Answer]],
        *,
        suggest: Suggest | None = None,
        at_once: int = AT_ONCE,
        max_waiting: int = _MAX_WAITING,
    ) -> None:
        self._make_chain = chain
        self._chain: Runnable[Any, Answer] | None = None
        self._suggest = suggest
        self._max_waiting = max_waiting
        self._line: list[Turn] = []
        self._n_asked = 0
        self._lock = threading.Lock()
        self._tasks: dict[int, tuple[Turn, Future[None]]] = {}
        self._loop = asyncio.new_event_loop()
        # The default pool has cores + 4 threads, fewer than may answer at once on a small machine.
        self._loop.set_default_executor(ThreadPoolExecutor(at_once + _MORE_THREADS, thread_name_prefix="kihon-answer"))
        self._seats = asyncio.Semaphore(at_once)
        self._is_closed = False
        threading.Thread(target=self._loop.run_forever, name="kihon-desk", daemon=True).start()
        _OPEN.add(self)

    def ask(
        self,
        turn: Turn,
        value: Mapping[str, Any],
        keep: Callable[[Turn], None] = lambda turn: None,
    ) -> None:
        """Have `turn` answered; returns at once.

        Args:
            turn: Filled in from here on: state, place in line, answer, error.
            value: Input of the chain.
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
            self._n_asked += 1
            self._number_line()
            task = self._begin(turn, self._serve(turn, value, keep))
        task.add_done_callback(lambda _: self._forget(turn))

    def suggest(self, turn: Turn, value: Mapping[str, Any]) -> None:
        """Look for questions to ask after a turn that was answered some time ago, of the chain's input `value`.

        Returns at once; nothing happens while somebody waits for an answer.
        """
        with self._lock:
            turn.is_suggesting = self._suggest is not None and self._is_quiet()
            if not turn.is_suggesting:
                return
            task = self._begin(turn, self._look_for_suggestions(turn, value))
        task.add_done_callback(lambda _: self._forget(turn))

    def stop(self, turn: Turn) -> None:
        """End the work on `turn`; what was answered stays."""
        if turn.is_open:
            turn.state = "stopped"
        turn.is_suggesting = False
        with self._lock:
            _, task = self._tasks.get(id(turn), (turn, None))
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """End all work, at its next step: nothing that waits is begun, what was answered until then is kept.

        Waits for that, but not for long.
        """
        _OPEN.discard(self)
        with self._lock:
            self._is_closed = True
            begun = list(self._tasks.values())
        for turn, _ in begun:
            self.stop(turn)
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_others_ended(), self._loop).result(_CLOSE_S)

    def open_turns(self, conversation: str) -> list[Turn]:
        """Turns of a kept conversation that are not answered yet, oldest first."""
        with self._lock:
            return [turn for turn, _ in self._tasks.values() if turn.is_open and turn.conversation == conversation]

    async def _serve(self, turn: Turn, value: Mapping[str, Any], keep: Callable[[Turn], None]) -> None:
        try:
            async with self._seats:
                self._leave_line(turn)
                if turn.is_open:
                    turn.state = "running"
                    await self._answer(turn, value, keep)
            await self._look_for_suggestions(turn, value)
        except Exception as exc:
            if not (isinstance(exc, RagError) or self._is_closed):
                logger.exception("A question could not be answered")
            _fail(turn, trouble_of(exc))
        finally:
            self._leave_line(turn)
            if turn.state in ("stopped", "failed"):
                with contextlib.suppress(RuntimeError):  # the process has ended: its threads take no more work
                    await asyncio.to_thread(keep, turn)

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
            n_asked, is_quiet = self._n_asked, self._is_quiet()
        if self._suggest is None or not turn.is_suggesting or not is_quiet:
            turn.is_suggesting = False
            return

        def may_go_on() -> bool:
            return turn.is_suggesting and self._n_asked == n_asked

        try:
            turn.suggestions = tuple(await asyncio.to_thread(self._suggest, turn.answer, value, may_go_on))
        except Exception:
            if not self._is_closed:
                logger.exception("No questions could be suggested")
        finally:
            turn.is_suggesting = False

    def _is_quiet(self) -> bool:
        """Whether no question waits or is being answered; with the lock held."""
        return not self._line and not any(turn.is_open for turn, _ in self._tasks.values())

    def _begin(self, turn: Turn, work: Coroutine[Any, Any, None]) -> Future[None]:
        task = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._tasks[id(turn)] = (turn, task)
        return task

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


_OPEN: WeakSet[Desk] = WeakSet()


def close_desks() -> None:
    """Close all desks of this process."""
    for desk in list(_OPEN):
        desk.close()


# Python waits for the threads of all pools before it comes to `atexit`: all answers would be brought to their end. This
# is what pools themselves use, the last registered first.
threading._register_atexit(close_desks)  # type: ignore[attr-defined]  # there is no public way


async def _others_ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others)


def _fail(turn: Turn, error: Trouble) -> None:
    if turn.is_open:
        turn.error = error
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
