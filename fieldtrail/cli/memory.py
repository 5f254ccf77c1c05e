"""``fieldtrail memory``: which vendor layouts are remembered, what is known of one, and to forget them."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import OPERATIONS, CliError, Json, settings_of

if TYPE_CHECKING:
    from connectors.vendor_memory import DocumentLesson, VendorMemory
    from processors.memory import Layout, Lesson

Tenant = Annotated[str | None, typer.Option(help="Only this tenant's.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    memory = typer.Typer(help="Vendor memory: list, show, forget.", no_args_is_help=True)
    memory.command("list")(memory_list)
    memory.command("show")(memory_show)
    memory.command("forget")(memory_forget)
    app.add_typer(memory, name="memory", rich_help_panel=OPERATIONS)


def memory_list(
    ctx: typer.Context,
    tenant: Tenant = None,
    vendor: Annotated[str | None, typer.Option(help="Only vendors whose name has this in it.")] = None,
    as_json: Json = False,
) -> None:
    """List the layouts that are remembered: whose, of which vendor, from how many documents.

    A layout is one way in which one vendor prints one type of document. Each lesson makes a new revision of it; a
    value that was read by it names both, as vendor_memory 3f2a91c07b5e@4.

    Example: fieldtrail memory list --vendor "acme"
    """
    from fieldtrail.cli.render import table
    from fieldtrail.rendering import printable, to_json

    memory = _open(ctx)
    found = memory.entries(tenant, vendor)
    if as_json:
        typer.echo(json.dumps([to_json(entry) for entry in found], indent=2, ensure_ascii=False))
        return
    if not found:
        typer.echo("nothing is remembered")
        return
    rows = [
        (
            entry.layout_id,
            printable(entry.tenant),
            printable(entry.vendor),
            entry.document_type,
            str(entry.documents),
            str(entry.revision),
            entry.taught_at[:19],
        )
        for entry in found
    ]
    typer.echo(table([("layout", "tenant", "vendor", "type", "documents", "revision", "taught (UTC)"), *rows]))


def memory_show(
    ctx: typer.Context,
    layout: Annotated[str, typer.Argument(help="A layout's id, as 'memory list' prints it.")],
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Show one layout: what is known of each field, on whose word, and which documents taught it.

    'rests on' says how far a field is trusted. taught: a person confirmed it. confirmed: figures or an e-invoice bore
    it out three times. hearsay: only other readers said so; it changes no value. discredited: it was wrong as often as
    right; it says nothing until it is borne out again.

    Example: fieldtrail memory show 3f2a91c07b5e
    """
    from fieldtrail.cli.render import table
    from fieldtrail.rendering import printable

    memory = _open(ctx)
    owner, found = _find(memory, layout, tenant)
    lessons = memory.lessons(owner, layout)
    if as_json:
        content = _layout_json(owner, found, lessons)
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    typer.echo(
        f"{found.version}: {found.document_type} of {printable(found.vendor) or '(no name)'}, "
        f"tenant {printable(owner)}; {found.documents} documents, {len(found.words)} words in common"
    )
    heading = ("field", "rests on", "label", "text", "persons", "figures", "readers", "wrong")
    typer.echo("\n" + table([heading, *(_lesson_row(item) for item in found.lessons.values())]))
    rows = [(str(item.revision), printable(item.document_id), item.taught_at[:19], _sources(item)) for item in lessons]
    typer.echo("\n" + table([("revision", "document", "taught (UTC)", "on whose word"), *rows]))


def memory_forget(
    ctx: typer.Context,
    layout: Annotated[str | None, typer.Argument(help="A layout's id; or give --vendor or --tenant.")] = None,
    tenant: Tenant = None,
    vendor: Annotated[
        str | None, typer.Option(help="All layouts of the vendor with this name; case and accents do not count.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget layouts for good: one, all of a vendor, or all of a tenant. The next documents teach anew.

    Results that were read by them keep their trail.

    Example: fieldtrail memory forget --tenant acme --vendor "Musterbau GmbH"
    """
    if layout is None and tenant is None and vendor is None:
        raise typer.BadParameter("say what to forget: a layout's id, --vendor or --tenant")
    memory = _open(ctx)
    if not yes:
        meant = " ".join(filter(None, (layout, vendor and f"of {vendor}", tenant and f"of tenant {tenant}")))
        typer.confirm(f"Forget the layouts {meant}?" if layout is None else f"Forget {meant}?", abort=True)
    count = memory.forget(tenant, vendor, layout)
    if as_json:
        typer.echo(json.dumps({"forgotten": count}))
    elif count == 0:
        raise CliError("nothing such is remembered; `fieldtrail memory list` shows what is")
    else:
        typer.echo(f"{count} layout{'' if count == 1 else 's'} forgotten")


def _open(ctx: typer.Context) -> "VendorMemory":
    from connectors.errors import UnavailableError
    from connectors.vendor_memory import VendorMemory

    settings = settings_of(ctx)
    memory = VendorMemory(settings.store.database_url)
    try:
        memory.entries(tenant="")  # makes the tables, and tells whether there is a database
    except UnavailableError as error:
        raise CliError(f"the operational database does not answer ({error.reason}); set DATABASE_URL") from None
    return memory


def _find(memory: "VendorMemory", layout_id: str, tenant: str | None) -> "tuple[str, Layout]":
    owners = [entry.tenant for entry in memory.entries(tenant) if entry.layout_id == layout_id]
    found = memory.layout(owners[0], layout_id) if owners else None
    if found is None:
        raise CliError(f"no layout {layout_id!r} is remembered; `fieldtrail memory list` shows what is")
    return owners[0], found


def _lesson_row(lesson: "Lesson") -> tuple[str, ...]:
    from fieldtrail.rendering import printable
    from processors.memory import trust

    label = lesson.place.label
    return (
        lesson.name,
        trust(lesson).value,
        "-" if label is None else printable(" ".join(label.keys)),
        printable(" / ".join(lesson.text)) or "(varies)",
        str(lesson.persons),
        str(lesson.rules),
        ", ".join(lesson.readers) or "-",
        str(lesson.wrong),
    )


def _sources(lesson: "DocumentLesson") -> str:
    by_source: dict[str, list[str]] = {}
    for name, source in lesson.fields.items():
        by_source.setdefault(source.value, []).append(name)
    return "; ".join(f"{source}: {', '.join(names)}" for source, names in by_source.items())


def _layout_json(tenant: str, layout: "Layout", lessons: "list[DocumentLesson]") -> dict[str, Any]:
    from fieldtrail.rendering import to_json
    from processors.memory import chance, layout_to_json, trust

    content = layout_to_json(layout)
    for lesson in content["lessons"]:
        known = layout.lessons[lesson["name"]]
        lesson |= {"rests_on": trust(known).value, "chance": chance(known)}
    return {"tenant": tenant, **content, "documents_that_taught": [to_json(item) for item in lessons]}
