"""Which readers a run reads fields with, by name."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fieldtrail.local import Extract
from processors.fields import Extraction
from processors.intake import read_attachment
from processors.reading import Reader, ReadingInput, default_readers, read_document
from processors.schemas import ExtractionSchema
from streams.stages import work

DEFAULT = "default"
"""All of the pipeline's readers, in its order."""


def extractor_names() -> tuple[str, ...]:
    """What ``--extractor`` takes: ``default``, or one reader alone."""
    return (DEFAULT, *(reader.name for reader in default_readers()))


def extractor(name: str) -> Extract:
    """Reads fields as ``name`` says. Raises ``ValueError`` with the names there are."""
    if name not in extractor_names():
        raise ValueError(f"no extractor is called {name!r}; there are {', '.join(extractor_names())}")
    return work.extract_fields if name == DEFAULT else partial(_extract_with, name)


def reader_versions(name: str) -> dict[str, str]:
    """The readers that ``name`` stands for, in their order, with their versions."""
    return {reader.name: reader.version for reader in _readers(name)}


def _readers(name: str) -> tuple[Reader, ...]:
    return tuple(reader for reader in default_readers() if name in (DEFAULT, reader.name))


def _extract_with(
    name: str,
    path: Path | None,
    einvoice: str | None,
    pages: Sequence[work.StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Extraction:
    """As :func:`streams.stages.work.extract_fields`, with one reader alone. Runs in the sandbox."""
    xml = read_attachment(path, einvoice) if path is not None and einvoice is not None else None
    reading = ReadingInput(
        document_type=document_type,
        schema=schema,
        pages=work.decode_all(pages),
        einvoice_xml=xml,
        einvoice_name=einvoice,
    )
    return read_document(reading, _readers(name))
