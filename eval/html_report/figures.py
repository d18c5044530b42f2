"""A run's summary -> its part of the page: what the run is, measures with intervals, groups, the curve, failures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from eval.answers import MEASURES
from eval.html_report.charts import is_share, risk_chart, share_bar
from eval.html_report.markup import Markup, element, joined
from eval.recorded import RecordedRun
from eval.report import FAILURES
from eval.resampling import Estimate
from eval.selective import RiskCurve, risk_curve
from eval.summary import BY_GROUP, MEANINGS, Summary

_TILES = ("correct", "answer_match", "right_document", "quotes_verified", "false_premises_accepted", "latency_p50_ms")
_LOW = frozenset({measure.name for measure in MEASURES if measure.is_better_low} | {"AURC"})


def heading(run: RecordedRun) -> Markup:
    """The page's head: which run this is, and the settings that it was made with."""
    data = _mapping(run.config.get("data"))
    finished = run.config.get("finished") or _mapping(run.config.get("outcome")).get("finished")
    given = _mapping(run.config.get("cases")).get("rows")
    n_cases = given if isinstance(given, int) else 0
    n_fixed = len(run.results) - n_cases
    about = [
        f"{n_fixed} question{'' if n_fixed == 1 else 's'}" + (f" of {data['name']}" if data.get("name") else ""),
        f"{n_cases} case{'' if n_cases == 1 else 's'} of readers" if n_cases else "",
        f"finished {finished}" if finished else "",
    ]
    return element(
        "header",
        element("p", "Eval run", class_="over"),
        element("h1", run.name),
        element("p", " · ".join(part for part in about if part), class_="muted"),
        element(
            "details",
            element("summary", "Configuration"),
            element("pre", json.dumps(run.config, ensure_ascii=False, indent=2)),
        ),
    )


def tiles(summary: Summary) -> Markup:
    """The few figures to look at first."""
    return element(
        "dl",
        *(
            element(
                "div",
                element("dt", name),
                element("dd", figure(name, summary[name])),
                element("dd", interval(name, summary[name]), class_="muted"),
            )
            for name in _TILES
            if name in summary
        ),
        class_="tiles",
    )


def measures(summary: Summary) -> Markup:
    """Every measure over all rows, a line each."""
    rows = [_measure(name, estimate) for name, estimate in summary.items() if "/" not in name]
    return _section("measures", "Measures", _table(("Measure", "Value, 95 % interval", "Rows"), rows))


def groups(summary: Summary) -> Markup:
    """Some of them by kind, language and half."""
    names = [name.partition("/")[2] for name in summary if name.startswith(f"{BY_GROUP[0]}/")]
    if not names:
        return joined()
    rows = [_group(group, summary) for group in names]
    return _section("groups", "By kind, language and half", _table(("Group", *BY_GROUP, "Rows"), rows))


def confidence(run: RecordedRun) -> Markup:
    """The risk–coverage curve with what it says."""
    curve = risk_curve(run.results)
    return _section("confidence", "Risk and coverage", risk_chart(curve), *_explained(curve))


def failures(run: RecordedRun) -> Markup:
    """How often each failure is the gravest of its row."""
    counts = Counter(result.judgement.failures[0] for result in run.results if result.judgement.failures)
    if not counts:
        return _section("failures", "What failed", element("p", "Nothing did."))
    return _section(
        "failures",
        "What failed",
        element("p", "Each question under its gravest failure.", class_="muted"),
        element("ul", *(element("li", f"{n} × {failure(code)}") for code, n in counts.most_common())),
    )


def failure(code: str) -> str:
    """What a code of a failure means."""
    return FAILURES.get(code, code)


def figure(name: str, estimate: Estimate) -> str:
    """A value as people read it."""
    return _shown(name, estimate, estimate.value)


def interval(name: str, estimate: Estimate) -> str:
    """Its interval."""
    return f"{_shown(name, estimate, estimate.low)} – {_shown(name, estimate, estimate.high)}"


def _shown(name: str, estimate: Estimate, value: float) -> str:
    if is_share(name, estimate):
        return f"{value:.3f}"
    return f"{value:,.0f} ms" if name.endswith("_ms") else f"{value:,.4g}"


def _measure(name: str, estimate: Estimate) -> Markup:
    what = MEANINGS.get(name, "") + (" (lower is better)" if name in _LOW else "")
    return element(
        "tr",
        element("th", element("code", name), element("span", what, class_="what"), scope="row"),
        element(
            "td",
            element("b", figure(name, estimate)),
            " ",
            element("span", interval(name, estimate), class_="muted"),
            share_bar(estimate, name) if is_share(name, estimate) else joined(),
        ),
        element("td", str(estimate.n), class_="n"),
    )


def _group(group: str, summary: Summary) -> Markup:
    def cells() -> Iterator[Markup]:
        for name in BY_GROUP:
            estimate = summary.get(f"{name}/{group}")
            if estimate is None:
                yield element("td", "–")
            else:
                title = f"{name} {interval(name, estimate)}"
                yield element("td", figure(name, estimate), share_bar(estimate, f"{name}, {group}"), title=title)

    n = summary[f"{BY_GROUP[0]}/{group}"].n
    return element("tr", element("th", group, scope="row"), *cells(), element("td", str(n), class_="n"))


def _explained(curve: RiskCurve) -> Iterator[Markup]:
    yield element(
        "p",
        "Area under the curve ",
        element("b", f"{curve.area:.3f}"),
        f"; {curve.best_area:.3f} if every right answer came before the wrong ones. Answered: "
        f"{curve.answered:.1%} of the questions.",
    )
    ordered = (
        "how sure the answerer was"
        if curve.order == "confidence"
        else "the score of their best hit, because this run has no confidence of its answers"
    )
    yield element(
        "p",
        f"The risk is the share of wrong ones among the questions covered, ordered by {ordered}. Beyond the dashed "
        "line stand those that were not answered; to cover them counts as wrong.",
        class_="muted",
    )


def _section(id: str, title: str, *children: Markup) -> Markup:
    return element("section", element("h2", title, id=id), *children, aria_labelledby=id)


def _table(head: tuple[str, ...], rows: list[Markup]) -> Markup:
    cells = (element("th", name, scope="col") for name in head)
    table = element("table", element("thead", element("tr", *cells)), element("tbody", *rows))
    return element("div", table, class_="wide", tabindex=0, role="region", aria_label=head[0])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
