"""The parent's side of the child process that reads files: started on first use, watched, replaced after a breach."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from rag.errors import RagError
from rag.loading.frames import LENGTHS, pack, unpack_header
from rag.loading.raw import Refused

logger = logging.getLogger(__name__)

_START_TIMEOUT_S = 60.0
_CLOSE_TIMEOUT_S = 2.0
_FILES_PER_CHILD = 500  # a leak in a parser's native code never adds up
_PIPE_BYTES = 1 << 20
_OUT_OF_MEMORY_SIGNALS = (signal.SIGTRAP, signal.SIGABRT, signal.SIGILL, signal.SIGSEGV)
"""How native code ends that gets no more memory; the system itself ends a process that took too much by SIGKILL."""


class Child:
    """A child process that turns bytes into raw documents. Not for several threads at once."""

    def __init__(self, *, memory_mb: int, timeout_s: float, max_reply_bytes: int) -> None:
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s
        self._max_reply_bytes = max_reply_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._n_files = 0
        self._first_peak_mb = 0.0

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the child, or `None` while there is none."""
        return self._process.pid if self._process else None

    def read(self, module: str, limits: Mapping[str, int], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Have `data` read by the reader in `module`.

        Returns:
            Header and payload of the reply.

        Raises:
            Refused: If the reader refuses the file, or breaks a limit (`timeout`, `memory`, `too_long`), or crashes on
                it (`damaged`).
            RagError: If no child process can be started.
        """
        return self._ask({"module": module, "limits": dict(limits)}, data)

    def draw(self, module: str, page: int, data: bytes) -> bytes:
        """Have a page of `data` drawn by `module`; its picture.

        Raises:
            Refused: As `read`.
            RagError: If no child process can be started.
        """
        return self._ask({"module": module, "page": page}, data)[1]

    def _ask(self, request: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """One request and its reply."""
        frame = pack({**request, "timeout_s": self._timeout_s}, data)
        if self._n_files >= _FILES_PER_CHILD:
            self.close()
        for attempt in (1, 2):
            process = self._process or self._start()
            deadline = time.monotonic() + self._timeout_s
            if _send(process, frame, deadline):
                break
            # The child died before it had the file, which is then not to blame: once more, with a new child.
            if attempt == 2 or time.monotonic() >= deadline:
                raise self._breach(deadline)
            self.close()
        self._n_files += 1
        return self._reply(process, deadline)

    def close(self) -> None:
        """End the child process, if there is one."""
        process, self._process = self._process, None
        self._n_files = 0
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-B", "-m", "rag.loading.worker", str(self._memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(),
                cwd="/",
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
            )
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                os.set_blocking(stream.fileno(), False)
            self._process = process
            ready = _receive(process, time.monotonic() + _START_TIMEOUT_S, max_bytes=1024)
            if ready is None:
                process.kill()
                self.close()
                errors.seek(0)
                last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
                raise RagError(
                    f"The process that reads files could not be started ({last[0]}). "
                    "Check that RAG_PARSE_MEMORY_MB and the limits of this shell leave it enough memory."
                )
        # Linux counts the parent's memory at the time of the start as the child's peak so far.
        self._first_peak_mb = ready[0]["peak_kb"] / 1024
        return process

    def _reply(self, process: subprocess.Popen[bytes], deadline: float) -> tuple[dict[str, Any], bytes]:
        try:
            reply = _receive(process, deadline, max_bytes=self._max_reply_bytes)
        except ValueError as exc:
            process.kill()
            self.close()
            raise Refused("too_long", f"What the file unpacks to is larger than the limit ({exc}).") from None
        if reply is None:
            raise self._breach(deadline)
        header, payload = reply
        code = header.get("code")
        if code == "memory":
            self.close()
            raise self._out_of_memory()
        if code is not None:
            raise Refused(code, str(header["reason"]))
        return header, payload

    def _breach(self, deadline: float) -> Refused:
        """End a child that is late or dead, and say what the file did to it."""
        process = self._process
        assert process is not None
        if time.monotonic() >= deadline:
            process.kill()
            self.close()
            return self._too_slow()
        peak_mb = _peak_memory_mb(process)
        self.close()
        status = process.returncode
        logger.info("The reading process ended with status %s (peak %d MB)", status, peak_mb)
        if -status == signal.SIGXCPU:
            return self._too_slow()
        has_grown = peak_mb > max(self._first_peak_mb, self._memory_mb / 2)
        if -status == signal.SIGKILL or (-status in _OUT_OF_MEMORY_SIGNALS and has_grown):
            return self._out_of_memory()
        name = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Refused("damaged", f"The file is damaged: its reader crashed on it ({name}).")

    def _too_slow(self) -> Refused:
        return Refused(
            "timeout", f"Reading took longer than {self._timeout_s:g} seconds, the limit (RAG_PARSE_TIMEOUT_S)."
        )

    def _out_of_memory(self) -> Refused:
        return Refused(
            "memory", f"Reading needed more than {self._memory_mb:,} MB of memory, the limit (RAG_PARSE_MEMORY_MB)."
        )


def _environment() -> dict[str, str]:
    """What the child needs to find its modules, and nothing else: no keys, no proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path), "PYTHONUTF8": "1"}


def _peak_memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Wait for a child that has closed its end of the pipe, that is, is about to die; its largest resident size."""
    deadline = time.monotonic() + _CLOSE_TIMEOUT_S
    while True:
        try:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        except ChildProcessError:  # already waited for
            return 0.0
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss / 1024
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.005)


def _send(process: subprocess.Popen[bytes], frame: bytes, deadline: float) -> bool:
    """Write a frame; false when the child has gone or the time is up."""
    assert process.stdin is not None
    fd, view = process.stdin.fileno(), memoryview(frame)
    while view:
        if not _wait(fd, select.POLLOUT, deadline):
            return False
        try:
            view = view[os.write(fd, view[:_PIPE_BYTES]) :]
        except BlockingIOError:
            continue
        except OSError:
            return False
    return True


def _receive(
    process: subprocess.Popen[bytes], deadline: float, *, max_bytes: int
) -> tuple[dict[str, Any], bytes] | None:
    """Read a frame; `None` when the child has gone or the time is up.

    Raises:
        ValueError: If the frame is larger than `max_bytes`.
    """
    assert process.stdout is not None
    stream: IO[bytes] = process.stdout
    lengths = _read_exactly(stream.fileno(), LENGTHS.size, deadline)
    if lengths is None:
        return None
    n_header, n_payload = LENGTHS.unpack(lengths)
    if n_header + n_payload > max_bytes:
        raise ValueError(f"{(n_header + n_payload) / 2**20:,.0f} MB of {max_bytes / 2**20:,.0f} MB")
    header = _read_exactly(stream.fileno(), n_header, deadline)
    payload = _read_exactly(stream.fileno(), n_payload, deadline)
    return None if header is None or payload is None else (unpack_header(header), payload)


def _read_exactly(fd: int, n_bytes: int, deadline: float) -> bytes | None:
    parts = bytearray()
    while len(parts) < n_bytes:
        if not _wait(fd, select.POLLIN, deadline):
            return None
        try:
            part = os.read(fd, min(_PIPE_BYTES, n_bytes - len(parts)))
        except BlockingIOError:
            continue
        if not part:
            return None
        parts += part
    return bytes(parts)


def _wait(fd: int, event: int, deadline: float) -> bool:
    """Wait until `fd` is ready; false when the time is up. A hang-up counts as ready: reading or writing tells."""
    poll = select.poll()
    poll.register(fd, event)
    remaining = deadline - time.monotonic()
    return remaining > 0 and bool(poll.poll(remaining * 1000))
