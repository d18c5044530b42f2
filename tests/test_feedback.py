"""A reader's correction becomes a case that the eval suite reads, or is refused with a reason; none is lost."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from eval.__main__ import main
from eval.cases import read_cases
from eval.dataset import DatasetError, Row, read_rows
from rag import Settings
from rag.answer import Answer
from rag.errors import CaseError, IndexNotFoundError, QuestionError
from rag.feedback import cases_file
from rag.feedback.adding import add_case
from rag.feedback.case import Case, GoldQuote

QUESTION = "When was the AI Act promulgated?"
QUOTE = "The AI Act was promulgated on 4 June 2025."
ACT = "corpus/act.md"


@pytest.fixture
def settings(small_settings: Settings, tmp_path: Path) -> Settings:
    """The index of the small corpus with a data folder of its own, not yet made."""
    return small_settings.model_copy(update={"data_dir": tmp_path / "data"})


def test_a_correction_becomes_a_row_of_the_suite(settings: Settings) -> None:
    case = add_case(
        QUESTION,
        settings,
        answers=[["4 June 2025", "2025年6月4日"]],
        documents=[ACT],
        quotes=["The AI Act was\n promulgated  on 4 June 2025."],
        forbidden=["2024"],
        given="In 2024. [1]",
        correction="It was 2025.",
        chat_history=[("user", "What is the AI Act?"), ("assistant", "A law.")],
        kind="date",
    )
    assert case.feedback is not None
    assert read_rows(settings.data_dir / "cases.jsonl") == [
        Row(
            id=case.id,
            question=QUESTION,
            chat_history=(("user", "What is the AI Act?"), ("assistant", "A law.")),
            language="en",
            kind="date",
            answerable=True,
            answers=(("4 June 2025", "2025年6月4日"),),
            documents=(ACT,),
            quotes=(GoldQuote(document_id=ACT, quote=QUOTE),),  # as the document has it
            forbidden=("2024",),
            feedback=case.feedback,
        )
    ]
    assert (case.feedback.answer, case.feedback.correction) == ("In 2024. [1]", "It was 2025.")


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        pytest.param({"answers": [["June"]], "correction": "It was June."}, (("June",),), id="facts"),
        pytest.param(
            {"correction": "It was June.", "quotes": [QUOTE], "documents": [ACT]},
            (("It was June.",),),
            id="correction",
        ),
        pytest.param({"quotes": [QUOTE], "documents": [ACT]}, ((QUOTE,),), id="quote"),
        pytest.param({"is_unanswerable": True, "correction": "Nowhere."}, (), id="nothing"),
    ],
)
def test_facts_are_what_is_said_most_exactly(
    settings: Settings, said: dict[str, Any], answers: tuple[tuple[str, ...], ...]
) -> None:
    case = add_case(QUESTION, settings, **said)
    assert (case.answers, case.answerable) == (answers, bool(answers))
    assert case.kind == ("fact" if answers else "unanswerable_near")


def test_language_is_that_of_the_question(settings: Settings) -> None:
    assert add_case("AI法はいつ公布されましたか。", settings, answers=[["6月"]]).language == "ja"
    assert add_case("罰則", settings, answers=[["なし"]]).language == "ja"
    assert add_case("Penalties?", settings, answers=[["none"]], language="ja").language == "ja"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({}, "Say what a right answer holds", id="nothing"),
        pytest.param({"documents": [ACT]}, "Say what a right answer holds", id="document alone"),
        pytest.param({"answers": [[]]}, "at least one wording", id="no wording"),
        pytest.param({"answers": [[" "]]}, r"answers\.0\.0", id="blank wording"),
        pytest.param({"is_unanswerable": True, "answers": [["x"]]}, "has no answers", id="contradiction"),
        pytest.param({"answers": [["x"]], "kind": "unanswerable_far"}, "is for unanswerable", id="kind"),
        pytest.param({"answers": [["x"]], "language": "fr"}, "language", id="language"),
        pytest.param({"quotes": [QUOTE]}, "without its document", id="no document"),
        pytest.param({"quotes": [" "], "documents": [ACT]}, "blank", id="blank quote"),
        pytest.param({"quotes": ["On 5 June."], "documents": [ACT]}, "does not stand in corpus/act.md", id="misquoted"),
        pytest.param({"quotes": [QUOTE], "documents": ["corpus/plan.md"]}, "does not stand in", id="elsewhere"),
        pytest.param({"correction": "x", "documents": ["corpus/none.md"]}, "No document 'corpus/none.md'", id="absent"),
        pytest.param({"correction": "x", "documents": ["\ud800"]}, "No document", id="surrogate id"),
        pytest.param({"correction": "x" * 200_000}, "at most 200,000 are kept", id="long"),
    ],
)
def test_what_is_no_case_is_refused_and_nothing_is_written(
    settings: Settings, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(CaseError, match=message):
        add_case(QUESTION, settings, **said)
    assert not (settings.data_dir / "cases.jsonl").exists()


@pytest.mark.parametrize("question", ["", " \n", "x" * 4001])
def test_what_is_no_question_is_refused(settings: Settings, question: str) -> None:
    with pytest.raises(QuestionError):
        add_case(question, settings, correction="x")


def test_documents_need_an_index(settings: Settings, tmp_path: Path) -> None:
    bare = settings.model_copy(update={"index_dir": tmp_path / "none"})
    with pytest.raises(IndexNotFoundError):
        add_case(QUESTION, bare, correction="x", documents=[ACT])
    assert add_case(QUESTION, bare, correction="x").answers == (("x",),)


def test_same_case_twice_is_kept_once(settings: Settings) -> None:
    first = add_case(QUESTION, settings, correction="4 June 2025")
    assert add_case(QUESTION, settings, correction="4 June 2025").id == first.id
    assert add_case(QUESTION, settings, correction="4 July 2025").id != first.id
    assert len(read_rows(settings.data_dir / "cases.jsonl")) == 2


def test_cut_off_line_swallows_no_case_and_is_named_by_the_reader(settings: Settings) -> None:
    settings.data_dir.mkdir()
    path = settings.data_dir / "cases.jsonl"
    path.write_bytes(b'{"id": "torn", "ques')
    case = add_case(QUESTION, settings, correction="x")
    assert json.loads(path.read_text("utf-8").split("\n")[1])["id"] == case.id
    with pytest.raises(DatasetError, match="line 1") as caught:
        read_rows(path)
    assert caught.value.line == 1


def test_full_disk_leaves_the_file_as_it_was(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add_case(QUESTION, settings, correction="x")
    path = settings.data_dir / "cases.jsonl"
    before = path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
    with pytest.raises(CaseError, match="cannot be written: the disk is full"):
        add_case(QUESTION, settings, correction="y")
    assert path.read_bytes() == before


def test_file_in_the_way_is_an_error(settings: Settings) -> None:
    settings.data_dir.write_text("no folder", "utf-8")
    with pytest.raises(CaseError, match="Give this user write access"):
        add_case(QUESTION, settings, correction="x")


def _add_many(settings: Settings, writer: int) -> None:
    for n in range(25):
        add_case(f"Question {n} of {writer}?", settings, correction="x" * 5000, given=f"{writer}")


def test_writers_at_the_same_time_lose_nothing(settings: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(settings, n)) for n in range(3)]
    for process in writers:
        process.start()
    for process in writers:
        process.join(120)
    assert [process.exitcode for process in writers] == [0, 0, 0]
    questions = sorted(row.question for row in read_rows(settings.data_dir / "cases.jsonl"))
    assert questions == sorted(f"Question {n} of {writer}?" for n in range(25) for writer in range(3))


@given(
    question=st.text(min_size=1, max_size=40).filter(str.strip),
    correction=st.text(min_size=1, max_size=40).filter(str.strip),
    given=st.text(max_size=40),
    wordings=st.lists(st.lists(st.text(max_size=9), max_size=2), max_size=2),
)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_kept_is_read(
    settings: Settings, question: str, correction: str, given: str, wordings: list[list[str]]
) -> None:
    (settings.data_dir / "cases.jsonl").unlink(missing_ok=True)
    try:
        case = add_case(question, settings, answers=wordings, correction=correction, given=given)
    except CaseError:
        return
    (row,) = read_rows(settings.data_dir / "cases.jsonl")
    assert row.model_dump() == case.model_dump()


def test_run_asks_cases_of_the_corpus_alone(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DatasetError, match="there is no case yet"):
        read_cases(settings)
    kept = [add_case(QUESTION, settings, correction="x"), add_case("Rain?", settings, is_unanswerable=True)]
    upload = kept[0].model_copy(update={"id": "upload", "documents": ("uploads/mine.md",)})
    cases_file.append_case(settings.data_dir, upload)
    with caplog.at_level(logging.WARNING, logger="eval"):  # a program run by another test may have raised the level
        assert [case.id for case in read_cases(settings)] == [case.id for case in kept]
    assert "1 of 3 cases are not asked" in caplog.text
    with pytest.raises(DatasetError, match=f"taken by other questions of this run: {kept[1].id}"):
        read_cases(settings, [Row(**kept[1].model_dump())])


def test_damaged_line_is_named_and_takes_no_other_case_with_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    kept = add_case(QUESTION, settings, correction="x")
    path = settings.data_dir / "cases.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + b"\n\n" + whole + b'\xff{"id": "\x1b[31m"}\n' + whole + b'{"id": "\\u001b"}\n')
    with caplog.at_level(logging.WARNING, logger="eval"):
        assert [case.id for case in read_cases(settings)] == [kept.id]
    messages = [record.getMessage() for record in caplog.records]
    named = ("line 1: Invalid JSON", "line 4: Invalid JSON", f"line 5: the id '{kept.id}' stands in", "line 6: ")
    assert len(messages) == len(named)
    for message, part in zip(messages, named, strict=True):
        assert message.startswith("This case is not asked: ")
        assert f"cases.jsonl, {part}" in message
        assert not {"\x1b", "\n"} & set(message)
    path.write_bytes(whole[:40])
    with pytest.raises(DatasetError, match=r"cases\.jsonl, line 1: "):
        read_cases(settings)
    path.write_bytes(b"\n")
    with pytest.raises(DatasetError, match="holds no case"):
        read_cases(settings)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def add(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`python -m eval add` over the small index and a data folder of its own."""
    monkeypatch.setenv("RAG_DATA_DIR", str(settings.data_dir))
    return lambda *argv: main(["add", "--index", str(settings.index_dir), *argv])


def test_command_keeps_what_it_prints(
    add: Callable[..., int], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--question", QUESTION, "--answer", "4 June 2025|2025年6月4日", "--document", ACT, "--quote", QUOTE]
    assert add(*argv, "--json") == 0
    (row,) = read_rows(settings.data_dir / "cases.jsonl")
    printed = capsys.readouterr()
    assert Case.model_validate_json(printed.out).model_dump() == row.model_dump()
    assert row.answers == (("4 June 2025", "2025年6月4日"),)
    assert printed.err == ""


def test_command_warns_of_a_fact_that_the_quotes_do_not_hold(
    add: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert add("--question", QUESTION, "--answer", "5 June", "--document", ACT, "--quote", QUOTE) == 0
    assert capsys.readouterr().err == "warning: '5 June' stands in none of the quotes.\n"


def test_command_takes_question_and_answer_from_a_saved_answer(
    add: Callable[..., int], settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.json"
    answer = Answer(question="When was it promulgated?", searched=QUESTION, text="The documents do not say.")
    file.write_text(answer.model_dump_json(), "utf-8")
    assert add("--from", str(file), "--correction", "On 4 June 2025.") == 0
    (row,) = read_rows(settings.data_dir / "cases.jsonl")
    assert row.feedback is not None
    assert (row.question, row.feedback.answer) == (QUESTION, "The documents do not say.")
    assert capsys.readouterr().out.startswith(f"{row.id}: {QUESTION}\n")


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        pytest.param([], 2, "Give the question", id="nothing"),
        pytest.param(["--question", " ", "--unanswerable"], 2, "blank", id="blank"),
        pytest.param(["--question", "x"], 1, "Say what a right answer holds", id="no fact"),
        pytest.param(["--from", "/nowhere.json", "--unanswerable"], 1, "Cannot read '/nowhere.json'", id="no file"),
        pytest.param(["--from", __file__, "--unanswerable"], 1, "not a saved answer", id="no answer"),
        pytest.param(["--question", "x", "--document", "a\x1b[31m", "--answer", "y"], 1, "No document", id="escape"),
    ],
)
def test_command_refuses_in_one_line(
    add: Callable[..., int], argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(*argv) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert "\x1b" not in line


def test_run_includes_cases_where_asked_to(add: Callable[..., int], small_settings: Settings, tmp_path: Path) -> None:
    assert add("--question", QUESTION, "--answer", "4 June 2025", "--document", ACT, "--quote", QUOTE) == 0
    data = tmp_path / "rows.jsonl"
    rain = Row(id="rain", question="Will it rain?", language="en", kind="unanswerable_far", answerable=False)
    data.write_text(rain.model_dump_json(), "utf-8")
    out = tmp_path / "out"
    run = ["run", "--data", str(data), "--corpus", str(small_settings.corpus_dir), "--out", str(out)]
    assert main([*run, "--cases"]) == 0
    questions = [json.loads(line)["row"]["question"] for line in (out / "rows.jsonl").read_text("utf-8").splitlines()]
    assert questions == ["Will it rain?", QUESTION]
    assert json.loads((out / "config.json").read_text("utf-8"))["cases"]["rows"] == 1
