"""Recorded eval runs -> the data that the evaluation page shows: measures, questions, what was wanted of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rag.ui.labels import Language, known_or_as_is, label

if TYPE_CHECKING:
    from eval import Comparison, RecordedRun, Result, Row

# The measures to look at first, in this order; the others stand under their own names.
_FIRST: Final = (
    *("correct", "answer_match", "fact_in_quotes", "right_document", "quotes_verified", "citation_recall"),
    *("abstention_f1_far", "abstention_f1_near", "false_premises_accepted", "true_twins_answered", "errors"),
)
_GROUPED: Final = "correct/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of a run, as the list shows it.

    Attributes:
        outcome: `fixed` or `broken` beside the run compared with, else `None`.
        row: The question with its gold, where known: a baseline keeps ids alone.
    """

    id: str
    correct: bool
    failures: tuple[str, ...] = ()
    outcome: str | None = None
    row: Row | None = None


def measures_view(
    run: RecordedRun, before: RecordedRun | None, sure: Mapping[str, str], language: Language, *, which: str
) -> dict[str, Any]:
    """A table of measures with their intervals as bars.

    Args:
        run: The run.
        before: The one it is compared with.
        sure: As `sure_differences` gives them.
        language: Language of the labels.
        which: `first`, `groups` (share of right answers by kind and language) or `others`.
    """
    rows = [
        {
            "name": _measure_name(name, language),
            "a": _figures(estimate),
            "b": _figures(before.summary[name]) if before is not None and name in before.summary else None,
            "tone": sure.get(name),
        }
        for name, estimate in _chosen(run.summary, which)
    ]
    columns = [label(language, f"column_{name}") for name in ("measure", "interval", "value", "rows")]
    return {
        "part": "measures",
        "columns": columns,
        "rows": rows,
        "names": [run.name, before.name] if before is not None else [run.name],
        "tones": {tone: label(language, f"difference_{tone}") for tone in ("better", "worse")},
    }


def sure_differences(comparison: Comparison | None) -> dict[str, str]:
    """Measures that differ for sure, each with `better` or `worse`."""
    tones = {one.measure: _tone(one) for one in comparison.differences} if comparison is not None else {}
    return {measure: tone for measure, tone in tones.items() if tone is not None}


def run_facts(run: RecordedRun, language: Language) -> list[list[str]]:
    """What a run was made with, name and value."""
    data, index = (_mapping(run.config.get(name)) for name in ("data", "index"))
    finished = run.config.get("finished") or _mapping(run.config.get("outcome")).get("finished")
    known = (
        ("run_questions", " · ".join(filter(None, (f"{len(run.verdicts):,}", str(data.get("name") or ""))))),
        ("run_answerer", " · ".join(filter(None, (run.answerer, model_of(run))))),
        ("run_documents", index.get("documents")),
        ("run_finished", str(finished or "")[:16].replace("T", " ")),
    )
    return [[label(language, name), str(value)] for name, value in known if value]


def model_of(run: RecordedRun) -> str:
    """Name of the chat model that a run asked, where its configuration says; else empty."""
    model = _mapping(run.config.get("settings")).get("chat_model") if run.answerer == "llm" else None
    return model if isinstance(model, str) else ""


def comparison_facts(comparison: Comparison, language: Language) -> list[list[str]]:
    """What two runs differ in, name and value."""
    return [
        [label(language, "compare_n"), f"{comparison.n:,}"],
        [label(language, "outcome_fixed"), f"{len(comparison.fixed):,}"],
        [label(language, "outcome_broken"), f"{len(comparison.broken):,}"],
        [label(language, "compare_p"), f"{comparison.p_value:.3g}"],
    ]


def asked_of(run: RecordedRun, comparison: Comparison | None, bundled: Mapping[str, Row]) -> list[Asked]:
    """The questions of a run, in their order."""
    results = {result.row.id: result for result in run.results}
    outcomes: dict[str, str] = {}
    if comparison is not None:
        outcomes = dict.fromkeys(comparison.fixed, "fixed") | dict.fromkeys(comparison.broken, "broken")
    return [
        Asked(
            id=id,
            correct=correct,
            failures=results[id].judgement.failures if id in results else (),
            outcome=outcomes.get(id),
            row=results[id].row if id in results else bundled.get(id),
        )
        for id, correct in run.verdicts.items()
    ]


def questions_view(asked: Sequence[Asked], language: Language, *, picked: str | None) -> dict[str, Any]:
    """The list of questions; one that is picked is marked."""
    return {
        "part": "questions",
        "columns": [label(language, f"column_{name}") for name in ("question", "kind", "verdict")],
        "rows": [
            {
                "id": one.id,
                "question": one.row.question if one.row is not None else one.id,
                "language": one.row.language if one.row is not None else None,
                "kind": _kind_name(one.row.kind, language) if one.row is not None else "",
                "verdict": verdict_view(one, language),
                "outcome": one.outcome and label(language, f"outcome_{one.outcome}"),
            }
            for one in asked
        ],
        "picked": picked,
    }


def verdict_view(asked: Asked, language: Language) -> dict[str, str]:
    """Right or wrong, and where known why."""
    if asked.correct:
        return {"text": label(language, "verdict_right"), "tone": "good"}
    reason = label(language, f"failure_{asked.failures[0]}") if asked.failures else label(language, "verdict_wrong")
    return {"text": reason, "tone": "warn"}


def gold_groups(asked: Asked, result: Result | None, language: Language) -> list[dict[str, Any]]:
    """What was wanted of a question, and how its answer was judged: groups of facts."""
    groups: list[dict[str, Any]] = []
    verdict = [
        verdict_view(asked, language)["text"],
        *(label(language, f"failure_{code}") for code in asked.failures[1:]),
    ]
    rows = [[label(language, "column_verdict"), " · ".join(verdict)], [label(language, "question_id"), asked.id]]
    if result is not None:
        rows.append([label(language, "question_took"), f"{result.latency_ms:,.0f} ms"])
        rows += [[label(language, "question_error"), result.error]] if result.error else []
    groups.append({"title": label(language, "question_judged"), "rows": rows})
    if asked.row is None:
        return groups
    row = asked.row
    if not row.answerable:
        wanted = [[label(language, "gold_fact"), label(language, "gold_abstain")]]
    else:
        found = {fact.fact: fact for fact in result.judgement.facts} if result is not None else {}
        wanted = [[label(language, "gold_fact"), _fact(words, found, language)] for words in row.answers]
    wanted += [[label(language, "gold_forbidden"), text] for text in row.forbidden or ()]
    wanted += [[gold.document_id, f"“{gold.quote}”"] for gold in row.quotes]
    groups.append({"title": label(language, "question_gold"), "rows": wanted})
    return groups


def _fact(words: Sequence[str], found: Mapping[str, Any], language: Language) -> str:
    """A fact's wordings, and where it was found."""
    fact = found.get(words[0])
    text = " / ".join(words)
    if fact is None:
        return text
    places = [
        name
        for name, is_there in (("quotes", fact.in_quotes), ("text", fact.in_text), ("hits", fact.in_hits))
        if is_there
    ]
    return f"{text} — {label(language, f'fact_in_{places[0]}' if places else 'fact_nowhere')}"


def _chosen(summary: Mapping[str, Any], which: str) -> list[tuple[str, Any]]:
    if which == "first":
        return [(name, summary[name]) for name in _FIRST if name in summary]
    if which == "groups":
        return [(name, estimate) for name, estimate in summary.items() if name.startswith(_GROUPED)]
    return [(name, estimate) for name, estimate in summary.items() if "/" not in name and name not in _FIRST]


def _measure_name(name: str, language: Language) -> str:
    group = name.removeprefix(_GROUPED)
    if group != name:
        key, _, value = group.partition("=")
        return known_or_as_is(language, key, value) if key == "language" else _kind_name(value, language)
    return known_or_as_is(language, "measure", name)


def _kind_name(kind: str, language: Language) -> str:
    return known_or_as_is(language, "asked", kind)


def _figures(estimate: Any) -> dict[str, Any]:
    """A measure as text, and as shares of the bar's length where it is a share."""
    is_share = 0 <= estimate.value <= 1 and estimate.low >= 0 and estimate.high <= 1
    digits = 2 if is_share else 1
    interval = f"{estimate.low:.{digits}f}–{estimate.high:.{digits}f}"
    share = {"value": estimate.value, "low": estimate.low, "high": estimate.high} if is_share else None
    return {"text": f"{estimate.value:.{digits}f}", "interval": interval, "n": f"{estimate.n:,}", "share": share}


def _tone(difference: Any) -> str | None:
    if not (difference.low > 0 or difference.high < 0):
        return None
    return "better" if (difference.difference > 0) != difference.is_better_low else "worse"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
