"""What an English or Japanese question states besides asking: clauses that documents may contradict."""

from __future__ import annotations

import re
from itertools import pairwise

from rag.text.analysis import analyse


def statements_of(question: str, language: str) -> list[str]:
    """Clauses of a question that state something rather than ask, of at least three content terms; in order.

    "After the council moved to Reims in 1950, who led it?" states "the council moved to Reims in 1950", and "Who opened
    the Lamp Fair that Reims hosted?" that Reims hosted it.
    """
    seam, asks = (_JA_SEAM, _JA_ASKS) if language == "ja" else (_EN_SEAM, _EN_ASKS)
    pieces = [piece.strip(" ,.?？。、") for piece in seam.split(_EN_LABEL.sub("", question))]
    found = []
    for before, piece in pairwise(["", *pieces]):
        stated = _whole_statement(_EN_OPENING.sub("", piece), before) if language == "en" else piece
        if stated and stated != question.strip(" ?？。") and not asks.search(stated) and not _JA_WHEN.search(stated):
            found.append(stated)
    if language == "en":
        found += [f"{match['name']} {match['clause']}" for match in _EN_RELATIVE.finditer(question)]
    no_claim = _JA_NO_CLAIM if language == "ja" else _EN_NO_CLAIM
    return [piece for piece in found if len(set(analyse(piece))) >= _LEAST_TERMS and not no_claim.search(piece)]


def _whole_statement(piece: str, before: str) -> str:
    """A piece of an English question with what it is said of ("the act, passed in 2023"); empty if it says nothing.

    A piece without a verb says nothing: "Among users of the lake, …", "…, a painter of lamps, …".
    """
    if not _EN_PARTICIPLE.match(piece):
        return piece if _EN_VERB.search(piece) else ""
    subject = _EN_SUBJECT.search(before)
    return f"{subject['subject'] or subject['name']} {piece}" if subject is not None else ""


# Terms of a clause that says something.
_LEAST_TERMS = 3
_EN_WH = r"(?:what|when|where|which|who|whom|whose|why|how)"
_EN_SEAM = re.compile(r"[.;:!?]\s+|,\s+|\s+[–—]\s+")
# "Investment in 2024: how much was it?" names a subject and states nothing.
_EN_LABEL = re.compile(
    r"^(?![^:]*\b(?:is|are|was|were|has|have|had|will|would|came|took|made|began|went|led|met|\w+ed)\b)[^:?.!]+:\s+"
)
_EN_OPENING = re.compile(
    r"^(?:and|but|so|if|after|before|since|while|because|given that|now that|as)\b\s*", re.IGNORECASE
)
_EN_ASKS = re.compile(
    rf"\b{_EN_WH}\b|^(?:and |but |so )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|name|"
    r"list|tell|give|explain|describe)\b",
    re.IGNORECASE,
)
# A form of a verb, as far as that can be seen: the past, a helping verb, or a present one before what it governs.
_EN_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|shall|should|must|may|might|does|do|did|\w{2,}ed|became|began|"
    r"bought|broke|brought|built|came|caught|chose|cut|drew|drove|fell|felt|fought|found|gave|got|grew|held|hit|kept|knew|"
    r"led|left|let|lost|made|meant|met|put|ran|rose|said|sat|saw|sent|set|shut|sold|spent|spoke|stood|taught|thought|told|"
    r"took|went|won|wrote)\b"
    r"|\w\s+(?:\w+ly\s+)?[a-z]{3,}s\s+(?:an?|the|its|his|her|their|this|that|at|on|in|for|to|with|from|by|no|[0-9])\b",
)
# What is said of the thing named right before it: ", adopted in 2023".
_EN_PARTICIPLE = re.compile(
    r"(?:(?:\w+ly|first)\s+)?(?:\w{2,}ed|\w{3,}ing|held|set|made|built|led|put|born|begun|written|taken|given|known|"
    r"chosen)\b"
)
_EN_SUBJECT = re.compile(
    r"(?:\b(?:the|its|their|this|that)\s+(?P<subject>(?:[\w&'’-]+\s+){0,5}[\w&'’-]+)"
    r"|(?P<name>\b[A-Z][\w&'’-]*(?:\s+[A-Z][\w&'’-]*){0,4}))$"
)
# What is said of something that has a name.
_EN_RELATIVE = re.compile(
    r"(?P<name>\b[A-Z][\w&'’-]*(?:\s+[A-Z][\w&'’-]*){1,4})(?:,\s+who|\s+that|\s+which)\s+(?P<clause>[^,;?]+)"
)
# The asker's own case, and a time that stands for what was said of it: documents contradict neither.
_EN_NO_CLAIM = re.compile(
    r"\b(?:I|I['’]m|I['’]ve|me|my|mine|we|we['’]re|our|us)\b|^(?:the|that|this)\s+(?:same\s+)?(?:day|week|month|year|time)\b"
)
_JA_NO_CLAIM = re.compile(
    r"私|わたし|僕|自分|うちの|当社|弊社|(?:父|母|妻|夫|息子|娘|祖父|祖母|両親)(?:は|が|も)"
    r"|(?:営んで|経営して|勤めて|働いて|住んで|通って|暮らして|考えて|悩んで|困って|探して|調べて)い?ます$|たいです$"
)
_JA_SEAM = re.compile(r"[、。！!；;]")
_JA_ASKS = re.compile(r"いつ|どこ|だれ|誰|なに|何|なぜ|どの|どう|どれ|どんな|いくら|いくつ|とは|[？?]|か$")
# When something is asked about: nothing is said of it yet.
_JA_WHEN = re.compile(r"(?:年度?|月|日|時点|当時|時代|頃|ころ|末|前|後|間)(?:で|に|には|では|までに|から|まで|の)?$")
