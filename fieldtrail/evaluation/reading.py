"""Reads documents right here, several at a time, as the pipeline would; what happens to one harms no other."""

import logging
import os
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fieldtrail.evaluation.extractors import DEFAULT, extractor
from fieldtrail.evaluation.predictions import of_packet, of_refusal
from fieldtrail.local import LocalDocument, Runner, read_packet
from fieldtrail.settings import Settings
from fieldtrail.wiring import (
    OCR_MEMORY_MB,
    OCR_PRELOAD,
    make_calibration,
    make_limits,
    make_schemas,
    make_thresholds,
    make_types,
    ocr_device,
)
from processors.classification import SplitMode
from processors.errors import ErrorCode, Refusal
from processors.evaluation.model import Prediction
from processors.sandbox import Sandbox, SandboxClosedError

logger = logging.getLogger(__name__)

Reader = Callable[[Path], tuple[LocalDocument, ...] | Refusal]

STEP_TIMEOUT_S = 120.0
"""How long one step (a page's OCR, reading the fields) may take: the pipeline's own limit for a page."""
START_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read. ``timeout_s`` bounds each step of a document, in seconds; ``extractor`` is a name."""

    workers: int
    attachments: bool = True
    extractor: str = DEFAULT
    timeout_s: float = STEP_TIMEOUT_S


def read_documents(
    documents: Path, files: Sequence[str], settings: Settings, options: ReadOptions
) -> Generator[Prediction, None, None]:
    """Yields a prediction for each of ``files``, paths relative to ``documents``, as it is done; for a packet its own
    and one for each document in it.

    A file that hangs or kills its process is a failure with that code, and a defect of ours is ``internal``. Closing
    the iterator early ends the child processes. Raises ``ValueError`` for an unknown extractor, and
    :class:`fieldtrail.settings.SettingsError` for settings that cannot be used, both before anything is read.
    """
    reader = partial(
        read_packet,
        split=SplitMode(settings.classify.split),
        limits=make_limits(settings),
        schemas=make_schemas(settings),
        thresholds=make_thresholds(settings),
        types=make_types(settings),
        calibration=make_calibration(settings),
        ocr=settings.worker.ocr_model,
        device=ocr_device(settings),
        attachments=options.attachments,
        extract=extractor(options.extractor),
    )
    with Sandbox(options.workers, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD, name="eval") as sandbox:
        sandbox.run_blocking(os.getpid, timeout=START_TIMEOUT_S)  # imports happen now, not in the first document's time
        run = Runner(sandbox, options.timeout_s)
        pool = ThreadPoolExecutor(options.workers, thread_name_prefix="eval")
        try:
            waiting = [pool.submit(_read, documents, file, partial(reader, run=run)) for file in files]
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            sandbox.close()  # first: threads that wait for a child then end
            pool.shutdown(cancel_futures=True)


def _read(documents: Path, file: str, reader: Reader) -> list[Prediction]:
    start = time.perf_counter()
    try:
        answer = reader(documents / file)
    except (CancelledError, SandboxClosedError):  # the run was stopped
        raise
    except Exception as error:  # a defect outside the child processes; the others shall be read all the same
        logger.exception("reading %s failed", file)
        answer = Refusal(ErrorCode.INTERNAL, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - start
    return [of_refusal(file, answer, seconds)] if isinstance(answer, Refusal) else of_packet(file, answer, seconds)
