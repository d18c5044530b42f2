"""Results of a run -> how the test half of the questions stands to the aims of the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.halves import half_of
from eval.judging import Result
from eval.resampling import Estimate
from eval.summary import Summary, summarise
from rag.document import Frozen

# The least that each measure should reach on the test half, or the most for a measure of harm. An aim is no floor: what
# fails the gate stands in `eval.gate`.
AIMS = {
    "answer_match": 0.9,
    "right_document": 0.95,
    "quotes_verified": 1.0,
    "false_premises_accepted": 0.0,
    "true_twins_answered": 0.95,
    "abstention_f1_far": 0.9,
    "abstention_f1_near": 0.7,
}
_AT_MOST = frozenset({"false_premises_accepted"})
# How far Japanese may lie below English in `answer_match`.
LANGUAGE_GAP = 0.05


class Aim(Frozen):
    """An aim beside what was measured.

    Attributes:
        measure: Its name; `answer_match, en - ja` is the difference of the languages.
        aim: The least value that reaches it, or the most where `is_at_most`.
        value: What was measured; `None` where no row of the half counts.
        low: Lower end of its 95 % interval; `None` for the difference too.
        high: Upper end.
        n: Rows that count.
        is_at_most: Whether the value should not be above the aim.
    """

    measure: str
    aim: float
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    is_at_most: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether the value reaches the aim; what was not measured does not."""
        if self.value is None:
            return False
        return self.value <= self.aim if self.is_at_most else self.value >= self.aim


def aims_of(results: Sequence[Result]) -> list[Aim]:
    """Each aim beside the figures of the test half; other rows do not count."""
    summary = summarise([result for result in results if half_of(result.row) == "test"])
    aims = [_aim(name, aim, summary.get(name)) for name, aim in AIMS.items()]
    return [*aims, _language_gap(summary)]


def aim_lines(aims: Sequence[Aim]) -> Iterator[str]:
    """A line an aim: what was measured on the test half, what is aimed at, and whether it is reached."""
    yield f"{'measure, test half':<26} {'aim':>8} {'value':>8}  {'95 % interval':<17} {'rows':>4}"
    for aim in aims:
        sign = "<=" if aim.is_at_most else ">="
        value = "-" if aim.value is None else f"{aim.value:.3f}"
        interval = "" if aim.low is None or aim.high is None else f"{aim.low:.3f} – {aim.high:.3f}"
        verdict = "not measured" if aim.value is None else "reached" if aim.is_reached else "not reached"
        yield f"{aim.measure:<26} {sign} {aim.aim:>5.2f} {value:>8}  {interval:<17} {aim.n:>4}  {verdict}"


def _aim(name: str, aim: float, found: Estimate | None) -> Aim:
    at_most = name in _AT_MOST
    if found is None:
        return Aim(measure=name, aim=aim, value=None, is_at_most=at_most)
    return Aim(measure=name, aim=aim, value=found.value, low=found.low, high=found.high, n=found.n, is_at_most=at_most)


def _language_gap(summary: Summary) -> Aim:
    name = "answer_match, en - ja"
    english, japanese = (summary.get(f"answer_match/language={language}") for language in ("en", "ja"))
    if english is None or japanese is None:
        return Aim(measure=name, aim=LANGUAGE_GAP, value=None, is_at_most=True)
    gap = round(english.value - japanese.value, 4)
    return Aim(measure=name, aim=LANGUAGE_GAP, value=gap, n=english.n + japanese.n, is_at_most=True)
