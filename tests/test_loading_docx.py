"""Word documents: paragraphs, headings, lists, tables; what is hidden, hostile or no Word document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx_files import STRICT, W, document, listed, packed, paragraph, run, styled, table
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.config import Settings
from rag.loading import Loaded, Loader
from rag.loading.docx import read
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.text import clean

LIMITS = Limits(max_pages=10, max_document_chars=2_000_000)


def text(body: str, namespace: str = W, **parts: str) -> str:
    return read(document(body, namespace, **parts), LIMITS).text.removesuffix("\n")


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(parse_memory_mb=512)) as made:
        yield made


def load(loader: Loader, folder: Path, data: bytes) -> Loaded | FileReport:
    (folder / "file.docx").write_bytes(data)
    return loader.load(folder / "file.docx", root="uploads", path="file.docx")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(paragraph("One") + paragraph("two"), "One\n\ntwo", id="paragraphs"),
        pytest.param("<w:p>" + run("a") + run("b") + "<w:r><w:br/><w:t>c</w:t></w:r></w:p>", "ab\nc", id="runs"),
        pytest.param(styled("a1", "A") + styled("a2", "B") + paragraph("c"), "# A\n\n## B\n\nc", id="headings"),
        pytest.param(styled("Heading2", "A"), "## A", id="heading without its style"),
        pytest.param(styled("Titel", "T") + styled("a1", "A"), "# T\n\n# A", id="title"),
        pytest.param(styled("ring", "a") + styled("none", "b"), "a\n\nb", id="odd styles"),
        pytest.param(paragraph("A", '<w:outlineLvl w:val="2"/>'), "### A", id="own level"),
        pytest.param(styled("TOC1", "A ..... 1") + paragraph("b"), "b", id="table of contents"),
        pytest.param(listed(1, 0, "a") + listed(1, 1, "b") + listed(1, 0, "c"), "- a\n    - b\n- c", id="list"),
        pytest.param(listed(2, 0, "a") + listed(2, 0, "b"), "3. a\n4. b", id="numbers"),
        pytest.param(styled("Bullets", "a"), "- a", id="list by style"),
        pytest.param(listed(0, 0, "a") + listed(99, 0, "b"), "a\n\nb", id="no list"),
        pytest.param(paragraph(run("10") + run("12", '<w:vertAlign w:val="superscript"/>')), "10¹²", id="raised"),
        pytest.param(table(("a", "b"), ("1|2", "-")), "| a | b |\n| 1｜2 | – |", id="table"),
        pytest.param(
            table(("a", "b"), ("1", "2"), header=True), "| a | b |\n| --- | --- |\n| 1 | 2 |", id="table with a head"
        ),
        pytest.param(
            "<w:tbl><w:tr><w:tc><w:p>" + run("a", "<w:b/>") + "</w:p></w:tc><w:tc><w:p>" + run("b", "<w:b/>")
            + "</w:p></w:tc></w:tr><w:tr><w:tc>" + paragraph("1") + "</w:tc><w:tc>" + paragraph("2")
            + "</w:tc></w:tr></w:tbl>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
            id="bold head",
        ),
        pytest.param(
            "<w:tbl><w:tr><w:tc>" + paragraph("a") + "</w:tc><w:tc>" + table(("b", "c")) + "</w:tc></w:tr></w:tbl>",
            "| a | b c |",
            id="table in a table",
        ),
        pytest.param("<w:sdt><w:sdtContent>" + paragraph("a") + "</w:sdtContent></w:sdt>", "a", id="content control"),
        pytest.param("<w:p><w:hyperlink>" + run("a") + "</w:hyperlink></w:p>", "a", id="link"),
        pytest.param("<w:p><w:ins>" + run("new") + "</w:ins></w:p>", "new", id="insertion"),
        pytest.param(
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" + paragraph("box")
            + "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>" + paragraph("box")
            + "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>" + run("rest") + "</w:p>",
            "box\n\nrest",
            id="text box once",
        ),
        pytest.param(
            "<w:p><w:r><w:ruby><w:rt>" + run("きほん") + "</w:rt><w:rubyBase>" + run("基本")
            + "</w:rubyBase></w:ruby></w:r></w:p>",
            "基本",
            id="reading",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("namespace", [W, STRICT], ids=["transitional", "strict"])
def test_read_gives_blocks(body: str, expected: str, namespace: str) -> None:
    assert text(body, namespace) == expected


@pytest.mark.parametrize(
    "secret",
    [
        "<w:p><w:del><w:r><w:delText>secret</w:delText></w:r></w:del></w:p>",
        "<w:p><w:moveFrom>" + run("secret") + "</w:moveFrom></w:p>",
        "<w:p>" + run("secret", "<w:vanish/>") + "</w:p>",
        "<w:p>" + run("secret", '<w:rStyle w:val="Unseen"/>') + "</w:p>",
        "<w:p><w:r><w:instrText>INCLUDETEXT secret</w:instrText></w:r></w:p>",
        "<w:object><o:x xmlns:o='urn:x'>secret</o:x></w:object>",
        "<w:altChunk xmlns:r='urn:r' r:id='secret'/>",
        "<!-- secret -->",
        "<?secret secret?>",
    ],
)
def test_what_is_hidden_or_no_text_is_left_out(secret: str) -> None:
    assert text(paragraph("before") + secret + paragraph("after")) == "before\n\nafter"


def test_shown_words_stay() -> None:
    assert text("<w:p>" + run("a", '<w:vanish w:val="0"/>') + run("b", '<w:vanish w:val="false"/>') + "</w:p>") == "ab"
    mark = "<w:p><w:pPr><w:rPr><w:vanish/><w:del/></w:rPr></w:pPr>" + run("c") + "</w:p>"
    assert text(mark) == "c"


def test_notes_and_properties(loader: Loader, tmp_path: Path) -> None:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Bericht  2026</dc:title></cp:coreProperties>'
    )
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator">{paragraph("---")}</w:footnote>'
        f"<w:footnote>{paragraph('A note below.')}</w:footnote></w:footnotes>"
    )
    body = styled("a1", "Plan") + paragraph("Die Ziele sind gesetzt und sie werden erreicht. " * 9)
    hidden = "<w:p>" + run("x", "<w:vanish/>") + "</w:p>"
    loaded = load(
        loader,
        tmp_path,
        document(body + hidden, docProps__core=core, word__footnotes=notes),
    )
    assert isinstance(loaded, Loaded), loaded
    made = loaded.document
    assert (made.title, made.language, made.format) == ("Bericht 2026", "de", "docx")
    assert made.text.endswith("\n\nA note below.\n")
    assert [(section.heading, section.start) for section in made.sections] == [("Plan", 0)]
    assert loaded.notes == ("1 hidden or deleted piece left out.",)


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Microsoft Word - draft.docx", "Real"), ("文書1", "Real"), ("", "Real"), ("The &amp; plan", "The & plan")],
)
def test_title_of_the_properties_where_it_says_something(title: str, expected: str) -> None:
    core = f'<p xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></p>'
    assert read(document(styled("Titel", "Real"), docProps__core=core), LIMITS).title == expected


def test_the_text_is_where_the_archive_says() -> None:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="/word/document2.xml"/></Relationships>'
    )
    xml = f'<w:document xmlns:w="{W}">{paragraph("here")}</w:document>'
    assert read(packed({"_rels/.rels": rels, "word/document2.xml": xml}), LIMITS).text == "here\n"


BOMB = f'<w:document xmlns:w="{W}">' + "<w:p/>" * 20_000_000
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f']><w:document xmlns:w="{W}"><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:document>'
)
OUTSIDE = (
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="{W}"><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:document>'
)
DEEP = f'<w:document xmlns:w="{W}">' + "<w:tbl><w:tr><w:tc>" * 5000


def twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("word/document.xml", "<b/>")
    return buffer.getvalue()


def lzma() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", "<a/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        pytest.param(lambda: packed({"word/document.xml": BOMB}), "too_long", "unpacks to more than 100 MB", id="bomb"),
        pytest.param(lambda: packed({"word/document.xml": LAUGHS}), "damaged", "document type", id="laughs"),
        pytest.param(lambda: packed({"word/document.xml": OUTSIDE}), "damaged", "document type", id="external"),
        pytest.param(lambda: document("", word__styles=OUTSIDE), "damaged", "document type", id="in styles"),
        pytest.param(lambda: packed({"word/document.xml": DEEP}), "damaged", "nested too deeply", id="deep"),
        pytest.param(lambda: packed({f"w/{n}": b"" for n in range(10_001)}), "too_long", "10,000 parts", id="parts"),
        pytest.param(lambda: packed({"word/document.xml": "<a><b></a>"}), "damaged", "breaks off", id="broken xml"),
        pytest.param(lambda: packed({"xl/workbook.xml": "<a/>"}), "wrong_type", "another kind of ZIP", id="xlsx"),
        pytest.param(lambda: packed({"../word/document.xml": "", "/etc/x": ""}), "wrong_type", "another", id="paths"),
        pytest.param(lambda: document(""), "empty", "no text", id="empty"),
        pytest.param(lambda: b"PK\x03\x04 nothing", "damaged", "no ZIP", id="broken zip"),
        pytest.param(lambda: document(paragraph("abc"))[:-40], "damaged", "no ZIP", id="cut off"),
        pytest.param(lambda: b"plain words", "wrong_type", "no ZIP", id="text"),
        pytest.param(lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "wrong_type", "old kind", id="doc"),
        pytest.param(
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted", "password", id="protected",
        ),
        pytest.param(twice, "damaged", "one name", id="twice"),
        pytest.param(lzma, "damaged", "does not use", id="lzma"),
    ],
)  # fmt: skip
def test_hostile_documents_are_refused(loader: Loader, tmp_path: Path, data: object, code: str, reason: str) -> None:
    assert callable(data)
    report = load(loader, tmp_path, data())
    assert isinstance(report, FileReport), report
    assert (report.verdict, report.code) == ("rejected", code)
    assert reason in (report.reason or "")


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(document(paragraph("words " * 1000)))
    at = data.rfind(b"PK\x01\x02", 0, data.find(b"word/document.xml", data.find(b"PK\x01\x02")))
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(Refused, match="damaged"):
        read(bytes(data), LIMITS)


def test_macros_and_other_parts_are_not_looked_at() -> None:
    data = packed(
        {
            "word/document.xml": f'<w:document xmlns:w="{W}">{paragraph("words")}</w:document>',
            "word/vbaProject.bin": b"Sub AutoOpen()",
            "word/../../../tmp/escape": b"x",
            "word/comments.xml": f'<w:comments xmlns:w="{W}">{paragraph("secret")}</w:comments>',
            "word/header1.xml": f'<w:hdr xmlns:w="{W}">{paragraph("secret")}</w:hdr>',
            "word/_rels/document.xml.rels": "not even XML",
        }
    )
    raw = read(data, LIMITS)
    assert raw.text == "words\n"
    assert raw.notes == ("It holds macros, which are not looked at.",)
    assert not Path("/tmp/escape").exists()


BODY = st.lists(
    st.one_of(
        st.text(st.sampled_from("ab #*_[]|->`\\~=.1日ー\u200b\u0301"), max_size=20).map(paragraph),
        st.sampled_from([styled("a1", "H"), styled("a2", "G"), listed(1, 1, "i"), listed(2, 0, "n")]),
        st.just(table(("x", "y"), ("", "-"))),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None)
@given(BODY)
def test_any_document_gives_a_sound_text(body: list[str]) -> None:
    raw: Raw = read(document(paragraph("x") + "".join(body).replace("->", "-&gt;").replace("=>", "=&gt;")), LIMITS)
    assert clean(raw.text) == (raw.text, 0)
    assert [raw.text[section.start :].split("\n")[0].lstrip("# ") for section in raw.sections] == [
        section.heading for section in raw.sections
    ]
