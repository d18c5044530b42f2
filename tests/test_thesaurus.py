"""Everyday words of a question: which others say about the same, and that the lists that come along are sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.vocabulary.terms import Expansion
from rag.vocabulary.thesaurus import Thesaurus, read_groups, read_wordings, thesaurus
from rag.vocabulary.words import FOLDER

WORDS = Thesaurus(
    english=[("plan", "blueprint", "scheme"), ("sign off on", "approve"), ("watchdog", "supervisory body", "agency")],
    japanese=[("書き換え", "改定", "見直"), ("決ま", "決定"), ("pr", "広告")],
)


def found(question: str) -> dict[str, set[tuple[str, ...]]]:
    return {one.name: set(one.others) for one in WORDS.expansions(question)}


def test_english_words_are_found_by_their_stems() -> None:
    assert found("Which blueprints?") == {"blueprint": {("plan",), ("scheme",)}}
    assert found("Who watches the watchdogs?") == {"watchdog": {("supervisori", "bodi"), ("agenc",)}}


def test_a_wording_is_read_one_way() -> None:
    words = Thesaurus(
        [("boat", "ship")],
        [],
        {"vehicle": ("car", "motor vehicle", "vehicles"), "vehicles": ("truck",), "boat": ("tub",)},
    )
    assert [set(one.others) for one in words.expansions("Which vehicle?", wordings=True)] == [
        {("car",), ("motor", "vehicl"), ("truck",)}
    ]
    assert words.expansions("Which car?", wordings=True) == []
    assert [set(one.others) for one in words.expansions("Which boat?", wordings=True)] == [{("ship",), ("tub",)}]
    assert words.expansions("Which vehicle?") == []


def test_a_phrase_is_found_as_a_whole() -> None:
    assert found("Who signed off on it?") == {"sign off on": {("approv",)}}
    assert found("Who signed it off?") == {}


def test_japanese_words_are_found_as_written() -> None:
    assert found("いつ書き換えられますか") == {"書き換え": {("改定",), ("見直",)}}
    assert found("決まった日は") == {"決ま": {("決定",)}}


def test_a_latin_word_of_the_japanese_list_is_not_found_inside_english_ones() -> None:
    assert found("Which process?") == {}


def test_a_synonym_counts_for_less_than_the_word() -> None:
    assert all(0 < one.counts < 1 for one in WORDS.expansions("blueprint"))


@given(st.text(max_size=60))
def test_any_question_is_read(question: str) -> None:
    for one in (*thesaurus().expansions(question), *thesaurus().expansions(question, wordings=True)):
        assert isinstance(one, Expansion)
        assert one.terms
        assert all(one.others)
        assert one.terms not in one.others


@pytest.mark.parametrize("name", ["en.txt", "ja.txt"])
def test_the_lists_are_sound(name: str) -> None:
    groups = read_groups(FOLDER / name)
    assert len(groups) > 300
    for group in groups:
        assert 2 <= len(group) <= 12, group
        assert len(set(group)) == len(group), group
        assert all(word == word.strip() and word for word in group), group


def test_the_wordings_are_sound() -> None:
    wordings = read_wordings(FOLDER / "en_wordings.txt")
    assert len(wordings) > 6_000
    assert list(wordings) == sorted(wordings)
    for word, others in wordings.items():
        assert others, word
        assert word not in others, word
        assert len(set(others)) == len(others), word
        assert all(len(other.split()) <= 3 for other in others), word
