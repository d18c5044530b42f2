"""The kind of answer that a question asks for, English and Japanese, by how it is phrased."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Kind = Literal[
    "date", "number", "money", "percentage", "duration", "person", "place", "list", "definition", "reason", "yes_no",
    "manner", "name", "contact", "other",
]  # fmt: skip
Language = Literal["en", "ja"]

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
# How much of a question is read for its kind, in characters.
_READ_CHARS = 1000

_NUMERAL = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|many|various|\d{1,2})"
_VERB = r"(?:do|does|did|has|have|had|can|could|will|would|should|must|may|is|was|are|were)"
# Words in -s that are no plurals.
_NO_PLURAL = (
    r"(?!(?:is|was|has|does|this|its|us|thus|process|business|basis|status|focus|class|access|crisis|progress|address|"
    r"success|press|headquarters|series|means|news|analysis|politics|economics|physics)\b)"
)
_PERSONS = (
    r"(?:person|man|woman|king|queen|emperor|leader|president|minister|prime minister|chair(?:man|woman|person)?|"
    r"director|governor|author|scientist|philosopher|general|politician|economist|historian|commander|boss|head|chief|"
    r"professor|official|lawmaker|mayor|founder|(?:cabinet|board|team) member)"
)
_PLACES = (
    r"(?:country|countries|city|cities|place|places|region|regions|state|states|province|continent|town|location|area|river|"
    r"island|nation|nations)"
)
_PAID = (
    r"(?:cost|costs|pay|paid|money|spen[dt]|invest\w*|fund\w*|budget\w*|price\w*|yen|dollars?|euros?|pounds?|fines?|fee|worth|"
    r"revenue|earn\w*|tax\w*)"
)
# An amount of what is no money is a size.
_SUMS = (
    r"(?:price|cost|budget|fine|fee|amount(?! of (?!money|fund|invest|spending|yen|dollar|tax))|sum|revenue|"
    r"investment)s?\b|\b(?:salar(?:y|ies)|gdp)"
)
# What is paid, where a question asks how high it is.
_CHARGES = r"(?:toll|wage|rent|grant|subsid(?:y|ies)|penalt(?:y|ies)|pension|debt|loan|reward|allowance)s?\b"
_SHARES = r"(?:per ?cent|percentage|proportion|share|fraction|rate|portion|slice)"
_SIZES = r"(?:number|population|size|area|length|height|depth|distance|quantity|amount|rank|ratio|total|count)"

# The first kind of which a pattern matches is taken. No word of any corpus is in them.
_EN: Sequence[tuple[Kind, Sequence[str]]] = (
    ("definition", (r"\bwhat (?:does|do|did)\b[^?]*\b(?:mean|means|stand for|refer to|consist of)\b",)),
    ("contact", (r"\b(?:phone|telephone|fax)\b|\be-?mail address\b|\b(?:postal|zip) code\b|\bpostcode\b",)),
    (
        "list",
        (
            (rf"^\W*(?:please\s+)?(?:list|name|enumerate|give|tell me|show me|outline)\b.*?\b"
            rf"(?:all|the|some|its|their|{_NUMERAL})\b(?!.*\b(?:date|year|number|name of)\b)"),
        ),
    ),
    (
        "date",
        (
            # Inside a sentence "when" mostly tells a time instead of asking for one ("how many were there when …?").
            (
                r"(?:^\W*|[.?!,;:–—]\s*|"
                r"\b(?:and|or|since|until|till|from|by|of|exactly|know|say|tell me|just)\s+)when\b"
                r"(?![^?]{3,},\s+(?:what|where|who|whose|which|how|why)\b)"
            ),
            r"\b(?:how long ago|how soon|how recent(?:ly)?|by what date|date of)\b",
            r"\b(?:what|which)\s+(?:(?!do(?:es)?\b|did\b)\w+\s+)?(?:year|date|day|month|century|decade|time|period|era)s?\b",
        ),
    ),
    (
        "percentage",
        (
            rf"\b(?:what|which|how (?:large|big|great|high|much))\b[^?]{{0,30}}?\b{_SHARES}\b",
            rf"\bhow (?:high|low|widespread|common)\b(?![^?]{{0,40}}\b(?:{_SUMS}|{_CHARGES})\b)|what part of",
            r"(?<![0-9])(?<![0-9] )%",
            r"\b(?:out of|in|of) (?:every|each|a) (?:hundred|100)\b",
        ),
    ),
    (
        "money",
        (
            rf"\bhow much\b[^?]*\b{_PAID}\b",
            rf"\bhow (?:large|big|high|low)\b[^?]{{0,40}}\b{_CHARGES}",
            r"\bhow many (?:(?:thousand|[mbtr]+illion)s? (?:of )?)?(?:yen|dollars|euros|pounds|won|yuan)\b",
            rf"\b(?:what|how (?:large|big|high))\b[^?]{{0,40}}\b(?:{_SUMS})\b",
            r"\bwhat (?:do|does|did|will|would)\b[^?]*\b(?:cost|pay|charge)\b(?!\s+for\b)",
        ),
    ),
    ("duration", (r"\bhow long\b|\bhow many (?:years|months|weeks|days|hours|minutes)\b|\bhow old\b",)),
    (
        "number",
        (
            r"\bhow (?:many|much|often|far|large|big|tall|high|deep|wide|heavy|fast)\b",
            rf"\bwhat(?: is| was|'s)? (?:the )?(?:total |average |estimated |maximum |minimum )?{_SIZES}\b",
        ),
    ),
    (
        "reason",
        (
            r"\bwhy\b|\bfor what (?:reason|purpose)\b|\bhow come\b",
            r"\bwhat (?:\w+ ){0,2}?(?:reasons?|causes?|caused|made|led|prompted|motivated|purpose|explains)\b",
        ),
    ),
    # In "Which town did Ida Vries, who led the council, come from?" who asks nothing.
    (
        "person",
        (
            r"^(?!.*\b(?:what|which|where|when|how|why)\b.*,\s+who\b).*\b(?:who|whom|whose)\b",
            rf"\b(?:what|which)\s+(?:\w+\s+)?{_PERSONS}\b",
        ),
    ),
    ("place", (r"\bwhere\b", rf"\b(?:what|which)\s+(?:\w+\s+)?{_PLACES}\b")),
    (
        "list",
        (
            rf"\b(?:what|which)\b[^?]{{0,40}}\b(?:are|were|{_NUMERAL})\b[^?]*\b(?!(?:is|was|has|does|this|its|us)\b)\w+s\b",
            rf"^\W*(?:what|which)\s+(?:\w+\s+){{0,2}}?{_NO_PLURAL}\w{{2,}}(?<!s)s\s+{_VERB}\b",
        ),
    ),
    (
        "definition",
        (
            r"^\W*what(?:'s| is| are| was| were)\s+(?:an?\s+|the\s+)?(?:[\w'’\"“”-]+\s*){1,4}\?*$",
            r"\b(?:define|definition of|meaning of|what is meant by)\b|\b(?:is|are|was|were) [^?]{1,60} defined\b",
        ),
    ),
    (
        "yes_no",
        (
            r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|must|may|might)(?:n't|n’t)?\b",
        ),
    ),
    ("manner", (r"\bhow\b",)),
    ("name", (r"\b(?:what|which)\b",)),
)  # fmt: skip
_COUNTERS = (
    r"(?:人|件|回|個|つ|本|台|社|校|名|位|番|度|種|歳|倍|機関|km|キロ|メートル|m|条|章|枚|冊|頭|匹|(?:か|カ|ヶ|ヵ|箇)(?:国|所|条)|"
    r"系統|局|文字)"
)
_JA_PERSONS = r"(?:人物|氏名|名前の人|作者|著者|首相|大統領|委員長|本部長|所長|会長|社長|大臣|知事|監督|学者|作曲家)"
_FEW = r"(?:二つ|三つ|四つ|五つ|六つ|七つ|[2-9]つ|[2-9]種類|[二三四五]種類|[2-9]大|[二三四五]大)"
_JA: Sequence[tuple[Kind, Sequence[str]]] = (
    ("contact", (r"電話[^。？?]{0,20}番号|メールアドレス|郵便番号|ファクス",)),
    (
        "duration",
        (
            r"何(?:年|日|週間|か月|カ月|ヶ月|ヵ月)(?:後|以内)|何(?:年間|か月|カ月|ヶ月|ヵ月|週間|日間|時間|分間|歳)",
            r"期間|(?:どれ|どの)くらい(?:の期間|続)|いつまで続",
        ),
    ),
    ("number", (r"(?:週に?|[月年日]に)(?:最大)?何(?:日|回|時間|度)",)),
    (
        "date",
        (r"いつ|何(?:年|月|日|世紀|時|曜日)|どの年|年月日|西暦", r"(?:日付|年号|時期)は|(?:年|日)は[？?]?$"),
    ),
    (
        "percentage",
        (
            r"何(?:%|パーセント|割)",
            r"(?:どれ|どの)(?:くらい|ぐらい|ほど|程度)の(?:割合|比率)|(?:割合|比率|率|シェア)(?:は|が|って)?(?:どれ|どの|何|いく|[？?]|$)",
        ),
    ),
    (
        "money",
        (
            r"いくら|何(?:億|万|兆|千)?(?:円|ドル|ユーロ|ポンド|元)",
            r"(?:金額|額|予算|費用|価格|値段|罰金)は?(?:どれ|どの|いく|何|[？?]|$)",
        ),
    ),
    (
        "number",
        (
            rf"何{_COUNTERS}|何分の",
            r"いくつ|どれ(?:くらい|ぐらい|ほど|だけ)|どの(?:くらい|ぐらい|程度)|(?:数|人口|面積|長さ|高さ|距離)は|どこまで",
        ),
    ),
    ("reason", (r"なぜ|何故|どうして|なんで|理由|(?:原因|目的|きっかけ|背景)は|何のため",)),
    ("person", (r"誰|だれ|どなた|何者", rf"{_JA_PERSONS}(?:は|の名前|って|[？?]|$)")),
    (
        "place",
        (
            r"どこ|何処|どの(?:国|地域|都市|県|州|町|場所|辺)|何(?:県|国|州|市|町|地方|区|島|湾|川)",
            r"(?:場所|所在地|首都|出身地)は|国は(?:どこ|どちら|[？?]|$)",
        ),
    ),
    (
        "list",
        (
            r"(?:挙げ|列挙|並べ)|何と何|どれとどれ|すべて|全て|何がある",
            rf"{_FEW}の?[^？?]*(?:は|を|って)",
            r"どのような(?:もの|種類|項目|方針|原則|政策|分野)|(?:一覧|内訳|種類|構成)は|どんな(?:もの|種類)が",
        ),
    ),
    (
        "definition",
        (
            r"とは(?:何|なに|なん|どの|どん|どう|[？?]|$)|って(?:何|なに|なん)|とは。?$",
            r"(?:意味|定義|略|正式名称)(?:は|を|って)|どういう(?:意味|もの|こと)|何を(?:指|意味|表)",
        ),
    ),
    ("manner", (r"どのように|どうやって|どんな方法|どう(?:し|な|や|違)|いかに",)),
    ("name", (r"何|なに|なん|どの|どんな|どれ|どちら|どう",)),
    (
        "yes_no",
        (r"(?:です|ます|でしょう|した|ません|のです|る|た|い)(?:か|よね|ね)[。？?]?$|(?:の|る|た)[？?]$",),
    ),
)
_PATTERNS: dict[Language, tuple[tuple[Kind, re.Pattern[str]], ...]] = {
    "en": tuple((kind, re.compile("|".join(patterns), re.IGNORECASE)) for kind, patterns in _EN),
    "ja": tuple((kind, re.compile("|".join(patterns))) for kind, patterns in _JA),
}


def question_language(text: str) -> Language:
    """Language of a question or sentence: Japanese when its characters outweigh a third of the Latin letters."""
    n_japanese = len(_JAPANESE.findall(text))
    return "ja" if n_japanese * 3 > len(_LATIN.findall(text)) else "en"


def question_kind(text: str) -> Kind:
    """Kind of answer that a question asks for; `other` when nothing tells."""
    folded = unicodedata.normalize("NFKC", text[:_READ_CHARS]).strip()
    for kind, pattern in _PATTERNS[question_language(text)]:
        if pattern.search(folded):
            return kind
    return "other"
