"""The upload box of the documents page: files go to the intake, each with a line that says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import streamlit as st
from pydantic import Field, TypeAdapter, ValidationError

from rag import Settings
from rag.answer import FileReport
from rag.document import Frozen
from rag.loading.formats import FORMATS
from rag.ui import resources
from rag.ui.component import mount_part
from rag.ui.desk import BusyError
from rag.ui.formatting import plain_text, size_text
from rag.ui.intake import Job
from rag.ui.labels import Language, catalogue, label
from rag.ui.troubles import Trouble, detail_view
from rag.uploads.names import safe_name

_MB: Final = 1024 * 1024
_LOOK_EVERY_S: Final = 0.4
_MAX_LINES: Final = 500
_FILES: Final = "documents-files"
_PART: Final = "documents-uploads"
_SERVER_LIMIT: Final = "server.maxUploadSize"
_JOBS: Final = "documents-jobs"
_N_TAKEN: Final = "documents-taken"
# How far a job is when a stage begins, as a share.
_SHARES: Final = {"scan": 0.15, "read": 0.3, "embed": 0.55, "store": 0.9, "delete": 0.3}
_BUSY: Final = Trouble("why_busy")
# Causes of which the library's own sentence knows more than a label: the line, the encoding, the kind of file.
_DETAILED: Final = frozenset({"front_matter", "encoding", "wrong_type"})
_BROWSER_LABELS: Final = (
    *(
        "upload_drop",
        "upload_choose",
        "upload_lines",
        "upload_queued",
        "upload_sending",
        "upload_clear",
        "upload_failed",
        "cancel",
    ),
    *("why_not_sent", "why_too_large"),
)


class _Cancel(Frozen):
    kind: Literal["cancel"]
    id: int


class _Clear(Frozen):
    kind: Literal["clear"]


_PICKS: TypeAdapter[_Cancel | _Clear] = TypeAdapter(Annotated[_Cancel | _Clear, Field(discriminator="kind")])


class _Outcome(NamedTuple):
    """Tone, verdict and further sentences of a job, and the library's own words on it."""

    tone: str
    text: str
    detail: Sequence[str] = ()
    more: Sequence[str | None] = ()


def draw_uploads(language: Language, settings: Settings) -> None:
    """The box and its lines, where readers may add documents. A fragment: it alone runs while files are taken in."""
    if not settings.readers_may_choose("uploads"):
        return
    for job in _over():
        job.is_seen = True
        resources.forget_documents()
        if job.deletes:
            # Its line is above the list, where who deletes a document further down does not look.
            st.toast(plain_text(f"{job.name}: {_outcome(job, language).text}"), icon=":material/delete:")
    is_watched = any(job.is_open for job in _jobs())

    @st.fragment(run_every=_LOOK_EVERY_S if is_watched else None)
    def draw() -> None:
        if over := _over():
            resources.forget_documents()  # before the header counts them
        if over or any(job.is_open for job in _jobs()) != is_watched:
            st.rerun()
        _draw_box(language, settings)

    draw()


def delete_upload(document_id: str, settings: Settings) -> None:
    """Have an upload deleted, where readers may; its line says what became of it."""
    if not settings.readers_may_choose("uploads"):
        return
    try:
        job = resources.shared_intake().delete(document_id)
    except BusyError:
        job = Job(name=document_id, deletes=True, state="failed", trouble=_BUSY)
    _jobs().append(job)


def uploads_view(
    jobs: list[Job], language: Language, *, max_bytes: int, n_taken: int, has_room: bool
) -> dict[str, Any]:
    """The box and the line of each job, newest last.

    Args:
        jobs: Those of the session.
        language: Of the labels.
        max_bytes: Largest file.
        n_taken: Files that Python has received from this session; the browser sends the next one then.
        has_room: Whether the browser may send another one.
    """
    extensions = [extension for known in FORMATS for extension in known.extensions]
    size = size_text(max_bytes)
    return {
        "part": "uploads",
        "labels": {name: label(language, name) for name in _BROWSER_LABELS},
        "hint": label(language, "upload_hint", formats=", ".join(extensions), size=size),
        "maxBytes": max_bytes,
        "taken": n_taken,
        "hasRoom": has_room,
        "lines": [_line(job, language) for job in jobs],
    }


def refusal(code: str | None, reason: str | None) -> Trouble:
    """Why a file is not indexed; the library's own sentence where it says more than ours."""
    key = f"why_{code}"
    is_known = key in catalogue("en")
    return Trouble(key if is_known else "why_other", "" if is_known and code not in _DETAILED else reason or "")


def _line(job: Job, language: Language) -> dict[str, Any]:
    tone, text, detail, more = _outcome(job, language)
    return {
        "id": job.id,
        "name": job.name,
        "size": size_text(job.n_bytes) if job.n_bytes else "",
        "state": job.state,
        "tone": tone,
        "text": text,
        "detail": detail,
        "more": detail_view(more, language),
        "share": _SHARES.get(job.stage or "") if job.is_open else None,
        "canCancel": job.can_cancel,
    }


def _outcome(job: Job, language: Language) -> _Outcome:
    """What to say of a job."""
    if job.is_open:
        kind = "delete" if job.deletes else "upload"
        stage = "cancelling" if job.is_cancelled else "waiting" if job.state == "waiting" else job.stage or "start"
        names = {"delete": "deleting", "wait": "locked", "start": f"{kind}_start"}
        return _Outcome("plain", label(language, f"stage_{names.get(stage, stage)}"))
    if job.state == "cancelled":
        return _Outcome("plain", label(language, "deletion_cancelled" if job.deletes else "upload_cancelled"))
    if job.state == "failed":
        trouble, title = job.trouble, label(language, "deletion_failed" if job.deletes else "upload_failed")
        assert trouble is not None
        return _Outcome("bad", title, [label(language, trouble.key)], [trouble.detail])
    if job.deletion is not None:
        quotes = label(language, "deleted_quotes", n=job.deletion.n_answers) if job.deletion.n_answers else ""
        left = [label(language, f"left_{code}") for code in dict.fromkeys(one.code for one in job.deletion.left)]
        texts = [*filter(None, [quotes]), *([label(language, "deleted_left"), *left] if left else [])]
        more = [one.message for one in job.deletion.left]
        return _Outcome("warn" if left else "good", label(language, "deleted"), texts, more)
    assert job.report is not None
    return _verdict(job.report, language)


def _verdict(report: FileReport, language: Language) -> _Outcome:
    if report.code == "duplicate":
        title = resources.title_of(f"{report.root}/{report.path}")
        text = label(language, "upload_duplicate_of", name=title)
        return _Outcome("plain", label(language, "upload_duplicate"), [text])
    if report.verdict in ("skipped", "rejected"):
        tone, why = "warn" if report.code == "scanned" else "bad", refusal(report.code, report.reason)
        return _Outcome(tone, label(language, "upload_rejected"), [label(language, why.key)], [why.detail])
    if report.code == "numbered":
        text = label(language, "upload_numbered", name=report.path)
        return _Outcome("good", label(language, "upload_added"), [text])
    return _Outcome("good", label(language, "upload_added"), more=[report.reason])


def _draw_box(language: Language, settings: Settings) -> None:
    max_bytes = _max_bytes(settings)
    view = uploads_view(
        _jobs(),
        language,
        max_bytes=max_bytes,
        n_taken=st.session_state.get(_N_TAKEN, 0),
        has_room=resources.shared_intake().has_room(),
    )
    mount_part(key=_PART, data=view, on_pick=_pick)
    # Out of sight: its words are Streamlit's own. Our box hands it one file at a time.
    with st.container(key="documents-carrier"):
        st.file_uploader(
            label(language, "upload_choose"),
            accept_multiple_files=True,
            key=_FILES,
            max_upload_size=-(-max_bytes // _MB),
            label_visibility="collapsed",
            on_change=_take,
            args=(settings,),
        )


def _max_bytes(settings: Settings) -> int:
    """Largest file: what the library takes, or the page's server where that takes less."""
    server_mb: int = st.get_option(_SERVER_LIMIT)
    return int(min(settings.max_file_mb, server_mb) * _MB)


def _take(settings: Settings) -> None:
    """Hand in the files that have arrived; the browser takes each back out of the uploader then."""
    if not settings.readers_may_choose("uploads"):
        return
    known: set[str] = st.session_state.setdefault("documents-file-ids", set())
    for file in st.session_state[_FILES] or []:
        if file.file_id in known:
            continue
        known.add(file.file_id)
        try:
            job = resources.shared_intake().add(file.name, file.getvalue())
        except BusyError:
            job = Job(name=safe_name(file.name), n_bytes=file.size, state="failed", trouble=_BUSY)
        _jobs().append(job)
        st.session_state[_N_TAKEN] = st.session_state.get(_N_TAKEN, 0) + 1


def _pick(value: Any) -> None:
    try:
        picked = _PICKS.validate_python(value)
    except ValidationError:
        return
    if isinstance(picked, _Clear):
        st.session_state[_JOBS] = [job for job in _jobs() if job.is_open]
        return
    for job in _jobs():
        if job.id == picked.id:
            resources.shared_intake().cancel(job)


def _over() -> list[Job]:
    """The jobs that have ended since the page last looked."""
    return [job for job in _jobs() if not job.is_open and not job.is_seen]


def _jobs() -> list[Job]:
    """The jobs of this session, oldest first; of those that are over, the newest."""
    jobs: list[Job] = st.session_state.setdefault(_JOBS, [])
    for over in [job for job in jobs if not job.is_open][: max(0, len(jobs) - _MAX_LINES)]:
        jobs.remove(over)
    return jobs
