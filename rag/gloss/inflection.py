"""Japanese verbs and adjectives in the dictionary's form -> the beginnings that all their forms share."""

from __future__ import annotations

import re
from collections.abc import Collection

# By the last kana, with what the stem goes on: 書く as 書か, 書き, …, 書いた.
_ROWS: dict[str, tuple[str, ...]] = {
    "う": (*"わいうえお", "った", "って"),
    "く": (*"かきくけこ", "いた", "いて"),
    "ぐ": (*"がぎぐげご", "いだ", "いで"),
    "す": tuple("さしすせそ"),
    "つ": (*"たちつてと", "った", "って"),
    "ぬ": (*"なにぬねの", "んだ", "んで"),
    "ぶ": (*"ばびぶべぼ", "んだ", "んで"),
    "む": (*"まみむめも", "んだ", "んで"),
    # Both 乗る (乗ら, 乗り, …) and 見る (見た, 見て, …): which of the two a verb is its spelling does not tell.
    # 見ない is read as the kanji and a denial.
    "る": (*"らりるれろたてまよ", "った", "って"),
    "い": tuple("いくかけさ"),
}
_INFLECTED = re.compile(r"(?P<stem>.*[\u3400-\u9fff々])(?P<kana>[\u3041-\u3096]*)(?P<last>[うくぐすつぬぶむるい])")


def beginnings(word: str, others: Collection[str] = ()) -> list[str]:
    """What forms of a word begin with: 行く gives 行か, 行き, 行く…, 決める gives 決め, 会議 itself.

    Words without a kanji are given as they are, and so are nouns that come from verbs (願い from 願う): they look like
    adjectives.

    Args:
        word: The word.
        others: All words, by which those nouns are known.
    """
    found = _INFLECTED.fullmatch(word)
    if found is None or (found["last"] == "い" and word[:-1] + "う" in others):
        return [word]
    if found["kana"]:
        return [found["stem"] + found["kana"]]
    return [found["stem"] + kana for kana in _ROWS[found["last"]]]
