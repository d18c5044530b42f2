"""Passages and questions of a JSONL file -> a folder of documents, and which of them answers what."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from eval.dataset import DatasetError, read_rows
from rag.config import Settings
from rag.document import Frozen
from rag.index.build import build_index
from rag.index.opening import Index
from rag.questions.conversation import read_history
from rag.questions.followup import standalone

Half = Literal["fit", "report"]
HALVES: tuple[Half, ...] = get_args(Half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A query with the documents that answer it; `half` is that of its title, `None` where there are no titles."""

    query: str
    document_ids: frozenset[str]
    half: Half | None = None


class Passage(Frozen):
    """A document of its own in the open sets; `id` unique in its file."""

    kind: Literal["passage"]
    id: str
    title: str
    text: str


class PassageQuestion(Frozen):
    """A question about one passage; with `answerable: false` the passage does not answer it."""

    kind: Literal["question"]
    id: str
    question: str
    passage_id: str
    answers: tuple[str, ...] = ()
    answerable: bool = True


_LINE: TypeAdapter[Passage | PassageQuestion] = TypeAdapter(
    Annotated[Passage | PassageQuestion, Field(discriminator="kind")]
)


def has_passages(path: Path) -> bool:
    """Whether a file brings its own documents (passages and questions), or asks about the corpus (eval rows).

    Raises:
        DatasetError: If it cannot be read, or its first line is no JSON object.
    """
    for number, line in _lines(path):
        return _parsed(path, number, line).get("kind") in ("passage", "question")
    raise DatasetError("no line in it", path=path)


def read_passages(path: Path) -> tuple[list[Passage], list[PassageQuestion]]:
    """Passages and questions of a file, in order.

    Raises:
        DatasetError: If a line is neither, an id comes twice, or a question names no passage.
    """
    passages: dict[str, Passage] = {}
    questions: dict[str, tuple[int, PassageQuestion]] = {}
    for number, line in _lines(path):
        try:
            item = _LINE.validate_python(_parsed(path, number, line))
        except ValidationError as exc:
            error = exc.errors(include_url=False)[0]
            where = ".".join(str(part) for part in error["loc"])
            raise DatasetError(f"{where}: {error['msg']}", path=path, line=number) from None
        known: dict[str, Any] = passages if isinstance(item, Passage) else questions
        if item.id in known:
            raise DatasetError(f"{item.kind} {item.id!r} comes twice", path=path, line=number)
        known[item.id] = item if isinstance(item, Passage) else (number, item)
    for number, question in questions.values():
        if question.passage_id not in passages:
            raise DatasetError(f"no passage {question.passage_id!r}", path=path, line=number)
    return list(passages.values()), [question for _, question in questions.values()]


def write_documents(passages: Sequence[Passage], folder: Path) -> dict[str, str]:
    """Write each passage as a document of its own under `folder`; the `document_id` of each passage id."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = document_ids(passages)
    for passage in passages:
        # JSON strings are YAML strings too: no title can break the front matter.
        header = f"---\ntitle: {json.dumps(passage.title, ensure_ascii=False)}\n---\n"
        (folder / Path(ids[passage.id]).name).write_text(f"{header}{passage.text}\n", encoding="utf-8")
    return ids


def document_ids(passages: Sequence[Passage]) -> dict[str, str]:
    """The `document_id` that each passage id gets when it is written as a document."""
    return {passage.id: f"corpus/{number:06}.md" for number, passage in enumerate(passages)}


def judged_questions(
    passages: Sequence[Passage], questions: Sequence[PassageQuestion], ids: dict[str, str]
) -> list[Judged]:
    """The answerable questions; every second of the sorted titles is in the half that weights are fitted on."""
    titles = sorted({passage.title for passage in passages})
    half: dict[str, Half] = {title: "report" if i % 2 else "fit" for i, title in enumerate(titles)}
    of_passage = {passage.id: half[passage.title] for passage in passages}
    return [
        Judged(query=q.question, document_ids=frozenset({ids[q.passage_id]}), half=of_passage[q.passage_id])
        for q in questions
        if q.answerable
    ]


def judged_file(path: Path) -> list[Judged]:
    """`judged_questions` of a file whose passages are those of another that was indexed.

    Raises:
        DatasetError: If the file is wrong.
    """
    passages, questions = read_passages(path)
    return judged_questions(passages, questions, document_ids(passages))


def judged_rows(path: Path) -> list[Judged]:
    """The answerable rows of an eval file, as they are searched: with what the conversation before them gives.

    Raises:
        DatasetError: If the file is wrong.
    """
    return [
        Judged(
            query=standalone(row.question, read_history(row.chat_history)),
            document_ids=frozenset(row.documents),
        )
        for row in read_rows(path)
        if row.answerable and row.documents
    ]


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise DatasetError(f"cannot be read: {exc}", path=path) from exc
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as exc:
        raise DatasetError(f"no JSON: {exc}", path=path, line=number) from None
    if not isinstance(value, dict):
        raise DatasetError("a line must be a JSON object", path=path, line=number)
    return value


@contextlib.contextmanager
def indexed_passages(passages: Sequence[Passage]) -> Iterator[tuple[Index, dict[str, str]]]:
    """An index of the passages, each a document, as long as it is used, and the document id of each passage id."""
    with tempfile.TemporaryDirectory(prefix="kihon-passages-") as folder:
        work = Path(folder)
        ids = write_documents(passages, work / "corpus")
        settings = Settings(
            corpus_dir=work / "corpus", index_dir=work / "index", data_dir=work / "data", chroma_url=None
        )
        build_index(settings, wait=True)
        with Index.open(settings) as index:
            yield index, ids
