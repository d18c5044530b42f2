"""Search terms: what each script gives, and that SQLite's full-text search keeps every term whole."""

from __future__ import annotations

import sqlite3
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.analysis import analyse, content_terms, is_stop


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The adopted plans", ["the", "adopt", "plan"]),
        ("Japan's companies' don't O’Brien", ["japan", "compani", "dont", "obrien"]),
        ("AI-driven", ["ai", "driven", "aidriven"]),
        ("infor-\nmation", ["infor", "mation", "inform"]),
        ("café naïve Ångström", ["cafe", "naiv", "angstrom"]),
        ("Straße", ["strass"]),
        ("1,234 １２ 007 0", ["1234", "12", "7", "0"]),
        ("3.14 2025.12.23 1,2", ["3d14", "2025", "12", "23", "1", "2"]),
        ("80% ８０％ 80 per cent", ["80", "percent"] * 3),
        ("$10 £5", ["dollar", "10", "pound", "5"]),
        ("21st 1990s 10GB 5G GPT-4 gpt4", ["21", "1990", "10", "gb", "5g", "gpt", "4", "gpt4", "gpt4"]),
        ("2025-12-23", ["2025", "12", "23"]),
        ("AI法", ["ai", "法"]),
        ("2025年12月", ["2025", "年", "12", "月"]),
        ("基本計画", ["基本", "本計", "計画"]),
        ("基本\n計画\n\n- 基本", ["基本", "本計", "計画", "基本"]),
        ("ｶﾞｲﾄﾞ", ["ガイ", "イド"]),
        ("東・京", ["東", "京"]),
        ("Привет мир", ["привет", "мир"]),
        ("한국어 정책", ["한국어", "정책"]),
        ("ไทย", ["xe44xe17", "xe17xe22"]),
        ("हिन्दी", ["x939x93fx928x94dx926x940"]),
        ("٣٤", ["34"]),
        ("", []),
        ("。、（）!?", []),
    ],
)
def test_analyse_gives_terms(text: str, expected: list[str]) -> None:
    assert analyse(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When was Japan's AI Basic Plan adopted?", ["japan", "ai", "basic", "plan", "adopt"]),
        ("What are its four policies, and who wrote them?", ["four", "polici", "wrote"]),
        ("What did the US do in May?", ["us", "may"]),
        ("人工知能基本計画とは何ですか？", ["人工", "工知", "知能", "能基", "基本", "本計", "計画"]),
        ("AI法はいつ施行されましたか。", ["ai", "法", "施行"]),
        ("東京都の知事は誰？", ["東京", "京都", "知事"]),
        ("基本計画について教えてください", ["基本", "本計", "計画"]),
        ("How many?", ["how", "mani"]),
        ("何ですか", ["何で", "です", "すか"]),
        ("", []),
    ],
)
def test_content_terms_leave_out_what_a_question_is_asked_with(question: str, expected: list[str]) -> None:
    assert content_terms(question) == expected


def test_is_stop_knows_function_words() -> None:
    assert [term for term in ("the", "plan", "のは", "計画", "の計", "us", "を") if is_stop(term)] == [
        "the",
        "のは",
        "の計",
        "を",
    ]


def _kept_by_fts5(texts: list[str]) -> list[list[str]]:
    """Terms that SQLite's tokenizer finds in each text."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(body, tokenize='unicode61 remove_diacritics 0')")
        db.executemany("INSERT INTO t(rowid, body) VALUES (?, ?)", enumerate(texts))
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')")
        kept: list[list[str]] = [[] for _ in texts]
        for term, row in db.execute("SELECT term, doc FROM v ORDER BY doc, offset"):
            kept[row].append(term)
        return kept
    finally:
        db.close()


TEXTS = st.text() | st.text(alphabet=st.sampled_from("aB9٣éßñǆ漢カーか々〆한กअا\u0301\u3099\u200d-‐'’.,%$ \n𠮷ⅣK①½ﷺς"))


@given(TEXTS)
def test_terms_survive_sqlite_whole(text: str) -> None:
    terms = analyse(text)
    assert _kept_by_fts5([" ".join(terms)]) == [terms]
    assert all(0 < len(term) <= 64 for term in terms)


def test_terms_of_every_letter_survive_sqlite_whole() -> None:
    chars = [chr(i) for i in range(0x32400) if unicodedata.category(chr(i))[0] in "LNM" and not 0xD800 <= i < 0xE000]
    terms = [analyse(char) for char in chars]
    assert _kept_by_fts5([" ".join(found) for found in terms]) == terms


@given(TEXTS)
def test_analyse_does_not_mind_width_or_case(text: str) -> None:
    assert analyse(unicodedata.normalize("NFKC", text)) == analyse(text)
    assert analyse(text) == analyse(text)


@given(TEXTS, TEXTS)
def test_analyse_of_separate_lines_adds_up(one: str, other: str) -> None:
    assert analyse(f"{one}\n\n.{other}") == analyse(one) + analyse(f".{other}")


@given(TEXTS)
def test_content_terms_are_terms_of_the_question(text: str) -> None:
    terms = content_terms(text)
    assert len(terms) == len(set(terms))
    assert bool(terms) == bool(analyse(text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "1," * 100_000,
        "a-" * 100_000,
        "é" * 200_000,
        "a" * 200_000 + "é",
        "字" * 200_000,
        "a'" * 100_000,
        "(" * 300_000,
        "1" * 200_000 + "é",
        "a\u0301" * 100_000,
        "ก" * 100_000,
        "1.1" * 100_000,
    ],
    ids=str.split("letters numbers hyphens accents end kanji quotes brackets digits marks thai points"),
)
def test_analyse_takes_linear_time(text: str) -> None:
    started = time.process_time()
    analyse(text)
    assert time.process_time() - started < 5
