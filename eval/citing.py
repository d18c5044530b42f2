"""An answer's sentences and their quotes -> citation recall and precision, by ALCE's definitions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.answer import Answer, Citation
from rag.checking.citations import Claim, bare_words, claims, unsupported_in
from rag.checking.marks import without_marks
from rag.figures.reading import figures
from rag.text.analysis import content_terms
from rag.text.language import language_of
from rag.text.markup import plain

# Share of a sentence's content words that must stand in its quotes where it is not quoted word for word.
_MIN_COVERAGE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationScores:
    """Both in [0, 1], 0 for an answer without any citation.

    Attributes:
        recall: Share of the sentences that their quotes, taken together, support.
        precision: Share of the sentences' citations that are needed or support their sentence alone.
    """

    recall: float = 0.0
    precision: float = 0.0


def citation_scores(answer: Answer, flawed: Collection[int] = ()) -> CitationScores:
    """Citation recall and precision of one answer, sentence by sentence.

    Recall asks of each sentence whether all its quotes together support it. Precision asks of each of its citations
    whether the sentence is supported so, and whether this quote supports it alone or the others would not without it.
    A sentence with a mark to no sound citation is not supported, and its marks count against precision. A sentence
    without a mark counts with the marked one behind it where that one's quote holds it word for word (two sentences
    quoted together).

    Where ALCE asks a model whether the passages entail the sentence, `supports` compares it with the quotes.

    Args:
        answer: The answer; one that abstains has no sentence to judge.
        flawed: Numbers of citations that do not verify: they support nothing.

    Reference: Gao et al., Enabling Large Language Models to Generate Text with Citations, EMNLP 2023, section 3.3;
    `compute_autoais` in princeton-nlp/ALCE `eval.py`.
    """
    sound = {citation.number: citation for citation in answer.citations if citation.number not in flawed}
    said = claims(answer.text, {citation.number: citation for citation in answer.citations})
    n_supported = n_precise = n_cited = 0
    for index, claim in enumerate(said):
        numbers = _numbers(said, index, sound)
        n_cited += len(numbers)
        quotes = [sound[number] for number in numbers if number in sound]
        if len(quotes) < len(numbers) or not supports(claim.text, quotes):
            continue
        n_supported += 1
        n_precise += sum(_is_precise(claim.text, quotes, at) for at in range(len(quotes)))
    return CitationScores(
        recall=n_supported / len(said) if said else 0.0, precision=n_precise / n_cited if n_cited else 0.0
    )


def supports(sentence: str, quotes: Sequence[Citation]) -> bool:
    """Whether quotes carry a sentence: word for word, or with every figure and at least half of its content words.

    In another language than the sentence's, words cannot be compared: its figures must all stand in the quotes, and a
    sentence without any is not supported. No quote supports nothing.
    """
    if not quotes:
        return False
    words = without_marks(sentence)
    if any(bare_words(words) in bare_words(quote.quote) for quote in quotes):
        return True
    if unsupported_in(words, quotes):
        return False
    held = plain("\n".join(quote.quote for quote in quotes))
    if language_of(words) != language_of(held):
        return bool(figures(words))
    terms = frozenset(content_terms(plain(words)))
    return bool(terms) and len(terms.intersection(content_terms(held))) >= _MIN_COVERAGE * len(terms)


def _is_precise(sentence: str, quotes: Sequence[Citation], at: int) -> bool:
    alone = quotes[at : at + 1]
    others = [*quotes[:at], *quotes[at + 1 :]]
    return supports(sentence, alone) or not supports(sentence, others)


def _numbers(said: Sequence[Claim], index: int, sound: dict[int, Citation]) -> list[int]:
    """Numbers of a sentence's marks, as written; without marks, of the marked one behind it whose quote holds it."""
    own = list(dict.fromkeys(number for mark in said[index].marks for number in mark.numbers))
    if own:
        return own
    behind = next((claim for claim in said[index + 1 :] if claim.marks), None)
    words = bare_words(said[index].text)
    return [
        number
        for number in (behind.numbers if behind is not None else ())
        if number in sound and words in bare_words(sound[number].quote)
    ]
