"""A run asks every row, checks every citation, loses no failure, writes what it did, and its gate stops regressions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import Runnable, RunnableLambda

from eval.__main__ import main
from eval.dataset import GoldQuote, Row
from eval.gate import FLOORS, gate_failures
from eval.recorded import read_run
from eval.report import run_lines
from eval.run_folder import open_run
from eval.runner import Run, run
from rag import build_index, get_document
from rag.answer import Answer, Citation
from rag.config import Settings

FACT = "The Harbour Authority of Kessen has 412 employees."
OTHER = "The Harbour Authority of Kessen was founded on 3 May 1987."
TEXT = f"""\
---
title: The Harbour Authority of Kessen
language: en
date: 2026-01-15
---

# The Harbour Authority of Kessen

{FACT} Its office stands at the northern pier.

{OTHER} The founding act was signed by Mayor Ilse Varga.
"""
ROWS = [
    Row(
        id="staff",
        question="How many employees does the Harbour Authority of Kessen have?",
        language="en",
        kind="number",
        answerable=True,
        answers=(("412",),),
        documents=("corpus/harbour.md",),
        quotes=(GoldQuote(document_id="corpus/harbour.md", quote=FACT),),
    ),
    Row(
        id="founded",
        question="Why was the Harbour Authority of Kessen founded in 1999?",
        language="en",
        kind="false_premise",
        answerable=True,
        answers=(("1987",),),
        documents=("corpus/harbour.md",),
        quotes=(GoldQuote(document_id="corpus/harbour.md", quote=OTHER),),
    ),
    Row(id="rain", question="Will it rain tomorrow?", language="en", kind="unanswerable_far", answerable=False),
]
Chain = Runnable[Any, Answer]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "harbour.md").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def settings(corpus: Path) -> Settings:
    settings = Settings(corpus_dir=corpus, index_dir=corpus.parent / "index", data_dir=corpus.parent / "none")
    build_index(settings)
    return settings


@pytest.fixture
def cite(settings: Settings) -> Callable[[str], Citation]:
    """A citation of a sentence of the document."""
    document = get_document("corpus/harbour.md", settings)

    def make(quote: str) -> Citation:
        start = document.text.index(quote)
        return Citation(
            number=1,
            document_id=document.document_id,
            title=document.title,
            publisher=document.publisher,
            date=document.date,
            kind=document.kind,
            status=document.status,
            language=document.language,
            url=document.url,
            section=document.section_at(start),
            page=document.page_at(start),
            start=start,
            end=start + len(quote),
            quote=quote,
        )

    return make


@pytest.fixture
def oracle(cite: Callable[[str], Citation]) -> Chain:
    """Answers every row of `ROWS` rightly."""

    def answer(value: dict[str, Any]) -> Answer:
        question = value["question"]
        if "rain" in question:
            return Answer(
                question=question,
                text="The documents do not say: they are about something else.",
                abstained=True,
                reason="off_topic",
                mode="extractive",
            )
        quote = FACT if "employees" in question else OTHER
        return Answer(question=question, text=f"{quote} [1]", citations=(cite(quote),), mode="extractive")

    return RunnableLambda(answer)


def planted(good: Chain, change: Callable[[Answer], Any]) -> Chain:
    """The chain with a regression: `change` is made to each answer that cites."""
    return RunnableLambda(lambda value: change(answer) if (answer := good.invoke(value)).citations else answer)


def gate(chain: Chain, settings: Settings) -> list[str]:
    done = run(chain, ROWS, settings)
    return gate_failures(done.results, done.summary, {"answer_match": 1.0})


def shifted(answer: Answer) -> Answer:
    citation = answer.citations[0]
    moved = citation.model_copy(update={"start": citation.start + 3, "end": citation.end + 3})
    return answer.model_copy(update={"citations": (moved,)})


def misquoted(answer: Answer) -> Answer:
    citation = answer.citations[0]
    return answer.model_copy(
        update={
            "text": answer.text.replace("412", "999"),
            "citations": (citation.model_copy(update={"quote": citation.quote.replace("412", "999")}),),
        }
    )


def evasive(cite: Callable[[str], Citation]) -> Callable[[Answer], Answer]:
    quote = "Its office stands at the northern pier."
    return lambda answer: answer.model_copy(update={"text": f"{quote} [1]", "citations": (cite(quote),)})


def failing(answer: Answer) -> Answer:
    raise RuntimeError("planted")


def test_run_of_right_answers_passes(oracle: Chain, settings: Settings) -> None:
    seen: list[tuple[int, int]] = []
    done = run(oracle, ROWS, settings, progress=lambda n, total: seen.append((n, total)))
    assert [result.row for result in done.results] == ROWS
    assert [result.judgement.failures for result in done.results] == [(), ("premise_not_named",), ()]
    assert done.summary["correct"].value == 1
    assert done.summary["quotes_verified"].value == 1
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert gate_failures(done.results, done.summary, dict.fromkeys(FLOORS, 0.0) | {"correct": 1.0}) == [
        f"{name} has a floor of 0.000 and was not measured."
        for name in FLOORS
        if name in ("abstention_f1_near", "true_twins_answered")
    ]
    assert gate(oracle, settings) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(shifted, "document_changed", id="wrong span"),
        pytest.param(misquoted, "quote_mismatch", id="altered figure"),
    ],
)
def test_gate_stops_citations_that_do_not_verify(
    oracle: Chain, settings: Settings, change: Callable[[Answer], Answer], code: str
) -> None:
    assert f"staff: a citation does not verify ({code})." in gate(planted(oracle, change), settings)


def test_gate_stops_an_accepted_premise_and_lost_answers(
    oracle: Chain, settings: Settings, cite: Callable[[str], Citation]
) -> None:
    assert gate(planted(oracle, evasive(cite)), settings) == [
        "founded: a false premise is accepted.",
        "answer_match is 0.000, below its floor of 1.000.",
    ]


def test_gate_stops_failures_of_the_program(oracle: Chain, settings: Settings) -> None:
    done = run(planted(oracle, failing), ROWS, settings)
    assert [(result.answer, result.error) for result in done.results[:2]] == [(None, "RuntimeError: planted")] * 2
    assert gate_failures(done.results, done.summary, {}) == [
        "staff: the program failed: RuntimeError: planted",
        "founded: the program failed: RuntimeError: planted",
    ]


def test_what_is_no_answer_is_a_failure(oracle: Chain, settings: Settings) -> None:
    done = run(planted(oracle, lambda answer: answer.text), ROWS, settings)
    assert done.results[0].error == "TypeError: the chain gave a str, not an Answer"


def test_written_run_is_read_back_whole(oracle: Chain, settings: Settings, tmp_path: Path) -> None:
    done = run(oracle, ROWS, settings)
    with open_run(tmp_path, {"data": "rows.jsonl"}, ROWS) as folder:
        for result in done.results:
            folder.add(result)
        folder.finish(done.summary, {"seconds": 1.0})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "lock", "rows.jsonl", "summary.json"]
    read = read_run(tmp_path)
    assert (read.results, read.summary) == (done.results, done.summary)
    assert read.config == {"data": "rows.jsonl", "seconds": 1.0}
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["correct"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3}
    assert summary.keys() == done.summary.keys()


def test_report_shows_measures_and_each_failure_once(
    oracle: Chain, settings: Settings, cite: Callable[[str], Citation]
) -> None:
    done: Run = run(planted(oracle, evasive(cite)), ROWS, settings)
    lines = list(run_lines(done))
    assert any(line.startswith("answer_match ") and " 0.000" in line for line in lines)
    report = "\n".join(lines)
    assert "A false premise is accepted (1)\n  founded: Why was" in report
    assert "Facts are missing (1)\n  staff: How many" in report
    assert "missing: 412 (not in the hits)" in report
    assert "rain:" not in report


def test_command_indexes_asks_and_writes(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path / "user"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-used")
    uploads = tmp_path / "user" / "uploads"
    uploads.mkdir(parents=True)
    (uploads / "mine.md").write_text("# Mine\n\nThe Harbour Authority of Kessen has 77 employees.\n", encoding="utf-8")
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(row.model_dump_json() + "\n" for row in (ROWS[0], ROWS[2])), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["run", "--data", str(data), "--corpus", str(corpus), "--out", str(out), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert "asked: 2 of 2" in printed.err
    results = read_run(out).results
    assert [result.judgement.failures for result in results] == [(), ()]
    assert all(hit.root == "corpus" for result in results if result.answer for hit in result.answer.hits)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert (config["data"]["rows"], config["index"]["documents"]) == (2, 1)
    assert "sk-not-used" not in (out / "config.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in (out / "config.json").read_text(encoding="utf-8")


def test_command_fails_where_the_gate_does(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A question that cannot be asked fails in the program: too long for `RAG_MAX_QUESTION_CHARS`."""
    data = tmp_path / "rows.jsonl"
    data.write_text(ROWS[2].model_copy(update={"question": "x" * 4001}).model_dump_json() + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["run", "--data", str(data), "--corpus", str(corpus), "--out", str(out)]) == 1
    printed = capsys.readouterr()
    assert "gate: rain: the program failed: QuestionError" in printed.err
    assert "The program failed (1)" in printed.out


def test_command_never_writes_the_users_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_INDEX_DIR", str(tmp_path / "mine"))
    assert main(["run", "--index", str(tmp_path / "mine"), "--out", str(tmp_path / "out")]) == 1
    assert "is the index that you ask" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
