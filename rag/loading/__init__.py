"""Files to documents: text fixed once, with pages, headings and what is known of the source.

Reading happens in a child process (`rag.loading.worker`), which imports this package: names load on first use.
May import `rag.text`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.loading.boxes import LineBox, line_boxes
    from rag.loading.files import FoundFile, scan
    from rag.loading.formats import FORMATS, Format
    from rag.loading.loader import Loaded, Loader

__all__ = ["FORMATS", "Format", "FoundFile", "LineBox", "Loaded", "Loader", "line_boxes", "scan"]

_HOMES = {
    "FORMATS": "formats",
    "Format": "formats",
    "FoundFile": "files",
    "LineBox": "boxes",
    "Loaded": "loader",
    "Loader": "loader",
    "line_boxes": "boxes",
    "scan": "files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
