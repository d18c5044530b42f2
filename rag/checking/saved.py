"""What was saved, in any of its shapes -> the answers in it, and what is recorded of their documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from rag.answer import Answer
from rag.checking.evidence import Evidence
from rag.errors import AnswerFormatError

MAX_SAVED_BYTES = 50_000_000
_HOW = "Save one with `python -m rag ask QUESTION --json`, or an evidence bundle with `--evidence`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Answers that were saved together.

    Attributes:
        answers: In order; at least one.
        recorded: SHA-256 of the text that each cited document had, where the file says so.
    """

    answers: tuple[Answer, ...]
    recorded: Mapping[str, str]


def read_saved(saved: Answer | Evidence | str | bytes | Mapping[str, Any] | list[Any]) -> Saved:
    """An answer, a list of answers or an evidence bundle, as a value or as JSON.

    Raises:
        AnswerFormatError: If it is no JSON, too large, or none of these; the message says where.
    """
    if isinstance(saved, str | bytes):
        saved = _parsed(saved)
    if isinstance(saved, Answer):
        return Saved(answers=(saved,), recorded={})
    try:
        if isinstance(saved, Mapping) and "format" in saved:
            saved = Evidence.model_validate(saved)
        if isinstance(saved, Evidence):
            return Saved(answers=tuple(turn.answer for turn in saved.turns), recorded=saved.recorded())
        if isinstance(saved, list) and saved:
            return Saved(answers=tuple(map(Answer.model_validate, saved)), recorded={})
        return Saved(answers=(Answer.model_validate(saved),), recorded={})
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        at = f" at {where}" if where else ""
        raise AnswerFormatError(f"This is not a saved answer{at}: {first['msg']}. {_HOW}") from None
    except (UnicodeError, RecursionError) as exc:
        raise AnswerFormatError(f"This is not a saved answer: {type(exc).__name__} while reading it.") from None


def read_answer(answer: Answer | str | bytes | Mapping[str, Any]) -> Answer:
    """The one answer that was saved.

    Raises:
        AnswerFormatError: As `read_saved`, and if there are several.
    """
    answers = read_saved(answer).answers
    if len(answers) > 1:
        raise AnswerFormatError(f"These are {len(answers)} saved answers; give one.")
    return answers[0]


def _parsed(saved: str | bytes) -> Any:
    if len(saved) > MAX_SAVED_BYTES:
        raise AnswerFormatError(f"This file has {len(saved):,} bytes; at most {MAX_SAVED_BYTES:,} are read.")
    try:
        return from_json(saved)
    except (ValueError, TypeError, RecursionError) as exc:  # a `str` with half a surrogate pair is a TypeError
        raise AnswerFormatError(f"This is not a saved answer: {exc}. {_HOW}") from None
