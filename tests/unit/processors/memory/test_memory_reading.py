"""What is read from memory: the right values on the next document of a layout, and nothing on any other."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.document import Page
from processors.fields import Extraction, Field, FieldType
from processors.memory import READER_NAME, lookup_keys, sketch
from processors.memory.shape import fits, shape_of
from processors.validation.grounding import ground
from tests.unit.processors.geometric.page_builder import page
from tests.unit.processors.memory.documents import (
    PRINTED,
    SECOND,
    SECOND_VALUES,
    VALUES,
    field,
    fields,
    invoice,
    layout_of,
    lesson,
    moved,
    placed,
    read,
    scan,
    taught,
    values,
)

FIRST = invoice()
LAYOUT = layout_of(FIRST, fields(FIRST))


def test_the_next_document_is_read_by_the_places_of_the_first() -> None:
    found = read(invoice(SECOND), LAYOUT)
    assert values(found) == SECOND_VALUES
    assert found is not None
    assert {item.reader for item in found.fields} == {READER_NAME}
    assert {item.reader_version for item in found.fields} == {"l-1@1"}


def test_every_value_cites_its_words() -> None:
    on = invoice(SECOND)
    found = read(on, LAYOUT)
    assert found is not None
    grounded, _ = ground(Extraction(found.fields), [on])
    assert len(grounded.fields) == len(SECOND_VALUES)
    for item in found.fields:
        assert item.raw_text == SECOND[item.name]


@pytest.mark.parametrize("rows", [1, 5, 20])
def test_sums_are_found_below_a_longer_table(rows: int) -> None:
    assert values(read(invoice(SECOND, rows=rows), LAYOUT)) == SECOND_VALUES


@given(dx=st.floats(-30, 40), dy=st.floats(-25, 50), rows=st.integers(1, 8))
@settings(max_examples=25, deadline=None)
def test_a_shift_of_the_page_changes_nothing(dx: float, dy: float, rows: int) -> None:
    assert values(read(page(moved(placed(SECOND, rows), dx, dy)), LAYOUT)) == SECOND_VALUES


@given(width=st.floats(480, 720))
@settings(max_examples=15, deadline=None)
def test_a_scan_with_other_margins_is_read_too(width: float) -> None:
    on = replace(scan(placed(SECOND)), width=width)
    assert values(read(on, LAYOUT)) == SECOND_VALUES


def test_slips_of_ocr_in_labels_do_no_harm() -> None:
    slipped = [
        (x, y, text.replace("Rechnungsdatum", "Rechnungsdaturn").replace("Gesamtbetrag", "Gesamtbetraq"))
        for x, y, text in placed(SECOND)
    ]
    found = values(read(scan(slipped), LAYOUT))
    assert found["total_amount"] == Decimal("99.96")
    assert found["invoice_number"] == "2024-01204"


def test_a_slip_in_the_vendors_name_still_finds_the_vendor_but_is_not_read_as_its_name() -> None:
    found = values(read(scan(placed({**SECOND, "vendor_name": "Musterban GmbH"})), LAYOUT))
    assert "vendor_name" not in found
    assert found["total_amount"] == Decimal("99.96")


def test_a_row_that_is_not_printed_is_not_read_from_its_neighbour() -> None:
    found = values(read(invoice(SECOND, without=["tax_amount"]), LAYOUT))
    assert "tax_amount" not in found
    assert found["total_amount"] == Decimal("99.96")
    assert found["subtotal"] == Decimal("84.00")


def test_another_layout_of_the_vendor_is_not_read() -> None:
    """The vendor changed its software: same name, same tax id, all else elsewhere and in other words."""
    changed = [
        (200.0, 30.0, "RECHNUNG"),
        (400.0, 60.0, "Musterbau GmbH"),
        (60.0, 300.0, "Nr."),
        (60.0, 314.0, "2025-00001"),
        (200.0, 300.0, "vom"),
        (200.0, 314.0, "01.02.2025"),
        (60.0, 500.0, "Summe"),
        (300.0, 500.0, "119,00"),
        (60.0, 700.0, "USt-IdNr. DE123456789"),
    ]
    assert read(page(changed), LAYOUT) is None


def test_two_vendors_with_one_template_are_not_confused() -> None:
    other = {**SECOND, "vendor_name": "Nordlicht Elektro KG", "vendor_tax_id": "DE987654321"}
    assert read(invoice(other), LAYOUT) is None
    theirs = layout_of(invoice(other), fields(invoice(other), other, _of(other)), layout_id="l-2")
    ours, found = read(invoice(SECOND), LAYOUT, theirs), read(invoice(other), LAYOUT, theirs)
    assert ours is not None
    assert ours.layout is LAYOUT
    assert found is not None
    assert found.layout is theirs
    assert values(found)["vendor_name"] == "Nordlicht Elektro KG"


def test_a_vendor_as_the_customer_of_another_is_not_taken_for_the_vendor() -> None:
    turned = {
        **SECOND,
        "vendor_name": "Nordlicht Elektro KG",
        "customer_name": "Musterbau GmbH",
        "vendor_tax_id": "DE5",
    }
    assert read(invoice(turned), LAYOUT) is None


def test_one_name_with_another_tax_id_is_another_vendor_once_the_tax_id_is_sure() -> None:
    second = invoice(SECOND)
    sure = lesson(LAYOUT, second, *taught(fields(second, SECOND, SECOND_VALUES)))
    sister = {**SECOND, "vendor_tax_id": "DE987654321"}
    assert read(invoice(sister), sure) is None
    assert read(second, sure) is not None


def test_another_type_of_document_is_another_layout() -> None:
    assert read(invoice(SECOND), replace(LAYOUT, document_type="credit_note")) is None


def test_a_text_of_another_look_is_not_read() -> None:
    odd = {**SECOND, "invoice_number": "siehe-oben"}
    assert "invoice_number" not in values(read(invoice(odd), LAYOUT))


def test_what_persons_showed_of_dates_decides_ambiguous_ones() -> None:
    def with_slashes(printed: dict[str, str]) -> dict[str, str]:
        return {**printed, "invoice_date": "03/04/2024", "due_date": "05/06/2024"}

    first = invoice(with_slashes(PRINTED))
    right = {**VALUES, "invoice_date": date(2024, 3, 4), "due_date": date(2024, 5, 6)}  # month first, on a German page
    layout = layout_of(first, fields(first, with_slashes(PRINTED), right))
    assert layout.day_first == (0, 2)
    second = {**SECOND, "invoice_date": "07/08/2024", "due_date": "09/10/2024"}
    found = values(read(invoice(second), layout))
    assert (found["invoice_date"], found["due_date"]) == (date(2024, 7, 8), date(2024, 9, 10))


@given(st.lists(st.tuples(st.floats(0, 560), st.floats(0, 800), st.text(max_size=12)), max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_page_makes_it_fail(texts: list[tuple[float, float, str]]) -> None:
    on = page(texts)
    assert read(on, LAYOUT) is None
    lookup_keys(sketch([on], "invoice"))


def test_no_pages_no_layouts_nothing() -> None:
    assert read(invoice(SECOND)) is None


def _of(printed: dict[str, str]) -> dict[str, object]:
    return {**SECOND_VALUES, "vendor_name": printed["vendor_name"], "vendor_tax_id": printed["vendor_tax_id"]}


# keys


def _shared(one: Page, other: Page) -> int:
    return len(set(lookup_keys(sketch([one], "invoice"))) & set(lookup_keys(sketch([other], "invoice"))))


def test_keys_find_the_layout_whatever_else_is_printed() -> None:
    assert _shared(FIRST, invoice(SECOND, rows=12)) > 3
    assert _shared(FIRST, scan(moved(placed(SECOND), 17, 9))) > 3
    words = ["Some", "other", "company", "sells", "quite", "different", "goods"]
    other = page([(50, 40 + 14 * row, word) for row, word in enumerate(words)])
    assert _shared(FIRST, other) == 0


def test_keys_are_signed_64_bit_numbers_and_the_same_every_time() -> None:
    keys = lookup_keys(sketch([FIRST], "invoice"))
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert keys == lookup_keys(sketch([FIRST], "invoice"))
    assert set(keys) != set(lookup_keys(sketch([FIRST], "credit_note")))


# the look of a text


@pytest.mark.parametrize(
    ("text", "shapes", "kind", "fit"),
    [
        ("RE-2024/0018", ["RE-2024/0017"], FieldType.IDENTIFIER, True),
        ("RE-2024/118", ["RE-2024/0017"], FieldType.IDENTIFIER, True),
        ("4711", ["RE-2024/0017"], FieldType.IDENTIFIER, False),
        ("1000", ["997", "998", "999"], FieldType.IDENTIFIER, True),
        ("100000", ["997", "998", "999"], FieldType.IDENTIFIER, False),
        ("12,00", ["1.234,56"], FieldType.MONEY, True),
        ("12", ["1.234,56"], FieldType.MONEY, False),
        ("12", ["1,234"], FieldType.MONEY, True),
        ("03.04.2024", ["14.03.2024"], FieldType.DATE, True),
        ("3 avril 2024", ["14.03.2024"], FieldType.DATE, False),
        ("Anything at all", ["Kunden AG"], FieldType.TEXT, True),
    ],
)
def test_a_text_must_look_like_those_before(text: str, shapes: list[str], kind: FieldType, fit: bool) -> None:
    assert fits(text, tuple(map(shape_of, shapes)), kind) is fit


def test_the_shape_of_a_text() -> None:
    assert shape_of("RE-2024/0017") == "A2-9*4/9*4"


def test_a_field_of_another_type_in_the_schema_is_not_read() -> None:
    lessons = {**LAYOUT.lessons, "due_date": replace(LAYOUT.lessons["due_date"], type=FieldType.TEXT)}
    found: Field | None = None
    recalled = read(invoice(SECOND), replace(LAYOUT, lessons=lessons))
    assert recalled is not None
    found = recalled.field("due_date")
    assert found is None


def test_a_field_that_is_taught_without_words_is_no_lesson() -> None:
    bare = replace(field("due_date", date(2024, 3, 28), FIRST, "28.03.2024"), evidence=())
    assert "due_date" not in layout_of(FIRST, [*fields(FIRST)[:4], bare]).lessons
