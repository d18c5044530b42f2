"""What no answer goes without: the thing of that number, the name, the time, the holder, what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from built_index import indexed

from rag import create_chain
from rag.config import Settings
from rag.extractive.asked import named
from rag.extractive.evidence import Evidence, gather, weigh, word_vectors
from rag.extractive.lacking import Lack, lack_of
from rag.index.opening import Index
from rag.questions.reading import read_question
from rag.retrieval.search import Retriever

DOCUMENTS = {
    "council.md": """---
title: The harbour council
language: en
---
The third meeting of the harbour council took place on 4 March 2024 in the town hall. At the third meeting the council
spoke about the ferry. Four days after the meeting the ferry was ordered.

Article 12 of the harbour rules forbids diving. Version 2.1 of the harbour rules came into force in May 2024.

In 2024 the ferry carried 12,000 passengers. Wärtsilä and the Karlsson yard built the ferry with money from Finland.

The chair of the harbour council is Ida Vries. The harbour office keeps the boats of the council.
Ms Karlsson paints the ferries.

The London Harbour Trust paid for the quay. Britain wants more ferries. The white book of the council lists the boats.
""",
    "lighthouse.md": """---
title: The lighthouse
language: en
---
The lighthouse is kept by a director and four keepers. Its lamp is seen from afar. Policy 2 of the lamp plan is thrift.
Small and medium-sized enterprises paint the lamps. In fiscal 2024 the ferry had 12,000 passengers.
""",
    "council.ja.md": """---
title: 港湾協議会
language: ja
---
港湾協議会の第3回会合は2024年3月4日に町役場で開かれた。第3回会合では渡し船が話し合われた。

灯火計画の第2期は2024年に始まった。港湾規則の第12条は飛び込みを禁じる。港の利用者は20代が44%、60代が15%である。

協議会の会長は青木花氏である。渡し船の造船所はフィンランドの会社が建てた。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("lacking"), DOCUMENTS)


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[Index]:
    with Index.open(settings) as opened:
        yield opened


def lack(text: str, index: Index, *, document: str = "") -> Lack | None:
    """What is lacking in the evidence in the question's language, or in a document's."""
    question = read_question(text)
    weights = weigh(question, index.store)
    candidates = Retriever(index, index.settings).search(text)
    found = gather(question, candidates, weights, word_vectors(question, index.model))
    own: list[Evidence] = [
        one
        for one in found
        if (one.record.language == "ja") == (question.language == "ja") and document in one.record.document_id
    ]
    return lack_of(question, weights, own, named(question, own, weights, index.model))


@pytest.mark.parametrize(
    ("there", "absent", "kind"),
    [
        ("When was the third meeting of the council?", "When was the fourth meeting of the council?", "number"),
        ("When was the 3rd meeting?", "When was the 2nd meeting of the harbour council?", "number"),
        ("What does Article 12 of the rules say?", "What does Article 14 of the rules say?", "number"),
        ("When did version 2.1 of the rules start?", "When did version 2.0 of the rules start?", "number"),
        ("How many passengers had the ferry in 2024?", "How many passengers had the ferry in 2021?", "number"),
        ("What is the second policy of the lamp plan?", "What is the third pillar of the lamp plan?", "number"),
        ("When did Harbour 2.1 come out?", "When will Harbour 2.2 come out?", "number"),
        ("第3回会合はいつ開かれましたか", "第4回会合はいつ開かれましたか", "number"),
        ("港湾規則の第12条は何を禁じていますか", "港湾規則の第14条は何を禁じていますか", "number"),
        ("20代の利用者は何パーセントですか", "70代の利用者は何パーセントですか", "number"),
        ("What did the Karlsson yard build?", "What did the Lindqvist yard build?", "name"),
        ("Who built the ferry with money from Finland?", "Who built the ferry with money from Canada?", "name"),
        ("港湾協議会はフィンランドの会社に何を頼みましたか", "港湾協議会はカナダの会社に何を頼みましたか", "name"),
        ("How many passengers had the ferry in 2024?", "How many anchors had the ferry in 2024?", "attribute"),
        ("How many passengers had the ferry in 2024?", "How many ferry visas were there in 2024?", "attribute"),
        ("協議会の会長は誰ですか", "協議会の選挙区はどこですか", "attribute"),
        ("協議会の会長は誰ですか", "協議会の会長は何歳ですか", "attribute"),
    ],
)
def test_what_is_lacking(there: str, absent: str, kind: str, index: Index) -> None:
    assert lack(there, index) is None
    found = lack(absent, index)
    assert found is not None
    assert found.kind == kind


def test_the_holder_of_an_office_is_somebody(index: Index) -> None:
    assert lack("Who is the chair of the harbour council?", index) is None
    found = lack("Who is the director of the lighthouse?", index, document="lighthouse")
    assert found is not None
    assert found.kind == "holder"


@pytest.mark.parametrize(
    "question",
    [
        "What does the LHT pay for?",  # spelled out
        "How many ferries does London want?",  # a capital for its country
        "How many ferries do the British want?",
        "What did the Finnish money pay for?",  # a people's name tells nothing apart
        "Which boats are in the White Book?",  # ordinary words in capitals
        "What does a ChatGPT-style answer say about the ferry?",
        "When in March did the council speak about the ferry?",  # figures are held against the documents elsewhere
        "What was the first thing the council did?",  # "first" mostly tells an order, no number
        "What did the council speak about at its third session?",  # another word for a meeting
        "What is the second pillar of the lamp plan?",  # "Policy 2"
        "第3回のつどいはいつでしたか",  # no text has the other words
        "第二弾の灯火計画はどうなりましたか",  # 第2期
        "二つ目の灯火計画はいつ始まりましたか",
        "What does Ms Vries chair?",
        "What does Ulla Karlsson paint?",  # Ms Karlsson
        "Which boats does CCTV show?",
        "I'd like to row from Sweden for two weeks, who forbids diving?",  # the asker's own case
        "Who was the council's second-in-command?",  # no number
        "What did the council, which Sweden once lent money, speak about at the third meeting?",
        "Did the council meet before Christmas?",
        "How many passengers had the ferry in FY2024?",
        "Who are the SMEs that paint the lamps?",  # small and medium-sized
        "What did the MPs speak about at the third meeting?",  # what somebody is called by office
    ],
)
def test_what_is_not_lacking(question: str, index: Index) -> None:
    assert lack(question, index) is None


def test_what_is_lacking_is_said_with_the_abstention(settings: Settings) -> None:
    answer = create_chain(settings).invoke("When was the seventh meeting of the harbour council?")
    assert answer.abstained
    assert [notice.code for notice in answer.notices] == ["premise"]
    assert "“seventh”" in answer.notices[0].message


def test_a_name_that_only_is_lacking_is_said_beside_what_answers_the_rest(settings: Settings) -> None:
    answer = create_chain(settings).invoke("How many passengers had the Lindqvist ferry in fiscal 2024?")
    assert "12,000" in answer.text
    assert "“Lindqvist”" in answer.notices[0].message


@pytest.mark.parametrize(
    "question",
    [
        "How many passengers used the ferry of the third meeting in 2019?",
        "In which prefecture does the ferry land?",
        "20代の利用者は2019年に何パーセントでしたか",
    ],
)
def test_what_stands_apart_does_not_count(question: str, index: Index) -> None:
    assert lack(question, index) is not None


@pytest.mark.parametrize(
    ("question", "is_lacking"),
    [
        ("Who keeps Oslo's lamps?", True),
        ("Who keeps Tokyo's lamps?", False),  # all of these texts are on Japan, and few say so
        ("Who keeps Seoul's lamps?", True),
    ],
)
def test_a_capital_stands_for_the_land_that_all_texts_are_on(
    question: str, is_lacking: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = {f"lamps-{n}.md": f"The lamps of Japan are {n} metres high. Japan has ports." for n in range(8)}
    texts["keeper.md"] = "The lamps are kept by a director and four keepers, who paint them each spring."
    settings = indexed(tmp_path_factory.mktemp("land"), texts)
    with Index.open(settings) as own:
        found = lack(question, own)
    assert (found is not None and found.kind == "name") == is_lacking


def test_a_ministry_is_known_by_its_short_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    texts = {"works.ja.md": "---\ntitle: 港湾の工事\nlanguage: ja\n---\n経済産業省は港の灯台に三億円を出した。"}
    settings = indexed(tmp_path_factory.mktemp("ministry"), texts)
    with Index.open(settings) as own:
        assert lack("経産省は灯台にいくら出しましたか", own) is None
        lacking = lack("文科省は灯台にいくら出しましたか", own)
    assert lacking is not None
    assert lacking.kind == "name"
