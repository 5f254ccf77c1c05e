"""``fieldtrail send``, ``results`` and ``show``: documents in, results out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json
from fieldtrail.cli.options import FromOffset, FromTime, Partition, cluster_of, start_of
from processors.classification.types import DocumentType

if TYPE_CHECKING:
    from fieldtrail.client import Final, Received


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
    as_one: Annotated[
        bool, typer.Option("--as-one", help="The files, images or PDFs, are the pages of one document, in this order.")
    ] = False,
    document_type: Annotated[DocumentType | None, typer.Option(help="The documents' type, if you know it.")] = None,
    schema: Annotated[str | None, typer.Option(help="The extraction schema to read with, such as invoice_v1.")] = None,
    tenant: Annotated[str, typer.Option(help="Whose documents they are.")] = "default",
    metadata: Annotated[list[str] | None, typer.Option(help="KEY=VALUE handed through to the result.")] = None,
    as_json: Json = False,
) -> None:
    """Send documents to be read.

    Files above 1 MB go by URI, which the worker must be allowed to read (fetch.allow_files). With --as-one they are
    packed into one ZIP; above 1 MB it is written beside the first file. With --wait, exit code 1 where a document, or
    one that a packet was split into, failed or did not end in time.

    Example: fieldtrail send invoice.pdf receipt.jpg --wait
    """
    from fieldtrail.client import Fieldtrail

    pairs = dict(_pair(text) for text in metadata or ())
    if not tenant:
        raise typer.BadParameter("the name must not be empty", param_hint="--tenant")
    with Fieldtrail(cluster_of(ctx)) as client, client.watch() as watch:
        names: dict[str, Path] = {}
        for path, content, uri in _packed(files, by_uri) if as_one else _each(files, by_uri):
            document_id = client.submit(
                content,
                uri=uri,
                filename=path.name,
                tenant=tenant,
                document_type=document_type,
                schema_name=schema,
                metadata=pairs,
            )
            names[document_id] = path
        client.flush()
        if not wait:
            _report_sent(names, as_json)
            return
        ends = watch.wait(names, timeout, children=True)
        finals = _report_ends(with_progress(ends, len(names), quiet=as_json), as_json)
    if any(final.state == "failed" for final in finals):
        raise typer.Exit(1)


def results(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new results come, until Ctrl-C.")] = False,
    from_offset: FromOffset = None,
    from_time: FromTime = None,
    partition: Partition = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after this many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print finished documents from the result topic, from its beginning, an offset or a time.

    Delivery is at least once: a consumer drops a result_id that it has, and keeps the highest revision. Documents that
    wait for a person are not here; 'fieldtrail show' tells of those.

    Example: fieldtrail results --follow --json --from-time 2026-01-31T08:00
    """
    from fieldtrail.client import Fieldtrail

    start = start_of(from_offset, from_time, partition)
    client = Fieldtrail(cluster_of(ctx))
    count = 0
    try:
        for count, received in enumerate(client.results(start, follow=follow), 1):
            typer.echo(_result_json(received) if as_json else _result_line(received))
            if limit is not None and count >= limit:
                return
    except KeyboardInterrupt:
        return
    if not count:
        typer.echo("no results from there on", err=True)


def show(
    ctx: typer.Context,
    document_id: Annotated[str, typer.Argument(help="As 'fieldtrail send' printed it, or your own.")],
    as_json: Json = False,
) -> None:
    """Show where a document stands: its fields with their places, its state, and the offsets it travelled through.

    Example: fieldtrail show 5f2c9a7e…
    """
    from fieldtrail.client import Fieldtrail

    final = Fieldtrail(cluster_of(ctx)).find(document_id)
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
    """One document for a person: type, fields with page, box and confidence, the route and its reasons.

    ``trail`` adds the Kafka records it travelled through, and where to look next for one that failed.
    """
    from rich.markup import escape

    from fieldtrail.rendering import console, fields_table, help_for, printable

    out, status = console(), final.status
    known = final.result or final.review
    kind = f"  {known.classification.document_type} ({known.classification.confidence:.2f})" if known else ""
    name = escape(printable(status.filename or final.document_id))
    out.print(f"\n[bold]{name}[/bold]{kind}  [bold]{_STATES.get(final.state, final.state)}[/bold]")
    out.print(f"[dim]document {escape(printable(final.document_id))}, revision {status.revision}[/dim]")
    if known is not None and (known.fields or known.line_items):
        out.print(fields_table(known.fields, known.line_items))
    if final.review is not None:
        for reason in final.review.reasons:
            out.print(f"  · {escape(printable(reason))}")
    elif status.message:
        code = f"[red]{status.error_code}[/red]: " if status.error_code else ""
        out.print(f"  {code}{escape(printable(status.message))}")
    if status.error_code:
        out.print(f"  [dim]{escape(help_for(status.error_code))}[/dim]")
    if not trail:
        return
    for hop in known.trail if known is not None else ():
        out.print(
            f"[dim]  {hop.stage:<10} {hop.topic}-{hop.partition}@{hop.offset}  {hop.at:%F %T}  {hop.version}[/dim]"
        )
    if status.error_code:
        out.print(f"next   fieldtrail dlq list --document-id {escape(printable(final.document_id))}")


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
    "split": "[blue]split[/blue]",
    "failed": "[red]dead letter[/red]",
}


def _each(files: list[Path], by_uri: bool) -> "Iterator[tuple[Path, bytes | None, str | None]]":
    """Each file with its bytes, or with its URI."""
    from streams.contracts.topics import MAX_INLINE_BYTES

    for path in files:
        if by_uri or path.stat().st_size > MAX_INLINE_BYTES:
            yield path, None, path.resolve().as_uri()
        else:
            yield path, path.read_bytes(), None


def _packed(files: list[Path], by_uri: bool) -> "Iterator[tuple[Path, bytes | None, str | None]]":
    """The files as one packet. One that goes by URI must lie somewhere: beside the first file, named by its content."""
    from hashlib import sha256

    from processors.intake.packet import build_packet
    from streams.contracts.topics import MAX_INLINE_BYTES

    try:
        content = build_packet([path.read_bytes() for path in files])
    except ValueError as error:
        raise CliError(f"{error}; the files are counted as given") from error
    path = files[0].with_name(f"{files[0].stem}-packet-{sha256(content).hexdigest()[:8]}.zip")
    if not by_uri and len(content) <= MAX_INLINE_BYTES:
        yield path, content, None
        return
    path.write_bytes(content)
    typer.echo(f"packed {len(files)} files into {path}, which the worker reads", err=True)
    yield path, None, path.resolve().as_uri()


def _report_ends(ends: "Iterator[Final]", as_json: bool) -> "list[Final]":
    """Prints each end as it comes; as JSON all of them at once, also where the wait ran out on the others."""
    finals: list[Final] = []
    try:
        for final in ends:
            finals.append(final)
            if not as_json:
                print_final(final)
    finally:
        if as_json:
            typer.echo(json.dumps([final_json(final) for final in finals], indent=2, ensure_ascii=False))
    return finals


def _result_json(received: "Received") -> str:
    from fieldtrail.rendering import to_json

    place = {"partition": received.partition, "offset": received.offset}
    return json.dumps({**place, **to_json(received.result)}, ensure_ascii=False)


def _result_line(received: "Received") -> str:
    from fieldtrail.rendering import printable

    result = received.result
    facts = (result.document_id, f"r{result.revision}", result.classification.document_type, _summary(result.fields))
    line = "  ".join((f"{received.partition}@{received.offset}", *facts, result.filename or ""))
    return printable(line).rstrip()


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
