"""Questions with the sentences that compete to answer them, as the extractive answerer finds them: what
`eval.word_reader_fit` trains on.

`python -m eval.contests FILE … --out CONTESTS.jsonl`, of files of passages and questions (see `eval.passages`).
"""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from eval.dataset import DatasetError
from eval.matching import normalise
from eval.passages import Passage, PassageQuestion, indexed_passages, read_passages
from rag.document import Frozen
from rag.extractive.evidence import Evidence, gather, weigh, word_vectors
from rag.gloss.glossing import gloss
from rag.index.opening import Index
from rag.questions.reading import read_question
from rag.retrieval.filters import Filter
from rag.retrieval.search import Retriever

# Sentences of a contest, best first.
N_RIVALS = 16


class Rival(Frozen):
    """A sentence, with what stands before it and its headings; `score` without the alignment of its words.

    `answers` says whether it holds an answer in the passage asked about, `might` whether it does so elsewhere.
    """

    text: str
    lead: str
    headings: str
    score: float
    answers: bool
    might: bool


class Contest(Frozen):
    """A question and its rivals, best first, all as the bundled model reads them; `title` is what it is about."""

    title: str
    question: str
    answerable: bool
    rivals: tuple[Rival, ...]


def contests_of(file: Path, *, halves: bool) -> Iterator[Contest]:
    """Contests of a file of passages, each question asked of the passages of its own title.

    Args:
        file: The file.
        halves: Whether only every second title is taken: the half that `eval.extractive_fit` fits.

    Raises:
        DatasetError: If it is no such file.
    """
    passages, questions = read_passages(file)
    titles = sorted({passage.title for passage in passages})
    wanted = set(titles[::2] if halves else titles)
    title_of = {passage.id: passage.title for passage in passages}
    with indexed_passages(passages) as (index, ids):
        retriever = Retriever(index, index.settings)
        for asked in questions:
            title = title_of[asked.passage_id]
            if title in wanted:
                yield _contest(asked, title, [p for p in passages if p.title == title], ids, retriever, index)


def _contest(
    asked: PassageQuestion,
    title: str,
    passages: Sequence[Passage],
    ids: dict[str, str],
    retriever: Retriever,
    index: Index,
) -> Contest:
    question = read_question(asked.question)
    found = retriever.search(asked.question, filter=Filter(document_id=tuple(ids[p.id] for p in passages)))
    evidence = gather(question, found, weigh(question, index.store), word_vectors(question, index.model))
    answers = [normalise(answer) for answer in asked.answers]
    return Contest(
        title=title,
        question=gloss(asked.question),
        answerable=asked.answerable,
        rivals=tuple(_rival(one, answers, ids[asked.passage_id]) for one in evidence[:N_RIVALS]),
    )


def _rival(one: Evidence, answers: Sequence[str], own: str) -> Rival:
    holds = any(answer in normalise(one.text) for answer in answers)
    is_own = one.record.document_id == own
    return Rival(
        text=gloss(one.answering),
        lead=gloss(one.lead),
        headings=gloss(one.headings),
        score=round(one.score, 4),
        answers=holds and is_own,
        might=holds and not is_own,
    )


def read_contests(file: Path) -> list[Contest]:
    """The contests that this command wrote.

    Raises:
        DatasetError: If it is no such file.
    """
    try:
        return [Contest.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]
    except (OSError, ValidationError, UnicodeDecodeError) as exc:
        raise DatasetError(f"is no file of contests: {exc}", path=file) from exc


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the command; always 0.

    Raises:
        RagError: If a file or the embedding model cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m eval.contests", description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="*", help="passages and questions, all of whose titles are taken")
    parser.add_argument(
        "--half", type=Path, nargs="*", default=[], metavar="FILE", help="the same, of which every second title is"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="CONTESTS", help="file to write")
    args = parser.parse_args(argv)
    n = 0
    with args.out.open("w", encoding="utf-8") as out:
        for file, halves in [(f, False) for f in args.files] + [(f, True) for f in args.half]:
            for contest in contests_of(file, halves=halves):
                out.write(contest.model_dump_json() + "\n")
                n += 1
    print(f"{n} contests written to {args.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
