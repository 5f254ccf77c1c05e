"""``fieldtrail audit migrate``: the tables of the audit trail."""

import json
from typing import Annotated

import typer

from fieldtrail.cli.app import Json, settings_of

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be applied.")]


def migrate(ctx: typer.Context, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make the audit trail's tables, or bring them up to date. Safe to repeat, and to run twice at once.

    The local stack does this by itself; a ClickHouse of your own (CLICKHOUSE_DSN) needs it once for each new version of
    fieldtrail. On a cluster, name it first: FIELDTRAIL_CLICKHOUSE_CLUSTER. The user needs CREATE, ALTER, SELECT and
    INSERT on the database.

    Example: fieldtrail audit migrate --dry-run
    """
    from connectors.clickhouse.migrate import MigrationError, pending
    from connectors.clickhouse.migrate import migrate as apply
    from fieldtrail.audit.asking import AuditError, audit_store

    settings = settings_of(ctx)
    with audit_store(settings) as store:
        try:
            before = pending(store)
            if not dry_run:
                apply(
                    store, settings.clickhouse.cluster, progress=lambda name: typer.echo(f"applying {name}", err=True)
                )
        except MigrationError as error:
            raise AuditError(str(error)) from error
        todo = [state.migration.name for state in before if not state.applied]
        if as_json:
            states = [
                {"name": state.migration.name, "sha256": state.migration.checksum, "was_applied": state.applied}
                for state in before
            ]
            document = {"server": store.address, "database": store.database, "dry_run": dry_run, "migrations": states}
            typer.echo(json.dumps(document, indent=2))
            return
        where = f"{store.database} on {store.address}"
        if not todo:
            typer.echo(f"{where} is up to date: {len(before)} migrations")
        else:
            typer.echo(f"{where}: {len(todo)} {'to apply' if dry_run else 'applied'}: {', '.join(todo)}")
