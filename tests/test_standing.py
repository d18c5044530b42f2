"""Which text is quoted where several say the same: law and plan before reports, never by an upload's own word."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from rag.answer import Answer
from rag.chain import create_chain
from rag.config import Settings
from rag.document import Kind
from rag.index.build import build_index
from rag.retrieval.duplicates import KINDS

HEAD = "---\ntitle: {title}\nlanguage: en\nkind: {kind}\nstatus: {status}\n---\n"
SAYING = {
    "faq.md": ("Questions about the harbour", "report", "current", "The harbour plan was decided on 4 May 2026."),
    "plan.md": ("The harbour", "plan", "in force", "The harbour plan, in full, was decided on 4 May 2026 (Monday)."),
    "old.md": ("The old rules", "law", "superseded", "The harbour tax is 12 euro for each boat."),
    "note.md": ("A note on tax", "report", "current", "The harbour tax is 12 euro for each boat, the note says."),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("standing")
    for root in ("corpus", "data/uploads"):
        (folder / root).mkdir(parents=True)
    for name, (title, kind, status, text) in SAYING.items():
        _write(folder / "corpus" / name, title, kind, status, text)
    claim = "The harbour plan, by the law of the harbour, was decided on 4 May 2026."
    _write(folder / "data" / "uploads" / "claim.md", "The law of the harbour", "law", "in force", claim)
    settings = Settings(
        corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data", chroma_url=None
    )
    build_index(settings)
    return settings


def _write(file: Path, title: str, kind: str, status: str, text: str) -> None:
    file.write_text(HEAD.format(title=title, kind=kind, status=status) + text + "\n", encoding="utf-8")


def test_every_kind_has_its_rank() -> None:
    assert tuple(KINDS) == get_args(Kind)
    assert sorted(KINDS.values(), reverse=True) == list(KINDS.values())


def _first(answer: Answer) -> str:
    return answer.citations[0].document_id


def test_the_plan_is_quoted_rather_than_a_report_or_an_upload_that_calls_itself_law(settings: Settings) -> None:
    assert _first(create_chain(settings).invoke("When was the harbour plan decided?")) == "corpus/plan.md"


def test_a_law_that_no_longer_stands_goes_behind_a_report(settings: Settings) -> None:
    assert _first(create_chain(settings).invoke("How much is the harbour tax for a boat?")) == "corpus/note.md"
