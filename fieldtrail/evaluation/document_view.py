"""One document of a report as its page shows it: values, line items, and boxes over the page's image."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fieldtrail.evaluation.page_images import PageImage
from processors.evaluation.model import Prediction, Value
from processors.evaluation.report import DocumentResult, FieldResult, RowResult, Verdict
from processors.geometry import Box

MOST_PAGES = 3
"""Pages shown of one document: those with false values first."""

OPEN_AT_FIRST = 3
"""Documents that are unfolded when the page opens."""

_MARKS = {
    Verdict.EXACT: ("✓", "good"),
    Verdict.CLOSE: ("≈", "good"),
    Verdict.WRONG: ("✗ wrong", "bad"),
    Verdict.MISSING: ("✗ missing", "warn"),
    Verdict.SPURIOUS: ("✗ spurious", "bad"),
    Verdict.ABSENT: ("✓ absent", "soft"),
}
_ORDER = (Verdict.WRONG, Verdict.SPURIOUS, Verdict.MISSING, Verdict.CLOSE, Verdict.EXACT, Verdict.ABSENT)

Images = Mapping[tuple[str, int], PageImage]
"""Page images by file and page number."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A box on a page; ``kind`` is the CSS classes, ``key`` joins it to its value's row."""

    page: int
    box: Box
    kind: str
    key: str
    title: str


def wanted_pages(result: DocumentResult, prediction: Prediction | None) -> list[int]:
    """The pages to show: those with false values, then others with values, then the first; ``MOST_PAGES`` at most."""
    boxes = list(_placed(result, prediction, ""))
    false = {item.page for item in boxes if "wrong" in item.kind}
    labelled = {item.page for item in boxes if "unlabelled" not in item.kind}
    first = result.pages[0] if result.pages is not None else 1
    order = [*sorted(false), *sorted(labelled - false), *([first] if first not in false | labelled else [])]
    return sorted(order[:MOST_PAGES])


def document_view(number: int, result: DocumentResult, prediction: Prediction | None, images: Images) -> dict[str, Any]:
    """What the template shows of a document. ``number`` keeps its keys apart from the other documents'."""
    boxes = list(_placed(result, prediction, f"d{number}"))
    keys = {item.key for item in boxes}
    numbers = wanted_pages(result, prediction)
    pages = [images[result.file, page] for page in numbers if (result.file, page) in images]
    verdicts = [item.verdict for item in result.fields]
    table = result.line_items
    predicted = result.predicted_type or "no type"
    right_type = result.type_correct is not False
    return {
        "name": result.file if result.pages is None else f"{result.file} ({result.pages[0]} to {result.pages[1]})",
        "type": result.document_type if right_type else f"{result.document_type}, read as {predicted}",
        "kind": result.kind.replace("_", " "),
        "status": result.status.value,
        "error": result.error,
        "note": result.note,
        "open": number < OPEN_AT_FIRST,
        "silent": result.silent_errors,
        "false_values": result.false_values,
        "missing": sum(verdict is Verdict.MISSING for verdict in verdicts),
        "errors": result.errors,
        "pages": [_page_view(page, boxes) for page in pages],
        "no_pages": "No page of it can be shown.",
        "values": [
            *(_value_view(item, f"d{number}-{item.name}", keys) for item in _sorted(result)),
            *_unlabelled(result, prediction, number, keys),
        ],
        "columns": [] if table is None else _columns(table.rows),
        "rows": [] if table is None else [_row_view(row, _columns(table.rows), number, keys) for row in table.rows],
    }


def _placed(result: DocumentResult, prediction: Prediction | None, prefix: str) -> Iterator[Placed]:
    """Every box of the document: values that were labelled, others that were read, line items."""
    for item in result.fields:
        if item.page is not None and item.bbox is not None:
            kind = "right" if item.verdict.is_right else "wrong"
            title = f"{item.name}: {text(item.predicted)}"
            yield Placed(item.page, item.bbox, kind, f"{prefix}-{item.name}", title)
    if prediction is None:
        return
    labelled = {item.name for item in result.fields}
    for name, found in prediction.fields.items():
        if name not in labelled and found.page is not None and found.bbox is not None:
            title = f"{name} (not labelled): {text(found.value)}"
            yield Placed(found.page, found.bbox, "unlabelled", f"{prefix}-{name}", title)
    exact = {} if result.line_items is None else {row.predicted_index: row.exact for row in result.line_items.rows}
    for index, line in enumerate(prediction.line_items):
        if line.page is not None and line.bbox is not None:
            kind = "unlabelled" if not exact else "row right" if exact.get(index) else "row wrong"
            yield Placed(line.page, line.bbox, kind, f"{prefix}-row{index}", f"line item {index + 1}")


def _page_view(page: PageImage, boxes: list[Placed]) -> dict[str, Any]:
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "jpeg": base64.b64encode(page.jpeg).decode("ascii"),
        "boxes": [
            {
                "kind": item.kind,
                "key": item.key,
                "title": item.title,
                "x": item.box.x0,
                "y": item.box.y0,
                "width": item.box.width,
                "height": item.box.height,
            }
            for item in boxes
            if item.page == page.number
        ],
    }


def _sorted(result: DocumentResult) -> list[FieldResult]:
    """False values first, then missing ones, then those that are right."""
    return sorted(result.fields, key=lambda item: _ORDER.index(item.verdict))


def _value_view(item: FieldResult, key: str, keys: set[str]) -> dict[str, Any]:
    mark, tone = _MARKS[item.verdict]
    return {
        "name": item.name,
        "mark": mark,
        "tone": tone,
        "tint": "false" if item.verdict.is_false_value else "",
        "truth": text(item.truth),
        "predicted": "" if item.verdict is Verdict.EXACT else text(item.predicted),
        "confidence": "" if item.confidence is None else f"{item.confidence:.2f}",
        "passed": item.auto_passed,
        "key": key if key in keys else "",
    }


def _unlabelled(
    result: DocumentResult, prediction: Prediction | None, number: int, keys: set[str]
) -> Iterator[dict[str, Any]]:
    """What was read beside what is labelled: it counts nowhere, but may tell what became of a value that is missing."""
    labelled = {item.name for item in result.fields}
    for name, item in ({} if prediction is None else prediction.fields).items():
        if name in labelled:
            continue
        key = f"d{number}-{name}"
        yield {
            "name": name,
            "mark": "not labelled",
            "tone": "soft",
            "tint": "unlabelled",
            "truth": "",
            "predicted": text(item.value),
            "confidence": f"{item.confidence:.2f}",
            "passed": item.auto_passed,
            "key": key if key in keys else "",
        }


def _columns(rows: tuple[RowResult, ...]) -> list[str]:
    return list(dict.fromkeys(cell.name for row in rows for cell in row.cells))


def _row_view(row: RowResult, columns: list[str], number: int, keys: set[str]) -> dict[str, Any]:
    key = f"d{number}-row{row.predicted_index}"
    if row.truth_index is None:
        mark, tone = "✗ not there", "bad"
    elif row.predicted_index is None:
        mark, tone = "✗ missing", "warn"
    else:
        mark, tone = ("✓", "good") if row.exact else ("✗", "bad")
    cells = {cell.name: cell for cell in row.cells}
    shown = [
        {
            "truth": text(cells[name].truth) if name in cells else "",
            "predicted": (text(cells[name].predicted) or "nothing") if name in cells else "",
            "wrong": name in cells and not cells[name].verdict.is_right,
        }
        for name in columns
    ]
    return {
        "mark": mark,
        "tone": tone,
        "tint": "false" if tone == "bad" else "",
        "cells": shown,
        "key": key if key in keys else "",
    }


def text(value: Value | None) -> str:
    """A value on one line; empty for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    parts = (
        item if isinstance(item, str) else ", ".join(f"{name} {cell}" for name, cell in item.items() if cell)
        for item in value
    )
    return "; ".join(parts)
