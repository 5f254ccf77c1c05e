"""Predictions of documents by models that have not seen them, for ``fieldtrail calibrate --predictions … --resume``.

A calibration fitted on what the packaged weights make of their own training documents would promise too much.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from fieldtrail.calibration.run import nothing_held
from fieldtrail.evaluation.prediction_file import PredictionFile
from fieldtrail.evaluation.predictions import of_local, of_refusal
from fieldtrail.local import read_file
from fieldtrail.settings import Settings
from fieldtrail.wiring import make_calibration, make_limits, make_schemas, make_thresholds, ocr_device
from processors.errors import Refusal
from processors.evaluation.model import TruthRow
from processors.fields import Extraction
from processors.reading import ReadingInput, default_readers, read_document
from processors.reading.learned.model import Model
from processors.reading.learned.reader import READER_NAME, LearnedReader
from processors.schemas import ExtractionSchema
from streams.stages import work


def write_held_out(
    rows: Sequence[TruthRow],
    documents: Path,
    models: Mapping[str, Model],
    settings: Settings,
    out: Path,
    done: Callable[[str], None] = lambda _: None,
) -> None:
    """Reads each row's file with the model of its group (``TruthRow.cluster``), nothing held back, attachments unread.

    Everything else is as the pipeline has it. Raises ``OSError`` where ``out`` cannot be written.
    """
    open_settings = nothing_held(settings)
    reader = partial(
        read_file,
        limits=make_limits(settings),
        schemas=make_schemas(settings),
        thresholds=make_thresholds(open_settings),
        calibration=make_calibration(settings),
        ocr=settings.worker.ocr_model,
        device=ocr_device(settings),
        attachments=False,
    )
    with PredictionFile(out) as file:
        for row in rows:
            start = time.perf_counter()
            answer = reader(documents / row.file, extract=partial(_extract, models[row.cluster]))
            seconds = time.perf_counter() - start
            if isinstance(answer, Refusal):
                file.write(of_refusal(row.file, answer, seconds))
            else:
                file.write(of_local(row.file, answer, seconds))
            done(row.file)


def _extract(
    model: Model,
    path: Path | None,  # noqa: ARG001 - attachments stay unread
    einvoice: str | None,  # noqa: ARG001
    pages: Sequence[work.StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Extraction:
    """As :func:`streams.stages.work.extract_fields`, with other weights."""
    readers = [LearnedReader(model) if reader.name == READER_NAME else reader for reader in default_readers()]
    return read_document(ReadingInput(document_type, schema, work.decode_all(pages)), readers)
