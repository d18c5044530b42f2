"""What must be on the disk before work goes on."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk.

    Raises:
        OSError: If it cannot be opened or written.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes, *, mode: int = 0o666, part: Path | None = None) -> None:
    """Give a file its content, so that a reader sees, and a crash at any moment leaves, the old one or the new.

    Args:
        path: The file; need not be there.
        data: All that it is to hold.
        mode: Who may read and write it, less what the process's mask takes away.
        part: Where the content is written first, in the same folder, by one process at a time; default `.NAME.new`. A
            process that is killed leaves it.

    Raises:
        OSError: If it cannot be written; the old content stays.
    """
    part = part or path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
