"""Follow-up questions are made to stand alone; questions that stand alone are left as asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.questions.conversation import Turn
from rag.questions.followup import is_follow_up, standalone

CASES = [
    pytest.param(
        ["When was the first AI Basic Plan adopted?", "On 23 December 2025.", "And the second one?"],
        "When was the second AI Basic Plan adopted?",
        id="ordinal",
    ),
    pytest.param(
        ["What was the adoption rate in 2025?", "26.7 %", "And in 2026?"],
        "What was the adoption rate in 2026?",
        id="year",
    ),
    pytest.param(
        ["What does the AI Strategic Headquarters do?", "…", "Who chairs it?"],
        "Who chairs the AI Strategic Headquarters?",
        id="pronoun",
    ),
    pytest.param(
        ["What is Gennai?", "…", "What about its cost?"],
        "What about Gennai's cost?",
        id="possessive",
    ),
    pytest.param(
        ["Who chairs the headquarters?", "Prime Minister Sanae Takaichi chairs it.", "When did she take office?"],
        "When did Sanae Takaichi take office?",
        id="person-from-the-reply",
    ),
    pytest.param(["What is Gennai?", "…", "Why?"], "What is Gennai? Why?", id="bare"),
    pytest.param(
        ["最初のAI基本計画はいつ決まりましたか？", "…", "では第Ⅱ期は？"],
        "第Ⅱ期のAI基本計画はいつ決まりましたか？",
        id="japanese-ordinal",
    ),
    pytest.param(
        ["AI法に罰則はありますか？", "…", "それはいつ成立しましたか？"],
        "AI法はいつ成立しましたか？",
        id="japanese-pronoun",
    ),
    pytest.param(
        ["What is Gennai?", "…", "What is the target for AI adoption?"],
        "What is the target for AI adoption?",
        id="stands-alone",
    ),
    pytest.param(
        ["What is Gennai?", "…", "Does the plan say that AI is risky?"],
        "Does the plan say that AI is risky?",
        id="that-is-a-conjunction",
    ),
    pytest.param(
        ["Who heads the council?", "…", "When was Japan's AI Basic Plan adopted, and what are its four policies?"],
        "When was Japan's AI Basic Plan adopted, and what are its four policies?",
        id="named-in-a-clause-before",
    ),
    pytest.param(
        ["AI法に罰則はありますか？", "…", "人工知能基本計画はいつ決まり、その四つの方針は何ですか。"],
        "人工知能基本計画はいつ決まり、その四つの方針は何ですか。",
        id="japanese-named-in-a-clause-before",
    ),
    pytest.param(
        ["Who heads the Council?", "…", "When was it set up, and what does it do?"],
        "When was the Council set up, and what does it do?",
        id="named-in-no-clause-before",
    ),
    pytest.param(["And the second one?"], "And the second one?", id="nothing-before-it"),
]


@pytest.mark.parametrize(("turns", "expected"), CASES)
def test_standalone_resolves_what_a_follow_up_refers_to(turns: list[str], expected: str) -> None:
    history = [Turn("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(turns[:-1])]
    assert standalone(turns[-1], history) == expected


def test_standalone_follows_a_chain_of_follow_ups() -> None:
    history = [
        Turn("user", "When was the first plan adopted?"),
        Turn("assistant", "…"),
        Turn("user", "And the second one?"),
        Turn("assistant", "…"),
    ]
    assert standalone("Who decided it?", history) == "Who decided the second plan?"


@given(question=st.text(max_size=60), before=st.text(max_size=60), reply=st.text(max_size=60))
def test_standalone_keeps_a_question_that_is_no_follow_up(question: str, before: str, reply: str) -> None:
    history = [Turn("user", before), Turn("assistant", reply)]
    found = standalone(question, history)
    if not is_follow_up(question):
        assert found == question
    elif question.strip():
        assert found.strip()
