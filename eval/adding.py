"""`python -m eval add`: keep a question with what a right answer holds, for later runs to ask (`run --cases`).

Facts and quotes are checked before anything is written. An answer saved by `python -m rag ask --json` gives question
and answer (`--from`).
"""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from eval.matching import states
from rag.answer import Answer
from rag.checking.saved import read_answer
from rag.config import Settings
from rag.errors import AnswerFormatError, QuestionError
from rag.feedback.adding import add_case
from rag.feedback.case import Case
from rag.feedback.cases_file import CASES_NAME
from rag.terminal.lines import one_line
from rag.text.markup import plain

_LANGUAGES = get_args(Case.model_fields["language"].annotation)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `add`."""
    parser.add_argument("--question", metavar="TEXT", help="the question (that of --from)")
    parser.add_argument("--from", dest="file", metavar="FILE", help="an answer's JSON; - reads standard input")
    parser.add_argument(
        "--answer", metavar="FACT", action="append", default=[], help="a fact that a right answer holds, its wordings"
        " with | between them; again for further facts",
    )  # fmt: skip
    parser.add_argument("--correction", metavar="TEXT", default="", help="what is wrong, in words")
    parser.add_argument(
        "--document", metavar="ID", action="append", default=[], help="a document that holds the answer; again for more"
    )
    parser.add_argument(
        "--quote", metavar="TEXT", action="append", default=[], help="words of the document that hold the answer"
    )
    parser.add_argument("--unanswerable", action="store_true", help="the documents do not hold the answer")
    parser.add_argument(
        "--forbidden", metavar="TEXT", action="append", default=[], help="a text that a right answer does not hold"
    )
    parser.add_argument("--language", choices=_LANGUAGES, help="that of the question (by its script)")
    parser.add_argument("--kind", metavar="KIND", help="what is asked for (fact, or unanswerable_near)")
    parser.add_argument("--index", metavar="DIR", type=Path, help="index that holds the document (RAG_INDEX_DIR)")
    parser.add_argument("--json", action="store_true", help="print the case as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `add`; always 0.

    Raises:
        RagError: If the case says too little, its quote stands nowhere, or it cannot be written.
    """
    settings = Settings() if args.index is None else Settings(index_dir=args.index)
    answer = Answer() if args.file is None else _saved_answer(args.file)
    if args.question is None and args.file is None:
        raise QuestionError("Give the question (--question), or the answer to take it from (--from FILE).")
    case = add_case(
        # An answer keeps no conversation: the question as it was searched stands on its own.
        args.question if args.question is not None else answer.searched or answer.question,
        settings,
        answers=[fact.split("|") for fact in args.answer],
        correction=args.correction,
        documents=args.document,
        quotes=args.quote,
        is_unanswerable=args.unanswerable,
        forbidden=args.forbidden,
        given=answer.text,
        language=args.language,
        kind=args.kind,
    )
    for fact in _facts_outside(case):
        print(f"warning: {one_line(fact)!r} stands in none of the quotes.", file=sys.stderr)
    if args.json:
        print(case.model_dump_json(indent=2))
    else:
        print(f"{case.id}: {one_line(case.question)}\nKept in {one_line(str(settings.data_dir / CASES_NAME))}.")
    return 0


def _facts_outside(case: Case) -> list[str]:
    """Facts that the quotes do not hold, where there are quotes: one of the two is likely to be wrong."""
    quoted = plain("\n".join(gold.quote for gold in case.quotes))
    return [words[0] for words in case.answers if quoted and not states(quoted, words)]


def _saved_answer(name: str) -> Answer:
    try:
        return read_answer(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as exc:
        raise AnswerFormatError(
            f"Cannot read {name!r}: {exc.strerror}. Give the file that `python -m rag ask --json` wrote."
        ) from exc
