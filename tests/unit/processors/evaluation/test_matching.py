"""Which prediction is about which row."""

import pytest

from processors.evaluation.matching import NOT_PREDICTED, NOT_SPLIT, match
from processors.evaluation.model import Prediction, Segment, Status, TruthRow
from tests.unit.processors.evaluation.examples import predicted, truth

SEGMENTS = (Segment((1, 2), "invoice"), Segment((3, 3), "receipt"))
PACKET = [truth(segments=SEGMENTS), truth(pages=(1, 2)), truth(pages=(3, 3))]


def paired(rows: list[TruthRow], predictions: list[Prediction]) -> list[tuple[object, ...]]:
    matches, _ = match(rows, predictions)
    return [(item.row.pages, item.prediction.pages, item.prediction.error) for item in matches]


def test_a_whole_file_is_matched_however_its_pages_are_given() -> None:
    assert paired([truth()], [predicted(pages=(1, 2), page_count=2)]) == [(None, (1, 2), None)]


def test_documents_of_a_packet_are_matched_by_their_common_pages() -> None:
    line = predicted(segments=(Segment((1, 1), "invoice"), Segment((2, 3), "receipt")))
    predictions = [predicted(pages=(2, 3)), predicted(pages=(1, 1)), line]
    assert paired(PACKET, predictions) == [(None, None, None), ((1, 2), (1, 1), None), ((3, 3), (2, 3), None)]


def test_a_packet_that_was_not_split_gives_its_fields_to_one_document() -> None:
    matches, unmatched = match(PACKET, [predicted(page_count=3)])
    assert [(item.row.pages, item.prediction.error) for item in matches] == [
        (None, None),
        ((1, 2), None),
        ((3, 3), NOT_SPLIT),
    ]
    assert unmatched == []


def test_a_file_that_failed_fails_all_its_documents_with_its_code() -> None:
    predictions = [predicted(status=Status.FAILED, error="corrupt")]
    assert [error for _, _, error in paired(PACKET, predictions)] == ["corrupt"] * 3


def test_a_row_without_prediction_failed() -> None:
    (item,), _ = match([truth("b.pdf")], [])
    assert (item.prediction.status, item.prediction.error) == (Status.FAILED, NOT_PREDICTED)


def test_one_document_torn_apart_takes_the_part_that_has_most_of_it() -> None:
    predictions = [predicted(pages=(1, 2)), predicted(pages=(3, 3)), predicted(segments=SEGMENTS)]
    matches, unmatched = match([truth()], predictions)
    assert [item.prediction.pages for item in matches] == [(1, 2)]
    assert matches[0].file_line is predictions[2]
    assert unmatched == [("a.pdf", (3, 3))]


def test_predictions_without_a_row_are_named() -> None:
    _, unmatched = match([truth()], [predicted("z.pdf"), predicted()])
    assert unmatched == [("z.pdf", None)]


@pytest.mark.parametrize(
    ("rows", "predictions", "message"),
    [
        ([truth(), truth()], [], "truth: a.pdf stands twice"),
        ([truth()], [predicted(pages=(1, 2)), predicted(pages=(1, 2))], "predictions: a.pdf pages 1 to 2 stands twice"),
    ],
)
def test_what_stands_twice_is_refused(rows: list[TruthRow], predictions: list[Prediction], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        match(rows, predictions)
