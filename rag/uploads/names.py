"""The name that a file came with -> the name under which it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

MAX_NAME_BYTES = 200
"""Longest name that is given, in bytes of UTF-8: file systems take 255, and a number may be added."""

_SEPARATORS = re.compile(r"[/\\]+")
# What some file system or shell reads as something else.
_SPECIAL = re.compile(r'[<>:"|?*]')
# Controls, formats (bidi, zero-width), halves of surrogate pairs, private use, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Devices on Windows, whatever the ending behind them.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)
_MAX_SUFFIX_BYTES = 20


def safe_name(name: str) -> str:
    """A name for a file of that name: one part, visible, in NFC, not hidden, at most `MAX_NAME_BYTES` bytes.

    Folders before it, invisible characters and what is special to a file system go; the ending stays. What is safe
    already comes back as it is.
    """
    parts = [_visible(part) for part in _SEPARATORS.split(name)]
    kept = next((part for part in reversed(parts) if part), "")
    suffix = PurePosixPath(f"x{kept}").suffix
    if len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        suffix = ""
    stem = kept.removesuffix(suffix).lstrip(". ") or "document"
    if _DEVICE.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    return _cut(stem, MAX_NAME_BYTES - len(suffix.encode())) + suffix


def numbered(name: str, taken: Collection[str]) -> str:
    """The name, or the first of `name (2)`, `name (3)`, … that is not taken, letter case aside."""
    folded = {other.casefold() for other in taken}
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    number, candidate = 1, name
    while candidate.casefold() in folded:
        number += 1
        candidate = f"{stem} ({number}){suffix}"
    return candidate


def _visible(part: str) -> str:
    """A part of a path without what cannot be seen; empty where nothing is left, as of `..`."""
    part = part.replace("\t", " ").replace("\n", " ")
    part = "".join(char for char in part if unicodedata.category(char) not in _INVISIBLE)
    part = " ".join(_SPECIAL.sub("_", unicodedata.normalize("NFC", part)).split())
    return part.rstrip(". ")


def _cut(stem: str, max_bytes: int) -> str:
    cut = stem.encode()[:max_bytes].decode(errors="ignore")
    return cut.rstrip(". ")
