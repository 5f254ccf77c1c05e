"""What was read outlives the run that read it."""

from pathlib import Path

import pytest

from fieldtrail.evaluation.prediction_file import PredictionFile, PredictionFileError, read_predictions
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Status
from processors.geometry import Box

FULL = Prediction(
    file="a/invoice.pdf",
    status=Status.REVIEW,
    document_type="invoice",
    type_confidence=0.91,
    fields={"vendor_name": PredictedField("Müller & Söhne\u2028GmbH", 0.8, 1, Box(1, 2, 3, 4), auto_passed=True)},
    line_items=(PredictedRow({"amount": "12.00"}, 0.7, 2, Box(5, 6, 7, 8)),),
    review_required_fields=("total_amount",),
    seconds=1.25,
    page_count=2,
)
FAILED = Prediction(file="b.pdf", status=Status.FAILED, error="corrupt", seconds=0.1)


def test_every_prediction_is_a_whole_line_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    with PredictionFile(path) as file:
        file.write(FULL)
        assert read_predictions(path) == [FULL], "before the file is closed"
        file.write(FAILED)
    assert read_predictions(path) == [FULL, FAILED]


def test_a_new_run_starts_a_new_file_and_a_resumed_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    for kept, expected in (([], [FULL]), ([FULL], [FULL, FULL]), ([], [FULL])):
        with PredictionFile(path, kept) as file:
            file.write(FULL)
        assert read_predictions(path) == expected


def test_a_line_that_was_cut_off_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    with PredictionFile(path) as file:
        file.write(FULL)
        file.write(FAILED)
    path.write_bytes(path.read_bytes()[:-20])
    assert read_predictions(path) == [FULL]
    path.write_bytes(path.read_bytes() + "M\u00fc".encode()[:-1])
    assert read_predictions(path)[:1] == [FULL], "cut inside a letter"


def test_no_file_is_no_predictions(tmp_path: Path) -> None:
    assert read_predictions(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "Expecting"),
        ("[1]", "must be a JSON object"),
        ('{"file": "a"}', "status"),
        ('{"file": "a", "status": "lost"}', "status"),
    ],
)
def test_a_line_that_is_no_prediction_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "predictions.jsonl"
    with PredictionFile(path) as file:
        file.write(FAILED)
    with path.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    with pytest.raises(PredictionFileError, match=f"predictions.jsonl line 2: .*{why}"):
        read_predictions(path)
