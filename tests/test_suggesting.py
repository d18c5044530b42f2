"""Suggested questions: answered by the documents, in the question's language, and never one that was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Settings, build_index, create_chain, next_questions
from rag.answer import Answer, Reason
from rag.embedding.model import EmbeddingModel
from rag.errors import QuestionError
from rag.index.opening import Index
from rag.suggesting.wording import about, about_section, heading_question, is_whole

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
    lighthouse, berth = "Harbour of Amsel: Who keeps the lighthouse?", "Harbour of Amsel: What does a berth cost?"
    assert sorted(found[:2]) == sorted([lighthouse, berth])
    assert not any("When does the harbour close?" in question for question in found)
    for asked in ("Who keeps the lighthouse?", lighthouse):
        left = next_questions(answer, index, asked=[asked])
        assert lighthouse not in left
        assert berth in left


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


def abstained(question: str, reason: Reason, near: Answer) -> Answer:
    """An abstention beside whose question the same passages lie as beside that of another answer."""
    return Answer(question=question, searched=question, abstained=True, reason=reason, hits=near.hits)


def test_after_an_abstention_only_what_was_asked_about_is_suggested(index: Index) -> None:
    near = answered(index, "When does the harbour close?")
    assert "Harbour of Amsel: Who keeps the lighthouse?" in next_questions(near, index)
    berths = next_questions(abstained("Who paints a berth?", "not_stated", near), index)
    assert berths == ["Harbour of Amsel: What does a berth cost?"]
    assert next_questions(abstained("Who is the king of France?", "not_stated", near), index) == []
    for reason in ("off_topic", "no_hits", "filtered_out"):
        assert next_questions(abstained("Who paints a berth?", reason, near), index) == []


def test_a_japanese_topic_is_a_whole_word(own: Index) -> None:
    near = answered(own, "停泊の料金はいくらですか。")
    found = next_questions(abstained("営業部長は誰ですか。", "not_stated", near), own)
    assert all("営業" in question for question in found)
    assert next_questions(abstained("時間割を作ったのは誰ですか。", "not_stated", near), own) == []


def test_only_the_chosen_documents_are_asked(index: Index) -> None:
    answer = answered(index, "When does the harbour close?")
    assert next_questions(answer, index, filter={"document_id": "corpus/ferry.md"}) == [
        "What does “Report on the ferry” say about Timetable?",
        "What does “Report on the ferry” say about Crew and safety?",
    ]
    with pytest.raises(QuestionError, match="colour"):
        next_questions(answer, index, filter={"colour": "blue"})


def test_looking_ends_between_two_steps(index: Index) -> None:
    answer = answered(index, "When does the harbour close?")
    assert next_questions(answer, index, may_go_on=lambda: False) == []
    steps = iter([True, True, True, False])
    assert len(next_questions(answer, index, may_go_on=lambda: next(steps))) == 1


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
    assert heading_question("FAQ › Who **leads** AISI?", "en") == ("Who leads AISI?", "Who leads AISI?")
    assert heading_question("FAQ › Who leads AISI?", "ja") is None
    assert heading_question("FAQ › AISIの所長は誰ですか", "ja") is not None
    assert heading_question("FAQ › Fares", "en") is None
    assert heading_question("Harbour › Who pays?", "en", "港の案内") is None
    assert about("", "Fares", "en") is None
    assert about("x" * 81, "Fares", "en") is None
    assert about("報告", "第2章の予算", "ja") == ("「報告」は第2章の予算について何と述べていますか。", "第2章の予算")


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Does Japan have a law about AI?", "Does Japan have a law about AI?"),
        ("What chatbot do civil servants use?", "What chatbot do civil servants use?"),
        ("Is a firm breaking the law if it ignores advice?", "Is a firm breaking the law if it ignores advice?"),
        ("Why does Japan want to build its own AI?", "Why does Japan want to build its own AI?"),
        ("And what has Seoul done?", "What has Seoul done?"),
        ("How high is the fine?", "The Harbour Act: How high is the fine?"),
        ("So who pays?", "The Harbour Act: Who pays?"),
        ("Which edition is valid today?", "The Harbour Act: Which edition is valid today?"),
        ("And South Korea?", "What does “Guide to harbours” say about South Korea?"),
        ("What about small boats?", "What does “Guide to harbours” say about small boats?"),
        ("Which day did the politicians sign off on it?", None),
        ("How many people work there, and how many should?", None),
        ("How does this compare with what Brussels can charge?", None),
        ("I know nothing about this. What is the story in one breath?", None),
        ("Why is that?", None),
        ("What else did ministers pass on the same Tuesday?", None),
        ("And?", None),
        ("Why?", "The Harbour Act: Why?"),
    ],
)
def test_a_question_of_a_heading_stands_alone(heading: str, expected: str | None) -> None:
    wording = heading_question(f"Guide › The Harbour Act › {heading}", "en", "Guide to harbours")
    assert (wording and wording.question) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("AI法に罰則はありますか", "AI法に罰則はありますか"),
        ("文化庁は何を示しましたか", "文化庁は何を示しましたか"),
        ("では、日本はどう動きましたか", "日本はどう動きましたか"),
        ("違反した会社は罰金を払いますか", "港湾法のきまり：違反した会社は罰金を払いますか"),
        ("韓国は？", "「港の手引き：決まりと料金」は韓国について何と述べていますか。"),
        ("その後どうなりましたか", None),
        ("この計画を、みんなはどう言っていますか", None),
        ("うその情報への備えはありますか", "港湾法のきまり：うその情報への備えはありますか"),
    ],
)
def test_a_japanese_question_of_a_heading_stands_alone(heading: str, expected: str | None) -> None:
    wording = heading_question(f"手引き › 港湾法のきまり › {heading}", "ja", "港の手引き：決まりと料金")
    assert (wording and wording.question) == expected


@pytest.mark.parametrize(
    ("section", "title", "expected"),
    [
        ("Where to begin › Who pays?", "Ferries of Odder", "Ferries of Odder: Who pays?"),
        ("Who leads AISI? › Who pays?", "Ferries of Odder: fares", "Ferries of Odder: Who pays?"),
        ("Who pays?", "Report: Odder and Amsel", "Report: Odder and Amsel: Who pays?"),
        ("Who pays?", "", None),
    ],
)
def test_what_a_heading_leaves_out_is_said_by_the_nearest_that_names_it(
    section: str, title: str, expected: str | None
) -> None:
    wording = heading_question(section, "en", title)
    assert (wording and wording.question) == expected


def test_a_part_of_a_word_is_no_name() -> None:
    assert not is_whole("デジタル", "デジタル庁が配る。")
    assert is_whole("デジタル", "デジタル庁はデジタルを進める。")
    assert is_whole("Odder", "the ferry to Odder.")


def test_suggesting_costs_a_few_answers(index: Index) -> None:
    # Time of this process: other tests may keep the cores busy.
    started = time.process_time()
    answer = answered(index, "When does the harbour close?")
    once = time.process_time() - started
    started = time.process_time()
    next_questions(answer, index)
    assert time.process_time() - started < 10 * once + 2
