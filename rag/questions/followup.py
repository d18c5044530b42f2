"""A follow-up question and the conversation before it -> a question that can be searched on its own.

By rule, so that it works with no model: a follow-up that is short and opens like one, or that bears a pronoun, takes
what it refers to from the question before it. Anything else is left as asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.questions.conversation import Turn
from rag.questions.referents import (
    JA_PHRASE,
    JAPANESE,
    ORDINALS,
    SMALL_WORDS,
    WORD,
    is_in_a_land,
    last_person,
    named_by_reply,
    names_of,
    subject,
    told_of,
    without_yes,
)

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
    r"\b(it|its|this(?: one)?|that(?: one)?|these|those|they|them|their|the (?:former|latter|same|other)(?: one)?)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )\bthere\b(?!\s+(?:is|are|was|were|be|any|has|have|will)\b)",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
# "that" and "this" before a noun or after a verb of saying point to nothing outside the sentence.
_NOT_A_REFERENCE = re.compile(
    r"\b(?:say|says|said|mean|means|state|states|claim|claims|show|shows|know|believe|think|so|now|such|is it true)"
    r"\s+that\b"
    r"|\bit\s+(?:is|was)\s+(?:true|possible|clear|likely)\b|\bthis\s+(?:year|month|week|decade|century)\b"
    # "Until when could people send in their views on it?"
    r"|\b(?:people|persons|those|firms|companies|members|users|readers|children|[a-z]{3,}(?<!s)s)\b(?:\s+\w+){0,4}?\s+"
    r"(?:their|them|they)\b"
    r"|\bwhat (?:time|day) is it\b|\b(?:those|people|persons|companies|the \w+)\s+(?:who|that|which)\b",
    re.IGNORECASE,
)
_JA_THING = re.compile(
    r"それ(?!ぞれ)ら?|これ(?!まで|から)ら?|あれ|同(?:法|計画|本部|機関|社)|その|(?<!ど)この|そこ|(?<!ど)ここ|上記|前者|後者"
)
_JA_PERSON = re.compile(r"彼女|彼(?!ら)|[そこあ]の(?:人|方)(?![々法向面針])|同氏")
_JA_LEAD_IN = re.compile(r"^(?:では|じゃあ|それでは|ちなみに|そして|また|なら)[、,]?\s*")
_JA_OPENS = re.compile(
    r"(?:では|じゃあ|それでは|ちなみに|なら|なぜ|いつ|どこ|だれ|誰|どう|どの|何(?:人|円|年|条|が|を|の)|いくら|ほかに|他に)"
)
# 「政令市だとどう？」「大阪は？」, but not 「大阪の市長は？」, which says what it asks.
_JA_WHAT_ABOUT = re.compile(
    r"(?:[^、。？?]{1,20}(?:(?:だと|なら|では|の場合は?)(?:どう|いかが)(?:です|でしょう|なの?|だった?)?か?|の場合は)"
    r"|[^、。？?の]{1,12}(?<![にでと])は(?:どう|いかが)?(?:です|でしょう)?か?)[？?。]*$"
)
# A word that tells what is asked about: 「最初の一年にはいくら出ますか」 has none.
_JA_SPECIFIC = re.compile(r"[\u30a1-\u30fa\u30fc]{3,}|[\u3400-\u9fff々]{3,}|[A-Za-zＡ-Ｚ]{2,}|「")
# A clause that names something, and its end.
_NAMED_BEFORE = re.compile(
    r"(?<!^)\b[A-Z][\w'’-]*[^,;:?]*(?:[,;:?]|\.\s|\s(?:and|but|or)\s+(?:what|which|who|when|where|why|how)\b)"
)
_JA_NAMED_BEFORE = re.compile(r"[\u30a0-\u30ff\u3400-\u9fffA-Za-z]{2,}(?:は|が|を)[^、。？?]*[、。？?]")
_JA_ORDINAL = re.compile(r"第[ⅠⅡⅢIVX一二三四五\d１-９]+(?:期|回|条|章|版)?|最初|初回|一つ目|二つ目|三つ目|[一二三]番目")
_THAT_NOUN = re.compile(r"\b(?:that|this|those|these)\s+(?P<noun>(?!one\b)[a-z]{3,})\b", re.IGNORECASE)
# 「その計画」 is the plan that was named.
_JA_THAT = re.compile(r"(?:その|この|同)(?P<noun>[\u30a0-\u30ff\u3400-\u9fff]{2,8}?)(?=[はがをのにでと、？?。]|$)")
_JA_SINCE = re.compile(r"それ(?:から|以来|以降|まで|より)|その(?:後|前|とき|時|際|間)|(?<![\u3400-\u9fff])当時")
_JA_BARE = re.compile(r"(?:なぜ|どうして|いつ|誰|どこ|いくら)(?:です)?か?[。？?]*$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)(?:年度?)?")


def is_follow_up(question: str) -> bool:
    """Whether a question seems to lean on the one before it: it is short and elliptic, or it bears a pronoun."""
    text = question.strip()
    if JAPANESE.search(text):
        if _JA_SINCE.search(text):
            return True
        short = len(text) <= _MAX_ELLIPSIS_CHARS_JA
        opens = (
            _JA_WHAT_ABOUT.match(text)
            or _JA_OPENS.match(text)
            or _JA_LEAD_IN.match(text)
            or not _JA_SPECIFIC.search(text)
        )
        return _refers(text) or (short and bool(opens))
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
    japanese = bool(JAPANESE.search(question))
    lead_in = _JA_LEAD_IN if japanese else _LEAD_IN
    match = lead_in.match(question)
    rest = question[match.end() :].strip() if match else question
    swapped = _swap_ordinal(before, rest)
    if swapped is not None:
        return swapped
    person = last_person(reply) if _reference(question, _JA_PERSON if japanese else _PERSON) else None
    if person is not None:
        return (_JA_PERSON if japanese else _PERSON).sub(person, question, count=1)
    if japanese and _JA_SINCE.search(question):  # points to what happened, not to a thing
        return f"{before} {rest or question}".strip()
    pointed = _with_thing(question, before, reply) if japanese else _with_place_or_thing(question, before, reply)
    if pointed is not None:
        return pointed
    focus = named_by_reply(before, reply) or subject(before)
    if focus:
        pronoun = _reference(question, _JA_THING if japanese else _THING)
        if pronoun is not None:
            return question[: pronoun.start()] + _inflect(pronoun.group(), focus) + question[pronoun.end() :]
        if japanese and not _JA_SPECIFIC.search(rest) and _JA_SPECIFIC.search(focus) and not _JA_BARE.match(rest):
            return f"{focus}の{rest}"
    # Nothing to put in its place: search for both, the earlier question first.
    return f"{before} {rest or question}".strip()


def _with_thing(question: str, before: str, reply: str) -> str | None:
    """A Japanese question with 「その計画」 put as the plan that was named; `None` where there is nothing to put."""
    that = _JA_THAT.search(question)
    if that is None:
        return None
    phrases: Iterator[str] = (phrase for text in (before, reply) for phrase in JA_PHRASE.findall(text))
    named = next((phrase for phrase in phrases if phrase.endswith(that["noun"]) and phrase != that["noun"]), None)
    return None if named is None else question[: that.start()] + named + question[that.end() :]


def _with_place_or_thing(question: str, before: str, reply: str) -> str | None:
    """An English question with what "there" or "that text" stands for; `None` where there is nothing to put."""
    there = _reference(question, _THERE)
    if there is not None:
        named = (named_by_reply(before, reply), *names_of(without_yes(reply)), *names_of(before))
        names = [re.split(r"['’]s\b", name)[0] for name in named]
        place = next(filter(is_in_a_land, names), names[0] if names else "")
        return f"{question[: there.start()]}in {place}{question[there.end() :]}" if place else None
    that = _THAT_NOUN.search(_masked(question))
    told = "" if that is None else told_of(that["noun"], before, reply)
    return question[: that.start()] + told + question[that.end() :] if that is not None and told else None


def _refers(text: str) -> bool:
    pronouns = (_JA_THING, _JA_PERSON) if JAPANESE.search(text) else (_THING, _PERSON, _THERE)
    return any(_reference(text, pronoun) for pronoun in pronouns)


def _reference(text: str, pronouns: re.Pattern[str]) -> re.Match[str] | None:
    """The first pronoun, if it points out of the question: an earlier clause may name what it stands for.

    That of "When was the Act passed, and what are its aims?" stands for the Act.
    """
    named_before = _JA_NAMED_BEFORE if JAPANESE.search(text) else _NAMED_BEFORE
    found = pronouns.search(_masked(text))
    return None if found is None or named_before.search(text, 0, found.start()) else found


def _masked(text: str) -> str:
    """The text with expressions that only look like a reference blanked out, at equal length."""
    return _NOT_A_REFERENCE.sub(lambda match: "\0" * len(match.group()), text)


def _inflect(pronoun: str, focus: str) -> str:
    if JAPANESE.search(pronoun):
        noun = pronoun.removeprefix("同") if pronoun.startswith("同") else ""
        if noun:
            return focus
        return focus + ("の" if pronoun in ("その", "この") else "")
    return f"{focus}'s" if pronoun.lower() in ("its", "their") else focus


def _swap_ordinal(before: str, rest: str) -> str | None:
    """`before` with its ordinal or year replaced by the one that `rest` names, when `rest` names little else.

    "When was the first plan adopted?" + "the second one?" -> "When was the second plan adopted?"
    """
    words = [word.lower() for word in WORD.findall(rest)]
    content = [word for word in words if word not in SMALL_WORDS and word not in ("one", "ones", "edition", "version")]
    for family in ORDINALS:
        new = [word for word in content if word in family]
        old = next((word for word in WORD.findall(before) if word.lower() in family), None)
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
