"""Question rows are read strictly, and the bundled ones rest on what stands in the corpus."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from eval.dataset import BUNDLED, SUITE, DatasetError, GoldQuote, Row, gold_problems, read_rows
from eval.matching import states
from rag.text.analysis import analyse, content_terms
from rag.text.markup import plain

CORPUS = Path(__file__).resolve().parent.parent / "corpus"

FILES = (BUNDLED, SUITE)

ROW: dict[str, Any] = {
    "id": "staff",
    "question": "How many people work there?",
    "language": "en",
    "kind": "number",
    "answerable": True,
    "answers": [["30 people"]],
    "documents": ["corpus/a.md"],
    "quotes": [{"document_id": "corpus/a.md", "quote": "It has 30 people."}],
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    file = path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def body(path: Path) -> str:
    text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    return text.split("\n---\n", 1)[1]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {f"corpus/{path.name}": body(path) for path in CORPUS.glob("*.md") if path.name != "README.md"}


def test_read_rows_gives_rows_in_order(tmp_path: Path) -> None:
    unanswerable = {"id": "far", "question": "Rain?", "language": "en", "kind": "unanswerable_far", "answerable": False}
    assert read_rows(write(tmp_path, ROW, unanswerable)) == [
        Row(
            id="staff",
            question="How many people work there?",
            language="en",
            kind="number",
            answerable=True,
            answers=(("30 people",),),
            documents=("corpus/a.md",),
            quotes=(GoldQuote(document_id="corpus/a.md", quote="It has 30 people."),),
        ),
        Row(id="far", question="Rain?", language="en", kind="unanswerable_far", answerable=False),
    ]


def test_read_rows_keeps_line_separators_inside_a_question(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW | {"question": "One\u2028two?"}, ensure_ascii=False) + "\n\n", encoding="utf-8")
    assert [row.question for row in read_rows(file)] == ["One\u2028two?"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"anwsers": []}, "anwsers: Extra inputs"),
        ({"answers": []}, "answerable rows have answers"),
        ({"answerable": False}, "answerable rows have answers"),
        ({"answers": [[]]}, "at least one wording"),
        ({"kind": "unanswerable_near"}, "is for unanswerable questions"),
        ({"documents": []}, "quoted but not in documents: corpus/a.md"),
        ({"question": " "}, "question: "),
        ({"language": "fr"}, "language: "),
        ({"chat_history": [["system", "x"]]}, "chat_history"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_read_rows_refuses_a_wrong_row_naming_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    file = write(tmp_path, ROW, ROW | {"id": "second"} | change)
    with pytest.raises(DatasetError, match=message) as caught:
        read_rows(file)
    assert (caught.value.path, caught.value.line) == (file, 2)


def test_read_rows_refuses_what_is_no_file_of_questions(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_rows(tmp_path / "absent.jsonl")
    with pytest.raises(DatasetError, match="holds no question"):
        read_rows(write(tmp_path))
    with pytest.raises(DatasetError, match="stand twice: staff"):
        read_rows(write(tmp_path, ROW, ROW))


def test_gold_problems_names_missing_documents_and_quotes() -> None:
    row = Row.model_validate(ROW | {"documents": ["corpus/a.md", "corpus/b.md"]})
    assert gold_problems([row], {"corpus/a.md": "x It has 30 people. y", "corpus/b.md": ""}) == []
    assert gold_problems([row], {"corpus/a.md": "It had 30 people."}) == [
        "staff: no document 'corpus/b.md'.",
        "staff: corpus/a.md does not hold the quote 'It has 30 people.'.",
    ]


def test_chain_input_holds_the_conversation_where_there_is_one() -> None:
    assert Row.model_validate(ROW).chain_input() == {"question": "How many people work there?"}
    asked = Row.model_validate(ROW | {"chat_history": [["user", "AISI?"], ["assistant", "An institute."]]})
    assert asked.chain_input()["chat_history"] == [("user", "AISI?"), ("assistant", "An institute.")]


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_gold_stands_in_the_corpus(file: Path, texts: dict[str, str]) -> None:
    assert gold_problems(read_rows(file), texts) == []


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_facts_stand_in_their_quotes_and_forbidden_texts_do_not(file: Path) -> None:
    for row in read_rows(file):
        quotes = plain("\n".join(gold.quote for gold in row.quotes))
        assert [words for words in row.answers if not states(quotes, words)] == [], row.id
        assert [text for text in row.forbidden if states(quotes, [text])] == [], row.id


def test_bundled_questions_cover_every_kind_in_both_languages() -> None:
    kinds = Counter((row.kind, row.language) for row in read_rows())
    languages = Counter(row.language for row in read_rows())
    assert languages.total() >= 30
    assert min(languages["en"], languages["ja"]) >= 20
    assert {kind for kind, _ in kinds} == {
        *("fact", "number", "date", "list", "definition", "person", "comparison", "follow_up", "superseded"),
        *("disagreement", "false_premise", "true_twin", "unanswerable_far", "unanswerable_near"),
    }
    for kind in ("fact", "false_premise", "true_twin", "unanswerable_far", "unanswerable_near"):
        assert min(kinds[kind, "en"], kinds[kind, "ja"]) >= 1, kind


def test_the_suite_has_enough_of_every_kind() -> None:
    rows = read_rows(SUITE)
    kinds = Counter(row.kind for row in rows)
    assert len(rows) >= 150
    assert sum(row.language == "ja" for row in rows) >= 60
    answerable = ("fact", "number", "date", "list", "definition", "comparison", "follow_up", "superseded")
    for kind in (*answerable, "disagreement", "false_premise", "true_twin"):
        assert kinds[kind] >= 15, kind
    assert kinds["unanswerable_near"] >= 25
    assert sum(not row.answerable for row in rows) >= 40
    assert {row.id for row in rows}.isdisjoint(row.id for row in read_rows())


def test_rows_of_the_suite_are_what_their_kind_says() -> None:
    rows = read_rows(SUITE)
    assert [row.id for row in rows if row.answerable and not row.quotes] == []
    assert [row.id for row in rows if (row.kind == "follow_up") != bool(row.chat_history)] == []
    compared = [row for row in rows if row.kind == "comparison"]
    assert [row.id for row in compared if len({gold.document_id for gold in row.quotes}) < 2] == []


def test_every_false_premise_has_its_true_twin_behind_it() -> None:
    """The twin asks the like of what is so, in the same language: who calls every premise false fails it."""
    rows = read_rows(SUITE)
    behind = {row.id: twin for row, twin in pairwise(rows)}
    pairs = [(row, behind[row.id]) for row in rows if row.kind == "false_premise"]
    assert [row.id for row, twin in pairs if (twin.kind, twin.language) != ("true_twin", row.language)] == []
    assert len(pairs) == sum(row.kind == "true_twin" for row in rows)
    assert [row.id for row, _ in pairs if not row.forbidden] == []


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_most_questions_share_few_content_words_with_their_gold_quotes(file: Path, language: str) -> None:
    """Who asks does not know the document's words: at most 30 % of them stand in the quotes, for half of the rows."""
    rows = [row for row in read_rows(file) if row.answerable and row.language == language]
    shares = []
    for row in rows:
        asked = content_terms(row.question)
        held = set(analyse(plain("\n".join(gold.quote for gold in row.quotes))))
        shares.append(sum(term in held for term in asked) / len(asked))
    assert median(shares) <= 0.3
