"""A deleted upload is gone: its words, search terms and vectors stand in no file of the index or data folder."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest

from rag import (
    Conversations,
    Settings,
    add_upload,
    build_index,
    create_chain,
    current,
    current_all,
    delete_document,
    list_documents,
    verify,
)
from rag.answer import Answer
from rag.embedding.model import EmbeddingModel
from rag.errors import CorpusError, UploadError
from rag.feedback.adding import add_case
from rag.feedback.case import Case
from rag.index.opening import Index, get_document
from rag.store.lock import writer_lock
from rag.store.reader import Store
from rag.vectors.chroma import ChromaVectors, discard

SECRET = "The vault of Zyxwortle opens with the word Quobblefrump."
WORDS = (b"Quobblefrump", b"quobblefrump", "黒曜石の合言葉".encode())
NAME = "uploads/secret.md"
DATA = f"# Zyxwortle\n\n{SECRET}\n\n黒曜石の合言葉は金庫を開ける。\n".encode()
QUESTION = "Which word opens the vault of Zyxwortle?"


@pytest.fixture
def settings(tmp_path: Path, corpus: Path, model: EmbeddingModel) -> Settings:
    """Settings of an index of the four documents and the secret one."""
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    assert add_upload("secret.md", DATA, settings).verdict == "added"
    return settings


def holding(settings: Settings, *wanted: bytes) -> set[str]:
    """The files of index and data folder that hold any of these bytes."""
    return {
        str(path.relative_to(folder))
        for folder in (settings.index_dir, settings.data_dir)
        for path in folder.rglob("*")
        if path.is_file() and any(part in path.read_bytes() for part in wanted)
    }


def vectors_of(settings: Settings, document_id: str) -> list[bytes]:
    """The vectors of a document's chunks and sentences, as they lie in files."""
    with Index.open(settings) as index:
        key = next(record.key for record in index.store.records() if record.document_id == document_id)
        chunks = index.store.chunks(index.store.chunk_keys(key))
    rows = [row for chunk in chunks for row in (chunk.vector, *chunk.sentence_vectors)]
    return [np.ascontiguousarray(row, dtype="<f4").tobytes() for row in rows]


@contextlib.contextmanager
def chroma_open(settings: Settings) -> Iterator[Index]:
    """The index as a page has it open, Chroma filled."""
    with Index.open(settings, long_lived=True) as index:
        assert isinstance(index.vectors, ChromaVectors)
        assert index.vectors.wait(60)
        yield index


def test_nothing_of_a_deleted_upload_is_left_in_any_file(settings: Settings) -> None:
    vectors = vectors_of(settings, NAME)
    with chroma_open(settings):
        pass
    before = holding(settings, *WORDS, *vectors)
    assert {"gen-1/kihon.sqlite3", "uploads/secret.md"} < before
    assert any("chroma" in name for name in before)
    assert delete_document(NAME, settings).left == ()
    assert holding(settings, *WORDS, *vectors) == set()
    assert [info.document_id for info in list_documents(settings) if info.root == "uploads"] == []
    with Store(settings.index_dir / "gen-1") as store:
        assert store.check() == []


def test_a_process_that_has_all_open_lets_go_of_it(settings: Settings) -> None:
    vectors = vectors_of(settings, NAME)
    with chroma_open(settings) as index:
        assert index.vectors.search(np.frombuffer(vectors[0], dtype="<f4"), 1)[0][1] > 0.99
        assert delete_document(NAME, settings).left == ()
        assert holding(settings, *WORDS, *vectors) == set()
        index.refresh()
        assert isinstance(index.vectors, ChromaVectors)
        assert index.vectors.wait(60)
        assert index.vectors.engine == "chroma"
        assert index.vectors.search(np.frombuffer(vectors[0], dtype="<f4"), 1)[0][1] < 0.99
        assert holding(settings, *WORDS, *vectors) == set()
    assert holding(settings, *WORDS, *vectors) == set()


def test_an_older_generation_in_use_is_cleaned_too(settings: Settings) -> None:
    vectors = vectors_of(settings, NAME)
    with Store(settings.index_dir / "gen-1") as reader:
        build_index(settings, rebuild=True)
        assert holding(settings, *WORDS) >= {"gen-1/kihon.sqlite3", "gen-2/kihon.sqlite3"}
        assert delete_document(NAME, settings).left == ()
        assert holding(settings, *WORDS, *vectors) == set()
        assert reader.document(NAME) is None
        assert reader.n_documents == 4


def test_an_answer_no_longer_knows_it(settings: Settings) -> None:
    chain = create_chain(settings)
    assert "Quobblefrump" in chain.invoke(QUESTION).text
    delete_document(NAME, settings)
    answer = chain.invoke(QUESTION)
    assert "Quobblefrump" not in answer.model_dump_json()
    with pytest.raises(CorpusError, match="No document"):
        get_document(NAME, settings)


def test_kept_conversations_and_cases_lose_its_words(settings: Settings) -> None:
    chain, kept = create_chain(settings), Conversations(settings)
    info = kept.create("me")
    answers = [chain.invoke(question) for question in (QUESTION, "When was the AI Act promulgated?")]
    assert "Quobblefrump" in answers[0].text
    for answer in answers:
        kept.append(info.id, "me", answer.question, answer)
    assert current(answers[0], settings) == {1: "stands"}
    add_case(QUESTION, settings, quotes=[SECRET], documents=[NAME])
    history = [("user", QUESTION), ("assistant", answers[0].text)]
    add_case("Why?", settings, is_unanswerable=True, given=answers[0].text, chat_history=history)
    act = add_case("When?", settings, quotes=["It has 28 articles and no penalties."], documents=["corpus/act.md"])
    assert holding(settings, *WORDS) > {"conversations.sqlite3", "cases.jsonl"}

    deletion = delete_document(NAME, settings)
    assert (deletion.n_answers, deletion.left) == (2, ())  # the second has it among its hits
    assert holding(settings, *WORDS) == set()
    first, second = kept.get(info.id, "me").turns
    assert current(first.answer, settings) == {1: "removed"}
    assert (first.answer.text, first.answer.citations[0].quote) == ("… [1]", "")
    assert current(second.answer, settings) == dict.fromkeys(range(1, len(second.answer.citations) + 1), "stands")
    assert verify(second.answer, settings).ok
    assert kept.listed("me", "quobblefrump") == []
    why, when = (
        Case.model_validate_json(line) for line in (settings.data_dir / "cases.jsonl").read_bytes().splitlines()
    )
    assert (why.question, why.feedback and why.feedback.answer) == ("Why?", "")
    assert why.chat_history == (("user", QUESTION), ("assistant", "…"))
    assert when == act


def test_what_an_edited_question_was_before_loses_its_words_too(settings: Settings) -> None:
    kept = Conversations(settings)
    info = kept.create("me")
    answer = create_chain(settings).invoke(QUESTION)
    first = kept.append(info.id, "me", QUESTION, answer)
    kept.replace(info.id, "me", first.id, "Anything?", Answer(text="No."))
    assert "conversations.sqlite3" in holding(settings, *WORDS)
    assert delete_document(NAME, settings).n_answers == 1
    assert holding(settings, *WORDS) == set()
    (turn,) = kept.get(info.id, "me").turns
    assert [one.answer.text for one in turn.replaced] == ["… [1]"]


def test_an_answer_kept_after_the_deletion_has_none_of_its_words(settings: Settings) -> None:
    """It was being answered while the document was deleted."""
    answer = create_chain(settings).invoke(QUESTION)
    delete_document(NAME, settings)
    kept = Conversations(settings)
    info = kept.create("me")
    turn = kept.append(info.id, "me", QUESTION, answer)
    assert turn == kept.get(info.id, "me").turns[0]
    assert turn.answer.text == "… [1]"
    assert kept.replace(info.id, "me", turn.id, QUESTION, answer).answer.text == "… [1]"
    assert holding(settings, *WORDS) == set()


def test_what_stands_changed_or_is_gone_is_told_apart(settings: Settings) -> None:
    chain = create_chain(settings)
    first = chain.invoke("When was the AI Act promulgated?")
    second = chain.invoke("How many hours of sun do tomatoes need?")
    assert set(current(first, settings).values()) == set(current(second, settings).values()) == {"stands"}
    act = settings.corpus_dir / "act.md"
    act.write_text(act.read_text("utf-8").replace("4 June", "5 June"), "utf-8")
    (settings.corpus_dir / "gardening.txt").unlink()
    build_index(settings)
    (changed, removed) = current_all([first, second], settings)
    assert changed[1] == "changed"
    assert removed[1] == "removed"
    assert current(Answer(), settings) == {}


def test_damaged_conversations_do_not_keep_it_from_being_deleted(settings: Settings) -> None:
    (settings.data_dir / "conversations.sqlite3").write_bytes(b"noise" * 1000)
    deletion = delete_document(NAME, settings)
    assert [one.code for one in deletion.left] == ["conversations"]
    assert "was set aside" in deletion.left[0].message
    assert holding(settings, *WORDS) == set()


def test_equal_texts_of_other_documents_stay(settings: Settings) -> None:
    add_upload("copy.txt", DATA, settings)
    delete_document(NAME, settings)
    with Index.open(settings) as index:
        assert index.store.check() == []
        assert index.store.document("uploads/copy.txt") is not None
    assert "gen-1/kihon.sqlite3" in holding(settings, *WORDS)


def _read_for_long(index_dir: Path, begun: Event, seconds: float) -> None:
    with Store(index_dir / "gen-1") as store, store._reading() as db:
        db.execute("SELECT count(*) FROM documents").fetchone()
        begun.set()
        time.sleep(seconds)


def test_a_reader_in_the_middle_of_a_question_is_waited_for(settings: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_read_for_long, args=(settings.index_dir, begun, 2.0))
    process.start()
    assert begun.wait(60)
    assert delete_document(NAME, settings).left == ()
    assert holding(settings, *WORDS) == set()
    process.join(30)
    assert process.exitcode == 0


def test_a_rejected_upload_can_be_deleted_too(settings: Settings) -> None:
    assert add_upload("bad.pdf", b"%PDF-1.7 nothing", settings).verdict == "rejected"
    delete_document("uploads/bad.pdf", settings)
    assert [path.name for path in (settings.data_dir / "uploads").iterdir()] == ["secret.md"]
    assert holding(settings, b"bad.pdf") == set()


def test_a_file_that_is_gone_already_leaves_the_index(settings: Settings) -> None:
    (settings.data_dir / "uploads" / "secret.md").unlink()
    delete_document(NAME, settings)
    assert holding(settings, *WORDS) == set()


@pytest.mark.parametrize(
    ("document_id", "code"),
    [
        ("corpus/act.md", "not_an_upload"),
        ("uploads", "not_an_upload"),
        ("uploads/", "missing"),
        ("uploads/none.md", "missing"),
        ("uploads/../../corpus/act.md", "missing"),
        ("uploads//etc/passwd", "missing"),
        ("uploads/link.md", "missing"),
        ("uploads/\ud800", "missing"),
    ],
)
def test_only_uploads_are_deleted(settings: Settings, document_id: str, code: str) -> None:
    (settings.data_dir / "uploads" / "link.md").symlink_to(settings.corpus_dir / "act.md")
    with pytest.raises(UploadError) as caught:
        delete_document(document_id, settings)
    assert caught.value.code == code
    assert len(list_documents(settings)) == 6
    assert (settings.corpus_dir / "act.md").exists()


def test_chroma_of_a_killed_process_is_thrown_away(settings: Settings) -> None:
    with chroma_open(settings):
        pass
    generation = settings.index_dir / "gen-1"
    (generation / "chroma.discard").touch()
    with chroma_open(settings) as index:  # opens another than the one that it was asked to throw away
        assert index.vectors.engine == "chroma"
        assert not (generation / "chroma.discard").exists()
    assert discard(generation)
    assert [path.name for path in generation.iterdir() if path.name.startswith("chroma")] == ["chroma.lock"]


def test_a_deletion_waits_visibly_and_can_be_taken_back(settings: Settings) -> None:
    holding_it, stages = threading.Event(), list[str]()

    def hold() -> None:
        with writer_lock(settings.index_dir):
            holding_it.set()
            time.sleep(0.6)

    def take_back(stage: str) -> None:
        stages.append(stage)
        raise KeyError(stage)

    holder = threading.Thread(target=hold)
    holder.start()
    holding_it.wait()
    with pytest.raises(KeyError):
        delete_document(NAME, settings, take_back)
    with pytest.raises(KeyError):
        delete_document(NAME, settings, lambda stage: take_back(stage) if stage == "delete" else None)
    holder.join()
    assert stages == ["wait", "delete"]
    assert (settings.data_dir / NAME).is_file()
    assert SECRET in get_document(NAME, settings).text
    assert delete_document(NAME, settings, stages.append).left == ()
    assert stages[2:] == ["delete"]
