"""Running text into sentences, English and Japanese: rules over the stops, exact offsets, linear time."""

from __future__ import annotations

import re

from rag.document import Span

_STOPS = re.compile(r"[.!?．。！？｡…‼⁇⁈⁉؟۔।॥።။]+")
_STRONG = frozenset("。！？｡‼⁇⁈⁉؟۔।॥።။")
# What may stand between a stop and the next sentence: closing marks, emphasis, footnote marks.
_CLOSERS = re.compile(
    r"(?:[\"'”’»)\]）】」』〉》〕］｝*_~`]"
    r"|\[(?:\^?\w{1,4}|note \d{1,3}|citation needed|要出典|注 ?\d{1,3})\](?!\()|[¹²³⁰⁴-⁹]|:\d{1,4}(?=\s))+"
)
_CJK = "々〆〇ぁ-ゖァ-ヺー一-鿿㐀-䶿\uf900-\ufaff"
_CJK_CHAR = re.compile(f"[{_CJK}]")

# A quotation, bracket or code span longer than this does not hold its sentences together: it could not be quoted
# whole, and an opening mark that was never meant to be closed would swallow the paragraph.
_MAX_BRACKET_CHARS = 300
_BRACKETS = re.compile(r"[「」『』（）()\[\]【】“”\"`]")
_CLOSED_BY = {"」": "「", "』": "『", "）": "（", ")": "(", "]": "[", "】": "【", "”": "“", "´": "`"}
_OPENING = frozenset(_CLOSED_BY.values())

# After a stop with its closing bracket (「…。」と述べた), or after ！ and ？, these carry the sentence on.
_CONTINUES = re.compile(
    r"[、，,・;；:：)）」』】〉》。．！？]|と(?!ころ|もに|りわけ|はいえ|ても)|は(?![いじるやなた])|が(?![んっ])|を|に(?!わか|ほん|は、)|の(?![ちぞど])"
    r"|で(?!も|は[、な]|すが|すから)|も(?!し|っと|ちろん|う)|や(?![がは])|へ|って|など|だ(?=[。、とっ])|か(?=[。、らは])|また?は"
)
# After a bare 。 hardly anything does; names such as 娘。 are followed by one of these particles.
_CONTINUES_NAME = re.compile(r"[、，を]|は[、「]|の(?=[一-鿿ァ-ヺ])|が(?=[一-鿿])")

_STARTERS = frozenset(
    """the a an this that these those it its he she they we i you in on at by for from with under after before during
    since when while although though however but and or so if as to not no such there here their his her our my most
    many some all both each another other only also then thus therefore meanwhile moreover furthermore nevertheless
    instead despite because according what who how why where which today later between through among once until of one
    two unlike upon within without several early following over about even like more much additionally finally first
    second third next now still yet yes""".split()
)
# Never the end of a sentence: titles, and words that introduce what follows.
_TITLES = frozenset(
    """mr mrs ms mx dr prof rev hon gen col maj capt cmdr lt sgt cpl pvt gov sen rep pres st ste mt ft messrs mme mlle
    supt insp e.g eg i.e ie cf vs viz approx ca""".split()
)
# No end of a sentence before a number: "No. 5", "Art. 3", "Jan. 14".
_BEFORE_NUMBER = frozenset(
    """no nos art arts sec secs fig figs eq eqs vol vols ch chap chs pp p para paras cl app ann ref refs tab pt ver v
    rev op cit n nr jan feb mar apr jun jul aug sep sept oct nov dec""".split()
)
# The end of a sentence only where the next word looks like the beginning of one.
_ABBREVIATIONS = frozenset(
    """inc co ltd corp bros llc plc jr sr dept univ assn est min max al etc ave blvd rd gmbh bhd pty intl natl govt
    ed eds trans hrs hr wk yr yrs ph.d jan feb apr jun jul aug sep sept oct nov dec no nos art fig vol""".split()
)
# Of these, words that end a sentence as often before a capital.
_ALSO_WORDS = frozenset("no p v n al art fig vol max min".split())
_DAY_PART = frozenset({"a.m", "p.m", "am", "pm", "etc", "b.c", "a.d"})
_ZONES = frozenset("est edt pst pdt jst gmt utc cet eastern pacific central tokyo japan local time".split())
_BRANDS = frozenset({"yahoo", "jeopardy", "yum", "e", "oliver"})
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|[^\W\d_]\.-?[^\W\d_]|ph\.d", re.IGNORECASE)
_NEXT_WORD = re.compile(r"[\"'“‘(\[*_「『（]*([^\W\d_]+)")
# Names that begin small at the beginning of a sentence too: iPhone, example.com.
_SMALL_NAME = re.compile(r"[a-z]{1,20}[A-Z]|[a-z0-9-]{2,30}(?:\.[a-z]{2,10}){1,3}(?=['’,]?[\s’'])")
_FLAT_FOOTNOTE = re.compile(r"\d{1,3}(?=\s+[\"“(]?[A-Z])")
_SPACES = re.compile(r"\s+")
_OPENERS = frozenset("\"'“‘«([{*_~`「『（【〈《〔［¿¡")
_WORD_BREAKS = frozenset("([{（「『【\"“‘'*_~`—/|,，、。;；")
_MAX_WORD_CHARS = 40


def sentence_spans(text: str, start: int, end: int) -> list[Span]:
    """Sentences of `text[start:end]`, which is one run of prose: line breaks in it are spaces.

    Spans are trimmed of white space, in order, and together hold all else. Text without stops is one sentence,
    however long. Time is linear in the length.
    """
    spans: list[Span] = []
    brackets = _outer_brackets(text, start, end)
    k = 0
    begin = _skip_space(text, start, end)
    for stop in _STOPS.finditer(text, start, end):
        if stop.start() < begin:
            continue
        while k < len(brackets) and brackets[k][1] < stop.start():
            k += 1
        inside = brackets[k] if k < len(brackets) and brackets[k][0] < stop.start() else None
        after = _after_closers(text, begin, stop.end(), end)
        if inside and after <= inside[1]:
            continue
        after = _ending(text, begin, stop.start(), stop.end(), after, end, inside)
        if after:
            _append(spans, text, begin, after)
            begin = _skip_space(text, after, end)
    if begin < end:
        _append(spans, text, begin, end)
    return spans


def _skip_space(text: str, at: int, end: int) -> int:
    found = _SPACES.match(text, at, end)
    return found.end() if found else at


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end].rstrip()
    if piece:
        spans.append(Span(start, start + len(piece)))


def _outer_brackets(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Outermost pairs of brackets and quotation marks that are short enough to hold sentences together."""
    pending: dict[str, list[int]] = {}
    pairs: list[tuple[int, int]] = []
    for found in _BRACKETS.finditer(text, start, end):
        mark, at = found[0], found.start()
        if mark == '"':
            mark = _straight_quote(text, at, end, pending)
        elif mark == "`":
            mark = "`" if not pending.get("`") or at - pending["`"][-1] > _MAX_BRACKET_CHARS else "´"
        if mark in _OPENING:
            pending.setdefault(mark, []).append(at)
        elif mark in _CLOSED_BY:
            opened = pending.get(_CLOSED_BY[mark])
            if opened:
                first = opened.pop()
                if at - first <= _MAX_BRACKET_CHARS:
                    pairs.append((first, at))
    outer: list[tuple[int, int]] = []
    for first, last in sorted(pairs):
        if outer and first < outer[-1][1]:
            # Crossing pairs become one; nested ones vanish in the outer one.
            outer[-1] = (outer[-1][0], max(outer[-1][1], last))
        else:
            outer.append((first, last))
    return outer


def _straight_quote(text: str, at: int, end: int, pending: dict[str, list[int]]) -> str:
    """Whether the `"` at `at` opens or closes, as `“` or `”`; empty where it is neither (inches, stray marks)."""
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < end else " "
    opened = pending.get("“")
    if opened and not before.isspace() and at - opened[-1] <= _MAX_BRACKET_CHARS:
        return "”"
    if not after.isspace() and not before.isalnum():
        pending["“"] = []  # straight quotes do not nest: an earlier one was never closed
        return "“"
    return ""


def _after_closers(text: str, begin: int, at: int, end: int) -> int:
    """End of the closing marks that follow a stop ending at `at`."""
    found = _CLOSERS.match(text, at, end)
    if not found:
        return at
    stop = found.end()
    emphasis = stop
    while emphasis > at and text[emphasis - 1] in "*_~`":
        emphasis -= 1
    if emphasis == stop or stop == end or text[stop].isspace():
        return stop
    # Emphasis with a word right behind it: closing where some is open, else it begins the next sentence.
    mark = text[emphasis:stop]
    is_open = text.count(mark, max(begin, at - 400), emphasis) % 2 == 1
    return stop if is_open else emphasis


def _ending(
    text: str, begin: int, stop: int, stop_end: int, after: int, end: int, inside: tuple[int, int] | None
) -> int:
    """Where the sentence with its stop at `text[stop:stop_end]` ends, closing marks up to `after`; 0 if it goes on."""
    run = text[stop:stop_end]
    following = _skip_space(text, after, end)
    if following >= end:
        return after
    if any(char in _STRONG for char in run[-2:]) or (
        run[-1] == "．" and _is_full_stop(text, begin, stop, stop_end, end)
    ):
        return _strong_ending(text, run, stop_end, after, following, end)
    if run[-1] == "．":
        return 0
    if following == after:
        return _unspaced_ending(text, begin, stop, stop_end, after, end)
    return after if _spaced_ending(text, begin, stop, run, after, following, end, inside) else 0


def _is_full_stop(text: str, begin: int, stop: int, stop_end: int, end: int) -> bool:
    """Whether a full-width point ends a sentence: not in a number, not after a heading's number."""
    digits_before = text[stop - 1 : stop].isdigit() if stop > begin else True
    digits_after = stop_end < end and text[stop_end].isdigit()
    return not (digits_before and (digits_after or text[begin:stop].isdigit()))


def _strong_ending(text: str, run: str, stop_end: int, after: int, following: int, end: int) -> int:
    if following > after and after == stop_end:
        return after
    closed = any(char in "」』】）)”\"'’》〉" for char in text[stop_end:after])
    goes_on = _CONTINUES if closed or run[-1] not in "。｡．" else _CONTINUES_NAME
    if following == after and goes_on.match(text, after, end):
        return 0
    if following > after and text[following].islower() and text[following].isascii():
        return 0
    return after


def _unspaced_ending(text: str, begin: int, stop: int, stop_end: int, after: int, end: int) -> int:
    """A stop with the next character right behind it: mostly a decimal, a name or an address, at times a lost space."""
    if stop_end - stop > 1 and text[stop] in ".…":
        return 0
    before = text[stop - 1] if stop > begin else ""
    if _CJK_CHAR.match(text, after, end):
        is_end = bool(_CJK_CHAR.match(before)) or (
            before.isalpha() and not _is_abbreviation(_word_before(text, begin, stop))
        )
        return after if is_end and not _CONTINUES.match(text, after, end) else 0
    word = _word_before(text, begin, stop)
    if not (word.isdigit() or (word.isalpha() and word[1:].islower() and len(word) > 1)) or word.lower() in _TITLES:
        return 0
    footnote = _FLAT_FOOTNOTE.match(text, after, end)
    if footnote and word.isalpha() and len(word) > 2 and word.lower() not in _BEFORE_NUMBER | _ABBREVIATIONS:
        return footnote.end()
    if after < end and not text[after].isupper():
        return 0
    found = _NEXT_WORD.match(text, after, end)
    if not found or not text[found.end() : found.end() + 1].isspace():
        return 0
    is_prose = word.isalpha() and len(word) > 2 and len(found[1]) > 2 and found[1][1:].islower()
    return after if found[1].lower() in _STARTERS or is_prose else 0


def _spaced_ending(
    text: str, begin: int, stop: int, run: str, after: int, following: int, end: int, inside: tuple[int, int] | None
) -> bool:
    char = text[following]
    at = following
    while char in _OPENERS and at + 1 < end:
        at += 1
        char = text[at]
    if text[following] in ",;:.…)]}—–=&" or (char.islower() and not _SMALL_NAME.match(text, at, end)):
        return False
    if inside and text[inside[0]] in "([（" and inside[0] != begin:
        # "(e.g. in the U.S.) Federal law": the bracket stands within the sentence.
        return False
    word = _word_before(text, begin, stop)
    if run[-1] in "!?":
        return not (run == "!" and word.lower() in _BRANDS)
    if run != ".":
        return True
    return _ends_after_word(text, begin, stop, word, following, end)


def _ends_after_word(text: str, begin: int, stop: int, word: str, following: int, end: int) -> bool:
    """Whether a single point after `word` ends the sentence, white space and no small letter following."""
    lowered = word.lower()
    if lowered in _TITLES:
        return False
    if word.isdigit() and stop - len(word) == begin and len(word) <= 3:
        return False  # "1. Introduction": the mark of a list
    number_follows = text[following].isdigit() or text[following] in "§#"
    if lowered in _BEFORE_NUMBER and number_follows:
        return False
    if not _is_abbreviation(word):
        return True
    found = _NEXT_WORD.match(text, following, end)
    if not found:
        return lowered in _DAY_PART and not number_follows
    following_word = found[1].lower()
    if lowered in _ALSO_WORDS:
        return True
    if lowered in _DAY_PART:
        return following_word not in _ZONES
    return following_word in _STARTERS and text[found.end() : found.end() + 1] != "."


def _is_abbreviation(word: str) -> bool:
    lowered = word.lower()
    return (
        lowered in _ABBREVIATIONS
        or lowered in _TITLES
        or lowered in _DAY_PART
        or (len(word) == 1 and word.isalpha() and word.isascii())
        or bool(_DOTTED.fullmatch(word))
    )


def _word_before(text: str, begin: int, stop: int) -> str:
    """The word that ends at `stop`, without opening marks; at most 40 characters of it."""
    at = stop
    limit = max(begin, stop - _MAX_WORD_CHARS)
    while at > limit and not text[at - 1].isspace() and text[at - 1] not in _WORD_BREAKS:
        at -= 1
    return text[at:stop]
