"""Answers without a model, end to end over a small index: what is quoted, in which order, and when nothing is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.config import Settings
from rag.extractive.answering import answer_from
from rag.extractive.drafting import Draft
from rag.extractive.fitting import MAX_CHARS, MAX_SENTENCES
from rag.extractive.quoting import points_back
from rag.index.build import build_index
from rag.index.opening import Index
from rag.retrieval.search import Retriever

DOCUMENTS = {
    "charter-1.md": """---
title: The first Harbour Charter (3 March 2020)
title_ja: 最初の港湾憲章（2020年3月3日）
date: 2020-03-03
language: en
kind: plan
status: superseded
replaced_by: corpus/charter-2.md
---
## Adoption

The town council adopted the first Harbour Charter on 3 March 2020. It was drafted by the harbour office in the winter
before. The first charter aims at a share of 40% of goods carried by sail.

## Principles

The first Harbour Charter rests on three principles:

- Clean water, which every ship has to protect.
- Quiet nights, so that the fishing quarter can sleep.
- Fair fees, set by the harbour office each spring.
""",
    "charter-2.md": """---
title: The second Harbour Charter (9 May 2023)
title_ja: 港湾憲章（第2版）（2023年5月9日）
date: 2023-05-09
language: en
kind: plan
status: in force
replaces: corpus/charter-1.md
---
## Adoption

The town council adopted the second Harbour Charter on 9 May 2023. The second charter raises the share of goods carried
by sail to 60%.

## Enforcement

The second Harbour Charter contains no fines. Ships that break the rules are named on a board at the quay.
""",
    "ferry.md": """---
title: The ferry to Gull Island
date: 2024-01-15
language: en
kind: report
---
## The ship

The ferry Petrel carries 120 passengers to Gull Island. Captain Marta Lind has commanded the Petrel since 2019. The
crossing takes 35 minutes.

## Fares

| ticket | price |
|---|---|
| single | 8 euros |
| return | 14 euros |
""",
    "灯台.md": """---
title: 灯台の歴史
date: 2022-08-01
language: ja
kind: report
---
## 建設

港の灯台は1887年に建てられた。灯台の高さは31メートルで、石でできている。灯台守は2001年に廃止された。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "corpus").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "corpus" / name).write_text(text, "utf-8")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(made)
    return made


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[Index]:
    with Index.open(settings) as opened:
        yield opened


def ask(question: str, index: Index, settings: Settings) -> Draft:
    retriever = Retriever(index, settings)
    return answer_from(question, retriever.search(question), index, settings, search=retriever.search)


def shown(draft: Draft) -> list[str]:
    return [sentence.shown for sentence in draft.sentences]


FACTS = [
    ("Who commands the Petrel?", "Captain Marta Lind has commanded the Petrel since 2019."),
    ("How long does the crossing to Gull Island take?", "The crossing takes 35 minutes."),
    ("How many passengers does the ferry carry?", "The ferry Petrel carries 120 passengers to Gull Island."),
    ("灯台はいつ建てられましたか？", "港の灯台は1887年に建てられた。"),
]


@pytest.mark.parametrize(("question", "sentence"), FACTS, ids=[question for question, _ in FACTS])
def test_the_sentence_that_answers_comes_first(question: str, sentence: str, index: Index, settings: Settings) -> None:
    assert sentence in shown(ask(question, index, settings))[0]


OFF_TOPIC = [
    "What is the capital of France?",
    "How do I bake sourdough bread?",
    "Who invented the telephone?",
    "東京の天気は？",
]


@pytest.mark.parametrize("question", OFF_TOPIC)
def test_questions_about_something_else_are_not_answered(question: str, index: Index, settings: Settings) -> None:
    draft = ask(question, index, settings)
    assert draft.sentences == ()
    assert draft.abstained
    assert draft.reason in ("off_topic", "not_stated")


def test_a_question_that_names_no_edition_gets_both_the_one_in_force_first(index: Index, settings: Settings) -> None:
    draft = ask("When was the Harbour Charter adopted?", index, settings)
    assert shown(draft) == [
        "The town council adopted the second Harbour Charter on 9 May 2023.",
        "The town council adopted the first Harbour Charter on 3 March 2020.",
    ]
    assert [sentence.document.date for sentence in draft.sentences] == ["2023-05-09", "2020-03-03"]


def test_a_question_that_names_an_edition_gets_that_one(index: Index, settings: Settings) -> None:
    draft = ask("When was the first Harbour Charter adopted?", index, settings)
    assert shown(draft)[0] == "The town council adopted the first Harbour Charter on 3 March 2020."


def test_an_edition_that_there_is_not_is_no_premise_to_build_on(index: Index, settings: Settings) -> None:
    draft = ask("When was the third Harbour Charter adopted?", index, settings)
    assert (draft.abstained, draft.reason) == (True, "false_premise")


def test_a_list_comes_whole_with_its_introduction(index: Index, settings: Settings) -> None:
    draft = ask("What are the three principles of the first Harbour Charter?", index, settings)
    assert shown(draft)[0] == (
        "The first Harbour Charter rests on three principles:\n"
        "- Clean water, which every ship has to protect.\n"
        "- Quiet nights, so that the fishing quarter can sleep.\n"
        "- Fair fees, set by the harbour office each spring."
    )


def test_both_parts_of_a_compound_question_are_answered(index: Index, settings: Settings) -> None:
    draft = ask("When was the first Harbour Charter adopted, and what are its three principles?", index, settings)
    text = "\n".join(shown(draft))
    assert "3 March 2020" in text
    assert "- Quiet nights" in text


def test_a_sentence_with_a_pronoun_brings_the_one_it_points_to(index: Index, settings: Settings) -> None:
    draft = ask("Who drafted the first Harbour Charter?", index, settings)
    assert any(
        text.startswith("The town council adopted the first Harbour Charter on 3 March 2020. It was drafted by")
        for text in shown(draft)
    )


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Thereafter one day is added each year.", True),
        ("以後、勤続1年ごとに1日を加える。", True),
        ("ただし、夏は除く。", True),
        ("The days are added each year.", False),
        ("以後の勤続には1日を加える。", False),
    ],
)
def test_what_goes_on_from_the_sentence_before_points_back(text: str, points: bool) -> None:
    assert points_back(text) is points


def test_a_wrong_year_is_named_and_the_right_one_cited(index: Index, settings: Settings) -> None:
    draft = ask("Was the first Harbour Charter adopted in 2018?", index, settings)
    assert [notice.code for notice in draft.notices] == ["premise"]
    assert "2018" in draft.notices[0].message
    assert "3 March 2020" in draft.notices[0].message
    assert shown(draft) == ["The town council adopted the first Harbour Charter on 3 March 2020."]


def test_its_true_twin_is_answered_without_a_notice(index: Index, settings: Settings) -> None:
    draft = ask("Was the first Harbour Charter adopted in March 2020?", index, settings)
    assert draft.notices == ()
    assert shown(draft)[0] == "The town council adopted the first Harbour Charter on 3 March 2020."


def test_a_wrong_count_is_named(index: Index, settings: Settings) -> None:
    draft = ask("What are the seven principles of the first Harbour Charter?", index, settings)
    assert [notice.code for notice in draft.notices] == ["premise"]
    assert "seven" in draft.notices[0].message
    assert "three" in draft.notices[0].message


def test_what_the_document_denies_is_said(index: Index, settings: Settings) -> None:
    draft = ask("How high are the fines in the second Harbour Charter?", index, settings)
    assert [notice.code for notice in draft.notices] == ["premise"]
    assert "The second Harbour Charter contains no fines." in shown(draft)


def test_a_price_in_a_table_comes_with_its_header(index: Index, settings: Settings) -> None:
    draft = ask("What is the price of a return ticket on the ferry?", index, settings)
    assert any("ticket | price" in text and "return | 14 euros" in text for text in shown(draft))


QUESTIONS = [question for question, _ in FACTS] + OFF_TOPIC + [
    "When was the Harbour Charter adopted, what are its principles, and who drafted it?",
    "Tell me about the Harbour Charter",
    "?",
    "灯台",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_limits_and_places_hold_whatever_is_asked(question: str, index: Index, settings: Settings) -> None:
    draft = ask(question, index, settings)
    assert draft.abstained == (not draft.sentences)
    assert (draft.reason is not None) == draft.abstained
    assert len(draft.sentences) <= MAX_SENTENCES
    assert sum(len(text) for text in shown(draft)) <= MAX_CHARS
    assert 0 <= draft.confidence <= 1
    for sentence in draft.sentences:
        document = index.store.document(sentence.document.document_id)
        assert document is not None
        quote = document.text[sentence.start : sentence.end]
        assert quote == quote.strip()
        assert len(quote) <= (800 if "\n" in sentence.shown else 400)


def test_without_candidates_nothing_is_found(index: Index, settings: Settings) -> None:
    assert answer_from("When was it adopted?", [], index, settings) == Draft(abstained=True, reason="no_hits")


def test_the_answer_is_the_same_each_time(index: Index, settings: Settings) -> None:
    question = "When was the Harbour Charter adopted?"
    first, second = ask(question, index, settings), ask(question, index, settings)
    assert (shown(first), first.confidence) == (shown(second), second.confidence)


def test_a_question_in_the_other_language_is_told_so(index: Index, settings: Settings) -> None:
    draft = ask("フェリーPetrelは何人を運びますか。Petrelの乗客 120 passengers", index, settings)
    assert draft.abstained or [notice.code for notice in draft.notices] == ["other_language"]
