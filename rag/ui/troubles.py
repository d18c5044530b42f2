"""An error or a verdict of the library -> a sentence in the page's language, with the library's own words behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from rag.errors import ConversationError, CorpusError, RagError, UploadError
from rag.ui.formatting import plain_text
from rag.ui.labels import Language, catalogue, label

# Whose codes have labels of their own. These say as much to a reader: the library's words name files of the server.
_PREFIXES: Final = {ConversationError: "conversation", UploadError: "why", CorpusError: "trouble"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong.

    Attributes:
        key: Of the label that says it.
        detail: The library's own sentence, which is English; empty where the label says as much.
    """

    key: str
    detail: str = ""


def trouble_of(exc: Exception) -> Trouble:
    """What an error is to a reader; one that is not the library's own stays in the log."""
    if not isinstance(exc, RagError):
        return Trouble("error_general")
    prefix = next((prefix for kind, prefix in _PREFIXES.items() if isinstance(exc, kind)), None)
    key = f"{prefix or 'error'}_{exc.code}"
    if key not in catalogue("en"):
        return Trouble("error_other", str(exc))
    return Trouble(key, "" if prefix else str(exc))


def trouble_view(trouble: Trouble, language: Language) -> dict[str, Any]:
    """The sentence, and the detail folded behind it, if there is one: `{"text", "detail"}`."""
    return {"text": label(language, trouble.key), "detail": detail_view([trouble.detail], language)}


def detail_view(sentences: Sequence[str | None], language: Language) -> dict[str, str] | None:
    """Words of the library behind a title: `{"title", "text"}`, or `None` where there are none."""
    text = " ".join(filter(None, sentences))
    return {"title": label(language, "details"), "text": text} if text else None


def draw_trouble(trouble: Trouble, language: Language) -> None:
    """The sentence as an element of Streamlit's, with the detail folded below it."""
    st.error(plain_text(label(language, trouble.key)), icon=":material/error:")
    if trouble.detail:
        with st.expander(label(language, "details")):
            st.markdown(plain_text(trouble.detail))
