"""A follow-up question and the conversation before it -> a question that can be searched on its own.

By rule, so that it works with no model: a follow-up that is short and opens like one, or that bears a pronoun, takes
what it refers to from the question before it. Anything else is left as asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.questions.conversation import Turn

_MAX_ELLIPSIS_WORDS = 9
_MAX_ELLIPSIS_CHARS_JA = 24

_BARE = re.compile(
    r"(and |but |so )?(why|when|where|who|how|how much|how many|since when|by whom|what else|who else|why not|really"
    r"|are you sure|more|tell me more|go on|for example|in what way|how so)\s*[?.!]*$",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(and|but|so|then|also|or|ok|okay)?[\s,]*(what about|how about|what of|and what about|and)?[\s,]*", re.IGNORECASE
)
_THING = re.compile(
    r"\b(it|its|this|that|these|those|they|them|their|the (?:former|latter|same|other)(?: one)?)\b", re.IGNORECASE
)
_PERSON = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
# "that" and "this" before a noun or after a verb of saying point to nothing outside the sentence.
_NOT_A_REFERENCE = re.compile(
    r"\b(?:say|says|said|mean|means|state|states|claim|claims|show|shows|know|believe|think|so|now|such|is it true)"
    r"\s+that\b"
    r"|\bit\s+(?:is|was)\s+(?:true|possible|clear|likely)\b|\bthis\s+(?:year|month|week|decade|century)\b"
    r"|\bwhat (?:time|day) is it\b|\b(?:those|people|persons|companies|the \w+)\s+(?:who|that|which)\b",
    re.IGNORECASE,
)
_JA = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_JA_THING = re.compile(r"それら?|これら?|あれ|同(?:法|計画|本部|機関|社|氏)|その|この|そこ|上記|前者|後者")
_JA_PERSON = re.compile(r"彼女|彼|その人|この人")
_JA_LEAD_IN = re.compile(r"^(?:では|じゃあ|それでは|ちなみに|そして|また|なら)[、,]?\s*")
_JA_OPENS = re.compile(
    r"(?:では|じゃあ|それでは|ちなみに|なら|なぜ|いつ|どこ|だれ|誰|どう|どの|何(?:人|円|年|条|が|を|の)|いくら|ほかに|他に)"
)
# A clause that names something, and its end.
_NAMED_BEFORE = re.compile(
    r"(?<!^)\b[A-Z][\w'’-]*[^,;:?]*(?:[,;:?]|\.\s|\s(?:and|but|or)\s+(?:what|which|who|when|where|why|how)\b)"
)
_JA_NAMED_BEFORE = re.compile(r"[\u30a0-\u30ff\u3400-\u9fffA-Za-z]{2,}(?:は|が|を)[^、。？?]*[、。？?]")
_QUESTION_WORDS = frozenset(
    "what which who whom whose when where why how is are was were do does did has have had can could will would shall "
    "should may might must please tell me about explain describe list name give".split()
)
_SMALL_WORDS = frozenset(
    "a an the of in on at by for to from with and or as under into over between among its their this that these those "
    "it they he she there here many much long often exactly all any some both".split()
)
_VERBISH = re.compile(r"^[a-z]+(?:ed|ing)$")
_WORD = re.compile(r"[^\W_][\w'’.-]*", re.UNICODE)
_ORDINALS = (
    ("first", "second", "third", "fourth", "fifth", "1st", "2nd", "3rd", "original", "current", "previous", "latest"),
)
_JA_ORDINAL = re.compile(r"第[ⅠⅡⅢIVX一二三四五\d１-９]+(?:期|回|条|章|版)?|最初|初回|一つ目|二つ目|三つ目|[一二三]番目")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)(?:年度?)?")


def is_follow_up(question: str) -> bool:
    """Whether a question seems to lean on the one before it: it is short and elliptic, or it bears a pronoun."""
    text = question.strip()
    if _JA.search(text):
        short = len(text) <= _MAX_ELLIPSIS_CHARS_JA
        return _refers(text) or (short and bool(_JA_OPENS.match(text) or _JA_LEAD_IN.match(text)))
    n_words = len(text.split())
    if _BARE.match(text):
        return True
    if _refers(text):
        return True
    lead = _LEAD_IN.match(text)
    return n_words <= _MAX_ELLIPSIS_WORDS and bool(lead and lead.end() > 0)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it refers to put in, or the question as asked when it stands on its own.

    Args:
        question: What was asked.
        history: The turns before it, oldest first.
    """
    asked = [turn.text.strip() for turn in history if turn.role == "user" and turn.text.strip()]
    if not asked or not is_follow_up(question):
        return question
    before = _resolved(asked)
    replies = [turn.text for turn in history if turn.role == "assistant"]
    return _join(question.strip(), before, replies[-1] if replies else "")


def _resolved(asked: Sequence[str]) -> str:
    """The last question before this one, itself made to stand alone (bounded: a chain of three)."""
    before = ""
    for text in asked[-3:]:
        before = _join(text, before, "") if before and is_follow_up(text) else text
    return before


def _join(question: str, before: str, reply: str) -> str:
    japanese = bool(_JA.search(question))
    lead_in = _JA_LEAD_IN if japanese else _LEAD_IN
    match = lead_in.match(question)
    rest = question[match.end() :].strip() if match else question
    swapped = _swap_ordinal(before, rest)
    if swapped is not None:
        return swapped
    person = _last_name(reply) if _reference(question, _JA_PERSON if japanese else _PERSON) else None
    if person is not None:
        return (_JA_PERSON if japanese else _PERSON).sub(person, question, count=1)
    focus = subject(before)
    if focus:
        pronoun = _reference(question, _JA_THING if japanese else _THING)
        if pronoun is not None:
            return question[: pronoun.start()] + _inflect(pronoun.group(), focus) + question[pronoun.end() :]
    # Nothing to put in its place: search for both, the earlier question first.
    return f"{before} {rest or question}".strip()


def _refers(text: str) -> bool:
    pronouns = (_JA_THING, _JA_PERSON) if _JA.search(text) else (_THING, _PERSON)
    return any(_reference(text, pronoun) for pronoun in pronouns)


def _reference(text: str, pronouns: re.Pattern[str]) -> re.Match[str] | None:
    """The first pronoun, if it points out of the question: an earlier clause may name what it stands for.

    That of "When was the Act passed, and what are its aims?" stands for the Act.
    """
    named_before = _JA_NAMED_BEFORE if _JA.search(text) else _NAMED_BEFORE
    found = pronouns.search(_masked(text))
    return None if found is None or named_before.search(text, 0, found.start()) else found


def _masked(text: str) -> str:
    """The text with expressions that only look like a reference blanked out, at equal length."""
    return _NOT_A_REFERENCE.sub(lambda match: "\0" * len(match.group()), text)


def _inflect(pronoun: str, focus: str) -> str:
    if _JA.search(pronoun):
        noun = pronoun.removeprefix("同") if pronoun.startswith("同") else ""
        if noun:
            return focus
        return focus + ("の" if pronoun in ("その", "この") else "")
    return f"{focus}'s" if pronoun.lower() in ("its", "their") else focus


def _swap_ordinal(before: str, rest: str) -> str | None:
    """`before` with its ordinal or year replaced by the one that `rest` names, when `rest` names little else.

    "When was the first plan adopted?" + "the second one?" -> "When was the second plan adopted?"
    """
    words = [word.lower() for word in _WORD.findall(rest)]
    content = [word for word in words if word not in _SMALL_WORDS and word not in ("one", "ones", "edition", "version")]
    for family in _ORDINALS:
        new = [word for word in content if word in family]
        old = next((word for word in _WORD.findall(before) if word.lower() in family), None)
        nouns = [word for word in content if word not in family and word not in before.lower()]
        if new and old and not nouns:
            return re.sub(rf"\b{re.escape(old)}\b", new[0], before, count=1)
    for pattern, spare in ((_JA_ORDINAL, 10), (_YEAR, 8)):
        new_match, old_match = pattern.search(rest), pattern.search(before)
        if (
            new_match
            and old_match
            and new_match.group() != old_match.group()
            and len(rest) <= len(new_match[0]) + spare
        ):
            return before[: old_match.start()] + new_match.group() + before[old_match.end() :]
    return None


def subject(question: str) -> str:
    """What a question is about, as a phrase: the longest run of names, else of content words; empty if none."""
    if _JA.search(question):
        runs = re.findall(
            r"[\u30a0-\u30ff\u3400-\u9fffA-Za-zＡ-Ｚ0-9０-９ⅠⅡⅢ々]+(?:の[\u30a0-\u30ff\u3400-\u9fff]+)?", question
        )
        runs = [run for run in runs if not re.fullmatch(r"[何誰日年月時人]+|\d+年?", run)]
        return max(runs, key=len, default="")
    names = names_of(question)
    if names:
        return max(names, key=len)
    content = _runs(
        _tokens(question),
        lambda word, _: (
            word.lower() not in _QUESTION_WORDS and word.lower() not in _SMALL_WORDS and not _VERBISH.match(word)
        ),
    )
    return _with_article(question, max(content, key=len)) if content else ""


def names_of(text: str) -> list[str]:
    """The runs of capitalised words of an English text, with article and ordinal, in order."""
    return [_with_article(text, run) for run in _runs(_tokens(text), _is_name)]


def _tokens(text: str) -> list[tuple[str, int]]:
    return [(match.group(), match.start()) for match in _WORD.finditer(text)]


def _with_article(question: str, name: str) -> str:
    """The name with the article and the ordinal in front of it: "the first AI Basic Plan"."""
    before = re.search(rf"\b((?:the )?(?:{'|'.join(_ORDINALS[0])}) |the ){re.escape(name)}", question, re.IGNORECASE)
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


def _last_name(reply: str) -> str | None:
    """The last person-like name of a reply: two or three capitalised words, or a Japanese name with its title."""
    japanese = re.findall(r"([\u3400-\u9fff]{2,6})(?:氏|首相|大臣|総理|教授|長官)", reply)
    latin = re.findall(r"\b([A-Z][a-z]+ (?:[A-Z][a-z]+ )?[A-Z][a-z]+)\b", reply)
    if japanese:
        return str(japanese[-1])
    titled = re.findall(
        r"(?:Minister|President|Chair|Director|Secretary|Professor|Mr|Ms|Mrs|Dr)\.? ([A-Z][a-z]+ [A-Z][a-z]+)", reply
    )
    if titled:
        return str(titled[-1])
    return str(latin[-1]) if latin else None
