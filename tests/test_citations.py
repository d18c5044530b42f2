from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.answer import Answer, Citation
from rag.checking.citations import check_text, parse_marks, reply_sentences, without_marks
from rag.checking.marks import MarkStream
from rag.checking.resolving import Resolver
from rag.checking.support import Passage
from rag.document import Document

TEXT = """# The first plan

The Cabinet adopted the first AI Basic Plan on 23 December 2025. Its goal is a rate of use of 80%.
Usage was 26.7% in fiscal 2024.

The four basic policies of the first plan are these:

- use AI in government and business
- create AI at home
- raise trust in AI
- collaborate with AI

Nothing else is said about the weather.
"""
DOCUMENT = Document(
    document_id="corpus/plan.md",
    root="corpus",
    path="plan.md",
    format="markdown",
    text=TEXT,
    sha256="0" * 64,
    title="The first AI Basic Plan",
    language="en",
)
ADOPTED = "The Cabinet adopted the first AI Basic Plan on 23 December 2025."


def citation(number: int, quote: str) -> Citation:
    return Citation(
        number=number, document_id="corpus/plan.md", title="The first plan", start=0, end=len(quote), quote=quote
    )


def problems(text: str, *quotes: str) -> list[tuple[str, str]]:
    found = check_text(text, [citation(number, quote) for number, quote in enumerate(quotes, start=1)])
    return [(item.code, text[item.start : item.end]) for item in found]


def resolver() -> Resolver:
    return Resolver(
        [Passage(DOCUMENT, 0, TEXT.index("The four basic")), Passage(DOCUMENT, TEXT.index("The four basic"), len(TEXT))]
    )


def resolved(reply: str) -> Answer:
    marks, checked = MarkStream(), resolver()
    answer = Answer()
    for sentence in [*marks.feed(reply), *marks.finish()]:
        answer += checked.resolve(sentence)
    return answer + checked.finish()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[1]", [(1,)]),
        ("[1][2]", [(1,), (2,)]),
        ("[1, 2]", [(1, 2)]),
        ("[2-4]", [(2, 3, 4)]),
        ("[1-900]", [(1, 900)]),
        ("【1】［２］【３†source】", [(1,), (2,), (3,)]),
        ("[ 1 ]", [(1,)]),
        ("[0] [99]", [(0,), (99,)]),
        ("[^1] [1234] [a] [1a] [] [1](https://x) [1]: x", []),
        ("`a[1]` and ``b[2]`` [3]", [(3,)]),
        ("```\nx[1]\n```\n[2]", [(2,)]),
        ("[" + "9" * 5000 + "]", []),
        ("[1", []),
    ],
)
def test_parse_marks(text: str, numbers: list[tuple[int, ...]]) -> None:
    assert [mark.numbers for mark in parse_marks(text)] == numbers


@given(st.text("[]［］【】0123９ ,-†ab`\n。.", max_size=80))
def test_marks_stand_in_the_text_and_can_be_taken_out(text: str) -> None:
    for mark in parse_marks(text):
        assert text[mark.start] in "[［【"
        assert text[mark.end - 1] in "]］】"
        assert all(0 <= number <= 999 for number in mark.numbers)
    assert len(without_marks(text)) <= len(text)


REPLY_PIECES = st.sampled_from(
    "The plan | was adopted| [1]|. |[2|]|。|「はい。」|と|\n|- |1. |U.S. |e.g. |3.5|```|`x[1]`| |No. 5|A new".split("|")
)


@given(st.lists(REPLY_PIECES | st.text("[]1. \n。a", max_size=5), max_size=25).map("".join), st.data())
def test_sentences_do_not_depend_on_how_the_reply_is_cut(reply: str, data: st.DataObject) -> None:
    whole = MarkStream()
    expected = [*whole.feed(reply), *whole.finish()]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=12)))
    pieces = MarkStream()
    found: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True):
        found += pieces.feed(reply[start:end])
    found += pieces.finish()
    assert found == expected
    assert "".join(found) == reply


def test_sentences_keep_the_marks_behind_them() -> None:
    text = "Adopted in 2025. [1][2] The second, of No. 5, follows [3]. 計画は決定された。[4]「はい。」と述べた[5]。"
    assert [text[span.start : span.end] for span in reply_sentences(text)] == [
        "Adopted in 2025. [1][2]",
        "The second, of No. 5, follows [3].",
        "計画は決定された。[4]",
        "「はい。」と述べた[5]。",
    ]


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        (f"{ADOPTED} [1]", [ADOPTED], []),
        ("It was adopted in 2025 [1].", [ADOPTED], []),
        ("It was adopted in 2026 [1].", [ADOPTED], [("figure_unsupported", "2026")]),
        ("最初の計画は令和7年12月23日に決定された[1]。", [ADOPTED], []),
        (f"{ADOPTED} [1] It is good.", [ADOPTED], [("uncited", "It is good.")]),
        (f"{ADOPTED} [2]", [ADOPTED], [("uncited", f"{ADOPTED} [2]"), ("mark_unknown", "[2]")]),
        (f"{ADOPTED} [1, 0]", [ADOPTED], [("mark_unknown", "[1, 0]")]),
        ("The 26.7% rose to 80% [1][2].", ["26.7 percent", "8割"], []),
        ("The first edition is old [1].", ["This one."], []),  # the title says which edition
        ("The second edition is old [1].", ["This one."], [("figure_unsupported", "second")]),
        ("Usage rose. It is 80% now. [1]", ["Usage rose. It is 80% now."], []),
        ("Usage fell. It is 80% now. [1]", ["Usage rose. It is 80% now."], [("uncited", "Usage fell.")]),
        ("Policies:\n- use AI\n- make AI [1]", ["Policies:\n\n- use **AI**\n- make AI"], []),
        ("Policies:\n- use AI\n- ban AI\n- make AI [1]", ["Policies:\n- use AI\n- make AI"], [("uncited", "- ban AI")]),
        ("The documents do not say: no passage matches the question.", [], []),
        ("", [], []),
        (" \n- \n", [], []),
    ],
)
def test_check_text(text: str, quotes: list[str], expected: list[tuple[str, str]]) -> None:
    assert problems(text, *quotes) == expected


def test_a_mark_becomes_the_sentence_that_carries_the_claim() -> None:
    answer = resolved("The plan was adopted by the Cabinet on 23 December 2025 [1]. Usage stood at 26.7% [1].")
    assert answer.text == "The plan was adopted by the Cabinet on 23 December 2025 [1]. Usage stood at 26.7% [2]."
    assert [item.quote for item in answer.citations] == [ADOPTED, "Usage was 26.7% in fiscal 2024."]
    assert all(TEXT[item.start : item.end] == item.quote for item in answer.citations)
    assert answer.unsupported == ()


def test_one_quote_keeps_its_number() -> None:
    answer = resolved("The Cabinet adopted it on 23 December 2025 [1]. That was 23 December 2025 [1].")
    assert answer.text == "The Cabinet adopted it on 23 December 2025 [1]. That was 23 December 2025 [1]."
    assert [item.number for item in answer.citations] == [1]


def test_a_list_is_quoted_with_its_introduction() -> None:
    answer = resolved("The four policies are to use, create, trust in and collaborate with AI [2].")
    start = TEXT.index("The four basic")
    assert [item.quote for item in answer.citations] == [TEXT[start : TEXT.index("\n\nNothing else")]]
    assert answer.unsupported == ()


def test_a_lead_in_takes_the_passage_of_its_first_item() -> None:
    answer = resolved("The four policies of the first plan are:\n- use AI in business [2]\n- create AI at home [2]\n")
    assert (
        answer.text
        == "The four policies of the first plan are: [1]\n- use AI in business [2]\n- create AI at home [3]\n"
    )
    assert answer.unsupported == ()


@pytest.mark.parametrize(
    ("reply", "text", "codes"),
    [
        (
            "The plan was adopted on 24 December 2025 [1].",
            "The plan was adopted on 24 December 2025 [1].",
            ["figure_unsupported"],
        ),
        ("Tomatoes need sun and water [1].", "Tomatoes need sun and water.", ["mark_dropped", "uncited"]),
        (
            "The Cabinet adopted the plan [0][3].",
            "The Cabinet adopted the plan.",
            ["mark_unknown", "mark_unknown", "uncited"],
        ),
        ("The Cabinet adopted the plan [ [9]0].", "The Cabinet adopted the plan.", ["mark_unknown"] * 2 + ["uncited"]),
        ("The Cabinet adopted the plan [99, 1].", "The Cabinet adopted the plan [1].", ["mark_unknown"]),
        ("The Cabinet adopted the plan.", "The Cabinet adopted the plan.", ["uncited"]),
        ("利用率は80%である[1]。", "利用率は80%である[1]。", []),
        ("天気は晴れである[1]。", "天気は晴れである[1]。", ["weak_support"]),
    ],
)
def test_what_a_model_claims_wrongly_is_named(reply: str, text: str, codes: list[str]) -> None:
    answer = resolved(reply)
    assert (answer.text, [item.code for item in answer.unsupported]) == (text, codes)
    assert all(0 <= item.start < item.end <= len(text) for item in answer.unsupported)


@given(st.lists(REPLY_PIECES | st.text("[]0123, .AI年%", max_size=8), max_size=20).map("".join))
@example(". ``` [1]")
@example("[0. The plan  was adopted [1]")
@example(" [1]「はい。」```No. 5 [1]")
@example("`x[1]``x[1]`. The plan `x[1]`")
@example("`x[1]``x[1]`年. A0`x[1]`")
@example("The plan `[1]`[9]`[1]` and [`1].")
def test_resolved_replies_hold_their_promises(reply: str) -> None:
    answer = resolved(reply)
    assert [item.number for item in answer.citations] == list(range(1, len(answer.citations) + 1))
    used = [number for mark in parse_marks(answer.text) for number in mark.numbers]
    assert list(dict.fromkeys(used)) == [item.number for item in answer.citations]
    for item in answer.citations:
        assert TEXT[item.start : item.end] == item.quote
        assert len(item.quote) <= 800
    for flaw in answer.unsupported:
        assert 0 <= flaw.start < flaw.end <= len(answer.text)
    flagged = {item.start for item in answer.unsupported}
    assert {item.start for item in check_text(answer.text, answer.citations)} <= flagged
