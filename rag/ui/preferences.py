"""The settings page: what a reader may choose for this browser, within what the operator allows."""

from __future__ import annotations

import streamlit as st

from rag import Settings
from rag.config import MAX_TOP_K
from rag.index.description import IndexInfo
from rag.ui import session
from rag.ui.component import mount_part
from rag.ui.formatting import plain_text
from rag.ui.labels import Language, label
from rag.ui.scope import draw_scope
from rag.ui.trust import answer_mode, mode_view

# As Streamlit keeps the choice in the browser, and our names for them.
_THEMES = {"System": "theme_system", "Light": "theme_light", "Dark": "theme_dark"}


def draw_preferences(language: Language, settings: Settings, info: IndexInfo, paths: tuple[str, ...]) -> None:
    """Appearance, keys, answers, and which documents are asked.

    Args:
        language: Language of the labels.
        settings: What the operator set.
        info: State of the index.
        paths: Paths of all pages: the browser keeps the theme for each.
    """
    st.header(label(language, "page_settings"), anchor=False)
    st.caption(label(language, "settings_text"))
    _appearance(language, paths)
    st.subheader(label(language, "settings_answers"), anchor=False)
    _answers(language, settings)
    if info.state == "ready":
        st.subheader(label(language, "settings_documents"), anchor=False)
        if not draw_scope(language, settings, in_full=True):
            st.markdown(label(language, "settings_all_documents", n=info.n_documents))
        if settings.readers_may_choose("documents"):
            st.caption(label(language, "settings_documents_text"))


def _appearance(language: Language, paths: tuple[str, ...]) -> None:
    st.subheader(label(language, "settings_appearance"), anchor=False)
    theme = {
        "part": "theme",
        "title": label(language, "theme"),
        "hint": label(language, "theme_hint"),
        "options": [[value, label(language, name)] for value, name in _THEMES.items()],
        "paths": list(paths),
    }
    mount_part(key="settings-theme", data=theme)
    st.toggle(
        label(language, "settings_shortcuts"),
        value=session.shortcuts_are_on(),
        key="settings-shortcuts",
        help=label(language, "settings_shortcuts_help"),
        on_change=lambda: session.turn_shortcuts(st.session_state["settings-shortcuts"]),
    )


def _answers(language: Language, settings: Settings) -> None:
    chosen = session.choices()
    if not settings.answers_with_model:
        st.markdown(label(language, "settings_no_model"))
    elif settings.readers_may_choose("answerer"):
        modes = {
            is_extract: mode_view(answer_mode(settings, extractive=is_extract), language)
            for is_extract in (False, True)
        }
        st.radio(
            label(language, "settings_answerer"),
            list(modes),
            index=int(chosen.extractive),
            key="settings-answerer",
            format_func=lambda is_extract: plain_text(modes[is_extract]["text"]),
            captions=[plain_text(modes[is_extract]["help"]) for is_extract in modes],
            on_change=lambda: session.choose(extractive=st.session_state["settings-answerer"]),
        )
    else:
        st.markdown(label(language, "settings_fixed"))
    if settings.readers_may_choose("top_k"):
        st.slider(
            label(language, "settings_top_k"),
            1,
            MAX_TOP_K,
            chosen.top_k or settings.top_k,
            key="settings-top-k",
            help=label(language, "settings_top_k_help", n=settings.top_k),
            on_change=lambda: session.choose(top_k=st.session_state["settings-top-k"]),
        )
