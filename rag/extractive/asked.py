"""How far what was found names what a question asks for: its words, the thing counted, in other words too."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.extractive.answer_kinds import answer_spans
from rag.extractive.lately import Lately
from rag.extractive.sentence_features import TermWeights
from rag.gloss.glossing import japanese_words
from rag.questions.reading import Question
from rag.text.analysis import is_stop
from rag.text.located import folded, located_terms

if TYPE_CHECKING:
    from rag.embedding.model import EmbeddingModel, Vector
    from rag.extractive.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """How far the best sentence names what is asked for; all in [0, 1].

    Attributes:
        head: The thing asked for ("salary" in "What salary …?", 座長 in 「座長は誰」); 1 where none is read.
        is_attribute: Whether that is a Japanese noun that tells more than the form of the question (選挙区, not 場所).
        said: Share of the weight of the question's words that the sentence says, with what leads to it, in these or
            like words.
        unsaid: The heaviest of the words that it does not say, against a word that stands nowhere.
        unsaid_nearby: The same for its whole passage with title and headings.
        counted: Whether one of the best sentences has a number beside what is counted ("How many pages …?", 何件);
            1 where nothing is.
    """

    head: float = 1.0
    is_attribute: bool = False
    said: float = 1.0
    unsaid: float = 0.0
    unsaid_nearby: float = 0.0
    counted: float = 1.0


NOTHING_ASKED = Named()


# Sentences of which one must count what is counted: those that would be shown.
N_READ_FOR_COUNT = 3


def named(question: Question, best: Sequence[Evidence], weights: TermWeights, model: EmbeddingModel) -> Named:
    """How far the first of the evidence, and for a number the first three, name what is asked for.

    Args:
        question: The question.
        best: Evidence, best first, at least one.
        weights: Weights of the question's terms.
        model: Gives words their vectors.
    """
    one = best[0]
    sentence = f"{one.surroundings.split(chr(10), 2)[1]}\n{one.lead}\n{one.text}"
    passage = f"{one.surroundings}\n{one.lead}"
    read = _read_japanese if question.language == "ja" else _read_english
    words, in_sentence, in_passage, head = read(question, one, weights, model, sentence, passage)
    total = sum(words.values()) + 1e-9
    return Named(
        head=head,
        is_attribute=_asks_attribute(question),
        said=sum(weight * in_sentence[word] for word, weight in words.items()) / total if words else 1.0,
        unsaid=max((weight * (1 - in_sentence[word]) for word, weight in words.items()), default=0.0) / weights.largest,
        unsaid_nearby=max((weight * (1 - in_passage[word]) for word, weight in words.items()), default=0.0)
        / weights.largest,
        counted=max((_counted(question, e.text, model) for e in best[:N_READ_FOR_COUNT]), default=1.0),
    )


_Words = tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float], float]


def _read_english(
    question: Question, one: Evidence, weights: TermWeights, model: EmbeddingModel, sentence: str, passage: str
) -> _Words:
    """The question's words by term with their weights, how far sentence and passage say each, and the head."""
    words = dict(question.words)
    weight = {term: weights.weight[term] for term in words if term in weights.weight}
    said = [_said(weight, words, text, one.near, model) for text in (sentence, passage)]
    head = 1.0
    if question.head:
        noun = question.head[-1]
        head = said[1].get(noun, float(noun in _terms(passage)))
        if noun in weight and noun not in _terms(passage):
            head = max(one.near.get(noun, 0.0), _alike(words[noun], _words_in(one.text, words.values()), model))
    return weight, said[0], said[1], head


def _said(
    weight: Mapping[str, float], words: Mapping[str, str], text: str, near: Mapping[str, float], model: EmbeddingModel
) -> dict[str, float]:
    held = _terms(text)
    others = _words_in(text, words.values())
    return {
        term: 1.0 if term in held else max(near.get(term, 0.0), _alike(words[term], others, model)) for term in weight
    }


def _terms(text: str) -> frozenset[str]:
    return frozenset(located.term for located in located_terms(text))


def _words_in(text: str, asked: Collection[str]) -> list[str]:
    japanese = {text[start:end] for start, end in japanese_words(text)}
    return sorted({w for w in (*_LATIN_WORD.findall(text.lower()), *japanese) if w not in asked and not is_stop(w)})


def _alike(word: str, others: Sequence[str], model: EmbeddingModel) -> float:
    """How like in meaning the likest of the other words is, in [0, 1]."""
    if not others:
        return 0.0
    vectors = embedded_words([word, *others], model)
    return _likeness(float((np.stack([vectors[w] for w in others]) @ vectors[word]).max()))


def _likeness(cosine: float) -> float:
    return min(1.0, max(0.0, (cosine - _ALIKE_FROM) / (_ALIKE_TO - _ALIKE_FROM)))


# Cosines of two words that have nothing in common, and that say about the same, for MiniLM (Japanese ones glossed).
_ALIKE_FROM = 0.25
_ALIKE_TO = 0.65
_LATIN_WORD = re.compile(r"[a-z]{4,}")


def embedded_words(words: Sequence[str], model: EmbeddingModel) -> dict[str, Vector]:
    """Vectors of single words; those met lately are kept. Of a longer run of letters its beginning is read."""
    read = {word: word[:_LONGEST_WORD] for word in words}
    vectors = _VECTORS.of(model.identity, list(read.values()), model.embed_passages)
    return {word: vectors[beginning] for word, beginning in read.items()}


# In characters: no word is longer, and so many fit any model's window.
_LONGEST_WORD = 40
_VECTORS = Lately["Vector"](n_kept=20_000)


def _read_japanese(
    question: Question, one: Evidence, weights: TermWeights, model: EmbeddingModel, sentence: str, passage: str
) -> _Words:
    """The same for the runs of characters that a Japanese question is made of."""
    runs = _runs(question.text)
    weight = {
        run: max((w for term, w in weights.weight.items() if term in name), default=0.0)
        for run, name in ((run, run.casefold()) for run in runs)
    }
    weight = {run: w for run, w in weight.items() if w > 0}
    said = []
    for text in (sentence, passage):
        written = folded(text)
        terms = _terms(text)
        otherwise = {term for name, other in weights.same if other <= terms for term in name}
        others = _words_in(written, runs)
        said.append(
            {run: max(_run_said(run.casefold(), written, otherwise), _alike(run, others, model)) for run in weight}
        )
    asked = _JA_HEAD.search(unicodedata.normalize("NFKC", question.text))
    head = 1.0
    if asked is not None:
        terms = _terms(passage)
        otherwise = {term for name, other in weights.same if other <= terms for term in name}
        head = max(
            _run_said(asked["head"].casefold(), folded(passage), otherwise),
            _alike(asked["head"], _words_in(folded(one.text), runs), model),
        )
    return weight, said[0], said[1], head


def _runs(text: str) -> list[str]:
    """Runs of kanji, katakana, or Latin letters and digits, of two characters or more; those that only ask left out."""
    found = dict.fromkeys(m.group() for m in _RUN.finditer(unicodedata.normalize("NFKC", text)))
    return [run for run in found if not _ASKS.match(run)]


def _run_said(run: str, text: str, otherwise: Collection[str]) -> float:
    """Share of a run's pairs of characters that a text holds, itself or in other words."""
    if run in text:
        return 1.0
    pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    if run.isascii():
        return float(run in otherwise)
    return sum(pair in text or pair in otherwise for pair in pairs) / len(pairs)


_RUN = re.compile(r"[\u4e00-\u9fff々]{2,}|[\u30a1-\u30fa\u30fc]{2,}|[A-Za-z][A-Za-z0-9-]+|[0-9]+")
_ASKS = re.compile(r"何|誰|教|下さ|以上$|以下$|場合$")
_JA_HEAD = re.compile(
    r"(?P<head>(?:(?!何)[\u4e00-\u9fff々]){2,8}|[\u30a1-\u30fa\u30fc]{2,12})(?:の?名前|の名称|の名)?(?:は|って|とは)[、,]?\s?"
    r"(?:(?:今|現在|一体|だいたい|約)?(?:誰|だれ|どなた|何|なに|なん|どこ|いつ|いくら|いくつ|どの|どれ|どちら)|[？?]?$)"
)


def _asks_attribute(question: Question) -> bool:
    asked = _JA_HEAD.search(unicodedata.normalize("NFKC", question.text)) if question.language == "ja" else None
    return asked is not None and _JA_FORM.search(asked["head"]) is None


# Nouns that say what the question word says: 場所はどこ, 人物は誰, 割合はいくら.
_JA_FORM = re.compile(
    r"(?:人物|本人|一人|人|者|場所|場合|地名|地域|部位|施設|国|都市|割合|比率|率|人数|回数|数|量|額|面積|年代|時代|時期|時点|"
    r"回目|日|月|年|トップ|ところ)$"
)


def _counted(question: Question, text: str, model: EmbeddingModel) -> float:
    """How near a number stands to what a question counts, in [0, 1]; 1 where it counts nothing."""
    if question.language == "ja":
        asked = _JA_COUNTED.search(unicodedata.normalize("NFKC", question.text))
        if asked is None:
            return 1.0
        counter = next((group for group in _COUNTERS if asked["counter"] in group), (asked["counter"],))
        written = unicodedata.normalize("NFKC", text)
        return float(
            re.search(rf"[0-9一二三四五六七八九十百千万億兆数]\s?(?:つ?の)?(?:{'|'.join(counter)})", written)
            is not None
        )
    asked = _EN_COUNTED.search(question.text)
    if asked is None:
        return 1.0
    noun = _MEASURE.sub("", asked["counted"]).split()[-1].lower()
    places = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[a-z]{3,}", text.lower())]
    spoken = [w for _, _, w in places if not is_stop(w)]
    vectors = embedded_words([noun, *spoken], model)
    like = {w: _likeness(float(vectors[w] @ vectors[noun])) for w in spoken}
    best = 0.0
    for start, end in _plain_numbers(text):
        for a, b, word in places:
            gap = a - end if a >= end else start - b + _BEHIND_COSTS
            if gap < _COUNT_CHARS * 4:
                best = max(best, like.get(word, 0.0) * math.exp(-max(0, gap) / _COUNT_CHARS))
    return best


def _plain_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Numbers that are no part of a date, a share or a sum of money."""
    other = [span for kind in ("date", "percentage", "money") for span in answer_spans(text, kind)]
    for start, end in answer_spans(text, "number"):
        if not any(a < end and start < b for a, b in other):
            yield start, end


_EN_COUNTED = re.compile(
    r"\b(?:how many|(?:number|count) of)\s+(?!(?:years?|months?|weeks?|days?|hours?|minutes?)\b)"
    r"(?P<counted>[\w-]+(?:\s+[\w-]+){0,2}?)"
    r"(?=\s+(?:of|in|for|to|on|at|by|from|with|under|that|who|which|does|do|did|is|are|was|were|has|have|had|will|can|"
    r"could|would|should|must|may|came|went|took|work|make|made|use|used|get|got)\b|\s*[?,.]|\s*$)",
    re.IGNORECASE,
)
# "How many pages long" counts pages.
_MEASURE = re.compile(r"\s+(?:long|wide|high|tall|deep|old|big|large|strong|thick)$", re.IGNORECASE)
# Over how many characters a number and what it counts may stand apart; a number behind its noun is further away.
_COUNT_CHARS = 24.0
_BEHIND_COSTS = 12
_JA_NUMBER = "[0-9一二三四五六七八九十百千万億兆数]"
# Words for counting that say the same.
_COUNTERS = (
    ("人", "名"), ("か国", "カ国", "ヶ国", "ヵ国", "箇国", "国"), ("ページ", "頁"), ("社", "企業"), ("回", "度"),
    ("つ", "個", "項目", "本", "点", "件"), ("割", "%", "パーセント"), ("か所", "カ所", "ヶ所", "箇所"),
)  # fmt: skip
_JA_COUNTED = re.compile(
    r"何(?P<counter>人|名|か国|カ国|ヶ国|ヵ国|ページ|頁|個|項目|件|社|回|度|票|章|条|機関|団体|自治体|都市|校|台|冊|枚|"
    r"種類|分野|言語|か所|カ所|%|パーセント)"
)
