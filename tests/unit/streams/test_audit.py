"""Of what goes straight through, a share is looked at afterwards, and goes out all the same."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from processors.fields import Confidence
from processors.routing import AUDIT, RouteDecision, Thresholds
from processors.schemas import Schemas, Threshold, load_schemas
from streams.contracts import topics
from streams.contracts.records import DocumentResult, DocumentStatus, DocumentValidated, ReviewRequest
from streams.harness.outcomes import Emit
from streams.harness.stage import StageContext
from streams.stages.route import RouteStage
from tests.support.examples import EXAMPLES
from tests.support.harness import inbound

EVERYTHING_PASSES = Thresholds(document_type=0.0)


def sent(share: float) -> tuple[object, ...]:
    record = next(item for item in EXAMPLES if isinstance(item, DocumentValidated))
    schema = load_schemas()["invoice_v1"]
    sure = tuple(replace(item, confidence=Confidence(1.0), rules=()) for item in record.fields)
    columns = tuple(replace(spec, required=False) for spec in schema.columns)
    fields = tuple(replace(spec, required=False, threshold=Threshold(0, 0)) for spec in schema.fields)
    own = replace(schema, fields=fields, columns=columns)
    clean = record.model_copy(
        update={"fields": sure, "line_items": (), "missing_required": (), "failed_rules": (), "failed_pages": ()}
    )
    context = StageContext(
        "route", "0", inbound(clean, topics.VALIDATED.name), None, lambda: datetime(2026, 1, 2, tzinfo=UTC)
    )
    stage = RouteStage(EVERYTHING_PASSES, Schemas([own]), audit_share=share)
    outcome = asyncio.run(stage.process(clean, context))
    assert isinstance(outcome, Emit)
    return tuple(item.record for item in outcome.records)


def test_without_a_share_only_the_result_goes_out() -> None:
    result, status = sent(0.0)
    assert isinstance(result, DocumentResult)
    assert isinstance(status, DocumentStatus)
    assert (result.decision, status.state) == (RouteDecision.STRAIGHT_THROUGH, "completed")


def test_an_audited_document_is_a_result_and_a_request() -> None:
    result, status, request = sent(1.0)
    assert isinstance(result, DocumentResult)
    assert isinstance(status, DocumentStatus)
    assert isinstance(request, ReviewRequest)
    assert status.state == "completed", "nobody waits for it"
    assert request.reasons == (AUDIT,)
    assert request.review_required_fields == ()
    assert request.fields == result.fields


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_replay_audits_alike(share: float) -> None:
    assert sent(share) == sent(share)
