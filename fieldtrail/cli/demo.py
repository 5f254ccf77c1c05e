"""``fieldtrail demo``: what ``make demo`` runs."""

from pathlib import Path
from typing import Annotated

import typer

from fieldtrail.cli.app import LOCAL_STACK, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=LOCAL_STACK)(demo)


def demo(
    ctx: typer.Context,
    data_dir: Annotated[Path, typer.Option(help="Where the demo works; its earlier content is removed.")] = Path(
        ".local/demo"
    ),
) -> None:
    """Send sample documents through the whole pipeline over a broker of its own, and show what was read.

    Exit code 0 only where every document reached its expected end. Stops everything it started.

    Example: fieldtrail demo
    """
    from rich.console import Console

    from fieldtrail.demo import run_demo

    settings = settings_of(ctx)
    raise typer.Exit(run_demo(data_dir, settings.stack.kafka_libs, Console(highlight=False)))
