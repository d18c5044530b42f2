"""Results -> the table of questions: each with its answer, its quotes in their passages, what was wanted, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from eval.dataset import Row
from eval.html_report.figures import failure
from eval.html_report.markup import Markup, element, joined
from eval.judging import FactFound, Result
from rag.answer import Answer, Citation, Hit
from rag.text.markup import plain

_AROUND_CHARS = 240
_NEAREST = 3


def questions(results: Sequence[Result]) -> Markup:
    """The table with the controls that filter it; without scripts the controls stay hidden and all rows are there."""
    head = element("tr", *(element("th", name, scope="col") for name in ("Verdict", "Question", "Answer", "Wanted")))
    return element(
        "section",
        element("h2", "Questions", id="questions"),
        _filters(results),
        element("table", element("thead", head), *map(_question, results), class_="questions"),
        element("p", "No question matches. Change the filters, or reset them.", id="none", hidden=True),
        aria_labelledby="questions",
    )


def _filters(results: Sequence[Result]) -> Markup:
    codes = Counter(code for result in results for code in result.judgement.failures)
    n_right = sum(result.judgement.correct for result in results)
    verdicts = [("right", f"right ({n_right})"), ("wrong", f"wrong ({len(results) - n_right})")]
    verdicts += [(f"failure {code}", f"{failure(code)} ({n})") for code, n in codes.most_common()]
    return element(
        "div",
        _select("language", "Language", _values(results, lambda row: row.language)),
        _select("kind", "Kind", _values(results, lambda row: row.kind)),
        _select("verdict", "Verdict", verdicts),
        element("label", "Text", element("input", type="search", id="text", placeholder="words in any order")),
        element("button", "Reset", type="button", id="reset"),
        element("button", "Open all", type="button", id="open"),
        element("output", f"{len(results)} of {len(results)} questions", id="count", aria_live="polite"),
        id="filters",
        role="search",
        hidden=True,
    )


def _values(results: Sequence[Result], of: Callable[[Row], str]) -> list[tuple[str, str]]:
    counts = Counter(of(result.row) for result in results)
    return [(value, f"{value} ({n})") for value, n in sorted(counts.items())]


def _select(name: str, label: str, options: Sequence[tuple[str, str]]) -> Markup:
    choices = [element("option", "all", value="", selected=True)]
    choices += [element("option", shown, value=value) for value, shown in options]
    return element("label", label, element("select", *choices, id=name))


def _question(result: Result) -> Markup:
    row = result.row
    return element(
        "tbody",
        element(
            "tr",
            element("td", _verdict(result), data_label="Verdict"),
            element("th", _asked(row), scope="row"),
            element("td", _answer(result), data_label="Answer"),
            element("td", _wanted(result), data_label="Wanted"),
        ),
        data_language=row.language,
        data_kind=row.kind,
        data_verdict="right" if result.judgement.correct else "wrong",
        data_failures=" ".join(result.judgement.failures),
        class_="right" if result.judgement.correct else "wrong",
    )


def _verdict(result: Result) -> Markup:
    about = f"{result.latency_ms:,.0f} ms"
    if result.confidence is not None:
        about += f" · confidence {result.confidence:.2f}"
    return joined(
        element("strong", "right" if result.judgement.correct else "wrong", class_="badge"),
        _list([failure(code) for code in result.judgement.failures], "why"),
        element("p", about, class_="muted"),
    )


def _asked(row: Row) -> Markup:
    return joined(
        *(_said(f"{role}: {text}", "history") for role, text in row.chat_history),
        element("p", row.question, class_="question", lang=row.language, dir="auto"),
        element("p", element("code", row.id), f" · {row.kind} · {row.language}", class_="muted"),
    )


def _answer(result: Result) -> Markup:
    answer = result.answer
    if answer is None:
        return element("p", f"The program failed: {result.error or 'no reason given'}", class_="failed")
    parts = [element("p", *_flawed(answer), class_="answer", lang=result.row.language, dir="auto")]
    if answer.abstained:
        parts.append(element("p", f"Abstained: {answer.reason or 'no reason given'}", class_="muted"))
    parts += [_said(f"{notice.code}: {notice.message}", "notice") for notice in answer.notices]
    parts += [_said(f"{problem.code}: {problem.message}", "notice") for problem in result.problems]
    if answer.citations:
        quotes = [_quote(citation, answer.hits) for citation in answer.citations]
        parts.append(_details(f"Quotes ({len(quotes)})", *quotes))
    elif answer.hits:
        parts.append(_details("Nearest passages", *map(_nearest, answer.hits[:_NEAREST])))
    return joined(*parts)


def _flawed(answer: Answer) -> Iterator[Markup]:
    """The answer's text with what its quotes do not carry marked."""
    at = 0
    for flaw in sorted(answer.unsupported, key=lambda flaw: (flaw.start, flaw.end)):
        start, end = max(at, flaw.start), min(flaw.end, len(answer.text))
        if start < end:
            yield joined(answer.text[at:start])
            yield element("mark", answer.text[start:end], class_="flaw", title=flaw.detail)
            at = end
    yield joined(answer.text[at:])


def _quote(citation: Citation, hits: Sequence[Hit]) -> Markup:
    """A quote, marked inside the passage that it was found in where the answer still has that."""
    before, after = _around(citation, hits)
    about = [citation.title, citation.date, citation.status, citation.section]
    about.append(f"p. {citation.page}" if citation.page is not None else None)
    return element(
        "figure",
        element(
            "figcaption",
            element("b", f"[{citation.number}] "),
            " · ".join(part for part in about if part),
            " ",
            element("code", f"{citation.document_id}:{citation.start}-{citation.end}"),
        ),
        element("blockquote", before, element("mark", citation.quote), after, lang=citation.language, dir="auto"),
    )


def _around(citation: Citation, hits: Sequence[Hit]) -> tuple[str, str]:
    for hit in hits:
        if hit.document_id == citation.document_id and hit.start <= citation.start and citation.end <= hit.end:
            start, end = citation.start - hit.start, citation.end - hit.start
            if hit.text[start:end] == citation.quote:
                before, after = hit.text[:start], hit.text[end:]
                return (
                    before if len(before) <= _AROUND_CHARS else f"…{before[-_AROUND_CHARS:]}",
                    after if len(after) <= _AROUND_CHARS else f"{after[:_AROUND_CHARS]}…",
                )
    return "", ""


def _nearest(hit: Hit) -> Markup:
    text = plain(hit.text)
    text = text if len(text) <= 2 * _AROUND_CHARS else f"{text[: 2 * _AROUND_CHARS]}…"
    caption = element("figcaption", f"{hit.rank}. {hit.title} ", element("code", hit.document_id))
    return element("figure", caption, element("blockquote", text, lang=hit.language, dir="auto"))


def _wanted(result: Result) -> Markup:
    row, judgement = result.row, result.judgement
    if not row.answerable:
        parts = [element("p", "The documents do not say.")]
    else:
        wordings = [" / ".join(words) for words in row.answers]
        facts = [
            element("li", element("b", "found" if fact.in_text else "missing"), element("span", words, _where(fact)))
            for fact, words in zip(judgement.facts, wordings, strict=False)
        ]
        parts = [element("ul", *facts, class_="facts")]
    parts += [_said(f"must not hold: {text}", "bad" if text in judgement.forbidden else "") for text in row.forbidden]
    if row.documents:
        documents = element("p", *(element("code", f"{name} ") for name in row.documents))
        gold = [element("blockquote", quote.quote, dir="auto") for quote in row.quotes]
        parts.append(_details(f"Documents ({len(row.documents)})", documents, *gold))
    if row.feedback is not None:
        said = [_said(f"{name}: {text}", "") for name, text in row.feedback if name != "added" and text]
        parts.append(_details("A reader's correction", *said))
    return joined(*parts)


def _where(fact: FactFound) -> Markup:
    if fact.in_text:
        return joined() if fact.in_quotes else element("span", " not in its own quote", class_="muted")
    return element("span", " retrieved, not chosen" if fact.in_hits else " not retrieved", class_="muted")


def _details(title: str, *children: Markup) -> Markup:
    return element("details", element("summary", title), *children)


def _list(items: Sequence[str], class_: str) -> Markup:
    return element("ul", *(element("li", item) for item in items), class_=class_) if items else joined()


def _said(text: str, class_: str) -> Markup:
    return element("p", text, class_=class_ or None, dir="auto")
