"""What the pipeline read, as the predictions that the scorer takes."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from fieldtrail.client import Final
from fieldtrail.local import LocalDocument
from processors.calibration.signals import signals_of
from processors.errors import Refusal
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Reading, Segment, Status
from processors.fields import EvidenceSource, Field, LineItem, canonical_text
from processors.geometry import Box, union
from processors.routing import RouteDecision
from streams.contracts.records import DocumentResult, ReviewRequest


def of_refusal(file: str, refusal: Refusal, seconds: float) -> Prediction:
    """A file of which nothing was read."""
    return Prediction(file=file, status=Status.FAILED, error=str(refusal.code), seconds=round(seconds, 3))


def of_local(file: str, document: LocalDocument, seconds: float) -> Prediction:
    """A file that was read without Kafka, in ``seconds`` of wall clock."""
    straight = document.route.decision is RouteDecision.STRAIGHT_THROUGH
    unsettled = document.route.review_required_fields
    return Prediction(
        file=file,
        status=Status.COMPLETED if straight else Status.REVIEW,
        document_type=str(document.classification.document_type),
        type_confidence=document.classification.confidence,
        fields=_fields(document.extraction.fields, unsettled),
        line_items=_rows(document.extraction.line_items),
        review_required_fields=tuple(unsettled),
        seconds=round(seconds, 3),
        page_count=document.intake.page_count,
    )


def of_packet(file: str, documents: Sequence[LocalDocument], seconds: float) -> list[Prediction]:
    """A file that was read without Kafka, in ``seconds``: for a packet its own line and one for each document in it."""
    if len(documents) == 1:
        return [of_local(file, documents[0], seconds)]
    children = [
        replace(of_local(file, document, seconds), pages=document.part, seconds=None, page_count=None)
        for document in documents
    ]
    return [packet_line(file, children, documents[0].intake.page_count, seconds), *children]


def packet_line(file: str, children: Sequence[Prediction], page_count: int | None, seconds: float) -> Prediction:
    """A packet's own line, from those of its documents."""
    straight = all(child.status is Status.COMPLETED for child in children)
    return Prediction(
        file=file,
        status=Status.COMPLETED if straight else Status.REVIEW,
        segments=tuple(
            Segment(child.pages, child.document_type or "") for child in children if child.pages is not None
        ),
        seconds=round(seconds, 3),
        page_count=page_count,
    )


def of_final(file: str, final: Final, seconds: float) -> Prediction:
    """A document that ended in the pipeline, ``seconds`` after it was submitted."""
    if final.review is not None:
        return _of_review(file, final.review, seconds)
    if final.result is not None:
        return _of_result(file, final.result, seconds)
    code = final.status.error_code or final.state
    return Prediction(file=file, status=Status.FAILED, error=code, seconds=round(seconds, 3))


def _of_result(file: str, result: DocumentResult, seconds: float) -> Prediction:
    return Prediction(
        file=file,
        pages=None if result.pages is None else (result.pages.first, result.pages.last),
        status=Status.COMPLETED,
        document_type=result.classification.document_type,
        type_confidence=result.classification.confidence,
        fields=_fields(result.fields, ()),
        line_items=_rows(result.line_items),
        seconds=round(seconds, 3),
        page_count=result.page_count,
    )


def _of_review(file: str, review: ReviewRequest, seconds: float) -> Prediction:
    pages, unsettled = review.document.pages, review.review_required_fields
    return Prediction(
        file=file,
        pages=None if pages is None else (pages.first, pages.last),
        status=Status.REVIEW,
        document_type=review.classification.document_type,
        type_confidence=review.classification.confidence,
        fields=_fields(review.fields, unsettled),
        line_items=_rows(review.line_items),
        review_required_fields=tuple(unsettled),
        seconds=round(seconds, 3),
        page_count=review.document.page_count,
    )


def _fields(fields: Sequence[Field], unsettled: Collection[str]) -> dict[str, PredictedField]:
    """The fields that have a value. One that a person must settle has not passed by itself."""
    found = {}
    for item in fields:
        value = canonical_text(item.value, item.type)
        if value is None:
            continue
        page, box = _place([item]) or (None, None)
        passed = item.name not in unsettled
        found[item.name] = PredictedField(value, item.confidence.value, page, box, passed, _reading(item))
    return found


def _rows(lines: Sequence[LineItem]) -> tuple[PredictedRow, ...]:
    """The line items, cells without a value left out; a row is as sure as its least sure cell."""
    rows = []
    for line in lines:
        valued = [cell for cell in line.cells if cell.value is not None]
        page, box = _place(valued) or (None, None)
        cells = {cell.name: canonical_text(cell.value, cell.type) or "" for cell in valued}
        readings = {cell.name: reading for cell in valued if (reading := _reading(cell)) is not None}
        least = min((cell.confidence.value for cell in valued), default=0.0)
        rows.append(PredictedRow(cells, least, page, box, readings))
    return tuple(rows)


def _reading(item: Field) -> Reading | None:
    signals = signals_of(item)
    return None if signals is None else Reading(item.type, item.reader_version, signals)


def _place(items: Sequence[Field]) -> tuple[int, Box] | None:
    """The first page on which ``items`` have evidence, and the box around all of it there."""
    places = [
        (evidence.page, evidence.box)
        for item in items
        for evidence in item.evidence
        if evidence.source is EvidenceSource.PAGE and evidence.page is not None and evidence.box is not None
    ]
    if not places:
        return None
    page = min(number for number, _ in places)
    return page, union(box for number, box in places if number == page)
