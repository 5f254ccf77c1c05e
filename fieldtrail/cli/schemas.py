"""``fieldtrail schemas``: which extraction schemas there are, what is in one, and whether a file is sound."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import DOCUMENTS, CliError, Json, settings_of

if TYPE_CHECKING:
    from processors.schemas import FieldSpec, Schemas


def register(app: typer.Typer) -> None:
    """Add the commands."""
    schemas = typer.Typer(help="List, show or check extraction schemas.", no_args_is_help=True)
    schemas.command("list")(schemas_list)
    schemas.command("show")(schemas_show)
    schemas.command("check")(schemas_check)
    app.add_typer(schemas, name="schemas", rich_help_panel=DOCUMENTS)


def schemas_list(ctx: typer.Context, as_json: Json = False) -> None:
    """List the schemas, packaged ones and those of `schemas.folder`, with the document types that they are for.

    Example: fieldtrail schemas list
    """
    from fieldtrail.cli.render import table

    found = _schemas(ctx)
    if as_json:
        rows = [
            {"id": s.id, "version": s.version, "document_types": s.document_types, "sources": s.sources}
            for s in found.values()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    lines = [
        (
            s.id,
            s.version,
            ", ".join(s.document_types) or "-",
            str(len(s.fields)),
            str(len(s.columns)),
            ", ".join(s.sources),
        )
        for s in found.values()
    ]
    typer.echo(table([("schema", "version", "document types", "fields", "columns", "from"), *lines]))


def schemas_show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A schema's id (invoice_v1), or its name for the newest version.")],
    json_schema: Annotated[
        bool, typer.Option("--json-schema", help="Print it as JSON Schema (draft 2020-12) of its values.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one schema: its fields and columns with type, demands and labels.

    Example: fieldtrail schemas show invoice_v1 --json-schema
    """
    from fieldtrail.cli.render import table
    from fieldtrail.rendering import to_json
    from processors.schemas.problems import did_you_mean

    found = _schemas(ctx)
    schema = found.named(name)
    if schema is None:
        names = [*found, *(item.name for item in found.values())]
        hint = did_you_mean(name, names) or f"; there are {', '.join(found)}"
        raise CliError(f"there is no schema {name!r}{hint}")
    if json_schema or as_json:
        document: Any = schema.json_schema() if json_schema else to_json(schema)
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{schema.id} {schema.version}: {schema.description}\nfrom {', '.join(schema.sources)}")
    heading = ("", "type", "required", "demands", "what it is")
    for title, specs in (("FIELD", schema.fields), ("COLUMN", schema.columns)):
        if specs:
            typer.echo("\n" + table([(title, *heading[1:]), *map(_row, specs)]))


def schemas_check(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Schema files, overlays, or folders of them.", exists=True)],
) -> None:
    """Check schema files before a worker sees them. Every mistake is a line of its own; exit code 1 where there is one.

    Files are checked together with the packaged schemas and, for overlays, with the other files given.

    Example: fieldtrail schemas check schemas/acme.toml
    """
    from processors.schemas import SchemaError
    from processors.schemas.loader import PACKAGED, combine, read_schema_file

    settings_of(ctx)
    paths = [path for given in files for path in (sorted(given.glob("*.toml")) if given.is_dir() else [given])]
    problems: list[str] = []
    parsed = [read_schema_file(path) for path in sorted(PACKAGED.glob("*.toml"))]
    for path in paths:
        try:
            parsed.append(read_schema_file(path))
        except SchemaError as error:
            problems += error.problems
    try:
        found = combine(parsed)
    except SchemaError as error:
        problems += error.problems
    if problems:
        for problem in problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1)
    for schema in found.values():
        if any(str(path) in schema.sources for path in paths):
            typer.echo(f"{schema.id} {schema.version}: {len(schema.fields)} fields, {len(schema.columns)} columns")


def _schemas(ctx: typer.Context) -> "Schemas":
    from fieldtrail.wiring import make_schemas

    return make_schemas(settings_of(ctx))


def _row(spec: "FieldSpec") -> tuple[str, ...]:
    demands = spec.constraints.sentence()
    return spec.name, spec.type, "required" if spec.required else "", demands, spec.description
