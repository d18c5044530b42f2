"""The child process that reads files: bytes come in through a pipe, a raw document, a picture or a refusal goes out.

Started by `rag.loading.child` as `python -m rag.loading.worker`. It never opens a file of the user's, can write none,
and ends when the parent does. It starts with the standard library alone: a reader imports what its format needs.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import resource
import select
import sys
import threading
import zlib
from dataclasses import asdict
from typing import Any, BinaryIO

from rag.loading.frames import LENGTHS, pack, unpack_header
from rag.loading.raw import Limits, Raw, Refused

_GRACE_S = 2


def main() -> int:
    """Read requests until the parent closes the pipe."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    threading.Thread(target=_end_with_parent, args=(requests.fileno(),), daemon=True).start()
    _limit(memory_mb=int(sys.argv[1]))
    _write(replies, pack({"peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
    _silence()
    while (request := _receive(requests)) is not None:
        header, data = request
        reply, is_sound = _answer(header, data)
        _write(replies, reply)
        if not is_sound:
            return 1
    return 0


def _end_with_parent(fd: int) -> None:
    """Leave as soon as the parent's end of the pipe is closed, in the middle of a document too."""
    poll = select.poll()
    poll.register(fd, 0)  # a hang-up is reported whatever is asked for
    poll.poll()
    os._exit(1)


def _limit(memory_mb: int) -> None:
    """Bound memory; no files written, no cores left."""
    _set_limit(resource.RLIMIT_AS, memory_mb * 1024 * 1024)
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_FSIZE, 0)


def _set_limit(kind: int, most: int) -> None:
    """Lower a limit; one that is lower already stays, and a system that has none of this kind goes without."""
    hard = resource.getrlimit(kind)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard if kind == resource.RLIMIT_CPU else soft))


def _silence() -> None:
    """From here on whatever a library prints goes nowhere: not between two frames, nor into the parent's file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)


def _limit_cpu(seconds: float) -> None:
    """Bound the processor time of the next document, should the parent's own clock not end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set_limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds) + _GRACE_S)


def _receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    n_header, n_payload = LENGTHS.unpack(lengths)
    return unpack_header(stream.read(n_header)), stream.read(n_payload)


def _write(stream: BinaryIO, frame: bytes) -> None:
    stream.write(frame)
    stream.flush()


def _answer(header: dict[str, Any], data: bytes) -> tuple[bytes, bool]:
    """One reply, and whether this process may go on after it."""
    _limit_cpu(header["timeout_s"])
    try:
        return _result(header, data), True
    except Refused as exc:
        return pack({"code": exc.code, "reason": exc.reason}), True
    except MemoryError:
        pass
    except RecursionError:
        return pack({"code": "damaged", "reason": "The file is nested too deeply to be read."}), True
    except Exception as exc:  # noqa: BLE001 - whatever a parser raises on a broken file, the file gets its verdict
        return pack({"code": "damaged", "reason": f"The file cannot be read ({type(exc).__name__})."}), True
    # Built outside the handler: there the traceback still holds what filled the memory.
    return pack({"code": "memory"}), False


def _result(header: dict[str, Any], data: bytes) -> bytes:
    """What was asked for: the picture of a page, or the whole document as text."""
    module = importlib.import_module(header["module"])
    if "page" in header:
        return pack({}, module.draw(data, header["page"]))
    limits = Limits(**header["limits"])
    raw = module.read(data, limits)
    limits.check_chars(len(raw.text))
    return _packed(raw)


def _packed(raw: Raw) -> bytes:
    boxes = b""
    if raw.boxes is not None:
        if len(raw.boxes) != 4 * len(raw.text) or raw.boxes.itemsize != 4:
            raise AssertionError("a reader must give one box a character")
        boxes = zlib.compress(raw.boxes.tobytes(), level=1)
    header = {
        "text": raw.text,
        "title": raw.title,
        "front_matter": raw.front_matter,
        "language": raw.language,
        "pages": [asdict(page) for page in raw.pages],
        "sections": [asdict(section) for section in raw.sections],
        "n_removed": raw.n_removed,
        "notes": raw.notes,
        "has_boxes": raw.boxes is not None,
    }
    return pack(header, boxes)


if __name__ == "__main__":
    sys.exit(main())
