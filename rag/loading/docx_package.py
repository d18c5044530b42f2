"""The ZIP archive and the XML of a Word document, read within limits: nothing is unpacked to a disk or looked up."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from xml.parsers import expat

from rag.loading.raw import Refused

MAX_ENTRIES = 10_000
MAX_INFLATED_MB = 100
MAX_DEPTH = 500
_PART_BYTES = 64 * 1024
_OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MB = 1024 * 1024

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


class Package:
    """The parts of a Word document. Names of entries are only compared, never taken for paths.

    Raises:
        Refused: From any method: `wrong_type` for what is no such archive, `encrypted`, `damaged`, or `too_long` for
            one that unpacks to more than it may.
    """

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLE_MARK):
            if _ENCRYPTED in data:
                raise Refused("encrypted", "The document is protected with a password.")
            raise Refused(
                "wrong_type", "The file is named as a Word document (.docx) but is one of the old kind (.doc)."
            )
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError):
            raise Refused(
                "wrong_type" if not data.startswith(b"PK") else "damaged",
                "The file is named as a Word document but is no ZIP archive that can be read.",
            ) from None
        entries = self._archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Refused("too_long", f"The document holds more than {MAX_ENTRIES:,} parts, the limit.")
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) < len(entries):
            raise Refused("damaged", "The document is damaged: two of its parts have one name.")
        self._n_left = MAX_INFLATED_MB * _MB

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def parse(self, name: str, start: Start, end: End, words: Callable[[str], None]) -> bool:
        """Give the elements of one part, as `local-name` and attributes by local name, and its words, in order.

        Elements of namespaces other than those of Office documents keep their namespace (`namespace name`).

        Returns:
            Whether there is such a part.
        """
        entry = self._entries.get(name)
        if entry is None:
            return False
        if entry.flag_bits & 0x1:
            raise Refused("encrypted", "The document is protected with a password.")
        if entry.compress_type not in _METHODS:
            raise Refused("damaged", "The document is packed in a way that Word does not use.")
        if entry.file_size > self._n_left:
            raise _unpacks_to_too_much()
        parser = _parser(start, end, words)
        try:
            with self._archive.open(entry) as part:
                while piece := part.read(_PART_BYTES):
                    self._n_left -= len(piece)
                    if self._n_left < 0:
                        raise _unpacks_to_too_much()
                    parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError as exc:
            raise Refused("damaged", f"The document is damaged: its XML breaks off in line {exc.lineno:,}.") from None
        # What zipfile raises: a wrong checksum, rubbish or an end inside a part, a method it lacks, a password.
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
            raise Refused("damaged", "The document is damaged: one of its parts cannot be unpacked.") from None
        return True


def _unpacks_to_too_much() -> Refused:
    return Refused("too_long", f"The document unpacks to more than {MAX_INFLATED_MB} MB, the limit.")


def _parser(start: Start, end: End, words: Callable[[str], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused("damaged", "The document is nested too deeply to be read.")
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name))

    def refuse(*_: object) -> None:
        # Without one there are no entities but the five of XML, and nothing outside the file to ask for.
        raise Refused("damaged", "The document declares a document type, which none does that Word has written.")

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = words
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]  # it raises: what it returns does not count
    return parser


def _local(name: str) -> str:
    """The name without its namespace, where that is one of Office's (transitional or strict), Dublin Core or none."""
    namespace, _, local = name.rpartition(" ")
    known = ("openxmlformats.org/", "purl.oclc.org/ooxml/", "purl.org/dc/", "markup-compatibility/")
    return local if not namespace or any(part in namespace for part in known) else name
