"""Headings and names of documents -> questions about them, in English or Japanese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from rag.document import PATH_MARK
from rag.questions.kinds import Language, question_language
from rag.text.headings import asked_by
from rag.text.markup import plain_sentence

_ABOUT: Final[Mapping[Language, str]] = {
    "en": "What does “{title}” say about {subject}?",
    "ja": "「{title}」は{subject}について何と述べていますか。",
}
_MAX_SUBJECT_CHARS = 60
_MAX_TITLE_CHARS = 80
_MAX_CHARS = 200
# "2.1 Budget", "(3) Scope", "第2章 予算", "Article 5: Penalties" -> what stands behind.
_NUMBERING = re.compile(
    r"^(?:[(（]?[0-9０-９]{1,3}(?:[.．-][0-9０-９]{1,3})*[.．)）:：]?|第[0-9０-９〇一二三四五六七八九十百]{1,5}[章節条項部編]|"
    r"(?:chapter|section|article|part)\s+[0-9ivxlc]{1,6}[.:]?)\s*",
    re.IGNORECASE,
)
# What every document has and nobody asks about.
_PLAIN = frozenset(
    "introduction summary overview sources references contents appendix notes conclusion background はじめに おわりに "
    "概要 目次 参考文献 出典 まとめ 付録 注".split()
)
_LETTER = re.compile(r"[^\W\d_]")


class Wording(NamedTuple):
    """A question, and the words in it that say what it is about: all of them, or those put into one of ours."""

    question: str
    subject: str


def heading_question(section: str | None, language: Language) -> Wording | None:
    """The innermost heading of a section path where it is a question in that language, or `None`."""
    heading = asked_by(section)
    if heading is None:
        return None
    question = plain_sentence(heading)
    is_fit = len(question) <= _MAX_CHARS and question_language(question) == language
    return Wording(question, question) if is_fit else None


def about_section(title: str, section: str | None, language: Language) -> Wording | None:
    """A question about what stands under a heading, or `None` where the heading says too little or too much."""
    if not section or asked_by(section) is not None:
        return None
    heading = _NUMBERING.sub("", plain_sentence(section.rsplit(PATH_MARK, 1)[-1])).strip(" 　:：.")
    return None if heading.casefold() in _PLAIN or heading == title else about(title, heading, language)


def about(title: str, subject: str, language: Language) -> Wording | None:
    """A question about a subject that a document names; `None` where it cannot be put into a question well."""
    is_fit = (
        2 <= len(subject) <= _MAX_SUBJECT_CHARS
        and 0 < len(title) <= _MAX_TITLE_CHARS
        and _LETTER.search(subject) is not None
        and question_language(subject) == language
    )
    return Wording(_ABOUT[language].format(title=title, subject=subject), subject) if is_fit else None
