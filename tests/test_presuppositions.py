"""What the documents say in place of a figure, person or body that a question states."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from built_index import indexed

from rag.config import Settings
from rag.extractive.answering import answer_from
from rag.extractive.drafting import Draft
from rag.extractive.presuppositions import is_short_for
from rag.index.opening import Index
from rag.retrieval.search import Retriever

DOCUMENTS = {
    "bridge.md": """---
title: The Long Bridge
language: en
---
The Long Bridge was opened to traffic on Monday 4 May 1998. The Harbour Agency looks after the bridge and its lamps.
Mayor Ida Vries opened the Long Bridge in person. The toll for crossing the bridge brings in about 3 million euro a
year, which pays for the lamps. The bridge law of the town knows no fines for cyclists.
People of 75 or more cross the Long Bridge without paying the toll.
Papers that have the Long Bridge opened on a Sunday are wrong. Ulla Berg, who lives in Lindau, paints the lamps of the
Long Bridge.

The Lamp Fair met in London in May 2001. Minister Otto Lang paid for the prize.
At the Lamp Fair the golden lens was given as the prize.

When the lamp plan was adopted in March 1997, the AI Lamp Bureau had about 30 staff. In 1999 AILB moved to the harbour.
""",
    "bridge.ja.md": """---
title: 長い橋
language: ja
---
長い橋は1998年5月4日の月曜日に開通した。港湾管理庁が橋と照明を管理している。橋の通行料は年に約300万ユーロで、照明の費用にあてられる。
橋の条例に罰則はなく、自転車に罰金はない。

2001年5月にロンドンで開かれた灯火の祭りでは、金のレンズが授けられた。灯火の祭りでは、会長の青木花氏が銀のレンズを授けた。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("presuppositions"), DOCUMENTS)


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[Index]:
    with Index.open(settings) as opened:
        yield opened


def asked(question: str, index: Index, settings: Settings) -> Draft:
    retriever = Retriever(index, settings)
    return answer_from(question, retriever.search(question), index, settings, search=retriever.search)


@pytest.mark.parametrize(
    ("false", "assumed", "stated", "true"),
    [
        (
            "The Long Bridge was opened to traffic in May 2003. Which agency looks after its lamps?",
            "May 2003",
            "4 May 1998",
            "The Long Bridge was opened to traffic in May 1998. Which agency looks after its lamps?",
        ),
        (
            "After Mayor Smith opened the Long Bridge, which agency looked after it?",
            "Mayor Smith",
            "Mayor Ida Vries",
            "After Mayor Vries opened the Long Bridge, which agency looked after it?",
        ),
        (
            "Which bridge did Minister Vries open in person?",
            "Minister Vries",
            "Mayor Ida Vries",
            "Which bridge did Mayor Vries open in person?",
        ),
        (
            "Where does Jan Smit, who paints the lamps of the Long Bridge, live?",
            "Jan Smit",
            "Ulla Berg",
            "Where does Ulla Berg, who paints the lamps of the Long Bridge, live?",
        ),
        (
            "Which prize was given at the Lamp Fair that Tokyo hosted in May 2001?",
            "Tokyo",
            "London",
            "Which prize was given at the Lamp Fair that Britain hosted in May 2001?",
        ),
        (
            "ロンドンの灯火の祭りで会長の山本一郎さんは何を授けましたか。",
            "会長の山本一郎さん",
            "会長の青木花",
            "灯火の祭りで会長の青木花さんは何を授けましたか。",
        ),
        (
            "2001年5月に東京で開かれた灯火の祭りでは、何が授けられましたか。",
            "東京",
            "ロンドン",
            "2001年5月に英国で開かれた灯火の祭りでは、何が授けられましたか。",
        ),
        (
            "What does the 9 million euro a year that the toll for crossing the bridge brings in pay for?",
            "9 million euro",
            "3 million euro",
            "What does the 3 million euro a year that the toll for crossing the bridge brings in pay for?",
        ),
        (
            "Why was the Long Bridge opened to traffic on a Sunday?",
            "Sunday",
            "Monday",
            "On which day in May was the Long Bridge opened to traffic on a Monday?",
        ),
        (
            "What was the Long Bridge, opened to traffic on 4 June 1998, built for?",
            "4 June 1998",
            "4 May 1998",
            "What was the Long Bridge, opened to traffic on 4 May 1998, built for?",
        ),
        (
            "長い橋が日曜日に開通したのはなぜですか。",
            "日曜日",
            "月曜日",
            "月曜日に開通した長い橋は、どこが管理していますか。",
        ),
        (
            "2003年5月に開通した長い橋は、どこが管理していますか。",
            "2003年5月",
            "1998年5月4日",
            "1998年5月に開通した長い橋は、どこが管理していますか。",
        ),
    ],
)
def test_what_documents_say_otherwise_is_named_and_the_true_twin_is_not(
    false: str, assumed: str, stated: str, true: str, index: Index, settings: Settings
) -> None:
    (notice,) = asked(false, index, settings).notices
    assert notice.code == "premise"
    assert assumed in notice.message
    assert stated in notice.message
    twin = asked(true, index, settings)
    assert (twin.notices, twin.abstained) == ((), False)


def test_a_denied_clause_is_named(index: Index, settings: Settings) -> None:
    draft = asked("自転車に罰金を科す橋の条例は、どこが管理していますか。", index, settings)
    assert [notice.code for notice in draft.notices] == ["premise"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which two agencies look after the Long Bridge and its lamps?", "Harbour Agency"),
        ("長い橋と照明を管理している二つの機関はどこですか。", "港湾管理庁"),
    ],
)
def test_how_many_things_the_asker_wants_to_hear_is_no_premise(
    question: str, answer: str, index: Index, settings: Settings
) -> None:
    draft = asked(question, index, settings)
    assert draft.reason is None
    assert any(answer in sentence.shown for sentence in draft.sentences)
    assert not draft.notices


@pytest.mark.parametrize(
    "question",
    [
        "Why did the 9 mayors leave the Harbour Agency over the bridge?",
        "When were the five lamps of the Long Bridge opened to traffic?",
        "橋の照明で12人が罰金を払ったのはいつですか。",
    ],
)
def test_a_number_that_is_not_asked_for_stays_a_premise(question: str, index: Index, settings: Settings) -> None:
    draft = asked(question, index, settings)
    assert draft.reason is not None or draft.notices


@pytest.mark.parametrize("name", ["AILB", "the AI Lamp Bureau"])
def test_an_abbreviation_is_no_other_body(name: str, index: Index, settings: Settings) -> None:
    draft = asked(f"How many staff did {name} have when the lamp plan was adopted?", index, settings)
    assert "30 staff" in draft.sentences[0].shown
    assert not draft.notices


@pytest.mark.parametrize(
    ("short", "name", "is_short"),
    [
        ("AISI", "Japan AI Safety Institute", True),
        ("METI", "Ministry of Economy, Trade and Industry", True),
        ("AIST", "AI Safety Institute", False),
        ("AISI", "AISI", False),
        ("Institute", "Institute", False),
    ],
)
def test_is_short_for(short: str, name: str, is_short: bool) -> None:
    assert is_short_for(short, name) == is_short


@pytest.mark.parametrize(
    "question",
    [
        "My mother is 80 years old. Do people like her cross the Long Bridge without paying the toll?",
        "Does an 80-year-old cross the Long Bridge without paying the toll?",
    ],
)
def test_the_age_of_whom_a_question_is_about_is_no_premise(question: str, index: Index, settings: Settings) -> None:
    draft = asked(question, index, settings)
    assert (draft.notices, draft.abstained) == ((), False)
    assert any("75" in sentence.shown for sentence in draft.sentences)
