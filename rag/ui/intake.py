"""The intake: takes in and deletes uploads for all sessions, one at a time, off the sessions' own threads.

One at a time, because the index has one writer; who comes second would wait for its lock in a thread of its own.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rag import Settings, add_upload, delete_document
from rag.answer import FileReport
from rag.index.build import Stage
from rag.ui.desk import BusyError
from rag.ui.troubles import Trouble, trouble_of
from rag.uploads.deleting import Deletion, DeletionStage
from rag.uploads.names import safe_name

logger = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]

_MB = 1024 * 1024
_MAX_JOBS = 500
# Bytes of files that may wait in memory, beside one file of the largest size.
_MAX_BYTES = 64 * _MB

_NUMBERS = itertools.count(1)


class _CancelledError(Exception):
    """The reader took the job back."""


@dataclass(slots=True, kw_only=True)
class Job:
    """One file to take in, or one document to delete; filled in by the intake's thread.

    Attributes:
        name: Safe name of the file, or the document's id.
        deletes: Whether it deletes.
        n_bytes: Size of the file; 0 for a deletion.
        state: `failed`: `trouble` says why; an upload that cannot be indexed is `done`, with its report.
        stage: What is being done, once something is; `wait`: another process writes the index.
        trouble: What went wrong where it failed.
        is_cancelled: The reader has taken it back.
        is_past_return: It is too late for that.
        is_seen: The session has taken note of the end.
    """

    name: str
    deletes: bool = False
    n_bytes: int = 0
    id: int = field(default_factory=lambda: next(_NUMBERS))
    state: State = "waiting"
    stage: Stage | DeletionStage | None = None
    report: FileReport | None = None
    deletion: Deletion | None = None
    trouble: Trouble | None = None
    is_cancelled: bool = False
    is_seen: bool = False
    data: bytes = field(default=b"", repr=False)
    is_past_return: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in ("waiting", "running")

    @property
    def can_cancel(self) -> bool:
        """Whether it can still be taken back."""
        return self.is_open and not self.is_cancelled and not self.is_past_return


class Intake:
    """One queue for all sessions; thread-safe.

    Args:
        settings: Folders and limits.
        max_bytes: Bytes of waiting files from which on no more are taken.
    """

    def __init__(self, settings: Settings, *, max_bytes: int = _MAX_BYTES) -> None:
        self._settings = settings
        self._max_bytes = max_bytes
        self._line: list[Job] = []
        self._deleted: list[str] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="kihon-intake", daemon=True).start()

    def has_room(self) -> bool:
        """Whether another file is taken."""
        with self._changed:
            return self._has_room()

    def add(self, name: str, data: bytes) -> Job:
        """Have a file taken in; returns at once.

        Raises:
            BusyError: If too much waits already.
        """
        return self._hand_in(Job(name=safe_name(name), n_bytes=len(data), data=data))

    def delete(self, document_id: str) -> Job:
        """Have an upload deleted; returns at once.

        Raises:
            BusyError: If too much waits already.
        """
        return self._hand_in(Job(name=document_id, deletes=True))

    def deleted(self) -> list[str]:
        """Ids of the uploads that were deleted so far, in order."""
        with self._changed:
            return list(self._deleted)

    def cancel(self, job: Job) -> None:
        """Take a job back, where that is still possible; one that is running ends a moment later."""
        with self._changed:
            if job.can_cancel:
                job.is_cancelled = True
                if job in self._line:
                    self._line.remove(job)
                    _end(job, "cancelled")

    def _has_room(self) -> bool:
        return len(self._line) < _MAX_JOBS and sum(job.n_bytes for job in self._line) < self._max_bytes

    def _hand_in(self, job: Job) -> Job:
        with self._changed:
            if not self._has_room():
                raise BusyError("Too many uploads are waiting.")
            self._line.append(job)
            self._changed.notify()
        return job

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._line)
                job = self._line.pop(0)
                job.state = "running"
            try:
                self._carry_out(job)
            except _CancelledError:
                _end(job, "cancelled")
            except Exception as exc:
                logger.exception("An upload could not be taken in or deleted")
                job.trouble = trouble_of(exc)
                _end(job, "failed")

    def _carry_out(self, job: Job) -> None:
        note = self._noter(job)
        if job.deletes:
            job.deletion = delete_document(job.name, self._settings, note)
            with self._changed:
                self._deleted.append(job.name)
        else:
            job.report = add_upload(job.name, job.data, self._settings, lambda step: note(step.stage, step.path))
        _end(job, "done")

    def _noter(self, job: Job) -> Callable[..., None]:
        def note(stage: Stage | DeletionStage, path: str = "") -> None:
            with self._changed:
                if job.is_cancelled and not job.is_past_return:
                    raise _CancelledError
                job.stage = stage
                # Once an upload's text may be in the index, its file must not be taken away alone.
                job.is_past_return |= stage == "delete" or (stage == "store" and path.startswith("uploads/"))

        return note


def _end(job: Job, state: State) -> None:
    job.data = b""
    job.state = state
