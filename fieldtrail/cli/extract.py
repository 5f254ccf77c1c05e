"""``fieldtrail extract``: read files right here, without Kafka."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json, settings_of
from fieldtrail.cli.render import pages_named
from processors.classification.types import DocumentType, SplitMode

if TYPE_CHECKING:
    from fieldtrail.local import LocalDocument, Runner
    from fieldtrail.settings import Settings
    from processors.errors import Refusal
    from processors.sandbox import Sandbox

ANNOTATE_TIMEOUT_S = 120.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=DOCUMENTS)(extract)


def extract(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Documents to read.", exists=True, dir_okay=False)],
    annotate: Annotated[
        Path | None, typer.Option(help="Write a PDF with every value's box, name and confidence drawn on the page.")
    ] = None,
    document_type: Annotated[DocumentType | None, typer.Option(help="The documents' type, if you know it.")] = None,
    split: Annotated[
        SplitMode | None, typer.Option(help="Whether a file of several documents is split (default: classify.split).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read files with the pipeline's own processors, in this process, without Kafka.

    A file that holds several documents is split, and each of them is read by itself.

    Exit code 1 where a file was refused; the others are read all the same.

    Example: fieldtrail extract invoice.pdf --annotate marked.pdf
    """
    from fieldtrail.local import Runner
    from fieldtrail.wiring import OCR_MEMORY_MB, OCR_PRELOAD
    from processors.errors import Refusal
    from processors.sandbox import Sandbox

    if annotate is not None and len(files) != 1:
        raise typer.BadParameter("--annotate takes one file at a time")
    if annotate is not None and annotate.resolve() == files[0].resolve():
        raise typer.BadParameter("--annotate would overwrite the document itself; name another file")
    if annotate is not None and not annotate.resolve().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {annotate.resolve().parent}", param_hint="--annotate")
    settings = settings_of(ctx)
    mode = split or SplitMode(settings.classify.split)
    answers: list[tuple[Path, LocalDocument | Refusal]] = []
    with Sandbox(1, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD) as sandbox:
        for path in files:
            found = _read(path, settings, Runner(sandbox), document_type, mode, quiet=as_json)
            for answer in (found,) if isinstance(found, Refusal) else found:
                answers.append((path, answer))
                if not as_json:
                    _print(path, answer)
            if annotate is not None and not isinstance(found, Refusal):
                _annotate(found, annotate, sandbox)
    if as_json:
        typer.echo(json.dumps([_json(path, answer) for path, answer in answers], indent=2, ensure_ascii=False))
    if any(isinstance(answer, Refusal) for _, answer in answers):
        raise typer.Exit(1)


def _read(
    path: Path,
    settings: "Settings",
    runner: "Runner",
    document_type: DocumentType | None,
    split: SplitMode,
    *,
    quiet: bool,
) -> "tuple[LocalDocument, ...] | Refusal":
    from rich.console import Console
    from rich.markup import escape

    from fieldtrail.local import read_packet
    from fieldtrail.wiring import make_calibration, make_limits, make_schemas, make_thresholds, make_types, ocr_device

    console = Console(stderr=True, quiet=quiet)
    with console.status(escape(path.name)) as status:
        return read_packet(
            path,
            split=split,
            limits=make_limits(settings),
            schemas=make_schemas(settings),
            thresholds=make_thresholds(settings),
            calibration=make_calibration(settings),
            ocr=settings.worker.ocr_model,
            device=ocr_device(settings),
            document_type=document_type,
            types=make_types(settings),
            run=runner,
            progress=lambda what: status.update(escape(f"{path.name}: {what}")),
        )


def _print(path: Path, answer: "LocalDocument | Refusal") -> None:
    from rich.markup import escape

    from fieldtrail.rendering import console, fields_table, help_for, printable
    from processors.errors import Refusal

    out = console()
    name = escape(printable(path.name))
    if isinstance(answer, Refusal):
        out.print(f"\n[bold]{name}[/bold]  [red]{answer.code}[/red]\n  {escape(printable(answer.message))}")
        out.print(f"  [dim]{help_for(answer.code)}[/dim]")
        return
    found = answer.classification
    pages = "" if answer.part is None else f" {pages_named(*answer.part)}"
    out.print(
        f"\n[bold]{name}[/bold]{pages}  {found.document_type} ({found.confidence:.2f})  "
        f"[bold]{answer.route.decision.replace('_', ' ')}[/bold]"
    )
    if answer.extraction.fields or answer.extraction.line_items:
        out.print(fields_table(answer.extraction.fields, answer.extraction.line_items))
    for reason in answer.route.reasons:
        out.print(f"  · {escape(printable(reason))}")


def _json(path: Path, answer: "LocalDocument | Refusal") -> dict[str, Any]:
    from fieldtrail.rendering import to_json
    from processors.errors import Refusal

    if isinstance(answer, Refusal):
        return {"file": str(path), "error": {"code": answer.code, "message": answer.message}}
    pages = [
        {
            "number": page.number,
            "width": page.width,
            "height": page.height,
            "source": page.source,
            "engine": page.engine,
        }
        for page in answer.pages
    ]
    return {
        "file": str(path),
        "part": None if answer.part is None else {"first": answer.part[0], "last": answer.part[1]},
        "classification": to_json(answer.classification),
        "pages": pages,
        "decision": answer.route.decision,
        "reasons": list(answer.route.reasons),
        "review_required_fields": list(answer.route.review_required_fields),
        "fields": to_json(answer.extraction.fields),
        "line_items": to_json(answer.extraction.line_items),
        "notes": list(answer.extraction.notes),
    }


def _annotate(documents: "tuple[LocalDocument, ...]", out: Path, sandbox: "Sandbox") -> None:
    from processors.annotate import annotate
    from processors.fields import Extraction
    from processors.sandbox import Failure

    found = [document.extraction for document in documents]
    everything = Extraction(
        tuple(field for extraction in found for field in extraction.fields),
        tuple(line for extraction in found for line in extraction.line_items),
    )
    arguments = (documents[0].path, documents[0].intake.media_type, everything, out.resolve())
    answer = sandbox.run_blocking(annotate, *arguments, timeout=ANNOTATE_TIMEOUT_S)
    if isinstance(answer, Failure):
        raise CliError(f"cannot write {out}: {answer.message}")
