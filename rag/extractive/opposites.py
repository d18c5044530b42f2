"""Words that say the opposite of each other: adopted and rejected, rise and fall, 促進 and 禁止."""

from __future__ import annotations

import re


def opposite_words(question: str, sentence: str) -> tuple[str, str] | None:
    """A word of the question and one of the sentence that are opposites, where neither has both; `None` without any."""
    asked, said = question.casefold(), sentence.casefold()
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            a, b = mine.search(asked), theirs.search(said)
            if a and b and not mine.search(said) and not theirs.search(asked):
                return a.group(), b.group()
    return None


_OPPOSITES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(rf"(?<![a-z])(?:{one})[a-z]*|{one_ja}"), re.compile(rf"(?<![a-z])(?:{other})[a-z]*|{other_ja}"))
    for one, one_ja, other, other_ja in (
        (
            "adopt|pass|approv|enact|accept",
            "成立|採択|可決|決定",
            "reject|abolish|repeal|withdr[ae]w|cancel|abandon|scrap|veto|revok",
            "廃止|撤回|否決|取り消",
        ),
        (
            "voluntary|light[- ]touch|soft law",
            "非拘束|自主",
            "mandatory|compulsory|obligatory|binding|strict|heavy[- ]handed",
            "義務付|強制|厳格",
        ),
        (
            "increas|rise|rose|rais|grow|grew|expand|doubl|climb|soar",
            "増|上昇",
            "decreas|reduc|fall|fell|declin|shrink|shrank|halv|drop|slip|plung|sink|sank",
            "減|下落|低下",
        ),
        ("allow|permit|encourag|promot", "促進|推進|許可", "ban|forbid|prohibit|outlaw|discourag", "禁止"),
        (
            "brought forward|bring forward|moved up|hasten",
            "前倒し|早ま|早め|繰り上げ",
            "delay|postpon|put off|defer|pushed back",
            "延期|先送り|遅ら|後ろ倒し|繰り下げ|延ば|延び",
        ),
        (
            "vot(?:e|ed|ing) (?:for|in favou?r|together with)",
            "賛成",
            "vot(?:e|ed|ing) (?:down|against)",
            "反対",
        ),
        ("lag|behind|trail", "遅れ", "ahead|lead", "先頭|首位|リード"),
        (
            "creat|establish|set up|found|launch|start",
            "設置|設立|発足",
            "dissolv|abolish|clos|disband|shut",
            "廃止|解散",
        ),
    )
)
