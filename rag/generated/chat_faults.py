"""Whatever a chat model's client raises -> one sentence for the reader, and whether to ask again."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Worth another try: time-out, conflict, too many requests, and every 5xx.
_RETRIED = frozenset({408, 409, 429})
_BACKOFF_S = 0.5
_CHECK: Mapping[int, str] = {
    400: "it refused the request; check RAG_CHAT_MODEL, RAG_LLM_MAX_TOKENS and RAG_CONTEXT_CHARS",
    401: "it refused the key; check OPENAI_API_KEY",
    402: "the account has no credit left; check the account behind OPENAI_API_KEY",
    403: "the key may not use this model; check OPENAI_API_KEY and RAG_CHAT_MODEL",
    404: "it knows no such model or address; check RAG_CHAT_MODEL and OPENAI_BASE_URL",
    408: "it gave up waiting",
    413: "the request was too long for it; lower RAG_CONTEXT_CHARS",
    422: "it refused the request; check RAG_CHAT_MODEL and RAG_LLM_MAX_TOKENS",
    429: "it has too many requests, or its quota is used up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFault:
    """Why a request failed.

    Attributes:
        reason: What happened and which setting to look at, as the end of a sentence. Nothing that the server wrote is
            in it: servers do echo keys.
        is_retried: Whether the same request may work a little later.
        retry_after_s: How long the server asks to wait, if it says.
        is_silent: Whether a stream simply held nothing, so that asking for the whole reply may work.
    """

    reason: str
    is_retried: bool = False
    retry_after_s: float | None = None
    is_silent: bool = False


def pause_s(fault: ModelFault, attempts: int, *, max_retries: int, deadline: float) -> float | None:
    """Seconds to wait before a request is made again: what the server asks for, or half a second, doubled each time.

    Args:
        fault: Why the last request failed.
        attempts: Requests made so far.
        max_retries: How many may follow the first.
        deadline: On `time.monotonic`'s clock.

    Returns:
        `None` where it is not made again: that would not help, or come too late.
    """
    if not fault.is_retried or attempts > max_retries:
        return None
    pause = fault.retry_after_s if fault.retry_after_s is not None else _BACKOFF_S * 2 ** (attempts - 1)
    return pause if time.monotonic() + pause < deadline else None


def read_fault(exc: BaseException) -> ModelFault:
    """What an exception out of a chat model's client means."""
    status = getattr(exc, "status_code", None)
    if isinstance(status, int):
        return _status_fault(status, exc)
    if isinstance(exc, ValueError) and "No generation chunks were returned" in str(exc):
        return ModelFault(reason="it sent an empty reply, or none that can be read", is_silent=True)
    if _is_connection_fault(exc):
        return ModelFault(
            reason="the connection failed or broke off; is it running, and is OPENAI_BASE_URL right?", is_retried=True
        )
    if type(exc).__name__ == "OpenAIError":  # raised before any request: no key at hand
        return ModelFault(reason="no key is set; check OPENAI_API_KEY")
    if type(exc).__name__ == "APIError":
        return ModelFault(reason="it reported an error in the middle of its reply")
    return ModelFault(reason="its reply cannot be read; is OPENAI_BASE_URL that of an OpenAI-compatible service?")


def address_of(model: Any) -> str:
    """Where a model is asked, without anything secret: scheme, host and port, or an empty string."""
    base = str(getattr(model, "openai_api_base", None) or "")
    parts = urlsplit(base)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def _status_fault(status: int, exc: BaseException) -> ModelFault:
    retried = status in _RETRIED or status >= 500
    reason = _CHECK.get(status) or ("it is failing at the moment" if status >= 500 else "it refused the request")
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    return ModelFault(
        reason=f"{reason} (HTTP {status})",
        is_retried=retried,
        retry_after_s=_retry_after(headers) if retried else None,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After` (a number or an HTTP date), at least 0."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * scale)
        except ValueError:
            pass
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
        except (TypeError, ValueError, OverflowError):
            pass
    return None


def _is_connection_fault(exc: BaseException) -> bool:
    names = {cls.__name__ for cls in type(exc).__mro__}
    return bool(names & {"APIConnectionError", "TransportError", "OSError"})
