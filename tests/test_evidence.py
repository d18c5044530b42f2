"""An evidence bundle says later what still holds: document gone, changed with the quote still there, or without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag import Evidence, Settings, build_index, create_chain, create_evidence, get_document, verify
from rag.__main__ import main
from rag.answer import Answer
from rag.embedding.model import EmbeddingModel
from rag.errors import AnswerFormatError

QUESTIONS = ("When was the AI Act promulgated?", "How many hours of sun do tomatoes need?")


@pytest.fixture
def settings(tmp_path: Path, corpus: Path, model: EmbeddingModel) -> Settings:
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    return settings


@pytest.fixture
def answers(settings: Settings) -> list[Answer]:
    chain = create_chain(settings)
    return [chain.invoke(question) for question in QUESTIONS]


def test_a_bundle_holds_what_the_answers_rest_on(settings: Settings, answers: list[Answer]) -> None:
    bundle = create_evidence(answers, settings, title="Both", asked=["2026-08-01T09:30:00+00:00"] * 2)
    assert Evidence.model_validate_json(bundle.model_dump_json()) == bundle
    assert [turn.answer for turn in bundle.turns] == answers
    cited = {citation.document_id for answer in answers for citation in answer.citations}
    assert {item.document_id: item.sha256 for item in bundle.documents} == {
        document_id: get_document(document_id, settings).sha256 for document_id in cited
    }
    assert len(bundle.index.embedding_identity) == 64
    assert (bundle.version, bundle.title, bundle.chat_model) == (1, "Both", None)
    for saved in (bundle, bundle.model_dump_json(), bundle.model_dump(), answers, [a.model_dump() for a in answers]):
        assert verify(saved, settings).ok


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda text: text + "\nOne more sentence.\n", "document_changed", r"has changed .* still stands at \d+-\d+\."),
        (lambda text: text.replace("# The AI Act\n", "# The AI Act\n\nNew.\n"), "document_changed", r"at \d+, not at"),
        (lambda text: text.replace("4 June", "5 June"), "quote_mismatch", "no longer stands in 'corpus/act.md', whose"),
        (lambda _: None, "document_missing", "holds no document 'corpus/act.md'"),
    ],
    ids=["stands", "moved", "gone from the text", "document gone"],
)
def test_a_bundle_says_what_has_changed(
    settings: Settings,
    answers: list[Answer],
    change: Callable[[str], str | None],
    code: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "bundle.json").write_text(create_evidence(answers[0], settings).model_dump_json(), "utf-8")
    act = settings.corpus_dir / "act.md"
    text = change(act.read_text("utf-8"))
    act.unlink() if text is None else act.write_text(text, "utf-8")
    build_index(settings)
    report = verify((tmp_path / "bundle.json").read_text("utf-8"), settings)
    assert code in {problem.code for problem in report.problems}
    argv = ["verify", str(tmp_path / "bundle.json"), "--index", str(settings.index_dir)]
    assert main(argv) == 3
    out = capsys.readouterr().out
    assert f"{code}: " in out
    assert re.search(message, out)
    assert main([*argv, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_other_bytes_of_the_same_text_change_nothing(settings: Settings, answers: list[Answer]) -> None:
    bundle = create_evidence(answers, settings)
    act = settings.corpus_dir / "act.md"
    act.write_bytes(act.read_bytes().replace(b"\n", b"\r\n"))
    build_index(settings)
    assert verify(bundle, settings).ok


def test_problems_of_several_answers_say_whose_they_are(settings: Settings, answers: list[Answer]) -> None:
    altered = answers[1].model_copy(update={"text": "Nine hours. [1]"})
    report = verify([answers[0], altered], settings)
    assert report.problems
    assert all(problem.message.startswith("Answer 2: ") for problem in report.problems)


def altered(bundle: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {**bundle, **change}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"format": "other"}, "format"),
        ({"documents": []}, "is cited and not among the documents"),
        ({"turns": []}, "turns"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_bundle_is_refused(
    settings: Settings, answers: list[Answer], change: dict[str, Any], message: str
) -> None:
    bundle = json.loads(create_evidence(answers, settings).model_dump_json())
    with pytest.raises(AnswerFormatError, match=message):
        verify(json.dumps(altered(bundle, **change)), settings)


def test_a_forged_bundle_does_not_verify(settings: Settings, answers: list[Answer]) -> None:
    """Its own record of the documents is no proof: only what stands in them today counts."""
    bundle = json.loads(create_evidence(answers[0], settings).model_dump_json())
    answer = bundle["turns"][0]["answer"]
    forged = answer["citations"][0]["quote"].replace("2025", "2024")
    answer["text"], answer["citations"][0]["quote"] = f"{forged} [1]", forged
    answer["citations"] = answer["citations"][:1]
    assert "quote_mismatch" in {problem.code for problem in verify(bundle, settings).problems}


def test_the_command_line_makes_and_checks_a_bundle(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--index", str(settings.index_dir), "--corpus", str(settings.corpus_dir)]
    assert main(["ask", QUESTIONS[0], "--evidence", *options]) == 0
    (tmp_path / "bundle.json").write_text(capsys.readouterr().out, "utf-8")
    assert main(["verify", str(tmp_path / "bundle.json"), *options]) == 0
    assert "Every quote stands" in capsys.readouterr().out


def test_nothing_is_no_bundle(settings: Settings) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        create_evidence([], settings)
