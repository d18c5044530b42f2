"""Question rows: a JSONL file -> checked `Row`s, and whether their gold quotes stand in the documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rag.errors import RagError
from rag.feedback.case import FAR as FAR
from rag.feedback.case import NEAR as NEAR
from rag.feedback.case import Case, shape_problems
from rag.feedback.case import GoldQuote as GoldQuote

# What `run` and `make eval` ask where nothing else is named, and what `make eval-suite` asks.
BUNDLED = Path(__file__).resolve().parent / "data" / "questions.jsonl"
SUITE = BUNDLED.with_name("suite.jsonl")

FALSE_PREMISE = "false_premise"
TRUE_TWIN = "true_twin"


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


class Row(Case):
    """A case as the suite asks it; `rag.feedback.case.Case` says what each field means."""

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


def read_bundled_rows() -> list[Row]:
    """The questions that come with this package: those of the gate, then the suite's."""
    return read_files([BUNDLED, SUITE])


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


def read_sound_rows(path: Path) -> tuple[list[Row], list[DatasetError]]:
    """The rows of a JSONL file in order as far as they are sound, and what is wrong with each other line.

    Of rows with one id the first is taken.

    Raises:
        DatasetError: If the file cannot be read.
    """
    rows: dict[str, Row] = {}
    problems = []
    for number, found in _lines(path):
        if isinstance(found, DatasetError):
            problems.append(found)
        elif found.id in rows:
            problems.append(DatasetError(f"the id {found.id!r} stands in an earlier line too.", path=path, line=number))
        else:
            rows[found.id] = found
    return list(rows.values()), problems


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
    for _, found in _lines(path):
        if isinstance(found, DatasetError):
            raise found
        yield found


def _lines(path: Path) -> Iterator[tuple[int, Row | DatasetError]]:
    """Number of each line that is not blank and what stands there: a row, or why it is none."""
    try:
        text = path.read_bytes()
    except OSError as exc:
        raise DatasetError(f"cannot be read: {exc.strerror}.", path=path) from exc
    # Not splitlines: a question may hold U+2028, which JSON does not escape.
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, Row.model_validate_json(line)
        except ValidationError as exc:
            problem = f"{shape_problems(exc)}. eval/README.md describes a row."
            yield number, DatasetError(problem, path=path, line=number)
