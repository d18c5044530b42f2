"""A reader's correction of an answer -> a checked case, kept in the data folder."""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from rag.chain import read_question
from rag.errors import CaseError, CorpusError
from rag.feedback.case import NEAR, Case, Feedback, GoldQuote, shape_problems
from rag.feedback.cases_file import append_case
from rag.index.opening import get_document
from rag.text.language import language_of
from rag.text.markup import plain
from rag.text.surrogates import without_surrogates

if TYPE_CHECKING:
    from rag.config import Settings


def add_case(
    question: str,
    settings: Settings,
    *,
    answers: Sequence[Sequence[str]] = (),
    correction: str = "",
    documents: Sequence[str] = (),
    quotes: Sequence[str] = (),
    is_unanswerable: bool = False,
    forbidden: Sequence[str] = (),
    given: str = "",
    chat_history: Iterable[Any] | None = None,
    language: Literal["en", "ja"] | None = None,
    kind: str | None = None,
) -> Case:
    """Keep a question with what a right answer holds in `cases.jsonl` of `settings.data_dir`.

    The same case twice is kept once.

    Args:
        question: As it was asked.
        settings: Name the data folder, and the index in which documents and quotes must stand.
        answers: The facts that a right answer holds, each as the wordings that count. Without any, the correction is
            the fact; without a correction, the quotes are.
        correction: What the reader wrote.
        documents: Ids of the documents that hold the answer.
        quotes: Words of these documents that hold the answer, each in the first document that has them; white space
            may differ.
        is_unanswerable: The documents do not hold the answer: then there are no answers, documents or quotes.
        forbidden: Texts that a right answer does not hold.
        given: Text of the answer that was given.
        chat_history: The conversation before the question, as a chain takes it.
        language: Default: by the question's script.
        kind: A word for what is asked for; default: `fact`, or `unanswerable_near`.

    Returns:
        The case as it stands in the file.

    Raises:
        QuestionError: If the question is blank or too long, or the conversation has a wrong shape.
        CaseError: If it does not say what is right, contradicts itself, quotes what stands in none of its documents,
            is too long, or the file cannot be written.
        IndexNotFoundError: If documents are named and there is no index.
    """
    asked = read_question({"question": question, "chat_history": chat_history}, settings)
    answers = [[_clean(words) for words in fact] for fact in answers]
    correction = _clean(correction)
    gold = [_gold(_clean(quote), documents, settings) for quote in quotes]
    for document_id in documents:
        _text(document_id, settings)
    if is_unanswerable:
        if answers or documents or quotes:
            raise CaseError(
                "A question that the documents do not answer has no answers, documents or quotes. Leave them out, or "
                "leave out that it is unanswerable."
            )
    else:
        answers = answers or ([[correction]] if correction else [[plain(quote.quote)] for quote in gold])
        if not answers:
            raise CaseError(
                "Say what a right answer holds (a fact, a correction or a quote of the right passage), or that the "
                "documents do not hold the answer."
            )
    values: dict[str, Any] = {
        "question": asked.text,
        "chat_history": tuple((turn.role, _clean(turn.text)) for turn in asked.history),
        "language": language or ("ja" if language_of(asked.text) == "ja" else "en"),
        "kind": kind or (NEAR if is_unanswerable else "fact"),
        "answerable": not is_unanswerable,
        "answers": tuple(map(tuple, answers)),
        "documents": tuple(dict.fromkeys(documents)),
        "quotes": tuple(gold),
        "forbidden": tuple(map(_clean, forbidden)),
    }
    case = _case(values, Feedback(answer=_clean(given), correction=correction, added=_now()))
    append_case(settings.data_dir, case)
    return case


def _case(values: dict[str, Any], feedback: Feedback) -> Case:
    """The case under an id made of what it says, so that a second click on a button adds nothing."""
    try:
        case = Case(id="case", feedback=feedback, **values)
    except ValidationError as exc:
        raise CaseError(f"This is no case: {shape_problems(exc)}.") from None
    said = case.model_dump_json(exclude={"id": True, "feedback": {"added"}})
    return case.model_copy(update={"id": f"case-{hashlib.sha256(said.encode()).hexdigest()[:12]}"})


def _gold(quote: str, documents: Sequence[str], settings: Settings) -> GoldQuote:
    """The quote as the first of the documents that holds it has it."""
    words = unicodedata.normalize("NFC", quote).split()
    if not words:
        raise CaseError("A quote is blank. Give words of the document, as they stand there.")
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    for document_id in documents:
        found = pattern.search(_text(document_id, settings))
        if found is not None:
            return GoldQuote(document_id=document_id, quote=found[0])
    if not documents:
        raise CaseError(f"The quote {_shortened(quote)!r} comes without its document. Name the document's id.")
    raise CaseError(
        f"The quote {_shortened(quote)!r} does not stand in {', '.join(documents)}. Copy it from the document as it "
        "stands there, or name the document that holds it."
    )


def _text(document_id: str, settings: Settings) -> str:
    try:
        return get_document(document_id, settings).text
    except CorpusError as exc:
        raise CaseError(str(exc)) from exc


def _clean(text: str) -> str:
    return without_surrogates(text).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
