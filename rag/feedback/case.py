"""A case: one question with what a right answer holds, in the format of the eval suite's rows."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, ValidationError, model_validator

from rag.document import Frozen

FAR = "unanswerable_far"
NEAR = "unanswerable_near"

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class GoldQuote(Frozen):
    """Words of a document that hold the answer."""

    document_id: Text
    quote: Text


class Feedback(Frozen):
    """What a reader said of an answer.

    Attributes:
        answer: Text of the answer that was given; empty where unknown.
        correction: What the reader wrote about it; empty where nothing.
        added: When, UTC (`2026-08-01T09:30:00+00:00`).
    """

    answer: str = ""
    correction: str = ""
    added: str


class Case(Frozen):
    """One question with what a right answer holds.

    Attributes:
        id: Unique in its file; never changes, so that runs can be compared question by question.
        question: As a user would type it.
        chat_history: `(role, text)` pairs that stand before the question.
        language: `en` or `ja`: that of the question.
        kind: What is asked for: `fact`, `number`, `date`, `list`, `definition`, `person`, `comparison`, `follow_up`,
            `superseded`, `disagreement`, `false_premise`, `true_twin`, `unanswerable_far`, `unanswerable_near`; another
            word makes a group of its own in the report.
        answerable: Whether the documents hold the answer. A false premise is answerable: by what is right.
        answers: The facts that an answer must hold, all of them, each as the wordings that count; empty for an
            unanswerable question.
        documents: Ids of the documents that hold the answer: citing any of them is right.
        quotes: Sentences that hold the answer; each stands in its document.
        forbidden: Texts that a right answer does not hold.
        feedback: Where the question comes from a reader: what was answered, and what the reader said of it.
    """

    id: Text
    question: Text
    chat_history: tuple[tuple[Literal["user", "assistant"], str], ...] = ()
    language: Literal["en", "ja"]
    kind: Text
    answerable: bool
    answers: tuple[tuple[Text, ...], ...] = ()
    documents: tuple[Text, ...] = ()
    quotes: tuple[GoldQuote, ...] = ()
    forbidden: tuple[Text, ...] = ()
    feedback: Feedback | None = None

    @model_validator(mode="after")
    def _check_answers(self) -> Self:
        if self.answerable != bool(self.answers):
            raise ValueError("answerable rows have answers, unanswerable ones have none")
        if not all(self.answers):
            raise ValueError("each fact of answers needs at least one wording")
        if self.kind in (FAR, NEAR) and self.answerable:
            raise ValueError(f"kind {self.kind} is for unanswerable questions")
        unlisted = {quote.document_id for quote in self.quotes} - set(self.documents)
        if unlisted:
            raise ValueError(f"quoted but not in documents: {', '.join(sorted(unlisted))}")
        return self


def shape_problems(exc: ValidationError) -> str:
    """What is wrong with the shape of a case, each problem with its place: `answers.0: …; kind: …`."""
    parts = []
    for error in exc.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in error["loc"])
        parts.append(f"{where}: {error['msg']}" if where else error["msg"])
    return "; ".join(parts)
