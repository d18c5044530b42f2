"""The chain: every way of calling gives the same answer, and what cannot be asked is refused before any work."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.documents import Document as LangChainDocument
from langchain_core.language_models import FakeListChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

from rag import Answer, Settings, create_chain, create_retriever, get_document
from rag.answer import Hit
from rag.chain import read_question, search
from rag.errors import IndexNotFoundError, QuestionError

QUESTION = "When did the Cabinet adopt the Basic Plan?"
NONSENSE = "Which striker won the football cup in Naples?"


@pytest.fixture(scope="module")
def chain(small_settings: Settings) -> Runnable[Any, Answer]:
    return create_chain(small_settings)


def _timeless(answer: Answer) -> dict[str, Any]:
    return answer.model_dump(exclude={"timings_ms"})


def _sum(parts: list[Answer]) -> Answer:
    total = Answer()
    for part in parts:
        total += part
    return total


def test_invoke_answers_with_a_quote_that_stands_in_the_document(
    chain: Runnable[Any, Answer], small_settings: Settings
) -> None:
    answer = chain.invoke(QUESTION)
    assert not answer.abstained
    assert answer.mode == "extractive"
    assert answer.question == answer.searched == QUESTION
    assert "23 December 2025" in answer.text
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        document = get_document(citation.document_id, small_settings)
        assert document.text[citation.start : citation.end] == citation.quote
        assert f"[{citation.number}]" in answer.text
    assert answer.timings_ms.search is not None
    assert answer.timings_ms.total is not None


def test_a_list_comes_with_its_introduction_as_one_quote(chain: Runnable[Any, Answer]) -> None:
    answer = chain.invoke("What are the four policies of the plan?")
    quote = next(citation.quote for citation in answer.citations if "four policies" in citation.quote)
    assert quote.startswith("The plan has four policies:")
    assert quote.endswith("- change society together with AI")


def test_every_way_of_calling_gives_the_same_answer(chain: Runnable[Any, Answer]) -> None:
    async def both() -> tuple[Answer, list[Answer]]:
        return await chain.ainvoke(QUESTION), [part async for part in chain.astream(QUESTION)]

    whole = _timeless(chain.invoke(QUESTION))
    awaited, streamed = asyncio.run(both())
    assert _timeless(chain.invoke({"question": QUESTION})) == whole
    assert _timeless(_sum(list(chain.stream(QUESTION)))) == whole
    assert [_timeless(answer) for answer in chain.batch([QUESTION, QUESTION])] == [whole, whole]
    assert _timeless(awaited) == whole
    assert _timeless(_sum(streamed)) == whole
    to_input: Runnable[str, dict[str, Any]] = RunnableLambda(lambda question: {"question": question})
    assert _timeless((to_input | chain).invoke(QUESTION)) == whole


def test_stream_tells_the_hits_before_the_text(chain: Runnable[Any, Answer]) -> None:
    parts = list(chain.stream(QUESTION))
    first_hits = next(i for i, part in enumerate(parts) if part.hits)
    first_text = next(i for i, part in enumerate(parts) if part.text)
    assert first_hits < first_text
    assert all(part.text == "" or part.citations or part.abstained for part in parts)


class _Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        self.heard.append((name, data))


class _AsyncListener(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    async def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        self.heard.append((name, data))


def test_callbacks_hear_how_sure_an_extract_is(chain: Runnable[Any, Answer]) -> None:
    invoked, streamed, nothing, awaited = _Listener(), _Listener(), _Listener(), _AsyncListener()
    chain.invoke(QUESTION, config={"callbacks": [invoked]})
    list(chain.stream(QUESTION, config={"callbacks": [streamed]}))
    chain.invoke(NONSENSE, config={"callbacks": [nothing]})
    asyncio.run(chain.ainvoke(QUESTION, config={"callbacks": [awaited]}))
    ((name, data),) = invoked.heard
    assert name == "kihon_confidence"
    assert streamed.heard == awaited.heard == invoked.heard
    ((_, low),) = nothing.heard
    assert 0.0 <= low["confidence"] < data["confidence"] <= 1.0


def test_answer_round_trips_through_json(chain: Runnable[Any, Answer]) -> None:
    answer = chain.invoke(QUESTION)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_what_the_documents_do_not_hold_is_said(chain: Runnable[Any, Answer]) -> None:
    answer = chain.invoke(NONSENSE)
    assert (answer.abstained, answer.reason, answer.citations) == (True, "off_topic", ())
    assert answer.text.startswith("The documents do not say")
    assert answer.hits
    japanese = chain.invoke("ナポリのピザ屋の名前は？")
    assert japanese.abstained
    assert japanese.text.startswith("文書には書かれていません")


def test_history_completes_a_follow_up(chain: Runnable[Any, Answer]) -> None:
    history = [("user", "What is the AI Act?"), ("assistant", "A law.")]
    answer = chain.invoke({"question": "When was it promulgated?", "chat_history": history})
    assert answer.question == "When was it promulgated?"
    assert answer.searched == "When was the AI Act promulgated?"
    assert "4 June 2025" in answer.text


def test_filter_limits_what_is_searched(chain: Runnable[Any, Answer]) -> None:
    answer = chain.invoke({"question": QUESTION, "filter": {"kind": "law"}})
    assert {hit.kind for hit in answer.hits} == {"law"}
    nothing = chain.invoke({"question": QUESTION, "filter": {"kind": "poem"}})
    assert (nothing.abstained, nothing.reason) == (True, "filtered_out")


def test_a_question_may_have_its_own_top_k(chain: Runnable[Any, Answer]) -> None:
    assert [len(chain.invoke({"question": QUESTION, "top_k": k}).hits) for k in (1, 2)] == [1, 2]


def test_a_question_may_leave_the_chat_model_out(small_settings: Settings) -> None:
    never = FakeListChatModel(responses=["The Basic Plan was written by a model. [1]"])
    chain = create_chain(small_settings, llm=never)
    history = [("user", "When did the Cabinet adopt the Basic Plan?"), ("assistant", "On 23 December 2025. [1]")]
    written = chain.invoke({"question": QUESTION, "chat_history": history})
    extract = chain.invoke({"question": QUESTION, "chat_history": history, "answerer": "extractive"})
    assert (written.mode, extract.mode) == ("llm", "extractive")
    assert "written by a model" in written.text
    assert _timeless(extract) == _timeless(
        create_chain(small_settings).invoke({"question": QUESTION, "chat_history": history})
    )


def test_empty_index_says_so(tmp_path: Path) -> None:
    from rag import build_index

    (tmp_path / "corpus").mkdir()
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    answer = create_chain(settings).invoke(QUESTION)
    assert (answer.abstained, answer.reason, answer.hits) == (True, "empty_index", ())


def test_missing_index_is_an_error_of_the_first_call(tmp_path: Path) -> None:
    chain = create_chain(Settings(index_dir=tmp_path / "none"))
    with pytest.raises(IndexNotFoundError, match="python -m rag index"):
        chain.invoke(QUESTION)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("  \n", "blank", id="blank"),
        pytest.param("a" * 4001, r"4,001 characters; at most 4,000", id="long"),
        pytest.param({"query": "When?"}, r"Unknown input 'query'; use answerer, chat_history, filter", id="key"),
        pytest.param({"chat_history": []}, "The question is missing", id="no-question"),
        pytest.param(["When?"], "not with a list", id="a-list"),
        pytest.param({"question": "When?", "filter": {"colour": "red"}}, "colour", id="filter"),
        pytest.param({"question": "When?", "top_k": 51}, "from 1 to 50, not 51", id="top_k"),
        pytest.param({"question": "When?", "top_k": True}, "from 1 to 50, not True", id="top_k-bool"),
        pytest.param({"question": "When?", "answerer": "llm"}, "'extractive', not 'llm'", id="answerer"),
    ],
)
def test_wrong_input_is_refused_before_any_work(value: Any, message: str, tmp_path: Path) -> None:
    # No index exists here: had any work begun, that would be the error.
    with pytest.raises(QuestionError, match=message):
        create_chain(Settings(index_dir=tmp_path / "none")).invoke(value)


def test_lone_surrogates_are_replaced() -> None:
    assert read_question("When\ud800?", Settings()).text == "When\ufffd?"


def test_another_retriever_can_be_used(small_settings: Settings) -> None:
    class OnlyTheLaw(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[LangChainDocument]:
            found = create_retriever(small_settings).invoke(query)
            unknown = LangChainDocument("Words.", metadata={"document_id": "corpus/no.md", "start": 0, "end": 6})
            return [unknown, *(document for document in found if document.metadata["kind"] == "law")]

    answer = create_chain(small_settings, retriever=OnlyTheLaw()).invoke("When was the AI Act promulgated?")
    assert {hit.document_id for hit in answer.hits} == {"corpus/act.md"}
    assert "4 June 2025" in answer.text


def test_search_ranks_from_one_and_stops_at_k(small_settings: Settings) -> None:
    hits = search(QUESTION, small_settings, k=2)
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].document_id == "corpus/plan.md"
    assert all(isinstance(hit, Hit) for hit in hits)
    assert all(a.score >= b.score for a, b in itertools.pairwise(hits))


async def test_cancelling_a_task_ends_its_work(chain: Runnable[Any, Answer]) -> None:
    task = asyncio.create_task(chain.ainvoke(QUESTION))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "23 December 2025" in (await chain.ainvoke(QUESTION)).text
