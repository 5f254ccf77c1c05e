"""Plots as SVG that stands inside a page: its text stays text, and its colours are the page's own, light or dark.

matplotlib draws with marker colours, which are then replaced by the page's CSS variables.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT, MAIN, OTHER = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", MAIN: "var(--main)", OTHER: "var(--bad)"}
_STYLE: Any = {  # matplotlib types its keys one by one
    "svg.fonttype": "none",
    "font.size": 9,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.3,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
_SIZE = (4.6, 3.5)
_PROLOGUE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_NOISE = re.compile(r"\s*<(metadata)>.*?</\1>|\s*<style type=\"text/css\">.*?</style>|<!--.*?-->", re.DOTALL)
_FONTS = re.compile(r"font: ([\d.]+px) [^;\"]+|font-family: [^;\"]+")
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_OPENING = re.compile(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Bin:
    """Values whose confidence lies in one interval: the mean of it, the share that was right, and how many."""

    confidence: float
    accuracy: float
    count: int


def reliability(bins: Sequence[Bin], title: str) -> str:
    """The reliability diagram: what share was right, by confidence; below it, how many values each bin has."""
    filled = [item for item in bins if item.count]
    confidences = [item.confidence for item in filled]

    def draw(figure: "Figure") -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
        top.plot((0, 1), (0, 1), color=FAINT, linestyle="--", linewidth=1, label="perfectly calibrated")
        accuracies = [item.accuracy for item in filled]
        top.plot(confidences, accuracies, color=MAIN, marker="o", markersize=4, linewidth=1.2, label="measured")
        top.set(xlim=(0, 1.02), ylim=(0, 1.04), ylabel="share right")
        top.legend(loc="upper left", fontsize=8)
        bottom.bar(confidences, [item.count for item in filled], width=0.025, color=MAIN)
        bottom.set(xlabel="confidence", ylabel="values", yscale="log", ylim=(0.8, None))
        bottom.yaxis.set_minor_formatter("")  # the axis is low, and labels between powers of ten would overlap

    return _svg(draw, title)


def risk_coverage(coverage: Sequence[float], risk: Sequence[float], title: str, target: float | None = None) -> str:
    """The risk-coverage curve: of the surest ``coverage`` share of values, what share ``risk`` is wrong."""
    highest = max([*risk, target or 0.0, 0.005])

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.step(coverage, risk, where="post", color=MAIN, linewidth=1.4)
        if target is not None:
            axes.axhline(target, color=OTHER, linestyle="--", linewidth=1, label=f"{target:.1%}")
            axes.legend(loc="upper left", fontsize=8)
        axes.set(xlim=(0, 1.0), ylim=(0, highest * 1.1), xlabel="coverage, surest first", ylabel="share wrong")

    return _svg(draw, title)


def seconds_per_page(seconds: Sequence[float], title: str) -> str:
    """How long a page took, document by document, as a histogram over a logarithmic axis."""
    import numpy as np

    shown = [value for value in seconds if value > 0] or [1.0]
    edges = np.geomspace(min(shown) * 0.9, max(shown) * 1.1, 25).tolist()

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.hist(shown, bins=edges, color=MAIN)
        axes.set(xscale="log", xlabel="seconds a page", ylabel="documents")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")

    return _svg(draw, title)


def _svg(draw: "Callable[[Figure], None]", title: str) -> str:
    """What ``draw`` draws as an ``svg`` element; ``title`` is its text alternative, and makes its ids its own."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": title}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure)
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = _NOISE.sub("", _PROLOGUE.sub("", out.getvalue(), count=1))
    text = _GROUP_ID.sub("<g", text)
    text = _FONTS.sub(lambda found: f"font-size: {found[1]}" if found[1] else "font-family: inherit", text)
    for color, variable in _VARIABLES.items():
        text = text.replace(color, variable)
    return _OPENING.sub(rf'<svg role="img" aria-label="{escape(title)}" viewBox="\1">', text, count=1)
