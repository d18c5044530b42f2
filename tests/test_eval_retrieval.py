"""`python -m eval retrieval` and `fit`: the formats they read, and a real run on a small file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.dataset import DatasetError
from eval.passages import Judged, Passage, has_passages, judged_questions, judged_rows, read_passages, write_documents
from rag.config import Settings
from rag.document import Document
from rag.loading import Loader

PASSAGES = [
    ("Comets#000", "Comets", "Halley's comet returns every 75 or 76 years. It was last seen in 1986."),
    ("Comets#001", "Comets", "The tail of a comet always points away from the Sun. Dust gives it a white colour."),
    ("Bees#000", "Bees", "A honey bee tells the way to flowers by a dance. The waggle dance shows direction."),
    ("Bees#001", "Bees", "Drones have no sting. They hatch from eggs that were not fertilised."),
    ("Rivers#000", "Rivers: sources", "The Danube rises in the Black Forest and ends in the Black Sea."),
]
QUESTIONS = [
    ("q1", "How often does Halley's comet return?", "Comets#000", True),
    ("q2", "Where does the tail of a comet point?", "Comets#001", True),
    ("q3", "What does the waggle dance show?", "Bees#000", True),
    ("q4", "Why do drones have no sting?", "Bees#001", True),
    ("q5", "Where does the Danube rise?", "Rivers#000", True),
    ("q6", "How long is the Danube?", "Rivers#000", False),
]


def lines(*changes: dict[str, Any]) -> str:
    rows: list[dict[str, Any]] = [
        {"kind": "passage", "id": id_, "title": title, "text": text} for id_, title, text in PASSAGES
    ]
    rows += [
        {
            "kind": "question",
            "id": id_,
            "question": text,
            "passage_id": passage,
            "answers": [],
            "answerable": answerable,
        }
        for id_, text, passage, answerable in QUESTIONS
    ]
    return "".join(json.dumps(row) + "\n" for row in [*rows, *changes])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "open.jsonl"
    path.write_text(lines(), "utf-8")
    return path


def test_passages_and_questions_are_read_in_order(file: Path) -> None:
    passages, questions = read_passages(file)
    assert has_passages(file)
    assert [(p.id, p.title, p.text) for p in passages] == PASSAGES
    assert [(q.id, q.question, q.passage_id, q.answerable) for q in questions] == QUESTIONS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"kind": "question", "id": "x", "question": "?", "passage_id": "None#0"}, "line 12: no passage 'None#0'"),
        ({"kind": "passage", "id": "Bees#000", "title": "", "text": ""}, "line 12: passage 'Bees#000' comes twice"),
        ({"kind": "passage", "id": "x", "title": ""}, "line 12: passage.text: Field required"),
        ({"kind": "poem"}, "line 12: .*'passage', 'question'"),
    ],
)
def test_wrong_lines_are_named(file: Path, line: dict[str, Any], message: str) -> None:
    file.write_text(lines(line), "utf-8")
    with pytest.raises(DatasetError, match=message):
        read_passages(file)


def test_halves_are_of_titles_in_turn_and_only_answerable_questions_count(file: Path) -> None:
    passages, questions = read_passages(file)
    ids = {passage.id: f"corpus/{passage.id}" for passage in passages}
    assert [
        (judged.query, set(judged.document_ids), judged.half) for judged in judged_questions(passages, questions, ids)
    ] == [
        ("How often does Halley's comet return?", {"corpus/Comets#000"}, "report"),
        ("Where does the tail of a comet point?", {"corpus/Comets#001"}, "report"),
        ("What does the waggle dance show?", {"corpus/Bees#000"}, "fit"),
        ("Why do drones have no sting?", {"corpus/Bees#001"}, "fit"),
        ("Where does the Danube rise?", {"corpus/Rivers#000"}, "fit"),
    ]


def test_passages_survive_as_documents(tmp_path: Path) -> None:
    passages = [
        Passage(kind="passage", id="a", title='He said: "#1" – 東京', text="First line.\n\n---\nSecond line."),
        Passage(kind="passage", id="b", title="yes", text="---\ntitle: not this one\n---\nText."),
    ]
    ids = write_documents(passages, tmp_path)
    assert ids == {"a": "corpus/000000.md", "b": "corpus/000001.md"}
    with Loader(Settings()) as loader:
        for passage in passages:
            path = ids[passage.id].removeprefix("corpus/")
            loaded = loader.load(tmp_path / path, root="corpus", path=path)
            document = getattr(loaded, "document", None)
            assert isinstance(document, Document)
            assert (document.title, document.text.strip()) == (passage.title, passage.text)


def test_eval_rows_are_judged_by_their_documents(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "one",
        "question": "And the second one?",
        "chat_history": [["user", "When was the first plan adopted?"], ["assistant", "In 2025."]],
        "language": "en",
        "kind": "date",
        "answerable": True,
        "answers": [["2026"]],
        "documents": ["corpus/plan-2.md", "corpus/timeline.md"],
        "quotes": [],
    }
    far = {**row, "id": "two", "answerable": False, "answers": [], "documents": [], "kind": "unanswerable_far"}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(far) + "\n", "utf-8")
    assert not has_passages(path)
    assert judged_rows(path) == [
        Judged(
            query="When was the second plan adopted?",
            document_ids=frozenset({"corpus/plan-2.md", "corpus/timeline.md"}),
        )
    ]


def test_retrieval_reports_every_way_and_half(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(file), "--json", "--k", "1,3"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["n_documents"], report["n_chunks"]) == (5, 5)
    assert {half: part["n_questions"] for half, part in report["halves"].items()} == {"all": 5, "fit": 3, "report": 2}
    everything = report["halves"]["all"]
    assert set(everything["ways"]) == {"hybrid", "dense", "lexical"}
    assert set(everything["ways"]["hybrid"]) == {"nDCG@10", "hit@1", "RR", "Recall@1", "Recall@3"}
    assert everything["ways"]["hybrid"]["nDCG@10"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 5}
    assert set(everything["differences"]) == {"hybrid - dense", "hybrid - lexical"}


def test_retrieval_prints_a_table_of_one_half_and_one_way(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(file), "--half", "fit", "--ways", "lexical", "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert "open.jsonl: 5 documents, 5 chunks" in out
    assert "fit: 2 questions" in out
    assert "lexical" in out
    assert "hybrid" not in out


def test_fit_prints_weights_of_sum_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(file)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    weights = [float(part.split()[-1]) for part in first.removeprefix("weights: ").split(", ")]
    assert len(weights) == 5
    assert sum(weights) == pytest.approx(1, abs=0.01)


def test_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(tmp_path / "none.jsonl")]) == 1
    captured = capsys.readouterr()
    assert "cannot be read" in captured.err
    assert captured.out == ""


def test_wrong_way_is_wrong_usage(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["retrieval", str(file), "--ways", "sparse"])
    assert "'sparse'" in capsys.readouterr().err
