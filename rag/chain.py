"""The Runnable: question -> Answer, whole or streamed; the one chain behind page, command line and library."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rag.answer import Answer, Hit, Notice, Reason, Timings
from rag.config import MAX_TOP_K
from rag.errors import GenerationError, QuestionError
from rag.phrases import abstained_text
from rag.questions.conversation import Turn, read_history
from rag.questions.followup import standalone
from rag.text.language import language_of
from rag.text.surrogates import without_surrogates

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable, RunnableConfig

    from rag.config import Settings
    from rag.index.opening import Index
    from rag.retrieval.filters import Filter
    from rag.retrieval.search import Candidate

logger = logging.getLogger(__name__)

ChainInput = str | Mapping[str, Any]
# LangChain's custom event with which a chain says how sure it is: `{"confidence": float}`, in [0, 1], before its end.
CONFIDENCE_EVENT = "kihon_confidence"
Tell = Callable[[float], None]
_INPUT_KEYS = frozenset({"question", "chat_history", "filter", "top_k", "answerer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, checked: the question, the conversation before it, the filter, and what else holds for it alone.

    `top_k` is `None` where the settings' number counts; `extractive` keeps a chat model out of it.
    """

    text: str
    history: tuple[Turn, ...] = ()
    filter: Filter | None = None
    top_k: int | None = None
    extractive: bool = False


def create_chain(
    settings: Settings | None = None,
    *,
    llm: BaseChatModel | None = None,
    retriever: BaseRetriever | None = None,
) -> Runnable[ChainInput, Answer]:
    """A LangChain Runnable that answers questions from the index.

    Nothing is opened or loaded before the first call, so that this never fails for a missing index.

    Args:
        settings: The settings; default: from the environment.
        llm: Chat model to write answers with, whatever `settings.answerer` says; default: as the settings say.
        retriever: LangChain retriever to search with instead of our own. Its documents' metadata must have
            `document_id`, `start` and `end` of passages that stand in the index.

    Returns:
        A Runnable from a question (or `{"question", "chat_history", "filter", "top_k", "answerer"}`) to an `Answer`.
        `top_k` takes the place of the settings' for this question; `answerer` is `auto` (as the settings say) or
        `extractive` (no chat model). `stream` yields parts that add up to the answer. How sure an extractive answer is
        goes to callbacks, as the custom event `kihon_confidence`. Calls raise `QuestionError` for a wrong input,
        `IndexNotFoundError` where there is no index, and other `IndexStoreError`s where it cannot be used; a failing
        chat model does not raise, it is noted.
    """
    return _runnable(Chain(settings, llm=llm, retriever=retriever))


def ask(question: ChainInput, settings: Settings) -> Answer:
    """One answer and no more: as `create_chain(settings).invoke`, without opening what only pays when used again."""
    answer = Answer()
    with contextlib.closing(Chain(settings, long_lived=False)) as chain:
        for part in chain.stream(question):
            answer += part
    return answer


def search(
    question: str, settings: Settings, *, k: int | None = None, filter: Mapping[str, Any] | None = None
) -> list[Hit]:
    """The hits for a question, best first; raises as `create_chain`'s calls do."""
    asked = read_question({"question": question, "filter": filter}, settings)
    with contextlib.closing(Chain(settings, long_lived=False)) as chain:
        return [candidate.hit for candidate in chain.search(asked.text, k=k, filter=asked.filter)]


def read_question(value: ChainInput, settings: Settings) -> Question:
    """The input of a chain, checked before any work.

    Raises:
        QuestionError: If the question is blank, too long or no string, a key is unknown, or history or filter are
            wrong.
    """
    from rag.retrieval.filters import parse_filter

    if isinstance(value, str):
        value = {"question": value}
    if not isinstance(value, Mapping):
        raise QuestionError(f"Ask with a string or a dict with 'question', not with a {type(value).__name__}.")
    unknown = sorted(str(key) for key in value.keys() - _INPUT_KEYS)
    if unknown:
        raise QuestionError(f"Unknown input {', '.join(map(repr, unknown))}; use {', '.join(sorted(_INPUT_KEYS))}.")
    text = value.get("question")
    if not isinstance(text, str):
        raise QuestionError(f"The question is missing: 'question' must be a string, not {type(text).__name__}.")
    # Lone surrogates cannot be encoded further down (JSON, SQLite, HTTP): they become U+FFFD here.
    text = without_surrogates(text)
    if not text.strip():
        raise QuestionError("The question is blank. Ask in a sentence or a few words.")
    if len(text) > settings.max_question_chars:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {settings.max_question_chars:,} are read. Shorten it."
        )
    return Question(
        text=text,
        history=tuple(read_history(value.get("chat_history"))),
        filter=parse_filter(value.get("filter")),
        top_k=_read_top_k(value.get("top_k")),
        extractive=_read_answerer(value.get("answerer")) == "extractive",
    )


def _read_top_k(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_TOP_K):
        return value
    raise QuestionError(f"'top_k' must be a whole number from 1 to {MAX_TOP_K}, not {value!r:.60}.")


def _read_answerer(value: object) -> str:
    # A question may leave the chat model out, never bring one in: where text is sent is for the settings to say.
    if value in (None, "auto", "extractive"):
        return str(value or "auto")
    raise QuestionError(
        f"'answerer' must be 'auto' (as the settings say) or 'extractive', not {value!r:.60}. RAG_ANSWERER sets it "
        "for all questions."
    )


def _runnable(chain: Chain) -> Runnable[ChainInput, Answer]:
    from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
    from langchain_core.runnables import RunnableGenerator

    def transform(inputs: Iterator[ChainInput], config: RunnableConfig | None = None) -> Iterator[Answer]:
        told: list[float] = []
        yield from chain.stream(_last(list(inputs)), tell=told.append)
        for confidence in told:
            dispatch_custom_event(CONFIDENCE_EVENT, {"confidence": confidence}, config=config)

    async def atransform(
        inputs: AsyncIterator[ChainInput], config: RunnableConfig | None = None
    ) -> AsyncIterator[Answer]:
        value = _last([item async for item in inputs])
        told: list[float] = []
        async for part in chain.astream(value, tell=told.append):
            yield part
        for confidence in told:
            await adispatch_custom_event(CONFIDENCE_EVENT, {"confidence": confidence}, config=config)

    return RunnableGenerator(transform, atransform, name="kihon").with_types(
        input_type=cast("type[ChainInput]", str | dict[str, Any]), output_type=Answer
    )


def _last(inputs: Sequence[ChainInput]) -> ChainInput:
    if not inputs:
        raise QuestionError("No question was given.")
    if all(isinstance(value, str) for value in inputs):  # a question that itself arrives in pieces
        return "".join(cast("Sequence[str]", inputs))
    return inputs[-1]


class Chain:
    """What is behind the Runnable: opens what it needs at the first question, and shares it between threads.

    What was opened is closed by `close`, and at the latest when nothing refers to the chain or the process ends.
    """

    def __init__(
        self,
        settings: Settings | None,
        *,
        llm: BaseChatModel | None = None,
        retriever: BaseRetriever | None = None,
        long_lived: bool = True,
    ) -> None:
        from rag.config import Settings

        self._settings = settings if settings is not None else Settings()
        self._llm = llm
        self._retriever = retriever
        self._long_lived = long_lived
        self._index: Index | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._opening = threading.Lock()

    def close(self) -> None:
        """Close the index, if it was opened."""
        with self._opening:
            if self._closing is not None:
                self._closing()
            self._index = self._closing = None

    def search(self, query: str, *, k: int | None, filter: Filter | None) -> list[Candidate]:
        """Candidates for a query, best first."""
        from rag.retrieval.search import Retriever

        index = self._open()
        found = Retriever(index, self._settings)
        if self._retriever is not None:
            return found.candidates_of(self._retriever.invoke(query), query)
        return found.search(query, k=k, filter=filter)

    def stream(
        self, value: ChainInput, cancelled: threading.Event | None = None, *, tell: Tell | None = None
    ) -> Iterator[Answer]:
        """Parts of the answer; closing the iterator, or setting `cancelled`, ends the work.

        Args:
            value: The question.
            cancelled: Ends the work once set.
            tell: Called with the confidence of an extractive answer or abstention, once it is known.
        """
        clock = _Clock()
        asked = read_question(value, self._settings)
        writes_with_model = self._writes_with_model and not asked.extractive
        searched = self._searched(asked, with_model=writes_with_model)
        yield Answer(question=asked.text, searched=searched, mode="llm" if writes_with_model else "extractive")
        index = self._open()
        candidates = self.search(searched, k=asked.top_k, filter=asked.filter)
        hits = tuple(candidate.hit for candidate in candidates)
        yield Answer(hits=hits, timings_ms=Timings(search=clock.lap_ms()))
        if not candidates:
            yield self._nothing_found(asked, index)
        elif writes_with_model:
            yield from self._generated(asked, searched, candidates, index, cancelled, tell)
        else:
            yield from self._extracted(asked, searched, candidates, index, tell)
        read_ms = clock.lap_ms()
        yield Answer(timings_ms=Timings(read=read_ms, total=clock.total_ms()))

    async def astream(self, value: ChainInput, *, tell: Tell | None = None) -> AsyncIterator[Answer]:
        """`stream`, in a thread of its own; cancelling the task ends it."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Answer | BaseException | None] = asyncio.Queue()
        cancelled = threading.Event()

        def pump() -> None:
            last: BaseException | None = None
            try:
                with contextlib.closing(self.stream(value, cancelled, tell=tell)) as parts:  # type: ignore[type-var]  # a generator
                    for part in parts:
                        if cancelled.is_set():
                            break
                        loop.call_soon_threadsafe(queue.put_nowait, part)
            except BaseException as exc:  # noqa: BLE001  # handed to the awaiting task, which raises it
                last = exc
            with contextlib.suppress(RuntimeError):  # the loop may be closed already: then nobody waits
                loop.call_soon_threadsafe(queue.put_nowait, last)

        task = asyncio.create_task(asyncio.to_thread(pump))
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            cancelled.set()
            await asyncio.shield(task)

    @property
    def _writes_with_model(self) -> bool:
        return self._llm is not None or self._settings.answers_with_model

    def _open(self) -> Index:
        from rag.index.opening import Index

        with self._opening:
            if self._index is None:
                self._index = Index.open(self._settings, long_lived=self._long_lived)
                self._closing = weakref.finalize(self, self._index.close)
            self._index.refresh()
            return self._index

    def _searched(self, asked: Question, *, with_model: bool) -> str:
        """The question with what it refers to put in: by the model where one writes, else by rule."""
        turns = asked.history[-2 * self._settings.history_turns :] if self._settings.history_turns else ()
        if turns and with_model:
            from rag.generated.answering import rewrite_with_model

            rewritten = rewrite_with_model(asked.text, turns, self._settings, self._llm)
            if rewritten is not None:
                return rewritten
        return standalone(asked.text, turns)

    def _nothing_found(self, asked: Question, index: Index) -> Answer:
        reason: Reason = (
            "empty_index" if index.store.n_chunks == 0 else "filtered_out" if asked.filter is not None else "no_hits"
        )
        return Answer(
            text=abstained_text(reason, language_of(asked.text) or "en"),
            abstained=True,
            reason=reason,
            mode="extractive",
        )

    def _extracted(
        self, asked: Question, searched: str, candidates: Sequence[Candidate], index: Index, tell: Tell | None
    ) -> Iterator[Answer]:
        from rag.checking.composing import compose
        from rag.extractive.answering import answer_from

        def search_part(part: str) -> list[Candidate]:
            return self.search(part, k=asked.top_k, filter=asked.filter)

        draft = answer_from(searched, candidates, index, self._settings, search=search_part)
        if tell is not None:
            tell(draft.confidence)
        yield from compose(draft, language_of(asked.text) or "en", index.store)

    def _generated(
        self,
        asked: Question,
        searched: str,
        candidates: Sequence[Candidate],
        index: Index,
        cancelled: threading.Event | None,
        tell: Tell | None,
    ) -> Iterator[Answer]:
        from rag.generated.answering import generate

        try:
            yield from generate(
                searched,
                asked.history,
                candidates,
                self._settings,
                documents=index.store.document,
                llm=self._llm,
                cancelled=cancelled,
            )
        except GenerationError as exc:
            logger.warning("The chat model failed, answering with an extract: %s", exc)
            yield Answer(mode="extractive", notices=(Notice(code="llm_failed", message=str(exc)),))
            yield from self._extracted(asked, searched, candidates, index, tell)


class _Clock:
    """Milliseconds since the start and since the last lap, on a clock that never goes back."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()

    def lap_ms(self) -> float:
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        return round(elapsed * 1000, 3)

    def total_ms(self) -> float:
        return round((time.perf_counter() - self._start) * 1000, 3)
