"""A conversation is read in every shape that callers have; anything else is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.errors import QuestionError
from rag.questions.conversation import Turn, read_history

TURNS = [Turn("user", "Hello?"), Turn("assistant", "Yes.")]


@pytest.mark.parametrize(
    "history",
    [
        pytest.param([("user", "Hello?"), ("assistant", "Yes.")], id="pairs"),
        pytest.param([["human", "Hello?"], ["ai", "Yes."]], id="lists-with-langchain-roles"),
        pytest.param([{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}], id="openai"),
        pytest.param([SystemMessage("Be brief."), HumanMessage("Hello?"), AIMessage("Yes.")], id="messages"),
        pytest.param([HumanMessage([{"type": "text", "text": "Hello?"}]), AIMessage("Yes.")], id="content-blocks"),
        pytest.param(TURNS, id="turns"),
    ],
)
def test_read_history_takes_every_shape(history: list[Any]) -> None:
    assert read_history(history) == TURNS


def test_read_history_replaces_lone_surrogates() -> None:
    assert read_history([("user", "Hello\ud800?")]) == [Turn("user", "Hello\ufffd?")]


def test_read_history_of_nothing_is_empty() -> None:
    assert read_history(None) == []


@pytest.mark.parametrize(
    ("history", "message"),
    [
        pytest.param("Hello?", "must be a list", id="a-string"),
        pytest.param([42], r"chat_history\[0\]: expected", id="a-number"),
        pytest.param([("user", "a"), ("robot", "b")], r"chat_history\[1\]: unknown role 'robot'", id="role"),
        pytest.param([("user", 7)], r"chat_history\[0\]: the text is a int", id="text"),
    ],
)
def test_read_history_refuses_other_shapes(history: Any, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        read_history(history)
