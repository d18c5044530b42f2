"""Which documents are asked: said on the chat page wherever not all are, and ended by one button."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import streamlit as st

from rag import Settings
from rag.ui import resources, session
from rag.ui.formatting import plain_text
from rag.ui.labels import Language, known_or_as_is, label

# Documents that the chat page names; the settings page names all.
_MOST_NAMES: Final = 3


def draw_scope(language: Language, settings: Settings, *, in_full: bool = False) -> bool:
    """Say how many documents are asked, and with `in_full` which; whether anything was drawn: not when all are."""
    wanted: dict[str, Any] | None = session.chain_options(settings).get("filter")
    if wanted is None:
        return False
    n, total = len(resources.documents(wanted)), len(resources.documents())
    with st.container(key="kihon-scope", horizontal=True, vertical_alignment="center"):
        st.caption(label(language, "only_these", n=n, total=total))
        if not in_full:
            st.caption(plain_text(" · ".join(filter_lines(wanted, language, most=_MOST_NAMES))))
        st.button(label(language, "ask_all"), key="ask-all", icon=":material/filter_alt_off:", on_click=_ask_all)
    if in_full:
        st.markdown("\n".join(f"- {plain_text(line)}" for line in filter_lines(wanted, language)))
    return True


def filter_lines(wanted: Mapping[str, Any], language: Language, *, most: int | None = None) -> list[str]:
    """A filter in words, a line for each of its keys; of each key at most that many values by name."""
    lines = []
    for name, value in wanted.items():
        values = [value] if isinstance(value, str) else value
        if name == "document_id":
            values = map(resources.title_of, values)
        shown = [known_or_as_is(language, name, value) for value in values]
        listed = ", ".join(shown[:most])
        if len(shown[:most]) < len(shown):
            listed = label(language, "and_others", first=listed, n=len(shown) - len(shown[:most]))
        lines.append(f"{label(language, f'facet_{name}')}: {listed}")
    return lines


def _ask_all() -> None:
    session.choose(documents=MappingProxyType({}))
