"""A reader's kept conversations -> the list that the browser shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rag.conversations.keeping import MAX_TITLE_CHARS
from rag.conversations.values import ConversationInfo
from rag.ui.labels import Language, label

N_LISTED: Final = 50
"""As many are shown at first; more where the reader asks for them."""

_LABELS = (
    *("conversations", "conversations_close", "conversations_search", "conversations_search_hint", "new_conversation"),
    *("conversation_title", "conversation_save", "conversation_delete", "cancel"),
    *("conversation_renamed", "conversation_deleted", "conversation_opened", "conversations_more", "loading_list"),
)


def conversations_part(language: Language) -> dict[str, Any]:
    """The button that opens the list, with the words of the list."""
    labels = {key: label(language, key) for key in _LABELS}
    # The browser fills in the title.
    for key in ("conversation_rename_this", "conversation_delete_this", "conversation_delete_sure"):
        labels[key] = label(language, key, title="{title}")
    return {"part": "conversations", "labels": labels, "max_chars": MAX_TITLE_CHARS}


def conversations_view(
    listed: Sequence[ConversationInfo], current: str | None, search: str, n: int, language: Language
) -> dict[str, Any]:
    """The first `n` conversations, and how many there are; those without an answer yet are left out.

    Args:
        listed: The conversations that were found, as they are to be shown.
        current: Id of the one that is open.
        search: What was searched for.
        n: As many are shown.
        language: Of the labels.
    """
    answered = [info for info in listed if info.n_turns]
    count = "conversations_found" if search.strip() else "conversations_count"
    none = "conversations_none_found" if search.strip() else "conversations_none"
    return {
        "rows": [
            {
                "id": info.id,
                "title": info.title or label(language, "conversation_untitled"),
                "changed": info.changed,
                "questions": label(language, "n_questions", n=info.n_turns),
                "is_current": info.id == current,
            }
            for info in answered[:n]
        ],
        "count": label(language, count, n=len(answered)) if answered else label(language, none),
        "more": n + N_LISTED if len(answered) > n else None,
    }
