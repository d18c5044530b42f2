"""Bytes to text: byte order marks, strict UTF-8, UTF-16, and older encodings where they can be told for certain."""

from __future__ import annotations

import codecs
import re
import unicodedata

from rag.loading.legacy import japanese, mixes_utf8_japanese, mixes_utf8_western, western
from rag.loading.raw import Refused
from rag.loading.western import western_by_words

_BOMS: tuple[tuple[bytes, str, str], ...] = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # begins like UTF-16 little-endian: asked first
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)

# Below this, guesses go wrong: 34 bytes of EUC-JP were read as Korean (measured).
_MIN_GUESS_BYTES = 200
_GUESS_BYTES = 64 * 1024

# Told apart reliably by charset-normalizer on prose of 200 bytes; the Central European and Baltic tables are not (they
# differ from one another in a few letters), so a text in one of them is refused rather than shown with wrong letters.
_TRUSTED = {
    "cp932": "Shift_JIS",
    "shift_jis": "Shift_JIS",
    "shift_jis_2004": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "euc_jis_2004": "EUC-JP",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "cp949": "EUC-KR",
    "cp1251": "Windows-1251",
    "koi8_r": "KOI8-R",
    "cp1252": "Windows-1252",
}
_RIVALS = [
    "cp1250",
    "cp1257",
    "iso8859_2",
    "iso8859_4",
    "iso8859_5",
    "iso8859_10",
    "iso8859_16",
    "cp1253",
    "cp1255",
    "mac_cyrillic",
]
_BY_LETTER = ("Windows-1251", "KOI8-R")
_MIN_BEYOND_ASCII = 20  # of an encoding with two bytes a character: fewer are accents of another one
_JAPANESE = ("Shift_JIS", "EUC-JP")
_MAX_CHAOS = 0.1
_MIN_COHERENCE = 0.4  # of single-byte encodings, where any bytes decode to something
_TOLERANCE = 0.05

_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fc]")
_JAPANESE_TEXT = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f]")
_MAX_CONTROL_SHARE = 0.02
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_USUAL = re.compile(
    "[\x00-\u06ff\u0900-\u0fff\u1e00-\u1fff\u2010-\u2044\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9f]"
)

# Signs that stand between letters only where a letter of another table was meant (¿ is ż in Polish).
_MISREAD = re.compile("[^\\W\\d_][¡¿¤¦¨¬¯±³´¶¸¹÷×][^\\W\\d_]")

_PARTLY = "The text is partly UTF-8 and partly in another encoding"
_ADVICE = "Save it as UTF-8."

# What a file may say of its own encoding, in the names of the Encoding Standard (WHATWG), and how that is read:
# whoever writes ISO-8859-1 means Windows-1252, and so on.
_DECLARED = {
    codec_name: (codec, shown)
    for codec, shown, labels in (
        ("cp932", "Shift_JIS", "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis"),
        ("euc_jp", "EUC-JP", "euc-jp x-euc-jp cseucpkdfmtjapanese"),
        ("cp1252", "Windows-1252", "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 latin1 l1 us-ascii ascii"),
        ("iso8859_15", "ISO-8859-15", "iso-8859-15 iso8859-15 latin9"),
        ("iso8859_2", "ISO-8859-2", "iso-8859-2 iso8859-2 latin2"),
        ("cp1250", "Windows-1250", "windows-1250 cp1250"),
        ("cp1251", "Windows-1251", "windows-1251 cp1251"),
        ("cp1254", "Windows-1254", "windows-1254 cp1254 iso-8859-9 latin5"),
        ("koi8_r", "KOI8-R", "koi8-r"),
        ("gb18030", "GB 18030", "gb2312 gbk gb18030 x-gbk"),
        ("big5", "Big5", "big5 big5-hkscs"),
        ("cp949", "EUC-KR", "euc-kr ks_c_5601-1987 cp949 windows-949"),
    )
    for codec_name in labels.split()
}


def encoding_notes(encoding: str | None) -> tuple[str, ...]:
    """What a report says of an encoding that is not UTF-8."""
    return (f"The text was read as {encoding}.",) if encoding else ()


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str | None]:
    """Decode a text file.

    Args:
        data: The file.
        declared: What it says of its own encoding. Believed where the bytes fit it and are not UTF-8, nor Japanese
            of another encoding beyond doubt.

    Returns:
        The text without its byte order mark, and the name of its encoding where that is not UTF-8.

    Raises:
        Refused: `encoding` if the encoding is broken or cannot be told, `wrong_type` if the file holds no text.
    """
    for bom, codec, name in _BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], codec, name, offset=len(bom)), None if name == "UTF-8" else name
    if b"\0" in data:
        return _without_mark(data), "UTF-16"
    if _ISO_2022_JP.search(data):
        return _strict(data, "iso2022_jp", "ISO-2022-JP"), "ISO-2022-JP"
    try:
        return _check_text(data.decode("utf-8")), None
    except UnicodeDecodeError as exc:
        utf16 = _japanese_utf16(data)
        if utf16 is not None:
            return utf16, "UTF-16"
        return _guess(data, exc, declared)


def _strict(data: bytes, codec: str, name: str, *, offset: int = 0) -> str:
    try:
        return _check_text(data.decode(codec))
    except UnicodeDecodeError as exc:
        raise Refused(
            "encoding", f"The text claims to be {name} but byte {offset + exc.start + 1:,} does not fit. {_ADVICE}"
        ) from None


def _without_mark(data: bytes) -> str:
    """Text with zero bytes: UTF-16 without its mark, else no text at all."""
    readings = [text for codec in ("utf-16-le", "utf-16-be") if (text := _try(data, codec)) is not None]
    # In the wrong byte order English lower-case letters turn into common ideographs, but never into ASCII.
    best = max(readings, key=lambda text: _share_of_usual(text) + sum(map(str.isascii, text[:10_000])), default="")
    if _share_of_usual(best) < 0.95 or _has_controls(best):
        raise Refused("wrong_type", "The file is named as text but its content is binary (it holds zero bytes).")
    return best


def _japanese_utf16(data: bytes) -> str | None:
    """Japanese in UTF-16 without mark or any ASCII: nearly all in the Japanese blocks, much of it kana."""
    for codec in ("utf-16-le", "utf-16-be"):
        text = _try(data, codec)
        if text is None or len(text) < 10:
            continue
        fits = len(_JAPANESE_TEXT.findall(text)) >= 0.95 * len(text)
        if fits and len(_KANA.findall(text)) >= 0.1 * len(text):
            return text
    return None


def _try(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _share_of_usual(text: str) -> float:
    """Share of characters in the blocks that nearly all prose is written in, in [0, 1]; 0 for no text."""
    sample = text[:10_000]
    return len(_USUAL.findall(sample)) / len(sample) if sample else 0.0


def _has_controls(text: str) -> bool:
    return len(_CONTROLS.findall(text)) > len(text) * _MAX_CONTROL_SHARE


def _check_text(text: str) -> str:
    """Refuse what decodes but is no text: more than a few control characters.

    Raises:
        Refused: With code `wrong_type`.
    """
    if _has_controls(text):
        raise Refused(
            "wrong_type", "The file is named as text but its content is binary (it holds control characters)."
        )
    return text


def _guess(data: bytes, failure: UnicodeDecodeError, declared: str | None) -> tuple[str, str]:
    """Text in an older encoding, where what it says of itself or its statistics leave no doubt.

    Raises:
        Refused: With code `encoding`, naming the first byte that is not UTF-8.
    """
    import charset_normalizer

    if mixes_utf8_japanese(data):
        raise Refused("encoding", f"{_PARTLY} (byte {failure.start + 1:,} is not UTF-8). {_ADVICE}")
    found = japanese(data) or _as_declared(data, declared)
    if found is not None:
        return _check_text(found[0]), found[1]
    undecided = Refused(
        "encoding",
        f"The text is not UTF-8 (byte {failure.start + 1:,}) and its encoding cannot be told with certainty. {_ADVICE}",
    )
    alike = None if mixes_utf8_western(data) else western(data) or western_by_words(data)
    if alike is not None:
        return _check_text(alike), "Windows-1252"
    if len(data) < _MIN_GUESS_BYTES:
        raise undecided
    matches = list(
        charset_normalizer.from_bytes(_sample(data), cp_isolation=[*_TRUSTED, *_RIVALS], enable_fallback=False)
    )
    if not matches or matches[0].chaos > _MAX_CHAOS:
        raise undecided
    best = matches[0]
    codec = best.encoding
    for match in matches:
        # Most Western text fits several tables equally well; Windows-1252 is what it then is (as browsers assume).
        same = match.chaos <= best.chaos + 0.01 and match.coherence >= best.coherence - _TOLERANCE
        if same and "cp1252" in match.could_be_from_charset:
            codec = "cp1252"
    name = _TRUSTED.get(codec)
    text = _try(data, codec) if name else None
    if name is None or text is None or _has_controls(text):
        raise undecided
    n_other = sum(ord(char) > 0x7F for char in text)
    if name not in (*_BY_LETTER, "Windows-1252") and n_other < _MIN_BEYOND_ASCII:
        raise undecided
    if name in _JAPANESE:
        if len(_KANA.findall(text)) < 0.1 * n_other:
            raise undecided
    elif name == "Windows-1252":
        # Any bytes are letters in it: from tables that differ in a few statistics do not tell it, words do (above).
        raise Refused("encoding", f"{_PARTLY}. {_ADVICE}") if mixes_utf8_western(data) else undecided
    elif name in _BY_LETTER and (best.coherence < _MIN_COHERENCE or _MISREAD.search(text)):
        raise undecided
    if any(unicodedata.category(char) == "Co" for char in text):
        raise undecided
    return text, name


def _as_declared(data: bytes, declared: str | None) -> tuple[str, str] | None:
    """The text in the encoding that it says it has; `None` where that is unknown, does not fit or gives odd letters."""
    codec, name = _DECLARED.get((declared or "").strip().lower(), ("", ""))
    text = _try(data, codec) if codec else None
    if text is None or _has_controls(text) or any(unicodedata.category(char) == "Co" for char in text):
        return None
    if name == "Windows-1252" and (_MISREAD.search(text) or mixes_utf8_western(data)):
        return None
    if name in _JAPANESE and len(_HALF_KANA.findall(text)) > len(_JAPANESE_TEXT.findall(text)):
        return None
    return text, name


def _sample(data: bytes) -> bytes:
    """A beginning of `data` that ends with a line, so that no character is cut."""
    if len(data) <= _GUESS_BYTES:
        return data
    end = data.rfind(b"\n", _MIN_GUESS_BYTES, _GUESS_BYTES)
    return data if end < 0 else data[: end + 1]
