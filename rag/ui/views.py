"""A turn, in any state -> the data that the browser shows: final words, no decisions left to make there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag import answer_markdown, answer_text
from rag.answer import Answer, Notice, Unsupported
from rag.costs import Price, cost_usd
from rag.text.markup import plain
from rag.ui.formatting import answer_blocks
from rag.ui.labels import Language, known, label
from rag.ui.passages import FindNewer, citation_view, hit_view
from rag.ui.taking import FILE_KINDS, reference
from rag.ui.troubles import trouble_view
from rag.ui.turns import Turn

_NEAREST = 4
_HINTS = {"false_premise": "hint_premise", "filtered_out": "hint_filter", "empty_index": "hint_empty"}
_STAGES = ("search", "read", "check")
# The answer is there, but the chat model has more to say than it could.
_CUT_SHORT = frozenset({"llm_interrupted", "llm_cut", "unverified"})
_LEAST_SHOWN_USD = 0.0001


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What all turns of a page have in common.

    Attributes:
        language: Of the labels.
        has_model: Whether a chat model writes answers.
        price: Of the model's tokens, where it is known.
        find_newer: See `rag.ui.passages.FindNewer`.
    """

    language: Language
    has_model: bool = False
    price: Price | None = None
    find_newer: FindNewer = lambda document_id: None


def turn_view(turn: Turn, look: Look, *, is_newest: bool = True) -> dict[str, Any]:
    """Everything that one turn shows. Not to be changed: that of a turn which is answered is made once and kept.

    Making one takes some 5 ms, and the page draws every turn on each of its runs.
    """
    if turn.is_open:
        return _view(turn, look, is_newest=is_newest)
    depends_on = (look, is_newest, turn.state, turn.answer, turn.verdict, turn.suggestions, turn.replaced, turn.unkept)
    if turn.kept_view is None or turn.kept_view[0] != depends_on:
        turn.kept_view = (depends_on, _view(turn, look, is_newest=is_newest))
    return turn.kept_view[1]


def _view(turn: Turn, look: Look, *, is_newest: bool) -> dict[str, Any]:
    answer, language = turn.answer, look.language
    view: dict[str, Any] = {
        "part": "turn",
        "id": turn.id,
        "state": turn.state,
        "question": turn.question,
        "stages": _stages(turn, language),
        "blocks": [],
        "citations": [],
        "tools": _tools(turn, look),
    }
    if answer.searched and answer.searched != turn.question.strip():
        view["searched"] = label(language, "searched_as", searched=answer.searched)
    if turn.state == "queued" and turn.place:
        view["waiting"] = label(language, "queued", place=turn.place)
    if turn.state == "stopped":
        view["stopped"] = label(language, "stopped")
    if turn.error is not None:
        view["error"] = {"title": label(language, "error_title"), **trouble_view(turn.error, language)}
    if answer.abstained:
        view["abstained"] = _abstained(answer, look)
    else:
        view |= _answered(turn, look)
        if not turn.is_open:
            view["unused"] = _unused(answer, look)
    view["notices"] = [_notice(notice, language) for notice in answer.notices]
    if turn.unkept:
        why = label(language, f"conversation_{turn.unkept}")
        view["notices"].append({"tone": "warn", "code": "unkept", "text": label(language, "unkept", why=why)})
    if turn.state == "done":
        view["foot"] = _foot(turn, look)
    if is_newest and not turn.is_open:
        view["next"] = list(turn.suggestions)
    if turn.replaced:
        view["replaced"] = _replaced(turn, language)
    return view


def _answered(turn: Turn, look: Look) -> dict[str, Any]:
    answer, language = turn.answer, look.language
    numbers = {citation.number for citation in answer.citations}
    return {
        "blocks": answer_blocks(answer.text, numbers, answer.unsupported),
        "citations": [
            citation_view(citation, language, look.find_newer, turn.standing.get(citation.number))
            | {"reference": reference(citation, language)}
            for citation in answer.citations
        ],
        "flaws": [_flaw(flaw, answer, language) for flaw in answer.unsupported],
        "conflicts": [
            {"title": label(language, "conflict", subject=conflict.subject), "numbers": list(conflict.citations)}
            for conflict in answer.conflicts
            if set(conflict.citations) <= numbers
        ],
    }


def _flaw(flaw: Unsupported, answer: Answer, language: Language) -> dict[str, str]:
    """A stretch that no quote carries, with the reason in the page's language where the cause is a known one."""
    words = plain(answer.text[flaw.start : flaw.end])
    detail = known(language, "flaw", flaw.code, words=words) or flaw.detail
    return {"text": words, "detail": detail, "label": label(language, "unsupported_label", detail=detail)}


def _abstained(answer: Answer, look: Look) -> dict[str, Any]:
    reason = answer.reason or "no_hits"
    return {
        "title": label(look.language, "abstained"),
        "reason": label(look.language, f"reason_{reason}"),
        "hint": label(look.language, _HINTS.get(reason, "hint_other" if answer.hits else "hint_no_hits")),
        "nearest_title": label(look.language, "nearest"),
        "nearest": [hit_view(hit, look.language, look.find_newer) for hit in answer.hits[:_NEAREST]],
    }


def _unused(answer: Answer, look: Look) -> dict[str, Any] | None:
    cited = [(citation.document_id, citation.start, citation.end) for citation in answer.citations]
    hits = [
        hit
        for hit in answer.hits
        if not any(d == hit.document_id and start < hit.end and hit.start < end for d, start, end in cited)
    ]
    if not hits:
        return None
    return {
        "title": label(look.language, "unused", n=len(hits)),
        "hits": [hit_view(hit, look.language, look.find_newer) for hit in hits],
    }


def _notice(notice: Notice, language: Language) -> dict[str, str]:
    """A notice; one of the chat model comes in English only, and is introduced in the page's language."""
    tone = "warn" if notice.code.startswith(("llm_", "unverified")) else "info"
    view = {"tone": tone, "code": notice.code, "text": notice.message}
    words = known(language, "notice", notice.code)
    if language != "en" and words is not None:
        view |= {"text": words, "detail": notice.message}
    return view


def _stages(turn: Turn, language: Language) -> list[dict[str, str]]:
    """The three stages with their state (`done`, `active`, `todo`) and, where ended, their time."""
    stages = []
    for name, took_ms in zip(_STAGES, turn.stage_ms, strict=True):
        if took_ms is not None:
            stages.append({"state": "done", "text": label(language, f"stage_{name}_done"), "time": _time(took_ms)})
        elif turn.is_open:
            is_active = all(stage["state"] == "done" for stage in stages)
            state = "active" if is_active and turn.state == "running" else "todo"
            stages.append({"state": state, "text": label(language, f"stage_{name}"), "time": ""})
    return stages


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _foot(turn: Turn, look: Look) -> list[str]:
    """Who wrote the answer, how long that took and what it cost."""
    answer, language = turn.answer, look.language
    parts = []
    if answer.mode == "llm":
        parts.append(
            label(language, "made_llm", model=turn.model) if turn.model else label(language, "made_by_a_model")
        )
    elif not answer.abstained:
        parts.append(label(language, "made_extractive"))
    total_ms = answer.timings_ms.total or sum(ms for ms in turn.stage_ms if ms is not None)
    parts.append(label(language, "took", time=_time(total_ms)))
    if answer.usage is not None:
        parts.append(label(language, "tokens", n=f"{answer.usage.total_tokens:,}"))
        if look.price is not None:
            usd = cost_usd(answer.usage, look.price)
            shown = f"{max(usd, _LEAST_SHOWN_USD):.4f}" if usd else "0"
            parts.append(label(language, "cost_below" if 0 < usd < _LEAST_SHOWN_USD else "cost", usd=shown))
    return parts


def _tools(turn: Turn, look: Look) -> dict[str, Any]:
    """What the reader can do with the turn: each key is there only where it can be done."""
    if turn.is_open:
        return {}
    answer, language = turn.answer, look.language
    tools: dict[str, Any] = {"edit": True, "again": True}
    is_whole = turn.state == "done" and bool(answer.text)
    if look.has_model and not turn.is_offline and (answer.mode != "extractive" or not is_whole):
        codes = {notice.code for notice in answer.notices}
        tools["offline"] = "prominent" if turn.state == "failed" or codes & _CUT_SHORT else "plain"
    if answer.text:
        tools["copy"] = [
            {"text": label(language, "copy_markdown"), "content": answer_markdown(answer, language)},
            {"text": label(language, "copy_plain"), "content": answer_text(answer, language)},
        ]
    if is_whole:
        tools["save"] = [{"text": label(language, f"save_{kind}"), "kind": kind} for kind in FILE_KINDS]
        tools["verdict"] = turn.verdict or ""
        if turn.verdict:
            tools["thanks"] = label(language, "feedback_kept")
    return tools


def _replaced(turn: Turn, language: Language) -> dict[str, Any]:
    """The turns that this one took the place of, as plain text."""
    return {
        "title": label(language, "replaced", n=len(turn.replaced)),
        "turns": [{"question": old.question, "text": plain(old.answer.text)} for old in turn.replaced],
    }
