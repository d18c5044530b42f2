"""Answers with what they rest on, as one file: quotes, SHA-256 of the documents, identity of index and models."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from rag.answer import Answer
from rag.document import Frozen

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.store.reader import Store

Sha256 = str


class EvidenceDocument(Frozen):
    """A cited document as it was: SHA-256 of its file and of the text that offsets count in; `None` if it was gone."""

    document_id: str
    title: str
    sha256: Sha256 | None = None
    text_sha256: Sha256 | None = None


class EvidenceTurn(Frozen):
    """A question as asked with its answer; the citations in it hold each quote with its offsets."""

    question: str
    answer: Answer
    asked: str | None = None


class EvidenceIndex(Frozen):
    """Which index answered: its id and revision, and what its vectors were made with."""

    index_id: str
    revision: int
    app_version: str
    embedding_name: str
    embedding_identity: str


class Evidence(Frozen):
    """An evidence bundle: `python -m rag verify` says later what of it still holds.

    Attributes:
        created: When it was made, UTC.
        title: Of the conversation; empty for a single answer.
        chat_model: What wrote the answers that are not extracts, as far as known.
        documents: Every document that is cited, once.
    """

    format: Literal["kihon-evidence"] = "kihon-evidence"
    version: Literal[1] = 1
    created: str
    title: str = ""
    turns: tuple[EvidenceTurn, ...] = Field(min_length=1)
    documents: tuple[EvidenceDocument, ...] = ()
    index: EvidenceIndex
    chat_model: str | None = None

    @model_validator(mode="after")
    def _check_documents(self) -> Self:
        listed = {document.document_id for document in self.documents}
        for turn in self.turns:
            for citation in turn.answer.citations:
                if citation.document_id not in listed:
                    raise ValueError(f"{citation.document_id!r} is cited and not among the documents")
        return self

    def recorded(self) -> dict[str, Sha256]:
        """SHA-256 of the text of each document that was there."""
        return {item.document_id: item.text_sha256 for item in self.documents if item.text_sha256 is not None}


def create_evidence(
    answers: Answer | Sequence[Answer], settings: Settings, *, title: str = "", asked: Sequence[str] = ()
) -> Evidence:
    """The evidence bundle of an answer, or of a conversation's answers in order.

    Args:
        answers: At least one.
        settings: Where the index is that answered.
        title: Of the conversation.
        asked: When each was asked, UTC; none, or one for each answer.

    Raises:
        ValueError: If there is no answer, or `asked` has another length.
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    from rag.store.generation import current_generation
    from rag.store.reader import Store

    answers = [answers] if isinstance(answers, Answer) else list(answers)
    if not answers or len(asked) not in (0, len(answers)):
        raise ValueError("give at least one answer, and a time for each or for none")
    cited = {citation.document_id: citation.title for answer in answers for citation in answer.citations}
    with Store(current_generation(settings.index_dir)) as store:
        documents = tuple(_described(store, document_id, title) for document_id, title in sorted(cited.items()))
        index = EvidenceIndex(
            index_id=store.index_id,
            revision=store.revision,
            app_version=store.passport.app_version,
            embedding_name=store.passport.embedding_name,
            embedding_identity=store.passport.embedding_identity,
        )
    times: Sequence[str | None] = asked or [None] * len(answers)
    return Evidence(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        title=title,
        turns=tuple(
            EvidenceTurn(question=answer.question, answer=answer, asked=time)
            for answer, time in zip(answers, times, strict=True)
        ),
        documents=documents,
        index=index,
        chat_model=settings.chat_model if any(answer.mode == "llm" for answer in answers) else None,
    )


def _described(store: Store, document_id: str, title: str) -> EvidenceDocument:
    document = store.document(document_id)
    if document is None:
        return EvidenceDocument(document_id=document_id, title=title)
    return EvidenceDocument(
        document_id=document_id,
        title=document.title,
        sha256=document.sha256,
        text_sha256=document.text_sha256,
    )
