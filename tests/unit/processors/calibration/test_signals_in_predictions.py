"""Signals travel in prediction lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.calibration.signals import Check, Signals
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Reading, Status
from processors.evaluation.prediction import PredictionError, parse_prediction, to_json
from processors.fields import FieldType

shares = st.floats(0, 1)
readings = st.builds(
    Reading,
    st.sampled_from(FieldType),
    st.text(max_size=8),
    st.builds(Signals, st.text(max_size=8), shares, shares, st.sampled_from(Check)),
)


@given(readings, readings)
def test_they_come_back(one: Reading, other: Reading) -> None:
    item = Prediction(
        "a.pdf",
        Status.COMPLETED,
        document_type="invoice",
        fields={"total_amount": PredictedField("1.00", 0.5, reading=one), "iban": PredictedField("DE1", 0.5)},
        line_items=(PredictedRow({"amount": "1.00", "sku": "A"}, 0.5, readings={"amount": other}),),
    )
    assert parse_prediction(json.loads(json.dumps(to_json(item)))) == item


def test_a_line_tells_them_by_name() -> None:
    reading = Reading(FieldType.MONEY, "1+2026.11", Signals("geometric", 0.97, 1.0, Check.HELD))
    item = Prediction("a.pdf", Status.COMPLETED, fields={"total_amount": PredictedField("1.00", 0.5, reading=reading)})
    assert to_json(item)["fields"] == {
        "total_amount": {
            "value": "1.00",
            "confidence": 0.5,
            "source": {"page": None, "bbox": None},
            "auto_passed": False,
            "signals": {
                "type": "money",
                "reader": "geometric",
                "reader_version": "1+2026.11",
                "score": 0.97,
                "recognition": 1.0,
                "check": "held",
            },
        }
    }


def test_a_mistake_in_them_is_named() -> None:
    signals = {"type": "money", "reader": "x", "reader_version": "1", "score": 2, "recognition": 1, "check": "held"}
    field = {"value": "1", "confidence": 1, "signals": signals}
    with pytest.raises(PredictionError, match=r"fields\.total_amount\.signals\.score"):
        parse_prediction({"file": "a.pdf", "status": "completed", "fields": {"total_amount": field}})
