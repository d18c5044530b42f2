"""Headings that are questions: what stands under them is found by what they ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Settings, build_index, create_chain
from rag.text.headings import asked_by

HEADINGS = [
    ("Questions › Who runs the harbour?", "Who runs the harbour?"),
    ("よくある質問 › 港は誰が運営していますか。", "港は誰が運営していますか。"),
    ("よくある質問 › 港は誰のもの？", "港は誰のもの？"),
    ("Who runs the harbour? › Fees", None),
    ("Fees", None),
    (None, None),
    ("Is it? " * 40, None),
]


@pytest.mark.parametrize(("section", "asked"), HEADINGS)
def test_asked_by(section: str | None, asked: str | None) -> None:
    assert asked_by(section) == asked


FAQ = """---
title: Questions about the harbour
language: en
kind: report
---
## Who is in charge of the quay?

Marta Lind, elected by the town council each spring, signs for all that happens between the two lighthouses.

## What does a berth cost?

A boat of up to eight metres pays 14 euros a night between May and September.
"""
OTHER = """---
title: Life at the quay
language: en
kind: report
---
The quay is where the fishing quarter meets. Those who are in charge of a boat moor it there overnight.
"""


def test_the_answer_under_a_question_goes_before_words_that_look_like_it(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "faq.md").write_text(FAQ, "utf-8")
    (tmp_path / "corpus" / "quay.md").write_text(OTHER, "utf-8")
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    answer = create_chain(settings).invoke("Who is responsible for the quay?")
    assert answer.text.startswith("Marta Lind")
    assert answer.citations[0].document_id == "corpus/faq.md"
