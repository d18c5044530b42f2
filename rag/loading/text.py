"""Text as it is stored: NFC, `\\n` line ends, invisible characters taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c\x1d\x1e\x85\u2028\u2029]")

# What may not stand in a text, or only in some places. Every format character (Cf), control (Cc), default-ignorable
# code point and noncharacter is here; of the format characters only those that show (Arabic number signs, Egyptian
# joiners) are left out. Written by number: the characters themselves would be invisible here.
_SUSPECTS = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_JOINERS = "\u200c\u200d"
_ZWJ = "\u200d"
_VIRAMA = 9  # canonical combining class
_KEYCAP_BASES = "0123456789#*"
_PRESENTED = "‼⁉〰〽ℹ"  # shown as emoji although they are punctuation or a letter

_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# Scripts in which a joiner changes how a word is written (Arabic, the Indic scripts, Mongolian, …). Between Latin
# letters, kana or ideographs it shows nothing and only splits a word for whoever searches it.
_JOINING_SCRIPTS = re.compile(
    "[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff]"
)


def clean(text: str) -> tuple[str, int]:
    """Bring decoded text into its stored form.

    Returns:
        The text and the number of characters taken out. Line ends are unified without being counted.
    """
    text = _LINE_ENDS.sub("\n", text)
    dropped = dropped_indices(text)
    if dropped:
        pieces, start = [], 0
        for index in dropped:
            pieces.append(text[start:index])
            start = index + 1
        text = "".join(pieces) + text[start:]
    return unicodedata.normalize("NFC", text), len(dropped)


def dropped_indices(text: str) -> list[int]:
    """Places of the characters that may not stand in a stored text, in order.

    Variation selectors stay behind a character that has variants, joiners inside words of scripts that need them and
    inside emoji, each only once in a row: a longer run shows nothing and can carry a hidden message.
    """
    dropped: list[int] = []
    last_dropped = -1
    kept_before = ""  # the character before, of those that stay
    for match in _SUSPECTS.finditer(text):
        index = match.start()
        if index - 1 != last_dropped:
            kept_before = text[index - 1] if index else ""
        if _belongs(text[index], kept_before, text, index + 1):
            kept_before = text[index]
        else:
            dropped.append(index)
            last_dropped = index
    return dropped


def segments(text: str) -> Iterator[tuple[int, int]]:
    """Spans that NFC can be applied to one by one: each a character with the marks and jamo that may join it.

    `"".join(nfc(text[a:b]) for a, b in segments(text)) == nfc(text)`.
    """
    start = 0
    for index in range(1, len(text)):
        # Whatever can combine with a character before it is a mark or a Hangul vowel or final consonant
        # (Unicode Standard Annex 15, NFC_Quick_Check=Maybe).
        char = text[index]
        if char < "\u0300" or not (unicodedata.category(char)[0] == "M" or "\u1161" <= char <= "\u11ff"):
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _belongs(char: str, before: str, text: str, after: int) -> bool:
    """Whether a suspect stands where it shapes what is seen; `text[after:]` follows it."""
    if char in _JOINERS:
        return _joins(char, before, text, after)
    if "\U000e0100" <= char <= "\U000e01ef":
        return bool(_IDEOGRAPH.match(before))
    if char in "\ufe0e\ufe0f":
        return before != "" and (
            unicodedata.category(before) in ("So", "Sm", "Sk") or before in _KEYCAP_BASES or before in _PRESENTED
        )
    if "\ufe00" <= char <= "\ufe0d":
        return before != "" and (
            unicodedata.category(before) in ("Lo", "Sm")
            or "\u3000" <= before <= "\u303f"
            or "\uff01" <= before <= "\uff60"
        )
    if "\u180b" <= char <= "\u180f" and char != "\u180e":
        return "\u1820" <= before <= "\u18aa"
    return False


def _joins(joiner: str, before: str, text: str, after: int) -> bool:
    if before == "" or before in _JOINERS:
        return False
    if joiner == _ZWJ and unicodedata.combining(before) == _VIRAMA:
        return True  # a half form, which may end a word
    follower = _SUSPECTS.sub("", text[after : after + 16])[:1]
    if not follower:
        return False
    if joiner == _ZWJ and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk")):
        return unicodedata.category(follower) == "So"
    return bool(_JOINING_SCRIPTS.match(before)) and bool(_JOINING_SCRIPTS.match(follower))
