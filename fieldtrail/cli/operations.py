"""``fieldtrail worker``, ``topics`` and ``replay``."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fieldtrail.cli.app import OPERATIONS, CliError, Json, settings_of
from fieldtrail.cli.options import FromOffset, FromTime, Partition, cluster_of, requester, start_of
from fieldtrail.cli.render import table

if TYPE_CHECKING:
    from connectors.claims import Claims
    from fieldtrail.settings import Settings
    from streams.replay import ReplayReport

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most this many documents.")]
DocumentIds = Annotated[list[str] | None, typer.Option("--document-id", help="Only this document; may be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=OPERATIONS)(worker)
    app.command(rich_help_panel=OPERATIONS)(replay)
    topics = typer.Typer(help="Create or list the topics.", no_args_is_help=True)
    topics.command("apply")(topics_apply)
    topics.command("list")(topics_list)
    app.add_typer(topics, name="topics", rich_help_panel=OPERATIONS)


def worker(
    ctx: typer.Context,
    stages: Annotated[str, typer.Option(help="Comma-separated stages, or all.")] = "all",
    http_port: Annotated[int | None, typer.Option(help="Port of health and metrics; 0 for none.")] = None,
) -> None:
    """Run stages against the brokers of KAFKA_BOOTSTRAP_SERVERS until SIGTERM: one deployment a stage, or any mix.

    Stages are ingest, classify, recognize, extract, validate and route.

    The sink that writes the audit trail to ClickHouse is called audit, and runs in a process of its own.

    Example: fieldtrail worker --stages recognize,extract
    """
    import asyncio

    from fieldtrail.wiring import parse_stages, run_worker
    from streams.contracts.topics import AUDIT

    settings = settings_of(ctx, worker__http_port=http_port)
    try:
        wanted = parse_stages(stages)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--stages") from None
    logging.basicConfig(level=settings.log.level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("faust", "mode", "aiokafka", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if wanted == (AUDIT,):
        from fieldtrail.wiring_audit import run_audit_sink

        raise typer.Exit(asyncio.run(run_audit_sink(settings)))
    raise typer.Exit(asyncio.run(run_worker(settings, wanted)))


def topics_apply(ctx: typer.Context, as_json: Json = False) -> None:
    """Create missing topics and set their configuration. Safe to repeat; nothing is deleted.

    Example: fieldtrail topics apply
    """
    from fieldtrail.wiring import connection, topic_plan
    from streams.admin import apply

    settings = cluster_of(ctx)
    states = apply(connection(settings), topic_plan(settings))
    if as_json:
        typer.echo(json.dumps([{"topic": state.name, "action": state.action} for state in states], indent=2))
        return
    typer.echo(table([("topic", "partitions", ""), *((s.name, str(s.partitions), s.action) for s in states)]))


def topics_list(ctx: typer.Context, as_json: Json = False) -> None:
    """List fieldtrail's topics: what each carries, and its partitions on the cluster.

    Example: fieldtrail topics list
    """
    from fieldtrail.wiring import connection, topic_plan
    from streams.admin import describe

    settings = cluster_of(ctx)
    states = describe(connection(settings), topic_plan(settings))
    if as_json:
        rows = [{"topic": s.name, "partitions": s.partitions, "public": s.public, "doc": s.doc} for s in states]
        typer.echo(json.dumps(rows, indent=2))
        return
    lines = [(s.name, str(s.partitions or "missing"), "public" if s.public else "", s.doc) for s in states]
    typer.echo(table([("topic", "partitions", "", "carries"), *lines]))


def replay(
    ctx: typer.Context,
    stage: Annotated[str, typer.Argument(help="The stage to run again, such as extract.")],
    from_offset: FromOffset = None,
    from_time: FromTime = None,
    partition: Partition = None,
    document_id: DocumentIds = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Run one stage again, and those after it, on records it has had: each document gets a new revision.

    Earlier stages do not run: replaying extract never runs OCR again. Of each document only the newest record is sent.
    Documents that were erased never go again, and are named.
    Dead letters have a command of their own: fieldtrail dlq replay.

    Example: fieldtrail replay extract --from-time 2026-01-31T08:00 --dry-run
    """
    from fieldtrail.wiring import connection, make_codec, topic_plan
    from streams.contracts.topics import STAGES
    from streams.replay import Selection, StageReplayer

    if stage not in STAGES:
        raise typer.BadParameter(f"no stage is called {stage!r}; there are {', '.join(STAGES)}", param_hint="STAGE")
    start = start_of(from_offset, from_time, partition)
    settings = cluster_of(ctx)
    selection = Selection(start, document_id or (), limit)
    with open_claims(settings) as claims:
        replayer = StageReplayer(connection(settings), topic_plan(settings), make_codec(settings), claims)
        report = replayer.replay(stage, selection, requested_by=requester(), dry_run=dry_run)
    _print_replay(report, as_json)
    missing = set(selection.document_ids) - {item.document_id for item in report.replayed} - set(report.erased)
    if missing and not report.left_alone and len(report.replayed) != limit:
        raise CliError(f"{report.target_topic} has no record of {', '.join(sorted(missing))} from there on")


def _print_replay(report: "ReplayReport", as_json: bool) -> None:
    if as_json:
        print_report_json(report)
        return
    print_sent(report)
    verb = "would be sent" if report.dry_run else "sent"
    typer.echo(
        f"{counted(len(report.replayed), 'document')} {verb} to {report.stage} again, "
        f"of {counted(report.scanned, 'record')} read"
    )
    if report.left_alone:
        typer.echo(f"{counted(report.left_alone, 'submission')} left alone: duplicates and refused document ids")
    print_erased(report)
    if report.unreadable:
        typer.echo(f"{counted(report.unreadable, 'record')} could not be read and were left alone")
    print_replay_id(report)


def print_report_json(report: "ReplayReport") -> None:
    """What a replay did, for a machine."""
    from fieldtrail.rendering import to_json

    typer.echo(json.dumps(to_json(report), indent=2, ensure_ascii=False))


def print_sent(report: "ReplayReport") -> None:
    """One line for each record that was, or would be, sent."""
    from fieldtrail.rendering import printable

    for item in report.replayed:
        revision = f"  revision {item.revision}" if item.revision is not None else ""
        typer.echo(f"{item.source}  {printable(item.document_id or '(unreadable)')}{revision}")


@contextmanager
def open_claims(settings: "Settings") -> "Iterator[Claims]":
    """What knows which documents are erased, for as long as the context lasts."""
    from connectors.claims import Claims
    from connectors.errors import UnavailableError

    claims = Claims(settings.store.database_url)
    try:
        yield claims
    except UnavailableError as error:
        raise CliError(f"nobody can tell which documents are erased: {error}") from error
    finally:
        claims.close()


def print_erased(report: "ReplayReport") -> None:
    """The documents that do not go because they are erased."""
    from fieldtrail.rendering import printable

    if report.erased:
        named = ", ".join(map(printable, report.erased[:5])) + (", …" if len(report.erased) > 5 else "")
        typer.echo(f"{counted(len(report.erased), 'document')} left alone: erased ({named})")


def print_replay_id(report: "ReplayReport") -> None:
    """Which replay it was, and how to see what comes of it."""
    if not report.dry_run and report.replayed:
        typer.echo(f"replay {report.replay_id}\nnext   fieldtrail show DOCUMENT_ID")


def counted(count: int, noun: str) -> str:
    """``1 document``, ``2 documents``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
