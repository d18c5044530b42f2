"""Things that are asked for by their kind, and what no answer goes without: an age, a colour, a company's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from rag.extractive.named_things import is_name, is_ordinary, is_ordinary_katakana
from rag.text.analysis import is_stop

_Holds = Callable[[str, str], bool]


def is_formless(question: str, sentences: Sequence[str]) -> bool:
    """Whether a question asks for something of which none of the sentences can hold one."""
    asked = unicodedata.normalize("NFKC", question)
    return any(
        asks.search(asked) and not any(holds(asked, unicodedata.normalize("NFKC", text)) for text in sentences)
        for asks, holds in _FORMS
    )


def _any(pattern: str) -> _Holds:
    """A text holds what a pattern finds in it and the question does not say itself."""
    form = re.compile(pattern)

    def holds(question: str, text: str) -> bool:
        said = question.casefold()
        return any(match.group().casefold() not in said for match in form.finditer(text))

    return holds


def _another_name(question: str, text: str) -> bool:
    """Whether a text has a name that the question has not: of a company or a town, which have no closer form."""
    said = question.casefold()
    return any(word.casefold() not in said and not _is_ordinary(word) for word in _NAME.findall(text))


def _is_ordinary(word: str) -> bool:
    if word.isascii():
        return is_ordinary(word) or is_stop(word.casefold()) or not is_name(word)
    return is_ordinary_katakana(word)


_NAME = re.compile(
    r"\b[A-Z][\w&-]*\b|\b[a-z]+[A-Z]\w*\b|[\u30a1-\u30fa\u30fc]{3,}"
    r"|[一-鿿]{1,6}(?:株式会社|市|町|村|区|電機|工業|製作所|銀行|商事|電力|鉄道|通信)"
)
_COLOURS = (
    r"(?i:\b(?:red|blue|green|yellow|orange|purple|violet|pink|brown|black|white|gr[ae]y|silver|gold(?:en)?|beige|navy|"
    r"turquoise|crimson|scarlet|maroon|cream|indigo|magenta|cyan|teal|colou?rless|transparent)\b)"
    r"|[赤青緑黄橙紫茶黒白灰銀金紺桃朱](?:色|い)?|水色|ピンク|オレンジ|ベージュ|グレー|ブルー|グリーン|レッド|透明"
)
_WEEKDAYS = r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|[月火水木金土日]曜|平日|週末|\b[Ww]eek(?:day|end)s?\b"
_AGES = (
    r"(?i:\b(?:ages?|aged|old|born|birthday|(?:in|to) (?:his|her|their) \w+(?:ies|0s))\b)|\([0-9]{4}[-–]"
    r"|[0-9一二三四五六七八九十]\s?(?:歳|才)|生まれ"
)
_PREFECTURES = r"\b[A-Z][a-z]+ Prefecture|\b(?:Tokyo|Osaka|Kyoto|Hokkaido)\b|[一-鿿]{2,3}県|東京都|大阪府|京都府|北海道"
_UNIVERSITIES = (
    r"\b[A-Z]\w+ (?:University|College|Institute)|\bUniversity of [A-Z]\w+"
    r"|[一-鿿]{1,6}(?:大学|学院)|[一-鿿]大(?=[をのにで卒、。])"
)
_ADDRESSES = (
    r"(?i:\b[0-9]+[\w-]*,?\s+(?:\w+\s+){1,3}(?:street|st|road|rd|avenue|ave|lane|square|quay|boulevard|drive|way)\b)"
    r"|\b[A-Z]\w+ (?:Street|Road|Avenue|Lane|Square|Boulevard)\b|[0-9]+(?:-[0-9]+)+(?:\s|,|$)|丁目|番地|〒"
)
_WEIGHTS = (
    r"(?i:[0-9]\s?(?:kg|kilos?|kilograms?|mg|g|grams?|lbs?|pounds?|oz|ounces?|tons?|tonnes?)(?![a-z]))"
    r"|[0-9]\s?(?:キロ|グラム|トン)"
)
_COMPANY = r"(?:compan(?:y|ies)|firms?|manufacturers?|suppliers?|vendors?|contractors?|makers?)"
_ASKS_COMPANY = (
    rf"(?i:\b(?:which|what) {_COMPANY}\b|\bname of the {_COMPANY}\b)"
    r"|(?:どの|何という|どこの)(?:会社|企業|メーカー|業者)|(?:会社|企業|メーカー|業者)(?:名)?は(?:どこ|何と|何で)"
)
_ASKS_UNIVERSITY = (
    r"(?i:\b(?:which|what) (?:university|college)\b|\b(?:go|went) to (?:university|college)\b|\bgraduated? from\b)"
    r"|どの大学|何大学|出身大学|大学は(?:どこ|何)"
)
_FORMS: Sequence[tuple[re.Pattern[str], _Holds]] = tuple(
    (re.compile(asked), holds)
    for asked, holds in (
        (r"(?i:\bhow old\b|\bwhat age\b)|何歳|年齢|いくつの(?:時|とき)", _any(_AGES)),
        (r"(?i:\b(?:which|what) prefectures?\b)|どの都道府県|何県|(?:都道府県|県)は(?:どこ|何)", _any(_PREFECTURES)),
        (r"(?i:\b(?:which|what) colou?rs?\b)|何色|色は(?:何|なに|どんな|どの)", _any(_COLOURS)),
        (r"(?i:\b(?:which|what) (?:day of the week|weekday)\b)|何曜日?", _any(_WEEKDAYS)),
        (_ASKS_COMPANY, _another_name),
        (r"(?i:\b(?:which|what) (?:city|cities|towns?)\b)|(?:どの|何という)(?:都市|市町村|町)|何市", _another_name),
        (_ASKS_UNIVERSITY, _any(_UNIVERSITIES)),
        (
            r"(?i:\bhow heavy\b|\bhow much (?:do|does|did) [^,?]+ weigh\b)|(?:重さ|重量|体重)は|何(?:キロ)?グラム",
            _any(_WEIGHTS),
        ),
        (
            r"(?i:\bhow loud\b|\b(?:in|many) decibels\b)|何デシベル|騒音(?:値|レベル)?は",
            _any(r"[0-9]\s?(?i:db|decibels?|デシベル)"),
        ),
        (r"(?i:\b(?:street|postal|mailing) address\b)|住所[はを]", _any(_ADDRESSES)),
    )
)


def asked_about(question: str) -> str | None:
    """What a question asks something to be said about ("fines?" of "What does the act say about fines?"), or `None`."""
    found = _ASKED_ABOUT.search(question)
    return None if found is None else question[found.end() :]


_ASKED_ABOUT = re.compile(
    r"\b(?:says?|said|writes?|tells?|states?|stands?|reads?|learn|know)\b[^?]*\babout\b", re.IGNORECASE
)
