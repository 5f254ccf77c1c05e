from datetime import date
from decimal import Decimal

import pytest

from processors.document import Page
from processors.fields import EvidenceSource, Extraction, Field, FieldType, RuleStatus
from processors.geometry import Box
from processors.reading import ReadingInput, read_document
from processors.reading.einvoice import EInvoiceReader
from processors.reading.einvoice.index import WordIndex
from processors.schemas import load_schemas
from processors.validation import Validated, validate
from tests.unit.processors.einvoice.einvoice_builders import cii, invoice_page, page

INVOICE = load_schemas()["invoice_v1"]


def read(xml: bytes | None, *pages: Page) -> Extraction | None:
    return EInvoiceReader().read(ReadingInput("invoice", INVOICE, pages, xml, "factur-x.xml"))


def extracted(xml: bytes, *pages: Page) -> Extraction:
    extraction = read(xml, *pages)
    assert extraction is not None
    return extraction


def field(extraction: Extraction, name: str) -> Field:
    found = extraction.field(name)
    assert found is not None, name
    return found


def failures(validated: Validated, rule: str) -> set[str]:
    return {name for item in validated.failed_rules if item.rule == rule for name in item.fields}


def test_each_value_cites_its_element_and_its_words() -> None:
    paper = invoice_page()
    total = field(extracted(cii(), paper), "total_amount")
    assert (total.value, total.raw_text) == (Decimal("142.80"), "142,80")
    attachment, printed = total.evidence
    assert attachment.reference == (
        "factur-x.xml#/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
        "/ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:GrandTotalAmount"
    )
    assert (printed.source, printed.page, printed.box) == (EvidenceSource.PAGE, 1, Box(450, 310, 480, 320))
    assert [paper.words[word].text for word in printed.word_ids] == ["142,80"]


@pytest.mark.parametrize(
    ("name", "raw_text"),
    [
        ("vendor_name", "MÖBEL & SÖHNE GMBH"),
        ("vendor_address", "Lange Straße 5 10115 Berlin"),
        ("vendor_tax_id", "DE 123 456 789"),
        ("invoice_number", "R-2024/17"),
        ("invoice_date", "5. März 2024"),
        ("currency", "EUR"),
        ("subtotal", "120,00"),
        ("tax_amount", "22,80"),
    ],
)
def test_values_are_found_in_the_pages_notation(name: str, raw_text: str) -> None:
    assert field(extracted(cii(), invoice_page()), name).raw_text == raw_text


def test_line_cells_are_found_in_their_own_row() -> None:
    paper = invoice_page()
    rows = extracted(cii(), paper).line_items
    places = {
        (item.row, cell.name): (cell.raw_text, cell.evidence[-1].box.x0, cell.evidence[-1].box.y0)
        for item in rows
        for cell in item.cells
        if cell.evidence[-1].box is not None
    }
    assert places == {
        (1, "description"): ("Tisch, rund", 80, 220),
        (1, "quantity"): ("2", 250, 220),
        (1, "unit"): ("Stk", 260, 220),
        (1, "unit_price"): ("50,00", 350, 220),
        (1, "amount"): ("100,00", 450, 220),
        (2, "description"): ("Stuhl", 80, 240),
        (2, "quantity"): ("1", 250, 240),
        (2, "unit"): ("Stk", 260, 240),
        (2, "unit_price"): ("20,00", 350, 240),
        (2, "amount"): ("20,00", 450, 240),
    }


def test_a_cell_that_its_row_lacks_is_not_borrowed_from_the_row_before() -> None:
    paper = page(
        [
            (40, 220, "Tisch, rund"), (250, 220, "2 Stk"), (350, 220, "50,00"), (450, 220, "100,00"),
            (40, 232, "Stuhl"), (250, 232, "1"), (350, 232, "50,00"),
        ]
    )  # fmt: skip
    rows = extracted(cii().replace(b"20.0000", b"50.0000"), paper).line_items
    places = {
        cell.name: (cell.raw_text, cell.evidence[1].box.y0)
        for cell in rows[1].cells
        if len(cell.evidence) > 1 and cell.evidence[1].box is not None
    }
    assert places == {"description": ("Stuhl", 232), "quantity": ("1", 232), "unit_price": ("50,00", 232)}


def test_a_total_that_the_page_does_not_print_is_told() -> None:
    paper = invoice_page(total="242,80")
    extraction = extracted(cii(), paper)
    total = field(extraction, "total_amount")
    assert [item.source for item in total.evidence] == [EvidenceSource.ATTACHMENT]
    assert total.raw_text == "142.80"
    validated = validate(extraction, [paper], INVOICE)
    assert failures(validated, "printed_on_page") == {"total_amount", "amount_due"}
    assert field(validated.extraction, "total_amount").confidence.value <= 0.60
    results = {item.rule: item.status for item in field(validated.extraction, "subtotal").rules}
    assert results["printed_on_page"] is RuleStatus.PASSED


def test_a_total_printed_with_the_other_sign_counts_as_not_printed_on_an_invoice() -> None:
    validated = validate(extracted(cii(), invoice_page(sign="-")), [invoice_page(sign="-")], INVOICE)
    assert failures(validated, "printed_on_page") >= {"total_amount", "subtotal", "tax_amount"}


def test_a_lone_minus_before_a_number_belongs_to_it() -> None:
    index = WordIndex([page([(10, 10, "Summe - 5,00")])])
    assert index.find(Decimal(5), FieldType.MONEY) == {}
    assert [span.text for span, _ in index.find(Decimal(-5), FieldType.MONEY)[1]] == ["- 5,00"]


def test_a_credit_notes_amounts_take_the_sign_of_the_page() -> None:
    extraction = extracted(cii(type_code="381"), invoice_page(sign="-"))
    assert field(extraction, "total_amount").value == Decimal("-142.80")
    assert field(extraction, "tax_amount").value == Decimal("-22.80")
    amount = extraction.line_items[0].cell("amount")
    assert amount is not None
    assert amount.value == Decimal(-100)
    assert validate(extraction, [invoice_page(sign="-")], INVOICE).failed_rules == ()


def test_labels_choose_among_places_that_print_the_same() -> None:
    paper = page(
        [(40, 40, "Ihr Guthaben 142,80"), (40, 60, "Gesamtbetrag 142,80"), (40, 80, "Konto 142,80")]
    )  # fmt: skip
    box = field(extracted(cii(), paper), "total_amount").evidence[-1].box
    assert box is not None
    assert box.y0 == 60


def test_a_total_is_not_taken_to_be_printed_where_a_line_prints_the_figure() -> None:
    """The XML says 100.00 to pay, the page 242,80; but the first line's amount is 100,00."""
    paper = invoice_page(total="242,80")
    validated = validate(extracted(cii(total="100.00"), paper), [paper], INVOICE)
    assert failures(validated, "printed_on_page") == {"total_amount", "amount_due"}


def test_a_total_without_a_label_does_not_pass() -> None:
    paper = page([(40, 40, "142,80")])
    total = field(validate(extracted(cii(), paper), [paper], INVOICE).extraction, "amount_due")
    assert total.evidence[-1].source is EvidenceSource.PAGE
    assert total.confidence.value == 0.90


def test_dates_are_found_in_any_order() -> None:
    for text in ("05/03/2024", "03/05/2024", "2024-03-05", "5.3.24", "March 5, 2024", "le 5 mars 2024"):
        found = WordIndex([page([(10, 10, f"Date: {text}")])]).find(date(2024, 3, 5), FieldType.DATE)
        assert len(found[1]) == 1, text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Nr. RE-17 vom", ["RE-17"]),
        ("Nr. RE- 17, vom", ["RE- 17,"]),
        ("Nr:RE-17", ["Nr:RE-17"]),
        ("re-17", ["re-17"]),
        ("Nr. RE-171", []),
        ("Nr. ARE-17", []),
        ("Straße RE-17", ["RE-17"]),
        ("RE-17 und RE-17", ["RE-17", "RE-17"]),
    ],
)
def test_identifiers_are_found_as_whole_words(line: str, words: list[str]) -> None:
    found = WordIndex([page([(10, 10, "Zuvor"), (10, 30, line), (10, 50, "Danach")])]).find(
        "RE-17", FieldType.IDENTIFIER
    )
    assert [span.text for span, _ in found.get(1, [])] == words


def test_turned_pages_are_cited_in_their_own_coordinates() -> None:
    upright = invoice_page()
    words = tuple(
        type(word)(word.id, word.text, Box(word.box.y0, 595 - word.box.x1, word.box.y1, 595 - word.box.x0), 1.0)
        for word in upright.words
    )
    lines = tuple(
        type(line)(line.words, Box(line.box.y0, 595 - line.box.x1, line.box.y1, 595 - line.box.x0))
        for line in upright.lines
    )
    turned = Page(1, 842, 595, upright.source, "test", words, lines, (), rotation=90)
    total = field(extracted(cii(), turned), "total_amount")
    assert total.evidence[-1].box == Box(310, 115, 320, 145)
    assert validate(extracted(cii(), turned), [turned], INVOICE).failed_rules == ()


def test_no_attachment_is_not_mine_and_a_broken_one_leaves_a_note() -> None:
    assert read(None, invoice_page()) is None
    broken = extracted(b"<oops", invoice_page())
    assert broken.fields == ()
    assert broken.notes[0].startswith("the attachment factur-x.xml is not read as an e-invoice: it is not well-formed")


class _Second:
    name, version = "second", "1"

    def read(self, document: ReadingInput) -> Extraction | None:
        found = extracted(cii(), *document.pages)
        return Extraction(found.fields, (), ("second spoke",))


def test_a_broken_attachment_falls_through_to_the_next_reader_with_its_note() -> None:
    document = ReadingInput("invoice", INVOICE, [invoice_page()], b"<oops", "factur-x.xml")
    extraction = read_document(document, (EInvoiceReader(), _Second()))
    assert extraction.fields
    assert [note.split(":")[0] for note in extraction.notes] == [
        "the attachment factur-x.xml is not read as an e-invoice",
        "second spoke",
    ]


def test_nothing_read_is_an_empty_extraction_that_says_so() -> None:
    document = ReadingInput("invoice", INVOICE, [])
    assert read_document(document, (EInvoiceReader(),)) == Extraction(notes=("no reader found a field",))


def test_what_is_due_shares_the_total_that_is_printed_once() -> None:
    extraction = extracted(cii(), invoice_page())
    total, due = field(extraction, "total_amount"), field(extraction, "amount_due")
    assert due.value == total.value
    assert due.evidence[-1] == total.evidence[-1]
    assert due.confidence == total.confidence
