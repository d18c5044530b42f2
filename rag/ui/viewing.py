"""The shell on every page: script, styles, keyboard, and the source viewer with its way to Python."""

from __future__ import annotations

import logging
from typing import Any

import streamlit as st

from rag import RagError, get_document
from rag.ui import resources, session
from rag.ui.component import mount_shell
from rag.ui.labels import Language, label
from rag.ui.sources import source_view

logger = logging.getLogger(__name__)

_VIEWER_LABELS = ("viewer", "loading", "close", "previous", "next", "more_above", "more_below", "end")
_FRAME_LABELS = ("skip", "pages", "shortcuts", "shortcuts_close", "shortcuts_off")
# What single keys do; shell.js knows how.
_SHORTCUTS = {
    "/": "key_question",
    "j": "key_next",
    "k": "key_previous",
    "s": "key_stop",
    "n": "key_new",
    "?": "key_help",
    "Esc": "key_close",
}


@st.fragment
def draw_shell(language: Language) -> None:
    """Script, styles and source viewer. A fragment: opening a document does not run the whole page again."""
    labels = {key: label(language, key) for key in (*_VIEWER_LABELS, *_FRAME_LABELS)}
    labels["nth"] = label(language, "nth", nth="{nth}", n="{n}")
    with st.container(key="kihon-shell"):
        mount_shell(
            key="shell",
            data={
                "language": language,
                "labels": labels,
                "reply": st.session_state.get("reply"),
                "shortcuts": shortcuts(language),
                "shortcuts_on": session.shortcuts_are_on(),
                "cookies": session.kept(),
            },
            on_document=_fetch_document,
        )


def shortcuts(language: Language) -> list[list[str]]:
    """Each single key with what it does."""
    return [[key, label(language, name)] for key, name in _SHORTCUTS.items()]


def _fetch_document() -> None:
    """Answer the viewer's request. The request comes from the browser: nothing in it is taken on trust."""
    wanted = dict(st.session_state.shell.document or {})
    language = session.language()
    reply: dict[str, Any] = {"wanted": wanted, "key": f"{st.session_state.get('n_replies', 0)}"}
    st.session_state.n_replies = st.session_state.get("n_replies", 0) + 1
    try:
        start, end, above, below = (int(wanted[name]) for name in ("start", "end", "above", "below"))
        document = get_document(str(wanted["document_id"]), resources.shared_settings())
        reply["source"] = source_view(document, start, end, language, above=max(0, above), below=max(0, below))
    except RagError as exc:
        reply["error"] = str(exc)
    except Exception:
        logger.exception("A document could not be shown")
        reply["error"] = label(language, "error_viewer")
    st.session_state.reply = reply
