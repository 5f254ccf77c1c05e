"""Annotated copies: boxes where the evidence says, labels that say name and confidence and cover no value."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pymupdf
import pytest
from docx import Document
from PIL import Image

from processors.annotate import annotate
from processors.document import Page
from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Extraction,
    Field,
    FieldType,
    FieldValue,
    LineItem,
    ReviewState,
    RuleResult,
    RuleStatus,
)
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.recognition.text_layer import read_text_layer

GREEN, AMBER, RED = (0.05, 0.48, 0.20), (0.82, 0.42, 0.0), (0.80, 0.08, 0.10)


def field(
    name: str,
    box: Box | None,
    confidence: float = 0.99,
    page: int = 1,
    value: FieldValue | None = "x",
    state: ReviewState = ReviewState.NOT_ROUTED,
    rules: tuple[RuleResult, ...] = (),
) -> Field:
    evidence = (
        Evidence(EvidenceSource.PAGE, page, box)
        if box
        else Evidence(EvidenceSource.ATTACHMENT, reference="factur-x.xml#/a")
    )
    kind = FieldType.TEXT
    return Field(name, kind, value, "x", (evidence,), Confidence(confidence), "geometric", "1", rules, state)


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    """Two A4 pages with a line of text at (100, 100) and (100, 130)."""
    path = tmp_path / "in.pdf"
    with pymupdf.open() as document:
        for _ in range(2):
            page = document.new_page(width=595, height=842)
            page.insert_text((100, 100), "Total 12.00", fontsize=10)
            page.insert_text((100, 130), "Another line of text", fontsize=10)
        document.save(path)
    return path


def boxes(page: pymupdf.Page) -> dict[str, pymupdf.Rect]:
    """The squares drawn by annotations, by name, in the coordinates of the page as shown.

    An annotation's own rectangle is the square and a point around it (its ``RD`` entry).
    """
    drawn = {}
    for note in page.annots():
        assert page.parent.xref_get_key(note.xref, "RD")[1] == "[1 1 1 1]"
        x0, y0, x1, y1 = note.rect
        drawn[note.info["title"]] = (pymupdf.Rect(x0 + 1, y0 + 1, x1 - 1, y1 - 1) * page.rotation_matrix).normalize()
    return drawn


def near(rect: pymupdf.Rect, box: Box, tolerance: float = 0.1) -> bool:
    pairs = zip(rect, (box.x0, box.y0, box.x1, box.y1), strict=True)
    return all(abs(one - other) <= tolerance for one, other in pairs)


def label_box(page: pymupdf.Page, text: str) -> pymupdf.Rect:
    """Where ``text`` is drawn, in the coordinates of the page as shown."""
    (found,) = page.search_for(text)
    return found


def test_a_docx_becomes_the_pages_that_its_words_were_read_from(tmp_path: Path) -> None:
    path, out = tmp_path / "in.docx", tmp_path / "out.pdf"
    document = Document()
    document.add_paragraph("Total 12.00")
    document.save(str(path))
    pages = read_text_layer(path, MediaType.DOCX, 1, 1)
    assert isinstance(pages, list)
    assert isinstance(pages[0], Page)
    word = next(word for word in pages[0].words if word.text == "12.00")
    annotate(path, MediaType.DOCX, Extraction((field("total_amount", word.box),)), out)
    with pymupdf.open(out) as copy:
        assert copy.page_count == 1
        assert copy[0].get_textbox(boxes(copy[0])["total_amount"]).strip() == "12.00"


def test_box_label_and_comment(invoice: Path, tmp_path: Path) -> None:
    out, box = tmp_path / "out.pdf", Box(128, 92, 152, 102)
    rule = RuleResult("sum_of_lines", RuleStatus.FAILED, "The lines add up to 11.00.")
    annotate(
        invoice,
        MediaType.PDF,
        Extraction((field("total_amount", box, 0.8765, value=Decimal("12.00"), rules=(rule,)),)),
        out,
    )
    with pymupdf.open(out) as document:
        page = document[0]
        (note,) = list(page.annots())
        assert near(boxes(page)["total_amount"], box)
        assert note.info["title"] == "total_amount"
        assert note.info["content"].splitlines() == [
            "12.00   (printed: x)",
            "confidence 87%, not routed",
            "read by geometric 1",
            "sum_of_lines: The lines add up to 11.00.",
        ]
        label = label_box(page, "total_amount 87%")
        assert not label.intersects(pymupdf.Rect(box.x0, box.y0, box.x1, box.y1))
        assert abs(label.y0 - box.y0) < 30
        assert "Total 12.00" in page.get_text()
        assert list(document[1].annots()) == []


@pytest.mark.parametrize(
    ("state", "confidence", "color"),
    [
        (ReviewState.NOT_ROUTED, 0.95, GREEN),
        (ReviewState.NOT_ROUTED, 0.94, AMBER),
        (ReviewState.NOT_ROUTED, 0.69, RED),
        (ReviewState.PASSED, 0.5, GREEN),
        (ReviewState.SECOND_LOOK, 0.99, AMBER),
        (ReviewState.PERSON, 0.99, RED),
    ],
)
def test_color_tells_the_route(
    invoice: Path, tmp_path: Path, state: ReviewState, confidence: float, color: tuple[float, float, float]
) -> None:
    out = tmp_path / "out.pdf"
    extraction = Extraction((field("total_amount", Box(128, 92, 152, 102), confidence, state=state),))
    annotate(invoice, MediaType.PDF, extraction, out)
    with pymupdf.open(out) as document:
        page = document[0]
        (note,) = list(page.annots())
        assert note.colors["stroke"] == pytest.approx(color, abs=0.01)
        assert bool(note.border["dashes"]) is (color != GREEN)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_page(tmp_path: Path, rotation: int) -> None:
    """Evidence is in the coordinates as shown: the box lies on the word, and the label reads upright."""
    path, out = tmp_path / "in.pdf", tmp_path / "out.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.set_rotation(rotation)
        point = pymupdf.Point(200, 300) * page.derotation_matrix
        page.insert_text(point, "12.00", fontsize=12, rotate=rotation)
        document.save(path)
    with pymupdf.open(path) as document:
        page = document[0]
        word = pymupdf.Rect(page.get_text("words")[0][:4]) * page.rotation_matrix
        word.normalize()
    box = Box(word.x0, word.y0, word.x1, word.y1)
    assert (box.x0, box.y1) == (pytest.approx(200, abs=1), pytest.approx(304, abs=2))

    annotate(path, MediaType.PDF, Extraction((field("total_amount", box, 0.9),)), out)
    with pymupdf.open(out) as document:
        page = document[0]
        assert page.rotation == rotation
        assert near(boxes(page)["total_amount"], box)
        lines = [line for block in page.get_text("dict")["blocks"] for line in block.get("lines", ())]
        (label,) = [line for line in lines if line["spans"][0]["text"] == "total_amount 90%"]
        turned = pymupdf.Rect(label["bbox"]) * page.rotation_matrix
        turned.normalize()
        assert turned.width > turned.height
        assert abs(turned.y1 - box.y0) < 12
        assert turned.x0 == pytest.approx(box.x0 + 1.5, abs=1)
        # On paper the label must run left to right: its first letter is the leftmost ink.
        pixmap = page.get_pixmap(clip=turned, dpi=72)
        assert pixmap.width > pixmap.height


def test_cropped_page_and_loose_graphics_state(tmp_path: Path) -> None:
    """A crop box moves the origin, and content that leaves its scale behind must not move the marks."""
    path, out = tmp_path / "in.pdf", tmp_path / "out.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_text((150, 200), "12.00", fontsize=12)
        page.set_cropbox(pymupdf.Rect(50, 80, 500, 700))
        xref = page.get_contents()[0]
        document.update_stream(xref, document.xref_stream(xref) + b"\n0.5 0 0 0.5 30 30 cm\n")
        document.save(path)
    with pymupdf.open(path) as document:
        word = document[0].get_text("words")[0]
    box = Box(*word[:4])
    annotate(path, MediaType.PDF, Extraction((field("total_amount", box),)), out)
    with pymupdf.open(out) as document:
        page = document[0]
        assert near(boxes(page)["total_amount"], box)
        label = label_box(page, "total_amount 99%")
        assert label.x0 == pytest.approx(box.x0, abs=3)
        assert 0 < box.y0 - label.y1 < 6 or abs(label.y0 - box.y0) < 12


def test_rows_and_cells(invoice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    items = tuple(
        LineItem(
            row,
            (
                field("description", Box(100, 200 + 20 * row, 180, 210 + 20 * row)),
                field("amount", Box(400, 200 + 20 * row, 440, 210 + 20 * row), 0.98 if row < 3 else 0.6),
            ),
        )
        for row in (1, 2, 3)
    )
    annotate(invoice, MediaType.PDF, Extraction(line_items=items), out)
    with pymupdf.open(out) as document:
        page = document[0]
        found = boxes(page)
        assert near(found["line_items[2].amount"], Box(400, 240, 440, 250))
        assert near(found["line_items[2]"], Box(97, 238.5, 443, 251.5))
        assert len(found) == 9
        text = page.get_text()
        assert [label in text for label in ("1: 98%", "2: 98%", "3: 60%", "amount 60%")] == [True] * 4
        assert "description 99%" not in text
        row = label_box(page, "2: 98%")
        assert 235 < (row.y0 + row.y1) / 2 < 255


def test_labels_cover_no_value_and_no_other_label(invoice: Path, tmp_path: Path) -> None:
    """A dense block: forty fields on a grid with little room between them."""
    out = tmp_path / "out.pdf"
    fields = tuple(
        field(f"field_{row}_{column}", Box(60 + 110 * column, 250 + 22 * row, 110 + 110 * column, 260 + 22 * row))
        for row in range(10)
        for column in range(4)
    )
    annotate(invoice, MediaType.PDF, Extraction(fields), out)
    with pymupdf.open(out) as document:
        page = document[0]
        labels = [label_box(page, f"{item.name} 99%") for item in fields]
    values = [pymupdf.Rect(box.x0, box.y0, box.x1, box.y1) for item in fields for box in [item.evidence[0].box] if box]
    slim = [pymupdf.Rect(label.x0, label.y0 + 1.5, label.x1, label.y1 - 1.5) for label in labels]
    assert not any(label.intersects(value) for label in slim for value in values)
    assert not any(one.intersects(other) for index, one in enumerate(slim) for other in slim[:index])


def test_second_page_is_marked_and_legend_names_what_no_page_shows(invoice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    extraction = Extraction(
        (field("due_date", None, 1.0, value=date(2026, 3, 5)), field("iban", Box(100, 92, 152, 102), page=2))
    )
    annotate(invoice, MediaType.PDF, extraction, out)
    with pymupdf.open(out) as document:
        assert list(document[0].annots()) == []
        assert set(boxes(document[1])) == {"iban"}
        text = document[1].get_text()
        assert "due_date = 2026-03-05  100%  (not on a page)" in text
        assert "needs a person" in text


def test_value_over_several_lines_is_labelled_once(invoice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    lines = tuple(Evidence(EvidenceSource.PAGE, 1, Box(100, top, 200, top + 9)) for top in (300, 312, 324))
    address = Field("vendor_address", FieldType.TEXT, "a", "a", lines, Confidence(0.9), "geometric", "1")
    annotate(invoice, MediaType.PDF, Extraction((address,)), out)
    with pymupdf.open(out) as document:
        assert len(list(document[0].annots())) == 3
        assert document[0].get_text().count("vendor_address") == 1


def test_nothing_extracted_still_gives_the_document(invoice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    annotate(invoice, MediaType.PDF, Extraction(), out)
    with pymupdf.open(out) as document:
        assert document.page_count == 2
        assert "second look" in document[0].get_text()


def test_in_place(invoice: Path) -> None:
    annotate(invoice, MediaType.PDF, Extraction((field("iban", Box(100, 92, 152, 102)),)), invoice)
    with pymupdf.open(invoice) as document:
        assert set(boxes(document[0])) == {"iban"}


@pytest.mark.parametrize(("name", "media_type"), [("in.png", MediaType.PNG), ("in.jpg", MediaType.JPEG)])
def test_image_becomes_a_page_of_its_size(tmp_path: Path, name: str, media_type: MediaType) -> None:
    path, out = tmp_path / name, tmp_path / "out.pdf"
    picture = Image.new("L", (1240, 1754), 255)
    picture.paste(0, (300, 400, 500, 440))
    picture.save(path, dpi=(150, 150))
    box = Box(300 * 0.48, 400 * 0.48, 500 * 0.48, 440 * 0.48)
    annotate(path, media_type, Extraction((field("total_amount", box),)), out)
    with pymupdf.open(out) as document:
        page = document[0]
        assert (page.rect.width, page.rect.height) == (pytest.approx(595.2, abs=0.5), pytest.approx(841.9, abs=0.5))
        assert near(boxes(page)["total_amount"], box)
        inside = pymupdf.Rect(box.x0 + 3, box.y0 + 3, box.x1 - 3, box.y1 - 3)
        pixmap = page.get_pixmap(clip=inside, dpi=72, colorspace=pymupdf.csGRAY, annots=False)
        assert max(pixmap.samples) < 30


def test_every_frame_of_a_tiff(tmp_path: Path) -> None:
    path, out = tmp_path / "in.tif", tmp_path / "out.pdf"
    frames = [Image.new("1", (850, 1100), 1) for _ in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="group4", dpi=(100, 100))
    annotate(path, MediaType.TIFF, Extraction((field("total_amount", Box(50, 50, 90, 60), page=3),)), out)
    with pymupdf.open(out) as document:
        assert [tuple(page.rect)[2:] for page in document] == [(612, 792)] * 3
        assert set(boxes(document[2])) == {"total_amount"}


def test_evidence_beyond_the_document_is_an_error(invoice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    with pytest.raises(ValueError, match="page 3 of a document with 2"):
        annotate(invoice, MediaType.PDF, Extraction((field("iban", Box(1, 1, 9, 9), page=3),)), out)
    assert not out.exists()


def test_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(ValueError, match="damaged"):
        annotate(path, MediaType.PDF, Extraction(), tmp_path / "out.pdf")
