"""What is remembered of one vendor's layout, and what a document looks like to the memory. Data only.

Lengths are in widths of the upright page, so that scans of any resolution and size compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from processors.fields import FieldType
from processors.geometry import Box

FIRST, LAST = 0, 1
"""Which page of a document a place is on. A document of one page has a first page only."""


class Source(StrEnum):
    """Who vouches for a value that teaches, from the weakest to the strongest."""

    READER = "reader"
    """Another reader read it, and the document passed. Its mistakes may repeat, so repeating adds nothing."""
    RULE = "rule"
    """Figures that the memory did not give, check digits or an e-invoice's XML bear it out."""
    PERSON = "person"
    """A person confirmed or corrected it."""


@dataclass(frozen=True)  # no slots here and below: see processors.fields
class Mark:
    """One word: its id on the page, its folded text, and where it is. ``row`` and ``segment`` count from the top."""

    id: int
    key: str
    row: int
    segment: int
    box: Box


@dataclass(frozen=True)
class SketchPage:
    """The words of one page, row by row. ``number`` counts from 1; ``which`` is :data:`FIRST` or :data:`LAST`."""

    number: int
    which: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class LayoutSketch:
    """A document's first page, and its last where it has several. ``scanned``: OCR read it, so words may have slips."""

    document_type: str
    scanned: bool
    pages: tuple[SketchPage, ...]

    def page(self, which: int) -> SketchPage | None:
        """The page that ``which`` means, or ``None``."""
        return next((page for page in self.pages if page.which == which), None)


@dataclass(frozen=True)
class StableWord:
    """A word that the layout's documents share: where it stood first, and in how many of them it was ``seen``."""

    key: str
    page: int
    box: Box
    seen: int


@dataclass(frozen=True)
class Label:
    """The words beside a value. ``dx0`` and ``dx1``: from the label's left edge to the value's left and right edge;
    ``dy``: from the label's middle to the value's.
    """

    keys: tuple[str, ...]
    dx0: float
    dx1: float
    dy: float


@dataclass(frozen=True)
class Place:
    """Where a value stands. ``to_start``, ``to_end``: whether it begins and ends the words that stand together."""

    page: int
    box: Box
    label: Label | None
    words: int
    rows: int
    to_start: bool
    to_end: bool


@dataclass(frozen=True)
class Lesson:
    """What is known of one field.

    ``shapes``: how its text looks (:func:`processors.memory.shape.shape_of`), newest first. ``text``: its folded words
    by rows; empty where they differ from document to document.

    ``documents`` counts those that showed this place; ``persons`` and ``rules`` those of them on which a person, or
    figures apart from the memory, bore it out; ``readers`` names other readers that said so. ``against_reader``: how
    often it was right where another reader read something else. ``wrong``: how often it was contradicted.
    """

    name: str
    type: FieldType
    place: Place
    shapes: tuple[str, ...]
    text: tuple[str, ...]
    documents: int = 1
    persons: int = 0
    rules: int = 0
    readers: tuple[str, ...] = ()
    against_reader: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class Layout:
    """One layout of one vendor of one tenant. ``revision`` counts the lessons; every value read by it names both.

    ``vendor`` is the name for people, ``documents`` counts what taught it. ``day_first`` and ``point``: what persons
    and e-invoices showed of its dates (day before month) and amounts (decimal point): votes for and against.
    """

    layout_id: str
    document_type: str
    vendor: str
    revision: int
    documents: int
    words: tuple[StableWord, ...]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    day_first: tuple[int, int] = (0, 0)
    point: tuple[int, int] = (0, 0)

    @property
    def version(self) -> str:
        """How the trail names it: ``3f2a91c07b5e@4``."""
        return f"{self.layout_id}@{self.revision}"
