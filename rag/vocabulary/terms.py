"""Names of the same thing in English and Japanese, read from glossary documents, and where a question uses them.

A glossary is a document of the corpus whose front matter has `glossary: true`. Its list items name a thing and then, in
brackets, its other names: `- **AI Basic Plan** (人工知能基本計画; AI基本計画): what it is.` Names in either
language may come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.text.analysis import content_terms
from rag.text.located import folded
from rag.text.markup import plain

if TYPE_CHECKING:
    from rag.store.reader import Store

# Bounds: a file that only looks like a glossary must not make every question slow.
_MAX_GROUPS = 1000
_MAX_NAME_CHARS = 120
_MIN_NAME_CHARS = 2

# What a name counts for when it is met by another of its names instead of by itself. Not fitted: below 1, so that a
# document with the question's own words goes first, and far enough above 0 to be found at all.
OTHER_NAME = 0.8

_ITEM = re.compile(
    r"^\s*[-*+]\s+(?:\*\*|__)(?P<name>[^*_\n]+)(?:\*\*|__)\s*[(（](?P<others>[^\n]*?)[)）]\s*[:：]", re.MULTILINE
)
_SEPARATOR = re.compile(r"\s*[;；]\s*")
_WORD_CHAR = "[a-z0-9]"


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Names of one thing, at least two, as written, the main one first."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """A name that a question uses, and what else its thing is called.

    Attributes:
        name: As the glossary writes it.
        terms: Search terms of the name.
        others: Search terms of each other name.
        counts: What the name counts for when it is met by another of its names, in [0, 1].
    """

    name: str
    terms: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]
    counts: float = OTHER_NAME


class Glossary:
    """Finds the names of term groups in questions."""

    def __init__(self, groups: Iterable[TermGroup]) -> None:
        self._groups: dict[str, TermGroup] = {}
        for group in groups:
            for name in group.names:
                self._groups.setdefault(_compared(name), group)
        # Of names that begin at the same place the longest is taken, and what it covers is not read again.
        self._names = sorted(self._groups, key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(f"({_name_pattern(name)})" for name in self._names))

    def expansions(self, question: str) -> list[Expansion]:
        """The names that a question uses, in its order, each once."""
        found: dict[str, Expansion] = {}
        for match in self._pattern.finditer(_compared(question)):
            if match.lastindex is None:  # there are no names
                break
            name = self._names[match.lastindex - 1]
            if name not in found and (expansion := self._expansion(name)) is not None:
                found[name] = expansion
        return list(found.values())

    def _expansion(self, name: str) -> Expansion | None:
        terms = tuple(content_terms(name))
        written = {_compared(other): other for other in self._groups[name].names}
        others = [tuple(content_terms(other)) for key, other in written.items() if key != name]
        # A name with no term of its own ("AI Act" beside "AI Act of Japan") would be found wherever this one is.
        others = [other for other in dict.fromkeys(others) if not set(terms) >= set(other)]
        return Expansion(name=written[name], terms=terms, others=tuple(others)) if terms and others else None


def read_groups(text: str) -> list[TermGroup]:
    """Term groups of a glossary's text, in order. Items without a second name are left out."""
    groups = []
    for item in _ITEM.finditer(text):
        names = [item["name"], *_SEPARATOR.split(item["others"])]
        names = [plain(name).strip() for name in names]
        names = [name for name in names if _MIN_NAME_CHARS <= len(name) <= _MAX_NAME_CHARS]
        if len({_compared(name) for name in names}) > 1:
            groups.append(TermGroup(tuple(dict.fromkeys(names))))
        if len(groups) == _MAX_GROUPS:
            break
    return groups


def read_glossary(store: Store) -> Glossary:
    """The glossary of what is indexed now.

    Only documents of the corpus count: an upload cannot change what the questions about other documents find.
    """
    groups: list[TermGroup] = []
    for record in store.records():
        if record.root == "corpus" and record.extra.get("glossary") is True:
            document = store.document(record.document_id)
            groups += read_groups(document.text) if document is not None else ()
    return Glossary(groups[:_MAX_GROUPS])


def _compared(text: str) -> str:
    return " ".join(folded(text).split())


def _name_pattern(name: str) -> str:
    """A folded name as a pattern: whole words where it begins or ends with a Latin letter or digit, plural allowed."""
    body = r"[\s-]".join(re.escape(word) for word in name.split())
    before = f"(?<!{_WORD_CHAR})" if re.match(_WORD_CHAR, name) else ""
    after = f"(?:['’]?s)?(?!{_WORD_CHAR})" if re.match(_WORD_CHAR, name[-1]) else ""
    return before + body + after
