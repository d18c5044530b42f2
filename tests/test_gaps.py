"""What documents list as not stated is not answered from what stands near it."""

from __future__ import annotations

import pytest
from built_index import indexed

from rag import Answer, add_upload, create_chain, delete_document
from rag.config import Settings

DOCUMENTS = {
    "ferry.md": """---
title: The harbour ferry
language: en
---
The town council approved the new harbour ferry on 4 March 2024. The yard of Karlsson built the ferry in two years. In
2024 the ferry carried 12,000 passengers. The ferry is painted blue and white. Its name is Aurora.
The council wants the ferry to carry 40% of the travellers to the islands by 2030.
Two captains steer the harbour ferry.
""",
    "open-points.md": """---
title: What is not known of the harbour
language: en
---
## The ferry

On the ferry the sources do not state:

- by how many votes the town council approved the harbour ferry
- what the new ferry of the harbour cost
- how many passengers the ferry carried in 2023
- what share of the travellers to the islands the ferry carries at present
- whether school classes were among the passengers that the ferry carried in 2024
- the names of the two captains who steered the harbour ferry first
- which yards would have to help for 40% of the travellers to the islands to take the ferry by 2030
- which of the two captains who steer the harbour ferry has the longer service

## What is known

The ferry has:

- two captains, Ida Vries and Jan Smit
- a crew of twelve
""",
    "ferry.ja.md": """---
title: 港の渡し船
language: ja
---
町議会は2024年3月4日に新しい渡し船を承認した。渡し船はカールソン造船所が二年で建造した。2024年の渡し船の乗客は1万2000人であった。
港の事務所の電話などの連絡先は、資料に載っていない。
""",
    "open-points.ja.md": """---
title: 港について分からないこと
language: ja
---
渡し船について、資料は次のことを示していない。

- 渡し船を承認した町議会での賛成の票数
- 新しい渡し船の建造費
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("gaps"), DOCUMENTS)


def asked(question: str, settings: Settings) -> Answer:
    return create_chain(settings).invoke({"question": question})


@pytest.mark.parametrize(
    "question",
    [
        "How many votes were there for the harbour ferry when the town council approved it?",
        "What was the cost of the new harbour ferry?",
        "How many passengers did the ferry carry in 2023?",
        "町議会で渡し船の承認に賛成した票は何票でしたか。",
        "港の事務所に電話したいので、番号を教えてください。",
        "新しい渡し船の建造費はいくらでしたか。",
    ],
)
def test_what_is_listed_as_not_stated_is_not_answered(question: str, settings: Settings) -> None:
    answer = asked(question, settings)
    assert (answer.abstained, answer.reason, answer.citations) == (True, "not_stated", ())
    assert answer.hits


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did the town council approve the harbour ferry?", "4 March 2024"),
        ("How many passengers did the ferry carry in 2024?", "12,000"),
        ("Who built the harbour ferry?", "Karlsson"),
        ("How many captains steer the harbour ferry?", "Two captains"),
        ("What share of the travellers to the islands does the council want the ferry to carry by 2030?", "40%"),
        ("What does “The harbour ferry” say about captains?", "Two captains"),
        ("町議会が新しい渡し船を承認したのはいつですか。", "2024年3月4日"),
        ("渡し船を建造したのはどこですか。", "カールソン造船所"),
    ],
)
def test_what_is_stated_beside_a_gap_is_answered(question: str, expected: str, settings: Settings) -> None:
    answer = asked(question, settings)
    assert expected in answer.text
    assert not any(notice.code == "gap" for notice in answer.notices)


def test_the_reader_is_told_that_the_documents_name_the_gap(settings: Settings) -> None:
    (notice,) = asked("By how many votes did the town council approve the harbour ferry?", settings).notices
    assert (notice.code, notice.message) == (
        "gap", "The documents list this among the points that their sources do not state.",
    )  # fmt: skip
    (notice,) = asked("渡し船の承認に町議会で賛成した票数は？", settings).notices
    assert (notice.code, notice.message) == (
        "gap", "文書はこの点を、参照した資料が示していないこととして挙げています。",
    )  # fmt: skip


@pytest.mark.parametrize(
    "question", ["How many votes did the council count?", "Tell me about the ferry", "渡し船とは何ですか"]
)
def test_a_gap_is_never_quoted_as_an_answer(question: str, settings: Settings) -> None:
    for citation in asked(question, settings).citations:
        assert "votes" not in citation.quote
        assert "do not state" not in citation.quote
        assert "示していない" not in citation.quote


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did the new harbour ferry cost?", "3 million euro"),
        ("新しい渡し船の建造費はいくらでしたか。", "300万ユーロ"),
    ],
)
def test_what_a_reader_added_is_answered_all_the_same(question: str, expected: str, settings: Settings) -> None:
    text = "The new ferry of the harbour cost 3 million euro.\n\n新しい渡し船の建造費は300万ユーロであった。\n"
    report = add_upload("ferry-costs.txt", text.encode(), settings)
    name = f"{report.root}/{report.path}"
    try:
        answer = asked(question, settings)
        assert expected in answer.text
        assert [citation.document_id for citation in answer.citations] == [name]
    finally:
        delete_document(name, settings)


def test_other_lists_of_the_same_document_are_answers(settings: Settings) -> None:
    answer = asked("Which two captains does the ferry have?", settings)
    assert "Ida Vries" in answer.text
