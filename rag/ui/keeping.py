"""The turns of a session -> a conversation in the data folder, and back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from rag import Answer, Conversations, Rating
from rag.answer import Notice
from rag.checking.standing import Standing
from rag.conversations.values import Conversation, KeptTurn
from rag.errors import ConversationError
from rag.ui.labels import label
from rag.ui.turns import Turn, place_when_kept

logger = logging.getLogger(__name__)

# What is wrong with the turn itself: those after it can be kept all the same.
_OWN_FAULT = "too_long"


class Keeper:
    """Keeps the turns of one conversation. Safe to use from the session's thread and those of the desk.

    Args:
        conversations: Where they are kept.
        owner: Whose they are.
        conversation_id: Of one that is kept already; otherwise one is begun with the first question.
    """

    def __init__(self, conversations: Conversations, owner: str, conversation_id: str | None = None) -> None:
        self._conversations = conversations
        self._owner = owner
        self._id = conversation_id
        self._has_turns = conversation_id is not None
        self._lock = threading.RLock()

    @property
    def id(self) -> str | None:
        """Id of the conversation; `None` while there is none."""
        return self._id

    def begin(self) -> str | None:
        """The id of the conversation, which is begun where there is none; `None` if it cannot be begun now."""
        with self._lock:
            try:
                return self._begun()
            except ConversationError as exc:
                logger.warning("No conversation could be begun: %s", exc)
                return None

    def keep(self, turn: Turn, before: Sequence[Turn] = ()) -> None:
        """Keep a turn that has ended, if it has an answer; `Turn.unkept` says what went wrong. Raises nothing.

        Args:
            turn: The turn; nothing happens where it is kept already.
            before: The turns before it. Those that could not be kept at their time are tried again, to stay in order.
        """
        with self._lock:
            for each in (*(earlier for earlier in before if earlier.unkept), turn):
                try:
                    self._keep(each)
                except ConversationError as exc:
                    logger.warning("A turn could not be kept: %s", exc)
                    each.unkept = exc.code
                except Exception:
                    logger.exception("A turn could not be kept")
                    each.unkept = "unwritable"
                if each.unkept not in ("", _OWN_FAULT):
                    turn.unkept = each.unkept
                    break
            if turn.unkept == "damaged":
                # A new file is begun: the next turn brings the whole conversation into it.
                self._id, self._has_turns = None, False
                for each in (*before, turn):
                    each.kept_id, each.takes_place_of, each.unkept = None, None, "damaged"
            elif not self._has_turns and turn.kept_id is None:
                self._forget_empty()

    def rate(self, turn: Turn, rating: Rating) -> bool:
        """Keep what the reader said of a turn's answer; whether that worked."""
        if self._id is None or turn.kept_id is None:
            return False
        try:
            self._conversations.rate(self._id, self._owner, turn.kept_id, rating)
        except ConversationError as exc:
            logger.warning("A rating could not be kept: %s", exc)
            return False
        return True

    def _begun(self) -> str:
        if self._id is None:
            self._id = self._conversations.create(self._owner).id
        return self._id

    def _keep(self, turn: Turn) -> None:
        if turn.kept_id is not None or turn.state == "failed" or not turn.answer.text:
            return
        kept = self._written(turn, self._begun())
        self._has_turns = True
        turn.kept_id, turn.asked, turn.unkept = kept.id, kept.asked, ""
        if turn.state != "stopped":
            # A document that was deleted meanwhile has taken its words along.
            turn.answer = kept.answer

    def _written(self, turn: Turn, conversation: str) -> KeptTurn:
        answer = _as_stopped(turn.answer) if turn.state == "stopped" else turn.answer
        if (place := place_when_kept(turn)) is not None:
            try:
                # What another tab has added since stays.
                return self._conversations.replace(
                    conversation, self._owner, place.first, turn.question, answer, last=place.last
                )
            except ConversationError as exc:
                if exc.code != "missing":
                    raise  # else: another tab has taken the turn away
        return self._conversations.append(conversation, self._owner, turn.question, answer)

    def _forget_empty(self) -> None:
        """Nothing was answered: leave no conversation behind that has nothing in it."""
        if self._id is None:
            return
        try:
            self._conversations.delete(self._id, self._owner)
        except ConversationError as exc:
            logger.warning("An empty conversation stays: %s", exc)
        self._id = None


def turns_of(conversation: Conversation, standings: Sequence[Mapping[int, Standing]]) -> list[Turn]:
    """The turns of a kept conversation as a session has them; `standings`: `current_all` of their answers."""
    turns = []
    for kept, standing in zip(conversation.turns, standings, strict=True):
        times = kept.answer.timings_ms
        turn = Turn(
            question=kept.question,
            asked=kept.asked,
            state="done",
            answer=kept.answer,
            # An extract is checked as it is made.
            stage_ms=(times.search, times.read, times.check or (0.0 if times.read is not None else None)),
            verdict=kept.rating.thumb if kept.rating else None,
            conversation=conversation.id,
            kept_id=kept.id,
            replaced=tuple(Turn(question=old.question, answer=old.answer, state="done") for old in kept.replaced),
        )
        note_standing(turn, standing)
        turns.append(turn)
    return turns


def note_standing(turn: Turn, standing: Mapping[int, Standing]) -> None:
    """Note what has become of a turn's citations, and take out the quotes whose document is gone.

    Nobody can check those any more; without them no view, copy or file shows them.
    """
    turn.standing, turn.kept_view = standing, None
    if "removed" in standing.values():
        citations = tuple(
            citation.model_copy(update={"quote": ""}) if standing.get(citation.number) == "removed" else citation
            for citation in turn.answer.citations
        )
        turn.answer = turn.answer.model_copy(update={"citations": citations})


def _as_stopped(answer: Answer) -> Answer:
    """The answer with a note that it was stopped: what is kept has no other place for that."""
    notice = Notice(code="stopped", message=label("en", "stopped"))
    return answer.model_copy(update={"notices": (*answer.notices, notice)})
