"""An answer -> plain text with its numbered sources."""

from __future__ import annotations

from collections.abc import Iterator

from rag.answer import Answer
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


def answer_text(answer: Answer, language: Language = "en") -> str:
    """Question, answer, remarks and sources as plain text, lines ended by `\\n`.

    Args:
        answer: A whole answer.
        language: Of the words around it.
    """
    return "\n".join(_lines(answer, language)) + "\n"


def _lines(answer: Answer, language: Language) -> Iterator[str]:
    yield f"{label(language, 'question')}: {one_line(answer.question)}"
    yield ""
    yield answer_body(answer)
    for remark in remarks(answer, language):
        yield ""
        yield remark
    if answer.citations:
        yield ""
        yield label(language, "sources")
    for citation in answer.citations:
        yield f"[{citation.number}] {' · '.join([source_title(citation), *source_facts(citation, language)])}"
        quote = "\n    ".join(quote_lines(citation.quote))
        yield f"    “{quote}”" if quote else f"    ({label(language, 'removed')})"
        yield f"    {source_place(citation)}"
        if (url := safe_url(citation.url)) is not None:
            yield f"    {url}"
