"""Rows and a chain -> results: every question asked, checked and judged."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler

from eval.dataset import Row
from eval.judging import Result, judge
from eval.summary import Summary, summarise
from rag import verify
from rag.answer import Answer, Problem
from rag.chain import CONFIDENCE_EVENT
from rag.config import Settings
from rag.store.durable import replace_file

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run over some rows: the results in their order, and the summary."""

    results: tuple[Result, ...]
    summary: Summary


def run(
    chain: Runnable[Any, Answer],
    rows: Sequence[Row],
    settings: Settings,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask every row and judge the answers.

    Args:
        chain: Any Runnable from `{"question", "chat_history"}` to an `Answer`. What it raises, or gives in place of an
            answer, is that row's failure and counts as wrong; the run goes on. How sure it is it may say by LangChain's
            custom event `kihon_confidence` with `{"confidence": float}` in [0, 1]; the last one of a row counts.
        rows: The questions.
        settings: Name the index in which the citations are checked.
        progress: Called with the number of rows done and of all, before each row and after the last.
    """
    results = tuple(results_of(chain, rows, settings, progress=progress))
    return Run(results=results, summary=summarise(results))


def results_of(
    chain: Runnable[Any, Answer],
    rows: Sequence[Row],
    settings: Settings,
    *,
    progress: Callable[[int, int], None] | None = None,
    n_done: int = 0,
) -> Iterator[Result]:
    """The results of `run` one by one, as they come; those of the first `n_done` rows are there already."""
    report = progress or _silent
    for done, row in enumerate(rows[n_done:], start=n_done):
        report(done, len(rows))
        yield _ask(chain, row, settings)
    report(len(rows), len(rows))


def summary_json(summary: Summary) -> dict[str, Any]:
    """The JSON form of a summary: `{measure: {value, low, high, n}}`."""
    return {name: asdict(estimate) for name, estimate in summary.items()}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file so that a reader sees the old one or the new one, whole, whenever the process ends."""
    replace_file(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def _ask(chain: Runnable[Any, Answer], row: Row, settings: Settings) -> Result:
    answer: Any = None
    problems: tuple[Problem, ...] = ()
    error: str | None = None
    listener = _Listener()
    started = time.perf_counter()
    try:
        answer = chain.invoke(row.chain_input(), config={"callbacks": [listener]})
    except Exception as exc:  # noqa: BLE001  # whatever a chain raises is a wrong answer to this row, no end of the run
        logger.warning("%s: the chain failed: %s: %s", row.id, type(exc).__name__, exc)
        error = f"{type(exc).__name__}: {exc}"
    latency_ms = round((time.perf_counter() - started) * 1000, 3)
    if answer is not None or error is None:
        answer, problems, error = _checked(answer, settings)
    return Result(
        row=row,
        answer=answer,
        error=error,
        problems=problems,
        latency_ms=latency_ms,
        confidence=listener.confidence,
        judgement=judge(row, answer, problems),
    )


class _Listener(BaseCallbackHandler):
    """Hears how sure a chain is of its answer."""

    def __init__(self) -> None:
        self.confidence: float | None = None

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        if name == CONFIDENCE_EVENT:
            self.confidence = min(1.0, max(0.0, float(data["confidence"])))


def _checked(answer: Any, settings: Settings) -> tuple[Answer | None, tuple[Problem, ...], str | None]:
    if not isinstance(answer, Answer):
        return None, (), f"TypeError: the chain gave a {type(answer).__name__}, not an Answer"
    try:
        return answer, verify(answer, settings).problems, None
    except Exception as exc:  # noqa: BLE001  # an answer that cannot be checked is as bad as none
        logger.warning("%r cannot be checked: %s: %s", answer.question, type(exc).__name__, exc)
        return None, (), f"{type(exc).__name__} in verify: {exc}"


def _silent(done: int, total: int) -> None:
    pass
