"""Fixtures that several test files share: a clean environment, the bundled model, a few documents, their index."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetch_lists import fetch_settings as fetch_settings  # fixtures of the tests of fetching
from fetch_lists import text_server as text_server
from model_folders import tiny as tiny
from plans_index import plans as plans

from rag.config import Settings
from rag.embedding.choice import load_embedding_model
from rag.embedding.model import EmbeddingModel
from rag.index.build import build_index
from rag.index.opening import Index

DOCUMENTS = {
    "act.md": """---
title: The AI Act
publisher: Ministry of Tests
date: 2025-06-04
language: en
kind: law
status: in force
---
# The AI Act

The AI Act was promulgated on 4 June 2025. It has 28 articles and no penalties.

## Headquarters

The headquarters is chaired by the Prime Minister. It met first on 12 September 2025.
""",
    "plan.md": """---
title: The Basic Plan
publisher: Cabinet of Tests
date: 2025-12-23
language: en
kind: plan
---
# The Basic Plan

The Cabinet adopted the Basic Plan on 23 December 2025. Its budget is about one trillion yen over five years.

The plan has four policies:

- accelerate the use of AI
- build up the power to develop AI
- lead in the trust of AI
- change society together with AI
""",
    "計画.md": """---
title: 基本計画
date: 2025-12-23
language: ja
kind: plan
---
# 基本計画

政府は2025年12月23日に人工知能基本計画を閣議決定した。基本計画は四つの方針を示している。
""",
    "gardening.txt": "Tomatoes need six hours of sun a day. Water them in the morning, never at noon.\n",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`KIHON_BROWSER=0` leaves the browser tests out, and the summary says how many."""
    if os.environ.get("KIHON_BROWSER") != "0":
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"KIHON_BROWSER=0: {len(left_out)} browser tests are left out")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """Settings of whoever runs the tests do not reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("RAG_", "OPENAI_")):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Streamlit's AppTest leaves its script as `__main__`, which every process that a later test spawns would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True)
def _closed_desks() -> Iterator[None]:
    """What a test leaves at the page's desk would be worked on beside the tests that follow: it is ended."""
    yield
    if "rag.ui.desk" in sys.modules:
        sys.modules["rag.ui.desk"].close_desks()


@pytest.fixture(scope="session")
def model(_clean_environment: None) -> EmbeddingModel:
    """The bundled embedding model."""
    return load_embedding_model(Settings())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with four small documents (English, Japanese, plain text), to be changed at will."""
    return write_documents(tmp_path / "corpus")


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory: pytest.TempPathFactory, model: EmbeddingModel) -> Settings:
    """Settings of an index of those four documents, built with the bundled model; not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    settings = Settings(
        corpus_dir=write_documents(folder / "corpus"), index_dir=folder / "index", data_dir=folder / "data"
    )
    build_index(settings)
    return settings


@pytest.fixture(scope="session")
def small_index(small_settings: Settings) -> Iterator[Index]:
    """That index, open; not to be changed."""
    with Index.open(small_settings) as index:
        yield index


def write_documents(folder: Path) -> Path:
    """Write the four documents into a new folder."""
    folder.mkdir(parents=True)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder
