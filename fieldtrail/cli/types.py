"""``fieldtrail types``: teach document types by example, without code."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json, settings_of
from fieldtrail.cli.render import counted, pages_named, table

if TYPE_CHECKING:
    from fieldtrail.settings import Settings
    from processors.classification.prototypes import Prototype
    from processors.document import Page


def register(app: typer.Typer) -> None:
    """Add the commands."""
    types = typer.Typer(help="Teach document types by example, and see how files are classified.", no_args_is_help=True)
    types.command("add")(types_add)
    types.command("list")(types_list)
    types.command("show")(types_show)
    types.command("remove")(types_remove)
    types.command("test")(types_test)
    app.add_typer(types, name="types", rich_help_panel=DOCUMENTS)


def types_add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A document type, known or new (delivery_note).")],
    files: Annotated[list[Path], typer.Argument(help="Documents of that type.", exists=True, dir_okay=False)],
    page: Annotated[int, typer.Option(min=1, help="Which page shows the type.")] = 1,
    as_json: Json = False,
) -> None:
    """Keep pages as examples of a type: pages like them are of that type from then on.

    An example is a small file of numbers in `types.folder`; nothing of the document's text can be read from it. Two or
    three documents of each layout are enough. Workers read the folder when they start. Fields are extracted where a
    schema in `schemas.folder` names the type in its document_types.

    Example: fieldtrail types add delivery_note note-1.pdf note-2.pdf
    """
    from processors.classification.features import page_features
    from processors.classification.prototypes import encode_prototype, make_prototype, name_problem

    settings = settings_of(ctx)
    if (problem := name_problem(name)) is not None:
        raise CliError(problem)
    folder = settings.types.folder
    known = {item.name: item for item in _prototypes(settings)}
    added = []
    for path in files:
        read = _page(path, page, settings)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        prototype = make_prototype(page_features(read), name, path.name, sha256, page)
        others = [p for p in known.values() if (p.sha256, p.page) == (sha256, page) and p.document_type != name]
        if others:
            raise CliError(
                f"{path} is an example of {others[0].document_type} already; "
                f"`fieldtrail types remove {others[0].document_type} --file {others[0].file}` takes it away"
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / prototype.name).write_text(encode_prototype(prototype), encoding="utf-8")
        known[prototype.name] = prototype
        added.append(prototype)
    _say(
        [_row(item) for item in added],
        f"{counted(len(added), 'example')} of {name} in {folder}. Restart the workers to use them.",
        as_json=as_json,
    )
    if not as_json and _schemas_of(settings, name) is None:
        typer.echo(f"No schema names {name} in its document_types: such documents are classified, and then reviewed.")


def types_list(ctx: typer.Context, as_json: Json = False) -> None:
    """List the document types that have examples of yours, with the schemas that read them.

    Example: fieldtrail types list
    """
    from processors.classification.types import DocumentType

    settings = settings_of(ctx)
    counts = Counter(item.document_type for item in _prototypes(settings))
    rows: list[dict[str, Any]] = [
        {
            "document_type": name,
            "examples": count,
            "packaged": name in set(DocumentType),
            "schema": _schemas_of(settings, name),
        }
        for name, count in sorted(counts.items())
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif not rows:
        typer.echo(f"No examples in {settings.types.folder}. Start with: fieldtrail types add TYPE FILE")
    else:
        lines = [(r["document_type"], str(r["examples"]), r["schema"] or "-") for r in rows]
        typer.echo(table([("document type", "examples", "schema"), *lines]))


def types_show(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="TYPE")], as_json: Json = False) -> None:
    """Show the examples of a type.

    Example: fieldtrail types show delivery_note
    """
    found = _of_type(_prototypes(settings_of(ctx)), name)
    _say([_row(item) for item in found], f"{counted(len(found), 'example')} of {name}.", as_json=as_json)


def types_remove(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TYPE")],
    file: Annotated[str | None, typer.Option(help="Only the examples from the file of this name.")] = None,
    as_json: Json = False,
) -> None:
    """Forget the examples of a type, or those from one file.

    Example: fieldtrail types remove delivery_note --file note-1.pdf
    """
    settings = settings_of(ctx)
    found = [item for item in _of_type(_prototypes(settings), name) if file is None or item.file == file]
    if not found:
        raise CliError(f"no example of {name} is from {file}; `fieldtrail types show {name}` lists them")
    for item in found:
        (settings.types.folder / item.name).unlink()
    _say([_row(item) for item in found], f"{counted(len(found), 'example')} of {name} removed.", as_json=as_json)


def types_test(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Any document.", exists=True, dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Say what type each page of a file would be, why, and how the file would be split.

    Example: fieldtrail types test mail.pdf
    """
    from fieldtrail.rendering import printable
    from processors.classification.packet import split_pages
    from processors.classification.text import classify_text
    from processors.classification.types import SplitMode

    settings = settings_of(ctx)
    prototypes = _prototypes(settings)
    pages = _pages(file, settings)
    found = [(page.number, classify_text(page, prototypes)) for page in pages]
    parts = split_pages(pages, pages[-1].number, SplitMode(settings.classify.split), prototypes)
    if as_json:
        answer = {
            "file": str(file),
            "pages": [
                {"page": number, "document_type": c.document_type, "confidence": c.confidence, "reason": c.reason}
                for number, c in found
            ],
            "documents": [
                {"pages": [part.first, part.last], "document_type": part.classification.document_type} for part in parts
            ],
        }
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    rows = [(str(number), c.document_type, f"{c.confidence:.2f}", printable(c.reason)) for number, c in found]
    typer.echo(table([("page", "type", "sure", "because"), *rows]))
    kinds = "; ".join(f"{pages_named(p.first, p.last)} {p.classification.document_type}" for p in parts)
    typer.echo(f"\n{counted(len(parts), 'document')}: {kinds}")


def _prototypes(settings: "Settings") -> "tuple[Prototype, ...]":
    from fieldtrail.wiring import make_types

    return make_types(settings)


def _of_type(prototypes: "tuple[Prototype, ...]", name: str) -> "list[Prototype]":
    found = [item for item in prototypes if item.document_type == name]
    if not found:
        known = ", ".join(sorted({item.document_type for item in prototypes})) or "none"
        raise CliError(f"there is no example of {name!r}; types with examples: {known}")
    return found


def _schemas_of(settings: "Settings", name: str) -> str | None:
    from fieldtrail.wiring import make_schemas

    schema = make_schemas(settings).for_type(name)
    return None if schema is None else schema.id


def _page(path: Path, number: int, settings: "Settings") -> "Page":
    found = next((page for page in _pages(path, settings) if page.number == number), None)
    if found is None or not found.words:
        raise CliError(f"{path}: page {number} has no words, or there is no such page; --page names another")
    return found


def _pages(path: Path, settings: "Settings") -> "tuple[Page, ...]":
    """The file's recognised pages, read in a child process as files that nobody vouches for."""
    from fieldtrail.local import Runner, read_file
    from fieldtrail.wiring import OCR_MEMORY_MB, OCR_PRELOAD, make_limits, ocr_device
    from processors.classification.types import DocumentType
    from processors.errors import Refusal
    from processors.sandbox import Sandbox

    with Sandbox(1, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD) as sandbox:
        answer = read_file(
            path,
            limits=make_limits(settings),
            ocr=settings.worker.ocr_model,
            device=ocr_device(settings),
            document_type=DocumentType.OTHER,  # its words are wanted, not its fields
            run=Runner(sandbox),
        )
    if isinstance(answer, Refusal):
        raise CliError(f"{path}: {answer.message}")
    return answer.pages


def _row(prototype: "Prototype") -> dict[str, Any]:
    return {
        "document_type": prototype.document_type,
        "file": prototype.file,
        "page": prototype.page,
        "sha256": prototype.sha256,
    }


def _say(rows: list[dict[str, Any]], sentence: str, *, as_json: bool) -> None:
    from fieldtrail.rendering import printable

    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    lines = [(r["document_type"], printable(r["file"]), str(r["page"]), r["sha256"][:16]) for r in rows]
    typer.echo(table([("document type", "file", "page", "sha256"), *lines]))
    typer.echo(sentence)
