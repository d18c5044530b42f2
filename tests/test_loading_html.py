"""HTML pages as documents: main text, headings, lists, tables; nothing that is active or hidden."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.config import Settings
from rag.loading import Loaded, Loader
from rag.loading.html import read
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.text import clean
from rag.text.markup import plain

KANA = "ひらがなのぶんしょうです。" * 3
LIMITS = Limits(max_pages=10, max_document_chars=2_000_000)


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(parse_memory_mb=1024)) as made:
        yield made


def page(body: str, head: str = "") -> Raw:
    return read(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(), LIMITS)


def text(body: str) -> str:
    return page(body).text.removesuffix("\n")


def load(loader: Loader, folder: Path, content: str | bytes) -> Loaded | FileReport:
    (folder / "page.html").write_bytes(content.encode() if isinstance(content, str) else content)
    return loader.load(folder / "page.html", root="uploads", path="page.html")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("<p>One</p><p>two <b>bold</b> <i>words</i>", "One\n\ntwo bold words", id="paragraphs"),
        pytest.param("<p>a<br>b<br><br>c", "a\nb\n\nc", id="line breaks"),
        pytest.param("<p>政府は\n 計画を\n決定した。", "政府は計画を決定した。", id="wrapped japanese"),
        pytest.param("<p>two\n  words&nbsp;&nbsp;here", "two words here", id="white space"),
        pytest.param("<p>caf&eacute; &lt;b&gt; &amp;amp; &#x65e5;", "café <b> &amp; 日", id="entities"),
        pytest.param("<h1>A</h1><p>x<h3>B <small>c</small></h3>y", "# A\n\nx\n\n### B c\n\ny", id="headings"),
        pytest.param("<ul><li>a<li>b</ul>", "- a\n- b", id="list"),
        pytest.param("<ol start=3><li>a<ul><li>b</ul><li>c", "3. a\n   - b\n4. c", id="nested lists"),
        pytest.param("<ul><li><p>a<p>b</ul>", "- a\n\n  b", id="paragraphs in an item"),
        pytest.param("<dl><dt>AI<dd>clever</dd><dt>ML</dl>", "- AI: clever\n- ML", id="definitions"),
        pytest.param(
            "<dl><dt>AI<dt>KI<dd>clever<dd><dd>quick<div><dt>ML<dd><ul><li>x<li>y</ul></div><dt>DL</dl>z",
            "- AI, KI: clever\n- AI, KI: quick\n- ML: x\n- y\n- DL\n\nz",
            id="shared definitions",
        ),
        pytest.param("<pre>a\n  b | c</pre>", "```\na\n  b | c\n```", id="code"),
        pytest.param("<blockquote><p>a</blockquote>b", "> a\n\nb", id="quotation"),
        pytest.param("<p>10<sup>12</sup> CO<sub>2</sub> n<sup>th</sup>", "10¹² CO₂ nth", id="raised figures"),
        pytest.param("<ruby>基本<rp>(</rp><rt>きほん</rt><rp>)</rp></ruby>計画", "基本計画", id="readings"),
        pytest.param(
            "<table><caption>Towns<tr><th>Town<th>People<tr><td>A|B<td>12<tr><td>-<td></table>",
            "Towns\n\n| Town | People |\n| --- | --- |\n| A｜B | 12 |\n| – |  |",
            id="table",
        ),
        pytest.param(
            "<table><tr><th>a<th colspan=2>b<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5</table>",
            "| a | b | b |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 1 | 4 | 5 |",
            id="spans",
        ),
        pytest.param("<table><tr><td><h2>A</h2>b<td><ul><li>c</ul></table>", "## A\n\nb\n\n- c", id="layout table"),
        pytest.param("<p># a<p>> b<p>| c |<p>---", "\\# a\n\n\\> b\n\n\\| c |\n\n\\---", id="signs of blocks"),
        pytest.param("<p>*d* [e](f) &#96;g&#96; 2*3", "\\*d\\* \\[e\\](f) \\`g\\` 2\\*3", id="signs of words"),
    ],
)  # fmt: skip
def test_read_gives_blocks(body: str, expected: str) -> None:
    assert text(body) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<!doctype html><title>T</title><main><h1>A</h1><p>b</main><footer>other</footer>", "# A\n\nb"),
        ("<title>T</title><nav>other</nav><header><h1>A</h1></header><p>b<footer>other</footer>", "# A\n\nb"),
        ("<html><head><meta charset=utf-8><title>T</title><article>a</article>tail<p>b", "a\n\ntail\n\nb"),
        ("<head><title>T</title><script>x</script><section>a</section><body>b<p>c", "a\n\nb\n\nc"),
    ],
    ids=["main", "header", "article", "body"],
)
def test_the_head_may_be_left_open(content: str, expected: str) -> None:
    raw = read(content.encode(), LIMITS)
    assert (raw.text.removesuffix("\n"), raw.title) == (expected, "T")


def test_a_long_table_is_written_row_by_row() -> None:
    rows = "".join(f"<tr><td>Town {n}<td>{n},000" for n in range(100))
    lines = text(f"<table><tr><th>Name<th>People{rows}</table>").split("\n")
    assert lines == [f"- Name: Town {n}; People: {n},000." for n in range(100)]


def test_headings_are_sections_and_title_and_language_are_known(loader: Loader, tmp_path: Path) -> None:
    loaded = load(
        loader,
        tmp_path,
        "<html lang='de-AT'><head><title> Der &quot;Plan&quot;\n heute</title>"
        "<meta property='article:published_time' content='2026-02-03T10:00:00Z'></head>"
        "<body><h1>Plan</h1><p>Kurz.</p><h2>Ziele</h2><p>" + "Die Ziele sind gesetzt und sie werden erreicht. " * 9,
    )
    assert isinstance(loaded, Loaded)
    document = loaded.document
    assert (document.title, document.language, document.date, document.format) == (
        'Der "Plan" heute', "de", "2026-02-03", "html",
    )  # fmt: skip
    assert [(section.path, document.text[section.start :][:8]) for section in document.sections] == [
        ("Plan", "# Plan\n\n"),
        ("Plan › Ziele", "## Ziele"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<main><p>wanted</main><p>other",
        "<div role=main>wanted</div><p>other",
        "<div hidden><main>not this, although it is longer</main></div><main>wanted</main>",
        "<template><main>not this</main></template><article>wanted words</article><p>x",
        "<nav>other</nav><header><ul role=navigation><li>other</ul></header><p>wanted<footer>other</footer>",
        "<div role=search>other</div><aside>other</aside>wanted<div role=contentinfo>other",
    ],
)
def test_main_text_is_taken(body: str) -> None:
    assert text(body).split()[0] == "wanted"
    assert "other" not in text(body)
    assert "not this" not in text(body)


@pytest.mark.parametrize(
    "secret",
    [
        "<script>secret</script>",
        "<script><!--<script>secret</script>--> secret</script>",
        "<SCRIPT type='text/plain'>secret</SCRIPT >",
        "<style>p:before{content:'secret'}</style>",
        "<!-- secret -->",
        "<!-- a --!> <!-- > secret -->",
        "<?php secret ?>",
        "<![CDATA[ secret ]]>",
        "<iframe src='https://example.org/'>secret</iframe>",
        "<iframe srcdoc='<p>secret</p>'></iframe>",
        "<object data='x'>secret</object><embed src=secret>",
        "<noscript>secret</noscript>",
        "<template><p>secret</p></template>",
        "<svg><text>secret</text><script>secret</script></svg>",
        "<img src=x onerror=\"alert('secret')\" alt='secret'>",
        "<p onclick='secret()' title='secret' data-x='secret'></p>",
        "<a href='javascript:secret()'></a><a href='data:text/html,secret'></a>",
        "<form action='/secret'><input value=secret><button>secret</button><textarea>secret</textarea></form>",
        "<select><option>secret</select>",
        "<p hidden>secret</p>",
        "<p aria-hidden=true>secret</p>",
        "<p style='color:red; DISPLAY : none'>secret</p>",
        "<p style='display:/* x */none'>secret</p>",
        "<p style='color: #FFF; margin: 0; background-color:#fff !important'>secret</p>",
        "<p style='background:white;color:white'>secret</p>",
        "<p style='color:transparent'>secret</p>",
        "<p style='visibility:hidden'>secret</p>",
        "<p style='font-size:0'>secret</p><p style='font-size:0px;color:red'>secret</p>",
        "<p style='opacity:0'>secret</p>",
        "<p style='position:absolute;left:-9999px'>secret</p>",
        "<div style='display:none'><div><p>secret</p></div> secret</div>",
        "<dialog>secret</dialog>",
        "<meta http-equiv=refresh content='0;url=https://secret'>",
        "<base href='https://secret/'><link rel=stylesheet href=secret>",
    ],
)  # fmt: skip
def test_what_is_active_or_hidden_is_left_out(secret: str) -> None:
    assert text(f"<p>before</p>{secret}<p>after</p>") == "before\n\nafter"


@pytest.mark.parametrize(
    "shown",
    [
        "<p style='font-size:0.9em'>shown</p>",
        "<p style='opacity:0.5'>shown</p>",
        "<p hidden=until-found>shown</p>",
        "<details><summary>shown</summary></details>",
        "<a href='https://example.org/x'>shown</a>",
        "<article><footer>shown</footer></article>",
    ],
)
def test_what_is_seen_stays(shown: str) -> None:
    assert text(f"<p>before {shown}").split() == ["before", "shown"]


def test_hidden_parts_are_counted_in_the_notes() -> None:
    assert page("<p>a<p hidden>b<p style='display:none'>c").notes == ("2 hidden parts left out.",)


def test_links_and_pictures_leave_no_address() -> None:
    shown = text("<a href='https://example.org/?q=1'>words</a> <img src='data:image/png;base64,AAAA'> <a>x</a>")
    assert shown == "words x"


def test_reading_asks_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError(f"a request: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "secret.txt").write_text("secret")
    raw = read(
        '<?xml version="1.0"?><!DOCTYPE html SYSTEM "http://127.0.0.1/x.dtd" ['
        f'<!ENTITY e SYSTEM "{tmp_path}/secret.txt">'
        f'<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><html><body><p>words &e; &b;'
        f'<iframe src="http://127.0.0.1/"></iframe><img src="file://{tmp_path}/secret.txt">'.encode(),
        LIMITS,
    )
    assert "words" in raw.text
    assert "secret" not in raw.text
    assert "hahaha" not in raw.text


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        ("<div>" * 100_000 + "x", "damaged", "nested too deeply"),
        ("<html><body><script>x</script></body></html>", "empty", "no text"),
        ("<!-- never closed " + "x" * 1000, "empty", "no text"),
        ("   ", "empty", "no text"),
        ("<p>a\0\1\2b", "wrong_type", "zero bytes"),
        (b"%PDF-1.7 rest", "wrong_type", "a PDF"),
        ("<p>" + "word " * 500_000, "too_long", "2,000,000 characters"),
    ],
    ids=["deep", "script", "comment", "space", "zero bytes", "pdf", "long"],
)
def test_hostile_pages_are_refused(
    loader: Loader, tmp_path: Path, content: str | bytes, code: str, reason: str
) -> None:
    report = load(loader, tmp_path, content)
    assert isinstance(report, FileReport)
    assert (report.verdict, report.code) == ("rejected", code)
    assert reason in (report.reason or "")


def test_cells_that_reach_far_are_refused_before_they_fill_the_memory() -> None:
    rows = "<table>" + "<tr><td rowspan=1000 colspan=100>long words here<td>y" * 5_000
    with pytest.raises(Refused, match="50,000 characters"):
        read(rows.encode(), Limits(max_pages=10, max_document_chars=50_000))


@pytest.mark.parametrize(
    "content",
    [
        "<p title='" + "a" * 10_500_000 + "'>words</p>",
        "<p style='" + "/*" * 5_000_000 + "'>words</p>",
        "<p>words" + "<!-" * 1_000_000,
        "<p>words</p><img src='data:image/png;base64," + "A" * 10_500_000 + "'>",
        "<ul><li>" * 900 + "words",
        "<table><tr><td>" * 600 + "words",
        "<p>words" + "<b>" * 1000,
        "<p>words" + "<aside>" * 500 + "<footer>x</footer>" * 10_000,
    ],
    ids=["attribute", "style", "comments", "data", "lists", "tables", "bold", "asides"],
)
def test_hostile_pages_give_their_words(loader: Loader, tmp_path: Path, content: str) -> None:
    loaded = load(loader, tmp_path, content)
    assert isinstance(loaded, Loaded), loaded
    assert "words" in loaded.document.text
    assert len(loaded.document.text) < 10_000


@pytest.mark.parametrize(
    ("content", "expected", "encoding"),
    [
        ("<meta charset=shift_jis><p>計画".encode("cp932"), "計画", "Shift_JIS"),
        ("<meta http-equiv=x content='text/html; charset=x-sjis'><p>計画".encode("cp932"), "計画", "Shift_JIS"),
        ("<?xml version='1.0' encoding='EUC-JP'?><html><p>計画".encode("euc_jp"), "計画", "EUC-JP"),
        ("<meta charset=iso-8859-1><p>café – “x”".encode("cp1252"), "café – “x”", "Windows-1252"),
        ("<meta charset=shift_jis><p>計画".encode(), "計画", None),
        (b"<meta charset=utf-16><p>plan", "plan", None),
        ("<p>計画".encode("utf-16"), "計画", "UTF-16"),
        (("<meta charset=shift_jis><p>" + KANA).encode("euc_jp"), KANA, "EUC-JP"),
    ],
    ids=["meta", "http-equiv", "xml", "latin", "lies, is utf-8", "utf-16 declared", "utf-16", "lies, is euc"],
)  # fmt: skip
def test_declared_encoding(content: bytes, expected: str, encoding: str | None) -> None:
    raw = read(content, LIMITS)
    assert raw.text.strip() == expected
    assert raw.notes == ((f"The text was read as {encoding}.",) if encoding else ())


@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "no-such-thing"])
def test_an_encoding_that_does_not_fit_is_refused(charset: str) -> None:
    with pytest.raises(Refused, match="cannot be told") as refused:
        read(f"<meta charset={charset}><p>".encode() + b"\xff\xfe\x80\x81 caf\x8e", LIMITS)
    assert refused.value.code == "encoding"


TAGS = ["p", "div", "h1", "h3", "ul", "li", "ol", "table", "tr", "td", "th", "b", "blockquote", "dl", "dt", "dd", "sup"]
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<br>", "<hr>", "\n"]),
    st.text(st.sampled_from("ab #*_[]()|->`\\~=.1日本ー\u200b\u0301&;"), max_size=12).map(
        lambda words: words.replace("&", "&amp;").replace(">", "&gt;")
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_any_page_gives_a_sound_text(pieces: list[str]) -> None:
    try:
        raw = read(("<p>x" + "".join(pieces)).encode(), LIMITS)
    except Refused as refused:
        assert refused.code == "empty"  # noqa: PT017 - a third outcome would be the defect
        return
    assert clean(raw.text) == (raw.text, 0)
    for section in raw.sections:
        assert re.match(r"#{1,6} ", raw.text[section.start :])
        assert raw.text[section.start - 1 : section.start] in ("", "\n")
    starts = [section.start for section in raw.sections]
    assert starts == sorted(set(starts))


@settings(deadline=None)
@given(st.text(st.sampled_from("ab #*_[]()|->`\\~=.1!<日本ー"), min_size=1, max_size=40).filter(str.strip))
def test_words_survive_as_they_are_shown(words: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    raw = read(f"<h2>x {escaped}</h2><p>x {escaped}".encode(), LIMITS)
    shown = " ".join(f"x {words}".split())
    assert plain(raw.text).split("\n\n") == [shown, shown]
    assert raw.sections[0].heading == shown
