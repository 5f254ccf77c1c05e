"""``fieldtrail erase``, ``hold`` and ``retention``: what is removed, what may not be, and when its time is over."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import OPERATIONS, CliError, Json, settings_of
from fieldtrail.cli.operations import counted
from fieldtrail.cli.options import cluster_of, requester
from fieldtrail.cli.render import table

if TYPE_CHECKING:
    from connectors.clickhouse.erase import Subject
    from connectors.retention import Erasure, Hold, Retention
    from fieldtrail.audit.erasure import Eraser, Held, Order, Outcome, Preview

By = Annotated[str | None, typer.Option(help="Who asks; your login name unless given.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")]
TenantOf = Annotated[str, typer.Option("--tenant", help="Whose documents.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=OPERATIONS)(erase)
    hold = typer.Typer(help="Legal holds: what may not be erased, whoever asks.", no_args_is_help=True)
    hold.command("set")(hold_set)
    hold.command("release")(hold_release)
    hold.command("list")(hold_list)
    app.add_typer(hold, name="hold", rich_help_panel=OPERATIONS)
    retention = typer.Typer(help="How long documents are kept, by tenant.", no_args_is_help=True)
    retention.command("set")(retention_set)
    retention.command("list")(retention_list)
    retention.command("apply")(retention_apply)
    app.add_typer(retention, name="retention", rich_help_panel=OPERATIONS)


# Erase


def erase(
    ctx: typer.Context,
    documents: Annotated[list[str] | None, typer.Argument(help="Documents, by their ids.")] = None,
    tenant: Annotated[str | None, typer.Option(help="All documents of this tenant instead.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; it is kept with the proof, so name no person in it.")] = None,
    by: By = None,
    resume: Annotated[bool, typer.Option("--resume", help="End what was begun and broken off.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove the values, words and originals of documents everywhere, for good; the proof that they existed stays.

    With a document go those split from it, and its duplicates. What other documents need stays. A legal hold forbids
    it. Topics keep their records until their retention ends: the answer says which, and until when (docs/erasure.md).

    Example: fieldtrail erase 5f2c9a7e --reason "Article 17, ticket 4711" --by anna
    """
    if sum((bool(documents), tenant is not None, resume)) != 1:
        raise typer.BadParameter("name documents, or --tenant, or --resume")
    if reason is None and not resume and not dry_run:
        raise typer.BadParameter("say why; it is part of the proof", param_hint="--reason")
    with _eraser(ctx) as (eraser, audit):
        if resume:
            _report(eraser.resume(), as_json)
            return
        subjects = _subjects(audit, documents, tenant)
        if dry_run:
            _print_preview(eraser.preview(subjects), as_json)
            return
        _confirm(f"remove {counted(len(subjects), 'document')} for good?", yes)
        _report(eraser.erase(subjects, _order(by, reason or "")), as_json)


def _subjects(audit: Any, documents: Sequence[str] | None, tenant: str | None) -> "list[Subject]":
    from connectors.clickhouse.erase import find_subjects, tenant_subjects
    from connectors.clickhouse.questions.documents import unknown_document

    if tenant is not None:
        found = tenant_subjects(audit, tenant)
        if not found:
            raise CliError(f"the audit store knows no document of tenant {tenant!r}")
        return found
    subjects: dict[str, Subject] = {}
    for document in documents or ():
        family = find_subjects(audit, document)
        if not family:
            raise unknown_document(audit, document)
        subjects |= {subject.document_id: subject for subject in family}
    return list(subjects.values())


def _order(by: str | None, reason: str) -> "Order":
    from fieldtrail.audit.erasure import Order

    return Order(by or requester(), reason)


def _confirm(question: str, yes: bool) -> None:
    if not yes and not typer.confirm(question, default=False, err=True):
        raise CliError("nothing was removed")


@contextmanager
def _eraser(ctx: typer.Context) -> "Iterator[tuple[Eraser, Any]]":
    """What erases, and the audit store; closed afterwards."""
    from connectors.claims import Claims
    from connectors.retention import Retention
    from connectors.vendor_memory import VendorMemory
    from fieldtrail.audit.asking import audit_store
    from fieldtrail.audit.erasure import Eraser, Stores
    from fieldtrail.audit.proofs import Publisher
    from fieldtrail.wiring import connection, make_codec, make_store, topic_plan

    settings = cluster_of(ctx)
    url = settings.store.database_url
    with audit_store(settings) as audit:
        publisher = Publisher(connection(settings), topic_plan(settings), make_codec(settings), audit)
        stores = Stores(make_store(settings), audit, Claims(url), VendorMemory(url), Retention(url), publisher)
        try:
            yield Eraser(stores), audit
        finally:
            stores.claims.close()
            stores.memory.close()
            stores.retention.close()


def _print_preview(previews: "Sequence[Preview]", as_json: bool) -> None:
    from fieldtrail.rendering import printable, to_json

    if as_json:
        typer.echo(json.dumps(to_json(list(previews)), indent=2, ensure_ascii=False))
        return
    for preview in previews:
        typer.echo(f"{printable(preview.subject.document_id)}  tenant {printable(preview.subject.tenant)}")
        for key in preview.objects.remove:
            typer.echo(f"  would remove  {key}")
        for key, owner in preview.objects.keep:
            typer.echo(f"  stays         {key}: document {printable(owner)} needs it")
        for name, count in sorted(preview.rows.items()):
            typer.echo(f"  would blank   {count} rows of {name}")
        typer.echo(f"  in Kafka      {len(preview.records)} records, until their topics drop them")
        for hold in preview.holds:
            typer.echo(f"  forbidden     {_hold_line(hold)}")


def _report(outcome: "Outcome", as_json: bool) -> None:
    """What was erased and what was not; an error where a hold forbade something."""
    from fieldtrail.rendering import printable, to_json
    from streams.sinks.other_rows import kept_lines, removed_lines

    if as_json:
        typer.echo(json.dumps(to_json(outcome), indent=2, ensure_ascii=False))
    else:
        for proof in outcome.erased:
            typer.echo(f"{printable(proof.document_id)}  erased, proof {proof.erasure_id}")
            for line in removed_lines(proof):
                typer.echo(f"  removed  {printable(line)}")
            for line in kept_lines(proof):
                typer.echo(f"  stays    {printable(line)}")
        if not outcome.erased and not outcome.held:
            typer.echo("nothing to erase")
    if outcome.held:
        raise CliError("; ".join(map(_held_line, outcome.held)))


def _held_line(held: "Held") -> str:
    return f"document {held.document_id!r} is not erased: {'; '.join(map(_hold_line, held.holds))}"


def _hold_line(hold: "Hold") -> str:
    what = f"document {hold.document_id}" if hold.document_id is not None else f"all documents of tenant {hold.tenant}"
    return f"legal hold on {what}, set by {hold.set_by} on {hold.set_at:%F}: {hold.reason}"


# Holds


def hold_set(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option(help="Why.")],
    document: Annotated[str | None, typer.Argument(help="One document; all of the tenant's unless given.")] = None,
    tenant: TenantOf = "default",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Forbid the erasure of a document, or of all documents of a tenant, those to come included.

    Example: fieldtrail hold set 5f2c9a7e --tenant acme --reason "case 12 O 345/26"
    """
    from fieldtrail.audit.asking import utc_now

    if document == "":
        raise typer.BadParameter("an empty id names no document", param_hint="DOCUMENT")
    with _retention(ctx) as retention:
        hold = retention.set_hold(tenant, document, reason=reason, by=by or requester(), now=utc_now())
        if isinstance(hold, tuple):
            raise CliError(f"too late: {_begun(hold)}")
        _tell_holds([hold], as_json)


def hold_release(
    ctx: typer.Context,
    document: Annotated[str | None, typer.Argument(help="The document; the tenant's own hold unless given.")] = None,
    tenant: TenantOf = "default",
    by: By = None,
    as_json: Json = False,
) -> None:
    """End a legal hold. That it stood, and who released it, stays on record.

    Example: fieldtrail hold release 5f2c9a7e --tenant acme
    """
    from fieldtrail.audit.asking import utc_now

    with _retention(ctx) as retention:
        hold = retention.release_hold(tenant, document, by=by or requester(), now=utc_now())
        if hold is None:
            what = "all documents" if document is None else f"document {document!r}"
            raise CliError(f"there is no hold on {what} of tenant {tenant!r}; 'fieldtrail hold list' shows them")
        _tell_holds([hold], as_json)


def hold_list(
    ctx: typer.Context,
    released: Annotated[bool, typer.Option("--released", help="Those of the past too.")] = False,
    as_json: Json = False,
) -> None:
    """List the legal holds.

    Example: fieldtrail hold list --released
    """
    with _retention(ctx) as retention:
        _tell_holds(retention.holds(released=released), as_json)


def _tell_holds(holds: "Sequence[Hold]", as_json: bool) -> None:
    from fieldtrail.rendering import printable, to_json

    if as_json:
        typer.echo(json.dumps(to_json(list(holds)), indent=2, ensure_ascii=False))
        return
    rows = [
        (
            printable(hold.tenant),
            printable(hold.document_id or "(all)"),
            f"{hold.set_at:%F %T}",
            printable(hold.set_by),
            ""
            if hold.released_at is None
            else f"released {hold.released_at:%F %T} by {printable(hold.released_by or '')}",
            printable(hold.reason),
        )
        for hold in holds
    ]
    typer.echo(table([("tenant", "document", "set (UTC)", "by", "", "reason"), *rows]) if rows else "no holds")


def _begun(erasures: "Sequence[Erasure]") -> str:
    named = ", ".join(erasure.document_id for erasure in erasures[:3])
    return f"the erasure of {named} has begun; 'fieldtrail erase --resume' ends it"


# Retention


def retention_set(
    ctx: typer.Context,
    days: Annotated[str, typer.Argument(help="Days from submission, or 'forever'.")],
    tenant: Annotated[
        str, typer.Option(help="Whose documents; '*' for all tenants without a time of their own.")
    ] = "*",
    by: By = None,
) -> None:
    """Say how long a tenant's documents are kept. Nothing is removed before 'fieldtrail retention apply' runs.

    Example: fieldtrail retention set 3650 --tenant acme
    """
    from fieldtrail.audit.asking import utc_now

    if days != "forever" and not (days.isdecimal() and 1 <= int(days) <= 36_500):
        raise typer.BadParameter("give days, 1 to 36500, or 'forever'", param_hint="DAYS")
    with _retention(ctx) as retention:
        kept = None if days == "forever" else int(days)
        retention.set_policy(tenant, kept, by=by or requester(), now=utc_now())
    typer.echo(f"documents of {_whose(tenant)} are kept {'for ever' if kept is None else f'for {kept} days'}")


def retention_list(ctx: typer.Context, as_json: Json = False) -> None:
    """List how long documents are kept, by tenant. Tenants without a time keep theirs for ever.

    Example: fieldtrail retention list
    """
    from fieldtrail.rendering import printable, to_json

    with _retention(ctx) as retention:
        policies = retention.policies()
    if as_json:
        typer.echo(json.dumps(to_json(policies), indent=2, ensure_ascii=False))
        return
    rows = [(printable(_whose(p.tenant)), str(p.days), printable(p.set_by), f"{p.set_at:%F %T}") for p in policies]
    typer.echo(table([("tenant", "days", "by", "set (UTC)"), *rows]) if rows else "everything is kept for ever")


def retention_apply(ctx: typer.Context, dry_run: DryRun = False, yes: Yes = False, as_json: Json = False) -> None:
    """Erase what is older than its tenant's retention, end erasures that broke off, and erase again what came back.

    Documents under a legal hold stay, and are named. Run it daily, with --yes, from a scheduler.

    Example: fieldtrail retention apply --dry-run
    """
    from fieldtrail.audit.retention import apply, due

    with _eraser(ctx) as (eraser, audit), _retention(ctx) as retention:
        wanted = due(audit, retention)
        if dry_run:
            _print_preview(eraser.preview(wanted.subjects), as_json)
            return
        if wanted.subjects:
            _confirm(f"remove {counted(len(wanted.subjects), 'document')} for good?", yes)
        _report(apply(eraser, wanted), as_json)


def _whose(tenant: str) -> str:
    return "all other tenants" if tenant == "*" else tenant


@contextmanager
def _retention(ctx: typer.Context) -> "Iterator[Retention]":
    from connectors.errors import UnavailableError
    from connectors.retention import Retention

    opened = Retention(settings_of(ctx).store.database_url)
    try:
        yield opened
    except UnavailableError as error:
        raise CliError(str(error)) from error
    finally:
        opened.close()
