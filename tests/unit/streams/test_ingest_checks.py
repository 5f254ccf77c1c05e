"""What ingest refuses of a submission before it looks at the document."""

import pytest

from processors.errors import ErrorCode
from processors.schemas import load_schemas
from streams.contracts.records import DocumentSubmitted
from streams.contracts.topics import MAX_INLINE_BYTES
from streams.stages.ingest import check_submission


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"content": None}, ErrorCode.INVALID_SUBMISSION, "this submission has neither"),
        ({"uri": "file:///a"}, ErrorCode.INVALID_SUBMISSION, "this submission has both"),
        ({"content": b"x" * (MAX_INLINE_BYTES + 1)}, ErrorCode.TOO_LARGE, "1,048,577 bytes came inline"),
        ({"document_id": ""}, ErrorCode.INVALID_SUBMISSION, "document_id is an empty string"),
        ({"tenant": "x" * 257}, ErrorCode.INVALID_SUBMISSION, "tenant has 257 characters"),
        ({"idempotency_key": "a\x00b"}, ErrorCode.INVALID_SUBMISSION, "idempotency_key holds control characters"),
        ({"document_type": "poem"}, ErrorCode.SCHEMA_UNKNOWN, "'poem' is none of"),
        ({"schema_name": "poem_v1"}, ErrorCode.SCHEMA_UNKNOWN, "'poem_v1' is none of"),
    ],
)
def test_what_is_refused_and_why(fields: dict[str, object], code: ErrorCode, says: str) -> None:
    refusal = check_submission(DocumentSubmitted.model_validate({"content": b"x", **fields}), load_schemas())
    assert refusal is not None
    assert refusal.code is code
    assert says in refusal.message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"content": b"x" * MAX_INLINE_BYTES},
        {"content": None, "uri": "s3://bucket/key"},
        {"document_id": "Rechnung 7/März", "document_type": "invoice", "schema_name": "invoice_v1"},
    ],
)
def test_what_passes(fields: dict[str, object]) -> None:
    assert check_submission(DocumentSubmitted.model_validate({"content": b"x", **fields}), load_schemas()) is None
