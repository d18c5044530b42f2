"""What passes between parent and child: a JSON header and a payload of bytes, each with its length before it."""

from __future__ import annotations

import json
import struct
from typing import Any

LENGTHS = struct.Struct(">QQ")


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """One frame: length of the header, length of the payload, header, payload."""
    # What cannot be written as UTF-8 (half a surrogate pair) has no meaning: it becomes "?".
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return LENGTHS.pack(len(encoded), len(payload)) + encoded + payload


def unpack_header(encoded: bytes) -> dict[str, Any]:
    """The header of a frame.

    Raises:
        ValueError: If it is no JSON object.
    """
    try:
        header = json.loads(encoded)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(header, dict):
        raise ValueError(f"a JSON object was expected, not {type(header).__name__}")
    return header
