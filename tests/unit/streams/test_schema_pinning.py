"""Documents pin their schema by id; the version in a record says what was read by."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.errors import ErrorCode
from processors.routing import Thresholds
from processors.schemas import Schemas, load_schemas
from streams.contracts import records
from streams.contracts.topics import VALIDATED
from streams.harness.outcomes import Dead, Emit
from streams.harness.stage import StageContext
from streams.stages.classify import pick_schema
from streams.stages.common import reference_to, schema_named
from streams.stages.route import RouteStage
from tests.support.examples import EXAMPLES
from tests.support.harness import inbound

[DOCUMENT] = [record.document for record in EXAMPLES if isinstance(record, records.DocumentAccepted)]
[VALIDATED_RECORD] = [record for record in EXAMPLES if isinstance(record, records.DocumentValidated)]
PACKAGED = load_schemas()


def asking(schema: str | None) -> records.Document:
    return DOCUMENT.model_copy(update={"requested_schema": schema})


def test_the_schema_of_the_type_unless_the_producer_asks_for_one() -> None:
    found = pick_schema(asking(None), "receipt", PACKAGED)
    assert found == records.SchemaRef(name="receipt_v1", version="1.0.0")
    assert pick_schema(asking("invoice_v1"), "receipt", PACKAGED) == records.SchemaRef(
        name="invoice_v1", version="1.0.0"
    )
    assert pick_schema(asking(None), "letter", PACKAGED) is None
    refused = pick_schema(asking("ticket_v1"), "letter", PACKAGED)
    assert isinstance(refused, Dead)
    assert refused.code is ErrorCode.SCHEMA_UNKNOWN


def test_a_pinned_major_version_is_found_beside_a_newer_one() -> None:
    newer = replace(PACKAGED["invoice_v1"], version="2.0.0")
    both = Schemas([*PACKAGED.values(), newer])
    pinned = schema_named(both, "invoice_v1")
    assert pinned is PACKAGED["invoice_v1"]
    assert pick_schema(asking(None), "invoice", both) == records.SchemaRef(name="invoice_v2", version="2.0.0")


def test_the_version_tells_of_overlays(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        'extends = "invoice_v1"\nname = "acme"\nversion = "1.0.0"\nrules = ["vat_id_format"]\n'
    )
    schemas = load_schemas(tmp_path)
    assert reference_to(schemas["invoice_v1"]) == records.SchemaRef(name="invoice_v1", version="1.0.0+acme.1.0.0")


@pytest.mark.parametrize("schema_id", ["invoice_v1", "gone_v1"])
def test_a_document_whose_schema_is_gone_waits_as_a_dead_letter(schema_id: str) -> None:
    reference = records.SchemaRef(name=schema_id, version="1.0.0")
    record = VALIDATED_RECORD.model_copy(update={"extraction_schema": reference})
    now = datetime(2026, 1, 2, tzinfo=UTC)
    context = StageContext("route", "0", inbound(record, VALIDATED.name), None, lambda: now)
    outcome = asyncio.run(RouteStage(Thresholds(), PACKAGED).process(record, context))
    if schema_id == "invoice_v1":
        assert isinstance(outcome, Emit)
    else:
        assert isinstance(outcome, Dead)
        assert outcome.code is ErrorCode.SCHEMA_UNKNOWN
        assert "Schema 'gone_v1' is none of: bank_statement_v1" in outcome.reason
