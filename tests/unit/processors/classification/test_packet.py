"""Splitting packets: page numbers, boundaries, and above all what must not be split."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.classification import DocumentType, SplitMode, split_pages
from processors.classification.boundary import NAMES, packaged_trees, page_facts, page_number, pair_figures
from processors.document import Page
from tests.unit.processors.geometric.page_builder import page

INVOICE = [
    "Harper Tools Ltd", "INVOICE", "Invoice number: HT-4471", "Invoice date: 3 May 2024", "Bill to: Lund Garage",
    "Description Quantity Unit price Amount", "Torque wrench 2 60.00 120.00", "Socket set 1 80.00 80.00",
    "Subtotal 200.00", "VAT 20% 40.00", "Total amount due 240.00", "Payment terms: 30 days",
]  # fmt: skip
INVOICE_2 = [
    "Torque wrench, long 1 75.00 75.00", "Hydraulic jack 1 210.00 210.00", "Axle stands 2 30.00 60.00",
    "Gloves 4 3.00 12.00", "Subtotal 357.00", "VAT 20% 71.40", "Total amount due 428.40", "HT-4471",
]  # fmt: skip
LETTER = [
    "Northgate Housing Association", "12 High Street", "Mr A. Brown", "4 June 2023", "Dear Mr Brown,",
    "Re: your letter of 28 May", "Thank you for your letter. We have looked into the matter and have spoken to your",
    "neighbours, who have agreed to keep the noise down after ten in the evening.",
    "Please do not hesitate to contact us.", "Yours sincerely,", "Jane Cooper",
]  # fmt: skip
STUB = [
    "Brightside Bakery Inc.", "Earnings Statement", "Employee: Maria Lopez", "Pay Date: 05/15/2024",
    "Period Ending 05/12/2024", "Regular 18.00 80 1,440.00", "Deductions", "Federal Income Tax 120.00",
    "Social Security 89.28", "Medicare 20.88", "Net Pay 1,209.84",
]  # fmt: skip


def sheet(number: int, lines: list[str], last: str | None = None) -> Page:
    """A page of ``lines`` from the top, its second one in large type, and ``last`` at the foot."""
    placed = [(60.0, 50.0 + 28 * row, text) for row, text in enumerate(lines)]
    placed += [(500.0, 810.0, last)] if last else []
    return replace(page(placed, large=frozenset(lines[1:2])), number=number)


def starts(pages: list[Page], mode: SplitMode = SplitMode.AUTO) -> list[int]:
    return [part.first for part in split_pages(pages, len(pages), mode)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Page 2 of 3", (2, 3)),
        ("Page 1 of5", (1, 5)),
        ("Seite 2 von 4", (2, 4)),
        ("Seite: 2/4", (2, 4)),
        ("Page 3 sur 4", (3, 4)),
        ("Página 1 de 2", (1, 2)),
        ("Pagina 1 di 2", (1, 2)),
        ("Pagina 1 van 2", (1, 2)),
        ("Page 7", (7, None)),
        ("2/3", (2, 3)),
        ("Page 4 of 3", (None, None)),
        ("homepage 2 of 3 offers", (None, None)),
        ("12 May", (None, None)),
    ],
)
def test_the_printed_page_number(text: str, expected: tuple[int | None, int | None]) -> None:
    assert page_number(sheet(1, ["a", "b"], text)) == expected


def test_a_fraction_in_the_middle_of_a_page_is_no_page_number() -> None:
    assert page_number(sheet(1, ["head", "b", "c", "d", "e", "f", "1/2", "g", "h"])) == (None, None)


def test_a_letter_an_invoice_and_a_pay_stub_are_three_documents() -> None:
    pages = [sheet(1, LETTER), sheet(2, INVOICE, "Page 1 of 2"), sheet(3, INVOICE_2, "Page 2 of 2"), sheet(4, STUB)]
    parts = split_pages(pages, 4, SplitMode.AUTO)
    assert [(part.first, part.last) for part in parts] == [(1, 1), (2, 3), (4, 4)]
    kinds = [DocumentType.LETTER, DocumentType.INVOICE, DocumentType.PAY_STUB]
    assert [part.classification.document_type for part in parts] == kinds


def test_numbered_pages_are_never_torn_apart() -> None:
    assert starts([sheet(1, INVOICE, "Page 1 of 2"), sheet(2, STUB, "Page 2 of 2")]) == [1]


def test_an_invoice_that_runs_on_stays_whole() -> None:
    assert starts([sheet(1, INVOICE), sheet(2, INVOICE_2)]) == [1]


@pytest.mark.parametrize(
    "lines",
    [
        ["Allgemeine Geschäftsbedingungen", "§ 1 Geltungsbereich", "Diese Bedingungen gelten für alle Verträge.",
         "§ 2 Preise und Zahlung", "Die Preise verstehen sich ohne Umsatzsteuer.", "§ 3 Eigentumsvorbehalt",
         "Die Ware bleibt bis zur Zahlung Eigentum des Verkäufers.", "§ 4 Gerichtsstand ist München."],
        ["Terms and Conditions of Sale", "1. These terms apply to all contracts of the seller with the buyer.",
         "2. Prices are in pounds sterling and exclude VAT.", "3. Title to the goods remains with the seller.",
         "4. These terms are governed by the law of England and Wales."],
        ["Remittance advice", "Please return this slip with your payment", "Customer number 4711",
         "Amount due 240.00", "Cheques payable to Harper Tools Ltd"],
    ],
)  # fmt: skip
def test_terms_and_slips_stay_with_the_invoice_before_them(lines: list[str]) -> None:
    assert starts([sheet(1, INVOICE), sheet(2, lines)]) == [1]


def test_an_almost_empty_page_begins_nothing() -> None:
    assert starts([sheet(1, LETTER), sheet(2, ["turn over", "please"]), sheet(3, INVOICE)])[:1] == [1]
    assert 2 not in starts([sheet(1, LETTER), sheet(2, ["turn over", "please"]), sheet(3, INVOICE)])


def test_the_other_modes_do_as_they_say() -> None:
    pages = [sheet(1, LETTER), sheet(2, INVOICE), sheet(3, STUB)]
    assert starts(pages, SplitMode.WHOLE) == [1]
    assert starts(pages, SplitMode.EVERY_PAGE) == [1, 2, 3]


def test_pages_that_could_not_be_read_go_with_the_page_before_them() -> None:
    pages = [sheet(2, LETTER), sheet(5, STUB)]
    parts = split_pages(pages, 6, SplitMode.EVERY_PAGE)
    assert [(part.first, part.last) for part in parts] == [(1, 4), (5, 6)]


def test_no_pages_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no pages"):
        split_pages([], 1, SplitMode.AUTO)


@given(st.lists(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=12), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_parts_cover_the_file_without_gaps(texts: list[list[str]]) -> None:
    pages = [sheet(number, lines) for number, lines in enumerate(texts, 1)]
    for mode in SplitMode:
        parts = split_pages(pages, len(pages), mode)
        covered = [number for part in parts for number in range(part.first, part.last + 1)]
        assert covered == list(range(1, len(pages) + 1))


@pytest.mark.parametrize("kept", [0, 1])
def test_words_without_characters_are_no_obstacle(kept: int) -> None:
    """A page may hold words of which mending left nothing, beside others or alone."""
    odd = sheet(2, ["Invoice"])
    nothing = [replace(odd.words[0], id=number, text="") for number in range(kept, kept + 2)]
    odd = replace(odd, words=(*odd.words[:kept], *nothing), lines=odd.lines if kept else ())
    assert [part.first for part in split_pages([sheet(1, LETTER), odd], 2, SplitMode.EVERY_PAGE)] == [1, 2]


def test_there_is_a_figure_for_every_name() -> None:
    facts = page_facts(sheet(1, LETTER))
    assert len(pair_figures(facts, facts)) == len(NAMES)
    assert max(packaged_trees().feature) < len(NAMES)
