"""The questions of ``fieldtrail audit``: each function takes what a person may say and gives what the store is asked.

The options of each serve ``fieldtrail audit QUESTION`` and ``fieldtrail audit export QUESTION`` alike.
"""

# Every question gets the store; only some look something up before they ask.
# ruff: noqa: ARG001

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.options import moment

if TYPE_CHECKING:
    from connectors.clickhouse.client import ClickHouse
    from connectors.clickhouse.questions.asking import Scope
    from fieldtrail.audit.asking import Asking

Document = Annotated[str, typer.Argument(help="The document's id.")]
Since = Annotated[str | None, typer.Option(help="Only from this time on (ISO 8601; without a zone, this machine's).")]
Until = Annotated[str | None, typer.Option(help="Only before this time.")]
Tenant = Annotated[str | None, typer.Option(help="Only this tenant's.")]


def story(
    client: "ClickHouse",
    document: Document,
    field: Annotated[str, typer.Argument(help="The value: total_amount, or a cell as line_items[3].amount.")],
) -> "Asking":
    """Tell where a number comes from: from the file's hash over every stage and person to what the ERP was sent.

    Example: fieldtrail audit story 5f2c9a7e total_amount
    """
    from connectors.clickhouse.questions import story as told
    from connectors.clickhouse.questions.documents import DocumentRevision, revisions_query
    from fieldtrail.audit.asking import Asking, Part

    found = told.story(client, document, field)
    pages = sorted({reading.page for reading in found.readings})
    begun = found.revisions[0].submitted_at
    parts = (
        Part("revisions", revisions_query(document), DocumentRevision),
        Part("steps", told.steps_query(document, begun), told.Step),
        Part("readings", told.readings_query(document, field, begun), told.Reading),
        Part("pages", told.pages_query(document, pages), told.PageRead),
        Part("changes", told.changes_query(document, field), told.Change),
        Part("decisions", told.decisions_query(document), told.Decision),
        Part("deliveries", told.deliveries_query(document), told.Delivery),
        Part("erasures", told.erasure_query(document), told.ErasureProof),
    )
    return Asking("story", parts, asked={"document": document, "field": field})


def why(
    client: "ClickHouse",
    document: Document,
    revision: Annotated[int | None, typer.Option(min=1, help="This revision; the latest unless given.")] = None,
) -> "Asking":
    """Tell why a document was routed as it was: the reasons, and each value that did not pass.

    Example: fieldtrail audit why 5f2c9a7e
    """
    from connectors.clickhouse.questions import provenance
    from connectors.clickhouse.questions.documents import DocumentRevision, routed_query
    from fieldtrail.audit.asking import Asking, Part

    found = provenance.why(client, document, revision)
    parts = (
        Part("routed", routed_query(document, found.document.revision), DocumentRevision),
        Part("doubts", provenance.doubts_query(document, found.document.revision), provenance.Doubt),
    )
    return Asking("why", parts, asked={"document": document, "revision": found.document.revision})


def revisions(client: "ClickHouse", document: Document) -> "Asking":
    """Show what changed between the revisions of a document: its passes, and each value that differs.

    Example: fieldtrail audit revisions 5f2c9a7e
    """
    from connectors.clickhouse.questions.documents import DocumentRevision, revisions_of, revisions_query
    from connectors.clickhouse.questions.provenance import Difference, differences_query
    from fieldtrail.audit.asking import Asking, Part

    revisions_of(client, document)
    parts = (
        Part("revisions", revisions_query(document), DocumentRevision),
        Part("differences", differences_query(document), Difference),
    )
    return Asking("revisions", parts, asked={"document": document})


def model(
    client: "ClickHouse",
    version: Annotated[str, typer.Argument(help="A version, or component=version; a wrong one lists those there are.")],
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """List every document that a model version touched: OCR engines, readers, schemas.

    Example: fieldtrail audit model geometric=3.2.0 --since 2026-01-01
    """
    from connectors.clickhouse.questions.provenance import TouchedDocument, model_names, model_query

    names = model_names(client, version)
    scope = _scope(since, until, tenant)
    return _single("model", model_query(names, scope), TouchedDocument, scope, {"version": version, "names": names})


def reviewer(
    client: "ClickHouse",
    month: Annotated[str | None, typer.Option(help="A UTC month, 2026-10; last month unless a time is given.")] = None,
    name: Annotated[str | None, typer.Option("--reviewer", help="Only this reviewer.")] = None,
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """List all values that reviewers changed in a month, and by how much; and each reviewer's work.

    Example: fieldtrail audit reviewer --month 2026-10
    """
    from connectors.clickhouse.questions import figures
    from fieldtrail.audit.asking import Asking, Part

    scope = _month(month, since, until, tenant)
    parts = (
        Part("reviewers", figures.reviewer_summary_query(scope, name), figures.ReviewerSummary),
        Part("values", figures.reviewer_query(scope, name), figures.ReviewedValue),
    )
    return Asking("reviewer", parts, scope, {"reviewer": name})


def from_(
    client: "ClickHouse",
    file: Annotated[str | None, typer.Option(help="A file, by its name or its SHA-256.")] = None,
    vendor: Annotated[str | None, typer.Option(help="A vendor, by its name or tax id.")] = None,
    document: Annotated[str | None, typer.Option(help="A document, by its id.")] = None,
    region: Annotated[
        str | None,
        typer.Option(help="Only what overlaps this region: PAGE:X0,Y0,X1,Y1 in points, as 1:300,600,560,720."),
    ] = None,
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """List everything that came from a file, a vendor, or a region of their pages.

    Example: fieldtrail audit from --vendor "Muster GmbH" --region 1:300,600,560,720
    """
    from connectors.clickhouse.questions.provenance import Value, check_vendor, from_query

    if file is None and vendor is None and document is None:
        raise typer.BadParameter("say which documents: --file, --vendor or --document")
    scope = _scope(since, until, tenant)
    place = None if region is None else parse_region(region)
    if vendor is not None:
        check_vendor(client, vendor)
    query = from_query(document_id=document, file=file, vendor=vendor, region=place, scope=scope)
    asked = {"file": file, "vendor": vendor, "document": document, "region": place}
    return _single("from", query, Value, scope, asked)


def passed(
    client: "ClickHouse",
    below: Annotated[float, typer.Option(min=0.0, max=1.0, help="Only where the confidence is below this.")] = 0.97,
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """List values that were delivered without a person, the least sure first.

    Example: fieldtrail audit passed --below 0.97 --since 2026-10-01
    """
    from connectors.clickhouse.questions.provenance import PassedValue, passed_query

    scope = _scope(since, until, tenant)
    return _single("passed", passed_query(below, scope), PassedValue, scope, {"below": below})


def duplicates(client: "ClickHouse", since: Since = None, until: Until = None, tenant: Tenant = None) -> "Asking":
    """List documents of one vendor with the same number and amount: perhaps paid twice.

    Example: fieldtrail audit duplicates --since 2026-10-01
    """
    from connectors.clickhouse.questions.figures import Duplicates, duplicates_query

    scope = _scope(since, until, tenant)
    return _single("duplicates", duplicates_query(scope), Duplicates, scope, {})


def rates(
    client: "ClickHouse",
    by: Annotated[str, typer.Option(help="day, week, month, tenant or type (of document).")] = "day",
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """Count how many documents needed no person.

    Example: fieldtrail audit rates --by week --since 2026-10-01
    """
    from connectors.clickhouse.questions.figures import RATE_GROUPS, Rate, rates_query

    scope = _scope(since, until, tenant)
    return _single("rates", rates_query(_group(by, RATE_GROUPS), scope), Rate, scope, {"by": by})


def errors(
    client: "ClickHouse",
    by: Annotated[str, typer.Option(help="all, field, type (of document), tenant, month or confidence.")] = "all",
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """Tell how many values that passed unseen are wrong, as the sampled audits found (95 % interval after Wilson).

    Sampling is the setting route.audit_share; only documents that a person has looked at count.

    Example: fieldtrail audit errors --by field --since 2026-01-01
    """
    from connectors.clickhouse.questions.figures import ERROR_GROUPS, ErrorRate, errors_query

    scope = _scope(since, until, tenant)
    return _single("errors", errors_query(_group(by, ERROR_GROUPS), scope), ErrorRate, scope, {"by": by})


def latency(
    client: "ClickHouse",
    by: Annotated[str, typer.Option(help="stage, day or stage-and-day.")] = "stage",
    since: Since = None,
    until: Until = None,
    tenant: Tenant = None,
) -> "Asking":
    """Tell how long the stages took, in seconds; the stage (all) is from submission to result.

    Example: fieldtrail audit latency --by stage-and-day --since 2026-10-01
    """
    from connectors.clickhouse.questions.figures import LATENCY_GROUPS, Latency, latency_query

    scope = _scope(since, until, tenant)
    return _single("latency", latency_query(_group(by, LATENCY_GROUPS), scope), Latency, scope, {"by": by})


def dead_letters(client: "ClickHouse", since: Since = None, until: Until = None, tenant: Tenant = None) -> "Asking":
    """Count dead letters by day, stage and error code, also those that Kafka has dropped.

    Example: fieldtrail audit dead-letters --since 2026-10-01
    """
    from connectors.clickhouse.questions.figures import DeadLetterCount, dead_letters_query

    scope = _scope(since, until, tenant)
    return _single("dead-letters", dead_letters_query(scope), DeadLetterCount, scope, {})


def erasures(client: "ClickHouse", since: Since = None, until: Until = None, tenant: Tenant = None) -> "Asking":
    """List what was erased: who asked, when, why, what was removed and what still holds it until when.

    Example: fieldtrail audit erasures --since 2026-01-01
    """
    from connectors.clickhouse.questions.figures import ErasedDocument, erasures_query

    scope = _scope(since, until, tenant)
    return _single("erasures", erasures_query(scope), ErasedDocument, scope, {})


QUESTIONS: "Mapping[str, Callable[..., Asking]]" = {
    "story": story,
    "why": why,
    "revisions": revisions,
    "from": from_,
    "model": model,
    "reviewer": reviewer,
    "passed": passed,
    "duplicates": duplicates,
    "rates": rates,
    "errors": errors,
    "latency": latency,
    "dead-letters": dead_letters,
    "erasures": erasures,
}
"""Every question by its name on the command line."""


def parse_region(text: str) -> tuple[int, float, float, float, float]:
    """``1:300,600,560,720`` as page and box. Raises ``typer.BadParameter``."""
    try:
        page, corners = text.split(":")
        x0, y0, x1, y1 = (float(corner) for corner in corners.split(","))
        region = int(page), min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no region; one looks like 1:300,600,560,720 (page, then x0,y0,x1,y1 in points)",
            param_hint="--region",
        ) from None
    return region


def _single(name: str, query: Any, row_type: type, scope: "Scope", asked: dict[str, Any]) -> "Asking":
    from fieldtrail.audit.asking import Asking, Part

    return Asking(name, (Part(name, query, row_type),), scope, asked)


def _group(by: str, groups: Any) -> str:
    if by not in groups:
        raise typer.BadParameter(f"{by!r} is none of: {', '.join(groups)}", param_hint="--by")
    return by


def _scope(since: str | None, until: str | None, tenant: str | None) -> "Scope":
    return _scope_of(_time(since, "--since"), _time(until, "--until"), tenant)


def _scope_of(since: datetime | None, until: datetime | None, tenant: str | None) -> "Scope":
    from connectors.clickhouse.questions.asking import Scope

    try:
        return Scope(tenant, since, until)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--until") from None


def _month(month: str | None, since: str | None, until: str | None, tenant: str | None) -> "Scope":
    from connectors.clickhouse.questions.asking import last_month, month_of

    if month is None and (since is not None or until is not None):
        return _scope(since, until, tenant)
    if month is not None and (since is not None or until is not None):
        raise typer.BadParameter("give --month, or --since and --until, not both", param_hint="--month")
    try:
        first, following = last_month() if month is None else month_of(month)
    except ValueError:
        raise typer.BadParameter(f"{month!r} is no month; one looks like 2026-10", param_hint="--month") from None
    return _scope_of(first, following, tenant)


def _time(text: str | None, option: str) -> datetime | None:
    return None if text is None else moment(text, option)
