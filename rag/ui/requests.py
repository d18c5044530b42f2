"""What the browser asks of Python beside a typed question: documents, pages, feedback, files; each with its reply.

A request is checked like any input: it may come from anything that runs in the browser.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import streamlit as st
from pydantic import Field, TypeAdapter

from rag import RagError, get_document, get_page_picture
from rag.document import Frozen
from rag.ui import conversation, resources, session
from rag.ui.conversations import N_LISTED, conversations_view
from rag.ui.feedback import FeedbackError, Said, feedback_form, keep_feedback
from rag.ui.labels import Language, label
from rag.ui.sources import picture_view, source_view
from rag.ui.taking import FileKind, saved_file
from rag.ui.troubles import trouble_of, trouble_view
from rag.ui.turns import Verdict

logger = logging.getLogger(__name__)


class OpenDocument(Frozen):
    """Show the document around a quote; `above` and `below`: how often more was asked for."""

    kind: Literal["document"]
    document_id: str
    start: int
    end: int
    above: int = Field(default=0, ge=0)
    below: int = Field(default=0, ge=0)


class OpenPage(Frozen):
    """Show a page of a PDF as a picture; without `page` the one on which the quote begins."""

    kind: Literal["page"]
    document_id: str
    start: int
    end: int
    page: int | None = None


class Ask(Frozen):
    """Ask a question, or ask one again, changed or not."""

    kind: Literal["ask"]
    question: str = Field(min_length=1)
    instead_of: int | None = None
    offline: bool = False


class OpenFeedback(Frozen):
    """Show the form for feedback on a turn."""

    kind: Literal["feedback_form"]
    turn: int
    verdict: Verdict


class GiveFeedback(Frozen):
    """Keep what the form holds."""

    kind: Literal["feedback"]
    turn: int
    said: Said


class Save(Frozen):
    """Make a file for the browser to save."""

    kind: Literal["save"]
    turn: int
    file: FileKind


class ListConversations(Frozen):
    """List the reader's conversations that hold the words of `search`; the first `n`."""

    kind: Literal["conversations"]
    search: str = ""
    n: int = Field(default=N_LISTED, ge=1)


class OpenConversation(Frozen):
    """Go on with a kept conversation."""

    kind: Literal["open_conversation"]
    conversation: str


class NewConversation(Frozen):
    """Begin anew."""

    kind: Literal["new_conversation"]


class RenameConversation(Frozen):
    """Give a conversation another title."""

    kind: Literal["rename_conversation"]
    conversation: str
    title: str = Field(min_length=1)


class DeleteConversation(Frozen):
    """Delete a conversation for good."""

    kind: Literal["delete_conversation"]
    conversation: str


Request = Annotated[
    OpenDocument
    | OpenPage
    | Ask
    | OpenFeedback
    | GiveFeedback
    | Save
    | ListConversations
    | OpenConversation
    | NewConversation
    | RenameConversation
    | DeleteConversation,
    Field(discriminator="kind"),
]
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Request)


def answer_request(asked: Mapping[str, Any], language: Language) -> bool:
    """Carry out a request of the browser, and leave the reply in the session; whether the whole page has changed."""
    request_id = asked.get("id")
    reply: dict[str, Any] = {"id": request_id if isinstance(request_id, int) else 0}
    changed = False
    try:
        request = _REQUESTS.validate_python(asked.get("request"))
        reply["value"] = _ANSWERS[type(request)](request, language)
        changed = isinstance(request, _CHANGING)
    except FeedbackError as exc:
        reply["error"] = str(exc)
    except RagError as exc:
        logger.warning("A request of the page was not carried out: %s", exc)
        view = trouble_view(trouble_of(exc), language)
        reply |= {"error": view["text"], "detail": view["detail"]}
    except Exception:
        logger.exception("A request of the page failed")
        reply["error"] = label(language, "error_request")
    st.session_state.reply = reply
    return changed


def _document(request: OpenDocument, language: Language) -> dict[str, Any]:
    document = get_document(request.document_id, resources.shared_settings())
    newer = resources.find_newer(request.document_id)
    return source_view(
        document, request.start, request.end, language, above=request.above, below=request.below, newer=newer
    )


def _page(request: OpenPage, language: Language) -> dict[str, Any]:
    settings = resources.shared_settings()
    picture = get_page_picture(request.document_id, settings, start=request.start, end=request.end, page=request.page)
    return picture_view(picture, base64.b64encode(picture.image).decode("ascii"), language)


def _ask(request: Ask, language: Language) -> None:
    conversation.ask(request.question, instead_of=request.instead_of, is_offline=request.offline)


def _feedback_form(request: OpenFeedback, language: Language) -> dict[str, Any]:
    turn, _ = conversation.turn_of(request.turn)
    return feedback_form(turn, request.verdict, language)


def _feedback(request: GiveFeedback, language: Language) -> dict[str, Any]:
    turn, before = conversation.turn_of(request.turn)
    rating = keep_feedback(turn, before, request.said, resources.shared_settings(), language)
    is_kept = conversation.rate(turn, rating)
    return {"thanks": label(language, "feedback_kept" if is_kept else "feedback_kept_apart")}


def _save(request: Save, language: Language) -> dict[str, Any]:
    turn, _ = conversation.turn_of(request.turn)
    turns, title = conversation.session_turns(), conversation.title()
    file = saved_file(request.file, turn, turns, title, resources.shared_settings(), language)
    return {"name": file.name, "type": file.media_type, "text": file.text}


def _conversations(request: ListConversations, language: Language) -> dict[str, Any]:
    listed = resources.shared_conversations().listed(session.owner(), request.search)
    return conversations_view(listed, conversation.kept_id(), request.search, request.n, language)


def _open_conversation(request: OpenConversation, language: Language) -> None:
    if request.conversation != conversation.kept_id():
        conversation.open_kept(request.conversation)


def _new_conversation(request: NewConversation, language: Language) -> None:
    conversation.start_anew()


def _rename_conversation(request: RenameConversation, language: Language) -> None:
    resources.shared_conversations().rename(request.conversation, session.owner(), request.title)


def _delete_conversation(request: DeleteConversation, language: Language) -> None:
    resources.shared_conversations().delete(request.conversation, session.owner())
    if request.conversation == conversation.kept_id():
        conversation.start_anew()


_ANSWERS: Mapping[type, Callable[[Any, Language], Any]] = {
    OpenDocument: _document,
    OpenPage: _page,
    Ask: _ask,
    OpenFeedback: _feedback_form,
    GiveFeedback: _feedback,
    Save: _save,
    ListConversations: _conversations,
    OpenConversation: _open_conversation,
    NewConversation: _new_conversation,
    RenameConversation: _rename_conversation,
    DeleteConversation: _delete_conversation,
}
# What changes the page beside the reply.
_CHANGING = (Ask, GiveFeedback, OpenConversation, NewConversation, DeleteConversation)
