"""The language of a text, by its script and its commonest words."""

from __future__ import annotations

import re

_KANA = re.compile("[\u3041-\u309f\u30a0-\u30ff\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_WORDS = re.compile("[a-z]+")
_ENGLISH = frozenset("the of and to is for that with are this by on was it as be".split())
_SAMPLE_CHARS = 20_000


def language_of(text: str) -> str | None:
    """Language by script: `ja`, `zh` or `en`, or `None` where script and commonest words do not say.

    Japanese is told from Chinese by its kana; a list of a few terms in ideographs is taken for Japanese. Text in Latin
    script is English unless it is long enough to hold the commonest English words and does not.
    """
    sample = text[:_SAMPLE_CHARS]
    n_kana, n_han, n_latin = (len(pattern.findall(sample)) for pattern in (_KANA, _HAN, _LATIN))
    n_letters = sum(char.isalpha() for char in sample)
    # One ideograph says about as much as four Latin letters.
    if (n_kana + n_han) * 4 > n_latin and (n_kana + n_han) * 2 > n_letters - n_latin:
        return "ja" if n_kana * 20 >= n_han or n_han < 200 else "zh"
    if n_latin == 0 or n_latin * 2 < n_letters:
        return None
    words = _WORDS.findall(sample.lower())
    if len(words) >= 50 and sum(word in _ENGLISH for word in words) * 20 < len(words):
        return None
    return "en"
