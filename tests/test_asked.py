"""Whether what was found names and counts what a question asks for, and finds its words' counterparts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from built_index import indexed

from rag.extractive.alignment import N_ALIGNED, align, aligned_scores, alignments
from rag.extractive.asked import Named, named
from rag.extractive.evidence import Evidence, gather, weigh, word_vectors
from rag.extractive.sentence_features import term_weights
from rag.index.opening import Index
from rag.questions.reading import read_question
from rag.retrieval.search import Retriever

DOCUMENTS = {
    "school.md": """---
title: The harbour school
language: en
---
The harbour school has 240 pupils and 12 teachers. The school was founded in 1921. Lessons begin at eight. About 60% of
its pupils come by boat. The headmistress is Ida Vries.
""",
    "school.ja.md": """---
title: 港の学校
language: ja
---
港の学校には240人の生徒と12名の教員がいる。1921年に創立された。校長は青木花である。
""",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open(indexed(tmp_path_factory.mktemp("asked"), DOCUMENTS)) as opened:
        yield opened


def found(text: str, index: Index) -> list[Evidence]:
    question = read_question(text)
    candidates = Retriever(index, index.settings).search(text)
    evidence = gather(question, candidates, weigh(question, index.store), word_vectors(question, index.model))
    return [one for one in evidence if (one.record.language == "ja") == (question.language == "ja")]


def read(text: str, index: Index) -> Named:
    question = read_question(text)
    return named(question, found(text, index), weigh(question, index.store), index.model)


@pytest.mark.parametrize(
    ("there", "absent"),
    [
        ("How many pupils does the harbour school have?", "How many pages does the harbour school have?"),
        ("How many students does the harbour school have?", "How many windows does the harbour school have?"),
        ("港の学校の生徒は何人ですか", "港の学校の生徒は何票を入れましたか"),
        ("港の学校に教員は何人いますか", "港の学校に教室は何校ありますか"),
    ],
)
def test_what_is_counted(there: str, absent: str, index: Index) -> None:
    assert read(there, index).counted > 2 * read(absent, index).counted


def test_nothing_is_counted_where_no_number_of_things_is_asked(index: Index) -> None:
    assert read("When was the harbour school founded?", index).counted == 1
    assert read("How many years ago was the harbour school founded?", index).counted == 1
    assert read("港の学校はいつ創立されましたか", index).counted == 1


@pytest.mark.parametrize(
    ("named_one", "other"),
    [
        ("What kind of boat do pupils of the harbour school take?", "What kind of visa do pupils of the school need?"),
        ("港の学校の校長は誰ですか", "港の学校の理事は誰ですか"),
    ],
)
def test_the_thing_asked_for(named_one: str, other: str, index: Index) -> None:
    assert read(named_one, index).head > read(other, index).head


def test_words_that_stand_nowhere_are_unsaid(index: Index) -> None:
    known = read("Who is the headmistress of the harbour school?", index)
    unknown = read("Who is the glassblower of the harbour school?", index)
    assert known.said > unknown.said
    assert known.unsaid < unknown.unsaid
    assert 0 <= unknown.unsaid_nearby <= 1


def test_alignment_is_highest_for_what_says_the_same(index: Index) -> None:
    question = read_question("When was the harbour school founded?")
    evidence = found(question.text, index)
    rows = alignments(question, evidence, weigh(question, index.store), index.model)
    assert rows.shape == (len(evidence), 3)
    best = evidence[int(rows[:, 0].argmax())]
    assert "school" in best.text
    own, around, least = rows.T
    assert (own <= around + 1e-6).all(), "what stands around can only bring a counterpart nearer"
    assert "school" in evidence[int(least.argmax())].text
    assert (np.abs(rows) <= 1 + 1e-6).all()


def test_alignment_is_0_where_no_word_counts(index: Index) -> None:
    evidence = found("When was the harbour school founded?", index)
    nothing = read_question("?!")
    assert not alignments(nothing, evidence, term_weights(nothing, {}, 10), index.model).any()


def test_aligned_evidence_is_the_same_in_another_order(index: Index) -> None:
    question = read_question("When was the harbour school founded?")
    evidence = found(question.text, index)
    ordered = align(question, evidence, weigh(question, index.store), index.model)
    assert {(one.start, one.text) for one in ordered} == {(one.start, one.text) for one in evidence}
    assert [one.score for one in ordered] == sorted((one.score for one in ordered), reverse=True)


def test_what_is_not_aligned_counts_as_the_worst() -> None:
    scores = [float(n) for n in range(N_ALIGNED + 2, 0, -1)]
    alignment = np.column_stack([np.linspace(1, 0, N_ALIGNED), np.linspace(1, 0.5, N_ALIGNED), np.zeros(N_ALIGNED)])
    final = aligned_scores(scores, alignment, (2.0, 3.0, 4.0))
    assert final[-1] == 2 * 1 + 3 * 0 + 4 * 0.5
    assert final[0] == 2 * (N_ALIGNED + 2) + 3 * 1 + 4 * 1


@pytest.mark.parametrize("run", ["港湾学校" * 700, "ミョ" * 1900, "harbour" * 500])
def test_a_run_longer_than_the_model_reads_is_still_a_question(run: str, index: Index) -> None:
    for question in (f"{run}は誰ですか", f"Who is {run} of the harbour school?"):
        assert 0 <= read(question, index).said <= 1
