"""``fieldtrail audit``: questions to the audit store, their export, and the proof that nothing in it was altered."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.audit.export import ExportFormat
from fieldtrail.cli.app import OPERATIONS, CliError, Json, settings_of
from fieldtrail.cli.audit_migrate import migrate
from fieldtrail.cli.audit_questions import QUESTIONS
from fieldtrail.cli.audit_verify import check_proof, proof, verify
from fieldtrail.cli.operations import counted

if TYPE_CHECKING:
    from fieldtrail.audit.asking import Asking

Out = Annotated[Path, typer.Option(help="Folder for the files and the manifest; made where there is none.")]
Format = Annotated[ExportFormat, typer.Option("--format", help="parquet or csv.")]

_NOTHING = {"from": "nothing came from there", "passed": "no value passed below that", "duplicates": "no duplicates"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    audit = typer.Typer(
        help="Where does this number come from? Questions to the audit store, exports, proofs.",
        epilog="Begin with: fieldtrail audit story DOCUMENT FIELD",
        no_args_is_help=True,
    )
    export = typer.Typer(
        help="Write the answer to a question as files, with a manifest of hashes.", no_args_is_help=True
    )
    for name, question in QUESTIONS.items():
        audit.command(name)(_command(question, _print, {"as_json": (Json, False)}))
        files = {
            "out": (Out, inspect.Parameter.empty),
            "file_format": (Format, ExportFormat.PARQUET),
            "as_json": (Json, False),
        }
        export.command(
            name, help=f"Export: {inspect.getdoc(question)}".replace("fieldtrail audit", "fieldtrail audit export")
        )(_command(question, _export, files))
    audit.add_typer(export, name="export")
    audit.command("check-export")(check_export)
    audit.command("migrate")(migrate)
    audit.command("verify")(verify)
    audit.command("proof")(proof)
    audit.command("check-proof")(check_proof)
    app.add_typer(audit, name="audit", rich_help_panel=OPERATIONS)


def _command(
    question: "Callable[..., Asking]", act: Callable[..., None], more: dict[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """A command with the options of ``question`` and ``more``; ``act`` gets the answer and the latter.

    Typer reads options off a function's signature, so this makes one: a question's options are written once and serve
    its own command and its export.
    """

    def command(ctx: typer.Context, **given: Any) -> None:
        from fieldtrail.audit.asking import audit_store

        own = {name: given.pop(name) for name in options}
        with audit_store(settings_of(ctx)) as client:
            act(client, question(client, **own), **given)

    options = dict(list(inspect.signature(question).parameters.items())[1:])  # less the client
    keyword = inspect.Parameter.KEYWORD_ONLY
    added = {
        name: inspect.Parameter(name, keyword, annotation=kind, default=default)
        for name, (kind, default) in more.items()
    }
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    shown = [context, *(option.replace(kind=keyword) for option in options.values()), *added.values()]
    command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    command.__doc__ = question.__doc__
    return command


def _print(client: Any, asking: "Asking", as_json: bool) -> None:
    from fieldtrail.cli.audit_render import print_answers, print_story
    from fieldtrail.rendering import console, to_json

    answers = asking.answers(client)
    if as_json:
        rows = {name: to_json(rows) for name, rows in answers.items()}
        plain = rows if len(asking.parts) > 1 else next(iter(rows.values()))
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    elif asking.question == "story":
        print_story(console(), asking.asked["document"], asking.asked["field"], answers)
    else:
        print_answers(console(), answers, _NOTHING.get(asking.question, "nothing in that time"))


def _export(client: Any, asking: "Asking", out: Path, file_format: ExportFormat, as_json: bool) -> None:
    from fieldtrail.audit.asking import utc_now
    from fieldtrail.audit.export import export
    from fieldtrail.rendering import to_json
    from fieldtrail.wiring import software_version

    manifest = export(client, asking, out, file_format, software=f"fieldtrail {software_version()}", now=utc_now())
    if as_json:
        typer.echo(json.dumps(to_json(manifest), indent=2, ensure_ascii=False))
        return
    for file in manifest.files:
        typer.echo(f"{out / file.name}  {counted(file.rows, 'row')}  sha256 {file.sha256}")
    typer.echo(f"check with: fieldtrail audit check-export {out}")


def check_export(
    folder: Annotated[Path, typer.Argument(help="The folder that was written by --out.", exists=True, file_okay=False)],
    as_json: Json = False,
) -> None:
    """Check that the files of an export are as they were written. Needs neither the store nor Kafka.

    Example: fieldtrail audit check-export october
    """
    from fieldtrail.audit.manifest import check, read
    from fieldtrail.rendering import to_json

    checks = check(folder)
    broken = [item for item in checks if item.fault is not None]
    if as_json:
        manifest = read(folder)
        told = {"intact": not broken, "files": to_json(checks), "question": manifest.question}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for item in checks:
            typer.echo(f"{item.name}  {item.fault or 'as it was exported'}")
    if broken:
        raise CliError(f"{len(broken)} of {len(checks)} files are not as they were exported")
