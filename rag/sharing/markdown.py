"""Answers and conversations -> Markdown in which only our own links and marks are markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.answer import Answer, Citation
from rag.conversations.values import Conversation
from rag.sharing.labels import Language, label
from rag.sharing.parts import (
    answer_body,
    one_line,
    quote_lines,
    remarks,
    safe_url,
    source_facts,
    source_place,
    source_title,
)

# What is markup anywhere in a line, in CommonMark, GitHub's and other dialects: emphasis, code, links, HTML, entities,
# tables, formulas, mentions, the address that GitHub makes a link of. A backslash makes it a plain character in all.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>~|$&^@]|:(?=//|[A-Za-z+-])|(?<=[Ww]{3})\.|(?<==)=|=(?==)")
# GitHub makes links of e-mail addresses and mentions after all escapes are gone, in each run of text: only an element
# between the @ and what follows ends a run. A comment is one that nobody sees (tried with cmark-gfm).
_ADDRESS = re.compile(r"@(?=[\\A-Za-z0-9._-])")
_NOTHING = "<!-- -->"
# And what begins a block: a rule, a heading, an item, the number of one.
_BEGIN = re.compile(r"^(?:([0-9]{1,9})(?=[.)])|(?=[-+=#]))")
_MARK = re.compile(r"\\\[([0-9]{1,3})\\\](?!\()")
_ITEM = re.compile(r" {0,18}- ")


def escaped(line: str) -> str:
    """One line as Markdown that shows these characters and does nothing."""
    return _ADDRESS.sub(f"@{_NOTHING}", _BEGIN.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", line.strip())))


def answer_markdown(answer: Answer, language: Language = "en") -> str:
    """Question, answer, remarks and sources as Markdown: marks are the numbers of the quotes below.

    Args:
        answer: A whole answer.
        language: Of the words around it.
    """
    question = f"**{label(language, 'question')}:** {escaped(one_line(answer.question))}"
    return _joined([question, *_answer_blocks(answer, language)])


def conversation_markdown(conversation: Conversation, language: Language = "en") -> str:
    """A conversation as Markdown: a heading for each question, each answer with sources of its own."""
    blocks = [f"# {escaped(one_line(conversation.title)) or label(language, 'conversation')}"]
    blocks.append(escaped(label(language, "created", time=conversation.created)))
    for turn in conversation.turns:
        blocks.append(f"## {escaped(one_line(turn.question))}")
        blocks.append(escaped(label(language, "asked", time=turn.asked)))
        blocks += _answer_blocks(turn.answer, language)
    blocks.append(f"*{escaped(label(language, 'made_with'))}*")
    return _joined(blocks)


def _answer_blocks(answer: Answer, language: Language) -> Iterator[str]:
    yield "\n".join(_body_lines(answer_body(answer)))
    yield from (f"> {_with_marks(remark)}" for remark in remarks(answer, language))
    if answer.citations:
        yield f"**{label(language, 'sources')}**"
        yield from (_source(citation, language) for citation in answer.citations)


def _body_lines(text: str) -> Iterator[str]:
    was_item = False
    for line in text.split("\n"):
        item = _ITEM.match(line)
        if was_item and item is None and line.strip():
            yield ""  # or it would go on with the item
        yield (item[0] if item else "") + _with_marks(line[item.end() if item else 0 :])
        was_item = item is not None


def _with_marks(line: str) -> str:
    return _MARK.sub(r"[\1]", escaped(line))


def _source(citation: Citation, language: Language) -> str:
    about = " · ".join(escaped(fact) for fact in source_facts(citation, language))
    head = f"[{citation.number}] **{escaped(source_title(citation))}**{f' · {about}' if about else ''}"
    quote = [escaped(line) for line in quote_lines(citation.quote)] or [label(language, "removed")]
    place = escaped(source_place(citation))
    if (url := safe_url(citation.url)) is not None:
        place += f" · [{label(language, 'original')}](<{url}>)"
    # Two spaces at the end of a line break it.
    return f"{head}\n\n> " + "  \n> ".join(quote) + f"\n\n{place}"


def _joined(blocks: list[str]) -> str:
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"
