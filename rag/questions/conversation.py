"""A conversation, in any of the shapes that callers have -> its turns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from rag.errors import QuestionError
from rag.text.surrogates import without_surrogates

Role = Literal["user", "assistant"]

_ROLES: dict[str, Role | None] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "system": None,
    "developer": None,
    "tool": None,
    "function": None,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    text: str


def read_history(chat_history: Iterable[Any] | None) -> list[Turn]:
    """Turns of a conversation, oldest first; system and tool messages are left out.

    Args:
        chat_history: `(role, text)` pairs, `{"role", "content"}` mappings or LangChain messages.

    Raises:
        QuestionError: If an entry is none of these, or has an unknown role.
    """
    if chat_history is None:
        return []
    if isinstance(chat_history, str | bytes) or not isinstance(chat_history, Iterable):
        raise QuestionError("chat_history: must be a list of (role, text) pairs or LangChain messages.")
    turns = []
    for position, entry in enumerate(chat_history):
        role_name, content = _role_and_content(entry, position)
        if role_name not in _ROLES:
            raise QuestionError(f"chat_history[{position}]: unknown role {role_name!r}; use 'user' or 'assistant'.")
        role = _ROLES[role_name]
        if role is not None:
            turns.append(Turn(role, without_surrogates(_as_text(content, position))))
    return turns


def _role_and_content(entry: Any, position: int) -> tuple[str, Any]:
    if isinstance(entry, Turn):
        return entry.role, entry.text
    if isinstance(entry, dict) and "role" in entry and "content" in entry:
        return str(entry["role"]).lower(), entry["content"]
    if isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str):
        return entry[0].lower(), entry[1]
    if hasattr(entry, "type") and hasattr(entry, "content"):
        return str(entry.type).lower().removesuffix("messagechunk"), entry.content
    raise QuestionError(
        f"chat_history[{position}]: expected (role, text) or a LangChain message, got {type(entry).__name__}."
    )


def _as_text(content: Any, position: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):  # content blocks of a LangChain message: only the text is read
        parts = [block if isinstance(block, str) else block.get("text", "") for block in content]
        if all(isinstance(part, str) for part in parts):
            return "".join(parts)
    raise QuestionError(f"chat_history[{position}]: the text is a {type(content).__name__}, not a string.")
