"""`python -m eval run`: index the documents alone, ask every question, write and print the run, pass it by the gate."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.baseline import BASELINE, read_baseline, write_baseline
from eval.cases import read_cases
from eval.dataset import GATE_DATA, Row, gold_problems, read_files
from eval.gate import FLOORS, gate_failures
from eval.paired import pair
from eval.progress import asking_bar
from eval.recorded import RecordedRunError, verdicts_of
from eval.report import run_lines
from eval.run_config import came_of, made_with
from eval.run_folder import RunFolder, open_run
from eval.runner import Run, results_of, summary_json
from eval.summary import summarise
from rag import build_index, create_chain, get_document
from rag.config import Settings
from rag.costs import Price, price_of
from rag.errors import ConfigError, CorpusError
from rag.terminal.lines import one_line
from rag.terminal.progress import progress_bar

OUT = Path("eval/results/latest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    parser.add_argument(
        "--data", metavar="FILE", type=Path, nargs="+", default=list(GATE_DATA), help="questions, JSONL (bundled ones)"
    )
    parser.add_argument(
        "--answerer", choices=("extractive", "llm", "auto"), default="extractive", help="how to answer (extractive)"
    )
    parser.add_argument("--limit", metavar="N", type=_positive, help="ask only the first N questions")
    parser.add_argument("--cases", action="store_true", help="ask the cases of `add` too (RAG_DATA_DIR)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=OUT, help=f"folder of the run ({OUT})")
    parser.add_argument("--restart", action="store_true", help="begin anew where an unfinished run would go on")
    parser.add_argument("--index", metavar="DIR", type=Path, help="folder of the suite's own index (OUT/index)")
    parser.add_argument("--corpus", metavar="DIR", type=Path, help="folder of the documents (RAG_CORPUS_DIR)")
    parser.add_argument(
        "--price",
        metavar="IN,OUT",
        type=_price,
        help="US dollars for a million tokens of the chat model (RAG_LLM_INPUT_PRICE, RAG_LLM_OUTPUT_PRICE)",
    )
    parser.add_argument(
        "--baseline", metavar="DIR", type=Path, help="compare with this one (the committed, for the bundled questions)"
    )
    parser.add_argument("--write-baseline", action="store_true", help="write the baseline instead of comparing with it")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `run`; 0, or 1 where the gate fails.

    The floors and the committed baseline hold for the bundled questions without cases; the gate's other rules always.

    Raises:
        RagError: If questions, settings, documents, folder or model cannot be used.
        KeyboardInterrupt: On Ctrl-C; what was asked is kept, and the same command goes on from there.
    """
    is_bundled = [path.resolve() for path in args.data] == list(GATE_DATA)
    _check_baseline(args, is_bundled=is_bundled)
    rows = read_files(args.data)[: args.limit]
    cases = read_cases(Settings(), rows) if args.cases else []
    rows += cases
    settings = _settings(args)
    baseline = _baseline(args, rows, is_bundled=is_bundled)
    price = args.price or price_of(settings)
    started = time.monotonic()
    _index(settings)
    for problem in gold_problems(rows, _texts(rows, settings)):
        print(f"warning: {one_line(problem)}", file=sys.stderr)
    config = made_with(args.data, len(rows) - len(cases), settings)
    if args.cases:
        config["cases"] = {"rows": len(cases)}
    with open_run(args.out, config, rows, restart=args.restart) as folder:
        done = _ask(folder, rows, settings, price)
        seconds = round(time.monotonic() - started, 1)
        folder.finish(done.summary, came_of(done, folder.n_resumed, seconds, price))
    _print_run(done, args)
    if args.write_baseline:
        _replace_baseline(args.baseline or BASELINE, done, config)
    floors = FLOORS if is_bundled and args.limit is None and not args.cases else {}
    reasons = gate_failures(done.results, done.summary, floors, baseline)
    for reason in reasons:
        print(f"gate: {one_line(reason)}", file=sys.stderr)
    return 1 if reasons else 0


def _ask(folder: RunFolder, rows: Sequence[Row], settings: Settings, price: Price | None) -> Run:
    """Ask what is left of the questions; the run with all of them."""
    if folder.note is not None:
        print(one_line(folder.note), file=sys.stderr)
    try:
        with asking_bar(sys.stderr) as progress:
            for result in results_of(
                create_chain(settings), rows, settings, progress=progress, n_done=folder.n_resumed
            ):
                folder.add(result)
    except KeyboardInterrupt:
        print(
            f"Interrupted after {folder.n_kept()} of {len(rows)} questions; the same command goes on from there.",
            file=sys.stderr,
        )
        raise
    return Run(results=tuple(folder.results), summary=summarise(folder.results, price))


def _check_baseline(args: argparse.Namespace, *, is_bundled: bool) -> None:
    """Raise `ConfigError` where a baseline may not be written, or not be compared with."""
    if args.write_baseline and (args.limit is not None or args.cases or not (is_bundled or args.baseline)):
        raise ConfigError(
            "The committed baseline is of all the bundled questions and no others: leave out --limit, --cases and "
            "--data. With --baseline DIR it may be of other questions, but of all of them."
        )
    if args.cases and args.baseline:
        raise ConfigError("No baseline holds your cases: leave out --baseline, or --cases.")


def _baseline(args: argparse.Namespace, rows: Sequence[Row], *, is_bundled: bool) -> Mapping[str, bool] | None:
    """The verdicts to compare with, as far as they are asked for; `None` where there is nothing to compare with.

    Raises:
        ConfigError: If there is none where one must be.
        RecordedRunError: If it cannot be read.
    """
    if args.write_baseline or args.cases or not (is_bundled or args.baseline):
        return None
    folder: Path = args.baseline or BASELINE
    baseline = read_baseline(folder)
    if baseline is None:
        raise ConfigError(f"No baseline in {str(folder)!r}. Write one with `python -m eval run --write-baseline`.")
    if baseline.answerer != args.answerer:
        print(f"The baseline is of the answerer {baseline.answerer}: not compared.", file=sys.stderr)
        return None
    if args.limit is None:
        return baseline.verdicts
    asked = {row.id for row in rows}
    return {id: correct for id, correct in baseline.verdicts.items() if id in asked}


def _replace_baseline(folder: Path, done: Run, config: dict[str, object]) -> None:
    """Write the baseline, and say on standard error what it changes: that belongs into its commit."""
    try:
        before = read_baseline(folder)
    except RecordedRunError as exc:
        print(f"baseline: the one before cannot be read: {one_line(str(exc))}", file=sys.stderr)
        before = None
    write_baseline(folder, done, config)
    print(f"baseline: written to {folder}", file=sys.stderr)
    if before is not None:
        paired = pair(before.verdicts, verdicts_of(done.results))
        for name in ("fixed", "broken", "only_before", "only_after"):
            ids: tuple[str, ...] = getattr(paired, name)
            print(f"baseline: {name} {len(ids)}{': ' if ids else ''}{', '.join(ids)}", file=sys.stderr)


def _print_run(done: Run, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(summary_json(done.summary), indent=2))
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


def _index(settings: Settings) -> None:
    with progress_bar(sys.stderr) as progress:
        report = build_index(settings, progress, wait=True)
    print(f"indexed: {report.n_documents} documents in {report.seconds:.1f} s", file=sys.stderr)


def _texts(rows: Sequence[Row], settings: Settings) -> dict[str, str]:
    texts = {}
    for document_id in {name for row in rows for name in row.documents}:
        with contextlib.suppress(CorpusError):  # a document that is missing is reported with its row
            texts[document_id] = get_document(document_id, settings).text
    return texts


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _price(text: str) -> Price:
    try:
        given, written = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("give two numbers, such as 0.25,2") from None
    if not (0 <= given < float("inf") and 0 <= written < float("inf")):
        raise argparse.ArgumentTypeError("a price is not negative")
    return Price(input=given, output=written)
