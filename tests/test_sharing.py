"""Answers taken along: nothing in them acts, nothing of them is lost, and both languages are complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag import answer_markdown, answer_text, conversation_html, conversation_markdown, create_chain
from rag.answer import Answer, Citation, Conflict, Notice, Unsupported
from rag.config import Settings
from rag.conversations.values import Conversation, KeptTurn
from rag.sharing.labels import CATALOGUE, Language
from rag.sharing.markdown import escaped
from rag.sharing.parts import one_line, safe_url

EVIL = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://evil.example/p.png) <img src=x onerror=a()> "
    '"><svg/onload=a()> https://evil.example www.evil.example &lt;b&gt; `c` **b** '
    "me@evil.example mailto:me@evil.example @somebody "
    "[r]: https://evil.example \u202e\x1b[31m"
)
# The e-mail address of GFM's autolinks (6.9), a little more than that, and a mention of GitHub's.
_ADDRESS = re.compile(r"[A-Za-z0-9.+_-]@[A-Za-z0-9._-]|@[A-Za-z0-9]")
LANGUAGES: tuple[Language, ...] = ("en", "ja")


def citation(number: int, quote: str, **facts: object) -> Citation:
    return Citation.model_validate({
        "number": number, "document_id": "corpus/plan.md", "title": "The Plan", "publisher": "Cabinet", "kind": "plan",
        "date": "2025-12-23", "status": "in force", "section": "Plan › Budget", "page": 3, "start": 7,
        "end": 7 + len(quote), "quote": quote, "url": "https://www.example.go.jp/plan?a=1&b=2", "language": "en",
        **facts,
    })  # fmt: skip


ANSWER = Answer(
    question="What does it cost?",
    text="It costs one trillion yen. [1]\n- use AI\n- make AI [2]\nThat is all. [1]",
    citations=(citation(1, "It costs **one trillion** yen."), citation(2, "- use AI\n- make AI", page=None, url=None)),
    mode="extractive",
)
HOSTILE = Answer(
    question=EVIL,
    text=f"{EVIL} [1] [1](https://evil.example) [9]\n# {EVIL}\n1. {EVIL}\n    {EVIL}\n[1]: https://evil.example",
    citations=(
        citation(
            1, EVIL, **dict.fromkeys(("title", "publisher", "section", "kind", "status", "document_id"), EVIL),
            url="javascript:alert(1)", language='en" onload="a()',
        ),
    ),
    notices=(Notice(code="x", message=EVIL),),
    unsupported=(Unsupported(start=-5, end=10**9, code="uncited", detail=EVIL),),
    conflicts=(Conflict(subject=EVIL, citations=(1, 1)),),
    mode="llm",
)  # fmt: skip


def conversation(*answers: Answer, title: str = "Costs") -> Conversation:
    turns = tuple(
        KeptTurn(id=n, number=n, question=answer.question, answer=answer, asked="2026-08-01T09:30:00+00:00")
        for n, answer in enumerate(answers, start=1)
    )
    now = "2026-08-01T09:00:00+00:00"
    return Conversation(id="i", title=title, created=now, changed=now, n_turns=len(turns), turns=turns)


def flat(tokens: list[Token]) -> list[Token]:
    """All tokens, those inside others too."""
    return [inner for token in tokens for inner in (token, *flat(token.children or []))]


def rendered(markdown: str, flavour: str = "commonmark") -> list[Token]:
    """What a Markdown reader makes of a text, GitHub's tables and strikethrough included."""
    return flat(MarkdownIt(flavour, {"html": True}).enable(["table", "strikethrough"]).parse(markdown))


def runs_of_text(tokens: list[Token]) -> list[str]:
    """Text without elements inside it: in each GitHub looks for addresses, when backslashes and entities are gone."""
    runs = [""]
    for token in tokens:
        if token.type in ("text", "text_special"):
            runs[-1] += token.content
        else:
            runs.append("")
    return runs


class Elements(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(line=st.text(max_size=80) | st.text(alphabet="\\`*_{}[]()<>#+-.!|~$&^@:=wW1 a/x;\n", max_size=60))
@example("1. a")
@example("===")
@example("---")
@example("+ a")
@example("# a")
@example("    a")
@example("\\")
@example("a&copy;<b>")
@example("me@a.example, mailto:_me_@_a.example")
@example("0@.")
@example("@somebody @@a @\\a")
def test_escaped_markdown_shows_the_characters_and_nothing_else(line: str) -> None:
    line = one_line(line)
    tokens = rendered(escaped(line))
    known = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "html_inline"}
    assert {token.type for token in tokens} <= known
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<!-- -->"}
    assert "".join(runs_of_text(tokens)) == line.strip()
    assert not [run for run in runs_of_text(tokens) if _ADDRESS.search(run)]


def test_markdown_of_an_answer_reads_well() -> None:
    assert answer_markdown(ANSWER) == (
        "**Question:** What does it cost?\n\n"
        "It costs one trillion yen. [1]\n- use AI\n- make AI [2]\n\nThat is all. [1]\n\n"
        "**Sources**\n\n"
        "[1] **The Plan** · Cabinet · 2025-12-23 · Plan · In force · Plan › Budget · p. 3\n\n"
        "> It costs one trillion yen.\n\n"
        "corpus/plan.md:7-37 · [Original](<https://www.example.go.jp/plan?a=1&b=2>)\n\n"
        "[2] **The Plan** · Cabinet · 2025-12-23 · Plan · In force · Plan › Budget\n\n"
        "> \\- use AI  \n> \\- make AI\n\n"
        "corpus/plan.md:7-25\n"
    )


def test_plain_text_of_an_answer_reads_well() -> None:
    assert answer_text(ANSWER, "ja") == (
        "質問: What does it cost?\n\n"
        "It costs one trillion yen. [1]\n- use AI\n- make AI [2]\nThat is all. [1]\n\n"
        "出典\n"
        "[1] The Plan · Cabinet · 2025-12-23 · 計画 · 有効 · Plan › Budget · 3 ページ\n"
        "    “It costs one trillion yen.”\n"
        "    corpus/plan.md:7-37\n"
        "    https://www.example.go.jp/plan?a=1&b=2\n"
        "[2] The Plan · Cabinet · 2025-12-23 · 計画 · 有効 · Plan › Budget\n"
        "    “- use AI\n    - make AI”\n"
        "    corpus/plan.md:7-25\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flavour", ["commonmark", "default"])
def test_nothing_acts_in_hostile_markdown(language: Language, flavour: str) -> None:
    for markdown in (
        answer_markdown(HOSTILE, language),
        conversation_markdown(conversation(HOSTILE, title=EVIL), language),
    ):
        tokens = rendered(markdown, flavour)
        assert not {token.type for token in tokens} & {"html_block", "image", "link_open", "code_inline"}
        assert {token.content for token in tokens if token.type == "html_inline"} == {"<!-- -->"}
        assert not [run for run in runs_of_text(tokens) if _ADDRESS.search(run)]
        assert "<script>alert(1)</script>" in "".join(token.content for token in tokens if "text" in token.type)
        assert "\u202e" not in markdown
        assert "\x1b" not in markdown
        assert not re.search(r"(?<!\\)(?:https?:|www\.)", markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_acts_in_hostile_html(language: Language) -> None:
    page = Elements(conversation_html(conversation(HOSTILE, ANSWER, title=EVIL), language))
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "div", "section", "ol", "li",
        "a", "strong", "blockquote",
    }  # fmt: skip
    assert {tag for tag, _ in page.tags} == allowed
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "src"]
    links = {str(attributes["href"]) for tag, attributes in page.tags if tag == "a"}
    assert links == {"#t1-s1", "#t2-s1", "#t2-s2", "https://www.example.go.jp/plan?a=1&b=2"}
    anchors = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)
    assert page.tags[0] == ("html", {"lang": language})
    assert "<img src=x onerror=a()>" in page.text
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_a_removed_document_is_shown_as_such() -> None:
    gone = ANSWER.model_copy(update={"citations": (citation(1, ""), ANSWER.citations[1])})
    for text in (answer_markdown(gone), answer_text(gone), conversation_html(conversation(gone))):
        assert "The document was deleted" in text
    assert "文書は削除されました" in answer_text(gone, "ja")


def test_a_real_conversation_holds_every_quote(small_settings: Settings) -> None:
    chain = create_chain(small_settings)
    answers = [
        chain.invoke(question) for question in ("When was the AI Act promulgated?", "計画はいつ閣議決定されましたか。")
    ]
    kept = conversation(*answers)
    page = Elements(conversation_html(kept, "ja"))
    for text in (page.text, conversation_markdown(kept).replace("\\", "")):
        for answer in answers:
            assert answer.citations
            assert all(cited.quote in text and cited.title in text for cited in answer.citations)


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example", "http:", "https://",
     "https://a b", "https://a\nb", "https://a>b", 'https://a"b', "https://a(b)", "ftp://a", "https://user@a", "https://[",
     "https://a\u202eb", "file:///etc/passwd", " https://a"],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert safe_url(url) is None


def test_both_languages_are_complete() -> None:
    english, japanese = CATALOGUE["en"], CATALOGUE["ja"]
    assert english.keys() == japanese.keys()
    for key in english:
        assert re.findall(r"\{\w+\}", english[key]) == re.findall(r"\{\w+\}", japanese[key])
        assert japanese[key]
