"""Folders and files: what is there to read, and the bytes of one file, with nothing followed and nothing waited for."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.answer import FileReport
from rag.config import Root
from rag.errors import CorpusError
from rag.loading.raw import SKIPPED, Code, Refused

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file under a root: where it lies, and its path relative to the root (POSIX, NFC)."""

    file: Path
    path: str


def scan(folder: Path, root: Root) -> Iterator[FoundFile | FileReport]:
    """The regular files under a folder, sorted by path, whatever their format; none where the folder does not exist.

    Hidden files and folders are not looked at. A symbolic link, pipe, socket or device, a folder that cannot be opened
    (its path ends in `/`; what was indexed from it should be kept), a name that is no UTF-8 and the second of two
    names that are equal in NFC come as a `FileReport`. Names that differ in case are two files.

    Raises:
        CorpusError: If `folder` itself is no folder or cannot be listed: that is not the same as an empty one.
    """
    if not os.path.lexists(folder):
        return
    found: list[FoundFile | FileReport] = []
    pending = [(folder, "")]
    while pending:
        parent, prefix = pending.pop()
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    _sort_in(entry, prefix, root, found, pending)
        except OSError as exc:
            reason = f"The folder cannot be opened: {_cause(exc)}."
            if parent == folder:
                raise CorpusError(f"{str(folder)!r}: {reason}", path=folder) from exc
            found.append(report(root, prefix, "unreadable", reason))
    yield from _without_doubles(found, root)


def files_by_path(folder: Path, root: Root) -> dict[str, Path]:
    """Where each regular file under a folder lies, by its path as `scan` gives it; raises as that does."""
    return {item.path: item.file for item in scan(folder, root) if isinstance(item, FoundFile)}


def find_file(folder: Path, root: Root, path: str) -> Path | None:
    """Where the regular file of a path lies, or `None`: a path is NFC, the name on the disk may be in another form.

    Args:
        folder: The folder of `root`.
        root: Whose path it is.
        path: Relative to the folder; whatever it is, no file is found that `scan` does not give.

    Raises:
        CorpusError: If the file is not found at once and `folder` cannot be listed.
    """
    parts = path.split("/")
    if not unicodedata.is_normalized("NFC", path) or any(part.startswith(".") or not part for part in parts):
        return None
    file = folder.joinpath(*parts)
    if file.is_file() and not any(place.is_symlink() for place in (file, *list(file.parents)[: len(parts) - 1])):
        return file
    return files_by_path(folder, root).get(path)


def read_file(file: Path, path: str, *, max_mb: float) -> bytes:
    """The bytes of a regular file, opened without following a link in any part of `path`.

    Args:
        file: Where the file lies; its last parts are those of `path`.
        path: Path relative to the root, which alone is trusted.
        max_mb: Largest size, asked before anything is read.

    Raises:
        Refused: With code `symlink`, `special_file`, `too_large` or `unreadable`.
    """
    n_parts = len(PurePosixPath(path).parts)
    base = Path(*file.parts[:-n_parts]) if 0 < n_parts < len(file.parts) else file.parent
    try:
        fd = _open_below(base, file.parts[len(base.parts) :])
    except OSError as exc:
        # A link is ELOOP, a link where a folder should be ENOTDIR, a socket ENXIO.
        if exc.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused("symlink", "Symbolic links are not followed.") from None
        if exc.errno in (errno.ENXIO, errno.ENODEV):
            raise Refused("special_file", _NOT_REGULAR) from None
        raise Refused("unreadable", f"The file cannot be opened: {_cause(exc)}.") from None
    try:
        return _read_regular(fd, max_mb)
    except OSError as exc:
        raise Refused("unreadable", f"The file cannot be read: {_cause(exc)}.") from None
    finally:
        os.close(fd)


def report(root: Root, path: str, code: Code, reason: str) -> FileReport:
    """The verdict on a file that is not taken in."""
    return FileReport(
        path=path, root=root, verdict="skipped" if code in SKIPPED else "rejected", code=code, reason=reason
    )


_NOT_REGULAR = "Only regular files are read; this is a pipe, a socket or a device."


def _sort_in(
    entry: os.DirEntry[str],
    prefix: str,
    root: Root,
    found: list[FoundFile | FileReport],
    pending: list[tuple[Path, str]],
) -> None:
    """Put one entry of a folder where it belongs."""
    if entry.name.startswith("."):
        return
    path = prefix + unicodedata.normalize("NFC", entry.name)
    if not _is_utf8(entry.name):
        shown = prefix + os.fsencode(entry.name).decode("utf-8", "backslashreplace")
        found.append(report(root, shown, "unreadable", "The name of the file is not UTF-8."))
    elif entry.is_symlink():
        found.append(report(root, path, "symlink", "Symbolic links are not followed."))
    elif entry.is_dir(follow_symlinks=False):
        pending.append((Path(entry.path), f"{path}/"))
    elif entry.is_file(follow_symlinks=False):
        found.append(FoundFile(file=Path(entry.path), path=path))
    else:
        found.append(report(root, path, "special_file", _NOT_REGULAR))


def _without_doubles(found: list[FoundFile | FileReport], root: Root) -> Iterator[FoundFile | FileReport]:
    """In order of paths; of several files with one path the one whose name is in NFC already, else the first."""
    previous = None
    for item in sorted(found, key=lambda item: (item.path, isinstance(item, FileReport), not _is_nfc(item), str(item))):
        if isinstance(item, FoundFile) and item.path == previous:
            reason = "Another file's name differs from this one's only in its Unicode form; that file was read."
            yield report(root, item.path, "duplicate_name", reason)
        else:
            yield item
        previous = item.path


def _is_nfc(item: FoundFile | FileReport) -> bool:
    return isinstance(item, FoundFile) and unicodedata.is_normalized("NFC", str(item.file))


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _open_below(base: Path, parts: tuple[str, ...]) -> int:
    """Open `parts` below `base` part by part: a link that takes a folder's place in the meantime is not followed."""
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = below
        # Without O_NONBLOCK, opening a pipe waits for a writer.
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _read_regular(fd: int, max_mb: float) -> bytes:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise Refused("special_file", _NOT_REGULAR)
    max_bytes = int(max_mb * _MB)
    if status.st_size > max_bytes:
        raise _too_large(f"has {status.st_size / _MB:,.1f} MB", max_mb)
    data = bytearray()
    # Once more than the limit: a file may grow while it is read.
    while part := os.read(fd, min(_MB, max_bytes + 1 - len(data))):
        data += part
        if len(data) > max_bytes:
            raise _too_large("grew while it was read", max_mb)
    return bytes(data)


def _too_large(what: str, max_mb: float) -> Refused:
    return Refused("too_large", f"The file {what}; the limit is {max_mb:g} MB (RAG_MAX_FILE_MB).")


def _cause(exc: OSError) -> str:
    return (exc.strerror or type(exc).__name__).lower()
