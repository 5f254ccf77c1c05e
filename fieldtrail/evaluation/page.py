"""The report as one page of HTML that needs nothing else: no network, no server, no other file."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldtrail.evaluation import figures
from fieldtrail.evaluation.comparison import flat
from fieldtrail.evaluation.document_view import Images, document_view, wanted_pages
from fieldtrail.evaluation.evaluate import Evaluation
from fieldtrail.evaluation.page_images import page_images
from fieldtrail.evaluation.record import RunRecord
from processors.evaluation.metrics import METRICS
from processors.evaluation.model import Key, Prediction
from processors.evaluation.report import DocumentResult, FieldSummary, Report, Slice

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_BAD = ("wrong", "spurious", "missing")


def report_page(
    report: Report,
    run: RunRecord,
    shown: Sequence[DocumentResult],
    predictions: Mapping[Key, Prediction],
    images: Images,
) -> str:
    """The page of a report: figures, plots, and the documents ``shown`` with their ``images``.

    Text of documents is escaped, and the page forbids itself any script but its own and any other resource.
    """
    overall = report.overall
    return render(
        "report.html.j2",
        report=report,
        run=run,
        record=list(flat(run.to_json())),
        headlines=figures.headlines(overall),
        fields=_by_errors(overall.fields),
        columns=_by_errors(overall.columns),
        rows_line=_rows_line(overall),
        plots=_plots(report),
        confusion=_confusion(report.confusion),
        dimensions=_dimensions(report),
        slice_columns=figures.SLICE_COLUMNS,
        shown=[
            document_view(number, item, prediction_of(item, predictions), images) for number, item in enumerate(shown)
        ],
    )


def render(template: str, **context: Any) -> str:
    """A template of this package with the page's style and script."""
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        _environment()
        .get_template(template)
        .render(
            style=(_TEMPLATES / "style.css").read_text(encoding="utf-8"),
            script=script,
            script_hash=digest,
            descriptions={metric.name: metric.description for metric in METRICS},
            **context,
        )
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        number=figures.number, interval=figures.interval, support=figures.support, estimate=figures.estimate
    )
    return made


def _by_errors(summaries: Mapping[str, FieldSummary]) -> list[FieldSummary]:
    def errors(item: FieldSummary) -> int:
        return sum(count for verdict, count in item.counts.items() if verdict in _BAD)

    return sorted(summaries.values(), key=lambda item: (-errors(item), item.name))


def _rows_line(overall: Slice) -> str:
    parts = [
        f"{label} {figures.number(name, figures.estimate(overall, name).value)}"
        for name, label in (
            ("row_precision", "of the rows read, all cells right:"),
            ("row_recall", "of the rows there, read all right:"),
            ("table_right", "whole tables right:"),
        )
        if figures.estimate(overall, name).value is not None
    ]
    return "; ".join(parts)


def _plots(report: Report) -> list[dict[str, str]]:
    from fieldtrail.evaluation.plots import Bin, reliability, risk_coverage, seconds_per_page

    overall = report.overall
    bins = [
        Bin(item.mean_confidence, item.accuracy, item.count)
        for item in overall.calibration
        if item.mean_confidence is not None and item.accuracy is not None
    ]
    ece = figures.number("ece", figures.estimate(overall, "ece").value)
    plots = [(reliability(bins, "Reliability of values"), f"How often values are right, by confidence. ECE {ece}.")]
    for curve, what in ((overall.risk_coverage, "values"), (overall.document_risk_coverage, "documents")):
        if curve:
            points = sorted((point.coverage, point.risk) for point in curve)
            drawn = risk_coverage([x for x, _ in points], [y for _, y in points], f"Risk and coverage of {what}", 0.01)
            plots.append((drawn, f"If only the surest {what} pass: how many (across), and how many of them are false."))
    seconds = [
        item.seconds / item.page_count for item in report.documents if item.seconds is not None and item.page_count
    ]
    if seconds:
        plots.append((seconds_per_page(seconds, "Seconds a page"), "Wall-clock seconds a page, all documents."))
    return [{"svg": svg, "caption": caption} for svg, caption in plots]


def _confusion(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    names = sorted(counts)
    columns = sorted({name for row in counts.values() for name in row})
    columns = [name for name in names if name in columns] + [name for name in columns if name not in names]
    rows = []
    for name in names:
        total = sum(counts[name].values()) or 1
        cells = [
            {"count": count, "share": count / total, "diagonal": name == column}
            for column in columns
            for count in [counts[name].get(column, 0)]
        ]
        rows.append({"name": name, "cells": cells})
    return {"columns": columns, "rows": rows}


def _dimensions(report: Report) -> list[tuple[str, list[tuple[str, Slice]]]]:
    found = []
    for key, heading in figures.DIMENSIONS:
        slices = report.slices.get(key, {})
        if len(slices) > 1:
            found.append((heading, sorted(slices.items(), key=lambda item: (-item[1].documents, item[0]))))
    return found


def write_report_page(out: Path, evaluation: Evaluation, documents: Path, most: int, workers: int) -> None:
    """Writes the page of ``evaluation`` to ``out``, with the ``most`` worst documents that have anything labelled.

    Their pages are drawn in ``workers`` child processes. Raises ``OSError`` where ``out`` cannot be written.
    """
    shown = [item for item in evaluation.report.worst_first() if item.fields or item.errors][:most]
    wanted = [
        (item.file, page) for item in shown for page in wanted_pages(item, prediction_of(item, evaluation.predictions))
    ]
    images = page_images(documents, wanted, workers) if wanted else {}
    page = report_page(evaluation.report, evaluation.run, shown, evaluation.predictions, images)
    out.write_text(page, encoding="utf-8")


def prediction_of(item: DocumentResult, predictions: Mapping[Key, Prediction]) -> Prediction | None:
    """What was read of a document: under its pages, else of the whole file."""
    return predictions.get((item.file, item.pages)) or predictions.get((item.file, None))
