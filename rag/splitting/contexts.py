"""What is embedded with a chunk and lies outside it: title, heading path, the introduction of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.document import PATH_MARK
from rag.splitting.units import Part, Unit
from rag.text.markup import plain_sentence

# Length of the last thing that is tried before a chunk goes without context.
_SHORT_CHARS = 80


class Contexts:
    """Contexts of the chunks of one part: document title, heading path, and what introduces a list."""

    def __init__(self, title: str, part: Part, tokens: Callable[[str], int], limit: int) -> None:
        shown = plain_sentence(title)
        above = part.path[: len(part.path) - part.n_own]
        self._paths = {False: _without_repeats((shown, *part.path)), True: _without_repeats((shown, *above))}
        self._tokens = tokens
        self._limit = limit
        self._known: dict[tuple[bool, tuple[str, ...]], tuple[str, int]] = {}

    def best(self, unit: Unit, *, first: bool) -> str:
        """The fullest context within the limit for a chunk that begins with `unit`; `first` when its headings do."""
        return self._best(unit, first)[0]

    def n_tokens(self, unit: Unit, *, first: bool) -> int:
        """Tokens of that context."""
        return self._best(unit, first)[1]

    def _best(self, unit: Unit, first: bool) -> tuple[str, int]:
        key = (first, unit.lead)
        if key not in self._known:
            for context in self.ladder(unit, first=first):
                size = self._tokens(context)
                if size <= self._limit:
                    break
            self._known[key] = (context, size)
        return self._known[key]

    def ladder(self, unit: Unit, *, first: bool) -> list[str]:
        """Contexts for a chunk that begins with `unit`, from the fullest to none."""
        path, lead = self._paths[first], unit.lead
        nearest = path[-1:]
        options = [
            (PATH_MARK.join(path), *lead),
            (*nearest, *lead),
            (*nearest, *lead[:1]),
            lead[:1],
            nearest,
            (_shortened(lead[0] if lead else nearest[0] if nearest else "", _SHORT_CHARS),),
        ]
        contexts = ["\n".join(piece for piece in pieces if piece) for pieces in options]
        return [*dict.fromkeys(contexts), ""]


def _without_repeats(path: Sequence[str]) -> tuple[str, ...]:
    """A path without empty steps and without a step that repeats the one before it (a title as first heading)."""
    result: list[str] = []
    for step in path:
        if step and (not result or result[-1].casefold() != step.casefold()):
            result.append(step)
    return tuple(result)


def _shortened(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else text[:n_chars].rstrip() + "…"
