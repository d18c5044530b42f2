"""What a run is made with, and what came of it -> the entries of its `config.json`; no secret and no path in them."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rag
from eval.costs import totals
from eval.runner import Run
from rag.config import Settings
from rag.costs import Price
from rag.index.opening import Index

_LEFT_OUT = ("openai_api_key", "index_dir", "data_dir", "corpus_dir", "sources_file", "chroma_url")


def made_with(data: Sequence[Path], n_rows: int, settings: Settings) -> dict[str, Any]:
    """All that decides the answers: an unfinished run goes on only where every entry is the same.

    Args:
        data: The files of questions.
        n_rows: How many questions are asked.
        settings: Those of the run; its index is there.
    """
    with contextlib.closing(Index.open(settings, long_lived=False)) as index:
        documents = sorted((record.document_id, record.sha256) for record in index.store.records())
        n_chunks = index.store.n_chunks
    values = settings.model_dump(mode="json", exclude=set(_LEFT_OUT))
    values["openai_base_url"] = _without_user(settings.openai_base_url)
    return {
        "data": {
            "name": " + ".join(path.name for path in data),
            "sha256": _digest(path.read_bytes() for path in data),
            "rows": n_rows,
        },
        "index": {
            "documents": len(documents),
            "chunks": n_chunks,
            "sha256": _digest(f"{id_} {sha256}\n".encode() for id_, sha256 in documents),
        },
        "settings": values,
        "versions": {"python": platform.python_version(), "kihon": _version("kihon"), "torch": _version("torch")},
        "code": {"sha256": _digest(_code())},
    }


def came_of(run: Run, n_resumed: int, seconds: float, price: Price | None) -> dict[str, Any]:
    """What two runs of one state may differ in, and what the run cost.

    Args:
        run: The whole run.
        n_resumed: How many of its rows an earlier process asked.
        seconds: How long this process took.
        price: Of the chat model's tokens; `None`: unknown, and so is the cost.
    """
    return {
        "usage": totals(run.results, price),
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "resumed_after": n_resumed,
    }


def _code() -> Iterator[bytes]:
    """Every file of `rag` and `eval` but results: other code may answer or judge otherwise."""
    assert rag.__file__ is not None
    for package in (Path(rag.__file__).parent, Path(__file__).parent):
        for path in sorted(package.rglob("*")):
            if path.is_file() and not {"__pycache__", "results"}.intersection(path.relative_to(package).parts):
                yield f"{package.name}/{path.relative_to(package).as_posix()}\n".encode()
                yield path.read_bytes()


def _digest(parts: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _without_user(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
