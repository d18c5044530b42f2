"""Question rows: a JSONL file -> checked `Row`s, and whether their gold quotes stand in the documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import StringConstraints, ValidationError, model_validator

from rag.document import Frozen
from rag.errors import RagError

BUNDLED = Path(__file__).resolve().parent / "data" / "questions.jsonl"
# What `make eval` asks, and the committed baseline and the floors are of.
GATE_DATA = (BUNDLED,)

FALSE_PREMISE = "false_premise"
TRUE_TWIN = "true_twin"
FAR = "unanswerable_far"
NEAR = "unanswerable_near"

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class DatasetError(RagError):
    """A file of questions is wrong.

    Attributes:
        path: The file.
        line: Line in the file, from 1, or `None` where the file as a whole is meant.
    """

    def __init__(self, message: str, *, path: Path, line: int | None = None) -> None:
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {message}")
        self.path = path
        self.line = line


class GoldQuote(Frozen):
    """Words of a document that hold the answer."""

    document_id: Text
    quote: Text


class Row(Frozen):
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

    @property
    def is_false_premise(self) -> bool:
        """Whether the question assumes what the documents contradict."""
        return self.kind == FALSE_PREMISE

    @property
    def is_far(self) -> bool:
        """Whether the question is unanswerable and about something else; other unanswerable ones are near."""
        return not self.answerable and self.kind == FAR

    def chain_input(self) -> dict[str, Any]:
        """What a chain is called with."""
        if not self.chat_history:
            return {"question": self.question}
        return {"question": self.question, "chat_history": list(self.chat_history)}


def read_rows(path: Path = BUNDLED) -> list[Row]:
    """The rows of a JSONL file in order; blank lines are passed over.

    Raises:
        DatasetError: If the file cannot be read, holds no row, a row has a wrong shape, or an id stands twice.
    """
    rows = list(_rows(path))
    if not rows:
        raise DatasetError("holds no question.", path=path)
    twice = [id for id, count in Counter(row.id for row in rows).items() if count > 1]
    if twice:
        raise DatasetError(f"ids must be unique, these stand twice: {', '.join(twice)}.", path=path)
    return rows


def read_files(paths: Sequence[Path]) -> list[Row]:
    """The rows of several files, one file behind the other.

    Raises:
        DatasetError: As `read_rows`, or if an id stands in two files.
    """
    rows: dict[str, Row] = {}
    for path in paths:
        for row in read_rows(path):
            if row.id in rows:
                raise DatasetError(f"the id {row.id!r} stands in another file too.", path=path)
            rows[row.id] = row
    return list(rows.values())


def gold_problems(rows: Sequence[Row], texts: Mapping[str, str]) -> list[str]:
    """What is wrong with the rows' gold, a sentence each; empty when all stands where it should.

    Args:
        rows: The rows.
        texts: Text of every document by `document_id`, as indexed.
    """
    problems = []
    for row in rows:
        problems += [f"{row.id}: no document {name!r}." for name in row.documents if name not in texts]
        problems += [
            f"{row.id}: {gold.document_id} does not hold the quote {gold.quote!r}."
            for gold in row.quotes
            if gold.document_id in texts and gold.quote not in texts[gold.document_id]
        ]
    return problems


def _rows(path: Path) -> Iterator[Row]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise DatasetError(f"cannot be read: {exc.strerror}.", path=path) from exc
    except UnicodeDecodeError as exc:
        raise DatasetError("is not UTF-8 text.", path=path) from exc
    # Not splitlines: a question may hold U+2028, which JSON does not escape.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield Row.model_validate_json(line)
        except ValidationError as exc:
            raise DatasetError(_explain(exc), path=path, line=number) from None


def _explain(exc: ValidationError) -> str:
    parts = []
    for error in exc.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in error["loc"])
        parts.append(f"{where}: {error['msg']}" if where else error["msg"])
    return "; ".join(parts) + ". eval/README.md describes a row."
