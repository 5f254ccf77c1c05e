"""Layouts: every field of the truth is printed where its placement says, and nothing runs off the page."""

import itertools
from collections import defaultdict
from decimal import Decimal
from random import Random

import pymupdf
import pytest

from processors.synthesis import invoice_stream
from processors.synthesis.canvas import Align, Canvas, Drawing, Face, text_width, wrap
from processors.synthesis.content import InvoiceContent, invoice_content, receipt_content
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market, market_keys
from processors.synthesis.parts import choose_style
from processors.synthesis.receipts import till
from processors.synthesis.truth import Truth, invoice_truth, receipt_truth


def drawn(
    layout: str, market: str, document_type: str = "invoice", lines: int | None = None
) -> tuple[Drawing, Truth, InvoiceContent]:
    """A document, its truth and its content."""
    rng = Random(f"{layout}{market}")
    content = invoice_content(rng, load_market(market), document_type, lines)
    style = choose_style(rng, content)
    return LAYOUTS[layout](content, style), invoice_truth(content, style.columns, layout), content


def check_printed(drawing: Drawing, truth: Truth) -> None:
    """The text layer under each placement is its text, and placements cover exactly the truth's fields."""
    with pymupdf.open(stream=drawing.pdf) as document:
        pages = [(page, page.get_textpage()) for page in document]
        for placement in drawing.placements:
            (page, text), box = pages[placement.page - 1], placement.box
            assert 0 <= box.x0 < box.x1 <= page.rect.width, placement
            assert 0 <= box.y0 < box.y1 <= page.rect.height, placement
            clip = pymupdf.Rect(box.x0 - 0.5, box.y0 + 2, box.x1 + 0.5, box.y1 - 2)  # clear of the next line
            assert page.get_textbox(clip, textpage=text).replace("\n", "").strip() == placement.text
    placed = {placement.field for placement in drawing.placements}
    fields = {name for name, value in truth.fields.items() if value is not None and name != "currency"}
    cells = {f"line_items[{row}].{name}" for row, item in enumerate(truth.line_items, 1) for name in item}
    assert placed == fields | cells


@pytest.mark.parametrize("market", market_keys())
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("document_type", ["invoice", "credit_note"])
def test_invoice_layout_prints_its_truth(layout: str, market: str, document_type: str) -> None:
    drawing, truth, _ = drawn(layout, market, document_type)
    assert (truth.document_type, truth.group) == (document_type, layout)
    check_printed(drawing, truth)


@pytest.mark.parametrize("market", market_keys())
def test_receipt_prints_its_truth(market: str) -> None:
    content = receipt_content(Random(2), load_market(market))
    check_printed(till(content), receipt_truth(content, "till"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_do_not_overlap(layout: str) -> None:
    for market in market_keys():
        drawing, _, _ = drawn(layout, market)
        boxes = [placement.box for placement in drawing.placements]
        for one, other in itertools.combinations(boxes, 2):
            assert one.horizontal_overlap(other) == 0 or one.vertical_overlap(other) < 2, (market, one, other)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_long_table_continues_on_the_next_page(layout: str) -> None:
    drawing, _, content = drawn(layout, "gb", lines=60)
    with pymupdf.open(stream=drawing.pdf) as document:
        pages = document.page_count
        texts = [page.get_text() for page in document]
    assert pages == 3
    assert content.wording["page"].format(page=3, pages=3) in texts[2]
    heading = content.wording["unit_price"]
    with_rows = {placement.page for placement in drawing.placements if placement.field.startswith("line_items")}
    assert all(heading in texts[page - 1] for page in with_rows)
    assert len(with_rows) >= 2
    assert max(placement.box.y1 for placement in drawing.placements) < 842


def test_rows_stand_in_order_down_the_page() -> None:
    drawing, _, _ = drawn("ruled", "gb", lines=60)
    rows: dict[int, tuple[int, float]] = {}
    for placement in drawing.placements:
        if placement.field.endswith("].amount"):
            rows[int(placement.field[len("line_items[") : -len("].amount")])] = (placement.page, placement.box.y0)
    assert [rows[number] for number in range(1, 61)] == sorted(rows.values())


def test_truth_of_a_printed_amount() -> None:
    drawing, truth, content = drawn("aligned", "de")
    printed = {placement.field: placement.text for placement in drawing.placements}
    assert printed["total_amount"] == content.market.money(content.total)
    assert Decimal(truth.fields["total_amount"] or "") == content.total


def test_stream_repeats_by_seed_and_never_within() -> None:
    first = list(itertools.islice(invoice_stream(11), 60))
    again = list(itertools.islice(invoice_stream(11), 60))
    assert first == again
    assert len({pdf for pdf, _ in first}) == 60
    assert first[0] != next(invoice_stream(12))


def test_stream_is_one_page_of_every_language_and_layout() -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    for pdf, truth in itertools.islice(invoice_stream(1), 150):
        with pymupdf.open(stream=pdf) as document:
            assert document.page_count == 1
        seen["language"].add(truth.language)
        seen["group"].add(truth.group)
    assert seen == {"language": {"en", "de", "fr", "es", "it", "nl", "pt"}, "group": set(LAYOUTS)}


def test_text_width_is_what_the_renderer_sets() -> None:
    canvas = Canvas(300, 100)
    box = canvas.text(250, 50, "Größe (1.234,56 €) · ok\\", Face.SERIF, 10, align=Align.RIGHT)
    with pymupdf.open(stream=canvas.finish().pdf) as document:
        (x0, _, x1, _, text, *_) = document[0].get_text("blocks")[0]
    assert text.strip() == "Größe (1.234,56 €) · ok\\"
    assert (x0, x1) == (pytest.approx(box.x0, abs=0.2), pytest.approx(250, abs=0.2))


def test_text_outside_the_code_page_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        Canvas(100, 100).text(10, 10, "Łódź")


def test_wrap_keeps_every_word_within_the_width() -> None:
    text = "Kopierpapier A4, 80 g/m², weiß, chlorfrei gebleicht"
    lines = wrap(text, Face.SANS, 9, 90)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(text_width(line, Face.SANS, 9) <= 90 for line in lines)
