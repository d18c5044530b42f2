"""A statement before a question: a true one only hides what is asked, any other is held against the documents."""

from __future__ import annotations

import pytest
from built_index import indexed

from rag import Answer, Settings, create_chain
from rag.questions.told import Told, told_before

DOCUMENTS = {
    "bridge.md": """---
title: The harbour and its works
language: en
---
The Long Bridge was opened on 4 May 1998. The Harbour Agency looks after the Long Bridge.

The toll for the Long Bridge is 30 euros. The lamps of the bridge are blue.
""",
    "bridge.ja.md": """---
title: 港の長い橋
language: ja
---
長い橋は1998年5月4日に開通した。長い橋は港湾管理庁が管理している。

長い橋の通行料は30ユーロである。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("told"), DOCUMENTS)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            "The Act came into force in June. What are its aims?",
            Told(("The Act came into force in June.",), ("What are The Act's aims?", "What are its aims?")),
        ),
        (
            "Where does Ida Vries, who led the council, live?",
            Told(("Ida Vries led the council",), ("Where does Ida Vries live?",)),
        ),
        (
            "Vries heads the council, right? Since when?",
            Told(("Vries heads the council",), ("Since when? (Vries)", "Since when?")),
        ),
        ("I'd like to see the bridge. Where is it?", Told(("I'd like to see the bridge.",), ("Where is it?",))),
        (
            "長い橋は5月に開通しました。その通行料はいくらですか。",
            Told(
                ("長い橋は5月に開通しました。",),
                ("長い橋の通行料はいくらですか。", "その通行料はいくらですか。"),
            ),
        ),
        (
            'The Agency opened a "cold quay" in May. What does that term mean?',
            Told(('The Agency opened a "cold quay" in May.',), ('What does "cold quay" mean?',)),
        ),
        ("When was the bridge opened?", None),
        ("When was it opened? I need the day.", None),
        ("The bridge is long.", None),
        ("The bridge is long. " * 4 + "How long is it?", None),
        ("", None),
    ],
)
def test_statements_are_told_from_what_is_asked(question: str, told: Told | None) -> None:
    found = told_before(question)
    if told is None:
        assert found is None
    else:
        assert found is not None
        assert found.statements == told.statements
        assert set(told.asked) <= set(found.asked)


@pytest.mark.parametrize(
    ("question", "asks_alone"),
    [
        ("The Harbour Agency opened the bridge. On which date?", False),
        ("They speak of a cold quay. What does that refer to?", False),
        ("The Act came into force. When exactly?", False),
        ("The Act came into force. What are its aims?", True),
        ("長い橋が開通しました。いつですか。", False),
        ("長い橋が開通しました。通行料はいくらですか。", True),
    ],
)
def test_a_question_that_only_gives_the_form_asks_for_what_is_told(question: str, asks_alone: bool) -> None:
    told = told_before(question)
    assert told is not None
    assert told.asks_alone == asks_alone


def asked(question: str, settings: Settings) -> Answer:
    return create_chain(settings).invoke(question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("The Long Bridge was opened on 4 May 1998. How high is its toll?", "30 euros"),
        ("The Harbour Agency looks after the Long Bridge. What is its toll?", "30 euros"),
        ("長い橋は1998年5月4日に開通しました。その通行料はいくらですか。", "30ユーロ"),
        ("The Long Bridge was opened. On which date?", "4 May 1998"),
        ("長い橋が開通しました。いつですか。", "1998年5月4日"),
    ],
)
def test_what_follows_a_true_statement_is_answered(question: str, expected: str, settings: Settings) -> None:
    answer = asked(question, settings)
    assert expected in answer.citations[0].quote
    assert answer.notices == ()


@pytest.mark.parametrize(
    "question",
    [
        "The Long Bridge was opened on 4 May 1989. How high is its toll?",
        "The Lindqvist yard looks after the Long Bridge. What is its toll?",
        "長い橋は1989年5月4日に開通しました。その通行料はいくらですか。",
    ],
)
def test_what_follows_a_false_statement_is_not_answered_as_if_it_were_true(question: str, settings: Settings) -> None:
    answer = asked(question, settings)
    assert answer.abstained or [notice.code for notice in answer.notices] == ["premise"]
