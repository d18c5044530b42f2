"""Command line: parsing and printing; the work is done by the library.

Results go to standard output, progress and logs to standard error. Exit codes: 0 done (no answer found included),
1 an error of ours in one line, 2 wrong usage, 3 some files rejected or problems found, 130 and 143 on a signal.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rag.errors import QuestionError, RagError, UnknownSourceError
from rag.terminal.ending import end_process, ended

if TYPE_CHECKING:
    from rag.config import Settings

EXIT_ERROR, EXIT_USAGE, EXIT_PARTLY = 1, 2, 3

_EPILOG = """\
examples:
  python -m rag index
  python -m rag fetch plan-2
  python -m rag ask "When was Japan's AI Basic Plan adopted?"
  python -m rag search "AI Safety Institute staff" -k 3
  python -m rag ask "AI法に罰則はありますか" --json > answer.json && python -m rag verify answer.json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned, never raised (argparse's own `--help` included)."""
    try:
        args = _parser().parse_args(argv)
    except SystemExit as exc:
        return int(exc.code or 0)
    logging.basicConfig(
        level=logging.DEBUG if args.debug else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if not args.debug:
        # What a library has to say is for --debug; what a user needs is in our own messages.
        logging.getLogger().setLevel(logging.ERROR)
        logging.getLogger("rag").setLevel(logging.WARNING)
    return ended(lambda: _run(args))


def script() -> NoReturn:
    """Entry point of the `kihon` script and of `python -m rag`."""
    end_process(main)


def _complain(exc: RagError, args: argparse.Namespace) -> None:
    from rag.terminal.lines import one_line

    if args.debug:
        import traceback

        traceback.print_exception(exc)
    print(f"error: {one_line(str(exc))}", file=sys.stderr)


# --- parsing --------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rag",
        description="Ask documents and get answers whose every quote can be checked.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", metavar="DIR", type=Path, help="folder of the index (RAG_INDEX_DIR)")
    common.add_argument("--corpus", metavar="DIR", type=Path, help="folder of the documents (RAG_CORPUS_DIR)")
    common.add_argument("--json", action="store_true", help="print the value as JSON")
    common.add_argument("--debug", action="store_true", help="log what happens, and show tracebacks")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(
        name: str, run: Callable[[argparse.Namespace], int], help_text: str, example: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            parents=[common],
            help=help_text,
            description=help_text[0].upper() + help_text[1:] + ".",
            epilog=f"example: {example}",
        )
        command.set_defaults(run=run)
        return command

    index = add("index", _index, "bring the index up to date with the documents", "python -m rag index --corpus docs")
    index.add_argument("--rebuild", action="store_true", help="make it anew, beside the old one, then switch")
    index.add_argument("--dry-run", action="store_true", help="say what would be done and change nothing")
    index.add_argument("--wait", action="store_true", help="wait while another process writes the index")
    fetch = add(
        "fetch",
        _fetch,
        "download official texts of the list (RAG_SOURCES_FILE) and index them",
        "python -m rag fetch plan-1 plan-2",
    )
    fetch.add_argument("ids", metavar="ID", nargs="*", help="which; without any: all of the list")
    fetch.add_argument("--accept", action="store_true", help="take in a file that has changed since it was recorded")
    ask = add("ask", _ask, "answer one question, with citations", 'python -m rag ask "Who chairs the headquarters?"')
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument(
        "--evidence", action="store_true", help="print an evidence bundle (JSON), which verify checks later"
    )
    add("chat", _chat, "hold a conversation in the terminal", "python -m rag chat")
    search = add("search", _search, "list the passages found for a question", 'python -m rag search "80%% target" -k 5')
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("-k", metavar="N", type=_positive, help="how many hits (RAG_TOP_K)")
    add("info", _info, "say what is indexed, with what, and what is missing", "python -m rag info --json")
    verify = add(
        "verify",
        _verify,
        "check an answer, a list of answers or an evidence bundle that was saved as JSON",
        "python -m rag verify answer.json",
    )
    verify.add_argument("file", metavar="FILE", help="what was saved; - reads standard input")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 50:
        raise argparse.ArgumentTypeError("must be from 1 to 50")
    return number


def _run(args: argparse.Namespace) -> int:
    try:
        status: int = args.run(args)
    except (QuestionError, UnknownSourceError) as exc:
        _complain(exc, args)
        return EXIT_USAGE
    except RagError as exc:
        _complain(exc, args)
        return EXIT_ERROR
    return status


def _settings(args: argparse.Namespace, **more: Any) -> Settings:
    from rag.config import Settings

    values = {"index_dir": args.index, "corpus_dir": args.corpus, **more}
    return Settings(**{name: value for name, value in values.items() if value is not None})


# --- commands -------------------------------------------------------------------------------------------------------


def _index(args: argparse.Namespace) -> int:
    from rag.index.build import build_index
    from rag.terminal.lines import index_lines
    from rag.terminal.progress import progress_bar

    with progress_bar() as progress:
        report = build_index(_settings(args), progress, rebuild=args.rebuild, dry_run=args.dry_run, wait=args.wait)
    if args.json:
        print(report.model_dump_json(indent=2))
    else:
        _print_lines(index_lines(report))
    return EXIT_PARTLY if report.rejected else 0


def _fetch(args: argparse.Namespace) -> int:
    from rag.fetching.fetch import fetch_sources
    from rag.index.build import build_index
    from rag.terminal.lines import fetch_lines
    from rag.terminal.progress import download_bar, progress_bar

    settings = _settings(args)
    with download_bar() as progress:
        report = fetch_sources(settings, args.ids, progress, accept=args.accept)
    try:
        if report.added + report.updated + report.unchanged:
            with progress_bar() as indexing:
                report = report.model_copy(update={"index": build_index(settings, indexing)})
    finally:
        # The files are there, whatever comes of indexing them.
        if args.json:
            print(report.model_dump_json(indent=2))
        else:
            _print_lines(fetch_lines(report))
    is_whole = not report.failed and not report.changed and (report.index is None or not report.index.rejected)
    return 0 if is_whole else EXIT_PARTLY


def _ask(args: argparse.Namespace) -> int:
    from rag.chain import ask
    from rag.terminal.lines import answer_lines

    settings = _settings(args)
    answer = ask(args.question, settings)
    if args.evidence:
        from rag.checking.evidence import create_evidence

        print(create_evidence(answer, settings).model_dump_json(indent=2))
    elif args.json:
        print(answer.model_dump_json(indent=2))
    else:
        _print_lines(answer_lines(answer))
    return 0


def _search(args: argparse.Namespace) -> int:
    from rag.chain import search
    from rag.terminal.lines import hit_lines

    hits = search(args.question, _settings(args), k=args.k)
    if args.json:
        from pydantic import TypeAdapter

        from rag.answer import Hit

        print(TypeAdapter(list[Hit]).dump_json(hits, indent=2).decode())
    elif hits:
        _print_lines(hit_lines(hits))
    else:
        print("No passage matches.")
    return 0


def _chat(args: argparse.Namespace) -> int:
    from rag.terminal.repl import chat

    return chat(_settings(args), json_lines=args.json)


def _info(args: argparse.Namespace) -> int:
    from rag.index.description import describe_index
    from rag.terminal.lines import info_lines

    info = describe_index(_settings(args))
    if args.json:
        print(info.model_dump_json(indent=2))
    else:
        _print_lines(info_lines(info))
    return 0


def _verify(args: argparse.Namespace) -> int:
    from rag.checking.verification import verify
    from rag.terminal.lines import verify_lines

    report = verify(_read_text(args.file), _settings(args))
    if args.json:
        print(report.model_dump_json(indent=2))
    else:
        _print_lines(verify_lines(report))
    return 0 if report.ok else EXIT_PARTLY


def _read_text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as exc:
        raise RagError(
            f"Cannot read {name!r}: {exc.strerror}. Give the file that `ask --json` or `ask --evidence` wrote."
        ) from exc
    except UnicodeDecodeError as exc:
        raise RagError(
            f"{name!r} is not UTF-8 text. Give the file that `ask --json` or `ask --evidence` wrote."
        ) from exc


def _print_lines(lines: Any) -> None:
    for line in lines:
        print(line)


if __name__ == "__main__":
    script()
