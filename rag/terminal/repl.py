"""A conversation in the terminal: a question a line, the answer as it comes, its sources below."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.answer import Answer
from rag.errors import IndexStoreError, RagError
from rag.terminal.lines import after_text_lines, inert, one_line

if TYPE_CHECKING:
    from rag.config import Settings

_QUIT = ("/quit", "/exit", "/q")
_MAX_TURNS_KEPT = 50


def chat(settings: Settings, *, json_lines: bool = False) -> int:
    """Read questions from standard input until it ends or `/quit`; answers go to standard output.

    Args:
        settings: The settings.
        json_lines: Print each answer as one line of JSON instead.

    Raises:
        IndexStoreError: If the index cannot be used; any other `RagError` is printed and the conversation goes on.
    """
    from rag.chain import Chain

    history: list[tuple[str, str]] = []
    interactive = sys.stdin.isatty()
    if interactive:
        print("Ask a question; /quit or Ctrl-D ends.", file=sys.stderr)
    with contextlib.closing(Chain(settings)) as chain:
        while True:
            if interactive:
                print("> ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line or line.strip() in _QUIT:
                return 0
            question = line.strip()
            if not question:
                continue
            try:
                parts = chain.stream({"question": question, "chat_history": history})
                answer = _sum(parts) if json_lines else _print_stream(parts)
            except IndexStoreError:
                raise
            except RagError as exc:
                print(f"error: {one_line(str(exc))}", file=sys.stderr)
                continue
            if json_lines:
                print(answer.model_dump_json(), flush=True)
            history = [*history, ("user", question), ("assistant", answer.text)][-2 * _MAX_TURNS_KEPT :]


def _sum(parts: Iterator[Answer]) -> Answer:
    answer = Answer()
    for part in parts:
        answer += part
    return answer


def _print_stream(parts: Iterator[Answer]) -> Answer:
    answer = Answer()
    for part in parts:
        answer += part
        if part.text:
            print(inert(part.text), end="", flush=True)
    if answer.text:
        print()
    for line in after_text_lines(answer):
        print(line)
    print(flush=True)
    return answer
