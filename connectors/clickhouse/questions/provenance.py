"""Where values came from and which way they went: by file, vendor, page region, model; what passed unseen; why not."""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.keys import tax_key, vendor_key
from connectors.clickhouse.questions.asking import EVERYTHING, INDEX_DECIDES, Query, Scope, ask
from connectors.clickhouse.questions.documents import DocumentRevision, UnknownError, revisions_of, routed_query

Region = tuple[int, float, float, float, float]
"""A page from 1, and x0, y0, x1, y1 in points from its top left."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a document's latest revision, and where it was read."""

    document_id: str
    revision: int
    filename: str
    path: str
    value: str | None
    raw_text: str
    page: int
    box: tuple[float, float, float, float]
    confidence: float
    reader: str
    reader_version: str
    stage: str
    review_state: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class TouchedDocument:
    """A revision that a model version worked on."""

    document_id: str
    revision: int
    tenant: str
    filename: str
    document_type: str
    decision: str
    submitted_at: datetime
    model_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassedValue:
    """A value that was delivered and that no person saw before."""

    document_id: str
    revision: int
    tenant: str
    document_type: str
    submitted_at: datetime
    path: str
    value: str | None
    raw_text: str
    page: int
    confidence: float
    reader: str
    reader_version: str
    result: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that two successive revisions have differently; ``None`` where one of them has none."""

    path: str
    from_revision: int
    to_revision: int
    before: str | None
    after: str | None
    before_confidence: float | None
    after_confidence: float | None
    before_reader: str
    after_reader: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that did not pass: how sure the system was, and the rules that it broke as (rule, message)."""

    path: str
    value: str | None
    raw_text: str
    review_state: str
    confidence: float
    confidence_recognition: float | None
    confidence_reader: float | None
    confidence_validation: float | None
    reader: str
    page: int
    broken_rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a document was routed as it was: the revision as it stands now, the same as the route left it (with the
    reasons; ``None`` before that), and the values that did not pass.
    """

    document: DocumentRevision
    routed: DocumentRevision | None
    doubts: tuple[Doubt, ...]


_VALUE_COLUMNS = """f.document_id AS document_id, f.revision AS revision, d.filename AS filename, f.path AS path,
       f.value_text AS value, f.raw_text AS raw_text, f.page AS page, (f.x0, f.y0, f.x1, f.y1) AS box,
       f.confidence AS confidence, f.reader AS reader, f.reader_version AS reader_version, toString(f.stage) AS stage,
       toString(f.review_state) AS review_state, f.submitted_at AS submitted_at"""


def from_query(
    *,
    document_id: str | None = None,
    file: str | None = None,
    vendor: str | None = None,
    region: Region | None = None,
    scope: Scope = EVERYTHING,
) -> Query:
    """All values of documents that are ``document_id``, or came from ``file`` (name or SHA-256), or from ``vendor``
    (name or tax id), and lie in ``region``. At least one of the first three is given. Raises ``UnknownError`` for a
    vendor without letters and digits.

    Documents are found by the primary key or a skip index, their values by the primary key.
    """
    conditions = [scope.where("submitted_at")]
    parameters: dict[str, str | float] = {**scope.parameters()}
    if document_id is not None:
        conditions.append("document_id = {document_id:String}")
        parameters["document_id"] = document_id
    if file is not None:
        conditions.append("(content_sha256 = {sha256:String} OR filename = {file:String})")
        parameters |= {"file": file, "sha256": file.lower()}
    if vendor is not None:
        conditions.append(_OF_VENDOR)
        parameters |= _vendor(vendor)
    within = "1"
    if region is not None:
        within = """arrayExists(e -> e.1 = {page:UInt32} AND e.2 < {x1:Float64} AND e.4 > {x0:Float64}
                      AND e.3 < {y1:Float64} AND e.5 > {y0:Float64},
                      arrayPushFront(arrayMap(e -> (e.2, e.3, e.4, e.5, e.6), more_evidence), (page, x0, y0, x1,
       y1)))"""
        parameters |= dict(zip(("page", "x0", "y0", "x1", "y1"), region, strict=True))
    statement = f"""WITH found AS (
    SELECT DISTINCT document_id FROM documents FINAL WHERE {" AND ".join(conditions)}),
latest AS (
    SELECT document_id, revision, filename FROM documents FINAL
    WHERE document_id IN found ORDER BY revision DESC, stage DESC LIMIT 1 BY document_id)
SELECT {_VALUE_COLUMNS}
FROM (SELECT *, path FROM fields FINAL WHERE document_id IN found AND {within}
      ORDER BY stage DESC LIMIT 1 BY document_id, revision, row_number, name) AS f
INNER JOIN latest AS d ON f.document_id = d.document_id AND f.revision = d.revision
ORDER BY f.submitted_at, f.document_id, f.row_number, f.page, f.y0, f.x0
{INDEX_DECIDES if vendor is None else ""}"""
    return Query("from", statement, parameters)


def check_vendor(client: ClickHouse, vendor: str) -> None:
    """Raises ``UnknownError``, which names similar ones, where no document is of this vendor (name or tax id)."""
    statement = f"SELECT 1 FROM documents WHERE {_OF_VENDOR} LIMIT 1"
    if client.query(statement, _vendor(vendor)).rows:
        return
    like = """SELECT vendor_name FROM documents WHERE vendor_name != '' GROUP BY vendor_name
ORDER BY ngramDistanceCaseInsensitiveUTF8(vendor_name, {vendor:String}), vendor_name LIMIT 3"""
    names = [repr(row[0]) for row in client.query(like, {"vendor": vendor}).rows]
    there_is = f"; there is {', '.join(names)}" if names else ""
    raise UnknownError(f"the audit store knows no vendor {vendor!r}{there_is}")


_OF_VENDOR = "(vendor_key = {vendor_key:String} OR vendor_tax_key = {tax_key:String})"


def _vendor(vendor: str) -> dict[str, str]:
    """What ``_OF_VENDOR`` refers to: a name or a tax id, whichever was given.

    Raises ``UnknownError`` for a text of which nothing is compared: documents without a vendor would be meant by it.
    """
    if not (key := vendor_key(vendor)):
        raise UnknownError(f"{vendor!r} names no vendor: it has no letter and no digit")
    return {"vendor_key": key, "tax_key": tax_key(vendor)}


def model_names(client: ClickHouse, version: str) -> list[str]:
    """The full names (``component=version``) that ``version`` stands for. Raises ``UnknownError`` that lists some."""
    statement = "SELECT DISTINCT arrayJoin(model_versions) AS name FROM documents ORDER BY name"
    known = [str(row[0]) for row in client.query(statement).rows]
    found = [name for name in known if version == name or version in name.split("=", 1)]
    if not found:
        close = [name for name in known if version.lower() in name.lower()] or known
        listed = f"; there is {', '.join(close[:8])}" if close else ""
        raise UnknownError(f"no document was touched by a model version {version!r}{listed}")
    return found


def model_query(names: Sequence[str], scope: Scope = EVERYTHING) -> Query:
    """The revisions that any of these model versions worked on; a skip index finds the granules."""
    statement = f"""SELECT document_id, revision, tenant, filename, document_type, decision, submitted_at,
       arraySort(model_versions) AS model_versions
FROM v_documents
WHERE (document_id, revision) IN (
    SELECT document_id, revision FROM documents WHERE hasAny(model_versions, {{names:Array(String)}}))
    AND {scope.where("submitted_at")}
ORDER BY submitted_at, document_id, revision"""
    return Query("model", statement, {"names": list(names), **scope.parameters()})


def passed_query(below: float, scope: Scope = EVERYTHING) -> Query:
    """Values that were delivered unseen with a confidence below ``below``, the least sure first."""
    statement = f"""SELECT document_id, revision, tenant, document_type, submitted_at, path, value, raw_text, page,
       confidence,
       reader, reader_version, result
FROM v_auto_passed
WHERE confidence < {{below:Float64}} AND {scope.where("submitted_at")}
ORDER BY confidence, document_id, path"""
    return Query("passed", statement, {"below": below, **scope.parameters()})


def differences_query(document_id: str) -> Query:
    """What changed between one revision of a document and the next: value, or reader, by path."""
    statement = """WITH latest AS (
    SELECT revision, row_number, name, path, value_text AS value, confidence, reader FROM fields FINAL
    WHERE document_id = {document_id:String} ORDER BY stage DESC LIMIT 1 BY revision, row_number, name),
passes AS (SELECT DISTINCT revision FROM documents WHERE document_id = {document_id:String}),
steps AS (
    SELECT later.revision AS to_revision, max(earlier.revision) AS from_revision
    FROM passes AS later CROSS JOIN passes AS earlier WHERE earlier.revision < later.revision GROUP BY to_revision),
paths AS (SELECT DISTINCT row_number, name, path FROM latest)
SELECT p.path AS path, s.from_revision AS from_revision, s.to_revision AS to_revision, b.value AS before, a.value AS
       after,
       b.confidence AS before_confidence, a.confidence AS after_confidence, b.reader AS before_reader,
       a.reader AS after_reader
FROM steps AS s CROSS JOIN paths AS p
LEFT JOIN (SELECT *, toNullable(latest.confidence) AS confidence FROM latest) AS b
    ON b.revision = s.from_revision AND b.row_number = p.row_number AND b.name = p.name
LEFT JOIN (SELECT *, toNullable(latest.confidence) AS confidence FROM latest) AS a
    ON a.revision = s.to_revision AND a.row_number = p.row_number AND a.name = p.name
WHERE b.value IS DISTINCT FROM a.value OR before_reader != after_reader
ORDER BY to_revision, p.row_number, path"""
    return Query("revisions", statement, {"document_id": document_id})


def doubts_query(document_id: str, revision: int) -> Query:
    """The values of a revision that did not pass the route, the least sure first."""
    statement = """SELECT path, value_text AS value, raw_text, toString(fields.review_state) AS review_state,
       confidence,
       confidence_recognition, confidence_reader, confidence_validation, reader, page,
       arrayMap(r -> (r.1, r.3), arrayFilter(r -> r.2 = 'failed', rules)) AS broken_rules
FROM fields FINAL
WHERE document_id = {document_id:String} AND revision = {revision:UInt32} AND fields.stage = 'routed'
      AND fields.review_state NOT IN ('passed', 'not_routed')
ORDER BY confidence, row_number, name"""
    return Query("why", statement, {"document_id": document_id, "revision": revision})


def why(client: ClickHouse, document_id: str, revision: int | None = None) -> Why:
    """Why a revision (the latest one where none is named) was routed as it was. Raises ``UnknownError``."""
    revisions = revisions_of(client, document_id)
    document = next((item for item in reversed(revisions) if revision in (None, item.revision)), None)
    if document is None:
        known = ", ".join(str(item.revision) for item in revisions)
        raise UnknownError(f"document {document_id!r} has no revision {revision}; it has {known}")
    routed = ask(client, routed_query(document_id, document.revision), DocumentRevision)
    doubts = ask(client, doubts_query(document_id, document.revision), Doubt)
    return Why(document, routed[0] if routed else None, tuple(doubts))
