"""From truth and predictions to a report: figures worked out by hand, and what must hold for any input."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.evaluation.metrics import METRIC, METRICS
from processors.evaluation.model import PredictedField, Prediction, Quality, Segment, Status, TruthRow
from processors.evaluation.report import SCHEMA_VERSION, Estimate, Options, Report, ReportError, Slice, Verdict
from processors.evaluation.scoring import dpi_class, score
from processors.evaluation.truth import load_truth
from tests.unit.processors.evaluation.examples import perfect, predicted, rows, runs, truth

DATA = Path(__file__).resolve().parents[4] / "../shared/data/truth.jsonl"
FEW = Options(resamples=50)

TRUTHS = [
    truth(
        "a.pdf",
        {"total_amount": "10.00", "vendor_name": "Contoso", "due_date": None},
        group="g1",
        lines=[{"amount": "4.00"}, {"amount": "6.00"}],
        quality=Quality(None, "born_digital", has_text_layer=True),
    ),
    truth("b.jpg", {"total_amount": "20.00", "vendor_name": "Fabrikam"}, kind="receipt", group="g2", language="de"),
    truth("c.pdf", {"total_amount": "30.00"}, group="g2", quality=Quality(250, "scan")),
    truth("d.pdf", {"total_amount": "40.00"}, group="g3", quality=Quality(100, "scan")),
]
PREDICTIONS = [
    predicted(
        "a.pdf",
        {"total_amount": "10", "vendor_name": "Contosa", "due_date": "2026-01-01"},
        lines=[{"amount": "4.00"}, {"amount": "7.00"}],
        seconds=1.0,
        page_count=2,
    ),
    predicted(
        "b.jpg",
        {"total_amount": "20.00", "vendor_name": "Fabrikam"},
        kind="invoice",
        status=Status.REVIEW,
        confidence=0.5,
        unsure=["vendor_name"],
        seconds=3.0,
        page_count=1,
    ),
    predicted("c.pdf", {"iban": "unlabelled"}, seconds=2.0, page_count=1),
    predicted("z.pdf"),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return score(TRUTHS, PREDICTIONS, FEW, {"code": "abc"})


@pytest.mark.parametrize(
    ("metric", "count", "total"),
    [
        ("field_accuracy", 3, 7),
        ("field_exact", 3, 6),
        ("field_fuzzy", 4, 6),  # Contosa is near Contoso
        ("field_precision", 3, 5),
        ("field_recall", 3, 6),
        ("field_f1", 3, 5.5),
        ("document_right", 1, 4),
        ("cell_precision", 1, 2),
        ("row_f1", 1, 2),
        ("table_right", 0, 1),
        ("type_accuracy", 2, 4),
        ("kept_whole", 3, 3),
        ("straight_through_rate", 2, 4),
        ("silent_error_rate", 2, 4),  # of three values of a.pdf, and b.jpg's total
        ("silent_error_rate_completed", 2, 3),
        ("silent_error_documents", 1, 2),
        ("silent_missing_documents", 1, 2),
        ("silent_error_cells", 1, 2),
        ("failure_rate", 1, 4),
    ],
)
def test_shares(report: Report, metric: str, count: float, total: float) -> None:
    found = report.overall.metrics[metric]
    assert (found.count, found.total) == (count, total)
    assert found.value == pytest.approx(count / total)


@pytest.mark.parametrize(
    ("metric", "value", "total"),
    [
        ("field_anls", (6 / 7 + 1) / 2, 2),
        ("brier", (0.01 + 0.81 * 2 + 0.25 * 2) / 5, 5),
        ("ece", (abs(2.7 - 1) + abs(1 - 2)) / 5, 5),
        ("aurc", (3 * (2 / 3) + 2 * (2 / 5)) / 5, 5),
        ("document_aurc", (1 / 1 + 1 / 2) / 2, 2),
        ("seconds_per_page", 6 / 4, 4),
    ],
)
def test_means(report: Report, metric: str, value: float, total: float) -> None:
    found = report.overall.metrics[metric]
    assert found.value == pytest.approx(value)
    assert (found.count, found.total) == (None, total)


def test_every_metric_without_packets_has_a_figure(report: Report) -> None:
    of_packets = {"boundary_precision", "boundary_recall", "boundary_f1", "page_type_accuracy", "segment_recall"}
    assert set(report.overall.metrics) == {metric.name for metric in METRICS} - of_packets - {"packet_right"}
    assert set(METRIC) == {metric.name for metric in METRICS}


def test_fields_and_columns_are_counted(report: Report) -> None:
    vendor = report.overall.fields["vendor_name"]
    assert {verdict: count for verdict, count in vendor.counts.items() if count} == {
        Verdict.EXACT: 1,
        Verdict.WRONG: 1,
    }
    assert vendor.metrics["field_recall"].value == 0.5
    assert report.overall.fields["due_date"].counts[Verdict.SPURIOUS] == 1
    amount = report.overall.columns["amount"].counts  # a row that has nothing in common with a true one is no match
    assert (amount[Verdict.EXACT], amount[Verdict.MISSING], amount[Verdict.SPURIOUS]) == (1, 1, 1)
    assert "iban" not in report.overall.fields


def test_slices(report: Report) -> None:
    names = {dimension: sorted(values) for dimension, values in report.slices.items()}
    assert names == {
        "type": ["invoice", "receipt"],
        "language": ["de", "und"],
        "source": ["unknown"],
        "kind": ["born_digital", "scan", "unknown"],
        "dpi": ["200-299", "<150", "text_layer", "unknown"],
        "type_and_quality": [
            "invoice/born_digital",
            "invoice/scan <200 dpi",
            "invoice/scan >=200 dpi",
            "receipt/unknown",
        ],
        "field": ["due_date", "total_amount", "vendor_name"],
    }
    receipt = report.slices["type"]["receipt"]
    assert (receipt.documents, receipt.clusters) == (1, 1)
    assert receipt.metrics["field_exact"].value == 1.0
    total = report.slices["field"]["total_amount"]
    assert (total.documents, total.metrics["field_recall"].count, total.metrics["field_recall"].total) == (4, 2, 4)
    assert total.metrics["aurc"].value == 0.0
    assert "type_accuracy" not in total.metrics


def test_what_failed_what_was_taken_for_what_and_what_is_left_over(report: Report) -> None:
    assert report.failures == {"not_predicted": 1}
    assert report.unmatched == ("z.pdf",)
    assert report.confusion == {"invoice": {"(none)": 1, "invoice": 2}, "receipt": {"invoice": 1}}


def test_the_worst_documents_come_first(report: Report) -> None:
    assert [(item.file, item.silent_errors, item.false_values, item.errors) for item in report.worst_first()] == [
        ("a.pdf", 2, 3, 4),
        ("d.pdf", 0, 0, 2),
        ("b.jpg", 0, 0, 1),
        ("c.pdf", 0, 0, 1),
    ]


def test_a_type_may_have_alternatives() -> None:
    row = truth(kind="credit_note", alternatives={"document_type": ("invoice",)})
    found = score([row], [predicted(kind="invoice")], FEW)
    assert found.overall.metrics["type_accuracy"].value == 1.0
    assert found.confusion == {"credit_note": {"credit_note": 1}}


def test_packets() -> None:
    segments = (Segment((1, 1), "invoice"), Segment((2, 2), "receipt"))
    truths = [
        truth(segments=segments, kind="other"),
        truth(pages=(1, 1), fields={"total_amount": "1.00"}),
        truth(pages=(2, 2), fields={"total_amount": "2.00"}, kind="receipt"),
    ]
    predictions = [
        predicted(segments=segments, kind="other"),
        predicted(pages=(1, 1), fields={"total_amount": "1.00"}),
        predicted(pages=(2, 2), fields={"total_amount": "2.00"}, kind="receipt"),
    ]
    metrics = score(truths, predictions, FEW).overall.metrics
    for name in ("boundary_f1", "page_type_accuracy", "segment_recall", "packet_right", "field_recall"):
        assert metrics[name].value == 1.0
    # The packet itself is no document: neither its type nor its status counts.
    assert (metrics["type_accuracy"].total, metrics["straight_through_rate"].total) == (2, 2)


@pytest.mark.parametrize(
    ("quality", "name"),
    [
        (Quality(72, "born_digital", has_text_layer=True), "text_layer"),
        (Quality(None, "scan"), "unknown"),
        (Quality(149, "scan"), "<150"),
        (Quality(150, "scan"), "150-199"),
        (Quality(200, "scan"), "200-299"),
        (Quality(300, "scan"), ">=300"),
    ],
)
def test_resolutions(quality: Quality, name: str) -> None:
    assert dpi_class(quality) == name


def test_a_report_comes_back_from_json(report: Report) -> None:
    data = report.to_json()
    assert data["schema_version"] == SCHEMA_VERSION
    assert data["run"] == {"code": "abc"}
    assert Report.from_json(json.loads(json.dumps(data, allow_nan=False))) == report


@pytest.mark.parametrize("data", [{}, {"schema_version": 0}, {"schema_version": SCHEMA_VERSION, "overall": 1}])
def test_what_is_no_report_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ReportError):
        Report.from_json(data)


def test_nothing_to_score_is_a_report_too() -> None:
    found = score([], [])
    assert found.overall.documents == 0
    assert found.overall.metrics["ece"].value is None
    assert Report.from_json(found.to_json()) == found


@pytest.mark.parametrize("options", [{"resamples": -1}, {"level": 1.0}, {"bins": 0}])
def test_impossible_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="do not hold"):
        Options(**options)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None)
@given(runs(), st.randoms())
def test_order_changes_nothing(run: tuple[list[TruthRow], list[Prediction]], random: object) -> None:
    truths, predictions = run
    before = score(truths, predictions, FEW)
    random.shuffle(truths)  # type: ignore[attr-defined]
    random.shuffle(predictions)  # type: ignore[attr-defined]
    assert score(truths, predictions, FEW) == before


@settings(max_examples=15, deadline=None)
@given(rows())
def test_a_perfect_reader_is_perfect_everywhere(truths: list[TruthRow]) -> None:
    found = score(truths, [perfect(row) for row in truths], FEW)
    for _, name, estimate in estimates(found):
        if name != "seconds_per_page" and estimate.value is not None:
            perfect_value = 1.0 if METRIC[name].higher_is_better else 0.0
            assert estimate.value == perfect_value, name
    assert not any(item.errors for item in found.documents)


@settings(max_examples=15, deadline=None)
@given(runs())
def test_intervals_hold_their_figures(run: tuple[list[TruthRow], list[Prediction]]) -> None:
    for place, name, estimate in estimates(score(*run, FEW)):
        assert (estimate.low is None) == (estimate.high is None)
        if estimate.value is None:
            assert estimate.low is None
        elif estimate.low is not None:
            assert estimate.low <= estimate.value <= (estimate.high or 0.0), (place, name)
            assert not math.isnan(estimate.low)


@settings(max_examples=15, deadline=None)
@given(runs())
def test_slices_of_a_dimension_add_up(run: tuple[list[TruthRow], list[Prediction]]) -> None:
    found = score(*run, Options(resamples=0))
    whole = found.overall.metrics["field_accuracy"]
    for values in found.slices.values():
        parts = [part.metrics["field_accuracy"] for part in values.values()]
        assert sum(part.count or 0 for part in parts) == whole.count
        assert sum(part.total for part in parts) == whole.total


@settings(max_examples=15, deadline=None)
@given(runs(), st.integers(0, 5))
def test_what_is_not_labelled_never_counts(run: tuple[list[TruthRow], list[Prediction]], index: int) -> None:
    truths, predictions = run
    if not predictions:
        return
    changed = predictions[index % len(predictions)]
    labelled = next(row for row in truths if row.file == changed.file).fields
    extra = {"made_up": PredictedField("1", 1.0), "total_amount": PredictedField("7777777.00", 1.0)}
    more = {name: item for name, item in extra.items() if name not in labelled and name not in changed.fields}
    after = [replace(item, fields={**item.fields, **more}) if item is changed else item for item in predictions]
    assert score(truths, after, FEW) == score(truths, predictions, FEW)


@pytest.mark.dataset
@pytest.mark.skipif(not DATA.exists(), reason="the development documents are not here (shared/data)")
def test_the_development_set_read_perfectly() -> None:
    truths = load_truth(DATA)
    found = score(truths, [perfect(row) for row in truths], FEW)
    assert found.overall.documents == 251
    assert found.overall.metrics["field_f1"].value == 1.0
    assert found.overall.metrics["row_f1"].total == 334
    assert not any(item.errors for item in found.documents)


def estimates(found: Report) -> Iterator[tuple[str, str, Estimate]]:
    """Every figure of a report with its place and metric."""
    places: list[tuple[str, Slice]] = [("overall", found.overall)]
    places += [(f"{name}={value}", part) for name, values in found.slices.items() for value, part in values.items()]
    for place, part in places:
        for name, estimate in part.metrics.items():
            yield place, name, estimate
        for summary in (*part.fields.values(), *part.columns.values()):
            for name, estimate in summary.metrics.items():
                yield f"{place} {summary.name}", name, estimate
