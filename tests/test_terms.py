"""Names of one thing in two languages: read from a glossary, found in questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.vocabulary.terms import Expansion, Glossary, TermGroup, read_groups

GLOSSARY = """# Terms

A paragraph with **bold** (brackets): not an item.

- **Basic Plan** (基本計画; Plan on Basics): What it is (in short).
- **Safety Institute**（安全研究所；ASI）：機関。
* **人間力** (human capability): A word.
- **Lonely term** (): nothing else is known.
- **GENIAC** (GENIAC): the same name twice.
- Plain item (項目): no bold name.
"""


def test_read_groups_takes_items_with_other_names() -> None:
    assert read_groups(GLOSSARY) == [
        TermGroup(("Basic Plan", "基本計画", "Plan on Basics")),
        TermGroup(("Safety Institute", "安全研究所", "ASI")),
        TermGroup(("人間力", "human capability")),
    ]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        pytest.param("When was the Basic Plan adopted?", ["Basic Plan"], id="english"),
        pytest.param("基本計画はいつ決まったか", ["基本計画"], id="japanese"),
        pytest.param("Who runs the ASI and the basic-plan?", ["ASI", "Basic Plan"], id="case, hyphen, order"),
        pytest.param("What are Basic Plans?", ["Basic Plan"], id="plural"),
        pytest.param("ＡＳＩとは", ["ASI"], id="full width"),
        pytest.param("Is Basicplan one? What of ASIA?", [], id="whole words only"),
        pytest.param("Basic Plan, Basic Plan", ["Basic Plan"], id="once"),
    ],
)
def test_expansions_find_names(question: str, names: list[str]) -> None:
    assert [found.name for found in Glossary(read_groups(GLOSSARY)).expansions(question)] == names


def test_expansions_work_in_both_directions() -> None:
    glossary = Glossary([TermGroup(("Safety Institute", "安全研"))])
    assert glossary.expansions("the Safety Institute") == [
        Expansion(name="Safety Institute", terms=("safeti", "institut"), others=(("安全", "全研"),))
    ]
    assert glossary.expansions("安全研の職員") == [
        Expansion(name="安全研", terms=("安全", "全研"), others=(("safeti", "institut"),))
    ]


def test_expansions_take_the_longest_name() -> None:
    glossary = Glossary([TermGroup(("Plan", "計画")), TermGroup(("Basic Plan", "基本計画"))])
    assert [found.name for found in glossary.expansions("the Basic Plan")] == ["Basic Plan"]
    assert [found.name for found in glossary.expansions("基本計画とは")] == ["基本計画"]


def test_empty_glossary_expands_nothing() -> None:
    assert Glossary([]).expansions("anything") == []


@given(text=st.text(alphabet="-* ab(;)：:（）；計画\n", max_size=80), question=st.text(max_size=40))
def test_any_glossary_and_question_are_read(text: str, question: str) -> None:
    for found in Glossary(read_groups(text)).expansions(question):
        assert found.terms
        assert found.others
