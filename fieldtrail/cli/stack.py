"""``fieldtrail up``, ``down`` and ``status``: the local stack."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import LOCAL_STACK, DataDir, Json, settings_of

if TYPE_CHECKING:
    from fieldtrail.settings import Settings
    from fieldtrail.stack import StackStatus


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=LOCAL_STACK)(up)
    app.command(rich_help_panel=LOCAL_STACK)(down)
    app.command(rich_help_panel=LOCAL_STACK)(status)


def up(
    ctx: typer.Context,
    data_dir: DataDir = None,
    worker: Annotated[
        list[str] | None, typer.Option(help="Stages of a worker to start; once per worker. Unset: one, all stages.")
    ] = None,
    no_workers: Annotated[bool, typer.Option("--no-workers", help="Only the broker.")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay until Ctrl-C, then stop everything.")] = False,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Start the local stack: an Apache Kafka broker and a worker, supervised, their data kept.

    Does nothing where it already runs. A process that dies is started again.

    Example: fieldtrail up --data-dir ./var
    """
    if no_workers and worker:
        raise typer.BadParameter("--worker and --no-workers contradict each other")
    settings = settings_of(ctx, data_dir=data_dir)
    stages = [] if no_workers else worker or ["all"]
    if settings.schemas.folder is not None:
        from fieldtrail.wiring import make_schemas

        make_schemas(settings)  # a mistake in them is better told here than in a worker's log
    if ready_fd is not None:
        _supervise(settings, stages, ready_fd)
        return
    from fieldtrail.stack import read_status
    from fieldtrail.stack.supervisor import build_stack, run_foreground, start_detached

    def tell(line: str) -> None:
        typer.echo(line, err=as_json)

    if read_status(settings.data_dir).running:
        tell("already running")
    elif foreground:
        run_foreground(build_stack(settings, stages, tell), lambda: _report(settings, as_json))
        return
    else:
        start_detached(settings, stages, tell)
    _report(settings, as_json)


def down(ctx: typer.Context, data_dir: DataDir = None) -> None:
    """Stop the local stack: workers first (they finish what they have begun), then the broker. Data stays.

    Example: fieldtrail down
    """
    from fieldtrail.stack.supervisor import stop_detached

    settings = settings_of(ctx, data_dir=data_dir)
    ran = stop_detached(settings)
    typer.echo(f"stopped; the data stays in {settings.data_dir}" if ran else f"nothing runs in {settings.data_dir}")


def status(ctx: typer.Context, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show each process of the local stack. Exit code 0 only where all of them are up.

    Example: fieldtrail status --json
    """
    if not _report(settings_of(ctx, data_dir=data_dir), as_json):
        raise typer.Exit(1)


def _supervise(settings: "Settings", stages: list[str], ready_fd: int) -> None:
    """Be the detached supervisor: tell whoever started us how it goes, then run until told to stop."""
    from fieldtrail.stack import StackError
    from fieldtrail.stack.supervisor import announcing, build_stack, run_foreground

    with announcing(ready_fd) as send:
        stack = build_stack(settings, stages, lambda line: send({"line": line}))
        try:
            run_foreground(stack, lambda: send({"ready": True}))
        except StackError as error:
            send({"error": str(error)})
            raise


def _report(settings: "Settings", as_json: bool) -> bool:
    """Print the stack as it is; whether all of it is up."""
    from fieldtrail.stack import read_status

    now = read_status(settings.data_dir)
    typer.echo(json.dumps(_as_json(settings, now), indent=2) if as_json else _as_text(settings, now))
    return now.all_up


def _as_json(settings: "Settings", now: "StackStatus") -> dict[str, Any]:
    from fieldtrail.stack.layout import Layout
    from fieldtrail.stack.state import memory_bytes, process_json

    processes = [
        process_json(process)
        | {
            "uptime_s": round(time.time() - process.since, 1) if process.pid and process.since else None,
            "rss_bytes": memory_bytes(process.pid) if process.pid else None,
        }
        for process in now.processes
    ]
    return {
        "running": now.running,
        "all_up": now.all_up,
        "supervisor_pid": now.supervisor_pid,
        "bootstrap_servers": now.bootstrap_servers,
        "data_dir": str(settings.data_dir),
        "logs_dir": str(Layout(settings.data_dir).logs),
        "processes": processes,
    }


def _as_text(settings: "Settings", now: "StackStatus") -> str:
    from fieldtrail.cli.render import duration, mebibytes, table

    shown = _as_json(settings, now)
    if not now.running:
        return f"nothing runs in {settings.data_dir}\nnext   fieldtrail up"
    rows = [("PROCESS", "STATE", "PID", "UPTIME", "RESTARTS", "MEMORY", "ADDRESS", "LOG")]
    troubles = []
    for process in shown["processes"]:
        rows.append(
            (
                process["name"],
                process["state"],
                str(process["pid"] or "-"),
                duration(process["uptime_s"]) if process["uptime_s"] is not None else "-",
                str(process["restarts"]),
                mebibytes(process["rss_bytes"]) if process["rss_bytes"] else "-",
                process["address"] or "-",
                process["log"],
            )
        )
        if process["state"] != "up" and process["problem"]:
            troubles.append(f"\n{process['name']} {process['problem']}; it wrote last:")
            troubles.extend(f"    {line}" for line in process["last_lines"])
    steps = "fieldtrail send FILE… --wait · fieldtrail status · fieldtrail down"
    where = f"data   {settings.data_dir}\nlogs   {shown['logs_dir']}\nnext   {steps}"
    return "\n".join([table(rows), *troubles, "", where])
