"""The about page: what is indexed and with what, where text goes, limits, versions and licences, the single keys."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any, Final

import streamlit as st

from rag import Settings
from rag.index.description import IndexInfo
from rag.ui import session
from rag.ui.component import mount_part
from rag.ui.formatting import size_text
from rag.ui.labels import Language, label
from rag.ui.trust import answer_mode, chroma_view, mode_view
from rag.ui.viewing import shortcuts

_PACKAGES: Final = ("kihon", "streamlit", "langchain-core", "chromadb", "sentence-transformers", "torch")
_LICENCES: Final = ("kihon", "documents", "model", "packages")


def draw_about(language: Language, settings: Settings, info: IndexInfo) -> None:
    """Groups of facts."""
    st.header(label(language, "page_about"), anchor=False)
    groups = [
        {"title": label(language, "about_text_goes"), "text": _where_text_goes(language, settings)},
        {"title": label(language, "about_index"), "rows": _index(language, info)},
        {"title": label(language, "about_limits"), "rows": _limits(language, settings)},
        {"title": label(language, "shortcuts"), "keys": shortcuts(language), "text": _about_keys(language)},
        {"title": label(language, "about_versions"), "rows": _versions(language)},
        {
            "title": label(language, "about_licences"),
            "text": [label(language, f"licence_{name}") for name in _LICENCES],
        },
    ]
    mount_part(key="about-facts", data={"part": "facts", "groups": groups})


def _where_text_goes(language: Language, settings: Settings) -> list[str]:
    mode = answer_mode(settings, extractive=session.is_extractive(settings))
    texts = [mode_view(mode, language)["help"], label(language, "about_search")]
    return [*texts, *chroma_view(settings, language), label(language, "about_page_hosts")]


def _index(language: Language, info: IndexInfo) -> list[list[str]]:
    rows: list[tuple[str, str]] = [("about_state", label(language, f"index_{info.state}"))]
    if info.passport is not None:
        rows += [
            ("about_documents", f"{info.n_documents:,}"),
            *((f"root_{root.root}", f"{root.n_documents:,}") for root in info.roots),
            ("column_chunks", f"{info.n_chunks:,}"),
            ("about_sentences", f"{info.n_sentences:,}"),
            ("about_size", size_text(info.n_bytes)),
            ("about_generation", info.generation or ""),
            ("about_schema", str(info.passport.schema_version)),
            ("about_embedding", f"{info.passport.embedding_name} · {info.passport.embedding_identity[:12]}"),
        ]
    return [[label(language, name), value] for name, value in rows]


def _limits(language: Language, settings: Settings) -> list[list[str]]:
    return [
        [label(language, "limit_question"), label(language, "n_characters", n=f"{settings.max_question_chars:,}")],
        [label(language, "limit_file"), f"{settings.max_file_mb:g} MB"],
        [label(language, "limit_pages"), f"{settings.max_pages:,}"],
        [label(language, "limit_text"), label(language, "n_characters", n=f"{settings.max_document_chars:,}")],
        [label(language, "limit_history"), f"{settings.history_turns}"],
        [label(language, "limit_top_k"), f"{settings.top_k}"],
    ]


def _about_keys(language: Language) -> list[str]:
    return [] if session.shortcuts_are_on() else [label(language, "shortcuts_off")]


def _versions(language: Language) -> list[list[str]]:
    rows: list[list[Any]] = [["Python", platform.python_version()]]
    for name in _PACKAGES:
        try:
            rows.append([name, metadata.version(name)])
        except metadata.PackageNotFoundError:  # not installed, as from a checkout
            continue
    return rows
