"""Twenty users at once on one page: everybody is answered, soon, and nobody sees an error (L4, shortened)."""

from __future__ import annotations

import asyncio
import math
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_users import Asked, user_of
from served_page import serving

from rag import Settings, build_index

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("plan-1.md", "plan-1.ja.md", "plan-2.md", "act.md", "aisi.md")
QUESTIONS = (
    "When was the first AI Basic Plan adopted?",
    "What are the four basic policies?",
    "Which plan is in force?",
    "Are there penalties in the AI Promotion Act?",
    "How many people work at the AI Safety Institute?",
    "最初の計画の三つの原則は何ですか",
    "How tall is Mount Fuji?",
)
N_USERS = 20
THINK_S = 10.0
LASTS_S = 40.0
# Two cores alone: 0.6 s for half of the answers, 1.4 s for 95 of 100. Other tests run beside this one.
MOST_S = 10.0


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The page over five documents, warm."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in DOCUMENTS:
        shutil.copy(ROOT / "corpus" / name, corpus)
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    with serving(settings) as address:
        yield address


async def test_twenty_users_at_once_are_answered_soon(address: str) -> None:
    async with user_of(address) as first:
        await first.open()
        await first.ask(QUESTIONS[0])
    troubles: list[str] = []
    opened: list[float] = []
    answers: list[Asked] = []

    async def use(number: int) -> None:
        chance, loop = random.Random(number), asyncio.get_running_loop()
        until = loop.time() + LASTS_S
        async with user_of(address) as user:
            opened.append(await user.open())
            await asyncio.sleep(chance.uniform(0, THINK_S))
            while loop.time() < until:
                answers.append(await user.ask(chance.choice(QUESTIONS)))
                await asyncio.sleep(THINK_S)
            troubles.extend(user.troubles)

    async with asyncio.timeout(LASTS_S + 60):
        await asyncio.gather(*(use(number) for number in range(N_USERS)))
    assert troubles == []
    assert {asked.state for asked in answers} == {"done"}
    assert len(answers) >= 2 * N_USERS
    assert _at(0.95, opened) <= MOST_S
    assert _at(0.95, [asked.shown_s or math.inf for asked in answers]) <= MOST_S / 2
    assert _at(0.95, [asked.words_s or math.inf for asked in answers]) <= MOST_S
    assert _at(0.95, [asked.done_s or math.inf for asked in answers]) <= MOST_S


def _at(share: float, values: list[float]) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]
