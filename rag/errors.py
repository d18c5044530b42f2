"""The error tree: everything that the library raises on purpose.

RagError
├── ConfigError            a setting is wrong
├── CorpusError            a document or its front matter is wrong (file, line)
├── QuestionError          a question, its history or its filter is wrong
├── AnswerFormatError      a saved answer cannot be read as one
├── CaseError              a reader's correction cannot be kept
├── ConversationError      conversations cannot be kept or read (code)
├── UploadError            a file cannot be taken in, or is no upload (code)
├── ModelUnavailableError  an embedding model cannot be had
├── IndexStoreError        the index cannot be used
│   ├── IndexNotFoundError     there is none
│   ├── IndexMismatchError     it was made under other settings
│   ├── IndexLockedError       another process writes it
│   └── IndexDamagedError      it contradicts itself
├── SourceListError        the list of official texts cannot be used
│   └── UnknownSourceError     an id is not in it
├── FetchError             official texts cannot be fetched at all
├── VectorServerError      a Chroma server does not answer
└── GenerationError        a chat model failed (model, attempts)

Each message says what went wrong, where, and what to do. Having no answer is not an error: it is
`Answer(abstained=True)`.
"""

from __future__ import annotations

from pathlib import Path


class RagError(Exception):
    """Base of every error that this library raises on purpose.

    Attributes:
        code: Short machine-readable cause; of its class, unless each error has its own.
    """

    code: str = "other"


class ConfigError(RagError):
    """A setting has a value that cannot be used."""

    code = "config"


class CorpusError(RagError):
    """A document cannot be read as what it claims to be.

    Attributes:
        path: The file.
        line: Line in the file, from 1, or `None` where unknown.
        code: Short machine-readable cause, as in `IndexReport.files`.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None, code: str = "unreadable") -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.code = code


class QuestionError(RagError):
    """A question is blank or too long, or its history or filter has a wrong shape."""

    code = "question"


class AnswerFormatError(RagError):
    """A saved answer is no JSON, or not that of an `Answer`."""


class CaseError(RagError):
    """A reader's correction does not say what is right, quotes what stands nowhere, or cannot be written."""

    code = "case"


class ConversationError(RagError):
    """Conversations cannot be kept or read, or there is none of that id for its reader.

    Attributes:
        code: Short machine-readable cause: `missing`, `too_many`, `too_long`, `busy`, `unwritable`, `version` or
            `damaged`.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class UploadError(RagError):
    """A file cannot be taken in as an upload, or what should be deleted is none.

    Attributes:
        code: Short machine-readable cause: `too_large`, `too_many`, `no_room`, `unwritable`, `not_an_upload` or
            `missing`.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class ModelUnavailableError(RagError):
    """An embedding model is neither on this machine nor to be fetched."""

    code = "model"


class IndexStoreError(RagError):
    """The index cannot be used."""

    code = "index"


class IndexNotFoundError(IndexStoreError):
    """No index exists at the configured path."""

    code = "index_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"No index at {str(path)!r}. Build it with `python -m rag index`, "
            "or set RAG_INDEX_DIR to the folder of an existing one."
        )
        self.path = path


class IndexMismatchError(IndexStoreError):
    """The index was made under settings that differ from the current ones in what shapes it."""

    code = "index_mismatch"


class IndexLockedError(IndexStoreError):
    """Another process is writing this index."""

    code = "index_locked"


class IndexDamagedError(IndexStoreError):
    """The index contradicts itself: parts are missing or unreadable."""

    code = "index_damaged"


class SourceListError(RagError):
    """The list of official texts is missing, or an entry of it is wrong."""


class UnknownSourceError(SourceListError):
    """An official text was named that is not in the list."""


class FetchError(RagError):
    """Official texts cannot be fetched: their folder cannot be written, or another process is fetching."""


class VectorServerError(RagError):
    """A Chroma server was configured and does not answer."""

    code = "vector_server"


class GenerationError(RagError):
    """The chat model gave no usable reply.

    Attributes:
        model: Name of the chat model.
        attempts: Requests made, from 1.
    """

    code = "generation"

    def __init__(self, message: str, *, model: str, attempts: int) -> None:
        super().__init__(message)
        self.model = model
        self.attempts = attempts
