"""``fieldtrail send``, ``results`` and ``show``: documents in, results out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json, settings_of
from fieldtrail.cli.options import FromOffset, FromTime, Partition, start_of

if TYPE_CHECKING:
    from fieldtrail.client import Final


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=DOCUMENTS)(send)
    app.command(rich_help_panel=DOCUMENTS)(results)
    app.command(rich_help_panel=DOCUMENTS)(show)


def send(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Documents to send.", exists=True, dir_okay=False)],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until each is done, and print what was read.")] = False,
    timeout: Annotated[float, typer.Option(help="With --wait: seconds to wait for all of them.")] = 300.0,
    by_uri: Annotated[bool, typer.Option("--by-uri", help="Send file: URIs instead of the bytes.")] = False,
    document_type: Annotated[str | None, typer.Option(help="The documents' type, if you know it.")] = None,
    tenant: Annotated[str, typer.Option(help="Whose documents they are.")] = "default",
    metadata: Annotated[list[str] | None, typer.Option(help="KEY=VALUE handed through to the result.")] = None,
    as_json: Json = False,
) -> None:
    """Send documents to be read.

    Files above 1 MB go by URI, which the worker must be allowed to read (fetch.allow_files).

    Example: fieldtrail send invoice.pdf receipt.jpg --wait
    """
    from fieldtrail.client import Fieldtrail
    from streams.contracts.topics import MAX_INLINE_BYTES

    pairs = dict(_pair(text) for text in metadata or ())
    with Fieldtrail(settings_of(ctx)) as client, client.watch() as watch:
        names: dict[str, Path] = {}
        for path in files:
            inline = not by_uri and path.stat().st_size <= MAX_INLINE_BYTES
            document_id = client.submit(
                path.read_bytes() if inline else None,
                uri=None if inline else path.resolve().as_uri(),
                filename=path.name,
                tenant=tenant,
                document_type=document_type,
                metadata=pairs,
            )
            names[document_id] = path
        client.flush()
        if not wait:
            _report_sent(names, as_json)
            return
        finals: list[Final] = []
        for final in with_progress(watch.wait(names, timeout), len(names), quiet=as_json):
            finals.append(final)
            if not as_json:
                print_final(final)
        if as_json:
            typer.echo(json.dumps([final_json(final) for final in finals], indent=2, ensure_ascii=False))
    if any(final.state == "failed" for final in finals):
        raise typer.Exit(1)


def results(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new results come, until Ctrl-C.")] = False,
    from_offset: FromOffset = None,
    from_time: FromTime = None,
    partition: Partition = None,
    limit: Annotated[int | None, typer.Option(help="Stop after this many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print finished documents from the result topic, from its beginning, an offset or a time.

    Delivery is at least once: a consumer drops a result_id that it has, and keeps the highest revision.

    Example: fieldtrail results --follow --json --from-time 2026-01-31T08:00
    """
    from fieldtrail.client import Fieldtrail
    from fieldtrail.rendering import to_json

    client = Fieldtrail(settings_of(ctx))
    try:
        for count, received in enumerate(client.results(start_of(from_offset, from_time, partition), follow=follow), 1):
            if as_json:
                place = {"partition": received.partition, "offset": received.offset}
                typer.echo(json.dumps({**place, **to_json(received.result)}, ensure_ascii=False))
            else:
                result = received.result
                typer.echo(
                    f"{received.partition}@{received.offset}  {result.document_id}  r{result.revision}  "
                    f"{result.classification.document_type}  {_summary(result.fields)}  {result.filename or ''}"
                )
            if limit is not None and count >= limit:
                return
    except KeyboardInterrupt:
        return


def show(
    ctx: typer.Context,
    document_id: Annotated[str, typer.Argument(help="As 'fieldtrail send' printed it, or your own.")],
    as_json: Json = False,
) -> None:
    """Show where a document stands: its fields with their places, its state, and the offsets it travelled through.

    Example: fieldtrail show 5f2c9a7e…
    """
    from fieldtrail.client import Fieldtrail

    final = Fieldtrail(settings_of(ctx)).find(document_id)
    if final is None:
        raise CliError(f"no document {document_id!r} is known; 'fieldtrail results' lists the finished ones")
    if as_json:
        typer.echo(json.dumps(final_json(final), indent=2, ensure_ascii=False))
    else:
        print_final(final, trail=True)


def with_progress(finals: "Iterator[Final]", total: int, *, quiet: bool) -> "Iterator[Final]":
    """Passes ``finals`` on while a bar on standard error counts them; a wait that runs out becomes a ``CliError``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("documents"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("documents", total=total)
        try:
            for final in finals:
                bar.advance(task)
                yield final
        except TimeoutError as error:
            raise CliError(str(error)) from error


def print_final(final: "Final", *, trail: bool = False) -> None:
    """One document for a person: type, fields with page, box and confidence, the route and its reasons."""
    from rich.console import Console
    from rich.markup import escape

    from fieldtrail.rendering import fields_table

    console, status = Console(), final.status
    known = final.result or final.review
    kind = f"{known.classification.document_type} ({known.classification.confidence:.2f})" if known else "unknown type"
    name = escape(status.filename or final.document_id)
    console.print(f"\n[bold]{name}[/bold]  {kind}  [bold]{_STATES.get(final.state, final.state)}[/bold]")
    console.print(f"[dim]document {final.document_id}, revision {status.revision}[/dim]")
    if known is not None and (known.fields or known.line_items):
        console.print(fields_table(known.fields, known.line_items))
    if final.review is not None:
        for reason in final.review.reasons:
            console.print(f"  · {escape(reason)}")
    elif status.message:
        console.print(f"  {status.error_code + ': ' if status.error_code else ''}{escape(status.message)}")
    if trail and known is not None:
        for hop in known.trail:
            console.print(
                f"[dim]  {hop.stage:<10} {hop.topic}-{hop.partition}@{hop.offset}  {hop.at:%F %T}  {hop.version}"
            )


def final_json(final: "Final") -> dict[str, Any]:
    """The same for a machine."""
    from fieldtrail.rendering import to_json

    return {
        "document_id": final.document_id,
        "state": final.state,
        "status": to_json(final.status),
        "result": to_json(final.result) if final.result is not None else None,
        "review": to_json(final.review) if final.review is not None else None,
    }


_STATES = {
    "completed": "[green]straight through[/green]",
    "review": "[yellow]to a person[/yellow]",
    "duplicate": "[blue]duplicate[/blue]",
    "failed": "[red]dead letter[/red]",
}


def _report_sent(names: dict[str, Path], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([{"document_id": key, "file": str(path)} for key, path in names.items()], indent=2))
        return
    for key, path in names.items():
        typer.echo(f"{key}  {path.name}")


def _summary(fields: Any) -> str:
    from processors.fields import canonical_text

    values = {item.name: canonical_text(item.value, item.type) or "" for item in fields}
    wanted = ("vendor_name", "invoice_number", "invoice_date", "purchase_date", "total_amount", "currency")
    return "  ".join(values[name] for name in wanted if values.get(name))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--metadata")
    return key, value
