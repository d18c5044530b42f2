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
    pytest.param(
        ["Who checks the bridges?", "The Norland Bridge Office checks them. [1]", "Where is it based?"],
        "Where is the Norland Bridge Office based?",
        id="what-the-reply-names",
    ),
    pytest.param(
        [
            "Which firm built the harbour bridge?",
            "Norland Steel built the bridge in May 1998.",
            "Is it still in business?",
        ],
        "Is Norland Steel still in business?",
        id="which-one-the-reply-names",
    ),
    pytest.param(
        [
            "What did the Council decide on 4 May about quays?",
            "On 4 May the Council decided the rules on quays.",
            "Is there a draft of it?",
        ],
        "Is there a draft of the rules on quays?",
        id="thing-the-reply-names",
    ),
    pytest.param(
        [
            "What did the Council release in May?",
            "It released the map of the quays under the open licence.",
            "Why did it?",
        ],
        "Why did the map of the quays?",
        id="thing-behind-the-verb",
    ),
    pytest.param(
        ["When did the council meet?", "It met on 4 May in Oslo.", "Who chairs it?"],
        "Who chairs the council?",
        id="not-what-the-reply-names-besides",
    ),
    pytest.param(
        ["Who leads the Bridge Office?", "Ida Vries leads the North Bridge Office.", "Since when has she?"],
        "Since when has Ida Vries?",
        id="person-not-office",
    ),
    pytest.param(
        ["橋を検査しているのはどこですか。", "北海橋梁センターです。", "そこの所長は誰？"],
        "北海橋梁センターの所長は誰？",
        id="japanese-what-the-reply-names",
    ),
    pytest.param(
        ["港の巨大な橋の事故で町は何をしましたか。", "町は調査をしました。", "それを発表したのは誰ですか。"],
        "港の巨大な橋の事故を発表したのは誰ですか。",
        id="japanese-whole-phrase",
    ),
    pytest.param(
        ["第1期の計画を決めたのはどの機関ですか。", "港湾評議会です。", "その計画の柱は？"],
        "第1期の計画の柱は？",
        id="japanese-that-plan",
    ),
    pytest.param(
        ["港湾法はいつ成立しましたか。", "5月です。", "すべての条文の施行は、それからどれくらい後ですか。"],
        "港湾法はいつ成立しましたか。 すべての条文の施行は、それからどれくらい後ですか。",
        id="japanese-since-then",
    ),
    pytest.param(
        [
            "去年の春に各国が集まった大きな会議は何でしたか。",
            "5月にオスロで開かれた海洋会議です。",
            "次はどの街ですか。",
        ],
        "海洋会議の次はどの街ですか。",
        id="japanese-without-a-subject",
    ),
    pytest.param(
        ["橋を直す割合は県ではどれくらいですか。", "3割です。", "大都市だとどう？"],
        "橋を直す割合は県ではどれくらいですか。 大都市だとどう？",
        id="japanese-what-about",
    ),
    pytest.param(
        ["港湾法はいつ成立しましたか。", "5月です。", "海洋省の大臣は？"],
        "海洋省の大臣は？",
        id="japanese-says-what-it-asks",
    ),
    pytest.param(
        ["港湾法はいつ成立しましたか。", "5月です。", "港湾管理局の設立当時の局長は誰でしたか。"],
        "港湾管理局の設立当時の局長は誰でしたか。",
        id="japanese-then-of-something",
    ),
    pytest.param(
        ["港湾法を作ったのは誰ですか。", "三木次郎氏です。", "港湾管理局と海洋省はそれぞれ何をしますか。"],
        "港湾管理局と海洋省はそれぞれ何をしますか。",
        id="japanese-each-is-no-reference",
    ),
    pytest.param(
        [
            "Has any neighbour a law on quays?",
            "Yes. South Korea's Quay Act has been in force since May.",
            "Who pays there?",
        ],
        "Who pays in South Korea?",
        id="there",
    ),
    pytest.param(
        ["What should a sailor read?", "The main source is the paper on quays of 1998.", "Which parts has that text?"],
        "Which parts has the paper on quays of 1998?",
        id="that-text",
    ),
    pytest.param(
        ["Does the Council help sailors?", "Yes, through SAILAID, a fund of 1998.", "How much money is in it?"],
        "How much money is in SAILAID?",
        id="how-the-reply-says",
    ),
    pytest.param(
        ["What is the Quay Code?", "A code of conduct.", "Until when can people send in their views on it?"],
        "Until when can people send in their views on the Quay Code?",
        id="their-own-views",
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
