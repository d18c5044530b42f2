"""Figures -> small SVG drawings, coloured by classes alone: the page's policy allows no style attribute."""

from __future__ import annotations

from eval.html_report.markup import Markup, element
from eval.resampling import Estimate
from eval.selective import RiskCurve

_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 40
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def is_share(name: str, estimate: Estimate) -> bool:
    """Whether a measure is a share, which a bar from 0 to 1 can show."""
    return not name.endswith(("_ms", "_tokens", "_usd")) and 0 <= estimate.value <= 1


def share_bar(estimate: Estimate, label: str) -> Markup:
    """A bar from 0 to the value, with a line from the low to the high end of the interval."""
    low, high = (min(1.0, max(0.0, end)) for end in (estimate.low, estimate.high))
    return element(
        "svg",
        element("rect", class_="track", width=100, height=8),
        element("rect", class_="bar", width=_number(100 * estimate.value), height=8),
        element("rect", class_="interval", x=_number(100 * low), y=3, width=_number(100 * (high - low)), height=2),
        class_="share",
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{label}: {estimate.value:.3f}, interval {low:.3f} to {high:.3f}",
    )


def risk_chart(curve: RiskCurve) -> Markup:
    """The risk–coverage curve; beyond the dashed line rows were abstained from."""
    grid = []
    for tick in _TICKS:
        grid += [
            element("line", class_="grid", x1=_x(0), x2=_x(1), y1=_y(tick), y2=_y(tick)),
            element("text", f"{tick:g}", class_="y", x=_LEFT - 6, y=_number(float(_y(tick)) + 4)),
            element("text", f"{tick:g}", class_="x", x=_x(tick), y=_HEIGHT - _BOTTOM + 16),
        ]
    path = " ".join(f"{_x(point.coverage)},{_y(point.risk)}" for point in curve.points)
    return element(
        "svg",
        *grid,
        element("line", class_="answered", x1=_x(curve.answered), x2=_x(curve.answered), y1=_y(0), y2=_y(1)),
        element("polyline", class_="curve", points=path),
        element("text", "coverage", class_="x", x=_x(0.5), y=_HEIGHT - 6),
        element("text", "risk", class_="axis", x=4, y=_TOP + 4),
        class_="risk",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=(
            f"Risk–coverage curve: area {curve.area:.3f}, best possible {curve.best_area:.3f}, "
            f"answered {curve.answered:.3f}"
        ),
    )


def _x(share: float) -> str:
    return _number(_LEFT + share * (_WIDTH - _LEFT - _RIGHT))


def _y(share: float) -> str:
    return _number(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
