"""Older encodings told by the characters that a reading gives: Japanese, Western, and files of mixed encodings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_MIN_CHARS = 20
"""Fewer Japanese characters prove nothing: 8 in EUC-JP read as Chinese or Korean just as well."""
_MIN_CHARS_OF_PROSE = 10
_MIN_KINDS_OF_HIRAGANA = 4
_MIN_HIRAGANA_SHARE = 0.2
"""With hiragana as in sentences half as many are enough: in other encodings their bytes are rare signs and letters."""

_JAPANESE_CODECS = (("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("euc_jis_2004", "EUC-JP"))
_MAX_RARE_SHARE = 0.05
_MAX_OTHER_SHARE = 0.1
_MIN_RUN_SHARE = 0.8
_MIN_KANA_SHARE = 0.2
_MIN_KINDS_OF_KANA = 5

_HIRAGANA = re.compile("[\u3041-\u3096]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fc]")
_SIGN = re.compile(
    "[\u3000-\u303f\uff01-\uff60\u2010-\u2026\u2460-\u2473\u2160-\u2169×÷±°○●◎△▲□■◇◆→←↑↓※−∞\u2500-\u257f㈱㈲℡№]"
)
_KANJI = re.compile("[\u4e00-\u9fff]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_RUN = re.compile("[\u2010-\u9fff\uff01-\uff60]{2,}")
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd]")

# Kana in UTF-8, several in a row: no other encoding of a text holds these bytes in this order.
_UTF8_KANA = re.compile(rb"(?:\xe3[\x81-\x83][\x80-\xbf]){2}")
# Accented letters and quotation marks in UTF-8: between Western letters they would read as `Ã©` and `â€™`.
_UTF8_WESTERN = re.compile(rb"\xc3[\x80-\xbf]|\xc2[\xa0-\xbf]|\xe2\x80[\x90-\xaf]")

# What stands for the same character in Windows-1250, -1252 and -1254: a text with no other character beyond ASCII
# reads the same in all of Western, Central European and Turkish, and which one it is need not be known. In the Baltic
# table, -1257, some of these are ā, ē, ė and ī, which stand where these do not.
_SHARED_CAPITALS = "ÁÂÄÇÉËÍÎÓÔÖÚÜ"
_SHARED_LETTERS = f"áâäçéëíîóôöúüß{_SHARED_CAPITALS}"
_QUOTES_AND_DASHES = "€…‘’“”•–—™"
_SHARED_SIGNS = f"{_QUOTES_AND_DASHES}\xa0§©«®°±·»"
# Signs alone prove nothing: the two bytes of a single kanji are often a quotation mark and a letter.
_MIN_ACCENTS = 2
_MIN_LETTERS = 10
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_UNLIKELY = re.compile(
    rf"[^{_SHARED_LETTERS}{_SHARED_SIGNS}\x00-\x7f]"
    rf"|(?<![A-Za-z{_SHARED_LETTERS}])[{_SHARED_LETTERS}](?![A-Za-z])"  # a letter in no word
    rf"|[a-z][{_SHARED_CAPITALS}]"  # a capital inside a word
    r"|ç(?![aouáâóôúü])|[b-df-hj-np-tv-xz](?:[âë]|î[a-z]?)(?![A-Za-z])|[âî][a-z]{0,4}[âî]"  # Baltic words
    rf"|[A-Za-z{_SHARED_LETTERS}][€…•™§©«®°±·]+[A-Za-z{_SHARED_LETTERS}]"  # a sign inside a word
    rf"|[{_QUOTES_AND_DASHES}§©«®°±·»][{_SHARED_LETTERS}]"  # `“ú–{{` is 日本
    rf"|(?<![A-Za-z0-9{_SHARED_LETTERS}.,!?)\]…])[’”]"  # closing nothing
    rf"|(?<=[.,!?)\]…])[’”](?=[A-Za-z{_SHARED_LETTERS}])"
    rf"|(?<![A-Za-z0-9{_SHARED_LETTERS}.,!?)\]” ])[–—]|[–—](?![A-Za-z0-9{_SHARED_LETTERS}“ \r\n])"
)


def japanese(data: bytes) -> tuple[str, str] | None:
    """The text and its encoding where `data` is Japanese beyond doubt, else `None`."""
    for codec, name in _JAPANESE_CODECS:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if _is_japanese(text, needs_kana=name == "EUC-JP"):
            return text, name
    return None


def western(data: bytes) -> str | None:
    """The text where `data` reads the same in every Windows table of Latin letters, and like words; else `None`."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    if _UNLIKELY.search(text) or text.count("“") != text.count("”") or text.count("«") != text.count("»"):
        return None
    n_letters = sum(char.isalpha() for char in text)
    n_beyond = sum(char.isalpha() for char in _BEYOND_ASCII.findall(text))
    is_enough = n_beyond >= _MIN_ACCENTS and n_letters >= _MIN_LETTERS
    return text if is_enough and 3 * n_beyond <= n_letters else None


def mixes_utf8_japanese(data: bytes) -> bool:
    """Whether Japanese words in UTF-8 stand in `data`, which as a whole is not UTF-8."""
    return _UTF8_KANA.search(data) is not None


def mixes_utf8_western(data: bytes) -> bool:
    """Whether accented letters in UTF-8 stand in `data`, which as a whole is not UTF-8."""
    return _UTF8_WESTERN.search(data) is not None


def _is_japanese(text: str, *, needs_kana: bool) -> bool:
    """Whether the characters beyond ASCII are the common ones of Japanese, in runs as in words.

    In a wrong encoding they are not: kanji of the second level, half-width katakana, or single characters between
    Latin letters. Where Chinese and Korean use the same bytes for their commonest characters (EUC), kana decide.
    """
    counts = Counter(_BEYOND_ASCII.findall(text))
    kana = {char: n for char, n in counts.items() if _KANA.match(char)}
    n_kana = sum(kana.values())
    n_signs = sum(n for char, n in counts.items() if _SIGN.match(char))
    kanji = {char: n for char, n in counts.items() if _KANJI.match(char)}
    n_rare = sum(n for char, n in kanji.items() if not _is_first_level(char))
    n_common = sum(kanji.values()) - n_rare + n_kana
    n_full = n_common + n_signs + n_rare
    n_half = sum(n for char, n in counts.items() if _HALF_KANA.match(char))
    n_other = counts.total() - n_full - n_half
    if n_common < _min_chars(kana, n_full) or 2 * n_common < n_full or n_half > n_common or _PRIVATE.search(text):
        return False
    if n_rare > _MAX_RARE_SHARE * n_full or n_other > _MAX_OTHER_SHARE * n_full:
        return False
    if needs_kana and (n_kana < _MIN_KANA_SHARE * n_full or len(kana) < _MIN_KINDS_OF_KANA):
        return False
    return sum(map(len, _RUN.findall(text))) >= _MIN_RUN_SHARE * n_full


def _min_chars(kana: Mapping[str, int], n_full: int) -> int:
    """How many Japanese characters a text must have, with kana as many times and so many full-width characters."""
    hiragana = {char: n for char, n in kana.items() if _HIRAGANA.match(char)}
    is_prose = len(hiragana) >= _MIN_KINDS_OF_HIRAGANA and sum(hiragana.values()) >= _MIN_HIRAGANA_SHARE * n_full
    return _MIN_CHARS_OF_PROSE if is_prose else _MIN_CHARS


def _is_first_level(kanji: str) -> bool:
    """Whether it is one of the 2,965 common kanji (JIS X 0208, rows 16 to 47)."""
    try:
        row = kanji.encode("euc_jp")[0] - 0xA0
    except UnicodeEncodeError:
        return False
    return 16 <= row <= 47
