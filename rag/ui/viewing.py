"""The shell on every page: script, styles, keyboard, source viewer, and the browser's way to Python."""

from __future__ import annotations

import streamlit as st

from rag.ui import session
from rag.ui.component import mount_shell
from rag.ui.labels import Language, label
from rag.ui.requests import answer_request

_VIEWER_LABELS = (
    *("viewer", "loading", "close", "previous", "next", "more_above", "more_below", "end", "as_text", "as_page"),
    *("previous_page", "next_page", "error_slow"),
)
# The same for all turns of a page: sent once with it, not with each.
_TURN_LABELS = (
    *("answer_label", "sources", "open_source", "unsupported", "you", "copy", "copied", "not_copied", "save"),
    *("ask_again", "answer_offline", "edit", "edit_label", "ask", "cancel", "good", "bad", "next_questions"),
)
_FRAME_LABELS = ("skip", "pages", "shortcuts", "shortcuts_close", "shortcuts_off")
# What single keys do; shell.js knows how.
_SHORTCUTS = {
    "/": "key_question",
    "j": "key_next",
    "k": "key_previous",
    "s": "key_stop",
    "n": "key_new",
    "c": "key_conversations",
    "?": "key_help",
    "Esc": "key_close",
}


@st.fragment
def draw_shell(language: Language) -> None:
    """Script, styles and source viewer. A fragment: opening a document does not run the whole page again."""
    labels = {key: label(language, key) for key in (*_VIEWER_LABELS, *_TURN_LABELS, *_FRAME_LABELS)}
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
                "owner": [session.OWNER_COOKIE, session.owner()],
            },
            on_request=_on_request,
        )
    if st.session_state.pop("page_changed", False):
        st.rerun()


def shortcuts(language: Language) -> list[list[str]]:
    """Each single key with what it does."""
    return [[key, label(language, name)] for key, name in _SHORTCUTS.items()]


def _on_request() -> None:
    asked = dict(st.session_state.shell.request or {})
    if asked.get("id") != (st.session_state.get("reply") or {}).get("id"):  # else: told twice (`rag.ui.triggers`)
        st.session_state.page_changed = answer_request(asked, session.language())
