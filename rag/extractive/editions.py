"""Editions of one thing: which documents replace which, which edition a sentence or a question speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag.figures.stated import stated_figures
from rag.gloss.glossing import ORDINAL_COUNTER
from rag.text.analysis import analyse
from rag.text.located import folded, located_terms

if TYPE_CHECKING:
    from rag.questions.reading import Question
    from rag.store.reader import DocumentRecord

_BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
_IN_FORCE = re.compile(
    r"\b(?:current(?:ly)?|in force|in effect|latest|newest|now|today|present|most recent)\b"
    r"|現行|最新|現在|今の|いまの|有効な|(?:今|いま)?効力の?(?:ある|を?[持も]つ)?",
    re.IGNORECASE,
)
_SUPERSEDED = re.compile(
    r"\b(?:superseded|previous|old|older|former|original|earlier|initial)\b|以前の|旧|当初|もとの", re.IGNORECASE
)
_NEWER = re.compile(
    r"\b(?:new|newer|updated|revised|follow-up|replacement)\b|新しい|新(?=[^0-9]{0,6}(?:計画|プラン))|改訂|改定後",
    re.IGNORECASE,
)
# What else people call a document of which this is the last word of the name.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "plan": ("blueprint", "strategy"),
    "strategy": ("blueprint", "plan"),
    "act": ("law", "statute"),
    "law": ("act", "statute"),
    "guideline": ("guidance",),
    "計画": ("プラン",),
    "戦略": ("プラン",),
}


def _nth(digits: str) -> str:
    """Pattern of a Japanese ordinal that is written with a counter: 二つ目, 2回目."""
    return f"[{digits}]{ORDINAL_COUNTER}"


# Behind an ordinal: further digits, or what is counted of a text or of meetings.
_OF_NO_EDITION = r"(?![0-9０-９一二三四五六七八九十百]|\s?[条章節項号部回])"
_ORDINALS: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"\b(?:first|1st|original|initial|inaugural)\b|第[一1１Ⅰⅰ]{_OF_NO_EDITION}|最初|初の|初めて|初回|初版|第I期|"
        + _nth("一1１"),
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:second|2nd)\b|第[二2２Ⅱⅱ]{_OF_NO_EDITION}|第II期|" + _nth("二2２"), re.IGNORECASE),
    re.compile(rf"\b(?:third|3rd)\b|第[三3３Ⅲⅲ]{_OF_NO_EDITION}|" + _nth("三3３"), re.IGNORECASE),
    re.compile(rf"\b(?:fourth|4th)\b|第[四4４Ⅳⅳ]{_OF_NO_EDITION}|" + _nth("四4４"), re.IGNORECASE),
)
_ALL = re.compile(
    r"\b(?:both|all|each|every|two|either|editions|versions|plans|differ|differences?|compared?|changed?)\b|両方|二つの計画|各|それぞれ|違い|比較|変わ",
    re.IGNORECASE,
)
_DATED = re.compile(r"\s*[(（][^()（）]*[0-9]{4}[^()（）]*[)）]\s*$")
_IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z][a-z'’-]+|[\u30a0-\u30ff]+|[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition: its documents (in several languages, main ones first) and its date."""

    documents: tuple[DocumentRecord, ...]

    @property
    def date(self) -> str | None:
        """ISO date, as the first of the documents that has one gives it."""
        return next((record.date for record in self.documents if record.date), None)

    def name(self, language: str) -> str:
        """What the edition is called in a language: its title without what stands in brackets at the end."""
        for record in self.documents:
            if record.language == language:
                return _bare(record.title)
        first = self.documents[0]
        return _bare(first.title_ja if language == "ja" and first.title_ja else first.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Editions that replace one another, oldest first.

    Attributes:
        editions: At least two.
        heads: The last words that all names share: what a question calls the thing ("plan", 計画).
    """

    editions: tuple[Edition, ...]
    heads: frozenset[str]

    def named_in(self, text: str) -> frozenset[int]:
        """Numbers (from 0) of the editions that a text names, by ordinal or by date."""
        named = {i for i, pattern in enumerate(_ORDINALS[: len(self.editions)]) if self._stands_by_head(text, pattern)}
        dates = [f.value for f in stated_figures(text) if f.kind == "date" and isinstance(f.value, tuple)]
        for i, edition in enumerate(self.editions):
            if edition.date and any(_is_date_of(value, edition.date) for value in dates):
                named.add(i)
        return frozenset(named)

    def asked_in(self, question: str) -> frozenset[int]:
        """Numbers of the editions that a question names; the current one is the last, a superseded one the first."""
        named = set(self.named_in(question))
        if _IN_FORCE.search(question) or self._stands_by_head(question, _NEWER, label=False):
            named.add(len(self.editions) - 1)
        if _SUPERSEDED.search(question):
            named.add(0)
        years = [edition.date[:4] for edition in self.editions if edition.date]
        for i, edition in enumerate(self.editions):
            year = (edition.date or "")[:4]
            if years.count(year) == 1 and self._stands_by_head(question, re.compile(rf"(?<![0-9]){year}(?![0-9])")):
                named.add(i)
        return frozenset(named)

    @property
    def terms(self) -> frozenset[str]:
        """Search terms of the names of all editions."""
        names = (edition.name(language) for edition in self.editions for language in ("en", "ja"))
        return frozenset(term for name in names for term in analyse(name))

    def asks_beyond(self, question: str) -> bool:
        """Whether a question names an edition that there is not, by its ordinal."""
        return any(self._stands_by_head(question, pattern) for pattern in _ORDINALS[len(self.editions) :])

    def concerns(self, question: str) -> bool:
        """Whether a question speaks of the thing at all."""
        return any(_place_of(folded(question), head) for head in self._called)

    @property
    def _called(self) -> tuple[str, ...]:
        """The heads, and what else people call such a thing."""
        others = [other for head in self.heads for other in _CALLED.get(head, ())]
        return tuple(dict.fromkeys((*sorted(self.heads), *others)))

    def edition_of(self, document_id: str, text: str) -> int | None:
        """The edition that a sentence speaks of: the one it names, else its document's; `None` if it names several."""
        named = self.named_in(text)
        if named:
            return next(iter(named)) if len(named) == 1 else None
        for i, edition in enumerate(self.editions):
            if any(record.document_id == document_id for record in edition.documents):
                return i
        return None

    def asked_of(self, question: str, number: int, language: str) -> str:
        """The question with one edition's name in place of the thing's."""
        name = self.editions[number].name(language)
        name = name[0].lower() + name[1:] if name[:4] == "The " else name
        for head in self._called:
            pattern = _thing(head)
            if pattern.search(question):
                return pattern.sub(lambda m: name + (m["owner"] or ""), question, count=1)
        return f"{name}: {question}"

    def asks_when_it_came_to_be(self, question: Question) -> bool:
        """Whether a question asks for nothing but the date on which an edition was decided, which it may name."""
        if question.kind != "date":
            return False
        which = [m.span() for pattern in (_IN_FORCE, *_ORDINALS) for m in pattern.finditer(folded(question.text))]
        naming = {t.term for t in located_terms(question.text) if any(a < t.end and t.start < b for a, b in which)}
        return set(question.terms) <= self.terms | _deciding_terms() | _beside_terms() | naming

    def says_when_it_came_to_be(self, number: int, text: str) -> bool:
        """Whether a text names the thing, the date of an edition, to the day, and that something was decided."""
        date = self.editions[number].date
        if date is None or not any(_place_of(folded(text), head) for head in self.heads):
            return False
        if _deciding_terms().isdisjoint(analyse(text)):
            return False
        dates = [f.value for f in stated_figures(text) if f.kind == "date" and isinstance(f.value, tuple)]
        return any(None not in value and _is_date_of(value, date) for value in dates)

    def _stands_by_head(self, text: str, pattern: re.Pattern[str], *, label: bool = True) -> bool:
        """Whether an ordinal stands shortly before the thing's name, or (a `label`) right behind it."""
        shown = folded(text)
        for match in pattern.finditer(shown):
            following = re.split(r"[,.;:。、]", shown[match.end() : match.end() + _ORDINAL_REACH])[0]
            preceding = shown[max(0, match.start() - _LABEL_REACH) : match.start()]
            labelled = label and any(preceding.rstrip("(（ ").endswith(head) for head in self._called)
            if labelled or any(_place_of(following, head) for head in self._called):
                return True
        return False


_ORDINAL_REACH = 30
_LABEL_REACH = 14


def series_of(records: Iterable[DocumentRecord]) -> list[Series]:
    """The series among the documents, by `replaces` and `replaced_by`; those of the same dates are one."""
    # What an upload says of itself counts for nothing: it could name itself the successor of a law.
    by_id = {record.document_id: record for record in records if record.root != "uploads"}
    merged: dict[tuple[str | None, ...], list[list[DocumentRecord]]] = {}
    for chain in _chains(by_id):
        editions = merged.setdefault(tuple(documents[0].date for documents in chain), [[] for _ in chain])
        for edition, documents in zip(editions, chain, strict=True):
            edition.extend(documents)
    found = []
    for parts in merged.values():
        editions_found = tuple(Edition(documents=tuple(documents)) for documents in parts)
        heads = _heads(editions_found)
        if heads:
            found.append(Series(editions=editions_found, heads=heads))
    return found


@cache
def _deciding_terms() -> frozenset[str]:
    return frozenset(analyse(_DECIDING)) - {"off", "on"}


@cache
def _beside_terms() -> frozenset[str]:
    return frozenset(analyse(_BESIDE))


# How it is said that a plan, a law or a rule came to be, and what a question of that names beside it.
_DECIDING = "adopt approve approval pass decide decision enact endorse sign 決定 決ま 決め 採択 策定 制定 成立"
_BESIDE = (
    "first second current new off on formal official officially formally day year month cabinet government minister "
    "japan japanese まり りま まっ たの めた 最初 日本 政府 内閣 閣議 議決 第ⅱ 第ii 期の"
)


def wants_all(question: str) -> bool:
    """Whether a question asks for several editions side by side."""
    return _ALL.search(question) is not None


def _chains(by_id: Mapping[str, DocumentRecord]) -> Iterator[list[list[DocumentRecord]]]:
    """Each chain as the documents of its editions, oldest first; the one that `replaces` names leads its edition."""
    before: dict[str, str] = {}
    for record in by_id.values():
        if record.replaces is not None and record.replaces in by_id:
            before[record.document_id] = record.replaces
    for record in by_id.values():
        if record.replaced_by is not None and record.replaced_by in by_id:
            before.setdefault(record.replaced_by, record.document_id)
    newest = [document_id for document_id in before if document_id not in before.values()]
    for document_id in sorted(newest):
        chain = [document_id]
        while (older := before.get(chain[0])) is not None and older not in chain:
            chain.insert(0, older)
        yield [
            [
                by_id[one],
                *(r for r in by_id.values() if following and r.replaced_by == following and r.document_id != one),
            ]
            for one, following in zip(chain, [*chain[1:], None], strict=True)
        ]


def _bare(title: str) -> str:
    """A title without a date in brackets at its end."""
    return _DATED.sub("", title).strip()


def _heads(editions: Sequence[Edition]) -> frozenset[str]:
    """The last word that all names share, in each language."""
    heads = set()
    for language in ("en", "ja"):
        words = [_WORD.findall(folded(_BRACKETED.sub(" ", edition.name(language)))) for edition in editions]
        shared = [word for word in words[0] if all(any(_alike(word, o) for o in other) for other in words[1:])]
        if shared:
            heads.add(shared[-1][-2:] if _IDEOGRAPH.match(shared[-1]) else shared[-1])
    return frozenset(heads)


# A "strategy council" is no strategy.
_NOT_OF_A_BODY = (
    r"(?!\s+(?:council|headquarters|committee|commission|board|panel|office|bureau|team|unit|group|meeting|minister|"
    r"conference)\b)"
)


def _alike(word: str, other: str) -> bool:
    return word[-2:] == other[-2:] if _IDEOGRAPH.match(word) and _IDEOGRAPH.match(other) else word == other


def _place_of(text: str, head: str) -> bool:
    if _IDEOGRAPH.match(head):
        return re.search(rf"{head}(?!本部|会議|室|局)", text) is not None
    return re.search(rf"\b{re.escape(head)}(?:s|['’]s)?\b{_NOT_OF_A_BODY}", text, re.IGNORECASE) is not None


@cache
def _thing(head: str) -> re.Pattern[str]:
    """The thing's name in a question, with its article and the capitalised words before it."""
    if _IDEOGRAPH.match(head):
        return re.compile(rf"(?:この|その|日本の)?[\u4e00-\u9fffA-ZＡ-Ｚ]*{head}(?P<owner>)")
    return re.compile(
        rf"\b(?:the |this |its |[A-Z]\w+['’]s )?(?:new |national )?(?:[A-Z]\w*\s+)*(?i:{re.escape(head)})"
        rf"(?P<owner>['’]s)?\b(?i:{_NOT_OF_A_BODY})"
    )


def _is_date_of(value: tuple[object, ...], date: str) -> bool:
    """Whether a date that a text states (year, month, day; `None` unsaid) is a document's, to the month at least."""
    parts = [int(part) for part in date.split("-")]
    year, month, day = value
    if year != parts[0] or month is None:
        return False
    return month == (parts[1] if len(parts) > 1 else month) and (day is None or len(parts) < 3 or day == parts[2])
