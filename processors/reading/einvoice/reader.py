"""The e-invoice reader: exact values out of the XML, each with its place in the XML and, where printed, on the page."""

from collections.abc import Mapping, Sequence

from processors.document import Page
from processors.fields import Confidence, Evidence, EvidenceSource, Extraction, Field, LineItem
from processors.geometry import union
from processors.reading import ReadingInput
from processors.reading.einvoice.index import WordIndex
from processors.reading.einvoice.locate import FINAL_TOTALS, Place, locate_header, signed_as_printed
from processors.reading.einvoice.model import EInvoice, XmlValue
from processors.reading.einvoice.parse import parse_einvoice
from processors.reading.einvoice.rows import locate_lines
from processors.reading.einvoice.tree import Unreadable
from processors.schemas import ExtractionSchema, FieldSpec

_NAME, _VERSION = "einvoice", "1"

PRINTED, PRINTED_WITHOUT_LABEL, NOT_FOUND, TOTAL_WITHOUT_LABEL, ONE_OF_SEVERAL = 0.999, 0.97, 0.96, 0.90, 0.80
"""Reader scores. The XML itself is exact; what lowers the score is doubt that the page agrees with it."""

_NOTHING_IF_ZERO = frozenset({"allowance_total", "charge_total", "prepaid_amount", "rounding_amount", "discount"})


class EInvoiceReader:
    """Reads ZUGFeRD 1.0, Factur-X / ZUGFeRD 2.x and UBL 2.1 attachments. Pure; never raises on any bytes."""

    @property
    def name(self) -> str:
        return _NAME

    @property
    def version(self) -> str:
        return _VERSION

    def read(self, document: ReadingInput) -> Extraction | None:
        """``None`` without an attachment; notes alone where the attachment cannot be read.

        Fields are those of the schema. Each cites its element (``ATTACHMENT``), and the words that print it
        (``PAGE``) where they are found; then ``raw_text`` is these words, else the XML's text. The value is the
        XML's; the amounts of a credit note have the sign that the page gives its total, and a unit is spelt as
        printed.
        """
        if document.einvoice_xml is None:
            return None
        attachment = document.einvoice_name or "e-invoice"
        invoice = parse_einvoice(document.einvoice_xml)
        if isinstance(invoice, Unreadable):
            return Extraction(notes=(f"the attachment {attachment} is not read as an e-invoice: {invoice.reason}",))
        return _extract(invoice, attachment, document.schema, document.pages)


def _extract(invoice: EInvoice, attachment: str, schema: ExtractionSchema, pages: Sequence[Page]) -> Extraction:
    index = WordIndex(pages)
    invoice = signed_as_printed(invoice, index)
    originals = {page.number: page for page in pages}
    header = _meant(invoice.header)
    lines = [_meant(line) for line in invoice.lines]
    rows = locate_lines(lines, schema.columns, index, either_sign=invoice.credits)
    places = _with_due(locate_header(header, schema.fields, index, rows, either_sign=invoice.credits))
    return Extraction(
        fields=_fields(header, schema.fields, places, attachment, originals),
        line_items=tuple(
            LineItem(number, _fields(line, schema.columns, row, attachment, originals))
            for number, (line, row) in enumerate(zip(lines, rows, strict=True), 1)
        ),
        notes=invoice.notes,
    )


def _with_due(places: Mapping[str, Place]) -> Mapping[str, Place]:
    """Where nothing was paid before, one printed figure is the total and what is due: its label serves both."""
    due, total = places.get("amount_due"), places.get("total_amount")
    if due is None or total is None or due.labelled or due.value != total.value:
        return places
    return {**places, "amount_due": total}


def _meant(values: Mapping[str, XmlValue]) -> dict[str, XmlValue]:
    """Without the zeros that writers put for what an invoice does not have."""
    return {name: xml for name, xml in values.items() if xml.value or name not in _NOTHING_IF_ZERO}


def _fields(
    values: Mapping[str, XmlValue],
    specs: Sequence[FieldSpec],
    places: Mapping[str, Place],
    attachment: str,
    pages: Mapping[int, Page],
) -> tuple[Field, ...]:
    return tuple(
        _field(values[spec.name], spec, places.get(spec.name), attachment, pages)
        for spec in specs
        if spec.name in values
    )


def _field(xml: XmlValue, spec: FieldSpec, place: Place | None, attachment: str, pages: Mapping[int, Page]) -> Field:
    evidence = tuple(Evidence(EvidenceSource.ATTACHMENT, reference=f"{attachment}#{path}") for path in xml.paths)
    value, raw_text = xml.value, xml.text
    if place is not None:
        page = pages[place.page]
        box = union(page.words[word].box for word in place.words)
        evidence += (Evidence(EvidenceSource.PAGE, place.page, box, place.words),)
        value, raw_text = place.value, place.text
    score = _score(xml, spec, place)
    confidence = Confidence(value=score, reader=score)
    return Field(spec.name, spec.type, value, raw_text, evidence, confidence, _NAME, _VERSION)


def _score(xml: XmlValue, spec: FieldSpec, place: Place | None) -> float:
    if not xml.sole:
        return ONE_OF_SEVERAL
    if place is None:
        return NOT_FOUND
    if place.labelled:
        return PRINTED
    return TOTAL_WITHOUT_LABEL if spec.name in FINAL_TOTALS else PRINTED_WITHOUT_LABEL
