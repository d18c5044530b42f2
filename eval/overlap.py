"""A text beside a gold answer -> exact match and token F1, as SQuAD defines them, for Japanese by characters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_TOKEN = re.compile(
    r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
_MARK = re.compile(r"[ \u3000]*\[\d{1,3}\]")


def tokens(text: str) -> list[str]:
    """Tokens of a text after SQuAD's normalisation: lower case, no punctuation, no English articles.

    Before that comes NFKC, and punctuation is Unicode's, symbols included, so that `、` goes as `,` does. Words are
    what stands between white space, save that each Japanese character is a token of its own: JSQuAD is scored by
    characters, since how Japanese is cut into words would decide the score.

    References: Rajpurkar et al., SQuAD, EMNLP 2016, section 6.1 and `evaluate-v1.1.py`; Kurihara, Kawahara and Shibata,
    JGLUE: Japanese General Language Understanding Evaluation, LREC 2022, section 4.2.
    """
    text = unicodedata.normalize("NFKC", text).lower()
    text = "".join(char for char in text if unicodedata.category(char)[0] not in "PS")
    return _TOKEN.findall(_ARTICLES.sub(" ", text))


def exact_match(text: str, facts: Sequence[Sequence[str]]) -> bool:
    """Whether a text is the gold answer and nothing else (EM), by the tokens of both.

    Args:
        text: An answer's text; its citation marks do not count.
        facts: Each fact of the gold answer as the wordings that count; `_gold` says how they become one text.
    """
    found = tokens(_MARK.sub("", text))
    return found == _gold(found, facts)


def token_f1(text: str, facts: Sequence[Sequence[str]]) -> float:
    """F1 of a text's tokens against the gold answer's, repeats counted (F1), in [0, 1]. Arguments as in `exact_match`.

    With precision the share of the text's tokens that stand in the gold answer and recall that of the gold answer's in
    the text. An answer in sentences has more words than its gold, so that its F1 is far below 1 when all is right.

    Reference: Rajpurkar et al., SQuAD, EMNLP 2016, section 6.1.
    """
    found = tokens(_MARK.sub("", text))
    return _f1(found, _gold(found, facts))


def _gold(found: Sequence[str], facts: Sequence[Sequence[str]]) -> list[str]:
    """The gold answer's tokens: of each fact the wording nearest to the text (SQuAD's maximum over the gold answers),
    one fact behind the other."""
    return [
        token
        for wordings in facts
        for token in max((tokens(wording) for wording in wordings), key=lambda gold: (gold == found, _f1(found, gold)))
    ]


def _f1(found: Sequence[str], gold: Sequence[str]) -> float:
    shared = (Counter(found) & Counter(gold)).total()
    return 2 * shared / (len(found) + len(gold)) if shared else 0.0
