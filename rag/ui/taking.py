"""What a reader takes along of a conversation: the line that names a source, and files to save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rag import Citation, Settings, conversation_html, conversation_markdown, create_evidence
from rag.conversations.values import Conversation, KeptTurn
from rag.document import PATH_MARK
from rag.sharing.parts import safe_url
from rag.ui.labels import Language, label
from rag.ui.passages import heading_path
from rag.ui.turns import Turn

FileKind = Literal["evidence", "conversation_html", "conversation_markdown", "conversation_evidence"]
FILE_KINDS: Final[tuple[FileKind, ...]] = (
    *("evidence", "conversation_html", "conversation_markdown", "conversation_evidence"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A file for the browser to save."""

    name: str
    media_type: str
    text: str


def reference(citation: Citation, language: Language) -> str:
    """Where a quote stands: title, publisher, date, section, page, address; on one line."""
    page = label(language, "page", page=citation.page) if citation.page is not None else None
    section = PATH_MARK.join(heading_path(citation.section, citation.title)) or None
    parts = [citation.title, citation.publisher, citation.date, section, page, safe_url(citation.url)]
    return " ".join(", ".join(part for part in parts if part).split())


def saved_file(
    kind: FileKind, turn: Turn, turns: Sequence[Turn], title: str, settings: Settings, language: Language
) -> SavedFile:
    """The file that a reader asked for.

    Args:
        kind: `evidence` is about `turn` alone, and like `conversation_evidence` what `python -m rag verify` checks.
        turn: The turn at which it was asked for.
        turns: The conversation, of which the answered turns count.
        title: Of the conversation.
        settings: Name the index.
        language: Of the words around the answers.

    Raises:
        IndexNotFoundError: If evidence is wanted and there is no index.
    """
    answered = [each for each in turns if each.state == "done" and each.answer.text]
    if kind == "conversation_html":
        text = conversation_html(_conversation(answered, title), language)
        return SavedFile(name="kihon-conversation.html", media_type="text/html", text=text)
    if kind == "conversation_markdown":
        text = conversation_markdown(_conversation(answered, title), language)
        return SavedFile(name="kihon-conversation.md", media_type="text/markdown", text=text)
    chosen = [turn] if kind == "evidence" else answered
    evidence = create_evidence(
        [each.answer for each in chosen],
        settings,
        asked=[each.asked for each in chosen],
        title="" if kind == "evidence" else title,
    )
    name = f"kihon-answer-{turns.index(turn) + 1}.json" if kind == "evidence" else "kihon-conversation.json"
    return SavedFile(name=name, media_type="application/json", text=evidence.model_dump_json(indent=2))


def _conversation(turns: Sequence[Turn], title: str) -> Conversation:
    """The turns of a session, those that could not be kept included, as the library's renderers take them."""
    return Conversation(
        id="session",
        title=title,
        created=turns[0].asked,
        changed=turns[-1].asked,
        n_turns=len(turns),
        turns=tuple(
            KeptTurn(id=number, number=number, question=turn.question, answer=turn.answer, asked=turn.asked)
            for number, turn in enumerate(turns, 1)
        ),
    )
