"""`python -m eval run`: index the documents alone, ask every question, write and print the run, pass it by the gate."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.cases import read_cases
from eval.dataset import BUNDLED, Row, gold_problems, read_rows
from eval.gate import FLOORS, gate_failures
from eval.report import run_lines
from eval.runner import Run, run, write_run
from rag import build_index, create_chain, get_document
from rag.answer import IndexReport
from rag.config import Settings
from rag.errors import ConfigError, CorpusError
from rag.terminal.lines import one_line
from rag.terminal.progress import progress_bar

OUT = Path("eval/results/latest")
_EVERY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    parser.add_argument(
        "--data", metavar="FILE", type=Path, default=BUNDLED, help="questions, JSONL (the bundled ones)"
    )
    parser.add_argument(
        "--answerer", choices=("extractive", "llm", "auto"), default="extractive", help="how to answer (extractive)"
    )
    parser.add_argument("--limit", metavar="N", type=_positive, help="ask only the first N questions")
    parser.add_argument("--cases", action="store_true", help="ask the cases of `add` too (RAG_DATA_DIR)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=OUT, help=f"folder of the run ({OUT})")
    parser.add_argument("--index", metavar="DIR", type=Path, help="folder of the suite's own index (OUT/index)")
    parser.add_argument("--corpus", metavar="DIR", type=Path, help="folder of the documents (RAG_CORPUS_DIR)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `run`; 0, or 1 where the gate fails.

    The gate's floors hold for the bundled questions asked in full; its other rules always.

    Raises:
        RagError: If questions, settings, documents or model cannot be used: nothing is written then.
    """
    rows = read_rows(args.data)[: args.limit]
    cases = read_cases(Settings(), rows) if args.cases else []
    rows += cases
    settings = _settings(args)
    started = time.monotonic()
    index = _index(settings)
    for problem in gold_problems(rows, _texts(rows, settings)):
        print(f"warning: {one_line(problem)}", file=sys.stderr)
    with _counter() as progress:
        done = run(create_chain(settings), rows, settings, progress=progress)
    config = _config(args, settings, index, len(rows) - len(cases), round(time.monotonic() - started, 1))
    config["cases"] = {"rows": len(cases)}
    write_run(args.out, done, config)
    is_whole = args.limit is None and not args.cases and args.data.resolve() == BUNDLED
    reasons = gate_failures(done.results, done.summary, FLOORS if is_whole else {})
    _print_run(done, args)
    for reason in reasons:
        print(f"gate: {one_line(reason)}", file=sys.stderr)
    return 1 if reasons else 0


def _print_run(done: Run, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps({name: asdict(estimate) for name, estimate in done.summary.items()}, indent=2))
        return
    for line in run_lines(done):
        print(line)
    print(f"\nWritten to {args.out}.")


def _settings(args: argparse.Namespace) -> Settings:
    """Settings that see the corpus alone: an index of its own, no uploads, no shared Chroma server."""
    index_dir: Path = args.index or args.out / "index"
    user = Settings()
    if index_dir.resolve() == user.index_dir.resolve():
        raise ConfigError(
            f"--index {str(index_dir)!r} is the index that you ask (RAG_INDEX_DIR), and uploads may be in it. "
            "Name another folder, or leave --index out."
        )
    corpus_dir: Path = args.corpus or user.corpus_dir
    return Settings(
        corpus_dir=corpus_dir,
        index_dir=index_dir,
        data_dir=args.out / "no-data",
        chroma_url=None,
        answerer=args.answerer,
    )


def _index(settings: Settings) -> IndexReport:
    with progress_bar(sys.stderr) as progress:
        report = build_index(settings, progress, wait=True)
    print(f"indexed: {report.n_documents} documents in {report.seconds:.1f} s", file=sys.stderr)
    return report


def _texts(rows: list[Row], settings: Settings) -> dict[str, str]:
    texts = {}
    for document_id in {name for row in rows for name in row.documents}:
        with contextlib.suppress(CorpusError):  # a document that is missing is reported with its row
            texts[document_id] = get_document(document_id, settings).text
    return texts


def _config(
    args: argparse.Namespace, settings: Settings, index: IndexReport, n_rows: int, seconds: float
) -> dict[str, Any]:
    """What the run was made with; no secret, and what differs between two runs of one state stands at the end."""
    return {
        "data": {"name": args.data.name, "sha256": hashlib.sha256(args.data.read_bytes()).hexdigest(), "rows": n_rows},
        "index": {"documents": index.n_documents, "chunks": index.n_chunks},
        "settings": settings.model_dump(
            mode="json", exclude={"openai_api_key", "index_dir", "data_dir", "corpus_dir", "chroma_url"}
        ),
        "versions": {"python": platform.python_version(), "kihon": _version("kihon"), "torch": _version("torch")},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@contextlib.contextmanager
def _counter() -> Iterator[Callable[[int, int], None]]:
    """Progress of the questions on standard error: one line that counts on a terminal, a line now and then in a log."""
    is_terminal = sys.stderr.isatty()
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if is_terminal:
            print(f"\rasked: {done} of {total}", end="", file=sys.stderr, flush=True)
        elif done == total or time.monotonic() - last >= _EVERY_S:
            last = time.monotonic()
            print(f"asked: {done} of {total}", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if is_terminal:
            print(file=sys.stderr)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
