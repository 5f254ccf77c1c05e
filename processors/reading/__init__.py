"""Reading: from pages of words (and an embedded e-invoice) to fields with their trail.

This is the seam: another :class:`Reader` takes the place of one of these without anything else changing. Readers are
asked in order and the first that reads something wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, runtime_checkable

from processors.document import Page
from processors.fields import Extraction, Field, LineItem, is_representable, plain_decimal
from processors.recognition.structure.running import as_read
from processors.schemas import ExtractionSchema

__all__ = ["Completing", "Reader", "ReadingInput", "default_readers", "read_document"]


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """All that a reader may look at. Pages are in document order; both ``einvoice`` parts are set or neither."""

    document_type: str
    schema: ExtractionSchema
    pages: Sequence[Page]
    einvoice_xml: bytes | None = None
    einvoice_name: str | None = None


class Reader(Protocol):
    """One way of reading. ``name`` and ``version`` stand in every field it reads.

    Must not raise on any input, and must be a pure function of it. Every field it returns cites its evidence.
    """

    @property
    def name(self) -> str:
        """Stable name, such as ``einvoice``."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same input may read differently."""
        ...

    def read(self, document: ReadingInput) -> Extraction | None:
        """The fields read; ``None``: not mine; an extraction with notes only: mine, but nothing could be read."""
        ...


@runtime_checkable
class Completing(Protocol):
    """A reader that can add to what a reader before it has read. Must not raise on any input either."""

    def complete(self, document: ReadingInput, extraction: Extraction) -> Extraction:
        """``extraction`` with more fields; those it has stay as they are."""
        ...


def read_document(document: ReadingInput, readers: Sequence[Reader]) -> Extraction:
    """The extraction of the first reader that reads any field or line item, completed by those behind it that can.

    Readers see the pages without what running headers and footers say again (:func:`as_read`).
    Notes of the readers before it, that tried and read nothing, come first in its notes. Where none reads
    anything, the extraction is empty but for the notes. A number that the contracts cannot carry exactly stays
    without value, for a person to settle; the others have no needless zeros.
    """
    notes: tuple[str, ...] = ()
    document = replace(document, pages=as_read(document.pages))
    for position, reader in enumerate(readers):
        extraction = reader.read(document)
        if extraction is None:
            continue
        notes += extraction.notes
        if extraction.fields or extraction.line_items:
            extraction = replace(extraction, notes=notes)
            for later in readers[position + 1 :]:
                if isinstance(later, Completing):
                    extraction = later.complete(document, extraction)
            return _representable(extraction)
    return Extraction(notes=(*notes, "no reader found a field"))


def _representable(extraction: Extraction) -> Extraction:
    notes: list[str] = []

    def checked(field: Field) -> Field:
        if is_representable(field.value):
            value = field.value
            return replace(field, value=plain_decimal(value, field.type)) if isinstance(value, Decimal) else field
        notes.append(f"{field.name}: {field.raw_text} has more digits than a record can carry exactly")
        return replace(field, value=None)

    fields = tuple(checked(field) for field in extraction.fields)
    lines = tuple(LineItem(line.row, tuple(checked(cell) for cell in line.cells)) for line in extraction.line_items)
    return replace(extraction, fields=fields, line_items=lines, notes=extraction.notes + tuple(notes))


def default_readers() -> tuple[Reader, ...]:
    """The e-invoice reader, the learned one for invoices, the geometric one for receipts, and for what these do not
    know those of forms, labels and letterheads.

    Imports them here, so that importing the seam stays cheap.
    """
    from processors.reading.einvoice import EInvoiceReader
    from processors.reading.forms import FormsReader, LetterheadReader
    from processors.reading.geometric import GeometricReader, fields_read
    from processors.reading.labelled import LabelledReader
    from processors.reading.learned.reader import LearnedReader

    labelled = LabelledReader(known=fields_read)
    return (EInvoiceReader(), LearnedReader(), GeometricReader(), FormsReader(), labelled, LetterheadReader())
