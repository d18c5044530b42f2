"""The order in time that a question takes for granted, held against the dates in the documents."""

from __future__ import annotations

import time

import pytest
from built_index import indexed

from rag import Answer, Settings, create_chain
from rag.questions.kinds import Language, question_kind
from rag.questions.order import Order, order_told

DOCUMENTS = {
    "bridge.md": """---
title: The harbour and its works
language: en
---
The Long Bridge was opened on 4 May 1998. The harbour law was adopted on 12 June 2001 by the town council.

A note wrongly says that the Long Bridge was opened on 4 May 2004; that date is wrong.
""",
    "museum.md": """---
title: The museum
language: en
---
The lamp museum was founded on 3 March 2010. Two tales are told of when the mole was built.

The mole was built in April 1990, says the port. The mole was built in July 2003, says the town.
""",
    "bridge.ja.md": """---
title: 港の長い橋
language: ja
---
長い橋は1998年5月4日に開通した。

港湾法は2001年6月12日に町議会で可決された。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("order"), DOCUMENTS)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("the bridge was opened before the law was adopted", "the bridge was opened", "the law was adopted"),
        ("the bridge was opened after the law was adopted", "the law was adopted", "the bridge was opened"),
        ("Why was the bridge opened prior to the law's adoption?", "the bridge opened", "the law's adoption"),
        ("How did they open the bridge two years after the law passed?", "the law passed", "they open the bridge"),
        ("橋が開通したのは法律が可決された後ですが", "法律が可決された", "橋が開通した"),
        ("町は、法律が可決されるより前に橋を開通させた", "町は、橋を開通させた", "法律が可決される"),
    ],
)
def test_order_is_read(text: str, first: str, second: str) -> None:
    language: Language = "en" if text.isascii() else "ja"
    told = order_told(text, language, question_kind(text) if text.endswith("?") else None)
    assert told is not None
    assert (told.first, told.second) == (first, second)


@pytest.mark.parametrize(
    "question",
    [
        "Was the bridge opened before the law was adopted?",
        "What was built after the bridge was opened?",
        "Who led the council before Ida Vries?",
        "How long before the law passed was the bridge opened?",
        "Why is there a lamp before the gate?",
    ],
)
def test_what_is_asked_is_not_taken_for_granted(question: str) -> None:
    assert order_told(question, "en", question_kind(question)) is None


def test_an_order_has_the_text_without_the_question() -> None:
    told = order_told("Why did the town open the bridge after the law was adopted?", "en", "reason")
    assert told == Order(
        "the town open the bridge after the law was adopted", "the law was adopted", "the town open the bridge"
    )


@pytest.mark.parametrize("text", ["Why" + " " * 50_000 + "x", "why was set before " * 200, "のは後" * 700])
def test_a_hostile_text_is_read_in_no_time(text: str) -> None:
    started = time.monotonic()
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        order_told(text, language, "reason")
    assert time.monotonic() - started < 2


def premises(question: str, settings: Settings) -> tuple[list[str], Answer]:
    answer = create_chain(settings).invoke(question)
    return [notice.message for notice in answer.notices if notice.code == "premise"], answer


@pytest.mark.parametrize(
    "question",
    [
        "Why was the Long Bridge opened after the harbour law was adopted?",
        "The Long Bridge was opened after the harbour law was adopted. Who paid for that?",
        "The Long Bridge was opened, after the harbour law had been adopted. Who paid for that?",
        "How was the harbour law adopted before the Long Bridge was opened?",
        "長い橋が開通したのは港湾法が可決された後ですが、なぜですか",
    ],
)
def test_a_reversed_order_is_named_and_both_dates_are_quoted(question: str, settings: Settings) -> None:
    [message], answer = premises(question, settings)
    assert ("reverse" if question.isascii() else "逆") in message
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert ("4 May 1998" in quotes and "12 June 2001" in quotes) or ("1998年5月4日" in quotes)
    assert "2004" not in quotes


@pytest.mark.parametrize(
    "question",
    [
        "Why was the Long Bridge opened before the harbour law was adopted?",
        "Why was the lamp museum founded after the harbour law was adopted?",
        "Why was the mole built after the Long Bridge was opened?",  # the documents do not agree on it
        "長い橋が開通したのは港湾法が可決される前ですが、なぜですか",
    ],
)
def test_a_true_or_open_order_is_no_premise(question: str, settings: Settings) -> None:
    messages, _ = premises(question, settings)
    assert not [message for message in messages if "reverse" in message or "逆" in message]
