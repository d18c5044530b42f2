"""`describe_index`: what is indexed, with what, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rag.answer import Mode
from rag.config import Root, Settings, env_name
from rag.document import Frozen
from rag.embedding.choice import load_embedding_model
from rag.errors import IndexNotFoundError, ModelUnavailableError, RagError
from rag.fetching.records import read_records
from rag.fetching.sources import read_sources
from rag.store.generation import current_generation
from rag.store.passport import Passport, check_passport, make_passport
from rag.store.reader import Store
from rag.vectors.dense import Engine


class RootInfo(Frozen):
    """One root: its folder, whether it is there, and how many documents of it are indexed."""

    root: Root
    folder: str
    exists: bool
    n_documents: int


class ModelInfo(Frozen):
    """The embedding model that the settings name: whether it can be had, and if not, why."""

    name: str
    available: bool
    reason: str | None = None


class SourcesInfo(Frozen):
    """The list of official texts: where it is, how many it has, and the ids of those not fetched yet."""

    file: str
    n_listed: int
    not_fetched: tuple[str, ...]


class IndexInfo(Frozen):
    """The state of an index; `generation`, `revision` and `passport` are `None` where there is none.

    Attributes:
        index_dir: Its folder.
        state: `ready`, `missing`, or `unusable`: damaged, or made under other settings.
        revision: Grows with each change of what is indexed.
        n_bytes: Size of all that lies in the generation's folder.
        engine: What a single question searches with. A process that goes on asking, as the page does, opens Chroma
            (`chroma`) unless another has it open.
        sources: What `fetch` can fetch; `None` where there is no list.
        mode: How questions are answered.
        missing: What keeps anything from working, as sentences with what to do.
    """

    index_dir: str
    state: Literal["ready", "missing", "unusable"]
    generation: str | None
    revision: int | None
    passport: Passport | None
    roots: tuple[RootInfo, ...]
    n_documents: int
    n_chunks: int
    n_sentences: int
    n_bytes: int
    engine: Engine
    chroma_url: str | None
    embedding: ModelInfo
    sources: SourcesInfo | None
    mode: Mode
    chat_model: str | None
    missing: tuple[str, ...]


def describe_index(settings: Settings) -> IndexInfo:
    """The index as it is now. Works without one, and with one that cannot be used: it says so, and raises nothing."""
    missing: list[str] = []
    embedding = _describe_model(settings, missing)
    folder: Path | None = None
    passport: Passport | None = None
    counts: dict[str, int] = {}
    revision: int | None = None
    totals = (0, 0, 0)
    state: Literal["ready", "missing", "unusable"] = "ready"
    try:
        folder = current_generation(settings.index_dir)
        with Store(folder) as store:
            passport, counts, revision = store.passport, store.documents_by_root(), store.revision
            totals = (store.n_documents, store.n_chunks, store.n_sentences)
            if embedding.available:
                model = load_embedding_model(settings)
                check_passport(passport, make_passport(model), repr(str(store.path)))
    except RagError as exc:
        state = "missing" if isinstance(exc, IndexNotFoundError) else "unusable"
        missing.append(str(exc))
    if settings.answerer == "llm" and settings.openai_api_key is None and settings.openai_base_url is None:
        missing.append(
            f"RAG_ANSWERER is `llm` and neither {env_name('openai_api_key')} nor {env_name('openai_base_url')} is set: "
            "answers will be extracts."
        )
    if state == "ready" and totals[0] == 0:
        missing.append("The index holds no documents. Put some into the corpus folder and run `python -m rag index`.")
    roots = tuple(
        RootInfo(root=root, folder=str(place), exists=place.is_dir(), n_documents=counts.get(root, 0))
        for root, place in settings.roots().items()
    )
    return IndexInfo(
        index_dir=str(settings.index_dir),
        state=state,
        generation=folder.name if folder else None,
        revision=revision,
        passport=passport,
        roots=roots,
        n_documents=totals[0],
        n_chunks=totals[1],
        n_sentences=totals[2],
        n_bytes=_size(folder) if folder else 0,
        engine="chroma server" if settings.chroma_url else "exact",
        chroma_url=settings.chroma_url,
        embedding=embedding,
        sources=_describe_sources(settings, missing),
        mode="llm" if settings.answers_with_model else "extractive",
        chat_model=settings.chat_model if settings.answers_with_model else None,
        missing=tuple(missing),
    )


def _describe_model(settings: Settings, missing: list[str]) -> ModelInfo:
    try:
        model = load_embedding_model(settings)
        assert model.identity  # reads its files
        return ModelInfo(name=model.name, available=True)
    except ModelUnavailableError as exc:
        missing.append(str(exc))
        return ModelInfo(name=settings.embedding_model, available=False, reason=str(exc))


def _describe_sources(settings: Settings, missing: list[str]) -> SourcesInfo | None:
    if settings.sources_file is None and not settings.sources_path.exists():
        return None
    try:
        texts = read_sources(settings.sources_path)
        records = read_records(settings.roots()["fetched"])
    except RagError as exc:
        missing.append(str(exc))
        return None
    return SourcesInfo(
        file=str(settings.sources_path),
        n_listed=len(texts),
        not_fetched=tuple(text.id for text in texts if text.id not in records),
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
