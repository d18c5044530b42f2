"""Hits -> an answer written by a chat model, released sentence by sentence, each checked against its quotes first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from rag.answer import Answer, Hit, Notice, Usage
from rag.checking.marks import MarkStream, reply_sentences
from rag.checking.resolving import Resolver
from rag.checking.support import Passage
from rag.document import Span
from rag.errors import GenerationError
from rag.generated.chat_faults import ModelFault, address_of, pause_s, read_fault
from rag.generated.chat_model import (
    CancelledReplyError,
    make_chat_model,
    max_reply_chars,
    model_name,
    needs_finish_reason,
    stream_reply,
)
from rag.generated.inert import inert
from rag.generated.prompts import NOT_STATED, Shown, answer_messages, choose_passages, rewrite_messages
from rag.phrases import abstained_text
from rag.questions.conversation import Turn
from rag.questions.reading import question_language

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.config import Settings
    from rag.document import Document

logger = logging.getLogger(__name__)

_MAX_REWRITE_CHARS = 400
_ENDS_A_SENTENCE = (".", "!", "?", "。", "！", "？", "…", "]", "】", ")", "）", '"', "”", "」", "』")


class _HasHit(Protocol):
    """What is needed of a candidate; its sentences' scores are read where it has them."""

    @property
    def hit(self) -> Hit: ...


def generate(
    question: str,
    history: Sequence[Turn],
    candidates: Sequence[_HasHit],
    settings: Settings,
    *,
    documents: Callable[[str], Document | None],
    llm: BaseChatModel | None = None,
    cancelled: threading.Event | None = None,
) -> Generator[Answer, None, None]:
    """Parts of an answer that a chat model writes from the candidates; they add up with `+`.

    Each part with text is one sentence, released after its check: marks resolved to quotes, what the quotes do not
    carry in `unsupported`. Closing the iterator or setting `cancelled` ends the request within two seconds.

    Args:
        question: What is asked, able to stand alone.
        history: The turns before it, oldest first.
        candidates: What was retrieved, best first, each with its `hit`.
        settings: Which model, and all bounds.
        documents: Gives a document by its id, `None` where it is gone.
        llm: Another chat model than the one of the settings.
        cancelled: Set by whoever does not want the answer any more.

    Raises:
        GenerationError: If the model failed before the first sentence was released. Later failures are noted
            (`llm_interrupted`), and what was released stays.
    """
    stop = cancelled or threading.Event()
    shown, passages = _passages(candidates, settings, documents)
    messages = answer_messages(question, history, shown, settings)
    model = llm if llm is not None else make_chat_model(settings)
    reply = _Reply(model, messages, settings, stop, deadline=time.monotonic() + settings.llm_timeout_s)
    with closing(_checked(reply, Resolver(passages), question_language(question))) as parts:
        yield from parts


def rewrite_with_model(
    question: str,
    history: Sequence[Turn],
    settings: Settings,
    llm: BaseChatModel | None = None,
    deadline_s: float = 8.0,
) -> str | None:
    """The question put so that it stands alone, by the model; `None` whenever that does not work at once.

    Args:
        question: A follow-up.
        history: The turns before it, oldest first.
        settings: Which model.
        llm: Another chat model than the one of the settings.
        deadline_s: How long to wait, in seconds.
    """
    model = llm if llm is not None else make_chat_model(settings)
    parts: list[str] = []
    try:
        with closing(
            stream_reply(
                model,
                rewrite_messages(question, history, settings),
                deadline=time.monotonic() + min(deadline_s, settings.llm_timeout_s),
                cancelled=threading.Event(),
                max_chars=_MAX_REWRITE_CHARS,
            )
        ) as deltas:
            finish = None
            for delta in deltas:
                parts.append(delta.text)
                finish = delta.finish_reason or finish
    except Exception as exc:  # noqa: BLE001  # the model's way is optional here: rules take over
        logger.info("The model did not rewrite the follow-up (%s).", type(exc).__name__)
        return None
    words = " ".join(inert("".join(parts)).split()).strip("\"'“”「」 ")
    complete = finish == "stop" or (finish is None and not needs_finish_reason(model))
    return words if words and complete and len(words) <= settings.max_question_chars else None


def _passages(
    candidates: Sequence[_HasHit], settings: Settings, documents: Callable[[str], Document | None]
) -> tuple[list[Shown], list[Passage]]:
    """The passages for the prompt and, in the same order, what their marks will be resolved against."""
    document_of = cache(documents)
    standing: list[Hit] = []
    relevance: dict[int, list[tuple[Span, float]]] = {}
    for candidate in candidates:
        hit = candidate.hit
        document = document_of(hit.document_id)
        # The index may have changed since the search: a passage that is gone cannot be quoted.
        if document is not None and document.text[hit.start : hit.end] == hit.text:
            standing.append(hit)
            relevance[id(hit)] = _sentence_scores(candidate)
    shown = choose_passages(standing, settings.context_chars)
    passages = [
        Passage(
            cast("Document", document_of(item.hit.document_id)),
            item.hit.start,
            item.hit.start + item.n_chars,
            relevance=relevance[id(item.hit)],
        )
        for item in shown
    ]
    return shown, passages


def _sentence_scores(candidate: Any) -> list[tuple[Span, float]]:
    """How well each sentence of a candidate fits the question, by meaning and words; none where it does not say."""
    try:
        spans = candidate.stored.chunk.sentences
        scores = zip(candidate.sentence_dense, candidate.sentence_coverage, strict=True)
        return [(span, float(dense) + float(words)) for span, (dense, words) in zip(spans, scores, strict=True)]
    except (AttributeError, ValueError):
        return []


@dataclass(slots=True)
class _Ending:
    """How a reply ended."""

    finish_reason: str | None = None
    usage: Usage | None = None
    fault: str | None = None  # why it broke off, as the end of a sentence
    stopped: bool = False  # by the caller


class _Reply:
    """A model's reply, asked for again where that may help, as long as nothing of it has been released."""

    def __init__(
        self,
        model: BaseChatModel,
        messages: Sequence[BaseMessage],
        settings: Settings,
        stop: threading.Event,
        *,
        deadline: float,
    ) -> None:
        self.model = model
        self.ending = _Ending()
        self.attempts = 0
        self._messages = messages
        self._settings = settings
        self._stop = stop
        self._deadline = deadline
        self._whole = False

    def pieces(self) -> Generator[str, None, None]:
        """Text as it arrives; afterwards `ending` says how it ended. A failure before any text is tried again.

        Raises:
            GenerationError: If no text came at all.
        """
        while True:
            self.attempts += 1
            received = False
            fault: ModelFault | None = None
            try:
                for text in self._attempt():
                    received = True
                    yield text
            except CancelledReplyError:
                self.ending.stopped = True
                return
            except TimeoutError:
                seconds = f"{self._settings.llm_timeout_s:g}"
                fault = ModelFault(reason=f"its reply was not complete within {seconds} s (RAG_LLM_TIMEOUT_S)")
            except Exception as exc:  # noqa: BLE001  # the boundary: any client, any error, one meaning
                logger.debug("Attempt %d: %s", self.attempts, type(exc).__name__)
                fault = read_fault(exc)
            if fault is None and not received:
                fault = self._empty()
            if fault is None:
                return
            if received:
                self.ending.fault = fault.reason
                return
            if not self._wait_to_retry(fault):
                raise self.error(fault.reason)

    def error(self, reason: str) -> GenerationError:
        """The failure as what callers catch."""
        name = model_name(self.model)
        return GenerationError(self.sentence(reason), model=name, attempts=self.attempts)

    def sentence(self, reason: str) -> str:
        """What failed, where, and why, for the reader."""
        where = address_of(self.model)
        tried = f" after {self.attempts} requests" if self.attempts > 1 else ""
        return f"The chat model {model_name(self.model)!r}{f' at {where}' if where else ''} failed{tried}: {reason}."

    def _attempt(self) -> Iterator[str]:
        self.ending = _Ending()
        deltas = stream_reply(
            self.model,
            self._messages,
            deadline=self._deadline,
            cancelled=self._stop,
            max_chars=max_reply_chars(self._settings),
            whole=self._whole,
        )
        with closing(deltas) as open_deltas:
            blank = ""
            for delta in open_deltas:
                self.ending.usage = delta.usage or self.ending.usage
                self.ending.finish_reason = delta.finish_reason or self.ending.finish_reason
                if delta.refused:
                    self.ending.finish_reason = "refusal"
                text = blank + delta.text
                if text.strip():  # white space alone is no reply yet
                    yield text
                    blank = ""
                else:
                    blank = text[:100]

    def _empty(self) -> ModelFault:
        """Why there is no text."""
        reason = self.ending.finish_reason
        if reason == "refusal":
            return ModelFault(reason="it refused to answer")
        if reason == "content_filter":
            return ModelFault(reason="a content filter held its answer back")
        if reason in ("tool_calls", "tool_use", "function_call"):
            return ModelFault(reason="it called a tool instead of answering")
        return ModelFault(reason="it gave no answer", is_silent=reason is None)

    def _wait_to_retry(self, fault: ModelFault) -> bool:
        """Whether to ask again, after the pause that is due."""
        if self.attempts > self._settings.llm_max_retries:
            return False
        if fault.is_silent and not self._whole:
            self._whole = True  # some servers answer a request for a stream with one whole reply
            return time.monotonic() < self._deadline
        pause = pause_s(fault, self.attempts, max_retries=self._settings.llm_max_retries, deadline=self._deadline)
        if pause is None:
            return False
        self._stop.wait(pause)
        return not self._stop.is_set()


def _checked(reply: _Reply, resolver: Resolver, language: str) -> Generator[Answer, None, None]:
    """A reply's sentences as parts of an answer, then what is to be said of the whole."""
    marks = MarkStream()
    released = _Released(resolver)
    with closing(reply.pieces()) as pieces:
        for piece in pieces:
            for sentence in marks.feed(piece):
                if NOT_STATED in sentence and not released.text.strip():
                    yield _not_stated(reply, language)
                    return
                yield from released.part(sentence)
    ending = reply.ending
    broken = ending.fault is not None or ending.stopped or not _is_complete(reply)
    is_cut = ending.finish_reason in ("length", "max_tokens")
    for sentence in marks.finish():
        if NOT_STATED in sentence and not released.text.strip() and not broken:
            yield _not_stated(reply, language)
            return
        whole = sentence.rstrip().endswith(_ENDS_A_SENTENCE)
        # Half a sentence can say the opposite of the whole; a reply cut at its bound keeps it if it is all there is.
        if whole or not (broken or (is_cut and released.text.strip())):
            yield from released.part(sentence)
    yield from released.rest()
    if not released.text.strip():
        if ending.stopped:
            return
        raise reply.error(ending.fault or "its reply broke off in the first sentence")
    notices = tuple(_notices(reply, resolver, broken=broken, is_cut=is_cut))
    yield Answer(mode="llm", notices=notices, usage=ending.usage)


class _Released:
    """What has been released so far."""

    def __init__(self, resolver: Resolver) -> None:
        self.text = ""
        self._resolver = resolver

    def part(self, sentence: str) -> Iterator[Answer]:
        """The sentence checked, if anything is released with it (an introduction waits for its list)."""
        if NOT_STATED in sentence:  # after sentences that state something it can only be a slip
            return
        yield from self._count(self._resolver.resolve(inert(sentence, self.text)))

    def rest(self) -> Iterator[Answer]:
        """What was still held."""
        yield from self._count(self._resolver.finish())

    def _count(self, part: Answer) -> Iterator[Answer]:
        self.text += part.text
        if part.text:
            yield part


def _is_complete(reply: _Reply) -> bool:
    reason = reply.ending.finish_reason
    if reason in ("content_filter", "refusal"):
        return False
    return reason is not None or not needs_finish_reason(reply.model)


def _not_stated(reply: _Reply, language: str) -> Answer:
    text = abstained_text("not_stated", language)
    return Answer(text=text, abstained=True, reason="not_stated", mode="llm", usage=reply.ending.usage)


def _notices(reply: _Reply, resolver: Resolver, *, broken: bool, is_cut: bool) -> Iterator[Notice]:
    ending = reply.ending
    if ending.stopped:
        yield Notice(code="llm_interrupted", message="The answer was stopped before its end.")
    elif ending.fault is not None:
        yield Notice(code="llm_interrupted", message=f"The answer is not complete. {reply.sentence(ending.fault)}")
    elif broken:
        yield Notice(code="llm_interrupted", message="The answer is not complete: the chat model's reply broke off.")
    elif is_cut:
        message = "The answer was cut at the longest reply that is read (RAG_LLM_MAX_TOKENS)."
        yield Notice(code="llm_cut", message=message)
    if resolver.n_citations == 0:
        message = "No sentence of this answer has a quote from the documents: nothing of it is verified."
        yield Notice(code="unverified", message=message)


__all__ = ["generate", "reply_sentences", "rewrite_with_model"]
