"""``fieldtrail doctor``: what is missing on this machine, and where each setting comes from."""

import json

import typer

from fieldtrail.cli.app import OPERATIONS, DataDir, Json, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=OPERATIONS)(doctor)


def doctor(ctx: typer.Context, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Check this machine and show every setting: its value (secrets hidden) and where it comes from.

    Exit code 1 where something fails that fieldtrail cannot do without.

    Example: fieldtrail doctor
    """
    from fieldtrail.cli.render import table
    from fieldtrail.doctor import Level, examine, setting_rows

    settings = settings_of(ctx, data_dir=data_dir)
    findings = examine(settings)
    rows = setting_rows(settings)
    if as_json:
        document = {
            "checks": [
                {"name": f.name, "level": f.level.value, "found": f.found, "remedy": f.remedy} for f in findings
            ],
            "settings": [{"name": r.name, "value": r.value, "origin": r.origin, "env": r.env} for r in rows],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{finding.level.value:<5} {finding.name:<16} {finding.found}")
            if finding.remedy:
                typer.echo(f"{'':<22} → {finding.remedy}")
        typer.echo()
        heading = ("SETTING", "VALUE", "FROM", "VARIABLE")
        typer.echo(table([heading, *((r.name, r.value, r.origin, r.env or "-") for r in rows)]))
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)
