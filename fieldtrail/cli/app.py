"""The typer application: which modules bring commands, and the options that all of them share."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from fieldtrail.errors import FieldtrailError
from fieldtrail.settings import Settings, resolve

COMMAND_MODULES = (
    "fieldtrail.cli.demo",
    "fieldtrail.cli.stack",
    "fieldtrail.cli.doctor",
    "fieldtrail.cli.extract",
    "fieldtrail.cli.evaluate",
    "fieldtrail.cli.calibrate",
    "fieldtrail.cli.synth",
    "fieldtrail.cli.documents",
    "fieldtrail.cli.schemas",
    "fieldtrail.cli.types",
    "fieldtrail.cli.operations",
    "fieldtrail.cli.dead_letters",
    "fieldtrail.cli.audit",
    "fieldtrail.cli.erase",
    "fieldtrail.cli.memory",
    "fieldtrail.cli.ocr_server",
)
"""Each has ``register(app)``, which adds its commands. They import what is heavy inside them: ``--help`` stays fast."""

LOCAL_STACK, DOCUMENTS, OPERATIONS = "Local stack", "Documents", "Operations"
"""The groups that ``fieldtrail --help`` shows, as ``rich_help_panel`` of a command."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

DataDir = Annotated[
    Path | None, typer.Option(help="Folder of the stack's data and logs (FIELDTRAIL_DATA_DIR; default ./var).")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


class CliError(FieldtrailError):
    """A command cannot do what was asked. The message is one line: what is wrong, and what to do."""


def build_app() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="fieldtrail",
        help="Documents in, validated fields with their trail out, over Kafka.",
        epilog="Exit codes: 0 it worked, 1 it failed, 2 it was called wrongly. Start with: fieldtrail up",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_shared_options)
    for module in COMMAND_MODULES:
        importlib.import_module(module).register(app)
    return app


def settings_of(ctx: typer.Context, **flags: object) -> Settings:
    """Resolve the settings of this call. ``flags`` are setting names with ``.`` written ``__`` (``kafka__…``)."""
    return resolve({"config": ctx.obj, **{name.replace("__", "."): value for name, value in flags.items()}})


def _shared_options(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file of settings (FIELDTRAIL_CONFIG; else ./fieldtrail.toml if there is one)."),
    ] = None,
) -> None:
    ctx.obj = config
