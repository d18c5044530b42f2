"""A reader for tests only, in a format of its own: it does to its process what a parser does on a hostile file."""

from __future__ import annotations

import array
import os
import signal
import sys
import time
from pathlib import Path

from rag.loading.raw import Limits, Raw, RawSection


def read(data: bytes, limits: Limits) -> Raw:
    """Do what the file says, or give it back as text."""
    order, _, argument = data.decode().partition(" ")
    match order:
        case "sleep":
            time.sleep(float(argument))
        case "spin":
            while True:
                pass
        case "fill":
            held = []
            while True:
                held.append(bytearray(64 * 1024 * 1024))
        case "signal":
            os.kill(os.getpid(), int(argument))
        case "raise":
            raise ValueError(argument)
        case "recurse":
            read(data, limits)
        case "exit":
            sys.exit(int(argument))
        case "print":
            os.write(1, b"rubbish on the standard output" * 1000)
            print("more of it")
        case "write":
            Path(argument).write_bytes(b"x")
        case "long":
            return Raw(text="x" * 2_000_001)
        case "huge":
            return Raw(text="x", notes=("x" * 85_000_000,))
        case "rubbish":
            return Raw(text="ab", sections=(RawSection(start=0, end=1, level="x", heading="", path=""),))  # type: ignore[arg-type]  # rubbish is meant
        case "boxes":
            return Raw(text="abc", boxes=array.array("f", [0.0] * 4))
        case "environment":
            return Raw(text=" ".join(sorted(os.environ)))
        case "modules":
            return Raw(text=" ".join(sorted(sys.modules)))
        case "session":
            return Raw(text=f"{os.getpid()} {os.getsid(0)} {signal.getsignal(signal.SIGINT)}")
    return Raw(text=data.decode())
