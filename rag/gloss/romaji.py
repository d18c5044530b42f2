"""Katakana in Latin letters: names that no word list has."""

from __future__ import annotations

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ",
    "p": "パピプペポ",
}  # fmt: skip
_OTHERS = {
    "シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu", "ヤ": "ya", "ユ": "yu",
    "ヨ": "yo", "ワ": "wa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ン": "n", "ヴ": "vu", "ヵ": "ka", "ヶ": "ka",
}  # fmt: skip
_LETTERS = {kana: row + vowel for row, line in _ROWS.items() for kana, vowel in zip(line, "aiueo", strict=True)}
_LETTERS |= _OTHERS
_SMALL_VOWELS = dict(zip("ァィゥェォ", "aiueo", strict=True))
_SMALL_Y = {"ャ": "a", "ュ": "u", "ョ": "o"}


def romaji(katakana: str) -> str:
    """Katakana by Hepburn's rules, long vowels written short: トランプ -> toranpu, シェイク -> sheiku."""
    found: list[str] = []
    double = False
    for kana in katakana:
        before = found[-1] if found else ""
        if kana in _SMALL_Y and before.endswith("i"):
            soft = before[:-1]
            found[-1] = soft + ("" if soft in ("sh", "ch", "j") else "y") + _SMALL_Y[kana]
        elif kana in _SMALL_VOWELS:
            found[-1:] = [before[:-1] + _SMALL_VOWELS[kana]]
        elif kana == "ッ":
            double = True
        elif kana != "ー":
            letters = _LETTERS.get(kana, "")
            found.append(letters[:1] + letters if double else letters)
            double = False
    return "".join(found)
