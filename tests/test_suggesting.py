"""Suggested questions: answered by the documents, in the question's language, and never one that was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Settings, build_index, create_chain, next_questions
from rag.answer import Answer
from rag.embedding.model import EmbeddingModel
from rag.index.opening import Index
from rag.suggesting.wording import about, about_section, heading_question

FAQ = """# Harbour of Amsel

## When does the harbour close?

The harbour of Amsel closes at nine in the evening.

## Who keeps the lighthouse?

Mia Brandt has kept the lighthouse of Amsel since 2019.

## What does a berth cost?

A berth in the harbour of Amsel costs 40 euros a night.
"""
REPORT = """# Report on the ferry

## 1. Timetable

The ferry to Odder leaves every two hours, from six in the morning.

## 2. Crew and safety

The crew of the ferry has nine members, all trained in first aid.

## Sources

None.
"""
JAPANESE = """# 港の案内

## 営業時間

港は午前六時に開き、午後九時に閉まる。

## 停泊料金

停泊の料金は一泊四千円である。
"""


def built(folder: Path, documents: dict[str, str]) -> Iterator[Index]:
    (folder / "corpus").mkdir()
    for name, text in documents.items():
        (folder / "corpus" / name).write_text(text, "utf-8")
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(settings)
    with Index.open(settings) as index:
        yield index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, model: EmbeddingModel) -> Iterator[Index]:
    """A FAQ, a report and a Japanese guide."""
    yield from built(tmp_path_factory.mktemp("all"), {"faq.md": FAQ, "ferry.md": REPORT, "minato.md": JAPANESE})


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, model: EmbeddingModel) -> Iterator[Index]:
    """Documents none of whose headings is a question."""
    yield from built(tmp_path_factory.mktemp("own"), {"ferry.md": REPORT, "minato.md": JAPANESE})


def answered(index: Index, question: str) -> Answer:
    return create_chain(index.settings).invoke(question)


def test_question_headings_come_first_and_what_was_asked_never(index: Index) -> None:
    answer = answered(index, "When does the harbour close?")
    found = next_questions(answer, index)
    assert found[:2] in (
        ["Who keeps the lighthouse?", "What does a berth cost?"],
        ["What does a berth cost?", "Who keeps the lighthouse?"],
    )
    assert "When does the harbour close?" not in found
    left = next_questions(answer, index, asked=["Who keeps the lighthouse?"])
    assert "Who keeps the lighthouse?" not in left
    assert "What does a berth cost?" in left


@pytest.mark.parametrize(
    "question",
    [
        "When does the harbour close?",
        "How often does the ferry leave?",
        "停泊の料金はいくらですか。",
        "What is the moon made of?",
    ],
)
def test_every_suggestion_is_answered_in_its_language(index: Index, question: str) -> None:
    found = next_questions(answered(index, question), index)
    assert len(found) == len(set(found)) <= 3
    for suggested in found:
        assert not answered(index, suggested).abstained, suggested
        assert ("。" in suggested) == ("。" in question)


def test_documents_without_question_headings_are_asked_about_their_sections(own: Index) -> None:
    found = next_questions(answered(own, "How often does the ferry to Odder leave?"), own)
    assert "What does “Report on the ferry” say about Crew and safety?" in found
    japanese = next_questions(answered(own, "停泊の料金はいくらですか。"), own)
    assert japanese == ["「港の案内」は営業時間について何と述べていますか。"]


def test_no_number_is_made_up(index: Index) -> None:
    answer = answered(index, "When does the harbour close?")
    assert next_questions(answer, index, 0) == []
    assert len(next_questions(answer, index, 1)) == 1
    assert next_questions(Answer(question="?"), index.settings) == []


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("Report › 2.1 Crew and safety", "What does “Report” say about Crew and safety?"),
        ("Report › (3) Fares:", "What does “Report” say about Fares?"),
        ("Report › Article 5: Penalties", "What does “Report” say about Penalties?"),
        ("Report › Sources", None),
        ("Report", None),
        ("Report › 2025", None),
        ("Report › " + "x" * 100, None),
        ("Report › 予算", None),
        ("Report › Who pays?", None),
        (None, None),
        ("", None),
    ],
)
def test_a_section_becomes_a_question_about_its_subject(section: str | None, expected: str | None) -> None:
    wording = about_section("Report", section, "en")
    assert (wording and wording.question) == expected


def test_wordings_keep_to_their_language() -> None:
    assert heading_question("FAQ › Who **pays**?", "en") == ("Who pays?", "Who pays?")
    assert heading_question("FAQ › Who pays?", "ja") is None
    assert heading_question("FAQ › 誰が払いますか", "ja") is not None
    assert heading_question("FAQ › Fares", "en") is None
    assert about("", "Fares", "en") is None
    assert about("x" * 81, "Fares", "en") is None
    assert about("報告", "第2章の予算", "ja") == ("「報告」は第2章の予算について何と述べていますか。", "第2章の予算")


def test_suggesting_costs_a_few_answers(index: Index) -> None:
    started = time.perf_counter()
    answer = answered(index, "When does the harbour close?")
    once = time.perf_counter() - started
    started = time.perf_counter()
    next_questions(answer, index)
    assert time.perf_counter() - started < 10 * once + 2
