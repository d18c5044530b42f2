"""A file on its way: what of it is there, of which address and content, and whether it can be gone on with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO


class Part:
    """A file that is not whole yet, with a note of what it is a part of; both hidden, under names made of the id."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f".{name}.part"
        self._note = folder / f".{name}.part.json"

    def begun(self, url: str, *, trusted: bool) -> tuple[int, str | None]:
        """Bytes that are there of this address, and what makes sure that the rest belongs to them.

        Args:
            url: The address.
            trusted: Whether the whole will be held against a known SHA-256, so that no such token is needed.
        """
        try:
            note = json.loads(self._note.read_text("utf-8"))
            n_bytes = self.path.lstat().st_size
            token = note["token"]
            if note["url"] != url or not (isinstance(token, str) or (token is None and trusted)):
                return 0, None
        except (OSError, ValueError, KeyError, TypeError):
            return 0, None
        return n_bytes, token

    def open(self, *, at: int) -> IO[bytes]:
        """The part for writing, cut off at a length; a link in its place is not followed."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        stream = os.fdopen(descriptor, "wb")
        try:
            stream.truncate(at)
            stream.seek(at)
        except BaseException:
            stream.close()
            raise
        return stream

    def note(self, url: str, token: str | None) -> None:
        """Say what the part is a part of."""
        self._note.write_text(json.dumps({"url": url, "token": token}), "utf-8")

    def forget_note(self) -> None:
        """Let what is there count for nothing: it cannot be gone on with."""
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove it."""
        self.forget_note()
        self.path.unlink(missing_ok=True)
