"""The page's frame: header, navigation, and the page chosen. Run by Streamlit on every interaction of a session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

from rag import RagError, Settings
from rag.index.description import IndexInfo
from rag.ui import conversation, resources, session
from rag.ui.about import draw_about
from rag.ui.chat import draw_chat, draw_conversation_buttons, open_chat
from rag.ui.component import mount_part
from rag.ui.documents import draw_documents
from rag.ui.evaluation import draw_evaluation
from rag.ui.forgetting import forget_deleted
from rag.ui.labels import LANGUAGES, Language, label
from rag.ui.preferences import draw_preferences
from rag.ui.scope import draw_scope
from rag.ui.troubles import Trouble, draw_trouble, trouble_of
from rag.ui.trust import answer_mode, mode_view
from rag.ui.viewing import draw_shell

logger = logging.getLogger(__name__)

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
NAME: Final = "Kihon"

# A file of ours: Streamlit fetches named icons for the browser's tab from another host.
_ICON = Path(__file__).parent / "assets" / "icon.png"
# How often a build is looked at.
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class _PageKind:
    """A page: its part of the address, its icon, what draws it, and whether it needs an index that can be used."""

    path: str
    icon: str
    draw: Callable[[Language, Settings, IndexInfo], None]
    needs_index: bool = False


# By the key of the label that names it; the first is where the address without a path leads.
_PAGES: Final = {
    "page_chat": _PageKind(
        "chat", ":material/forum:", lambda language, settings, _: draw_chat(language, settings), True
    ),
    "page_documents": _PageKind("documents", ":material/description:", draw_documents, True),
    "page_evaluation": _PageKind("evaluation", ":material/monitoring:", draw_evaluation),
    "page_settings": _PageKind(
        "settings",
        ":material/tune:",
        lambda language, settings, info: draw_preferences(language, settings, info, _paths()),
    ),
    "page_about": _PageKind("about", ":material/info:", draw_about),
}


def _paths() -> tuple[str, ...]:
    """Paths of all pages; the first page is reached without one too."""
    return ("", *(kind.path for kind in _PAGES.values()))


def main() -> None:
    """Draw the page; an error is shown as a sentence, its details go to the log."""
    st.set_page_config(page_icon=str(_ICON), layout="centered")
    language = session.language()
    try:
        _frame(language)
    except Exception:
        logger.exception("The page could not be drawn")
        draw_trouble(Trouble("error_general"), language)


def _frame(language: Language) -> None:
    draw_shell(language)
    settings: Settings | None = None
    info: IndexInfo | None = None
    problem: RagError | None = None
    try:
        settings = resources.shared_settings()
        info = resources.index_state()
        forget_deleted()
    except RagError as exc:
        problem = exc
    pages = {
        key: st.Page(
            _runner(kind, language, settings, info, problem),
            title=f"{label(language, key)} · {NAME}",
            url_path=kind.path,
            default=key == next(iter(_PAGES)),
        )
        for key, kind in _PAGES.items()
    }
    current = st.navigation(list(pages.values()), position="hidden")
    key = next(key for key, page in pages.items() if page == current)
    if key == "page_chat" and info is not None:
        open_chat(info)
    _header(language, settings, info, pages, key)
    current.run()


def _runner(
    kind: _PageKind, language: Language, settings: Settings | None, info: IndexInfo | None, problem: RagError | None
) -> Callable[[], None]:
    def run() -> None:
        if settings is None or info is None:
            assert problem is not None
            draw_trouble(trouble_of(problem), language)
        elif kind.needs_index and info.state == "missing":
            _first_build(language)
        elif kind.needs_index and info.state == "unusable":
            draw_trouble(Trouble("error_index", " ".join(info.missing)), language)
        else:
            kind.draw(language, settings, info)

    return run


def _header(
    language: Language, settings: Settings | None, info: IndexInfo | None, pages: dict[str, Any], current: str
) -> None:
    data: dict[str, Any] = {
        "part": "header",
        "name": NAME,
        "tagline": label(language, "tagline"),
        "page": list(_PAGES).index(current),
    }
    if settings is not None:
        data["mode"] = mode_view(answer_mode(settings, extractive=session.is_extractive(settings)), language)
    if info is not None and info.state == "ready":
        data["documents"] = label(language, "n_documents", n=info.n_documents)
    with st.container(key="kihon-header"):
        with st.container(key="kihon-bar", horizontal=True, vertical_alignment="center"):
            mount_part(key="kihon-brand", data=data)
            st.segmented_control(
                label(language, "language"),
                list(LANGUAGES),
                format_func=lambda code: LANGUAGES[code],
                key="language",
                required=True,
                label_visibility="collapsed",
                on_change=session.keep_language,
            )
            if current == "page_chat":
                draw_conversation_buttons(language)
        with st.container(key="kihon-nav", horizontal=True):
            # The conversation goes along: a reload on any page comes back to it.
            kept_id = conversation.kept_id() if settings is not None else None
            query = {conversation.ADDRESS_KEY: kept_id} if kept_id is not None else None
            for key, page in pages.items():
                st.page_link(page, label=label(language, key), icon=_PAGES[key].icon, query_params=query)
        if current == "page_chat" and settings is not None and info is not None and info.state == "ready":
            # In the header, which stays in sight: what is asked of some documents alone is not to be missed.
            draw_scope(language, settings)


def _first_build(language: Language) -> None:
    """The index is built by the page itself: once, whoever opens it first; every session sees the progress."""
    building = resources.shared_building()

    @st.fragment(run_every=_LOOK_EVERY_S)
    def draw() -> None:
        st.header(label(language, "building"), anchor=False)
        count = label(language, "building_count", done=building.done, total=building.total) if building.total else ""
        st.progress(building.done / building.total if building.total else 0.0, text=count)
        st.caption(label(language, "building_text"))
        if building.is_over:
            resources.forget_index()
            st.rerun()

    if building.error is not None:
        draw_trouble(building.error, language)
        st.button(label(language, "retry"), key="retry", on_click=resources.forget_index)
    else:
        draw()


if __name__ == "__main__":  # an installed wheel has no app.py
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    main()
