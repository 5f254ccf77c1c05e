"""Predictions as JSON lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Segment, Status
from processors.evaluation.prediction import PredictionError, parse_prediction, to_json
from processors.geometry import Box

LINE = {
    "file": "a.pdf",
    "pages": [1, 2],
    "status": "review",
    "document_type": "invoice",
    "fields": {
        "total_amount": {"value": "12.00", "confidence": 0.5, "source": {"page": 1, "bbox": [1, 2, 3, 4]}},
        "due_date": {"value": None, "confidence": 0.0},
        "parties": {"value": ["A", "B"], "confidence": 1},
    },
    "line_items": [{"amount": "12.00", "sku": None, "confidence": 0.9, "source": {"page": 2, "bbox": None}}],
    "review_required_fields": ["total_amount"],
    "error": None,
    "seconds": 0.25,
}


def test_the_documented_line_is_read() -> None:
    item = parse_prediction(LINE)
    assert (item.key, item.status, item.seconds) == (("a.pdf", (1, 2)), Status.REVIEW, 0.25)
    assert item.fields == {
        "total_amount": PredictedField("12.00", 0.5, 1, Box(1, 2, 3, 4), auto_passed=False),
        "parties": PredictedField(("A", "B"), 1.0, auto_passed=True),
    }
    assert item.line_items == (PredictedRow({"amount": "12.00"}, 0.9, 2),)
    assert item.segments is None


def test_a_field_of_a_failed_document_has_not_passed() -> None:
    item = parse_prediction({"file": "a", "status": "failed", "fields": {"x": {"value": "1", "confidence": 1}}})
    assert not item.fields["x"].auto_passed


def test_only_a_packet_has_segments() -> None:
    assert "segments" not in to_json(parse_prediction(LINE))
    packet = Prediction("a", Status.COMPLETED, segments=(Segment((1, 2), "invoice"),))
    assert to_json(packet)["segments"] == [{"pages": [1, 2], "document_type": "invoice"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "done"}, "status: Input should be 'completed', 'review' or 'failed'"),
        ({"fields": {"x": {"value": "1"}}}, "fields.x.confidence: Field required"),
        ({"fields": {"x": {"value": "1", "confidence": 2}}}, "fields.x.confidence: Input should be less than"),
        ({"line_items": [{"amount": "1.00"}]}, "confidence: Field required"),
        ({"line_items": [{"amount": 1.0, "confidence": 1}]}, "amount: Input should be a valid string, not 1.0"),
        ({"seconds": -1}, "seconds: Input should be greater than or equal to 0, not -1"),
    ],
)
def test_a_mistake_names_the_key(change: dict[str, object], message: str) -> None:
    with pytest.raises(PredictionError) as caught:
        parse_prediction({**LINE, **change})
    assert message in str(caught.value)


TEXT = st.text(max_size=8)
PROBABILITY = st.floats(0, 1)
BOXES = st.builds(Box, *(st.floats(0, 1000) for _ in range(4)))
PAGES = st.tuples(st.integers(1, 9), st.integers(1, 9))
VALUE = TEXT | st.lists(TEXT, max_size=3).map(tuple) | st.tuples(st.dictionaries(TEXT, st.none() | TEXT))
PREDICTIONS = st.builds(
    Prediction,
    file=st.text(min_size=1, max_size=8),
    status=st.sampled_from(Status),
    pages=st.none() | PAGES,
    document_type=st.none() | TEXT,
    type_confidence=st.none() | PROBABILITY,
    fields=st.dictionaries(
        TEXT,
        st.builds(
            PredictedField,
            VALUE,
            PROBABILITY,
            st.none() | st.integers(1, 9),
            st.none() | BOXES,
            auto_passed=st.booleans(),
        ),
        max_size=3,
    ),
    line_items=st.lists(
        st.builds(
            PredictedRow,
            st.dictionaries(st.sampled_from(["amount", "sku"]), TEXT),
            PROBABILITY,
            st.none() | st.integers(1, 9),
            st.none() | BOXES,
        ),
        max_size=2,
    ).map(tuple),
    review_required_fields=st.lists(TEXT, max_size=2).map(tuple),
    segments=st.none() | st.lists(st.builds(Segment, PAGES, TEXT), max_size=2).map(tuple),
    error=st.none() | TEXT,
    seconds=st.none() | st.floats(0, 100),
    page_count=st.none() | st.integers(0, 99),
)


@given(PREDICTIONS)
def test_a_line_comes_back_as_it_was(prediction: Prediction) -> None:
    assert parse_prediction(json.loads(json.dumps(to_json(prediction)))) == prediction
