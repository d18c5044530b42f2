"""Every word that an exported answer says itself, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "ja"]

_EN: Final[Mapping[str, str]] = {
    "question": "Question",
    "answer": "Answer",
    "conversation": "Conversation",
    "sources": "Sources",
    "note": "Note",
    "unsupported": "Not carried by its quotes",
    "conflict": "Sources differ on",
    "removed": "The document was deleted, and its words with it.",
    "page": "p. {page}",
    "asked": "Asked {time}",
    "created": "Begun {time}",
    "original": "Original",
    "made_with": "Made with Kihon; the quotes are the documents’ own words.",
    "kind_law": "Law",
    "kind_plan": "Plan",
    "kind_guideline": "Guideline",
    "kind_statistics": "Statistics",
    "kind_report": "Report",
    "kind_news": "News",
    "kind_commentary": "Commentary",
    "status_in_force": "In force",
    "status_superseded": "Superseded",
    "status_draft": "Draft",
    "status_current": "Current",
}

_JA: Final[Mapping[str, str]] = {
    "question": "質問",
    "answer": "回答",
    "conversation": "会話",
    "sources": "出典",
    "note": "注記",
    "unsupported": "引用で裏付けられていません",
    "conflict": "出典により異なります",
    "removed": "文書は削除されました。引用も削除されています。",
    "page": "{page} ページ",
    "asked": "質問日時 {time}",
    "created": "開始日時 {time}",
    "original": "原文",
    "made_with": "Kihon で作成。引用は文書の言葉そのものです。",
    "kind_law": "法律",
    "kind_plan": "計画",
    "kind_guideline": "指針",
    "kind_statistics": "統計",
    "kind_report": "報告",
    "kind_news": "ニュース",
    "kind_commentary": "論評",
    "status_in_force": "有効",
    "status_superseded": "旧版",
    "status_draft": "案",
    "status_current": "最新",
}

CATALOGUE: Final[Mapping[Language, Mapping[str, str]]] = {"en": _EN, "ja": _JA}


def label(language: Language, key: str, **values: object) -> str:
    """The words for `key`; `values` fill its places.

    Raises:
        KeyError: If the catalogue has no such label.
    """
    return CATALOGUE[language][key].format(**values) if values else CATALOGUE[language][key]


def named(language: Language, group: str, value: str) -> str:
    """The words for a kind or status, as the page has them; a document's own word where the catalogue has none."""
    return CATALOGUE[language].get(f"{group}_{value.strip().lower().replace(' ', '_')}", value)
