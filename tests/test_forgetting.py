"""An answer without a deleted document's words: its quotes, passages and the sentences made of them."""

from __future__ import annotations

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag.answer import Answer, Citation, Conflict, Hit, Notice, Unsupported
from rag.conversations.forgetting import without_document


def cited(number: int, document_id: str, quote: str) -> Citation:
    return Citation(
        number=number, document_id=document_id, title=f"Title of {quote}", publisher=quote, section=quote,
        start=10, end=10 + len(quote), quote=quote, date="2025-01-01", page=3,
    )  # fmt: skip


def found(document_id: str, text: str) -> Hit:
    root, _, path = document_id.partition("/")
    return Hit.model_validate({
        "rank": 1, "score": 1, "dense_score": None, "lexical_score": None, "document_id": document_id, "path": path,
        "root": root, "title": text, "text": text, "start": 0, "end": len(text), "section": text, "url": text,
    })  # fmt: skip


GONE, STAYS = "uploads/a.md", "corpus/b.md"
MIXED = Answer(
    question="What?",
    searched="What Quobble?",
    text="Quobble one. Quobble two. [1] Plain three. [2]\n- Quobble four\n- Quobble five [3]\nPlain six [2].",
    citations=(cited(1, GONE, "Quobble"), cited(2, STAYS, "Plain"), cited(3, GONE, "Quobble")),
    hits=(found(GONE, "Quobble"), found(STAYS, "Plain")),
    notices=(Notice(code="premise", message="Quobble"), Notice(code="llm_failed", message="x")),
    unsupported=(
        Unsupported(start=30, end=35, code="uncited", detail="Plain"),
        Unsupported(start=0, end=3, code="uncited", detail="Quobble"),
    ),
    conflicts=(Conflict(subject="Quobble", citations=(1, 2)), Conflict(subject="x", citations=(2, 2))),
    mode="extractive",
)  # fmt: skip


def test_an_answer_loses_a_document_and_keeps_the_others() -> None:
    kept = without_document(MIXED, GONE)
    assert "Quobble" not in kept.model_dump_json()
    assert kept.text == "… [1] Plain three. [2]\n… [3]\nPlain six [2]."
    assert [citation.number for citation in kept.citations] == [1, 2, 3]
    assert (kept.citations[0].title, kept.citations[0].date, kept.citations[0].page) == ("a.md", "2025-01-01", 3)
    assert kept.citations[1] == MIXED.citations[1]
    assert [hit.text for hit in kept.hits] == ["", "Plain"]
    assert [(kept.text[flaw.start : flaw.end], flaw.detail) for flaw in kept.unsupported] == [("Plain", "Plain")]
    assert (kept.conflicts, [notice.code for notice in kept.notices]) == (MIXED.conflicts[1:], ["llm_failed"])
    assert without_document(kept, GONE) == kept


def test_of_a_written_answer_only_what_others_carry_stays() -> None:
    written = MIXED.model_copy(
        update={"mode": "llm", "text": "Quobble, unmarked. Plain [2]. Both Quobble [1][2]. End Quobble."}
    )
    assert without_document(written, GONE).text == "Plain [2]. … [1][2]"


def test_words_behind_the_last_mark_of_an_endless_sentence_go() -> None:
    written = MIXED.model_copy(update={"mode": "llm", "text": "Plain words [2] Quobble says so."})
    assert without_document(written, GONE).text == "… [2]"


def test_an_abstention_keeps_its_sentence() -> None:
    said = "The documents do not say: they are about something else."
    answer = Answer(text=said, abstained=True, reason="off_topic", mode="extractive", hits=(found(GONE, "Quobble"),))
    kept = without_document(answer, GONE)
    assert kept.text == said
    assert "Quobble" not in kept.model_dump_json()


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(["Quobble says so", "- Quobble item", "Plain words"]),
            st.sampled_from([" [1]", " [2]", "", " [1, 2]", " [1][2]", "。", "."]),
        ),
        max_size=12,
    ),
    joint=st.sampled_from([" ", "\n", "\n\n"]),
)
def test_no_sentence_of_the_document_stays(parts: list[tuple[str, str]], joint: str) -> None:
    """Whatever a model wrote: sentences made of the document carry its mark, or none, or they are not made of it."""
    others = {" [2]": " [1]", "": "."}
    text = joint.join(words + (others.get(mark, mark) if "Quobble" in words else mark) for words, mark in parts)
    answer = MIXED.model_copy(update={"text": text, "mode": "llm", "unsupported": ()})
    kept = without_document(answer, GONE)
    assert "Quobble" not in kept.model_dump_json()
    assert without_document(kept, GONE) == kept
