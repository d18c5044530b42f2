"""`cases.jsonl` of the data folder: a case a line, appended whole under a lock."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from rag.errors import CaseError
from rag.feedback.case import Case
from rag.store.durable import replace_file, sync_folder
from rag.store.lock import waiting_lock

CASES_NAME = "cases.jsonl"
MAX_CASE_BYTES = 200_000
_LOCK_NAME = ".cases.lock"


def append_case(data_dir: Path, case: Case) -> bool:
    """Append a case to the file of a data folder; false where a case with its id is there already.

    Processes and threads that append at the same time wait for each other. The line goes in with one write and is on
    the disk when this returns; where it cannot be written whole, nothing of it stays.

    Raises:
        CaseError: If the case is too long or the file cannot be written.
    """
    line = case.model_dump_json(exclude_defaults=True).encode() + b"\n"
    if len(line) > MAX_CASE_BYTES:
        raise CaseError(f"The case has {len(line):,} bytes; at most {MAX_CASE_BYTES:,} are kept. Shorten its texts.")
    path = data_dir / CASES_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with waiting_lock(data_dir / _LOCK_NAME):
            if case.id in _ids(path):
                return False
            _append(path, line)
    except OSError as exc:
        raise CaseError(
            f"The cases {str(path)!r} cannot be written: {exc.strerror or exc}. Give this user write access and room, "
            "or set RAG_DATA_DIR to another folder."
        ) from exc
    return True


def forget_document(data_dir: Path, document_id: str, repeats: Callable[[str], bool]) -> int:
    """Drop the cases that name a document, and from the others what was answered in its words.

    Args:
        data_dir: The data folder.
        document_id: The document that is gone.
        repeats: Whether an answer's text repeats a sentence of it.

    Returns:
        How many cases were dropped or changed.

    Raises:
        CaseError: If the file cannot be written; it stays as it was then.
    """
    path = data_dir / CASES_NAME
    if not path.exists():
        return 0
    try:
        with waiting_lock(data_dir / _LOCK_NAME):
            before = path.read_bytes().splitlines(keepends=True)
            after = [_without(line, document_id, repeats) for line in before]
            if before != after:
                replace_file(path, b"".join(after), mode=0o600)
    except OSError as exc:
        raise CaseError(f"The cases {str(path)!r} cannot be written: {exc.strerror or exc}.") from exc
    return sum(old != new for old, new in zip(before, after, strict=True))


def _without(line: bytes, document_id: str, repeats: Callable[[str], bool]) -> bytes:
    """A line of the file without what is of a document; empty where all of it is. What is no case stays."""
    try:
        case = Case.model_validate_json(line)
    except ValueError:
        return line
    if document_id in case.documents:
        return b""
    history = tuple((role, "…" if role == "assistant" and repeats(text) else text) for role, text in case.chat_history)
    given = case.feedback
    if given is not None and repeats(given.answer):
        given = given.model_copy(update={"answer": ""})
    kept = case.model_copy(update={"chat_history": history, "feedback": given})
    return line if kept == case else kept.model_dump_json(exclude_defaults=True).encode() + b"\n"


def _ids(path: Path) -> set[str]:
    """Ids in the file. A line that is no case keeps none from being added: who reads the file is told of it."""
    ids = set()
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                ids.add(str(json.loads(line)["id"]))
    return ids


def _append(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line  # whatever was cut off there must not swallow this one
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError("the disk is full")
            os.fsync(descriptor)
        except BaseException:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(path.parent)
