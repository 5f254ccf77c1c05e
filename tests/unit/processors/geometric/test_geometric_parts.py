"""The parts of the geometric reader: labels, citing, sums, parties, tables, currency."""

from datetime import date
from decimal import Decimal

import pytest

from processors.document import PageSource
from processors.fields import FieldType
from processors.reading.geometric.cite import Conventions, cite
from processors.reading.geometric.currency_choice import read_currency
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.header import choose, header_candidates
from processors.reading.geometric.parties import read_sections
from processors.reading.geometric.sums import SUM_FIELDS, read_sums
from processors.reading.geometric.table import read_table
from processors.reading.geometric.view import Span, span_of
from processors.schemas import FieldSpec
from processors.values import NumberConvention
from tests.unit.processors.geometric.page_builder import Placed, page


def _view(placed: list[Placed], source: PageSource = PageSource.TEXT_LAYER) -> DocumentView:
    view = DocumentView([page(placed, source=source)])
    view.settle_dates("EUR")
    return view


def _label_names(view: DocumentView) -> list[str]:
    return [label.meanings[0].name for label in view.labels()]


def _sums(placed: list[Placed]) -> dict[str, Decimal]:
    chosen = read_sums(_view(placed), frozenset(SUM_FIELDS)).chosen
    return {name: candidate.value for name, candidate in chosen.items() if isinstance(candidate.value, Decimal)}


def _text(span: Span | None) -> str | None:
    return None if span is None else " ".join(token.text for token in span.tokens)


def test_the_longest_label_wins() -> None:
    assert _label_names(_view([(50, 50, "Bestell-Datum: 01.08.2013"), (50, 80, "Datum: 02.08.2013")])) == [
        "other.date",
        "invoice_date",
    ]


def test_words_in_running_text_are_no_labels() -> None:
    assert _label_names(_view([(50, 50, "please pay the total of the invoice in time")])) == []


def test_a_letter_read_wrong_is_forgiven_on_scans_only() -> None:
    placed: list[Placed] = [(50, 50, "Rechnungsnumner: 4711")]
    assert _label_names(_view(placed, PageSource.OCR)) == ["invoice_number"]
    assert _label_names(_view(placed)) == []


def test_a_value_glued_to_its_label_is_read() -> None:
    chosen = choose(header_candidates(_view([(50, 50, "Date:31.12.2025")]), frozenset({"invoice_date"})))
    assert chosen["invoice_date"].value == date(2025, 12, 31)


def test_a_value_below_its_heading_is_read() -> None:
    placed: list[Placed] = [
        (50, 50, "Invoice No."),
        (200, 50, "Invoice Date"),
        (350, 50, "Due Date"),
        (50, 66, "INV-7"),
        (200, 66, "31.01.2025"),
        (350, 66, "28.02.2025"),
    ]
    chosen = choose(header_candidates(_view(placed), frozenset({"invoice_number", "invoice_date", "due_date"})))
    assert {name: _text(candidate.span) for name, candidate in chosen.items()} == {
        "invoice_number": "INV-7",
        "invoice_date": "31.01.2025",
        "due_date": "28.02.2025",
    }


def test_no_word_serves_two_fields() -> None:
    placed: list[Placed] = [(50, 50, "Due date"), (50, 62, "Invoice date"), (150, 62, "31.01.2025")]
    chosen = choose(header_candidates(_view(placed), frozenset({"invoice_date", "due_date"})))
    assert set(chosen) == {"invoice_date"}


def test_a_title_line_says_number_and_date() -> None:
    chosen = choose(
        header_candidates(
            _view([(50, 50, "Rechnung (380) Nr. 471113 vom 13.06.2018")]), frozenset({"invoice_number", "invoice_date"})
        )
    )
    assert _text(chosen["invoice_number"].span) == "471113"
    assert chosen["invoice_date"].value == date(2018, 6, 13)


def test_cite_refuses_words_that_are_no_such_value() -> None:
    view = _view([(50, 50, "Total due")])
    sheet = view.sheets[0]
    span = span_of(sheet.segments[0], 0, 2)
    spec = FieldSpec("total_amount", FieldType.MONEY, True, "")
    assert cite(spec, span, sheet, Conventions(), 0.9) is None


def test_cite_leaves_an_ambiguous_amount_out_unless_the_document_settles_it() -> None:
    view = _view([(50, 50, "1.234")])
    sheet = view.sheets[0]
    span = span_of(sheet.segments[0], 0, 1)
    spec = FieldSpec("total_amount", FieldType.MONEY, True, "")
    assert cite(spec, span, sheet, Conventions(), 0.9) is None
    field = cite(spec, span, sheet, Conventions(numbers=NumberConvention.COMMA), 0.9)
    assert field is not None
    assert field.value == Decimal(1234)


def test_sums_are_chosen_so_that_they_add_up() -> None:
    placed: list[Placed] = [
        (300, 50, "Net"),
        (480, 50, "100.00"),
        (300, 66, "VAT 20% on 100.00"),
        (480, 66, "20.00"),
        (300, 82, "Total"),
        (480, 82, "120.00"),
        (300, 98, "Total"),
        (480, 98, "640.00"),
    ]
    assert _sums(placed) == {
        "subtotal": Decimal("100.00"),
        "tax_amount": Decimal("20.00"),
        "total_amount": Decimal("120.00"),
    }


def test_taxes_by_rate_without_their_sum_give_no_tax_amount() -> None:
    placed: list[Placed] = [
        (300, 50, "Net"),
        (480, 50, "200.00"),
        (300, 66, "VAT 20%"),
        (480, 66, "20.00"),
        (300, 82, "VAT 5%"),
        (480, 82, "5.00"),
        (300, 98, "Total"),
        (480, 98, "225.00"),
    ]
    assert _sums(placed) == {"subtotal": Decimal("200.00"), "total_amount": Decimal("225.00")}


def test_a_table_of_sums_is_read_by_its_last_row() -> None:
    placed: list[Placed] = [
        (100, 50, "Nettobetrag"),
        (250, 50, "MwSt-Betrag"),
        (400, 50, "Endbetrag"),
        (100, 66, "321,40"),
        (250, 66, "61,07"),
        (400, 66, "382,47"),
        (100, 82, "127,59"),
        (250, 82, "8,93"),
        (400, 82, "136,52"),
        (100, 98, "448,99"),
        (250, 98, "70,00"),
        (400, 98, "518,99"),
    ]
    assert _sums(placed) == {
        "subtotal": Decimal("448.99"),
        "tax_amount": Decimal("70.00"),
        "total_amount": Decimal("518.99"),
    }


def test_previous_balances_and_shares_of_the_tax_are_not_the_total() -> None:
    placed: list[Placed] = [
        (300, 50, "Total"),
        (480, 50, "110.00"),
        (300, 66, "Previous balance"),
        (480, 66, "500.00"),
        (300, 82, "Amount due"),
        (480, 82, "610.00"),
    ]
    assert _sums(placed) == {"total_amount": Decimal("110.00"), "amount_due": Decimal("610.00")}


def test_sections_tell_vendor_and_customer_apart() -> None:
    placed: list[Placed] = [
        (50, 50, "Verkäufer"),
        (50, 64, "Name:"),
        (200, 64, "Lieferant GmbH"),
        (50, 78, "Anschrift:"),
        (200, 78, "Lieferantenstraße 20"),
        (200, 92, "80333 München"),
        (50, 130, "Bill to:"),
        (50, 144, "ACME Ltd"),
        (50, 158, "1 High Street"),
        (50, 172, "London W1D 2HZ"),
        (350, 130, "Ship to:"),
        (350, 144, "ACME Store"),
    ]
    sections = read_sections(_view(placed))
    assert sections.vendor is not None
    assert sections.customer is not None
    assert _text(sections.vendor.name) == "Lieferant GmbH"
    assert _text(sections.vendor.address) == "Lieferantenstraße 20 80333 München"
    assert _text(sections.customer.name) == "ACME Ltd"
    assert _text(sections.customer.address) == "1 High Street London W1D 2HZ"


def test_a_wrapped_description_goes_on_and_a_remark_does_not() -> None:
    placed: list[Placed] = [
        (50, 50, "Description"),
        (300, 50, "Qty"),
        (380, 50, "Unit price"),
        (500, 50, "Amount"),
        (50, 66, "A long description that fills its whole wide column"),
        (300, 66, "2"),
        (400, 66, "10.00"),
        (505, 66, "20.00"),
        (50, 78, "and wraps"),
        (50, 94, "Short"),
        (300, 94, "1"),
        (400, 94, "5.00"),
        (510, 94, "5.00"),
        (50, 106, "remark"),
        (380, 130, "Total"),
        (500, 130, "25.00"),
    ]
    table = read_table(_view(placed))
    assert table is not None
    assert [_text(item.span("description")) for item in table.items] == [
        "A long description that fills its whole wide column and wraps",
        "Short",
    ]
    assert [_text(item.span("amount")) for item in table.items] == ["20.00", "5.00"]


def test_a_table_goes_on_under_a_repeated_heading_on_the_next_page() -> None:
    heading: list[Placed] = [(50, 50, "Description"), (300, 50, "Qty"), (500, 50, "Amount")]
    first = page([*heading, (50, 66, "One"), (300, 66, "1"), (505, 66, "1.00")])
    second = page([*heading, (50, 66, "Two"), (300, 66, "2"), (505, 66, "2.00"), (50, 90, "Total"), (505, 90, "3.00")])
    table = read_table(DocumentView([first, second]))
    assert table is not None
    assert [(item.sheet, _text(item.span("description"))) for item in table.items] == [(0, "One"), (1, "Two")]


@pytest.mark.parametrize(
    ("placed", "code"),
    [
        ([(50, 50, "Currency: CHF"), (50, 66, "Total 10.00")], "CHF"),
        ([(50, 50, "Total"), (200, 50, "10.00 €")], "EUR"),
        ([(50, 50, "Total (USD)"), (200, 50, "10.00")], "USD"),
        ([(50, 50, "Toronto, Canada"), (50, 66, "Total"), (200, 66, "$10.00")], "CAD"),
        ([(50, 50, "New York NY 10001"), (50, 66, "Total"), (200, 66, "$10.00")], "USD"),
        ([(50, 50, "VAT: DE123456789"), (50, 66, "Total"), (200, 66, "10,00")], "EUR"),
        ([(50, 50, "Total"), (200, 50, "10.00")], None),
    ],
)
def test_the_currency(placed: list[Placed], code: str | None) -> None:
    found = read_currency(_view(placed))
    assert (None if found is None else found.value) == code
