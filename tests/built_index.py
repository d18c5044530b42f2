"""What the tests of building share: folders, a model, what they ask of an index and of the report on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from bag_of_words import BagOfWords

from rag.answer import IndexReport
from rag.config import Settings
from rag.index.build import build_index
from rag.index.opening import Index

LONG = "The quick brown fox number {} jumps over the lazy dog and runs away into the deep dark forest. "


@pytest.fixture
def settings(tmp_path: Path, corpus: Path) -> Settings:
    """The folders of an index of the four documents, which is not there yet."""
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")


@pytest.fixture
def bag() -> BagOfWords:
    """A model that embeds at once."""
    return BagOfWords()


def indexed(folder: Path, documents: Mapping[str, str]) -> Settings:
    """Settings of an index of these documents, built with the bundled model in a new folder."""
    (folder / "corpus").mkdir()
    for name, text in documents.items():
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data", chroma_url=None)
    build_index(made)
    return made


def counts(report: IndexReport) -> dict[str, int]:
    """The counts that are not 0."""
    names = ("added", "updated", "renamed", "unchanged", "skipped", "rejected", "deleted")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def texts(settings: Settings, bag: BagOfWords) -> dict[str, str]:
    """Text of every indexed document."""
    with Index.open(settings, model=bag) as index:
        ids = [record.document_id for record in index.store.records()]
        found = {document_id: index.store.document(document_id) for document_id in ids}
        assert index.store.check() == []
    return {document_id: document.text for document_id, document in found.items() if document is not None}
