"""A model hub on loopback that serves folders as repositories, for tests of models that are downloaded.

    with ModelHub({"some/name": {"main": folder}}) as hub:
        ...  # a process with HF_ENDPOINT=hub.address
        assert hub.fetched == ["config.json", …]

It speaks what `huggingface_hub.snapshot_download` asks: which commit a revision names, the files of a commit, and each
file by HEAD and GET; weights by way of another host's address, as the real one's, and in ranges.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(slots=True)
class Cut:
    """The weights of a hub's models break off after this many bytes, until nothing is left in `times`."""

    after: int
    times: int


class ModelHub:
    """The hub; a context manager that listens on a free port from entry to exit.

    Args:
        repositories: By name, the folder of each revision.

    Attributes:
        address: For HF_ENDPOINT.
        fetched: Paths of the files that were sent, in order; one that broke off counts too.
        n_requests: Requests of any sort.
        cut: How downloads of weights break off, if they do.
    """

    def __init__(self, repositories: Mapping[str, Mapping[str, Path]] | None = None) -> None:
        self.repositories = dict(repositories or {})
        self.fetched: list[str] = []
        self.n_requests = 0
        self.cut: Cut | None = None
        owner = self

        class Handler(_Handler):
            hub = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        # Another origin, as where the real hub keeps weights.
        self.store_address = f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> ModelHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def folder(self, name: str, revision: str) -> Path | None:
        """The folder of a revision, named as a branch or as a commit."""
        revisions = self.repositories.get(name, {})
        return next((f for r, f in revisions.items() if revision in (r, commit(f))), None)


@cache
def commit(folder: Path) -> str:
    """A commit's name, 40 hexadecimal digits, for what a folder holds."""
    whole = hashlib.sha1(usedforsecurity=False)
    for file in _files(folder):
        whole.update(f"{file.relative_to(folder)} {_sha256(file)}\n".encode())
    return whole.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@cache
def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_large(file: Path) -> bool:
    """Whether the hub keeps a file apart, as it does weights."""
    return file.suffix in (".safetensors", ".bin", ".onnx")


class _Handler(BaseHTTPRequestHandler):
    hub: ModelHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def do_HEAD(self) -> None:
        """Answer one request for a head."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer one request."""
        self.hub.n_requests += 1
        path = unquote(urlsplit(self.path).path)
        with contextlib.suppress(OSError):
            if asked := re.fullmatch(r"/api/models/(.+)/(revision|tree)/([^/]+)", path):
                self._list(*asked.groups())
            elif asked := re.fullmatch(r"/(.+)/(resolve|store)/([^/]+)/(.+)", path):
                self._resolve(*asked.groups())
            else:
                self._reply(404)

    def _list(self, name: str, what: str, revision: str) -> None:
        folder = self._folder(name, revision)
        if folder is None:
            return
        entries = list(_entries(folder))
        about = {"id": name, "modelId": name, "sha": commit(folder), "private": False, "tags": [], "downloads": 0}
        siblings = [{"rfilename": entry["path"]} for entry in entries]
        self._reply(200, json.dumps(entries if what == "tree" else {**about, "siblings": siblings}).encode())

    def _resolve(self, name: str, how: str, revision: str, path: str) -> None:
        folder = self._folder(name, revision)
        if folder is None:
            return
        file = folder / path
        if not file.is_file():
            self._reply(404, code="EntryNotFound")
        elif how == "resolve" and _is_large(file):
            linked = {"X-Linked-Etag": f'"{_sha256(file)}"', "X-Linked-Size": str(file.stat().st_size)}
            where = f"{self.hub.store_address}/{name}/store/{revision}/{path}"
            self._reply(302, headers={"Location": where, "X-Repo-Commit": commit(folder), **linked})
        else:
            self._send(folder, file)

    def _folder(self, name: str, revision: str) -> Path | None:
        folder = self.hub.folder(name, revision)
        if folder is None:
            known = name in self.hub.repositories
            self._reply(404, code="RevisionNotFound" if known else "RepoNotFound")
        return folder

    def _send(self, folder: Path, file: Path) -> None:
        body = file.read_bytes()
        headers = {"ETag": f'"{_sha256(file)}"', "X-Repo-Commit": commit(folder), "Accept-Ranges": "bytes"}
        status = 200
        if asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            status, start = 206, int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:]
        if self.command == "GET":
            self.hub.fetched.append(file.relative_to(folder).as_posix())
        cut = self.hub.cut
        if cut is not None and cut.times and _is_large(file) and self.command == "GET":
            cut.times -= 1
            self._reply(status, body, headers=headers, at_most=cut.after)
            self.close_connection = True
        else:
            self._reply(status, body, headers=headers)

    def _reply(
        self,
        status: int,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
        at_most: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code is not None:
            self.send_header("X-Error-Code", code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:at_most])


def _entries(folder: Path) -> Iterator[dict[str, object]]:
    """The files of a repository as the hub lists them."""
    for file in _files(folder):
        entry = {"type": "file", "path": file.relative_to(folder).as_posix(), "size": file.stat().st_size}
        entry["oid"] = hashlib.sha1(_sha256(file).encode(), usedforsecurity=False).hexdigest()
        if _is_large(file):
            entry["lfs"] = {"oid": _sha256(file), "size": file.stat().st_size, "pointerSize": 134}
        yield entry
