"""One address -> one whole file, within bounds on time, size, redirects and kind; what is cut can be gone on with."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.fetching.addresses import AddressRefused, checked_address, is_loopback, redirected
from rag.fetching.part import Part
from rag.fetching.reply import KINDS, MEDIA_TYPES, DownloadFailed, coding_of, decoded, in_words, length_of, validator_of
from rag.loading.signatures import content_of, is_pdf

if TYPE_CHECKING:
    import httpx

    from rag.fetching.sources import OfficialText

_MAX_REDIRECTS = 5
_CONNECT_S = 10.0
_STALL_S = 20.0
_MB = 1024 * 1024
_AGENT = "Kihon/0.1 (fetches official texts on request of its user)"
# Where a PDF's end mark stands when nobody has added to it; asked only where the server gives no length.
_PDF_END_WITHIN = 2048
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds on one download: seconds in all, seconds without a byte, bytes of the file (decoded)."""

    total_s: float
    max_mb: float
    stall_s: float = _STALL_S

    @property
    def max_bytes(self) -> int:
        return int(self.max_mb * _MB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server says of the content it sends: by these it can be asked whether it has changed."""

    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the content only if it has changed."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A whole file in its part's place."""

    sha256: str
    n_bytes: int
    validators: Validators


def download(
    text: OfficialText,
    part: Part,
    bounds: Bounds,
    progress: Progress,
    *,
    known: Validators | None = None,
    expected_sha256: str | None = None,
) -> Downloaded | None:
    """Download an entry of the list into its part.

    Args:
        text: The entry.
        part: Where to; what an earlier try left there is gone on with where the server allows it.
        bounds: Bounds.
        progress: Called with bytes had and bytes in all (`None` where unknown).
        known: Of the content that one has; if it is still so, nothing is downloaded.
        expected_sha256: What the whole will be held against.

    Returns:
        What was had; `None` if it is as `known`.

    Raises:
        DownloadFailed: With code `unreachable`, `http_status`, `redirect`, `wrong_type`, `too_large`, `cut`, `timeout`
            or `empty`.
        OSError: If it cannot be written.
    """
    return _run(_Download(text, part, bounds, progress, known, expected_sha256).bounded())


class _StartOver(Exception):  # noqa: N818 - an outcome, not an error
    """The server will not go on with the part."""


class _Download:
    def __init__(
        self,
        text: OfficialText,
        part: Part,
        bounds: Bounds,
        progress: Progress,
        known: Validators | None,
        expected_sha256: str | None,
    ) -> None:
        self._text = text
        self._part = part
        self._bounds = bounds
        self._progress = progress
        self._known = known
        self._expected = expected_sha256
        self._n_bytes = 0
        self._is_whole = False

    async def bounded(self) -> Downloaded | None:
        """The download under its total deadline; a part that could not be gone on with is not left behind."""
        try:
            async with asyncio.timeout(self._bounds.total_s):
                return await self._in_words()
        except TimeoutError:
            reason = f"it was not through after {self._bounds.total_s:g} s (RAG_FETCH_TIMEOUT_S)"
            raise DownloadFailed("timeout", reason + self._so_far()) from None
        finally:
            if not self._is_whole and not self._can_go_on():
                self._part.discard()

    async def _in_words(self) -> Downloaded | None:
        """The download, what HTTP can throw put into words."""
        import httpx

        try:
            try:
                return await self._follow()
            except _StartOver:
                self._part.discard()
                return await self._follow()
        except httpx.ConnectTimeout:
            raise DownloadFailed("unreachable", f"no connection within {_CONNECT_S:g} s") from None
        except httpx.TimeoutException:
            raise DownloadFailed("timeout", f"nothing came for {self._bounds.stall_s:g} s{self._so_far()}") from None
        except httpx.ConnectError as exc:
            raise DownloadFailed("unreachable", f"no connection ({_cause(exc)})") from None
        except (httpx.HTTPError, ssl.SSLError):
            raise DownloadFailed("cut", f"the reply is no HTTP, or ended before it was whole{self._so_far()}") from None
        except ImportError as exc:  # a SOCKS proxy in the environment
            raise DownloadFailed("unreachable", f"the proxy of the environment cannot be used ({exc})") from None

    def _can_go_on(self) -> bool:
        return self._part.begun(self._text.url, trusted=self._expected is not None)[0] > 0

    def _so_far(self) -> str:
        if not self._can_go_on():
            return ""
        return f"; {self._n_bytes:,} bytes are there, and the same command goes on from them"

    async def _follow(self) -> Downloaded | None:
        """Ask, and follow redirects that may be followed."""
        start = url = checked_address(self._text.url)
        offset, token = self._part.begun(self._text.url, trusted=self._expected is not None)
        headers = {
            "Accept": ", ".join(MEDIA_TYPES[self._text.format]),
            "Accept-Encoding": "identity",
            "User-Agent": _AGENT,
        }
        if offset:
            headers |= {"Range": f"bytes={offset}-"} | ({"If-Range": token} if token else {})
        elif self._known is not None:
            headers |= self._known.conditions()
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._client(url) as client, client.stream("GET", url, headers=headers) as response:
                self._check_peer(url, response)
                if not response.has_redirect_location:
                    return await self._receive(response, offset)
                try:
                    url = redirected(start, url, response.headers["location"], self._text.allow_hosts)
                except AddressRefused as refused:
                    shown = response.headers["location"][:200]
                    raise DownloadFailed("redirect", f"the server sends on to {shown!r}, which {refused}") from None
        raise DownloadFailed("redirect", f"the server sends on more than {_MAX_REDIRECTS} times")

    def _client(self, url: httpx.URL) -> httpx.AsyncClient:
        """A client for one address: no cookies go on to the next, and what is for this machine meets no proxy."""
        import httpx

        timeout = httpx.Timeout(self._bounds.stall_s, connect=_CONNECT_S)
        return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=url.scheme == "https")

    def _check_peer(self, url: httpx.URL, response: httpx.Response) -> None:
        """Hold http to this machine by what was connected to, not only by the name: `localhost` is looked up too."""
        if url.scheme != "http":
            return
        stream = response.extensions.get("network_stream")
        peer = stream.get_extra_info("server_addr") if stream is not None else None
        if not isinstance(peer, tuple) or not is_loopback(str(peer[0])):
            raise DownloadFailed("unreachable", f"{url.host} is not this machine, and http is for this machine only")

    async def _receive(self, response: httpx.Response, offset: int) -> Downloaded | None:
        """Judge the reply's head, then take in its body."""
        status = response.status_code
        if status == 304 and self._known is not None and not offset:
            return None
        if offset and (status == 416 or (status == 206 and not self._fits(response, offset))):
            raise _StartOver
        if status not in (200, 206) or (status == 206 and not offset):
            raise DownloadFailed("http_status", f"the server answers {in_words(status)}")
        at = offset if status == 206 else 0
        self._check_type(response)
        coding = coding_of(response)
        total = length_of(response, at) if coding == "identity" else None
        if total is not None and total > self._bounds.max_bytes:
            raise self._too_large(f"has {total / _MB:,.1f} MB")
        await self._write(response, coding, at, total)
        return self._whole(response, has_end=total is not None or "transfer-encoding" in response.headers)

    def _fits(self, response: httpx.Response, offset: int) -> bool:
        """Whether a part of the content is the one that was asked for, of the content that was begun."""
        given = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        _, token = self._part.begun(self._text.url, trusted=True)
        etag = response.headers.get("etag")
        is_other = token is not None and token.startswith('"') and etag is not None and etag != token
        if given is None or is_other or coding_of(response) != "identity":
            return False
        return int(given[1]) == offset and given[3] == str(int(given[2]) + 1)

    def _check_type(self, response: httpx.Response) -> None:
        given = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if given not in MEDIA_TYPES[self._text.format]:
            named = f"as {given[:100]!r}" if given else "without saying what it is"
            reason = f"the list says {KINDS[self._text.format]}, the server sends it {named}"
            raise DownloadFailed("wrong_type", reason)

    async def _write(self, response: httpx.Response, coding: str, at: int, total: int | None) -> None:
        """Write the body into the part from a place on."""
        self._n_bytes = at
        with self._part.open(at=at) as stream:
            if coding == "identity":
                self._part.note(self._text.url, validator_of(response))
            else:
                self._part.forget_note()
            self._progress(at, total)
            async for piece in decoded(response, coding):
                self._n_bytes += len(piece)
                if self._n_bytes > self._bounds.max_bytes:
                    raise self._too_large("goes on")
                stream.write(piece)
                self._progress(self._n_bytes, total)
            stream.flush()
            os.fsync(stream.fileno())

    def _whole(self, response: httpx.Response, *, has_end: bool) -> Downloaded:
        """What is in the part, once nothing more comes."""
        data = self._part.path.read_bytes()
        if not data:
            raise DownloadFailed("empty", "the file is empty")
        found = content_of(data)
        if self._text.format == "pdf":
            if not is_pdf(data):
                self._part.discard()
                raise DownloadFailed("wrong_type", f"the list says a PDF, but the content is {found or 'none'}")
            if not has_end and b"%%EOF" not in data[-_PDF_END_WITHIN:]:
                raise DownloadFailed("cut", f"the end of the PDF is missing{self._so_far()}")
        elif found is not None:
            self._part.discard()
            raise DownloadFailed("wrong_type", f"the list says {KINDS[self._text.format]}, but the content is {found}")
        self._is_whole = True
        headers = response.headers
        return Downloaded(
            sha256=hashlib.sha256(data).hexdigest(),
            n_bytes=len(data),
            validators=Validators(etag=headers.get("etag"), last_modified=headers.get("last-modified")),
        )

    def _too_large(self, what: str) -> DownloadFailed:
        self._part.discard()
        return DownloadFailed("too_large", f"it {what}; the limit is {self._bounds.max_mb:g} MB (RAG_MAX_FILE_MB)")


def _cause(exc: Exception) -> str:
    """The system's own words for why there is no connection, where there are any."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ConnectionError) and cause.errno:
            return os.strerror(cause.errno)  # asyncio puts words and addresses of its own into `strerror`
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(exc)[:200] or type(exc).__name__


def _run(work: Coroutine[Any, Any, Downloaded | None]) -> Downloaded | None:
    """Wait for it; in a thread of its own where this one's event loop is running (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    outcome: list[Downloaded | None] = []
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as exc:  # noqa: BLE001 - raised again in the thread that waits
            failures.append(exc)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return outcome[0]
