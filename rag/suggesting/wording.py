"""Headings and names of documents -> questions about them, in English or Japanese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from rag.document import PATH_MARK
from rag.questions.kinds import Language, question_language
from rag.suggesting.standing_alone import (
    bare_subject,
    has_name,
    names_its_subject,
    points_elsewhere,
    without_lead_in,
)
from rag.text.headings import asked_by
from rag.text.markup import plain_sentence

_ABOUT: Final[Mapping[Language, str]] = {
    "en": "What does “{title}” say about {subject}?",
    "ja": "「{title}」は{subject}について何と述べていますか。",
}
_IN_CONTEXT: Final[Mapping[Language, str]] = {"en": "{context}: {question}", "ja": "{context}：{question}"}
_MAX_SUBJECT_CHARS = 60
_MAX_TITLE_CHARS = 80
_MAX_CHARS = 200
# "News report: …" tells nothing without what follows.
_MIN_SHORT_TITLE_CHARS = 12
_COLON = re.compile(r":\s|：")
# "2.1 Budget", "(3) Scope", "第2章 予算", "Article 5: Penalties" -> what stands behind.
_NUMBERING = re.compile(
    r"^(?:[(（]?[0-9０-９]{1,3}(?:[.．-][0-9０-９]{1,3})*[.．)）:：]?|第[0-9０-９〇一二三四五六七八九十百]{1,5}[章節条項部編]|"
    r"(?:chapter|section|article|part)\s+[0-9ivxlc]{1,6}[.:]?)\s*",
    re.IGNORECASE,
)
# What every document has and nobody asks about.
_PLAIN = frozenset(
    "introduction summary overview sources references contents appendix notes conclusion background terms glossary "
    "はじめに おわりに 概要 目次 参考文献 出典 まとめ 付録 注 用語".split()
)
_LETTER = re.compile(r"[^\W\d_]")


class Wording(NamedTuple):
    """A question, and the words in it that say what it is about: all of them, or those put into one of ours."""

    question: str
    subject: str


def heading_question(section: str | None, language: Language, title: str = "") -> Wording | None:
    """The innermost heading of a section path as a question in that language that stands alone, or `None`.

    One that leaves out what it is about comes behind the heading or title that says it, one that is a bare name is
    asked about. `None` is also for a heading whose words point to another one.
    """
    heading = asked_by(section)
    if section is None or heading is None:
        return None
    asked = plain_sentence(heading)
    question = without_lead_in(asked, language)
    if question_language(asked) != language or points_elsewhere(question, language):
        return None
    if (name := bare_subject(question, language)) is not None:
        return about(title, name, language)
    if names_its_subject(question, language):
        wording = Wording(question, question)
    elif (context := _context(section, language, title)) is not None:
        wording = Wording(_IN_CONTEXT[language].format(context=context, question=question), question)
    else:
        return None
    return wording if len(wording.question) <= _MAX_CHARS else None


def about_section(title: str, section: str | None, language: Language) -> Wording | None:
    """A question about what stands under a heading, or `None` where the heading says too little or too much."""
    if not section or asked_by(section) is not None:
        return None
    heading = _heading(section.rsplit(PATH_MARK, 1)[-1])
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


def is_whole(name: str, text: str) -> bool:
    """Whether a name ends in the text where it ends itself: the デジタル of デジタル庁 is none."""
    return re.search(rf"{re.escape(name)}(?![\u3400-\u9fff])", text) is not None


def _context(section: str, language: Language, title: str) -> str | None:
    """What a heading is about: the innermost heading above it that names something, else the document's title."""
    above = [_heading(heading) for heading in reversed(section.split(PATH_MARK)[:-1])]
    named = (heading for heading in above if has_name(heading) and asked_by(heading) is None)
    context = next(named, _short_title(title))
    is_fit = 0 < len(context) <= _MAX_TITLE_CHARS and question_language(context) == language
    return context if is_fit else None


def _short_title(title: str) -> str:
    """A title up to its colon, where that names what it is about."""
    title = plain_sentence(title)
    first = _COLON.split(title, maxsplit=1)[0]
    return first if len(first) >= _MIN_SHORT_TITLE_CHARS and has_name(first) else title


def _heading(text: str) -> str:
    return _NUMBERING.sub("", plain_sentence(text)).strip(" 　:：.")
