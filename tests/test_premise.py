"""False premises are named and set right; their true twins are answered."""

from __future__ import annotations

import pytest

from rag.extractive.opposites import opposite_words
from rag.extractive.premise import whole_date
from rag.figures.stated import stated_figures
from rag.text.persons import Person, titled_persons

OPPOSITES = [
    ("Why was the bill rejected?", "The bill was passed on 3 May.", ("rejected", "passed")),
    ("Why is the scheme mandatory?", "The scheme is voluntary.", ("mandatory", "voluntary")),
    ("なぜ法律は廃止されたのか", "法律は2020年に成立した。", ("廃止", "成立")),
    ("How far did the fee climb?", "The fee fell from 4 to 3 euros.", ("climb", "fell")),
    ("Which parties voted down the bill?", "Both parties voted for the bill.", ("voted down", "voted for")),
    ("期限が前倒しになったのはなぜですか", "期限は2028年に延期された。", ("前倒し", "延期")),
    ("Why was the bill passed?", "The bill was passed on 3 May.", None),
    ("Why was the bill rejected?", "The bill was first rejected and then passed.", None),
]


@pytest.mark.parametrize(("asked", "said", "words"), OPPOSITES, ids=[asked for asked, *_ in OPPOSITES])
def test_opposite_words(asked: str, said: str, words: tuple[str, str] | None) -> None:
    assert opposite_words(asked, said) == words


def test_titled_persons_in_both_languages() -> None:
    assert titled_persons("Mayor Ida de Vries met President Ono in 高市早苗首相の部屋.") == [
        Person("Mayor Ida de Vries", "Mayor", "Ida de Vries"),
        Person("President Ono", "President", "Ono"),
        Person("高市早苗首相", "首相", "高市早苗"),
    ]
    assert titled_persons("the mayor met a president; 内閣総理大臣") == []
    assert titled_persons("所長の山田花子さんは、と会長は青木太郎氏が言う。") == [
        Person("所長の山田花子さん", "所長", "山田花子"),
        Person("会長は青木太郎氏", "会長", "青木太郎"),
    ]


@pytest.mark.parametrize(
    ("asked", "text", "named"),
    [
        ("Mayor Vries", "Ida Vries spoke.", True),
        ("Mayor Vries", "Vriesland is a province.", False),
        ("石破首相", "石破茂氏が述べた。", True),
        ("岸田首相", "石破茂氏が述べた。", False),
    ],
)
def test_person_is_named_by_the_surname(asked: str, text: str, named: bool) -> None:
    (person,) = titled_persons(asked)
    assert person.is_named_in(text) is named


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Decided on 14 July 2026 (令和8年7月14日).", "14 July 2026 (令和8年7月14日)"),
        ("Decided on 14 July 2026 (令和8年7月14日, a Tuesday).", "14 July 2026"),
        ("2026年7月14日（令和8年7月14日）に決まった。", "2026年7月14日（令和8年7月14日）"),
        ("Decided in July 2026.", "July 2026"),
    ],
)
def test_a_date_is_named_with_its_brackets_or_without(text: str, words: str) -> None:
    found = stated_figures(text)
    assert whole_date(text, found[0], found) == words
