"""Near-duplicates among hits: the same passage in several documents is shown once, from its best document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.store.reader import DocumentRecord

# Terms that two passages share, of all that either has (Jaccard). A passage of 100 terms may differ in two or three.
_SAME = 0.95
# A shorter passage is a duplicate only of the very same one.
_MIN_TERMS = 12
# A difference in one of these, or in a number, is one in substance, however alike the rest is.
_TELLING = frozenset(
    """no not never without none nor cannot dont doesnt didnt isnt arent wasnt werent ない なか せん せず
    one two three four five six seven eight nine ten first second third fourth fifth""".split()
)
_NUMERALS = frozenset("〇一二三四五六七八九十百千万億兆")

# Best first, each with how far it speaks for a document; what is not listed comes after, and speaks neither way. Of
# uploads neither kind nor status counts: an upload cannot claim to be law.
KINDS: Mapping[str, float] = {
    "law": 1.0,
    "plan": 1.0,
    "guideline": 0.7,
    "statistics": 0.5,
    "report": 0.0,
    "news": -0.2,
    "commentary": -0.5,
}
_STATUSES = ("in force", "current", "draft", "superseded")
_NOT_STANDING = ("draft", "superseded")


def is_duplicate(terms: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two passages, given by their terms in order, say the same in (almost) the same words.

    Passages that differ in a number, an ordinal or a negation do not: that is where two editions of a text differ.
    """
    if terms == others:
        return True
    a, b = set(terms), set(others)
    if min(len(a), len(b)) < _MIN_TERMS or len(a & b) < _SAME * len(a | b):
        return False
    return not any(_tells(term) for term in a ^ b)


def authority(record: DocumentRecord) -> tuple[bool, bool, int, int, str]:
    """What speaks for quoting a passage from this document rather than from another that has it too; higher is better:
    not superseded, official, status, kind, date."""
    ranked = record.root == "corpus" or is_official(record)
    stands = ranked and record.status not in _NOT_STANDING
    status = _place(record.status, _STATUSES) if ranked else -len(_STATUSES)
    kind = _place(record.kind, tuple(KINDS)) if ranked else -len(KINDS)
    return stands, is_official(record), status, kind, record.date or ""


def standing(record: DocumentRecord) -> float:
    """How far what a document is speaks for it, in [-2, 1]: law and plan most, commentary least.

    0 for a report, and for what has no rank: uploads, and what says no kind. What no longer stands goes behind reports.
    """
    if record.root != "corpus" and not is_official(record):
        return 0.0
    rank = KINDS.get(record.kind or "", 0.0)
    return rank - 1.5 if record.status in _NOT_STANDING else rank


def is_official(record: DocumentRecord) -> bool:
    """Whether a document is an official text: fetched, and as it was fetched (any other file there has no kind)."""
    return record.root == "fetched" and record.kind is not None


def _tells(term: str) -> bool:
    return term in _TELLING or any(char.isdigit() or char in _NUMERALS for char in term)


def _place(value: str | None, order: Sequence[str]) -> int:
    return -order.index(value) if value in order else -len(order)
