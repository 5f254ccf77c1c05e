"""Documents: whether one is known, what it is, and which are like it."""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.questions.asking import Query, ask


class UnknownError(Exception):
    """What was asked for is not in the store. The message says what there is instead."""


@dataclass(frozen=True, slots=True)
class DocumentRevision:
    """One pass over a document, as its latest stage left it. Empty text stands for "none"."""

    document_id: str
    revision: int
    stage: str
    tenant: str
    parent_document_id: str
    filename: str
    content_sha256: str
    content_uri: str
    media_type: str
    page_count: int
    submitted_at: datetime
    completed_at: datetime | None
    document_type: str
    type_confidence: float | None
    schema_name: str
    schema_version: str
    decision: str
    reasons: tuple[str, ...]
    review_required_fields: tuple[str, ...]
    missing_required: tuple[str, ...]
    failed_rules: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    vendor_name: str
    number: str
    amount: Decimal | None
    currency: str
    result_id: str
    supersedes: str
    model_versions: tuple[str, ...]


_COLUMNS = """document_id, revision, toString(stage) AS stage, tenant, parent_document_id, filename,
       content_sha256, content_uri, media_type, page_count, submitted_at, completed_at, document_type, type_confidence,
       schema_name, schema_version, decision, reasons, review_required_fields, missing_required,
       arrayMap(rule -> (rule.1, rule.2), failed_rules) AS failed_rules, notes, vendor_name, number, amount, currency,
       result_id, supersedes, model_versions"""


def revisions_query(document_id: str) -> Query:
    """All passes over one document, the first one first."""
    statement = f"""SELECT {_COLUMNS}
FROM v_documents WHERE document_id = {{document_id:String}} ORDER BY revision"""
    return Query("revisions", statement, {"document_id": document_id})


def routed_query(document_id: str, revision: int) -> Query:
    """A pass over a document as the route left it, whatever a person decided afterwards."""
    statement = f"""SELECT {_COLUMNS}
FROM documents FINAL
WHERE document_id = {{document_id:String}} AND revision = {{revision:UInt32}} AND documents.stage = 'routed'"""
    return Query("routed", statement, {"document_id": document_id, "revision": revision})


def revisions_of(client: ClickHouse, document_id: str) -> list[DocumentRevision]:
    """All passes over one document, the first one first. Raises :class:`UnknownError` that names similar ids."""
    found = ask(client, revisions_query(document_id), DocumentRevision)
    if not found:
        raise unknown_document(client, document_id)
    return found


def unknown_document(client: ClickHouse, document_id: str) -> UnknownError:
    """The error that says so, and which documents have an id that begins alike."""
    message = f"the audit store knows no document {document_id!r}"
    close = similar(client, document_id) if document_id else []
    if close:
        return UnknownError(f"{message}; there are {', '.join(close)}")
    return UnknownError(
        f"{message}. It comes there when it was accepted: 'fieldtrail show {document_id}' asks Kafka where it stands"
    )


def similar(client: ClickHouse, document_id: str, most: int = 3) -> list[str]:
    """Ids that share a beginning with ``document_id``, the longest beginning first."""
    whole = len(document_id)
    for length in dict.fromkeys((whole, whole - 1, whole - 2, whole // 2, 4)):
        statement = f"""SELECT DISTINCT document_id FROM documents
WHERE startsWith(document_id, {{start:String}}) ORDER BY document_id LIMIT {int(most)}"""
        found = client.query(statement, {"start": document_id[: max(1, length)]})
        if found.rows:
            return [str(row[0]) for row in found.rows]
    return []
