"""What vendor memory runs in the sandbox's child processes, as :mod:`streams.stages.work` for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from processors.fields import Extraction
from processors.memory import Layout, Trace, combine, encode_trace, lookup_keys, recall, sketch
from processors.schemas import ExtractionSchema
from streams.stages.work import StoredPage, decode_all, read_pages


@dataclass(frozen=True)  # no slots: see processors.fields
class Sketched:
    """Fields as the readers read them, the keys that find the document's layout, and its trace without a layout."""

    extraction: Extraction
    keys: tuple[int, ...]
    trace: bytes


@dataclass(frozen=True)
class Remembered:
    """Fields with the memory's part in them, and the trace that tells what that was."""

    extraction: Extraction
    trace: bytes


def extract_and_sketch(
    path: Path | None,
    einvoice: str | None,
    pages: Sequence[StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Sketched:
    """As :func:`streams.stages.work.extract_fields`, with what the memory needs to find the document's layout."""
    decoded = decode_all(pages)
    extraction = read_pages(path, einvoice, decoded, document_type, schema)
    drawn = sketch(decoded, document_type)
    return Sketched(extraction, lookup_keys(drawn), encode_trace(Trace(drawn, extraction.fields)))


def read_from_memory(
    extraction: Extraction,
    layouts: Sequence[Layout],
    pages: Sequence[StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Remembered | None:
    """``extraction`` with what the memory reads by the one of ``layouts`` that fits; ``None`` where none does."""
    decoded = decode_all(pages)
    recalled = recall(layouts, decoded, schema, document_type)
    if recalled is None:
        return None
    combined = combine(extraction, recalled, schema)
    trace = Trace(recalled.sketch, extraction.fields, recalled.layout, combined.verdicts)
    return Remembered(combined.extraction, encode_trace(trace))
