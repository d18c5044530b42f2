"""What in a sentence has the form of an answer: dates, numbers, money, people, places, reasons, lists, definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.questions.kinds import Kind
from rag.text.persons import NO_PERSON

_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
)
_NUMERALS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|"
    r"trillions?|dozens?|half|third|quarter|twice|once|first|second|single|several|none|no|both)"
)
_DIGITS = r"(?:[0-9]+(?:[.,][0-9]+)*|[一二三四五六七八九十百千万億兆〇数]+)"
_JA_DIGITS = r"[0-9一二三四五六七八九十]+"


def _any(*patterns: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(patterns), flags)


_DATE = _any(
    rf"\b(?:(?:[0-9]{{1,2}}\s?(?:to|and|[-–])\s?)?[0-9]{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTHS}(?:\s+[0-9]{{1,2}}(?:st|nd|rd|th)?)?(?:,?\s+[0-9]{{4}})?",
    r"\b(?:1[0-9]{3}|20[0-9]{2})s?\b|\b[0-9]{1,4}\s?(?:bc|bce|ad|ce)\b|\b(?:[0-9]{1,2}(?:st|nd|rd|th)|\w+th)[\s-]century",
    r"\b(?:every|each|next|last|this|following|previous)\s+(?:year|month|week|summer|winter|spring|autumn)\b",
    rf"(?:令和|平成|昭和|大正|明治)?\s?(?:[0-9]+|元|[一二三四五六七八九十〇]+)\s?年(?:度|代|間|末|頃|春|夏|秋|冬)?"
    rf"(?:\s?{_JA_DIGITS}\s?月)?(?:\s?{_JA_DIGITS}\s?日)?",
    r"[0-9]{1,2}\s?月(?:\s?[0-9]{1,2}\s?日)?|[0-9]+\s?世紀|[\u4e00-\u9fff]{2,4}時代",
)
# A digit of a name (web3, GPT-4) counts nothing.
_NUMBER = _any(
    rf"\b{_NUMERALS}\b",
    r"(?<![A-Za-z0-9])(?<![A-Za-z]-)[0-9]+(?:[.,][0-9]+)*",
    r"[一二三四五六七八九十百千万億兆〇数]+",
)
_PERCENTAGE = _any(
    r"[0-9]+(?:\.[0-9]+)?\s?(?:%|per ?cent|percentage points?|ポイント|パーセント|割(?:[0-9]分)?)",
    r"[一二三四五六七八九]割",
    r"\b(?:half|a third|two thirds|a quarter|three quarters|majority|minority)\b|[0-9]+ (?:in|out of) [0-9]+",
    r"[0-9]+分の[0-9]+|半数|過半|半分|大半",
)
_MONEY = _any(
    r"[$€£¥]\s?[0-9]|無料|\bfree\b|罰金|penalt(?:y|ies)",
    rf"\b(?:[0-9]+(?:[.,][0-9]+)*|{_NUMERALS})\s?(?:thousand|million|billion|trillion|m|bn)?\s?(?:us |u\.s\. )?"
    r"(?:yen|dollars?|euros?|pounds?|livres?|lira|francs?|marks|crowns?|shillings?|yuan|renminbi|rupees?|krone[rn]?|kronor|rou?bles?|baht|"
    r"pesos?|usd|jpy|eur|gbp|chf|cny|krw|cents?|pence)\b",
    r"[0-9]\s?(?:thousand|million|billion|trillion)?\s?won\b",
    rf"{_DIGITS}(?:億|万|兆|千|百)*[0-9]*(?:億|万|兆)?(?:円|ドル|ユーロ|ポンド|元|ウォン|ルピー|フラン)",
)
_DURATION = _any(
    rf"\b(?:[0-9]+(?:[.,][0-9]+)?|{_NUMERALS})[\s-](?:more )?"
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies))\b",
    rf"{_DIGITS}\s?(?:年間|か月|カ月|ヶ月|ヵ月|箇月|週間|日間|時間|分間|分|秒|歳|年|日)",
    r"\b(?:since|until|from)\s+(?:\w+\s+){0,2}[0-9]{3,4}",
)
_TITLE_JA = (
    r"(?:氏|さん|首相|総理|大臣|大統領|委員長|本部長|所長|会長|社長|知事|教授|博士|王|皇帝|監督|議員|代表|書記長|作家|"
    r"学者|家|師匠|者)"
)
_TITLE = (
    r"(?:mr|mrs|ms|dr|sir|lord|king|queen|pope|president|prime minister|minister|professor|general|captain|emperor|"
    r"duke|count|bishop|saint|prince|princess|governor|colonel|major|marshal|chair(?:man|woman)?)"
)
_PERSON = _any(
    rf"\b(?i:{_TITLE})\.?\s+(?:of\s+)?[A-Z][\w'’-]+",
    r"(?<![.!?\"“]\s)(?<!^)\b[A-Z][a-z'’-]+(?:\s+(?:de|van|von|of|the|la|le|du|[A-Z]\.?))*\s+[A-Z][\w'’-]+",
    rf"[\u4e00-\u9fff]{{2,6}}{_TITLE_JA}",
    r"[\u30a0-\u30ff]{2,}(?:[・＝=･][\u30a0-\u30ffA-Z.]+)+|[\u4e00-\u9fff]{2,5}（[ぁ-ん・ 　]+",
    flags=re.RegexFlag(0),
)
_PLACE = _any(
    r"\b(?:in|at|from|near|to|of|into|off|through|across|around|between|on)\s+(?:the\s+)?(?:\w+ern\s+)?[A-Z][\w'’-]+",
    r"\b(?:north|south|east|west)(?:ern)?\b|[\u30a0-\u30ff]{3,}",
    r"[\u4e00-\u9fff\u30a0-\u30ff]{1,8}"
    r"(?:都|道|府|県|市|区|町|村|国|州|省|島|湾|川|山|地方|地域|大陸|半島|平野|海|湖|駅|港)",
    flags=re.RegexFlag(0),
)
_REASON = _any(
    r"\b(?:because|since|due to|owing to|thanks to|in order to|so that|as a result|therefore|thus|hence)\b",
    r"\bso as to\b|\bfor fear\b",
    r"\b(?:led to|caused|causes?|reasons?|purpose|in response to|resulted|result of|blamed?)\b",
    r"\bto (?:ensure|make|avoid|prevent|protect|keep|give|raise|allow|reduce|assess|help)\b",
    r"ため|から(?:である|だ|、|。)|ので|によって|により|理由|原因|目的|せいで|結果|ゆえ",
)
_DEFINITION = _any(
    r"\b(?:is|are|was|were) (?:an?|the|one of)\b",
    r"\b(?:means|meant|refers? to|defined as|defines?|stands? for|known as|called|short for|consists? of)\b",
    r"\bthat is\b|\bdescribes?\b",
    r"とは|を指す|を意味|のこと|を言う|をいう|という(?:。|意味)|の略|と呼ば|である。|定義|称(?:する|される)",
)
_LIST = _any(
    r"\b(?:such as|including|include[sd]?|namely|for example|following)\b|:\s|;|；|\n\s*[-*0-9]",
    r",[^,]{1,200},?\s(?:and|or)\s|、[^、。]{1,100}、|および|及び|ならびに|並びに|など|と[^、。]{1,60}と",
)
_MANNER = _any(r"\b(?:by|through|via|using|with|as)\b\s+\w+", r"によって|により|を通じ|を用い|で|ように")
_CONTACT = _any(r"\+?[0-9][0-9() -]{6,}[0-9]", r"[\w.]+@[\w.]+", r"〒\s?[0-9]")
_CAPITALISED = _any(
    r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'’-]+(?:\s+(?:(?:of|the|de|and)\s)?[A-Z][\w'’-]+)*",
    r"「[^」]+」|『[^』]+』|[\u30a0-\u30ff]{3,}|\"[^\"]+\"|“[^”]+”",
    flags=re.RegexFlag(0),
)

_BY_KIND: dict[Kind, re.Pattern[str]] = {
    "date": _DATE,
    "number": _NUMBER,
    "money": _MONEY,
    "percentage": _PERCENTAGE,
    "duration": _DURATION,
    "person": _PERSON,
    "place": _PLACE,
    "reason": _REASON,
    "definition": _DEFINITION,
    "list": _LIST,
    "manner": _MANNER,
    "name": _CAPITALISED,
    "contact": _CONTACT,
}

# Kinds whose answer has a form that cannot be missed: without it there is none.
FORMED_KINDS: frozenset[Kind] = frozenset(("date", "number", "money", "percentage", "duration", "contact"))


def has_detector(kind: Kind) -> bool:
    """Whether sentences can be checked for this kind of answer."""
    return kind in _BY_KIND


def answer_spans(text: str, kind: Kind) -> Iterator[tuple[int, int]]:
    """Spans of `text` that have the form of an answer of this kind; none for kinds without a detector."""
    dates = [match.span() for match in _DATE.finditer(text)] if kind == "number" else []
    pattern = _BY_KIND.get(kind)
    for match in pattern.finditer(text) if pattern is not None else ():
        if kind == "person" and NO_PERSON.search(match.group()):
            continue
        if not any(start <= match.start() < end for start, end in dates):
            yield match.start(), match.end()
