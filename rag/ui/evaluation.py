"""The evaluation page: a recorded run's measures, beside another one's, down to a single question."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from rag import RagError, Settings
from rag.index.description import IndexInfo
from rag.text.located import folded
from rag.ui import eval_runs
from rag.ui.component import mount_part
from rag.ui.eval_views import (
    Asked,
    asked_of,
    comparison_facts,
    gold_groups,
    measures_view,
    model_of,
    questions_view,
    run_facts,
    sure_differences,
)
from rag.ui.formatting import plain_text
from rag.ui.labels import Language, label
from rag.ui.troubles import Trouble, draw_trouble
from rag.ui.turns import Turn
from rag.ui.views import Look, turn_view

if TYPE_CHECKING:
    from eval import Comparison, RecordedRun

logger = logging.getLogger(__name__)

_PAGE_SIZE: Final = 25
_VERDICTS: Final = ("verdict_right", "verdict_wrong", "outcome_fixed", "outcome_broken")


def draw_evaluation(language: Language, settings: Settings, info: IndexInfo) -> None:
    """Choose a run, and one to compare it with; a fragment, as all that is chosen here concerns this page alone."""
    st.header(label(language, "page_evaluation"), anchor=False)
    places = eval_runs.find_runs(settings)
    if not places:
        st.info(label(language, "runs_none"), icon=":material/info:")
        return

    @st.fragment
    def draw() -> None:
        run_place, before_place = _choose(places, language)
        try:
            run = eval_runs.read(run_place)
            before = eval_runs.read(before_place) if before_place is not None else None
            comparison = eval_runs.compared(before_place, run_place) if before_place is not None else None
        except RagError as exc:
            draw_trouble(Trouble("error_run", str(exc)), language)
            return
        _draw_run(run, before, comparison, language)
        _draw_questions(run, comparison, language)

    draw()


def _choose(
    places: Sequence[eval_runs.RunPlace], language: Language
) -> tuple[eval_runs.RunPlace, eval_runs.RunPlace | None]:
    def name(i: int | None) -> str:
        if i is None:
            return label(language, "compare_none")
        place = places[i]
        return label(language, "run_baseline", name=place.name) if place.is_baseline else place.name

    with st.container(key="evaluation-controls", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            label(language, "run"), range(len(places)), key="evaluation-run", format_func=name, filter_mode=None
        )
        others = [None, *(i for i in range(len(places)) if i != chosen)]
        before = None
        if len(places) > 1:
            before = st.selectbox(
                label(language, "compare_with"), others, key="evaluation-before", format_func=name, filter_mode=None
            )
    return places[chosen or 0], places[before] if before is not None else None


def _draw_run(run: RecordedRun, before: RecordedRun | None, comparison: Comparison | None, language: Language) -> None:
    groups = [{"title": label(language, "run_about"), "rows": run_facts(run, language)}]
    if comparison is not None:
        groups.append({"title": label(language, "compare_found"), "rows": comparison_facts(comparison, language)})
    mount_part(key="evaluation-facts", data={"part": "facts", "groups": groups})
    sure = sure_differences(comparison)
    st.subheader(label(language, "measures"), anchor=False)
    st.caption(label(language, "measures_text"))
    mount_part(key="evaluation-first", data=measures_view(run, before, sure, language, which="first"))
    for which in ("groups", "others"):
        with st.expander(label(language, f"measures_{which}")):
            data = measures_view(run, before, sure, language, which=which)
            mount_part(key=f"evaluation-{which}", data=data)


def _draw_questions(run: RecordedRun, comparison: Comparison | None, language: Language) -> None:
    st.subheader(label(language, "questions"), anchor=False)
    asked = asked_of(run, comparison, eval_runs.bundled_questions())
    found = _filtered(asked, comparison is not None, language)
    picked = next((one for one in asked if one.id == st.query_params.get("question")), None)
    if picked is not None:
        _draw_question(picked, run, language)
    if not found:
        st.info(label(language, "questions_none"), icon=":material/search_off:")
    elif len(found) > _PAGE_SIZE and not st.session_state.get("evaluation-all"):
        _mount_questions(found[:_PAGE_SIZE], picked, language)
        st.button(
            label(language, "questions_all", n=len(found)),
            key="evaluation-more",
            on_click=lambda: st.session_state.update({"evaluation-all": True}),
        )
    else:
        _mount_questions(found, picked, language)


def _mount_questions(asked: Sequence[Asked], picked: Asked | None, language: Language) -> None:
    data = questions_view(asked, language, picked=picked.id if picked is not None else None)
    mount_part(key="evaluation-questions", data=data, on_pick=_pick)


def _pick(value: Any) -> None:
    """The browser names a question: only one of the run's own is ever shown."""
    st.query_params["question"] = str(value)


def _put_back() -> None:
    del st.query_params["question"]


def _filtered(asked: Sequence[Asked], is_compared: bool, language: Language) -> list[Asked]:
    with st.container(key="evaluation-filter", horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            label(language, "questions_search"), key="evaluation-search", type="search", live=True,
            placeholder=label(language, "questions_search_hint"),
        )  # fmt: skip
        verdict = st.pills(
            label(language, "column_verdict"),
            _VERDICTS if is_compared else _VERDICTS[:2],
            key="evaluation-verdict",
            format_func=lambda name: label(language, name),
        )
    holds: dict[str | None, Any] = {
        None: lambda one: True,
        "verdict_right": lambda one: one.correct,
        "verdict_wrong": lambda one: not one.correct,
        "outcome_fixed": lambda one: one.outcome == "fixed",
        "outcome_broken": lambda one: one.outcome == "broken",
    }
    parts = folded(words or "").split()
    return [one for one in asked if holds[verdict](one) and all(part in _text(one) for part in parts)]


def _text(one: Asked) -> str:
    return folded(f"{one.id} {one.row.question if one.row is not None else ''}")


def _draw_question(asked: Asked, run: RecordedRun, language: Language) -> None:
    result = next((result for result in run.results if result.row.id == asked.id), None)
    with st.container(key="evaluation-question", border=True):
        if result is not None and result.answer is not None:
            turn = Turn(
                question=asked.row.question if asked.row else asked.id,
                state="done",
                answer=result.answer,
                model=model_of(run),
            )
            look = Look(language=language)
            # A recorded answer is there to be read: nothing of the conversation's tools works on it.
            mount_part(key="evaluation-turn", data={**turn_view(turn, look, is_newest=False), "tools": {}})
        elif asked.row is not None:
            st.markdown(f"**{plain_text(asked.row.question)}**")
            if result is None:
                st.caption(label(language, "question_verdict_only"))
        data = {"part": "facts", "groups": gold_groups(asked, result, language)}
        mount_part(key="evaluation-gold", data=data)
        st.button(
            label(language, "question_close"),
            key="evaluation-close",
            icon=":material/close:",
            on_click=_put_back,
        )
