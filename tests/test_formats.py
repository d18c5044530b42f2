"""Every format end to end: a folder with one file of each is indexed, answers, and every quote stands where it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from docx_files import document, listed, paragraph, styled, table
from langchain_core.runnables import Runnable

from rag import Answer, Settings, build_index, create_chain, get_document, verify
from rag.embedding.model import EmbeddingModel
from rag.loading import FORMATS
from rag.loading.formats import is_markdown

PAGE = """<!DOCTYPE html><html lang="en"><head><title>The harbour of Kobe</title>
<script>document.title = "Atlantis"</script></head><body><nav><a href="/">Atlantis</a></nav>
<main><h1>The harbour of Kobe</h1><p>The harbour of Kobe was opened to foreign trade on 1 January 1868.</p>
<p style="display:none">The harbour of Kobe was opened by pirates in Atlantis.</p>
<h2>Ships</h2><table><tr><th>Ship<th>Length<tr><td>Hikawa Maru<td>163 metres<tr><td>Nippon Maru<td>97 metres</table>
</main></body></html>"""
ROWS = "".join(f"Town {n},{n} bridges\n" for n in range(200))
OBJECTS = [
    {
        "title": "Lantern festival",
        "text": "The lantern festival of Nagasaki lasts fifteen days. It begins in February.",
    },
    {"title": "Snow festival", "place": {"city": "Sapporo", "park": "Odori"}, "visitors": "two million"},
    {
        "title": "Boat festival",
        "text": "The boats go down the river of Nikko by night. Each carries a hundred candles.",
    },
]
TEA = "宇治茶の歴史\n\n宇治茶の栽培は鎌倉時代に始まった。明恵上人が茶の種を植えたと伝えられている。\n"
SILK = "# 富岡製糸場\n\n富岡製糸場は明治五年に操業を始めた。フランスの技術が取り入れられた。\n"
CLOCK = "The Café Müller in Köln was founded in 1862 by Zoë Brüggemann – “a house of cakes”.\n"


def write(folder: Path) -> None:
    folder.mkdir()
    (folder / "harbour.html").write_text(PAGE, "utf-8")
    (folder / "report.docx").write_bytes(
        document(
            styled("Titel", "Annual report of the museum")
            + styled("a1", "Visitors")
            + paragraph("The museum counted 48,213 visitors in 2024.")
            + paragraph("The museum has three wings:")
            + listed(1, 0, "the east wing with ceramics")
            + listed(1, 0, "the west wing with armour")
            + table(("Wing", "Curator"), ("East", "Sato"), header=True)
        )
    )
    (folder / "bridges.csv").write_text(f"Town,Bridges\n{ROWS}Hiroshima,2700 bridges\n", "utf-8")
    (folder / "festivals.jsonl").write_text("\n".join(json.dumps(item) for item in OBJECTS), "utf-8")
    (folder / "茶.txt").write_bytes(TEA.encode("cp932"))
    (folder / "絹.md").write_bytes(SILK.encode("euc_jp"))
    (folder / "cafe.txt").write_bytes(CLOCK.encode("cp1252"))
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 no archive")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, model: EmbeddingModel) -> Settings:
    folder = tmp_path_factory.mktemp("formats")
    write(folder / "corpus")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    report = build_index(made)
    assert [(file.path, file.verdict, file.reason) for file in report.files] == [
        ("bridges.csv", "added", None),
        ("broken.docx", "rejected", "The file is named as a Word document but is no ZIP archive that can be read."),
        ("cafe.txt", "added", "The text was read as Windows-1252."),
        ("festivals.jsonl", "added", None),
        ("harbour.html", "added", "1 hidden part left out."),
        ("report.docx", "added", None),
        ("絹.md", "added", "The text was read as EUC-JP."),
        ("茶.txt", "added", "The text was read as Shift_JIS."),
    ]
    return made


@pytest.fixture(scope="module")
def chain(settings: Settings) -> Runnable[Any, Answer]:
    return create_chain(settings)


@pytest.mark.parametrize(
    ("question", "document_id", "said"),
    [
        ("When was the harbour of Kobe opened to foreign trade?", "corpus/harbour.html", "1 January 1868"),
        ("How long is the Hikawa Maru?", "corpus/harbour.html", "163 metres"),
        ("How many visitors did the museum count in 2024?", "corpus/report.docx", "48,213"),
        ("Which wings does the museum have?", "corpus/report.docx", "west wing with armour"),
        ("How many bridges does Hiroshima have?", "corpus/bridges.csv", "2700 bridges"),
        ("How many bridges does Town 137 have?", "corpus/bridges.csv", "137 bridges"),
        ("How many days does the lantern festival of Nagasaki last?", "corpus/festivals.jsonl", "fifteen days"),
        ("In which city is the snow festival?", "corpus/festivals.jsonl", "Sapporo"),
        ("宇治茶の栽培はいつ始まったか。", "corpus/茶.txt", "鎌倉時代"),
        ("富岡製糸場はいつ操業を始めたか。", "corpus/絹.md", "明治五年"),
        ("When was the Café Müller founded?", "corpus/cafe.txt", "1862"),
    ],
)
def test_each_format_answers_with_a_quote_that_stands_in_it(
    chain: Runnable[Any, Answer], settings: Settings, question: str, document_id: str, said: str
) -> None:
    answer = chain.invoke(question)
    assert not answer.abstained, answer
    assert said in answer.text
    assert "Atlantis" not in answer.text
    first = next(citation for citation in answer.citations if said in citation.quote)
    assert first.document_id == document_id
    for citation in answer.citations:
        assert get_document(citation.document_id, settings).text[citation.start : citation.end] == citation.quote
    assert verify(answer, settings).ok


def test_a_quoted_row_has_the_names_of_its_columns(chain: Runnable[Any, Answer]) -> None:
    (citation,) = chain.invoke("How many bridges does Hiroshima have?").citations
    assert citation.quote == "- Town: Hiroshima; Bridges: 2700 bridges."


def test_titles_and_sections_come_from_the_files(settings: Settings) -> None:
    found = {
        name: get_document(f"corpus/{name}", settings)
        for name in ("harbour.html", "report.docx", "bridges.csv", "festivals.jsonl")
    }
    assert {name: (made.title, made.language, made.format) for name, made in found.items()} == {
        "harbour.html": ("The harbour of Kobe", "en", "html"),
        "report.docx": ("Annual report of the museum", "en", "docx"),
        "bridges.csv": ("bridges", None, "csv"),
        "festivals.jsonl": ("festivals", "en", "jsonl"),
    }
    assert [section.path for section in found["report.docx"].sections] == ["Annual report of the museum", "Visitors"]
    assert [section.path for section in found["festivals.jsonl"].sections] == [
        "Lantern festival", "Snow festival", "Boat festival",
    ]  # fmt: skip


def test_formats_that_are_markdown() -> None:
    assert {known.name: is_markdown(known.name) for known in FORMATS} == {
        "markdown": True, "text": False, "pdf": False, "html": True, "docx": True, "csv": True, "jsonl": True,
    }  # fmt: skip
