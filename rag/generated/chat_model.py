"""Messages -> pieces of a chat model's reply, under a deadline that holds whatever the other end does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import AsyncIterator, Generator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from rag.answer import Usage
from rag.text.surrogates import without_surrogates

if TYPE_CHECKING:
    import ssl

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_openai.chat_models.base import BaseChatOpenAI

    from rag.config import Settings

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 10.0
_CHARS_PER_TOKEN = 6  # more than any language needs
_TICK_S = 0.05  # how often a waiting caller looks whether it was cancelled
_JOIN_S = 1.5  # how long the end of a cancelled request is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One piece of a reply; `finish_reason` and `usage` come with the last ones, if at all."""

    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    refused: bool = False


class CancelledReplyError(Exception):
    """The caller does not want the reply any more."""


def make_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model that the settings name, behind any OpenAI-compatible address.

    Retries and the total deadline are ours (`rag.generated.answering`): the client has none of its own. An address
    without a key works, for servers on one's own machine.
    """
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key is not None else "not-needed"
    return _chat_model(
        settings.chat_model, settings.openai_base_url, key, settings.llm_max_tokens, settings.llm_timeout_s
    )


@lru_cache(maxsize=4)  # making one takes a tenth of a second, and its connections are never used: see `_own_client`
def _chat_model(name: str, base_url: str | None, key: str, max_tokens: int, timeout_s: float) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(
        model=name,
        base_url=base_url,
        api_key=SecretStr(key),
        max_completion_tokens=max_tokens,
        max_retries=0,
        timeout=timeout_s,
        stream_usage=True,
        use_responses_api=False,
    )


def max_reply_chars(settings: Settings) -> int:
    """Characters after which a reply is cut, whose server ignores the bound on its tokens."""
    return settings.llm_max_tokens * _CHARS_PER_TOKEN


def needs_finish_reason(model: BaseChatModel) -> bool:
    """Whether the end of the model's stream means nothing without a `finish_reason`: so on the OpenAI wire, where a
    connection that breaks looks like an end."""
    return hasattr(model, "root_async_client")


def model_name(model: BaseChatModel) -> str:
    """Name of a chat model as it is known to its server, or of its class."""
    return str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)


def stream_reply(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    deadline: float,
    cancelled: threading.Event,
    max_chars: int,
    whole: bool = False,
) -> Generator[Delta, None, None]:
    """Pieces of the model's reply as they arrive. Closing the iterator ends the request.

    The request runs in a thread of its own, on an event loop of its own: a socket that says nothing, or one letter a
    second, holds up neither the deadline nor a cancellation.

    Args:
        model: The chat model.
        messages: What it is asked.
        deadline: When to give up, on `time.monotonic`'s clock.
        cancelled: Set by whoever does not want the reply any more.
        max_chars: Characters after which no more is read.
        whole: Ask for the reply in one piece, for servers that do not stream.

    Raises:
        TimeoutError: At the deadline.
        CancelledReplyError: When `cancelled` is set.
        Exception: Whatever the client raises; `rag.generated.chat_faults` reads it.
    """
    request = _Request(model, messages, max_chars=max_chars, whole=whole)
    try:
        while True:
            if cancelled.is_set():
                raise CancelledReplyError
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                item = request.queue.get(timeout=min(_TICK_S, left))
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        request.close()


class _Request:
    """One request in its thread; what arrives is put into `queue`, its end as `None`, a failure as the exception."""

    def __init__(self, model: BaseChatModel, messages: Sequence[BaseMessage], *, max_chars: int, whole: bool) -> None:
        self.queue: queue.SimpleQueue[Delta | BaseException | None] = queue.SimpleQueue()
        self._model = model
        self._messages = list(messages)
        self._left = max_chars
        self._whole = whole
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="kihon-chat-model", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the request, wherever it is, and wait for its thread; a model that blocks is left to its own time-out."""
        with self._starting:
            self._stopped.set()
            if self._loop is not None and self._task is not None:
                with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                    self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        last: BaseException | None = None
        try:
            if _has_own_wire(self._model):
                with asyncio.Runner() as runner:
                    runner.run(self._start())
            else:
                self._read()
        except asyncio.CancelledError:
            pass
        except BaseException as exc:  # noqa: BLE001  # handed to the caller's thread, which raises it
            last = exc
        self.queue.put(last)

    async def _start(self) -> None:
        with self._starting:
            if self._stopped.is_set():
                return
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        async with _own_client(self._model, whole=self._whole) as model:
            async for chunk in model.astream(self._messages):
                if not self._take(chunk):
                    return

    def _read(self) -> None:
        """A model that is not on the OpenAI wire: its blocking stream, looked at between two pieces."""
        for chunk in self._model.stream(self._messages):
            if self._stopped.is_set() or not self._take(chunk):
                return

    def _take(self, chunk: Any) -> bool:
        delta = read_chunk(chunk)
        self._left -= len(delta.text)
        if self._left < 0:
            kept = delta.text[: self._left]
            self.queue.put(Delta(text=kept, finish_reason="length"))
            return False
        self.queue.put(delta)
        return True


def _has_own_wire(model: BaseChatModel) -> bool:
    """Whether the model is an OpenAI client whose connection we can make ourselves (none was given to it)."""
    from langchain_openai.chat_models.base import BaseChatOpenAI

    return isinstance(model, BaseChatOpenAI) and model.http_client is None and model.http_async_client is None


@contextlib.asynccontextmanager
async def _own_client(model: BaseChatModel, *, whole: bool) -> AsyncIterator[BaseChatModel]:
    """The model on a connection of this event loop, without retries; the connection closes on leaving.

    LangChain shares one asynchronous connection pool per process, and a pool that another, ended loop has used fails.
    """
    import httpx

    openai_model: BaseChatOpenAI = model  # type: ignore[assignment]  # `_has_own_wire` has looked
    timeout = httpx.Timeout(None, connect=_CONNECT_TIMEOUT_S)
    async with httpx.AsyncClient(verify=_ssl_context(), timeout=timeout, follow_redirects=False) as client:
        root = openai_model.root_async_client.with_options(http_client=client, max_retries=0, timeout=timeout)
        changes: dict[str, Any] = {"root_async_client": root, "async_client": root.chat.completions}
        if whole:
            changes["disable_streaming"] = True
        yield openai_model.model_copy(update=changes)


@cache
def _ssl_context() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


def read_chunk(chunk: Any) -> Delta:
    """What one of LangChain's message chunks says, whatever model it comes from."""
    metadata = getattr(chunk, "response_metadata", None) or {}
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    if reason is None and metadata.get("status") in ("completed", "incomplete"):  # OpenAI's responses API
        reason = "stop" if metadata["status"] == "completed" else "length"
    blocks = chunk.content if isinstance(chunk.content, list) else [chunk.content]
    texts = [block if isinstance(block, str) else _block_text(block) for block in blocks]
    refused = bool((getattr(chunk, "additional_kwargs", None) or {}).get("refusal")) or any(
        isinstance(block, dict) and block.get("type") == "refusal" for block in blocks
    )
    return Delta(
        text=without_surrogates("".join(texts)),
        finish_reason=str(reason) if reason else None,
        usage=_usage(getattr(chunk, "usage_metadata", None)),
        refused=refused,
    )


def _block_text(block: Any) -> str:
    text = block.get("text") if isinstance(block, dict) and block.get("type") in ("text", "output_text") else None
    return text if isinstance(text, str) else ""


def _usage(counted: Any) -> Usage | None:
    try:
        return Usage(
            input_tokens=int(counted["input_tokens"]),
            output_tokens=int(counted["output_tokens"]),
            total_tokens=int(counted["total_tokens"]),
        )
    except (TypeError, KeyError, ValueError):
        return None
