"""Figures that texts state, kept: one sentence is read for several parts, editions and premises of a question."""

from __future__ import annotations

from functools import lru_cache

from rag.figures.reading import Figure, Reading, figures, supported_readings

_N_KEPT = 4096


@lru_cache(maxsize=_N_KEPT)
def stated_figures(text: str) -> tuple[Figure, ...]:
    """Figures of a text, as `rag.figures.reading.figures` gives them."""
    return tuple(figures(text))


@lru_cache(maxsize=_N_KEPT)
def stated_readings(text: str) -> set[Reading]:
    """What its figures support, as `rag.figures.reading.supported_readings` gives it; shared, not to be changed."""
    return supported_readings(text)
