"""Estimates with their 95 % percentile bootstrap intervals, from samples of the questions that are the same every time.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2_000
DIGITS = 4
# The quantiles that a 95 % interval ends at.
_LEVEL = (0.025, 0.975)
_SEED = 20251223
_DRAWS_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure over questions with its 95 % interval `[low, high]`; `n` questions."""

    value: float
    low: float
    high: float
    n: int


def draws(n: int) -> NDArray[np.int64]:
    """Indices of `n` questions drawn with replacement, `(N_RESAMPLES, n)`: equal numbers give equal samples."""
    return np.random.default_rng(_SEED).integers(0, n, size=(N_RESAMPLES, n))


def over_samples(n: int, figure: Callable[[NDArray[np.int64]], NDArray[np.float64]]) -> NDArray[np.float64]:
    """A figure over each sample of `n` questions, `(N_RESAMPLES, …)`.

    Args:
        n: How many questions there are; at least one.
        figure: Gives it for a block of samples, indices `(n_samples, n)`: memory stays small however large `n` is.
    """
    samples = draws(n)
    return np.concatenate([figure(block) for block in np.array_split(samples, 1 + samples.size // _DRAWS_AT_ONCE)])


def interval(resampled: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the interval over the values of the samples; a sample in which nothing counts (NaN) says nothing."""
    low, high = np.nanquantile(resampled, _LEVEL)
    return float(low), float(high)


def estimated(value: float, resampled: NDArray[np.float64], n: int, digits: int = DIGITS) -> Estimate:
    """A value over `n` questions, rounded, with the interval over its values in the samples."""
    low, high = interval(resampled)
    return Estimate(value=round(float(value), digits), low=round(low, digits), high=round(high, digits), n=n)


def estimated_mean(values: Sequence[float] | NDArray[np.float64], digits: int = DIGITS) -> Estimate | None:
    """Mean of one value a question; `None` where there is none."""
    column = np.asarray(values, dtype=np.float64)
    if not len(column):
        return None
    resampled = over_samples(len(column), lambda drawn: column[drawn].mean(axis=1))
    return estimated(column.mean(), resampled, len(column), digits)
