"""Whether a text states a fact: wordings compared regardless of width, case and spacing, numbers as whole figures."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from rag.text.located import folded

_CJK = r"\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff"
_MARK = re.compile(r"[ \u3000]*\[\d{1,3}\]")
_MARK_RUN = re.compile(r"(?:[ \u3000]*\[(\d{1,3})\])+")
_SAME = str.maketrans("’‘“”‐‑–—−", "''\"\"-----")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LOOSE_SPACE = re.compile(rf"(?<=[{_CJK}]) | (?=[{_CJK}])|(?<=\d) (?=%)")

_DIGITS = "0-9"
_KANJI_NUMERALS = "〇一二三四五六七八九十百千"
_SCALES = "万億兆"
_SCALE_AFTER = rf"(?! ?(?:%|percent|per cent|[千割{_SCALES}]|(?:hundred|thousand|million|billion|trillion)\b))"


def normalise(text: str) -> str:
    """The text as facts are looked for in it.

    NFKC and case-folded; citation marks out; white space as one space, none beside Japanese characters or before `%`;
    dashes and quotation marks of one kind; `1,234` as `1234`.
    """
    text = folded(_MARK.sub("", text)).translate(_SAME)
    text = _THOUSANDS.sub("", " ".join(text.split()))
    return _LOOSE_SPACE.sub("", text)


def states(text: str, wordings: Sequence[str]) -> bool:
    """Whether a text holds one of a fact's wordings.

    A wording that begins or ends with a figure matches whole figures only: `30%` stands neither in `130%` nor in
    `1.30%`, `320億` not in `1兆320億`, `30` not in `30%` or `30 billion`. One that begins with a Latin letter begins a
    word (`mail` not in `blackmail`); its end is free, so that a plural counts.
    """
    normal = normalise(text)
    return any(_pattern(wording).search(normal) is not None for wording in wordings)


def statements(text: str) -> list[tuple[str, frozenset[int]]]:
    """The text cut behind each run of marks: pieces with the numbers that they are marked with.

    What follows the last mark comes with no number, if it says anything.
    """
    pieces = []
    position = 0
    for run in _MARK_RUN.finditer(text):
        numbers = frozenset(int(number) for number in re.findall(r"\d+", run.group()))
        pieces.append((text[position : run.start()], numbers))
        position = run.end()
    rest = text[position:]
    if any(char.isalnum() for char in rest):
        pieces.append((rest, frozenset()))
    return pieces


@functools.lru_cache(maxsize=4096)
def _pattern(wording: str) -> re.Pattern[str]:
    normal = normalise(wording)
    before = after = ""
    if re.match(rf"[{_DIGITS}]", normal):
        before = rf"(?<![{_DIGITS}])(?<![{_DIGITS}][.,])(?<![{_DIGITS}][{_SCALES}])"
    elif re.match(rf"[{_KANJI_NUMERALS}]", normal):
        before = rf"(?<![{_DIGITS}{_KANJI_NUMERALS}])"
    elif re.match(r"[a-z\u00e0-\u024f]", normal):
        before = r"(?<![a-z\u00e0-\u024f])"
    if re.search(rf"[{_DIGITS}]$", normal):
        after = rf"(?![{_DIGITS}])(?![.,][{_DIGITS}]){_SCALE_AFTER}"
    elif re.search(rf"[{_DIGITS}][{_SCALES}]$", normal):
        after = rf"(?![{_DIGITS}{_SCALES}])"
    return re.compile(before + re.escape(normal) + after)
