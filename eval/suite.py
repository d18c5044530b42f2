"""`python -m eval run`: index the documents alone, ask every question, write and print the run, pass it by the gate."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from eval.agreement import judge_figures
from eval.baseline import committed_baseline
from eval.baselining import baseline_to_compare, check_baseline, compared, is_part, replace_baseline
from eval.cases import read_cases
from eval.dataset import BUNDLED, Row, gold_problems, read_files
from eval.gate import floors_of, gate_failures
from eval.halves import HALVES, half_of
from eval.model_judge import Judge
from eval.progress import asking_bar
from eval.report import run_lines
from eval.rulings import RULINGS, judged_with, not_judged_lines, rule_all
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
        "--data", metavar="FILE", type=Path, nargs="+", default=[BUNDLED], help="questions, JSONL (bundled ones)"
    )
    parser.add_argument(
        "--answerer", choices=("extractive", "llm", "auto"), default="extractive", help="how to answer (extractive)"
    )
    parser.add_argument("--half", choices=HALVES, help="ask only this half of the questions, parted by document")
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
    parser.add_argument("--judge", metavar="MODEL", help="have this chat model judge the answers too (off; it costs)")
    parser.add_argument("--judge-url", metavar="URL", help="its OpenAI-compatible address (OPENAI_BASE_URL)")
    parser.add_argument("--judge-price", metavar="IN,OUT", type=_price, help="US dollars for a million of its tokens")
    parser.add_argument(
        "--baseline",
        metavar="DIR",
        type=Path,
        help="compare with this one (the committed, if there is one)",
    )
    parser.add_argument("--write-baseline", action="store_true", help="write the baseline instead of comparing with it")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `run`; 0, or 1 where the gate fails.

    The floors hold for the bundled questions and for the suite, without cases. Of the bundled questions no false
    premise may be accepted; elsewhere only those that the baseline accepts. The gate's other rules hold always.

    Raises:
        RagError: If questions, settings, documents, folder or model cannot be used.
        KeyboardInterrupt: On Ctrl-C; what was asked is kept, and the same command goes on from there.
    """
    is_bundled = [path.resolve() for path in args.data] == [BUNDLED]
    baseline_folder: Path | None = args.baseline or committed_baseline(args.data)
    check_baseline(args, baseline_folder)
    judge = _make_judge(args)
    rows = _rows(args)
    cases = read_cases(Settings(), rows) if args.cases else []
    rows += cases
    settings = _settings(args)
    baseline = baseline_to_compare(args, baseline_folder)
    price = args.price or price_of(settings)
    started = time.monotonic()
    _index(settings)
    for problem in gold_problems(rows, _texts(rows, settings)):
        print(f"warning: {one_line(problem)}", file=sys.stderr)
    config = made_with(args.data, len(rows) - len(cases), settings)
    if args.half is not None:
        config["data"]["half"] = args.half
    if args.cases:
        config["cases"] = {"rows": len(cases)}
    with open_run(args.out, config, rows, restart=args.restart) as folder:
        done = _ask(folder, rows, settings, price)
        outcome = {}
        if judge is None or args.restart:
            (folder.path / RULINGS).unlink(missing_ok=True)
        if judge is not None:
            done, outcome["judge"] = _judged(folder, done, judge, args)
        seconds = round(time.monotonic() - started, 1)
        folder.finish(done.summary, came_of(done, folder.n_resumed, seconds, price) | outcome)
    _print_run(done, args)
    if args.write_baseline and baseline_folder is not None:
        baseline = replace_baseline(baseline_folder, done, config)
    floors = {} if is_part(args) or args.cases else floors_of(args.data)
    verdicts, accepted = compared(args, rows, baseline)
    reasons = gate_failures(done.results, done.summary, floors, verdicts, () if is_bundled else accepted)
    for reason in reasons:
        print(f"gate: {one_line(reason)}", file=sys.stderr)
    return 1 if reasons else 0


def _rows(args: argparse.Namespace) -> list[Row]:
    rows = read_files(args.data)
    asked = [row for row in rows if args.half in (None, half_of(row))][: args.limit]
    if not asked:
        raise ConfigError(f"None of the {len(rows)} questions belongs to the half {args.half!r}. Leave out --half.")
    return asked


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


def _make_judge(args: argparse.Namespace) -> Judge | None:
    if args.judge is not None:
        return Judge(args.judge, args.judge_url, Settings())
    if args.judge_url is not None or args.judge_price is not None:
        raise ConfigError("--judge-url and --judge-price are for a judge: name it with --judge MODEL.")
    return None


def _judged(folder: RunFolder, done: Run, judge: Judge, args: argparse.Namespace) -> tuple[Run, dict[str, object]]:
    """The run with the judge's figures in its summary, and what `config.json` says of the judge."""
    with asking_bar(sys.stderr, "judged") as progress:
        rulings = rule_all(folder.path / RULINGS, done.results, judge, progress)
    for line in not_judged_lines(rulings):
        print(f"judge: {one_line(line)}", file=sys.stderr)
    figures = judge_figures(done.results, {ruling.id: ruling for ruling in rulings})
    summary = done.summary | figures
    return Run(results=done.results, summary=summary), judged_with(judge, rulings, args.judge_price)


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
