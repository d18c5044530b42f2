"""What an answer cannot do without, and nothing found has: the thing of that number, the name, a person.

The confidence weighs words against each other. Some cannot be made up for: what is said of the third meeting answers no
question about the fourth, however alike the rest is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rag.extractive.asked_forms import is_formless
from rag.extractive.named_persons import asks_for_holder, names_somebody_else
from rag.extractive.named_things import missing_name
from rag.extractive.numbered import missing_figure
from rag.questions.kinds import Kind
from rag.questions.reading import Question
from rag.text.analysis import analyse
from rag.vocabulary.thesaurus import thesaurus

if TYPE_CHECKING:
    from rag.extractive.asked import Named
    from rag.extractive.evidence import Evidence
    from rag.extractive.sentence_features import TermWeights

# Sentences that are read: as many as are shown.
_N_READ = 4
# Of which one must hold what is asked for by its form.
_N_FORMED = 2


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing: a thing of some number, a name, the holder of an office, or what is asked of something.

    `asked` is the question's words for it.
    """

    kind: Literal["number", "name", "holder", "attribute"]
    asked: str


def lack_of(question: Question, weights: TermWeights, best: Sequence[Evidence], named: Named) -> Lack | None:
    """What the question cannot be answered without and none of the first sentences has, with what stands around it.

    That is each thing that the question names by its number (the fourth meeting, Article 14, version 1.2), each name,
    somebody's name where the holder of an office is asked for, and the thing asked for where it is more than the
    form of the question (選挙区 in 「選挙区はどこ」) or a figure of it is wanted ("What is the salary …?").

    Args:
        question: The question.
        weights: Weights of its terms.
        best: Evidence, best first, at least one.
        named: How far the first of it names what is asked for.
    """
    read = best[:_N_READ]
    sentences = [f"{one.headings}\n{one.lead}\n{one.text}" for one in read]
    figure = missing_figure(question, weights, sentences)
    if figure is not None:
        return Lack("number", figure)
    name = missing_name(question, weights, read)
    if name is not None:
        return Lack("name", name)
    if _names_no_holder(question, sentences):
        return Lack("holder", question.text)
    if is_formless(question.text, [f"{one.lead}\n{one.text}" for one in read[:_N_FORMED]]):
        return Lack("attribute", question.text)
    if question.kind in _MEASURES and question.head:
        says_noun = named.head >= _NOUN_NEARLY_SAID or _says_one(question.head[-1:], question, sentences)
        if not (says_noun and _says_one(question.head, question, sentences)):
            return Lack("attribute", question.text)
    said_from = _HEAD_SAID_FROM if question.kind in _OF_SOMETHING else _HARDLY_SAID
    is_unsaid = named.is_attribute and named.head <= said_from and question.kind in (*_OF_SOMETHING, "other")
    return Lack("attribute", question.text) if is_unsaid else None


# How far the thing asked for has to be said, in [0, 1], and by which kinds of question: some 1 % of those of JSQuAD are
# answered by a passage that does not say it.
_HEAD_SAID_FROM = 0.5
_HARDLY_SAID = 0.45  # 「天気は？」 has no more form than that
_OF_SOMETHING: Final = frozenset[Kind](("person", "place", "date", "number", "money", "percentage", "duration"))
# How near in meaning the first sentence must come to a noun that none has, such as "visas" of "extra work visas".
_NOUN_NEARLY_SAID = 0.9
# By which kinds of English question the thing measured or counted has to be said, in whatever words: of questions
# written for this on the open articles, 2 of 29 answerable ones and 21 of 73 others are met without it.
_MEASURES: Final = frozenset[Kind](("number", "money", "percentage", "duration"))


def _says_one(nouns: Sequence[str], question: Question, sentences: Sequence[str]) -> bool:
    """Whether a sentence has one of some terms of an English question, or says it in another word."""
    wordings = [
        other
        for one in thesaurus().expansions(question.text, wordings=True)
        if set(nouns) & set(one.terms)
        for other in one.others
    ]
    for sentence in sentences:
        held = set(analyse(sentence))
        if held.intersection(nouns) or any(held.issuperset(other) for other in wordings):
            return True
    return False


def _names_no_holder(question: Question, found: Sequence[str]) -> bool:
    """Whether the holder of an office is asked for, and no text names a person whom the question does not."""
    if not asks_for_holder(question):
        return False
    return not any(names_somebody_else(question.text, text) for text in found)
