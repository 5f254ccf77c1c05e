"""Figures over many documents: what reviewers changed, duplicates, rates of all kinds, times, failures."""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.clickhouse.questions.asking import EVERYTHING, Query, Scope

RATE_GROUPS = {
    "day": "toString(day)",
    "week": "toString(toStartOfWeek(day, 1))",
    "month": "formatDateTime(day, '%Y-%m')",
    "tenant": "tenant",
    "type": "document_type",
}
"""What rates can be told by, and how that is told from a row of ``v_straight_through``."""

ERROR_GROUPS = {
    "all": "''",
    "field": "name",
    "type": "document_type",
    "tenant": "tenant",
    "month": "formatDateTime(submitted_at, '%Y-%m')",
    "confidence": "concat(toString(floor(confidence, 2)), '-', toString(floor(confidence, 2) + 0.01))",
}
"""What errors can be told by, and how that is told from a row of ``v_sampled``."""

LATENCY_GROUPS = {
    "stage": ("stage", "''"),
    "day": ("''", "toString(day)"),
    "stage-and-day": ("stage", "toString(day)"),
}
"""What times can be told by: the stage and the day of a row."""


@dataclass(frozen=True, slots=True)
class ReviewedValue:
    """A value that a reviewer changed. ``change`` is by how much a number changed; ``confidence`` how sure the system
    had been of ``before``; ``None`` where nothing had been read.
    """

    decided_at: datetime
    reviewer: str
    tenant: str
    document_id: str
    revision: int
    document_type: str
    path: str
    before: str | None
    after: str | None
    change: Decimal | None
    confidence: float | None
    reader: str
    comment: str


@dataclass(frozen=True, slots=True)
class ReviewerSummary:
    """One reviewer's time: decisions by kind, values changed, the sum of amounts changed (money alone, without signs
    and whatever the currency), and the median time of a decision in seconds.
    """

    reviewer: str
    decisions: int
    approved: int
    corrected: int
    rejected: int
    changed_values: int
    changed_amounts: Decimal
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Documents of one seller with the same number and amount. ``contents``: how many different files they are."""

    tenant: str
    vendor_name: str
    number: str
    amount: Decimal
    currency: str
    documents: tuple[str, ...]
    filenames: tuple[str, ...]
    contents: int
    first_submitted: datetime
    last_submitted: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """How many documents needed no person."""

    group: str
    documents: int
    straight_through: int
    review: int
    sampled: int
    rate: float


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Errors among values that were delivered unseen, as the sampled audits found them, with a 95 % interval (Wilson
    1927). Bounds and rate are shares in [0, 1].
    """

    group: str
    documents: int
    wrong_documents: int
    values: int
    wrong_values: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that a stage took; the stage ``(all)`` is from submission to result."""

    stage: str
    day: str
    records: int
    p50: float
    p90: float
    p99: float
    slowest: float
    total: float


@dataclass(frozen=True, slots=True)
class DeadLetterCount:
    """Dead letters of one day, stage and code; ``example`` is the newest, as ``fieldtrail dlq show`` takes it."""

    day: date
    stage: str
    code: str
    letters: int
    documents: int
    replayed: int
    example: str


@dataclass(frozen=True, slots=True)
class ErasedDocument:
    """A document that was erased."""

    document_id: str
    tenant: str
    state: str
    cause: str
    requested_by: str
    reason: str
    begun_at: datetime
    updated_at: datetime
    content_sha256: str
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def reviewer_query(scope: Scope = EVERYTHING, reviewer: str | None = None) -> Query:
    """All values that reviewers changed, in the order of time; reads only the months of ``scope``."""
    who, parameters = _reviewer(reviewer)
    statement = f"""SELECT decided_at, reviewer, tenant, document_id, revision, document_type, path, before_text AS
       before,
       after_text AS after, change, before_confidence AS confidence, before_reader AS reader, comment
FROM v_corrections
WHERE {scope.where("decided_at")} AND {who}
ORDER BY decided_at, document_id, path"""
    return Query("reviewer", statement, {**scope.parameters(), **parameters})


def reviewer_summary_query(scope: Scope = EVERYTHING, reviewer: str | None = None) -> Query:
    """The same time by reviewer."""
    who, parameters = _reviewer(reviewer)
    where = f"{scope.where('decided_at')} AND {who}"
    statement = f"""SELECT d.reviewer AS reviewer, d.decisions AS decisions, d.approved AS approved, d.corrected AS
       corrected,
       d.rejected AS rejected, toUInt64(c.changed) AS changed_values, toDecimal128(c.amounts, 12) AS changed_amounts,
       d.median_seconds AS median_seconds
FROM (SELECT toString(reviewer) AS reviewer, count() AS decisions, countIf(decision = 'approved') AS approved,
             countIf(decision = 'corrected') AS corrected, countIf(decision = 'rejected') AS rejected,
             if(count(seconds) = 0, NULL, quantileExact(0.5)(seconds)) AS median_seconds
      FROM v_decisions WHERE {where} GROUP BY reviewer) AS d
LEFT JOIN (SELECT toString(reviewer) AS reviewer, count() AS changed,
                  sumIf(ifNull(abs(change), 0), type = 'money') AS amounts
           FROM v_corrections WHERE {where} GROUP BY reviewer) AS c ON d.reviewer = c.reviewer
ORDER BY reviewer"""
    return Query("reviewers", statement, {**scope.parameters(), **parameters})


def _reviewer(reviewer: str | None) -> tuple[str, dict[str, str]]:
    return ("1", {}) if reviewer is None else ("reviewer = {reviewer:String}", {"reviewer": reviewer})


def duplicates_query(scope: Scope = EVERYTHING) -> Query:
    """Documents that may have been paid twice: where the last of a group was submitted within ``scope``."""
    parts = ["1" if scope.tenant is None else "tenant = {tenant:String}"]
    if scope.since is not None:
        parts.append("last_submitted >= {since:DateTime64(3, 'UTC')}")
    if scope.until is not None:
        parts.append("last_submitted < {until:DateTime64(3, 'UTC')}")
    statement = f"""SELECT tenant, vendor_name, number, amount, currency, documents, filenames, contents,
       first_submitted,
       last_submitted
FROM v_duplicates WHERE {" AND ".join(parts)}
ORDER BY last_submitted DESC, tenant, vendor_name, number"""
    return Query("duplicates", statement, scope.parameters())


def rates_query(by: str = "day", scope: Scope = EVERYTHING) -> Query:
    """The straight-through rate by one of :data:`RATE_GROUPS`. Raises ``KeyError`` for another."""
    statement = f"""SELECT {RATE_GROUPS[by]} AS group, sum(v.documents) AS documents, sum(v.straight_through) AS
       straight_through,
       sum(v.review) AS review, sum(v.sampled) AS sampled, straight_through / documents AS rate
FROM v_straight_through AS v
WHERE {scope.where("day", as_date=True)}
GROUP BY group ORDER BY group"""
    return Query("rates", statement, scope.parameters(as_date=True))


def errors_query(by: str = "all", scope: Scope = EVERYTHING) -> Query:
    """Error rates by one of :data:`ERROR_GROUPS`, from documents sampled by the route that a person has looked at.

    Raises ``KeyError`` for another group.
    """
    low, high = _wilson("wrong_values", "values")
    statement = f"""SELECT {ERROR_GROUPS[by]} AS group, uniqExact((document_id, revision)) AS documents,
       uniqExactIf((document_id, revision), wrong = 1) AS wrong_documents, count() AS values,
       countIf(wrong = 1) AS wrong_values, wrong_values / values AS rate, {low} AS low, {high} AS high
FROM v_sampled
WHERE {scope.where("submitted_at")}
GROUP BY group ORDER BY group"""
    return Query("errors", statement, scope.parameters())


def _wilson(count: str, total: str) -> tuple[str, str]:
    """The bounds of Wilson's score interval at 95 % as SQL; ``total`` is never 0 in a group."""
    z = "1.959963984540054"
    share = f"({count} / {total})"
    middle = f"({share} + {z} * {z} / (2 * {total}))"
    half = f"({z} * sqrt({share} * (1 - {share}) / {total} + {z} * {z} / (4 * {total} * {total})))"
    scale = f"(1 + {z} * {z} / {total})"
    low = f"if({count} = 0, 0., ({middle} - {half}) / {scale})"
    return low, f"if({count} = {total}, 1., ({middle} + {half}) / {scale})"


def latency_query(by: str = "stage", scope: Scope = EVERYTHING) -> Query:
    """Times by one of :data:`LATENCY_GROUPS`; the stage ``(all)`` is the whole way. Raises ``KeyError`` for another."""
    stage, day = LATENCY_GROUPS[by]
    statement = f"""SELECT {stage} AS stage, {day} AS day, count() AS records, quantileExact(0.5)(seconds) AS p50,
       quantileExact(0.9)(seconds) AS p90, quantileExact(0.99)(seconds) AS p99, max(seconds) AS slowest,
       sum(seconds) AS total
FROM (
    SELECT toString(events.stage) AS stage, toDate(at) AS day, assumeNotNull(events.seconds) AS seconds
    FROM events FINAL
    WHERE isNotNull(events.seconds) AND {scope.where("at")}
    UNION ALL
    SELECT '(all)' AS stage, toDate(assumeNotNull(completed_at)) AS day,
           dateDiff('millisecond', submitted_at, assumeNotNull(completed_at)) / 1000 AS seconds
    FROM documents FINAL
    WHERE documents.stage = 'routed' AND isNotNull(completed_at) AND {scope.where("completed_at")}) AS times
GROUP BY ALL ORDER BY stage, day"""
    return Query("latency", statement, scope.parameters())


def dead_letters_query(scope: Scope = EVERYTHING) -> Query:
    """Dead letters by day, stage and code."""
    statement = f"""SELECT day, stage, code, sum(v.letters) AS letters, sum(v.documents) AS documents,
       sum(v.replayed) AS replayed, max(v.example) AS example
FROM v_dead_letters_daily AS v
WHERE {scope.where("day", as_date=True)}
GROUP BY day, stage, code ORDER BY day, stage, code"""
    return Query("dead-letters", statement, scope.parameters(as_date=True))


def erasures_query(scope: Scope = EVERYTHING) -> Query:
    """What was erased, the latest first."""
    statement = f"""SELECT document_id, tenant, toString(v_erasures.state) AS state, toString(v_erasures.cause) AS
       cause, requested_by,
       reason, begun_at, updated_at, content_sha256, removed, kept
FROM v_erasures WHERE {scope.where("begun_at")} ORDER BY begun_at DESC, document_id"""
    return Query("erasures", statement, scope.parameters())
