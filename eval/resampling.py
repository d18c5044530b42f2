"""Samples drawn again from the questions, for 95 % percentile bootstrap intervals; the same ones every time.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2_000
# The quantiles that a 95 % interval ends at.
_LEVEL = (0.025, 0.975)
_SEED = 20251223


def draws(n: int) -> NDArray[np.int64]:
    """Indices of `n` questions drawn with replacement, `(N_RESAMPLES, n)`: equal numbers give equal samples."""
    return np.random.default_rng(_SEED).integers(0, n, size=(N_RESAMPLES, n))


def interval(resampled: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the interval over the values of the samples; a sample in which nothing counts (NaN) says nothing."""
    low, high = np.nanquantile(resampled, _LEVEL)
    return float(low), float(high)
