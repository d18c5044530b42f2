"""A load of users on the page, and what they met. As a script, the load goals of the page over the bundled documents:

    PYTHONPATH=tests python tests/page_load.py --users 20 --minutes 10

prints one line of JSON: seconds are at the 50th and 95th percentile, memory is that of the page and its children.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from page_users import Asked, user_of
from served_page import serving

from rag import Settings, build_index

THINK_S = 10.0
_SAMPLE_S = 1.0
_GRACE_S = 60.0
ROOT = Path(__file__).resolve().parent.parent


@dataclass(kw_only=True)
class Load:
    """What the users met.

    Attributes:
        troubles: Whatever the page showed as an error.
        opened_s: Seconds until the page stood, a user.
        health_s: Seconds until `/_stcore/health` answered, a second.
        memory_mb: Resident memory of this process's children, in MiB, a second.
    """

    troubles: list[str] = field(default_factory=list)
    opened_s: list[float] = field(default_factory=list)
    answers: list[Asked] = field(default_factory=list)
    health_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def times(self, what: str) -> list[float]:
        """One of `shown_s`, `words_s`, `done_s` of every question; infinite where it never came."""
        return [math.inf if (value := getattr(asked, what)) is None else value for asked in self.answers]

    def summary(self) -> dict[str, Any]:
        """The figures to report."""
        kinds = {what: self.times(what) for what in ("shown_s", "words_s", "done_s")}
        kinds |= {"opened_s": self.opened_s, "health_s": self.health_s}
        return {
            "questions": len(self.answers),
            "errors": len(self.troubles) + sum(asked.state != "done" for asked in self.answers),
            **{name: [round(at(share, values), 3) for share in (0.5, 0.95)] for name, values in kinds.items()},
            "memory_mb": [round(self.memory_mb[0]), round(max(self.memory_mb))],
        }


def at(share: float, values: Sequence[float]) -> float:
    """The smallest value that is not below `share` of the values."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


async def put_load(address: str, questions: Sequence[str], *, n_users: int, lasts_s: float, seed: int = 0) -> Load:
    """Users who open the page at once and ask, each some seconds after the last answer, until the time is over.

    Raises:
        TimeoutError: If somebody still waits a minute after that.
    """
    load = Load()
    watching = asyncio.create_task(_watch(address, load))
    try:
        async with asyncio.timeout(lasts_s + _GRACE_S):
            users = [_use(address, questions, load, random.Random(seed + n), lasts_s) for n in range(n_users)]
            await asyncio.gather(*users)
    finally:
        watching.cancel()
    return load


async def _use(address: str, questions: Sequence[str], load: Load, chance: random.Random, lasts_s: float) -> None:
    until = time.monotonic() + lasts_s
    async with user_of(address) as user:
        load.opened_s.append(await user.open())
        await asyncio.sleep(chance.uniform(0, THINK_S))
        load.answers.append(await user.ask(chance.choice(questions)))
        while time.monotonic() + THINK_S < until:
            await asyncio.sleep(THINK_S)
            load.answers.append(await user.ask(chance.choice(questions)))
        load.troubles.extend(user.troubles)


async def _watch(address: str, load: Load) -> None:
    async with httpx.AsyncClient(timeout=_GRACE_S) as client:
        while True:
            load.memory_mb.append(sum(_memory_mb(child) for child in psutil.Process().children(recursive=True)))
            started = time.monotonic()
            (await client.get(f"{address}/_stcore/health")).raise_for_status()
            load.health_s.append(time.monotonic() - started)
            await asyncio.sleep(_SAMPLE_S)


def _memory_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def _main() -> int:
    parser = argparse.ArgumentParser(description="Put a load of users on the page over the bundled documents.")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10.0)
    arguments = parser.parse_args()
    rows = (ROOT / "eval/data/questions.jsonl").read_text("utf-8").splitlines()
    questions = [row["question"] for row in map(json.loads, rows) if not row.get("history")]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        settings = Settings(corpus_dir=ROOT / "corpus", index_dir=data / "index", data_dir=data / "data")
        build_index(settings)
        with serving(settings) as address:
            asyncio.run(put_load(address, questions[:1], n_users=1, lasts_s=1))  # warm
            load = asyncio.run(put_load(address, questions, n_users=arguments.users, lasts_s=60 * arguments.minutes))
    print(json.dumps(load.summary()))
    return 1 if load.summary()["errors"] else 0


if __name__ == "__main__":
    sys.exit(_main())
