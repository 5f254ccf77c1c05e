"""What a calibration writes: the fitted file, thresholds as settings, a table for the terminal, and a plot."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fieldtrail.calibration.run import Calibrated
from processors.calibration.file import dump_calibration
from processors.calibration.thresholds import Chosen
from processors.calibration.tradeoff import NOTHING_PASSES, Point
from processors.evaluation.report import Estimate
from processors.fields import FieldType

_SECOND_LOOK = 0.70
"""Below this, a value is a person's from the start."""
_FIGURES = (
    ("straight_through_rate", "straight through"),
    ("silent_error_rate", "auto-passed values that are false"),
    ("silent_error_rate_completed", "values of straight-through documents that are false"),
    ("silent_error_documents", "straight-through documents with a false value"),
    ("silent_missing_documents", "straight-through documents that lack a value"),
    ("ece", "expected calibration error"),
    ("brier", "Brier score"),
)


def calibration_text(result: Calibrated) -> str:
    """The calibration file, with what it was fitted on."""
    ece = result.report.overall.metrics["ece"].value
    notes = {
        "fitted on": f"{result.values} labelled values of {result.documents} documents",
        "expected calibration error out of fold": "unknown" if ece is None else f"{ece:.4f}",
    }
    return dump_calibration(result.calibration, notes)


def settings_text(result: Calibrated, calibration: Path | None) -> str:
    """Thresholds as ``fieldtrail.toml`` takes them, each with what it rests on; and where the calibration file is."""
    lines = ["# Written by `fieldtrail calibrate`; merge it into fieldtrail.toml."]
    if calibration is not None:
        lines += ["[confidence]", f'calibration = "{calibration}"', ""]
    lines.append("[route.thresholds.types]")
    for item in result.chosen:
        straight = _down(result.thresholds[item.type])
        lines.append(f"# {item.type}: {_because(item)}")
        lines.append(f"{item.type} = {{ pass = {straight}, second_look = {min(straight, _SECOND_LOOK)} }}")
    return "\n".join([*lines, ""])


def _down(threshold: float) -> float:
    """Four decimals, as confidences have, and never above the threshold."""
    return int(threshold * 10_000) / 10_000


def _because(item: Chosen) -> str:
    seen = f"of {item.passed} that pass, {item.wrong} are wrong, so at most {item.bound:.2%} are"
    if item.straight is not None:
        return f"at most {item.target:.2%} may be wrong; {seen}."
    return (
        f"that at most {item.target:.2%} are wrong is NOT shown by {item.total} labelled values (at best, {seen}); "
        f"it takes {item.wanted} without an error."
    )


def print_result(result: Calibrated, out: Console) -> None:
    """Thresholds, what documents come to out of fold, and the trade-off."""
    out.print(_thresholds(result.chosen, result.thresholds))
    overall = result.report.overall
    figures = _table(f"\nout of fold, {overall.documents} documents", "\n", "\n95 % interval", "\nof")
    for name, label in _FIGURES:
        if name in overall.metrics:
            figures.add_row(label, *_estimate(overall.metrics[name]))
    out.print(figures)
    curve = _table("\nif all pass from", "\nstraight through", "\nfalse values in them", "\nof")
    for point in result.curve:
        wrong = "" if point.silent_errors is None else f"{point.silent_errors:.2%}"
        curve.add_row(f"{point.threshold:.2f}", f"{point.straight_through:.1%}", wrong, str(point.passed))
    out.print(curve)


def _thresholds(chosen: Sequence[Chosen], thresholds: Mapping[FieldType, float]) -> Table:
    table = _table("type", "may be wrong", "passes from", "passing", "wrong", "at most", "")
    for item in chosen:
        straight = thresholds[item.type]
        shown = "never" if straight >= NOTHING_PASSES else f"{_down(straight):.4f}"
        proof = "shown" if item.straight is not None else f"not shown: takes {item.wanted} without an error"
        row = (f"{item.target:.2%}", shown, f"{item.passed} of {item.total}", str(item.wrong), f"{item.bound:.2%}")
        table.add_row(item.type, *row, proof)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column(headings[0])
    for heading in headings[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _estimate(item: Estimate) -> tuple[str, str, str]:
    if item.value is None:
        return "", "", ""
    between = "" if item.low is None or item.high is None else f"{item.low:.4f} to {item.high:.4f}"
    return f"{item.value:.4f}", between, f"{item.total:.0f}"


_WIDTH, _HEIGHT, _MARGIN = 640, 420, 60


def plot_svg(curve: Sequence[Point]) -> str:
    """The trade-off as one SVG: silent errors to the right, straight-through documents up, a dot for a threshold."""
    points = [point for point in curve if point.silent_errors is not None]
    most = max([0.01, *(point.silent_errors or 0.0 for point in points)]) * 1.15
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            'font-family="sans-serif" font-size="12" fill="currentColor">',
            "<title>Straight-through rate against silent errors, out of fold</title>",
            *_axes(most),
            *_dots(points, most),
            "</svg>",
        ]
    )


def plot_html(result: Calibrated) -> str:
    """A page with the plot and the table behind it; needs nothing else."""
    rows = "".join(
        f"<tr><td>{point.threshold:.2f}</td><td>{point.straight_through:.1%}</td>"
        f"<td>{'' if point.silent_errors is None else f'{point.silent_errors:.2%}'}</td><td>{point.passed}</td></tr>"
        for point in result.curve
    )
    reasons = "".join(f"<li>{escape(item.type)}: {escape(_because(item))}</li>" for item in result.chosen)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<title>Calibration</title><style>body{font-family:sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem}"
        "td,th{padding:.2rem .8rem;text-align:right}</style></head><body><h1>What thresholds buy</h1>"
        f"{plot_svg(result.curve)}<table><thead><tr><th>all pass from</th><th>straight through</th>"
        f"<th>false values in them</th><th>of</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>Thresholds</h2><ul>{reasons}</ul></body></html>\n"
    )


def _place(share: float, errors: float, most: float) -> tuple[float, float]:
    x = _MARGIN + errors / most * (_WIDTH - 1.5 * _MARGIN)
    return x, _HEIGHT - _MARGIN - share * (_HEIGHT - 1.5 * _MARGIN)


def _axes(most: float) -> Iterator[str]:
    (left, bottom), (right, top) = _place(0, 0, most), _place(1, most, most)
    yield f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="currentColor"/>'
    for step in range(5):
        share, errors = step / 4, most * step / 4
        _, y = _place(share, 0, most)
        x, _ = _place(0, errors, most)
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{errors:.2%}</text>'
    middle = (left + right) / 2
    below = f'x="{middle}" y="{_HEIGHT - 14}"'
    beside = f'transform="translate(16 {(top + bottom) / 2}) rotate(-90)"'
    yield f'<text {below} text-anchor="middle">false values in straight-through documents</text>'
    yield f'<text {beside} text-anchor="middle">straight through</text>'


def _dots(points: Sequence[Point], most: float) -> Iterator[str]:
    places = [(point, *_place(point.straight_through, point.silent_errors or 0.0, most)) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="#2563eb" stroke-width="1.5"/>'
    for point, x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#2563eb"/>'
        yield f'<text x="{x + 7:.1f}" y="{y - 6:.1f}">{point.threshold:.2f}</text>'
