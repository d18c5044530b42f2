from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.answer import Answer, Hit, Unsupported
from rag.checking.composing import cite
from rag.checking.verification import verify
from rag.config import Settings
from rag.document import Document
from rag.errors import AnswerFormatError, IndexNotFoundError
from rag.index.opening import get_document

ADOPTED = "The Cabinet adopted the Basic Plan on 23 December 2025."
BUDGET = "Its budget is about one trillion yen over five years."
JAPANESE = "政府は2025年12月23日に人工知能基本計画を閣議決定した。"


def quoted(document: Document, *quotes: str) -> Answer:
    """An extractive answer made of these sentences of a document."""
    citations = []
    for number, quote in enumerate(quotes, start=1):
        start = document.text.index(quote)
        citations.append(cite(document, start, start + len(quote), number))
    text = " ".join(f"{quote} [{number}]" for number, quote in enumerate(quotes, start=1))
    return Answer(question="When?", searched="When?", text=text, citations=tuple(citations), mode="extractive")


@pytest.fixture(scope="module")
def plan(small_settings: Settings) -> Document:
    return get_document("corpus/plan.md", small_settings)


@pytest.fixture(scope="module")
def sound(plan: Document) -> Answer:
    return quoted(plan, ADOPTED, BUDGET)


def codes(answer: Answer | str | dict[str, Any], where: Settings) -> list[tuple[int | None, str]]:
    report = verify(answer, where)
    assert report.ok == (not report.problems)
    return [(problem.number, problem.code) for problem in report.problems]


def test_a_sound_answer_verifies(sound: Answer, small_settings: Settings) -> None:
    assert verify(sound, small_settings).ok
    assert verify(sound.model_dump_json(), small_settings).ok
    assert verify(sound.model_dump_json().encode(), small_settings).ok
    assert verify(sound.model_dump(), small_settings).ok


def test_lists_and_japanese_verify(plan: Document, small_settings: Settings) -> None:
    start = plan.text.index("The plan has four")
    text = plan.text[start:].strip()
    citation = cite(plan, start, start + len(text), 1)
    shown = "The plan has four policies:\n- accelerate the use of AI\n- build up the power to develop AI\n"
    shown += "- lead in the trust of AI\n- change society together with AI [1]"
    assert verify(Answer(text=shown, citations=(citation,), mode="extractive"), small_settings).ok
    assert verify(quoted(get_document("corpus/計画.md", small_settings), JAPANESE), small_settings).ok


def test_an_abstention_verifies_and_may_not_quote(sound: Answer, small_settings: Settings) -> None:
    said = "The documents do not say: they are about something else."
    abstained = Answer(text=said, abstained=True, reason="off_topic", mode="extractive")
    assert verify(abstained, small_settings).ok
    quoting = abstained.model_copy(update={"citations": sound.citations[:1]})
    assert (1, "citation_without_mark") in codes(quoting, small_settings)
    claiming = abstained.model_copy(update={"text": "The moon is made of cheese."})
    assert codes(claiming, small_settings) == [(None, "sentence_uncited")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": f"{ADOPTED} [1]"}, [(2, "citation_without_mark")]),
        ({"text": f"{ADOPTED} [1] {BUDGET} [2] [3]"}, [(3, "mark_without_citation")]),
        ({"text": f"{ADOPTED} [1] {BUDGET} [2] It is good."}, [(None, "sentence_uncited")]),
        ({"text": f"{ADOPTED} [1] It is good. {BUDGET} [2]"}, [(None, "sentence_uncited"), (2, "quote_mismatch")]),
        ({"text": f"{ADOPTED.replace('23', '24')} [1] {BUDGET} [2]"}, [(1, "figure_unsupported")]),
        ({"text": f"{ADOPTED.replace('The', 'No')} [1] {BUDGET} [2]"}, [(1, "quote_mismatch")]),
        ({"text": ""}, [(1, "citation_without_mark"), (2, "citation_without_mark")]),
    ],
)
def test_an_altered_text_fails(
    change: dict[str, Any], expected: list[tuple[int | None, str]], sound: Answer, small_settings: Settings
) -> None:
    found = codes(sound.model_copy(update=change), small_settings)
    assert set(expected) <= set(found)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document_id": "corpus/other.md"}, "document_missing"),
        ({"document_id": "corpus/act.md"}, "quote_mismatch"),
        ({"document_id": "\ud800"}, "document_missing"),
        ({"start": 0}, "document_changed"),
        ({"start": -5, "end": -1}, "document_changed"),
        ({"end": 10**30}, "document_changed"),
        ({"quote": ADOPTED.replace("23", "24")}, "quote_mismatch"),
        ({"quote": ""}, "quote_mismatch"),
        ({"number": 7}, "citation_without_mark"),
        ({"number": 2}, "citation_without_mark"),
        ({"title": "Another plan"}, "document_changed"),
        ({"date": "2026-12-23"}, "document_changed"),
        ({"page": 3}, "document_changed"),
    ],
)
def test_an_altered_citation_fails(change: dict[str, Any], code: str, sound: Answer, small_settings: Settings) -> None:
    citations = (sound.citations[0].model_copy(update=change), *sound.citations[1:])
    found = codes(sound.model_copy(update={"citations": citations}), small_settings)
    assert code in [item for _, item in found]


def test_a_figure_taken_from_elsewhere_in_the_quote_fails(small_settings: Settings) -> None:
    act = get_document("corpus/act.md", small_settings)
    answer = quoted(act, "The AI Act was promulgated on 4 June 2025. It has 28 articles and no penalties.")
    assert verify(answer, small_settings).ok
    altered = answer.model_copy(update={"text": answer.text.replace("has 28", "has 4")})
    assert (1, "figure_unsupported") in codes(altered, small_settings)


def test_a_hit_shows_that_the_document_has_changed(sound: Answer, small_settings: Settings) -> None:
    """A quote that once stood in the passage of a hit which is gone: the document was changed, not the answer."""
    old = "Old words. The Cabinet adopted nothing in 2020. More."
    quote = "The Cabinet adopted nothing in 2020."
    first = sound.citations[0].model_copy(update={"start": 511, "end": 511 + len(quote), "quote": quote})
    hit = Hit(
        rank=1, score=1, dense_score=None, lexical_score=None, document_id="corpus/plan.md", path="plan.md",
        root="corpus", title="The Basic Plan", text=old, start=500, end=500 + len(old),
    )  # fmt: skip
    answer = sound.model_copy(update={"text": f"{quote} [1]", "citations": (first,), "hits": (hit,)})
    assert codes(answer, small_settings) == [(1, "document_changed")]
    assert codes(answer.model_copy(update={"hits": ()}), small_settings) == [(1, "quote_mismatch")]


def test_what_the_answer_says_of_itself_counts(sound: Answer, small_settings: Settings) -> None:
    flaw = Unsupported(start=0, end=5, code="uncited", detail="No quote.")
    assert codes(sound.model_copy(update={"unsupported": (flaw,)}), small_settings) == [(None, "sentence_uncited")]


def test_paraphrase_of_a_model_verifies_when_its_figures_hold(sound: Answer, small_settings: Settings) -> None:
    text = "The plan dates from December 2025 [1] and costs around 1 trillion yen [2]."
    written = sound.model_copy(update={"mode": "llm", "text": text})
    assert verify(written, small_settings).ok
    altered = written.model_copy(update={"text": text.replace("1 trillion", "2 trillion")})
    assert [code for _, code in codes(altered, small_settings)] == ["figure_unsupported"]


@pytest.mark.parametrize(
    "saved",
    [
        "",
        "{",
        "[]",
        "null",
        '{"text": 3}',
        '{"texts": "x"}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"text": "\\ud800"}',
        "\ud800",
    ],
)
def test_what_is_no_answer_is_refused_in_a_sentence(saved: str | bytes, small_settings: Settings) -> None:
    with pytest.raises(AnswerFormatError, match="This is not a saved answer"):
        verify(saved, small_settings)


def test_an_answer_too_long_to_check_is_refused(small_settings: Settings) -> None:
    with pytest.raises(AnswerFormatError, match="too long"):
        verify(Answer(text="a. " * 100_000), small_settings)


def test_a_missing_index_is_said(sound: Answer, small_settings: Settings, tmp_path: Any) -> None:
    with pytest.raises(IndexNotFoundError):
        verify(sound, Settings(index_dir=tmp_path / "none"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_any_altered_digit_fails(data: st.DataObject, sound: Answer, small_settings: Settings) -> None:
    """In the text or a quote, an offset or a number: one digit other than it was, and the answer fails."""
    values = json.loads(sound.model_dump_json())
    where = data.draw(st.sampled_from(["text", "quote", "start", "end", "number"]))
    target = values if where == "text" else values["citations"][data.draw(st.integers(0, 1))]
    written = str(target[where])
    places = [index for index, char in enumerate(written) if char.isdecimal()]
    if not places:
        return
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != written[at]]))
    altered = written[:at] + digit + written[at + 1 :]
    target[where] = altered if isinstance(target[where], str) else int(altered)
    assert not verify(values, small_settings).ok
