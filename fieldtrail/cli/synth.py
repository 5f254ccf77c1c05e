"""``fieldtrail synth``: made-up documents with their truth."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=DOCUMENTS, no_args_is_help=True)(synth)


def synth(
    folder: Annotated[Path, typer.Argument(help="Where documents/ and truth.jsonl go; made where missing.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many documents.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes the same documents.")] = 1,
    types: Annotated[
        str | None, typer.Option(help="Only these document types, equally often, separated by commas; packet too.")
    ] = None,
    quality: Annotated[
        str | None, typer.Option(help="Only born_digital, scan or photo (default: a mix; scans take longer).")
    ] = None,
    languages: Annotated[str | None, typer.Option(help="Only these languages, separated by commas.")] = None,
    typefaces: Annotated[
        bool,
        typer.Option(
            "--typefaces/--standard-typefaces",
            help="Set most in fonts of their own, which the files carry, or all in the standard ones of PDF.",
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Make labelled documents that look like the world's: for trying things, for tests, and to load a pipeline.

    Invoices, receipts, statements and more in seven languages, as PDF, scan or photo, with what is printed on each in
    the format that `fieldtrail eval` reads. Made-up documents say nothing of the accuracy on yours.

    Example: fieldtrail synth corpus -n 50 --types invoice,receipt --quality born_digital
    Then: fieldtrail eval corpus/truth.jsonl
    """
    from rich.console import Console
    from rich.progress import Progress

    from processors.synthesis import write_corpus

    mix = None if types is None else dict.fromkeys(_names(types), 1.0)
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("making documents", total=count)
            rows = write_corpus(
                folder,
                count,
                seed,
                mix,
                quality,
                None if languages is None else _names(languages),
                written=lambda: progress.advance(task),
                typefaces=typefaces,
            )
    except ValueError as error:
        raise CliError(str(error)) from None
    except OSError as error:
        raise CliError(f"{folder} cannot be written: {error}") from None
    truth = folder / "truth.jsonl"
    if as_json:
        typer.echo(json.dumps({"documents": count, "rows": rows, "truth": str(truth)}))
    else:
        typer.echo(f"{count} documents in {folder / 'documents'}, {rows} rows in {truth}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
