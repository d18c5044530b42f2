"""What a model has read lately, kept: the same words and sentences come up again with the next question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Readings of texts by model identity, the last `n_kept` of each. Safe to share between threads."""

    def __init__(self, n_kept: int) -> None:
        self._n_kept = n_kept
        self._known: dict[str, OrderedDict[str, T]] = {}
        self._lock = threading.Lock()

    def of(self, identity: str, texts: Sequence[str], read: Callable[[list[str]], Iterable[T]]) -> dict[str, T]:
        """By text its reading; `read` is called with those that are not known, each once, while others may go on."""
        with self._lock:
            known = self._known.setdefault(identity, OrderedDict())
            found = {text: known[text] for text in texts if text in known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found.update(zip(new, read(new), strict=True))
        with self._lock:
            for text, reading in found.items():
                known[text] = reading
                known.move_to_end(text)
            while len(known) > self._n_kept:
                known.popitem(last=False)
        return found
