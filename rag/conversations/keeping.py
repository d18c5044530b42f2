"""`Conversations`: kept in the data folder's SQLite file, each for its owner alone."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import sqlite3

from pydantic import ValidationError

from rag.answer import Answer, Notice
from rag.config import Settings
from rag.conversations.file import ConversationsFile
from rag.conversations.forgetting import without_document
from rag.conversations.values import Conversation, ConversationInfo, KeptTurn, Rating, Replaced
from rag.errors import ConversationError
from rag.loading.files import find_file
from rag.text.located import folded
from rag.text.markup import plain
from rag.text.surrogates import without_surrogates

MAX_TITLE_CHARS = 200
MAX_ANSWER_BYTES = 2_000_000
MAX_OWNER_CHARS = 1000
MAX_REPLACED = 20
_MAX_SEARCH_CHARS = 200
_DEFAULT_TITLE_CHARS = 80

_INFO = (
    "SELECT c.id, c.title, c.created, c.changed, (SELECT count(*) FROM turns t WHERE t.conversation = c.key) "
    "FROM conversations c WHERE c.owner = ?"
)


class Conversations:
    """The conversations of a data folder. Safe to share between threads; several processes may use one folder.

    An owner is any string that tells one reader from another: the id of a browser's session, a login. Who is not the
    owner of a conversation is told that there is none.

    Raises:
        ConversationError: From any method: `missing` (there is none of that id, or another owner's), `too_many`,
            `too_long`, `busy`, `unwritable`, `version`, or `damaged` (the file has been set aside, and the next call
            begins a new one).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = ConversationsFile(settings.data_dir)

    def create(self, owner: str, title: str = "") -> ConversationInfo:
        """Begin a conversation. Without a title it gets that of its first question."""
        now = _now()
        info = ConversationInfo(id=secrets.token_urlsafe(16), title=_title(title), created=now, changed=now, n_turns=0)
        with self._file.writing() as db:
            n_kept = db.execute("SELECT count(*) FROM conversations WHERE owner = ?", [_owner(owner)]).fetchone()[0]
            if n_kept >= self._settings.max_conversations:
                raise ConversationError(
                    f"{n_kept:,} conversations are kept already; the limit is {self._settings.max_conversations:,} "
                    "(RAG_MAX_CONVERSATIONS). Delete some first.",
                    code="too_many",
                )
            db.execute(
                "INSERT INTO conversations (id, owner, title, folded, created, changed) VALUES (?, ?, ?, ?, ?, ?)",
                [info.id, _owner(owner), info.title, _folded(info.title), now, now],
            )
        return info

    def listed(self, owner: str, search: str = "") -> list[ConversationInfo]:
        """An owner's conversations, the last changed first.

        Args:
            owner: Whose.
            search: Only those that hold each of these words in title, questions or answers; letter case and width do
                not count, and a part of a word will do, as Japanese needs.
        """
        sql = _INFO
        parameters: list[bytes | str] = [_owner(owner)]
        for word in _folded(search[:_MAX_SEARCH_CHARS]).split():
            sql += (
                " AND (instr(c.folded, ?) OR EXISTS "
                "(SELECT 1 FROM turns t WHERE t.conversation = c.key AND instr(t.folded, ?)))"
            )
            parameters += [word, word]
        with self._file.reading() as db:
            rows = db.execute(f"{sql} ORDER BY c.changed DESC, c.key DESC", parameters).fetchall()
        return [_info(row) for row in rows]

    def get(self, conversation_id: str, owner: str, *, last: int | None = None) -> Conversation:
        """A conversation with its turns; with `last`, only that many of the latest."""
        with self._file.reading() as db:
            row = db.execute(f"{_INFO} AND c.id = ?", [_owner(owner), without_surrogates(conversation_id)]).fetchone()
            if row is None:
                raise _missing(conversation_id)
            turns = db.execute(
                "SELECT t.key, t.number, t.question, a.answer, t.asked, t.rating "
                "FROM turns t JOIN answers a ON a.turn = t.key "
                "WHERE t.conversation = (SELECT key FROM conversations WHERE id = ?) ORDER BY t.number DESC LIMIT ?",
                [row[0], -1 if last is None else max(0, last)],
            ).fetchall()
            replaced: dict[int, list[Replaced]] = {}
            for turn_id, question, answer in db.execute(
                "SELECT v.turn, v.question, v.answer FROM versions v JOIN turns t ON t.key = v.turn "
                "WHERE t.conversation = (SELECT key FROM conversations WHERE id = ?) ORDER BY v.key",
                [row[0]],
            ):
                replaced.setdefault(turn_id, []).append(_replaced(question, answer))
        kept = (_turn(*turn, replaced=tuple(replaced.get(turn[0], ()))) for turn in reversed(turns))
        return Conversation(**dict(_info(row)), turns=tuple(kept))

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        """Give a conversation another title."""
        title = _title(title)
        with self._file.writing() as db:
            key = self._key(db, conversation_id, owner)
            db.execute("UPDATE conversations SET title = ?, folded = ? WHERE key = ?", [title, _folded(title), key])

    def delete(self, conversation_id: str, owner: str) -> None:
        """Delete a conversation, and write the file anew without it."""
        with self._file.writing() as db:
            db.execute("DELETE FROM conversations WHERE key = ?", [self._key(db, conversation_id, owner)])
        self._file.compact()

    def append(self, conversation_id: str, owner: str, question: str, answer: Answer) -> KeptTurn:
        """Keep a question with its answer as the last turn."""
        with self._file.writing() as db:
            key = self._key(db, conversation_id, owner)
            n_turns = db.execute("SELECT count(*) FROM turns WHERE conversation = ?", [key]).fetchone()[0]
            if n_turns >= self._settings.max_turns:
                raise ConversationError(
                    f"This conversation has {n_turns:,} turns; the limit is {self._settings.max_turns:,} "
                    "(RAG_MAX_TURNS). Begin another.",
                    code="too_many",
                )
            turn = self._insert(db, key, n_turns + 1, question, answer)
        return self._without_deleted(conversation_id, owner, turn)

    def replace(
        self, conversation_id: str, owner: str, turn_id: int, question: str, answer: Answer, *, last: int | None = None
    ) -> KeptTurn:
        """Keep a question with its answer in place of a turn: asked again, or in other words.

        What followed that turn goes with it: it was asked of an answer that is there no more. Both stay with the new
        turn as what it took the place of, the latest `MAX_REPLACED`. The new turn is the last one.

        Args:
            conversation_id: Of the conversation.
            owner: Whose it is.
            turn_id: The first turn that goes.
            question: The question.
            answer: Its answer.
            last: The last turn that goes, for whoever knows of no later ones: those stay, before the new turn. Of the
                turns from `turn_id` to this one some may be gone already. Default: all go.
        """
        with self._file.writing() as db:
            key = self._key(db, conversation_id, owner)
            end = None if last is None else max(last, turn_id)
            first = db.execute(
                "SELECT min(number) FROM turns WHERE conversation = ? AND key BETWEEN ? AND ?",
                [key, turn_id, turn_id if end is None else end],
            ).fetchone()[0]
            if first is None:
                raise _no_turn(turn_id)
            replaced, uploads = self._taken_out(db, key, first, end)
            n_left = db.execute("SELECT count(*) FROM turns WHERE conversation = ?", [key]).fetchone()[0]
            turn = self._insert(db, key, n_left + 1, question, answer)
            db.executemany(
                "INSERT INTO versions (turn, question, answer) VALUES (?, ?, ?)",
                [(turn.id, one.question, one.answer.model_dump_json()) for one in replaced],
            )
            db.executemany("INSERT OR IGNORE INTO uploads VALUES (?, ?)", [(name, turn.id) for name in uploads])
            turn = turn.model_copy(update={"replaced": tuple(replaced)})
        return self._without_deleted(conversation_id, owner, turn)

    def rate(self, conversation_id: str, owner: str, turn_id: int, rating: Rating | None) -> None:
        """Keep what the reader thought of an answer; `None` takes it back."""
        said = None if rating is None else without_surrogates(rating.model_dump_json())
        with self._file.writing() as db:
            key = self._key(db, conversation_id, owner)
            changed = db.execute("UPDATE turns SET rating = ? WHERE conversation = ? AND key = ?", [said, key, turn_id])
            if not changed.rowcount:
                raise _no_turn(turn_id)

    def forget_document(self, document_id: str) -> int:
        """Take a deleted upload's words out of all kept answers, and write the file anew without them.

        Answers that came after one that spoke of it may repeat its words: they are gone through too.

        Returns:
            How many answers spoke of it.
        """
        if not self._file.path.exists():
            return 0
        with self._file.reading() as db:
            first = db.execute(
                "SELECT t.conversation, min(t.number), count(*) FROM uploads u JOIN turns t ON t.key = u.turn "
                "WHERE u.document_id = ? GROUP BY t.conversation",
                [without_surrogates(document_id)],
            ).fetchall()
        for conversation, number, _ in first:
            with self._file.writing() as db:
                self._forget(db, document_id, conversation, number)
        if first:
            self._file.compact()
        return sum(n for _, _, n in first)

    def _without_deleted(self, conversation_id: str, owner: str, turn: KeptTurn) -> KeptTurn:
        """The turn without the words of uploads that were deleted while it was answered, in the file too.

        Deleting removes the file first and forgets its words last: whichever comes second, this or that, finds them.
        """
        uploads = self._settings.roots()["uploads"]
        deleted = [
            name
            for name in _uploads(turn.answer)
            if find_file(uploads, "uploads", name.removeprefix("uploads/")) is None
        ]
        if not deleted:
            return turn
        with self._file.writing() as db:
            key = self._key(db, conversation_id, owner)
            for document_id in deleted:
                self._forget(db, document_id, key, turn.number)
        self._file.compact()
        return self.get(conversation_id, owner, last=1).turns[-1]

    @staticmethod
    def _taken_out(db: sqlite3.Connection, key: int, first: int, last: int | None) -> tuple[list[Replaced], list[str]]:
        """Delete the turns from number `first` to id `last`; what they were, oldest first, and their uploads."""
        gone: list[Replaced] = []
        uploads: set[str] = set()
        rows = db.execute(
            "SELECT t.key, t.question, a.answer FROM turns t JOIN answers a ON a.turn = t.key "
            "WHERE t.conversation = ? AND t.number >= ? AND t.key <= ifnull(?, t.key) ORDER BY t.number",
            [key, first, last],
        ).fetchall()
        for turn_id, question, said in rows:
            before = db.execute("SELECT question, answer FROM versions WHERE turn = ? ORDER BY key", [turn_id])
            gone += [_replaced(*row) for row in before]
            answer = _answer(said, question).model_copy(update={"hits": ()})
            gone.append(Replaced(question=question, answer=answer))
            uploads.update(name for (name,) in db.execute("SELECT document_id FROM uploads WHERE turn = ?", [turn_id]))
            db.execute("DELETE FROM turns WHERE key = ?", [turn_id])
        # Ids grow along a conversation: what stays has higher numbers. Two steps, for no two may ever be the same.
        db.execute(
            "UPDATE turns SET number = ? - number WHERE conversation = ? AND number >= ?", [len(rows), key, first]
        )
        db.execute("UPDATE turns SET number = -number WHERE conversation = ? AND number < 0", [key])
        return gone[-MAX_REPLACED:], sorted(uploads)

    def _forget(self, db: sqlite3.Connection, document_id: str, conversation: int, first: int) -> None:
        rows = db.execute(
            "SELECT t.key, t.question, a.answer FROM turns t JOIN answers a ON a.turn = t.key "
            "WHERE t.conversation = ? AND t.number >= ?",
            [conversation, first],
        ).fetchall()
        for key, question, answer in rows:
            kept = without_document(_answer(answer, question), document_id)
            db.execute("UPDATE answers SET answer = ? WHERE turn = ?", [kept.model_dump_json(), key])
            db.execute("UPDATE turns SET folded = ? WHERE key = ?", [_folded(f"{question}\n{plain(kept.text)}"), key])
        versions = db.execute(
            "SELECT v.key, v.question, v.answer FROM versions v JOIN turns t ON t.key = v.turn "
            "WHERE t.conversation = ? AND t.number >= ?",
            [conversation, first],
        ).fetchall()
        for key, question, answer in versions:
            kept = without_document(_answer(answer, question), document_id)
            db.execute("UPDATE versions SET answer = ? WHERE key = ?", [kept.model_dump_json(), key])
        db.execute(
            "DELETE FROM uploads WHERE document_id = ? AND turn IN (SELECT key FROM turns WHERE conversation = ?)",
            [without_surrogates(document_id), conversation],
        )

    def _insert(self, db: sqlite3.Connection, key: int, number: int, question: str, answer: Answer) -> KeptTurn:
        question, said, now = without_surrogates(question), without_surrogates(answer.model_dump_json()), _now()
        if len(question) > self._settings.max_question_chars or len(said.encode()) > MAX_ANSWER_BYTES:
            raise ConversationError(
                f"The turn is too long to be kept: at most {self._settings.max_question_chars:,} characters of a "
                f"question and {MAX_ANSWER_BYTES:,} bytes of an answer are.",
                code="too_long",
            )
        turn_id = db.execute(
            "INSERT INTO turns (conversation, number, question, folded, asked) VALUES (?, ?, ?, ?, ?)",
            [key, number, question, _folded(f"{question}\n{plain(answer.text)}"), now],
        ).lastrowid
        db.execute("INSERT INTO answers VALUES (?, ?)", [turn_id, said])
        db.executemany(
            "INSERT INTO uploads VALUES (?, ?)", [(without_surrogates(name), turn_id) for name in _uploads(answer)]
        )
        title = _title(question[:_DEFAULT_TITLE_CHARS])
        db.execute(
            "UPDATE conversations SET title = ?, folded = ? WHERE key = ? AND title = ''", [title, _folded(title), key]
        )
        db.execute("UPDATE conversations SET changed = ? WHERE key = ?", [now, key])
        assert turn_id is not None  # a row was inserted
        return KeptTurn(id=turn_id, number=number, question=question, answer=answer, asked=now)

    def _key(self, db: sqlite3.Connection, conversation_id: str, owner: str) -> int:
        row = db.execute(
            "SELECT key FROM conversations WHERE id = ? AND owner = ?",
            [without_surrogates(conversation_id), _owner(owner)],
        ).fetchone()
        if row is None:
            raise _missing(conversation_id)
        return int(row[0])


def _uploads(answer: Answer) -> list[str]:
    names = [citation.document_id for citation in answer.citations] + [hit.document_id for hit in answer.hits]
    return sorted({name for name in names if name.startswith("uploads/")})


def _info(row: tuple[str, str, str, str, int]) -> ConversationInfo:
    return ConversationInfo(id=row[0], title=row[1], created=row[2], changed=row[3], n_turns=row[4])


def _turn(
    turn_id: int,
    number: int,
    question: str,
    answer: str,
    asked: str,
    rating: str | None,
    *,
    replaced: tuple[Replaced, ...],
) -> KeptTurn:
    return KeptTurn(
        id=turn_id,
        number=number,
        question=question,
        answer=_answer(answer, question),
        asked=asked,
        rating=None if rating is None else Rating.model_validate_json(rating),
        replaced=replaced,
    )


def _replaced(question: str, answer: str) -> Replaced:
    return Replaced(question=question, answer=_answer(answer, question))


def _answer(said: str, question: str) -> Answer:
    """The answer from its JSON; one that cannot be read does not take the whole conversation with it."""
    try:
        return Answer.model_validate_json(said)
    except ValidationError:
        message = "The answer that was kept here cannot be read any more. Ask again."
        return Answer(question=question, notices=(Notice(code="unreadable", message=message),))


def _missing(conversation_id: str) -> ConversationError:
    return ConversationError(
        f"There is no conversation {conversation_id[:40]!r}; it may have been deleted, or is somebody else's.",
        code="missing",
    )


def _no_turn(turn_id: int) -> ConversationError:
    return ConversationError(
        f"This conversation has no turn of id {turn_id}; it may have been replaced.", code="missing"
    )


def _owner(owner: str) -> bytes:
    if not 0 < len(owner) <= MAX_OWNER_CHARS:
        raise ValueError(f"an owner has 1 to {MAX_OWNER_CHARS:,} characters")
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).digest()


def _title(title: str) -> str:
    """A title on one line, at most `MAX_TITLE_CHARS` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in without_surrogates(title)).split())
    return line if len(line) <= MAX_TITLE_CHARS else f"{line[: MAX_TITLE_CHARS - 1]}…"


def _folded(text: str) -> str:
    return folded(without_surrogates(text))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
