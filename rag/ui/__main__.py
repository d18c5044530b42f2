"""`python -m rag.ui`: bring the index up to date, then open the chat page on the first free port.

The address is the last line of standard output, printed once the page answers. What the page logs goes to a file.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from rag.errors import IndexLockedError, RagError

if TYPE_CHECKING:
    from rag.config import Settings

_STOP_S = 1.5


class _SignalReceived(BaseException):
    """SIGINT or SIGTERM arrived: raised wherever the main thread is."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Index, open the page, stay until it ends; the exit code is returned (argparse's own included)."""
    try:
        args = _parser().parse_args(argv)
    except SystemExit as exc:
        return int(exc.code or 0)
    environment = {"RAG_INDEX_DIR": args.index, "RAG_CORPUS_DIR": args.corpus}
    changes = {name: str(path) for name, path in environment.items() if path is not None}
    try:
        with _signals():
            _index(changes)
            return _serve(args.port, args.address, changes)
    except _SignalReceived as exc:
        return 128 + exc.number
    except (RagError, OSError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rag.ui",
        description="Bring the index up to date, then open the chat page.",
        epilog="example: python -m rag.ui --port 8501",
    )
    parser.add_argument("--port", type=_port, default=8501, help="port; if it is taken, the next free one (8501)")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine alone)")
    parser.add_argument("--index", metavar="DIR", type=Path, help="folder of the index (RAG_INDEX_DIR)")
    parser.add_argument("--corpus", metavar="DIR", type=Path, help="folder of the documents (RAG_CORPUS_DIR)")
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return number


def _index(changes: dict[str, str]) -> None:
    """Bring the index up to date; while another process does, the page opens with what is there."""
    from rag import build_index
    from rag.terminal.lines import index_lines
    from rag.terminal.progress import progress_bar

    settings = _settings(changes)
    print(f"Indexing {settings.corpus_dir} into {settings.index_dir} …", flush=True)
    try:
        with progress_bar() as progress:
            report = build_index(settings, progress)
    except IndexLockedError as exc:
        print(f"Not indexed now: {exc}", flush=True)
        return
    for line in index_lines(report):
        print(line, flush=True)


def _settings(changes: dict[str, str]) -> Settings:
    from rag import Settings

    names = {"RAG_INDEX_DIR": "index_dir", "RAG_CORPUS_DIR": "corpus_dir"}
    values: dict[str, Any] = {names[name]: path for name, path in changes.items()}
    return Settings(**values)


def _serve(first_port: int, address: str, changes: dict[str, str]) -> int:
    """Run the page until it ends; its exit code."""
    from rag.ui.launching import free_port, open_log, start_server, url_of, wait_until_ready

    settings = _settings(changes)
    log, log_path = open_log(settings.data_dir)
    with log:
        port = free_port(first_port, address)
        if port != first_port:
            print(f"Port {first_port} is taken; using {port}.", flush=True)
        server = start_server(port, address, log, changes, max_file_mb=settings.max_file_mb)
        try:
            if not wait_until_ready(server, port, address):
                print(f"error: The page did not start; see {log_path}.", file=sys.stderr)
                return 1
            print(f"Log: {log_path}. Stop with Ctrl-C. The page is open at\n{url_of(port, address)}", flush=True)
            return server.wait()
        finally:
            _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into `_SignalReceived`; further ones must not disturb the clearing up."""

    def receive(number: int, frame: FrameType | None) -> NoReturn:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
        raise _SignalReceived(number)

    before = {signum: signal.signal(signum, receive) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


if __name__ == "__main__":
    sys.exit(main())
