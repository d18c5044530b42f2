"""Twenty users at once on one page: everybody is answered, soon, and nobody sees an error (L4, shortened)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_load import at, put_load
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
LASTS_S = 30.0
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
    await put_load(address, QUESTIONS[:1], n_users=1, lasts_s=1)
    load = await put_load(address, QUESTIONS, n_users=N_USERS, lasts_s=LASTS_S)
    assert load.troubles == []
    assert {asked.state for asked in load.answers} == {"done"}
    assert len(load.answers) >= 2 * N_USERS
    assert at(0.95, load.opened_s) <= MOST_S
    assert at(0.95, load.times("shown_s")) <= MOST_S / 2
    assert at(0.95, load.times("words_s")) <= MOST_S
    assert at(0.95, load.times("done_s")) <= MOST_S
