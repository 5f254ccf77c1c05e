"""What the cells of the audit tables hold: compound values, and the types of columns with their checks."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, NamedTuple

from connectors.clickhouse import columns as c
from processors.fields import EvidenceSource, RuleStatus

NO_HASH = bytes(32)
"""Stands for the hash of what is not there: before a partition's first event, before the first day, without a salt."""


class Place(NamedTuple):
    """Where something was read: page from 1, box in points from the top left, words of that page."""

    source: str = "none"
    page: int = 0
    x0: float = 0.0
    y0: float = 0.0
    x1: float = 0.0
    y1: float = 0.0
    word_ids: tuple[int, ...] = ()
    reference: str = ""


class Rule(NamedTuple):
    """A rule's verdict on a field."""

    rule: str
    status: str
    message: str


class FailedRule(NamedTuple):
    """A rule that a document failed, and the fields that it names."""

    rule: str
    message: str
    fields: tuple[str, ...]


class ChainEnd(NamedTuple):
    """One partition's events of one day, and its ``chain_hash`` after the last of them."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    events: int
    head: bytes


SOURCE = c.choice("none", *EvidenceSource)
PLACE = c.Parts((SOURCE, c.WHOLE32, c.REAL32, c.REAL32, c.REAL32, c.REAL32, c.Many(c.WHOLE32), c.TEXT))
RULE = c.Parts((c.TEXT, c.choice(*RuleStatus), c.TEXT))
FAILED_RULE = c.Parts((c.TEXT, c.TEXT, c.Many(c.TEXT)))
CHAIN = c.Parts((c.TEXT, c.WHOLE32, c.WHOLE64, c.WHOLE64, c.WHOLE64, c.DIGEST))

Text = Annotated[str, c.TEXT]
MaybeText = Annotated[str | None, c.Maybe(c.TEXT)]
Texts = Annotated[tuple[str, ...], c.Many(c.TEXT)]
Flag = Annotated[bool, c.FLAG]
Whole = Annotated[int, c.WHOLE32]
Long = Annotated[int, c.WHOLE64]
MaybeLong = Annotated[int | None, c.Maybe(c.WHOLE64)]
Real = Annotated[float, c.REAL]
Real32 = Annotated[float, c.REAL32]
MaybeReal = Annotated[float | None, c.Maybe(c.REAL)]
MaybeAmount = Annotated[Decimal | None, c.Maybe(c.EXACT)]
Moment = Annotated[datetime, c.MOMENT]
MaybeMoment = Annotated[datetime | None, c.Maybe(c.MOMENT)]
MaybeDate = Annotated[date | None, c.Maybe(c.DATE32)]
Digest = Annotated[bytes, c.DIGEST]
TextMap = Annotated[Mapping[str, str], c.TEXTS]


class Row:
    """Base of all rows. ``TABLE`` is the table's name without its database.

    ``KEY`` names the columns that tell a row from the others that the same table has of its document's revision; empty
    where a row stands for itself. ``PLACE`` names those that say which Kafka record it comes from.
    """

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]] = ()
    PLACE: ClassVar[tuple[str, str, str]] = ("topic", "partition", "offset")
