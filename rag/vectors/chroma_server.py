"""A Chroma server as the place of the vectors, spoken to over its HTTP interface with deadlines.

chromadb's own client waits for ever (`timeout=None`); the five calls that are needed are made here.
Reference: Chroma's HTTP interface, version 2 (`/api/v2`), as its server documents it under `/docs`.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

from rag.embedding.model import Vector
from rag.errors import VectorServerError
from rag.store.reader import Store
from rag.vectors.dense import HNSW, Engine, nearest, synchronise

_CONNECT_S = 3.0
_CALL_S = 10.0
_MAX_REPLY_BYTES = 64 * 1024 * 1024
_DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"
_PAGE = 10_000


class ServerVectors:
    """Dense search through a Chroma server; the server's collection follows the store.

    Raises:
        VectorServerError: From a search, if the server does not answer in time or answers nonsense.
    """

    engine: Engine = "chroma server"

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._collection = collection_of(store, url)
        self._synchronising = threading.Lock()
        self._revision = -1

    def search(self, vector: Vector, k: int, document_keys: Collection[int] | None = None) -> list[tuple[int, float]]:
        """As `VectorSearch.search`."""
        for _ in range(2):
            self.synchronise()
            hits = nearest(self._collection, self._store, vector, k, document_keys)
            if hits is not None:
                return hits
            # It has fewer vectors than it was given: another program took some away.
            self._revision = -1
        raise self._collection.error("has not the vectors that it was given")

    def synchronise(self) -> None:
        """Bring the server's collection to the store's revision."""
        if self._revision == self._store.revision:
            return
        with self._synchronising:
            if self._revision != self._store.revision:
                self._revision = synchronise(self._collection, self._store)

    def close(self) -> None:
        self._collection.close()


def check_server(url: str) -> None:
    """Ask whether a Chroma server is there, before long work.

    Raises:
        VectorServerError: If none answers.
    """
    with contextlib.closing(ServerCollection(url, "")) as server:
        server.ping()


def collection_of(store: Store, url: str) -> ServerCollection:
    """A generation's collection on the server; made there by the first call that needs it."""
    return ServerCollection(url, f"kihon-{store.index_id}")


class ServerCollection:
    """One collection on a Chroma server as `Candidates`."""

    def __init__(self, url: str, name: str) -> None:
        import httpx

        self.url = url
        self._name = name
        self._id: str | None = None
        self._http = httpx.Client(
            base_url=url.rstrip("/"), timeout=httpx.Timeout(_CALL_S, connect=_CONNECT_S), trust_env=False
        )

    def keys(self) -> list[int]:
        keys: list[int] = []
        while True:
            page = self._call("get", {"include": [], "limit": _PAGE, "offset": len(keys)})
            keys += [int(key) for key in page["ids"]]
            if len(page["ids"]) < _PAGE:
                return keys

    def upsert(self, keys: Sequence[int], document_keys: Sequence[int], vectors: Vector) -> None:
        body = {
            "ids": [str(key) for key in keys],
            "embeddings": [[float(number) for number in row] for row in vectors],
            "metadatas": [{"document_key": int(key)} for key in document_keys],
        }
        self._call("upsert", body)

    def delete(self, keys: Sequence[int]) -> None:
        self._call("delete", {"ids": [str(key) for key in keys]})

    def query(self, vector: Vector, n: int, document_keys: Collection[int] | None) -> list[int]:
        body: dict[str, Any] = {
            "query_embeddings": [[float(number) for number in vector]],
            "n_results": n,
            "include": [],
        }
        if document_keys is not None:
            body["where"] = {"document_key": {"$in": [int(key) for key in document_keys]}}
        return [int(key) for key in self._call("query", body)["ids"][0]]

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._request("GET", "/api/v2/heartbeat", None)

    def drop(self) -> None:
        """Remove the collection from the server."""
        self._request("DELETE", f"{_DATABASE}/collections/{self._name}", None, absent_ok=True)

    def close(self) -> None:
        self._http.close()

    def error(self, what: str) -> VectorServerError:
        """The error that names the address and what to do."""
        return VectorServerError(
            f"The Chroma server at {self.url} {what}. Is it running? Start it with `chroma run`, correct "
            "RAG_CHROMA_URL, or unset it to search without a server."
        )

    def _call(self, action: str, body: dict[str, Any]) -> Any:
        for is_last in (False, True):
            reply = self._request("POST", f"{_DATABASE}/collections/{self._opened()}/{action}", body, absent_ok=True)
            if reply is not None:
                try:
                    _check_shape(action, reply)
                except (KeyError, IndexError, TypeError, ValueError):
                    raise self.error("gave an answer that is none") from None
                return reply
            self._id = None  # it was restarted without its data: make the collection anew
            if is_last:
                break
        raise self.error("lost the collection that it was asked for")

    def _opened(self) -> str:
        if self._id is None:
            body = {
                "name": self._name,
                "get_or_create": True,
                "configuration": {"hnsw": HNSW},
            }
            reply = self._request("POST", f"{_DATABASE}/collections", body)
            if not isinstance(reply, dict) or not isinstance(reply.get("id"), str):
                raise self.error("gave an answer that is none")
            self._id = reply["id"]
        return self._id

    def _request(self, method: str, path: str, body: Any, *, absent_ok: bool = False) -> Any:
        """One call, made a second time if the connection fails: every call here may be repeated.

        Returns:
            The reply's JSON; `None` for a 404 with `absent_ok`.
        """
        import httpx

        for is_last in (False, True):
            try:
                return self._once(method, path, body, absent_ok=absent_ok)
            except httpx.TimeoutException:
                raise self.error(f"does not answer within {_CALL_S:g} s") from None
            except httpx.HTTPError:
                if is_last:
                    raise self.error("cannot be reached") from None
        raise AssertionError

    def _once(self, method: str, path: str, body: Any, *, absent_ok: bool) -> Any:
        import httpx

        deadline = time.monotonic() + _CALL_S
        content = bytearray()
        with self._http.stream(method, path, json=body) as response:
            # httpx counts each read by itself: a server that sends a letter a second would hold us for ever.
            for part in response.iter_bytes():
                content += part
                if time.monotonic() > deadline or len(content) > _MAX_REPLY_BYTES:
                    raise httpx.ReadTimeout("too slow or too long")
        if response.status_code == 404 and absent_ok:
            return None
        if response.status_code >= 300:
            raise self.error(f"refuses (HTTP {response.status_code})")
        try:
            return json.loads(content) if content else {}
        except ValueError:
            raise self.error("gave an answer that is none") from None


def _check_shape(action: str, reply: Any) -> None:
    if action == "get":
        [int(key) for key in reply["ids"]]
    elif action == "query":
        [int(key) for key in reply["ids"][0]]
