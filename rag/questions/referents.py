"""What a question or a reply names, in either language: what the next question's "it", "she" or "there" stands for."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence

from rag.text.persons import NO_PERSON
from rag.text.sentences import sentence_spans
from rag.vocabulary.lands import is_land

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# Words held together by の and な: 「前の画像の問題」.
_JA_WORD = r"[\u30a0-\u30ff\u3400-\u9fffA-Za-zＡ-Ｚ0-9０-９ⅠⅡⅢ々]+"
JA_PHRASE = re.compile(rf"{_JA_WORD}(?:[のな](?!か)(?=[\u30a0-\u9fffA-Za-z]){_JA_WORD})*")
_QUESTION_WORDS = frozenset(
    "what which who whom whose when where why how is are was were do does did has have had can could will would shall "
    "should may might must please tell me about explain describe list name give".split()
)
SMALL_WORDS = frozenset(
    "a an the of in on at by for to from with and or as under into over between among its their this that these those "
    "it they he she there here many much long often exactly all any some both".split()
)
_VERBISH = re.compile(r"^[a-z]+(?:ed|ing)$")
WORD = re.compile(r"[^\W_][\w'’.-]*", re.UNICODE)
ORDINALS = (
    ("first", "second", "third", "fourth", "fifth", "1st", "2nd", "3rd", "original", "current", "previous", "latest"),
)


def named_by_reply(before: str, reply: str) -> str:
    """What a reply names that was asked for ("Who tests models?" "The Safety Office tests them."); empty if nothing.

    Of a question that names what it asks about ("What is Gennai?", "When did the council meet?") it is nothing: the
    next question is on the same.
    """
    if JAPANESE.search(before):
        if not _JA_ASKS_NAME.search(before):
            return ""
        runs = [run for run in _JA_NAME.findall(reply) if run not in before and not _JA_DATE.search(run)]
        is_it = _JA_IS.search(reply)
        return is_it["what"] if is_it is not None and is_it["what"] in runs else next(iter(runs), "")
    asked, said = before.strip(), _first_sentence(reply)
    known = set(_folded_words(before))
    thing = _ASKS_THING.match(asked)
    if thing is not None:
        done = re.search(rf"\b{thing['verb'].lower().removesuffix('e')}\w*", said, re.IGNORECASE)
        phrases = [] if done is None else [m.group().strip() for m in _PHRASE.finditer(said, done.end())]
        return next((phrase for phrase in phrases if not known.issuperset(_folded_words(phrase))), "")
    says_how = _SAYS_HOW.match(said)
    if says_how is not None:
        return next(iter(names_of(says_how["how"])), "")
    if not _ASKS_NAME.match(asked) or _ASKS_ABOUT.match(asked):
        return ""
    names = [re.sub(r"^The ", "the ", name.strip(".")) for name in names_of(said)]
    new = [n for n in names if not _OF_DATES & set(_folded_words(n)) and not known.issuperset(_folded_words(n))]
    return next((name for name in new if known & set(_folded_words(name))), new[0] if new else "")


def told_of(noun: str, before: str, reply: str) -> str:
    """What "that text" is: a phrase of the conversation that says so, or what the reply says that something is."""
    said = _first_sentence(reply)
    for text in (before, said):
        for phrase in (*names_of(text), *(m.group().strip() for m in _PHRASE.finditer(text))):
            if phrase.casefold().split()[-1] == noun.casefold() and len(phrase.split()) > 1:
                return phrase
    is_it = _IS.search(said)
    what = None if is_it is None else _PHRASE.match(said, is_it.end())
    return "" if what is None else what.group().strip()


def _folded_words(text: str) -> list[str]:
    return [word for word in map(str.casefold, WORD.findall(text)) if word not in SMALL_WORDS]


def _first_sentence(reply: str) -> str:
    spans = sentence_spans(reply, 0, len(reply))
    return _MARK.sub("", reply[spans[0].start : spans[0].end]) if spans else ""


def without_yes(reply: str) -> str:
    """A reply without the yes or no that it begins with."""
    return re.sub(r"^\W*(?:yes|no)\b[.,!]\s*", "", reply, flags=re.IGNORECASE)


# "Which body tests models?", "Who runs it?": a name is asked for. "What is Gennai?" names what it is about.
_ASKS_NAME = re.compile(r"(?:and |so |but )?(?:who|whom|which|what)\b", re.IGNORECASE)
_ASKS_ABOUT = re.compile(
    r"(?:and |so |but )?(?:(?:who|what)(?:['’]s|\s+(?:is|are|was|were))\s+(?-i:(?:the\s+|an?\s+)?(?:\w+\s+){0,2}[A-Z])"
    r"|(?:what|which)\s+(?:share|percentage|percent|year|day|date|month|time|number|amount|sum)\b"
    r"|what\s+(?:do|does|did|will|would|can|could|should)\b)",
    re.IGNORECASE,
)
# "What did the council adopt?"
_ASKS_THING = re.compile(
    r"(?:and |so |but )?what\s+(?:did|has|have)\s.+?\b(?P<verb>adopt|decide|publish|release|launch|pass|approve|"
    r"propose|announce|present|issue|found|set up|create|build|develop|draft|submit|introduce)",
    re.IGNORECASE,
)
# "Yes, through GENIAC, a programme …"
_SAYS_HOW = re.compile(r"(?:yes|no)\b,?\s+(?P<how>(?:through|by|with|via|under|in|as)\s+[^,.;]+)", re.IGNORECASE)
_IS = re.compile(r"\b(?:is|are|was|were)\s+")
# A phrase behind an article: "the guideline on fish".
_PHRASE = re.compile(
    r"\b(?:the|an?|its|their)\s+(?:[\w'’-]+\s+){0,4}?[\w'’-]+(?:\s+(?:on|of|for|to)\s+(?:the\s+)?[\w'’-]+){0,2}"
    r"(?=[.,;]|\s+(?:at|in|on|by|from|with|to|and|which|that|under)\b|$)"
)
_MARK = re.compile(r"\s*\[\d+\]")
_OF_DATES = frozenset(word.casefold() for word in (*calendar.month_name, *calendar.day_name) if word)
_JA_ASKS_NAME = re.compile(
    r"誰|だれ|どなた|どこが|どこです|どこの|どの(?:機関|組織|省|会社|企業|国|団体|法|役所|部署)|何という|なんという|どれです|何が"
    r"|(?<![\u30a1-\u30fc])[\u3400-\u9fff]{2,}は何(?:です|でし)"
)
_JA_NAME = re.compile(r"[\u30a0-\u30ff\u3400-\u9fffA-Za-zＡ-Ｚ々・]{2,}(?:の[\u30a0-\u30ff\u3400-\u9fff]{2,})?")
# What stands last is what it is: 「5月に町で開かれた海の会議です。」
_JA_IS = re.compile(rf"(?<!という)(?P<what>{_JA_NAME.pattern})(?:です|でした|である)(?=。|$)")
_JA_DATE = re.compile(r"[0-9０-９]|^[年月日時]")


def subject(question: str) -> str:
    """What a question is about, as a phrase: the longest run of names, else of content words; empty if none."""
    if JAPANESE.search(question):
        runs = JA_PHRASE.findall(question)
        runs = [run for run in runs if not re.fullmatch(r"[何誰日年月時人]+|\d+年?", run)]
        return max(runs, key=len, default="")
    names = names_of(question)
    if names:
        return max(names, key=len)
    content = _runs(
        _tokens(question),
        lambda word, _: (
            word.lower() not in _QUESTION_WORDS and word.lower() not in SMALL_WORDS and not _VERBISH.match(word)
        ),
    )
    if not content:
        return ""
    phrase = max(content, key=len)
    with_verb = re.search(rf"\b(?:do|does|did)\s+(?:the|an?)\s+{re.escape(phrase)}\b", question, re.IGNORECASE)
    if with_verb is not None and " " in phrase:  # "When did the council meet?"
        phrase = phrase.rpartition(" ")[0]
    return _with_article(question, phrase)


def names_of(text: str) -> list[str]:
    """The runs of capitalised words of an English text, with article and ordinal, in order."""
    return [_with_article(text, run) for run in _runs(_tokens(text), _is_name)]


def _tokens(text: str) -> list[tuple[str, int]]:
    return [(match.group(), match.start()) for match in WORD.finditer(text)]


def _with_article(question: str, name: str) -> str:
    """The name with the article and the ordinal in front of it: "the first AI Basic Plan"."""
    before = re.search(rf"\b((?:the )?(?:{'|'.join(ORDINALS[0])}) |the ){re.escape(name)}", question, re.IGNORECASE)
    return f"{before.group(1).lower()}{name}" if before else name


def _is_name(word: str, start: int) -> bool:
    return word[0].isupper() and (start > 0 or word.lower() not in _QUESTION_WORDS)


def _runs(tokens: Sequence[tuple[str, int]], keep: Callable[[str, int], bool]) -> list[str]:
    """Maximal runs of neighbouring kept words; small words inside a run of names ("Ministry of Defense") are kept."""
    runs: list[list[str]] = [[]]
    pending: list[str] = []
    for word, start in tokens:
        if keep(word, start):
            runs[-1] += [*pending, word]
            pending = []
        elif runs[-1] and word.lower() in ("of", "for", "on") and not pending:
            pending = [word]
        else:
            pending = []
            if runs[-1]:
                runs.append([])
    return [" ".join(run).removesuffix("'s").removesuffix("’s") for run in runs if run]


def last_person(reply: str) -> str | None:
    """The last person-like name of a reply: two or three capitalised words, or a Japanese name with its title."""
    japanese = re.findall(r"([\u3400-\u9fff]{2,6})(?:氏|首相|大臣|総理|教授|長官)", reply)
    runs = re.findall(r"\b([A-Z][a-z]+ (?:[A-Z][a-z]+ )?[A-Z][a-z]+)\b", reply)
    latin = [run for run in runs if not NO_PERSON.search(run)]
    if japanese:
        return str(japanese[-1])
    titled = re.findall(
        r"(?:Minister|President|Chair|Director|Secretary|Professor|Mr|Ms|Mrs|Dr)\.? ([A-Z][a-z]+ [A-Z][a-z]+)", reply
    )
    if titled:
        return str(titled[-1])
    return str(latin[-1]) if latin else None


def is_in_a_land(name: str) -> bool:
    return any(is_land(word.removesuffix("'s")) for word in WORD.findall(name))
