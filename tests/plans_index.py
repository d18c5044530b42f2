"""Both plans in both languages, indexed: made once a process, and copied for whoever changes something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag import Settings, build_index

_DOCUMENTS = ("plan-1.md", "plan-2.md", "plan-1.ja.md", "plan-2.ja.md")
_CORPUS = Path(__file__).resolve().parent.parent / "corpus"


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of that index; not to be changed."""
    folder = tmp_path_factory.mktemp("plans")
    (folder / "corpus").mkdir()
    for name in _DOCUMENTS:
        shutil.copy(_CORPUS / name, folder / "corpus")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(made)
    return made


def copied(plans: Settings, folder: Path) -> Settings:
    """A copy of it in another folder, with a data folder that nobody has used."""
    shutil.copytree(plans.corpus_dir, folder / "corpus")
    shutil.copytree(plans.index_dir, folder / "index")
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
