"""False premises are named and set right; their true twins are answered."""

from __future__ import annotations

import pytest

from rag.premise import opposite_words

OPPOSITES = [
    ("Why was the bill rejected?", "The bill was passed on 3 May.", ("rejected", "passed")),
    ("Why is the scheme mandatory?", "The scheme is voluntary.", ("mandatory", "voluntary")),
    ("なぜ法律は廃止されたのか", "法律は2020年に成立した。", ("廃止", "成立")),
    ("Why was the bill passed?", "The bill was passed on 3 May.", None),
    ("Why was the bill rejected?", "The bill was first rejected and then passed.", None),
]


@pytest.mark.parametrize(("asked", "said", "words"), OPPOSITES, ids=[asked for asked, *_ in OPPOSITES])
def test_opposite_words(asked: str, said: str, words: tuple[str, str] | None) -> None:
    assert opposite_words(asked, said) == words
