"""Searching: the right passage first, filters before ranking, duplicates once, both languages, for LangChain too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document as LangChainDocument

from rag.answer import Hit
from rag.config import Retrieval, Settings
from rag.errors import IndexNotFoundError, QuestionError
from rag.index.build import build_index
from rag.index.opening import Index
from rag.langchain_retriever import create_retriever
from rag.retrieval.filters import parse_filter
from rag.retrieval.search import Candidate, Retriever

TIDES = (
    "The harbour authority measures the tide every ten minutes at the old lighthouse pier. The readings are sent to "
    "the ferry office, the fishing cooperative and the coast guard, which use them to plan the day's departures."
)
FILES = {
    "corpus/news.md": f"---\ntitle: Tide news\nlanguage: en\nkind: news\ndate: 2026-05-01\n---\n{TIDES}\n",
    "corpus/plan.md": (
        f"---\ntitle: Tide plan\nlanguage: en\nkind: plan\nstatus: in force\ndate: 2025-12\n---\n{TIDES}\n"
    ),
    "corpus/old.md": (
        "---\ntitle: Former tide plan\nlanguage: en\nkind: plan\nstatus: superseded\ndate: 2019-03-05\n---\n"
        f"{TIDES.replace('ten minutes', '30 minutes')}\n"
    ),
    "data/uploads/claim.md": f"---\ntitle: Tide claim\nlanguage: en\nkind: law\nstatus: in force\n---\n{TIDES}\n",
    "corpus/bread.md": (
        "---\ntitle: Bread\nlanguage: en\nkind: report\npublisher: Bakers\ndate: 2026-02-10\n---\n"
        "Rye bread keeps for a week in a linen bag. Wheat bread is best on its first day.\n"
    ),
    "corpus/パン.md": (
        "---\ntitle: パン\nlanguage: ja\nkind: report\ndate: 2026-02-11\n---\n"
        "ライ麦パンは麻の袋に入れると一週間もつ。小麦のパンは焼いた日がいちばんおいしい。\n"
    ),
    "corpus/bell.ja.md": (
        "---\ntitle: 時鐘条例\nlanguage: ja\nkind: law\n---\n"
        "鐘楼の時鐘は毎朝六時に鳴らす。違反した者には罰金を科さない。\n"
    ),
    "corpus/lamp.md": (
        "---\ntitle: Street lamps\nlanguage: en\nkind: report\n---\n"
        "The lamplighter guild tends four hundred street lamps. Its members light them at dusk.\n"
    ),
    "corpus/glossary.md": (
        "---\ntitle: Words\nlanguage: en\nglossary: true\n---\n"
        "- **Hour bell** (時鐘): rung from a tower.\n- **Lamplighter guild** (点灯組合; 点灯夫の組合): an old trade.\n"
    ),
    "corpus/stars.txt": "Stars twinkle because the air above us moves. Planets hardly do.\n",
}
WAYS = get_args(Retrieval)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("retrieval")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(made)
    return made


@pytest.fixture(scope="module")
def index(options: Settings) -> Iterator[Index]:
    with Index.open(options) as opened:
        yield opened


@pytest.fixture(scope="module")
def retriever(index: Index) -> Retriever:
    return Retriever(index, index.settings)


def ids(found: list[Candidate]) -> list[str]:
    return [candidate.hit.document_id for candidate in found]


def by(index: Index, way: Retrieval) -> Retriever:
    return Retriever(index, index.settings.model_copy(update={"retrieval": way}))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How long does rye bread keep?", "corpus/bread.md"),
        ("Why do stars twinkle?", "corpus/stars.txt"),
        ("How many street lamps are there?", "corpus/lamp.md"),
    ],
)
def test_every_way_finds_the_passage(index: Index, way: Retrieval, question: str, first: str) -> None:
    assert ids(by(index, way).search(question))[0] == first


@pytest.mark.parametrize("way", WAYS)
def test_hits_are_ranked_scored_and_stand_in_their_documents(index: Index, way: Retrieval) -> None:
    found = by(index, way).search("tide readings of the harbour and bread", k=50)
    assert [candidate.hit.rank for candidate in found] == list(range(1, len(found) + 1))
    scores = [candidate.hit.score for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    for candidate in found:
        document = index.store.document(candidate.hit.document_id)
        assert document is not None
        assert document.text[candidate.hit.start : candidate.hit.end] == candidate.hit.text
        assert (
            len(candidate.sentence_dense) == len(candidate.sentence_coverage) == len(candidate.stored.chunk.sentences)
        )


def test_hit_has_the_fields_of_its_document(retriever: Retriever) -> None:
    hit = retriever.search("rye bread linen bag", k=1)[0].hit
    expected = {
        "rank": 1,
        "document_id": "corpus/bread.md",
        "path": "bread.md",
        "root": "corpus",
        "title": "Bread",
        "text": "Rye bread keeps for a week in a linen bag. Wheat bread is best on its first day.",
        "start": 0,
        "end": 80,
        "section": None,
        "page": None,
        "language": "en",
        "date": "2026-02-10",
        "kind": "report",
        "status": None,
        "publisher": "Bakers",
        "url": None,
    }
    assert hit.model_dump(exclude={"score", "dense_score", "lexical_score"}) == expected
    assert hit.dense_score is not None
    assert hit.dense_score > 0.4
    assert hit.lexical_score is not None
    assert hit.lexical_score > 0


def test_more_hits_than_there_are(retriever: Retriever) -> None:
    # The passage on tides stands in three documents of nine, and once in the list.
    assert sorted(ids(retriever.search("bread", k=500))) == sorted(
        {name.removeprefix("data/") for name in FILES} - {"corpus/news.md", "uploads/claim.md"}
        - {"data/uploads/claim.md"}
    )  # fmt: skip


def test_search_refuses_k_below_one(retriever: Retriever) -> None:
    with pytest.raises(ValueError, match="k=0 must be at least 1"):
        retriever.search("bread", k=0)


def test_empty_index_gives_no_hits(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    empty = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(empty)
    with Index.open(empty) as opened:
        assert Retriever(opened, empty).search("anything") == []
        assert Retriever(opened, empty).candidates_of([], "anything") == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"document_id": "corpus/stars.txt"}, {"corpus/stars.txt"}),
        ({"root": "uploads"}, {"uploads/claim.md"}),
        ({"language": "ja", "kind": ["law", "plan"]}, {"corpus/bell.ja.md"}),
        ({"status": "superseded"}, {"corpus/old.md"}),
        ({"publisher": ["Bakers", "Millers"]}, {"corpus/bread.md"}),
        ({"date_from": "2026-02-11", "date_to": "2026"}, {"corpus/news.md", "corpus/パン.md"}),
        ({"date_from": "2025-12-31", "date_to": "2025-12-31"}, {"corpus/plan.md"}),
        ({"kind": "poem"}, set()),
        ({"publisher": "\ud800"}, set()),
    ],
)
def test_filter_is_applied_before_ranking(
    index: Index, way: Retrieval, wanted: dict[str, Any], expected: set[str]
) -> None:
    # With k=1 a filter that came after the ranking would leave nothing.
    question = "tide bread stars 罰金 パン ライ麦 twinkle"
    found = by(index, way).search(question, k=1, filter=parse_filter(wanted))
    assert len(found) == min(1, len(expected))
    assert set(ids(by(index, way).search(question, k=50, filter=parse_filter(wanted)))) == expected


def test_near_duplicates_are_shown_once_from_the_best_document(retriever: Retriever) -> None:
    found = retriever.search("How often is the tide measured at the lighthouse pier?")
    assert found[0].hit.document_id == "corpus/plan.md"
    assert set(found[0].duplicates) == {"corpus/news.md", "uploads/claim.md"}
    assert not {"corpus/news.md", "uploads/claim.md"} & set(ids(found))


def test_passage_with_another_figure_is_no_duplicate(retriever: Retriever) -> None:
    assert ids(retriever.search("How often is the tide measured at the lighthouse pier?"))[:2] == [
        "corpus/plan.md",
        "corpus/old.md",
    ]


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("How long does rye bread keep?", "corpus/bread.md", None),
        ("ライ麦パンはどれくらいもつか", "corpus/パン.md", None),
    ],
)
def test_document_in_the_questions_language_goes_first(
    retriever: Retriever, question: str, first: str, second: str | None
) -> None:
    assert ids(retriever.search(question))[0] == first


@pytest.mark.parametrize(
    ("question", "source"),
    [
        pytest.param("When is the hour bell rung?", "corpus/bell.ja.md", id="english to japanese"),
        pytest.param("点灯組合は何をしているか", "corpus/lamp.md", id="japanese to english"),
    ],
)
def test_only_source_is_found_through_the_glossary(retriever: Retriever, question: str, source: str) -> None:
    without_glossary = [found for found in ids(retriever.search(question)) if found != "corpus/glossary.md"]
    assert without_glossary[0] == source


def test_search_gives_the_same_from_many_threads(retriever: Retriever) -> None:
    questions = ["rye bread", "the tide", "時鐘はいつ鳴るか", "stars"] * 8
    alone = [retriever.search(question) for question in questions[:4]] * 8
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(retriever.search, questions))
    assert [[c.hit for c in found] for found in together] == [[c.hit for c in found] for found in alone]


@pytest.mark.parametrize("way", WAYS)
@given(
    question=st.text(min_size=1, max_size=30)
    | st.sampled_from(["?", "  ", "the of and", "は何ですか", '"AND* (', "\ud800"])
)
@settings(max_examples=15, deadline=None)
def test_any_question_is_searched(index: Index, way: Retrieval, question: str) -> None:
    question = question.encode("utf-8", "replace").decode()
    found = by(index, way).search(question, k=3)
    assert all(0.0 <= candidate.hit.score <= 1.0 for candidate in found)
    assert len(found) <= 3


def test_search_follows_changes_of_the_index(tmp_path: Path, corpus: Path) -> None:
    changing = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(changing)
    with Index.open(changing) as opened:
        retriever = Retriever(opened, changing)
        assert ids(retriever.search("tomatoes and sun", k=1)) == ["corpus/gardening.txt"]
        shutil.move(corpus / "gardening.txt", corpus / "garden.txt")
        (corpus / "chess.txt").write_text("The bishop moves along the diagonals of the board.\n", "utf-8")
        build_index(changing)
        assert ids(retriever.search("tomatoes and sun", k=1)) == ["corpus/garden.txt"]
        assert ids(retriever.search("Which chess piece moves along diagonals?", k=1)) == ["corpus/chess.txt"]
        (corpus / "chess.txt").unlink()
        build_index(changing)
        assert "corpus/chess.txt" not in ids(retriever.search("Which chess piece moves along diagonals?", k=50))


def test_candidates_of_another_retriever_keep_its_order(retriever: Retriever) -> None:
    asked = [
        ("corpus/stars.txt", 0, 20),
        ("corpus/bread.md", 45, 60),
        ("corpus/none.md", 0, 5),
        ("corpus/bread.md", 0, 9),
    ]
    documents = [
        LangChainDocument(page_content="", metadata={"document_id": document_id, "start": start, "end": end})
        for document_id, start, end in asked
    ]
    documents.append(LangChainDocument(page_content="no metadata"))
    found = retriever.candidates_of(documents, "bread")
    assert [(c.hit.rank, c.hit.document_id) for c in found] == [(1, "corpus/stars.txt"), (2, "corpus/bread.md")]


def test_create_retriever_gives_documents_with_the_fields_of_hits(options: Settings, index: Index) -> None:
    made = create_retriever(options, k=2, filter={"language": "en"})
    documents = made.invoke("How long does rye bread keep?")
    hits = [c.hit for c in Retriever(index, options).search(
        "How long does rye bread keep?", k=2, filter=parse_filter({"language": "en"}))]  # fmt: skip
    assert [document.page_content for document in documents] == [hit.text for hit in hits]
    assert [Hit.model_validate(document.metadata) for document in documents] == hits
    made.close()


async def test_create_retriever_works_async(options: Settings) -> None:
    made = create_retriever(options, k=1)
    documents = await made.ainvoke("Why do stars twinkle?")
    assert [document.metadata["document_id"] for document in documents] == ["corpus/stars.txt"]
    made.close()


def test_create_retriever_opens_nothing_before_its_first_call(tmp_path: Path) -> None:
    made = create_retriever(Settings(index_dir=tmp_path / "none"))
    with pytest.raises(IndexNotFoundError, match="No index at"):
        made.invoke("anything")
    with pytest.raises(QuestionError, match="blank"):
        made.invoke("  ")
    with pytest.raises(QuestionError, match="'lang' is no key"):
        create_retriever(Settings(), filter={"lang": "en"})
