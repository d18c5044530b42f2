"""Markdown and plain text files as documents: front matter, headings, ranks, titles, verdicts."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.config import Root, Settings
from rag.document import Document, Section, Source
from rag.loading import Loaded, Loader
from rag.loading.metadata import iso_date


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(max_document_chars=50_000)) as made:
        yield made


def load(
    loader: Loader, folder: Path, content: str | bytes, name: str = "file.md", root: Root = "corpus"
) -> Loaded | FileReport:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return loader.load(file, root=root, path=name)


def document(loader: Loader, folder: Path, content: str, name: str = "file.md", root: Root = "corpus") -> Document:
    loaded = load(loader, folder, content, name, root)
    assert isinstance(loaded, Loaded), loaded
    return loaded.document


FULL = """---
title: The first plan # a comment
title_ja: 最初の計画
publisher: Kihon project
date: 2025-12-23
url: https://example.org/plan
language: en
kind: plan
status: superseded
replaces: null
replaced_by: corpus/plan-2.md
retrieved: 2026-11-23
note: >-
  Our own words,
  on two lines.
sources:
  - publisher: Cabinet Office
    title: 閣議決定
    date: 2025-12
    url: https://example.org/press
  - A title alone
edition: 1
glossary: true
tags: [a, {b: c}]
---
# The plan

It was **adopted**.
"""


def test_load_reads_every_field(loader: Loader, tmp_path: Path) -> None:
    loaded = load(loader, tmp_path, FULL, "plan-1.md")
    assert isinstance(loaded, Loaded)
    assert loaded.document == Document(
        document_id="corpus/plan-1.md",
        root="corpus",
        path="plan-1.md",
        format="markdown",
        text="# The plan\n\nIt was **adopted**.\n",
        sha256=hashlib.sha256(FULL.encode()).hexdigest(),
        title="The first plan",
        title_ja="最初の計画",
        publisher="Kihon project",
        date="2025-12-23",
        url="https://example.org/plan",
        language="en",
        kind="plan",
        status="superseded",
        replaced_by="corpus/plan-2.md",
        retrieved="2026-11-23",
        note="Our own words, on two lines.",
        sources=(
            Source(publisher="Cabinet Office", title="閣議決定", date="2025-12", url="https://example.org/press"),
            Source(publisher="", title="A title alone"),
        ),
        extra={"edition": 1, "glossary": True, "tags": ["a", {"b": "c"}]},
        sections=(Section(start=0, end=32, level=1, heading="The plan", path="The plan"),),
    )
    assert (loaded.boxes, loaded.n_removed, loaded.notes) == (None, 0, ())


def test_load_moves_rank_claimed_outside_the_corpus_to_extra(loader: Loader, tmp_path: Path) -> None:
    made = document(loader, tmp_path, FULL, root="uploads")
    assert (made.kind, made.status, made.publisher, made.replaces, made.replaced_by) == (None,) * 5
    assert {key: made.extra[key] for key in ("kind", "status", "publisher", "replaced_by")} == {
        "kind": "plan",
        "status": "superseded",
        "publisher": "Kihon project",
        "replaced_by": "corpus/plan-2.md",
    }
    assert (made.document_id, made.title, made.date) == ("uploads/file.md", "The first plan", "2025-12-23")
    assert document(loader, tmp_path, FULL, root="fetched").kind is None


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        pytest.param("a.md", "---\ntitle: From above\n---\n# Heading\n", "From above", id="front matter"),
        pytest.param(
            "a.md", "Text.\n\n## A *heading* with [link](x) and `code`\n", "A heading with link and code", id="heading"
        ),
        pytest.param("deep.name.md", "Only text.\n", "deep.name", id="file stem"),
        pytest.param("a.md", "---\ntitle: 2025\n---\nText.\n", "2025", id="a number is its words"),
        pytest.param("a.md", "---\ntitle: 12:30\n---\nText.\n", "12:30", id="a time is its words"),
        pytest.param("a.md", "---\ntitle: no\n---\nText.\n", "no", id="no is a word"),
        pytest.param("a.md", "---\ntitle: [x, y]\n---\n# Heading\n", "Heading", id="unusable"),
        pytest.param("a.md", "# " + "long " * 100 + "\n", ("long " * 100)[:199] + "…", id="cut"),
        pytest.param("notes.TXT", "# no heading in plain text\n", "notes", id="plain text"),
    ],
)
def test_load_titles(loader: Loader, tmp_path: Path, name: str, content: str, title: str) -> None:
    assert document(loader, tmp_path, content, name).title == title


def test_load_notes_values_of_a_wrong_type(loader: Loader, tmp_path: Path) -> None:
    content = "---\ndate: 23/12/2025\nlanguage: [en]\npublisher: {a: b}\nurl: 5\nsources: [{page: 3}]\n---\nWörter.\n"
    loaded = load(loader, tmp_path, content)
    assert isinstance(loaded, Loaded)
    made = loaded.document
    assert (made.date, made.publisher, made.url, made.sources) == (None, None, "5", ())
    assert made.extra == {
        "date": "23/12/2025",
        "language": ["en"],
        "publisher": {"a": "b"},
        "sources": [{"page": 3}],
    }
    assert [note.split(" could")[0] for note in loaded.notes] == [
        f"The front matter's {key!r}" for key in ("date", "language", "publisher", "sources")
    ]
    assert loaded.reason == " ".join(loaded.notes)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-12-23", "2025-12-23"),
        ("2025-12", "2025-12"),
        ("2025", "2025"),
        (2025, "2025"),
        ("2025-12-23T10:00:00+09:00", "2025-12-23"),
        ("2025/1/5", "2025-01-05"),
        ("2025年12月23日", "2025-12-23"),
        ("2025年12月", "2025-12"),
        ("2025年", "2025"),
        ("令和7年12月23日", "2025-12-23"),
        ("令和元年5月1日", "2019-05-01"),
        ("23 December 2025", "2025-12-23"),
        ("Dec. 23, 2025", "2025-12-23"),
        ("December 2025", "2025-12"),
        ("2025-02-30", None),
        ("2025-13", None),
        ("23/12/2025", None),
        ("yesterday", None),
        (True, None),
        (None, None),
        (["2025"], None),
    ],
)
def test_iso_date(value: Any, expected: str | None) -> None:
    assert iso_date(value) == expected


@pytest.mark.parametrize(
    ("stated", "text", "language"),
    [
        ("en", "日本語の文章である。", "en"),
        ("ja-JP", "English text.", "ja"),
        ("Japanese", "English text.", "ja"),
        ("日本語", "English text.", "ja"),
        ("", "日本語の文章である。", "ja"),
        ("", "English text.", "en"),
    ],
)
def test_load_language(loader: Loader, tmp_path: Path, stated: str, text: str, language: str) -> None:
    assert document(loader, tmp_path, f"---\nlanguage: {stated}\n---\n{text}\n").language == language


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        pytest.param("---\nindex: false\n---\nText.", "not_listed", "index: false", id="index false"),
        pytest.param("---\nindex: no\n---\nText.", "not_listed", "index: false", id="index no"),
        pytest.param("", "empty", "0 bytes", id="no bytes"),
        pytest.param(" \n\t\n", "empty", "no text", id="white space"),
        pytest.param("---\ntitle: x\n---\n\n", "empty", "no text", id="front matter alone"),
        pytest.param("\u200b\ufeff\u2060", "empty", "no text", id="invisible characters alone"),
        pytest.param("---\ntitle: x\nText.\n", "front_matter", "not closed", id="not closed"),
        pytest.param("---\ntitle: 'x\n---\nText.", "front_matter", "line 2", id="quote not closed"),
        pytest.param("---\ntitle: x\ndate: a: b\n---\nText.", "front_matter", "line 3", id="colon"),
        pytest.param("---\na: 1\nb: 2\na: 3\n---\nText.", "front_matter", "line 4: the key 'a'", id="key twice"),
        pytest.param("---\na: &x [1]\nb: *x\n---\nText.", "front_matter", "line 3: aliases", id="alias"),
        pytest.param("---\na: !!python/object:os.system x\n---\nText.", "front_matter", "line 2", id="python tag"),
        pytest.param("---\n? [a]\n: b\n---\nText.", None, "", id="no key on the first line: no front matter"),
        pytest.param("---\na: " + "[" * 2000 + "\n---\nText.", "front_matter", "nested deeper than 10", id="deep"),
        pytest.param("---\na: " + "x" * 70_000 + "\n---\nText.", "front_matter", "64 kB", id="large"),
        pytest.param("---\na: [" + "1," * 20_000 + "]\n---\nText.", "front_matter", "10,000 values", id="many"),
        pytest.param("x" * 50_001, "too_long", "50,000 characters", id="too long"),
        pytest.param(b"%PDF-1.7 text", "wrong_type", "is a PDF", id="pdf as markdown"),
        pytest.param(b"\x89PNG\r\n\x1a\n123", "wrong_type", "is a PNG image", id="picture as markdown"),
        pytest.param(b"PK\x03\x04123", "wrong_type", "ZIP archive or an Office", id="archive as markdown"),
        pytest.param(b"ab\x00\x01\x02", "wrong_type", "binary", id="binary as markdown"),
        pytest.param("計画".encode("euc_jp"), "encoding", "UTF-8", id="encoding"),
    ],
)
def test_load_verdicts(loader: Loader, tmp_path: Path, content: str | bytes, code: str | None, reason: str) -> None:
    loaded = load(loader, tmp_path, content)
    if code is None:
        assert isinstance(loaded, Loaded)
        return
    assert isinstance(loaded, FileReport)
    verdict = "skipped" if code == "not_listed" else "rejected"
    assert (loaded.path, loaded.root, loaded.verdict, loaded.code) == ("file.md", "corpus", verdict, code)
    assert reason in (loaded.reason or "")
    assert "\n" not in (loaded.reason or "")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("---\n\nA rule and text.\n\n---\nMore.\n", id="rules"),
        pytest.param("---\nA rule and text.\n\nMore.\n", id="a rule at the top"),
        pytest.param("Text.\n---\ntitle: x\n---\n", id="not at the top"),
    ],
)
def test_load_takes_a_rule_for_a_rule(loader: Loader, tmp_path: Path, content: str) -> None:
    assert document(loader, tmp_path, content).text == content


@pytest.mark.parametrize("closing", ["---", "...", "---  "])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_load_front_matter_line_ends(loader: Loader, tmp_path: Path, closing: str, line_end: str) -> None:
    made = document(loader, tmp_path, "\ufeff" + line_end.join(["---", "title: x", closing, "Text.", ""]))
    assert (made.title, made.text) == ("x", "Text.\n")


def test_load_counts_what_it_takes_out(loader: Loader, tmp_path: Path) -> None:
    loaded = load(
        loader, tmp_path, '---\ntitle: "a\\u202Eb"\n---\ne\u0301\u200b\u202e \U000e0041x\n', name="e\u0301.md"
    )
    assert isinstance(loaded, Loaded)
    assert (loaded.document.text, loaded.document.title, loaded.n_removed) == ("é x\n", "ab", 3)
    assert loaded.notes == ("3 invisible characters taken out.",)
    assert loaded.document.document_id == "corpus/é.md"


def test_load_names_the_encoding(loader: Loader, tmp_path: Path) -> None:
    loaded = load(loader, tmp_path, "Text in UTF-16.\n".encode("utf-16"), "a.txt")
    assert isinstance(loaded, Loaded)
    assert (loaded.document.text, loaded.document.format) == ("Text in UTF-16.\n", "text")
    assert loaded.notes == ("The text was read as UTF-16.",)


HEADINGS = """\
Before any heading.

# One *#* #
text
## Two
```
# in a fence
```
- ```sh
  # in a fence of a list
  ```
~~~~ text
~~~
## still inside
~~~~
### Three  ##
    # indented code

#no heading
####### no heading

Setext one
and its second line
===
Setext two
---
- item
---
> quote
---
1. item
lazy
---
para

---

# [Link](http://x) `code` \\# 日本語 #
#
"""


def test_load_finds_headings(loader: Loader, tmp_path: Path) -> None:
    made = document(loader, tmp_path, HEADINGS)
    assert [(section.level, section.path) for section in made.sections] == [
        (1, "One #"),
        (2, "One # › Two"),
        (3, "One # › Two › Three"),
        (1, "Setext one and its second line"),
        (2, "Setext one and its second line › Setext two"),
        (1, "Link code # 日本語"),
        (1, ""),
    ]
    lines = [made.text[section.start :].split("\n", 1)[0] for section in made.sections]
    assert lines == [
        "# One *#* #",
        "## Two",
        "### Three  ##",
        "Setext one",
        "Setext two",
        HEADINGS.splitlines()[-2],
        "#",
    ]
    ends = [section.end for section in made.sections]
    assert ends == [*(section.start for section in made.sections[1:]), len(made.text)]


def test_load_bounds_the_number_of_sections(loader: Loader, tmp_path: Path) -> None:
    made = document(loader, tmp_path, "# x\n" * 12_000)
    assert len(made.sections) == 10_000
    assert (made.sections[-1].start, made.sections[-1].end) == (4 * 9_999, 4 * 12_000)


PIECES = [
    "# ",
    "## ",
    "---",
    "===",
    "```",
    "~~~",
    "- ",
    "> ",
    "\n",
    "\n\n",
    "    ",
    "title: x",
    "\r\n",
    "\u200b",
    "\u202e",
]
PIECES += ["\u200b", "\u202e", "\U000e0041", "e\u0301", "か\u3099", "葛\U000e0100", "👩\u200d👧"]
MARKDOWN = st.lists(st.one_of(st.text(), st.sampled_from(PIECES)), max_size=30).map("".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=MARKDOWN)
def test_any_markdown_is_stored_clean(loader: Loader, tmp_path: Path, text: str) -> None:
    loaded = load(loader, tmp_path, text)
    if isinstance(loaded, FileReport):
        assert loaded.code in ("empty", "wrong_type", "front_matter")
        return
    made = loaded.document
    assert unicodedata.is_normalized("NFC", made.text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n" for char in made.text)
    assert not set(made.text) & set("\u200b\u202e\ufeff\U000e0041\xad")
    assert made.title == made.title.strip()
    position = 0
    for section in made.sections:
        assert position <= section.start < section.end <= len(made.text)
        assert section.start == 0 or made.text[section.start - 1] == "\n"
        assert section.path.endswith(section.heading)
        position = section.end


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    data=st.one_of(
        st.binary(max_size=3000), st.binary(max_size=300).map(lambda data: b"---\n" + data + b"\n---\nText.")
    ),
    name=st.sampled_from(["a.md", "a.markdown", "a.txt", "a.pdf", "A.PDF", "a.docx", "a"]),
)
def test_any_bytes_get_a_verdict(loader: Loader, tmp_path: Path, data: bytes, name: str) -> None:
    loaded = load(loader, tmp_path, data, name, "uploads")
    if isinstance(loaded, FileReport):
        assert loaded.verdict in ("skipped", "rejected")
        assert loaded.code
        assert loaded.reason
    else:
        assert loaded.document.text.strip()
