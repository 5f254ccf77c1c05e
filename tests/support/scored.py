"""A small report for tests: four invoices, of which one is right, two are not, and one failed."""

from dataclasses import replace

from processors.evaluation.model import Key, PredictedField, PredictedRow, Prediction, Quality, Status, TruthRow
from processors.evaluation.report import Options, Report
from processors.evaluation.scoring import score
from processors.geometry import Box

EVIL = '<script>alert("1")</script> & Söhne'
"""A vendor whose name would run in a page that does not escape it."""

_FIELDS = {"vendor_name": "ACME", "total_amount": "100.00", "due_date": None}
ROWS = [
    TruthRow(
        f"docs/{name}.pdf",
        "invoice",
        group=name,
        language="en",
        fields=_FIELDS,
        line_items=({"description": "Bolt", "amount": "40.00"}, {"description": "Nut", "amount": "60.00"}),
        quality=Quality(None, "born_digital", has_text_layer=True),
    )
    for name in ("good", "wrong", "silent", "lost")
]


def _field(value: str, confidence: float, y: float, *, auto_passed: bool = True) -> PredictedField:
    return PredictedField(value, confidence, 1, Box(50, y, 150, y + 10), auto_passed=auto_passed)


_GOOD = Prediction(
    "docs/good.pdf",
    Status.COMPLETED,
    document_type="invoice",
    type_confidence=0.99,
    fields={"vendor_name": _field("Acme", 0.97, 20), "total_amount": _field("100", 0.99, 700)},
    line_items=(
        PredictedRow({"description": "Bolt", "amount": "40.00"}, 0.9, 1, Box(50, 300, 500, 310)),
        PredictedRow({"description": "Nut", "amount": "60.00"}, 0.9, 1, Box(50, 320, 500, 330)),
    ),
    seconds=0.2,
    page_count=1,
)
PREDICTIONS = [
    _GOOD,
    replace(
        _GOOD,
        file="docs/wrong.pdf",
        status=Status.REVIEW,
        document_type="receipt",
        fields={
            "vendor_name": _field(EVIL, 0.4, 20, auto_passed=False),
            "due_date": _field("2026-01-31", 0.5, 40, auto_passed=False),
            "iban": _field("DE02 1203 0000 0000 2020 51", 0.9, 60),
        },
        line_items=_GOOD.line_items[:1],
        review_required_fields=("vendor_name", "due_date"),
    ),
    replace(_GOOD, file="docs/silent.pdf", fields={**_GOOD.fields, "total_amount": _field("700.00", 0.98, 700)}),
    Prediction("docs/lost.pdf", Status.FAILED, error="timeout", seconds=30.0),
]


def report(resamples: int = 200) -> Report:
    """The report on ``PREDICTIONS``."""
    return score(ROWS, PREDICTIONS, Options(resamples=resamples))


def perfect_report(resamples: int = 200) -> Report:
    """The report of a run that reads everything right."""
    return score(ROWS, [replace(_GOOD, file=row.file) for row in ROWS], Options(resamples=resamples))


def by_key() -> dict[Key, Prediction]:
    """``PREDICTIONS`` by what they are about."""
    return {item.key: item for item in PREDICTIONS}
