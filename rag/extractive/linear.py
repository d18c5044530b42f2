"""A linear score over named features, as the fitting command writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LinearScore:
    """`bias + rows @ weights`, the weights being those of raw features (already divided by their spread)."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float = 0.0

    @classmethod
    def of(cls, *, bias: float = 0.0, **weights: float) -> LinearScore:
        """From weights by name."""
        return cls(names=tuple(weights), weights=tuple(weights.values()), bias=bias)

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score of each row: `(n, len(names))` to `(n,)`."""
        result: NDArray[np.float64] = rows @ np.array(self.weights) + self.bias
        return result

    def probability_of(self, value: Mapping[str, float]) -> float:
        """Logistic of one row's score, in (0, 1), from features by name."""
        score = sum(value[name] * weight for name, weight in zip(self.names, self.weights, strict=True)) + self.bias
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
