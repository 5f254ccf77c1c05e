"""``fieldtrail ocr-server``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from fieldtrail.cli.app import OPERATIONS, CliError

_WAIT_MS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ocr-server", rich_help_panel=OPERATIONS)(ocr_server)


def ocr_server(
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:N, or auto: a GPU where there is one.")] = "cpu",
    engine: Annotated[
        str,
        typer.Option(
            help="What runs the networks: auto (OpenVINO on a CPU, ONNX Runtime on a GPU), openvino, onnxruntime, "
            "paddleocr-onnxruntime or paddleocr-paddle."
        ),
    ] = "auto",
    models_dir: Annotated[
        Path | None, typer.Option(help="Folder of models in Paddle's format, for paddleocr-paddle.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")] = 8571,
    processes: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="On a CPU: pages at a time, each read by a process of its own; by default one per core, as far as "
            "memory goes. 0: in batches of many pages, as on a GPU.",
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="In batches: how many at a time; by default one per core, 4 on a GPU.")
    ] = None,
    max_pages: Annotated[int, typer.Option(min=1, help="Pages accepted and not yet answered.")] = 128,
    max_batch: Annotated[int | None, typer.Option(min=1, help="In batches: lines in one; by default as suits.")] = None,
    max_wait_ms: Annotated[
        float | None, typer.Option(min=0, help="In batches: how long a line waits for others; by default 5.")
    ] = None,
    memory_mb: Annotated[int | None, typer.Option(min=512, help="Bound on a GPU's memory.")] = None,
    drain_s: Annotated[float, typer.Option(min=0, help="How long SIGTERM lets accepted pages finish.")] = 30.0,
) -> None:
    """Read page images for many workers until SIGTERM: on a CPU by a process per core, on a GPU in batches.

    One server per GPU. It has no login and keeps nothing; listen only where workers are. See docs/microbatcher.md.

    Example: fieldtrail ocr-server --device cuda:0 --host 0.0.0.0
    """
    import asyncio

    from fieldtrail.machine import ocr_processes, usable_cores
    from gpu.limits import GPU_THREADS, limits_for, limits_for_processes
    from gpu.process import ServerOptions, serve
    from processors.recognition.models import engine_name, pick_engine

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        found = pick_engine(engine, device, memory_mb=memory_mb, models_dir=models_dir)
        engine_name("cascade", found)  # which looks whether the models are there
    except (RuntimeError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--device, --engine") from None
    on_cpu = found.cuda_index is None
    if processes is None:
        processes = ocr_processes(share=0.75) if on_cpu else 0
    if processes:
        for_batches = {"--threads": threads, "--max-batch": max_batch, "--max-wait-ms": max_wait_ms}
        _refuse_both(on_cpu, [name for name, value in for_batches.items() if value is not None])
        limits = limits_for_processes(max_pages)
    else:
        threads = threads or (usable_cores() if on_cpu else GPU_THREADS)
        wait_ms = _WAIT_MS if max_wait_ms is None else max_wait_ms
        limits = limits_for("cpu" if on_cpu else "cuda", threads, wait_ms / 1000, max_pages)
        limits = limits if max_batch is None else limits.with_batch(max_batch)
    running = serve(
        ServerOptions(processes, threads or 0, host, port, drain_s),
        limits,
        found,
        lambda effort: engine_name(effort, found),
        lambda address: typer.echo(f"listening on {address}"),
    )
    try:
        raise typer.Exit(asyncio.run(running))
    except OSError as error:
        raise CliError(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port") from None


def _refuse_both(on_cpu: bool, for_batches: list[str]) -> None:
    """Processes read whole pages on a CPU: no GPU, no batches."""
    if not on_cpu:
        raise typer.BadParameter("a GPU is shared by all pages in batches; leave it out", param_hint="--processes")
    if for_batches:
        raise typer.BadParameter(
            "on a CPU, processes read whole pages (--processes N); to read in batches, say --processes 0 too",
            param_hint=", ".join(for_batches),
        )
