"""The OCR server as a process: what reads in it, start, signals, drain."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from gpu.batched import BatchedReader
from gpu.limits import Limits
from gpu.metrics import Metrics
from gpu.processes import ProcessReader, page_sandbox
from gpu.reader import Reader
from gpu.server import make_app
from gpu.service import OcrService
from processors.recognition.lines import Effort
from processors.recognition.models import load_models
from processors.recognition.networks import Device, DeviceError

log = logging.getLogger("fieldtrail.ocr")

_M_ARENA_MAX = -8  # from malloc.h

_SWITCH_S = 0.0005
"""A device's thread comes back from every batch for Python's lock, and waits so long where another thread computes; by
default that is 5 ms, as long as a batch takes."""

_LAST_ANSWERS_S = 5.0  # for answers that are still being sent when the last page is done


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen (port 0 takes a free one), what reads, and how long to drain, in seconds.

    With ``processes``, so many read a page each; without, ``threads`` of this process run a batch each.
    """

    processes: int
    threads: int
    host: str = "127.0.0.1"
    port: int = 8571
    drain_s: float = 30.0


async def serve(
    options: ServerOptions,
    limits: Limits,
    device: Device,
    engine_name: Callable[[Effort], str],
    listening: Callable[[str], None],
) -> int:
    """Serves until SIGTERM or SIGINT, then drains.

    The exit code: 0 after a drain, 2 where the device cannot be used, 1 where the networks do not load otherwise.

    ``listening`` is called with the server's address once it answers, before it is ready. Raises ``OSError`` where
    the port is taken.
    """
    metrics = Metrics()
    service = OcrService(limits, make_reader(options, limits, device, metrics), metrics, engine_name)
    if device.cuda_index is not None and not metrics.watch_gpu(device.cuda_index):
        log.info("no figures of the GPU itself: the package nvidia-ml-py is not installed")
    runner = web.AppRunner(
        make_app(service, device.name), handler_cancellation=True, access_log=None, shutdown_timeout=_LAST_ANSWERS_S
    )
    await runner.setup()
    await web.TCPSite(runner, options.host, options.port).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening(f"http://{options.host}:{runner.addresses[0][1]}")
    left = 0
    try:
        fault = await _start(service, stop)
        if fault:
            return fault
        await stop.wait()
        log.info("draining %d pages", service.admission.accepted)
        left = await service.drain(options.drain_s)
    finally:
        await runner.cleanup()
        service.close()
    if left:  # a batch may hang, and Python would wait for its thread
        logging.shutdown()
        os._exit(0)
    return 0


def make_reader(options: ServerOptions, limits: Limits, device: Device, metrics: Metrics) -> Reader:
    """What reads pages on ``device``, and tells ``metrics``."""
    if options.processes:
        sandbox = page_sandbox(options.processes)
        return ProcessReader(sandbox, options.processes, limits.max_pixels, device, metrics.whole_page)
    _share_heaps()
    sys.setswitchinterval(_SWITCH_S)
    return BatchedReader(limits, options.threads, lambda: load_models("cascade", device), metrics.batch)


def _share_heaps() -> None:
    """Lets glibc keep two heaps instead of eight per core: images freed by one thread else stay with its own heap,
    which made 300 MB on two cores."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)


async def _start(service: OcrService, stop: asyncio.Event) -> int:
    """Loads the networks unless ``stop`` comes first; the exit code of a failure, else 0."""
    starting = asyncio.ensure_future(service.start())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        return 0
    error = starting.exception()
    if isinstance(error, DeviceError):
        log.error("%s", error)
        return 2
    if error is not None:
        log.error("the networks cannot be loaded: %s", error, exc_info=error)
        return 1
    log.info("ready")
    return 0
