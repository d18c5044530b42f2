"""`delete_document`: an upload and all that was made of it, gone."""

from __future__ import annotations

import contextlib

from rag.config import Settings
from rag.document import Frozen
from rag.errors import IndexNotFoundError, UploadError
from rag.index.removal import removing
from rag.loading.files import FoundFile, scan
from rag.store.durable import sync_folder
from rag.store.generation import current_generation
from rag.store.reader import Store
from rag.uploads.adding import uploads_locked


class Deletion(Frozen):
    """What a deletion did.

    Attributes:
        document_id: What was deleted.
        left: Where something of it is still held, and until when, as sentences; empty when nothing is left.
    """

    document_id: str
    left: tuple[str, ...] = ()


def delete_document(document_id: str, settings: Settings) -> Deletion:
    """Delete an upload: its file, text, chunks, vectors and search terms, in every generation and cache.

    Files of the index are written anew without their free pages, so that its words are in none of them afterwards.

    Args:
        document_id: `uploads/…`, as `list_documents` gives it; one that was rejected too.
        settings: Folders.

    Raises:
        UploadError: If it is no upload, there is none of that id, or its file cannot be removed.
        IndexStoreError: If the index cannot be written; the file is gone then, and the next `index` forgets its text.
    """
    if not document_id.startswith("uploads/"):
        raise UploadError(
            f"{document_id!r} is no upload. Only uploads are deleted here; take other documents out of their folder "
            "and run `python -m rag index`.",
            code="not_an_upload",
        )
    folder = settings.roots()["uploads"]
    # Only what is found in the folder is removed: no id can name a file outside.
    files = {f"uploads/{item.path}": item for item in scan(folder, "uploads") if isinstance(item, FoundFile)}
    if document_id not in files and not _is_indexed(document_id, settings):
        raise UploadError(
            f"There is no upload {document_id!r}; it may have been deleted meanwhile.",
            code="missing",
        )
    with removing(document_id, settings) as left:
        if document_id in files:
            with uploads_locked(settings):
                files[document_id].file.unlink(missing_ok=True)
                sync_folder(files[document_id].file.parent)
    return Deletion(document_id=document_id, left=tuple(left))


def _is_indexed(document_id: str, settings: Settings) -> bool:
    with contextlib.suppress(IndexNotFoundError), Store(current_generation(settings.index_dir)) as store:
        return any(record.document_id == document_id for record in store.records())
    return False
