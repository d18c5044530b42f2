"""Clears what Chroma's HNSW files hold beside the vectors in use.

A new index of the library under Chroma (hnswlib) reserves room for its first vectors, does not set it, and writes it
out as it is. Whatever the process freed before can stand there, the vectors of a deleted document among it.
"""

from __future__ import annotations

import struct
from pathlib import Path

# Start of `header.bin` as Chroma's fork of hnswlib writes it: version, offset of the lowest level, slots reserved,
# slots in use, bytes a slot.
_HEADER = struct.Struct("<iQQQQ")
_VERSION = 1
_LENGTH_BYTES = 4


def clear_unused_slots(folder: Path) -> None:
    """Write zeros over the slots not in use, in each HNSW index under a folder; nothing reads those.

    Raises:
        ValueError: If a file is not laid out as this module knows it: what stands there is unknown then.
        OSError: If a file cannot be read or written.
    """
    for header in sorted(folder.rglob("header.bin")):
        try:
            version, offset, n_slots, n_used, slot_bytes = _HEADER.unpack_from(header.read_bytes())
        except struct.error as exc:
            raise ValueError(f"{header} is too short for the header of an HNSW index.") from exc
        if version != _VERSION or offset or n_used > n_slots:
            raise ValueError(f"{header} is not the header of an HNSW index of version {_VERSION}.")
        _clear_from(header.with_name("data_level0.bin"), n_used * slot_bytes)
        _clear_from(header.with_name("length.bin"), n_used * _LENGTH_BYTES)


def _clear_from(path: Path, used: int) -> None:
    size = path.stat().st_size
    if size < used:
        raise ValueError(f"{path} has {size} bytes, fewer than the {used} in use by its header.")
    if size > used:
        with path.open("r+b") as stream:
            stream.seek(used)
            stream.write(bytes(size - used))
