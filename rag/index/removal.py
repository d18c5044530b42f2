"""One document out of the index for good: out of every generation, its free pages and logs, and Chroma's files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.answer import Notice
from rag.config import Settings
from rag.errors import IndexNotFoundError, IndexStoreError, VectorServerError
from rag.store.generation import current_generation, generations, remove
from rag.store.lock import writer_lock
from rag.store.reader import Store
from rag.store.writer import StoreWriter
from rag.vectors.chroma import discard
from rag.vectors.chroma_server import ServerVectors, collection_of

# How long a process that has Chroma's folder open may take to let go of it.
_CHROMA_WAIT_S = 10.0


@contextlib.contextmanager
def removing(document_id: str, settings: Settings, on_wait: Callable[[], None] | None = None) -> Iterator[list[Notice]]:
    """Hold the index's lock for the body, which removes the file itself, then remove what is indexed of it.

    Neither the folders nor the embedding model are needed. Files of the index are written anew, so that no page, log or
    cache holds the text, its search terms or its vectors any longer. `on_wait` is that of `writer_lock`.

    Yields:
        A list that holds afterwards what could not be done; empty when nothing is left. Codes: `log` and `chroma` (held
        until another process lets go), `index` and `server` (which failed).

    Raises:
        IndexStoreError: If the index folder cannot be written, or what lies in it is no index.
    """
    left: list[Notice] = []
    with writer_lock(settings.index_dir, wait=True, on_wait=on_wait):
        yield left
        try:
            current = current_generation(settings.index_dir)
        except IndexNotFoundError:
            return
        for folder in generations(settings.index_dir):
            if folder == current or not remove(folder):
                left += _removed(document_id, folder, settings.chroma_url)


def _removed(document_id: str, folder: Path, chroma_url: str | None) -> Iterator[Notice]:
    """Remove it from one generation; what is left."""
    try:
        with StoreWriter(folder) as writer:
            writer.delete(document_id)
            writer.sweep()
            is_compact = writer.compact()
        if not is_compact:
            message = f"Another process is reading {str(folder)!r}; its log holds what was deleted until it ends."
            yield Notice(code="log", message=message)
    except IndexStoreError as exc:
        yield Notice(code="index", message=str(exc))
    if not discard(folder, wait_s=_CHROMA_WAIT_S):
        message = f"Another process has Chroma's folder in {str(folder)!r} open; it fills it anew when it looks next."
        yield Notice(code="chroma", message=message)
    if chroma_url is not None:
        try:
            _refill_server(folder, chroma_url)
        except (IndexStoreError, VectorServerError) as exc:
            yield Notice(code="server", message=str(exc))


def _refill_server(folder: Path, url: str) -> None:
    with Store(folder) as store:
        with contextlib.closing(collection_of(store, url)) as collection:
            collection.drop()
        with contextlib.closing(ServerVectors(store, url)) as vectors:
            vectors.synchronise()
