"""A conversation -> one HTML file that needs nothing else: no script, no request, everything escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rag.answer import Answer, Citation
from rag.checking.marks import parse_marks
from rag.conversations.values import Conversation
from rag.sharing.labels import Language, label
from rag.sharing.parts import (
    answer_body,
    one_line,
    quote_lines,
    remarks,
    safe_url,
    source_facts,
    source_place,
    source_title,
)

_STYLE = """\
:root { color-scheme: light dark; --text: #1d2433; --back: #ffffff; --soft: #596273; --line: #d5d9e0;
  --link: #1d4f9f; --quote: #f3f5f9; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --back: #14181f; --soft: #a3acbb; --line: #39414e;
  --link: #8ab4f8; --quote: #1e242e; } }
body { margin: 0; background: var(--back); color: var(--text); line-height: 1.6;
  font-family: system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 0; } h3 { font-size: 1rem; }
a { color: var(--link); } .soft { color: var(--soft); font-size: .9rem; margin: .2rem 0; }
.text { white-space: pre-line; } ol { list-style: none; padding: 0; }
li { border-top: 1px solid var(--line); padding: .7rem 0; } li:target { outline: 2px solid var(--link); }
blockquote { margin: .5rem 0; padding: .5rem .8rem; background: var(--quote); border-left: 3px solid var(--link);
  white-space: pre-line; }
@media print { a { color: inherit; } }
"""
# What a file that was saved and opened years later may do: nothing but show itself.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def conversation_html(conversation: Conversation, language: Language = "en") -> str:
    """A conversation as a whole HTML document, light or dark as its reader's system is.

    Args:
        conversation: With the turns to show.
        language: Of the words around them.
    """
    title = escape(one_line(conversation.title) or label(language, "conversation"))
    turns = "\n".join(
        _turn(turn.number, turn.question, turn.asked, turn.answer, language) for turn in conversation.turns
    )
    return f"""\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="soft">{escape(label(language, "created", time=conversation.created))}</p>
{turns}
<p class="soft">{escape(label(language, "made_with"))}</p>
</main>
</body>
</html>
"""


def _turn(number: int, question: str, asked: str, answer: Answer, language: Language) -> str:
    parts = [
        f'<section aria-labelledby="q{number}">',
        f'<h2 id="q{number}">{escape(one_line(question))}</h2>',
        f'<p class="soft">{escape(label(language, "asked", time=asked))}</p>',
        f'<div class="text">{_marked(answer, number)}</div>',
        *(f'<p class="soft">{escape(remark)}</p>' for remark in remarks(answer, language)),
        *_sources(answer, number, language),
        "</section>",
    ]
    return "\n".join(parts)


def _marked(answer: Answer, turn: int) -> str:
    """The text with each mark that has a citation as a link to it."""
    text = answer_body(answer)
    known = {citation.number for citation in answer.citations}
    parts, at = [], 0
    for mark in parse_marks(text):
        numbers = [number for number in mark.numbers if number in known]
        if numbers:
            parts.append(escape(text[at : mark.start]))
            parts += [f'<a href="#t{turn}-s{number}">[{number}]</a>' for number in numbers]
            at = mark.end
    return "".join([*parts, escape(text[at:])])


def _sources(answer: Answer, turn: int, language: Language) -> Iterator[str]:
    if not answer.citations:
        return
    yield f"<h3>{escape(label(language, 'sources'))}</h3>"
    yield "<ol>"
    yield from (_source(citation, turn, language) for citation in answer.citations)
    yield "</ol>"


def _source(citation: Citation, turn: int, language: Language) -> str:
    facts = escape(" · ".join(source_facts(citation, language)))
    quote = escape("\n".join(quote_lines(citation.quote)))
    shown = f"<blockquote{_language(citation)}>{quote}</blockquote>" if quote else _soft(label(language, "removed"))
    place = escape(source_place(citation))
    if (url := safe_url(citation.url)) is not None:
        original = escape(label(language, "original"))
        place += f' · <a href="{escape(url)}" rel="noopener noreferrer nofollow">{original}</a>'
    return (
        f'<li id="t{turn}-s{citation.number}">[{citation.number}] <strong>{escape(source_title(citation))}</strong>'
        f'{f" · {facts}" if facts else ""}\n{shown}\n<p class="soft">{place}</p></li>'
    )


def _language(citation: Citation) -> str:
    return f' lang="{citation.language}"' if citation.language in ("en", "ja") else ""


def _soft(text: str) -> str:
    return f'<p class="soft">{escape(text)}</p>'
