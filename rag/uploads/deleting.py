"""`delete_document`: an upload and all that was made of it, gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rag.answer import Notice
from rag.checking.citations import bare_words, reply_sentences, without_marks
from rag.config import Settings
from rag.conversations.keeping import Conversations
from rag.document import Frozen
from rag.errors import CaseError, ConversationError, CorpusError, IndexNotFoundError, UploadError
from rag.feedback.cases_file import forget_document
from rag.index.opening import get_document
from rag.index.removal import removing
from rag.loading.files import find_file
from rag.store.durable import sync_folder
from rag.uploads.adding import uploads_locked

# A sentence of fewer letters and digits ("Yes.") may stand anywhere.
_MIN_CHARS = 8

DeletionStage = Literal["wait", "delete"]


class Deletion(Frozen):
    """What a deletion did.

    Attributes:
        document_id: What was deleted.
        n_answers: Kept answers that spoke of it, and hold none of its words any longer.
        left: Where something of it is still held, and until when; empty when nothing is left. Codes: those of
            `rag.index.removal.removing`, `conversations` and `cases`.
    """

    document_id: str
    n_answers: int = 0
    left: tuple[Notice, ...] = ()


def delete_document(
    document_id: str, settings: Settings, progress: Callable[[DeletionStage], None] | None = None
) -> Deletion:
    """Delete an upload: its file, text, chunks, vectors and search terms, in every generation and cache.

    Kept conversations lose its quotes and passages and the sentences that were made of them, readers' cases that name
    it are dropped. The files are written anew without free pages, so that its words are in none of them afterwards.

    Args:
        document_id: `uploads/…`, as `list_documents` gives it; one that was rejected too.
        settings: Folders.
        progress: Called with `wait` a few times a second while another writer has the index, and with `delete` before
            the first step; what it raises comes through, and nothing is deleted.

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
    # Only what is found in the folder is removed: no id can name a file outside.
    file = find_file(settings.roots()["uploads"], "uploads", document_id.removeprefix("uploads/"))
    text = _indexed_text(document_id, settings)
    if file is None and text is None:
        raise UploadError(
            f"There is no upload {document_id!r}; it may have been deleted meanwhile.",
            code="missing",
        )
    report = progress or _silent
    with removing(document_id, settings, lambda: report("wait")) as left:
        report("delete")
        if file is not None:
            with uploads_locked(settings):
                file.unlink(missing_ok=True)
                sync_folder(file.parent)
    n_answers = 0
    try:
        n_answers = Conversations(settings).forget_document(document_id)
        forget_document(settings.data_dir, document_id, _repeats(text or ""))
    except (ConversationError, CaseError) as exc:
        left.append(Notice(code="cases" if isinstance(exc, CaseError) else "conversations", message=str(exc)))
    return Deletion(document_id=document_id, n_answers=n_answers, left=tuple(left))


def _silent(_: DeletionStage) -> None:
    """No progress is shown."""


def _indexed_text(document_id: str, settings: Settings) -> str | None:
    try:
        return get_document(document_id, settings).text
    except (CorpusError, IndexNotFoundError):
        return None


def _repeats(text: str) -> Callable[[str], bool]:
    """Whether an answer's text has a sentence that stands in this one, markup, spacing and marks aside."""
    words = bare_words(text)

    def repeats(said: str) -> bool:
        sentences = (bare_words(without_marks(said[span.start : span.end])) for span in reply_sentences(said))
        return any(len(sentence) >= _MIN_CHARS and sentence in words for sentence in sentences)

    return repeats
