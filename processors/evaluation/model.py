"""What evaluation compares: a document's truth and a document's prediction, as plain values.

:mod:`processors.evaluation.truth` and :mod:`processors.evaluation.prediction` read and write them as JSON lines.
Values are in the notation of the truth format (``docs/evaluation.md``): ISO dates, decimal strings with a dot, ISO 4217
currencies, everything else as printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from processors.calibration.signals import Signals
from processors.fields import FieldType
from processors.geometry import Box

Record = Mapping[str, str | None]
"""A small table row inside a field (a box of a W-2 that repeats), or a line item."""

Value = str | tuple[str, ...] | tuple[Record, ...]
"""A labelled or predicted value: one text, a list (the parties of a contract) or a list of records."""

PageRange = tuple[int, int]
"""First and last page, from 1, both included."""

Key = tuple[str, PageRange | None]
"""What a row is about: the file, and its pages or ``None`` for the whole file."""


def key_order(key: Key) -> tuple[str, PageRange]:
    """What to sort keys by: file, then pages, the whole file first."""
    return key[0], key[1] or (0, 0)


def key_shown(key: Key) -> str:
    """A key for people: ``a.pdf``, or ``a.pdf pages 2 to 3``."""
    file, pages = key
    return file if pages is None else f"{file} pages {pages[0]} to {pages[1]}"


class Status(StrEnum):
    """How a document ended: on its own, waiting for a person, or not at all."""

    COMPLETED = "completed"
    REVIEW = "review"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Segment:
    """One document inside a packet."""

    pages: PageRange
    document_type: str


@dataclass(frozen=True, slots=True)
class Quality:
    """How the document came to be an image. ``kind`` is ``born_digital``, ``scan``, ``photo`` or ``unknown``."""

    dpi_estimate: float | None = None
    kind: str = "unknown"
    has_text_layer: bool = False


@dataclass(frozen=True, slots=True)
class TruthRow:
    """What is known of one document.

    A name missing in ``fields`` (or in a line item) is not labelled: nothing predicted for it is ever counted. ``None``
    says that the document is known not to have it. ``line_items`` and ``segments`` are ``None`` where not labelled
    and where the file is one document. ``alternatives`` holds other right answers by field name, ``document_type``
    or ``line_items.0.amount``; the best match counts.
    """

    file: str
    document_type: str
    pages: PageRange | None = None
    subtype: str | None = None
    language: str = "und"
    source: str = "unknown"
    licence: str = ""
    group: str = ""
    label_origin: str = "human"
    fields: Mapping[str, Value | None] = field(default_factory=dict)
    line_items: tuple[Record, ...] | None = None
    segments: tuple[Segment, ...] | None = None
    quality: Quality = field(default_factory=Quality)
    note: str | None = None
    alternatives: Mapping[str, tuple[Value | None, ...]] = field(default_factory=dict)
    synthetic: bool = False
    vendor_group: str | None = None

    @property
    def key(self) -> Key:
        """File and pages, unique in a truth file."""
        return self.file, self.pages

    @property
    def cluster(self) -> str:
        """The unit that intervals resample: documents of one vendor or template stand and fall together."""
        return self.vendor_group or self.group or self.file


@dataclass(frozen=True, slots=True)
class Reading:
    """What a value's confidence was taken from: its type, the version of its reader, and the signals."""

    type: FieldType
    version: str
    signals: Signals


@dataclass(frozen=True, slots=True)
class PredictedField:
    """A value that was read, its confidence in [0, 1], and where it stands (points, origin top-left).

    ``auto_passed`` says that no person is asked to look at this value. ``reading`` is ``None`` where the signals were
    not recorded.
    """

    value: Value
    confidence: float
    page: int | None = None
    bbox: Box | None = None
    auto_passed: bool = False
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class PredictedRow:
    """A line item that was read: its cells by column, the least confidence among them, and where it stands.

    ``readings`` holds, by column, what each cell's confidence was taken from; empty where that was not recorded.
    """

    cells: Mapping[str, str]
    confidence: float
    page: int | None = None
    bbox: Box | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was read from one document. ``error`` is a stable code and set only where ``status`` is ``failed``.

    ``document_type`` is ``None`` where the document failed before its type was known. ``segments`` is set on a packet's
    own line only; its documents have lines of their own, with their ``pages``.
    """

    file: str
    status: Status
    pages: PageRange | None = None
    document_type: str | None = None
    type_confidence: float | None = None
    fields: Mapping[str, PredictedField] = field(default_factory=dict)
    line_items: tuple[PredictedRow, ...] = ()
    review_required_fields: tuple[str, ...] = ()
    segments: tuple[Segment, ...] | None = None
    error: str | None = None
    seconds: float | None = None
    page_count: int | None = None

    @property
    def key(self) -> Key:
        """File and pages, unique in a set of predictions."""
        return self.file, self.pages
