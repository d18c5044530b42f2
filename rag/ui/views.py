"""An answer, in any state -> the data that the browser shows: final words, no decisions left to make there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rag.answer import Answer, Citation, Hit, Notice
from rag.document import PATH_MARK
from rag.text.blocks import scan_blocks
from rag.text.markup import plain, plain_sentence
from rag.ui.formatting import answer_blocks
from rag.ui.labels import Language, known_or_as_is, label
from rag.ui.turns import Turn

_NEAREST = 4
_EXCERPT_CHARS = 320
_HINTS = {"false_premise": "hint_premise", "filtered_out": "hint_filter", "empty_index": "hint_empty"}
_TONES = {"in force": "good", "superseded": "warn", "draft": "warn"}
_STAGES = ("search", "read", "check")


def turn_view(turn: Turn, language: Language, *, model: str) -> dict[str, Any]:
    """Everything that one turn shows."""
    answer = turn.answer
    view: dict[str, Any] = {
        "part": "turn",
        "id": turn.id,
        "state": turn.state,
        "question": turn.question,
        "stages": _stages(turn, language),
        "blocks": [],
        "citations": [],
        "labels": _labels(language, "answer_label", "sources", "open_source", "unsupported", "you"),
    }
    if answer.searched and answer.searched != turn.question.strip():
        view["searched"] = label(language, "searched_as", searched=answer.searched)
    if turn.state == "queued" and turn.place:
        view["waiting"] = label(language, "queued", place=turn.place)
    if turn.state == "stopped":
        view["stopped"] = label(language, "stopped")
    if turn.error is not None:
        view["error"] = {"title": label(language, "error_title"), "text": turn.error}
    if answer.abstained:
        view["abstained"] = _abstained(answer, language)
    else:
        view |= _answered(answer, language)
        if turn.state != "running":
            view["unused"] = _unused(answer, language)
    view["notices"] = [_notice(notice) for notice in answer.notices]
    if turn.state == "done" and answer.text and not answer.abstained:
        view["foot"] = _foot(answer, turn, language, model)
    return view


def citation_view(citation: Citation, language: Language) -> dict[str, Any]:
    """One citation as a card shows it."""
    return {
        "number": citation.number,
        "label": label(language, "citation_label", number=citation.number, title=citation.title),
        "quote": _shown_quote(citation.quote),
        **_source(citation, language),
    }


def host_of(url: str | None) -> str | None:
    """Host of an `http` or `https` address; `None` for anything else, which then is no link."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return host if parts.scheme in ("http", "https") and host else None


def heading_path(section: str | None, title: str) -> list[str]:
    """Headings above a passage, from the outermost on; the document's own title is left out."""
    headings = [plain(part) for part in (section or "").split(PATH_MARK) if part]
    return headings[1:] if headings and headings[0] == title else headings


def _source(source: Citation | Hit, language: Language) -> dict[str, Any]:
    kind = known_or_as_is(language, "kind", source.kind) if source.kind else None
    page = label(language, "page", page=source.page) if source.page is not None else None
    section = heading_path(source.section, source.title)
    view: dict[str, Any] = {
        "document_id": source.document_id,
        "start": source.start,
        "end": source.end,
        "title": source.title,
        "meta": [part for part in (source.publisher, source.date, kind) if part],
        "language": source.language,
        "place": [part for part in (PATH_MARK.join(section), page) if part],
    }
    if source.status:
        view["status"] = status_view(source.status, language)
    return view


def status_view(status: str, language: Language) -> dict[str, str]:
    """A document's status as a badge: its word and its tone (`good`, `warn`, `plain`)."""
    tone = _TONES.get(status.strip().lower(), "plain")
    return {"text": known_or_as_is(language, "status", status), "tone": tone}


def _answered(answer: Answer, language: Language) -> dict[str, Any]:
    numbers = {citation.number for citation in answer.citations}
    return {
        "blocks": answer_blocks(answer.text, numbers, answer.unsupported),
        "citations": [citation_view(citation, language) for citation in answer.citations],
        "flaws": [
            {
                "text": plain(answer.text[flaw.start : flaw.end]),
                "detail": flaw.detail,
                "label": label(language, "unsupported_label", detail=flaw.detail),
            }
            for flaw in answer.unsupported
        ],
        "conflicts": [
            {"title": label(language, "conflict", subject=conflict.subject), "numbers": list(conflict.citations)}
            for conflict in answer.conflicts
            if set(conflict.citations) <= numbers
        ],
    }


def _abstained(answer: Answer, language: Language) -> dict[str, Any]:
    reason = answer.reason or "no_hits"
    return {
        "title": label(language, "abstained"),
        "reason": label(language, f"reason_{reason}"),
        "hint": label(language, _HINTS.get(reason, "hint_other")),
        "nearest_title": label(language, "nearest"),
        "nearest": [_hit(hit, language) for hit in answer.hits[:_NEAREST]],
    }


def _unused(answer: Answer, language: Language) -> dict[str, Any] | None:
    cited = [(citation.document_id, citation.start, citation.end) for citation in answer.citations]
    hits = [
        hit
        for hit in answer.hits
        if not any(d == hit.document_id and start < hit.end and hit.start < end for d, start, end in cited)
    ]
    if not hits:
        return None
    return {
        "title": label(language, "unused", n=len(hits)),
        "hits": [_hit(hit, language) for hit in hits],
    }


def _hit(hit: Hit, language: Language) -> dict[str, Any]:
    blocks = [block for block in scan_blocks(hit.text) if block.kind not in ("heading", "mark")]
    text = "\n".join(plain(hit.text[block.start : block.end]) for block in blocks) or plain(hit.text)
    if len(text) > _EXCERPT_CHARS:
        text = text[: _EXCERPT_CHARS - 1].rstrip() + "…"
    return {"quote": text, "score": label(language, "score", score=f"{hit.score:.2f}"), **_source(hit, language)}


def _shown_quote(quote: str) -> str:
    """A quote without markup: a lone list item without its dash, a list without blank lines."""
    return re.sub(r"\n{2,}", "\n", plain(quote)) if "\n" in quote.strip() else plain_sentence(quote)


def _notice(notice: Notice) -> dict[str, str]:
    tone = "warn" if notice.code.startswith(("llm_", "unverified")) else "info"
    return {"tone": tone, "code": notice.code, "text": notice.message}


def _stages(turn: Turn, language: Language) -> list[dict[str, str]]:
    """The three stages with their state (`done`, `active`, `todo`) and, where ended, their time."""
    stages = []
    for name, took_ms in zip(_STAGES, turn.stage_ms, strict=True):
        if took_ms is not None:
            stages.append({"state": "done", "text": label(language, f"stage_{name}_done"), "time": _time(took_ms)})
        elif turn.state in ("running", "queued"):
            is_active = all(stage["state"] == "done" for stage in stages)
            state = "active" if is_active and turn.state == "running" else "todo"
            stages.append({"state": state, "text": label(language, f"stage_{name}"), "time": ""})
    return stages


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _foot(answer: Answer, turn: Turn, language: Language, model: str) -> list[str]:
    made = label(language, "made_llm", model=model) if answer.mode == "llm" else label(language, "made_extractive")
    parts = [made]
    if answer.usage is not None:
        parts.append(label(language, "tokens", n=f"{answer.usage.total_tokens:,}"))
    return parts


def _labels(language: Language, *keys: str) -> dict[str, str]:
    return {key: label(language, key) for key in keys}
