"""The text layer: words as a person sees them, or the reason why the page needs OCR."""

import subprocess
import sys
from pathlib import Path

import pymupdf
import pytest

from processors.document import Page, PageSource, SourceDecision
from processors.errors import ErrorCode, Refusal
from processors.intake.media import MediaType
from processors.intake.packet import build_packet
from processors.recognition.orientation import upright
from processors.recognition.text_layer import FailedPage, NeedsOcr, read_text_layer
from processors.recognition.text_layer.reading import TEXT_LAYER_VERSION

_TEXT = [f"Line {row} of an ordinary invoice with words enough" for row in range(12)]


def _write(path: Path, document: pymupdf.Document) -> Path:
    document.save(path)
    return path


def _page(document: pymupdf.Document, lines: list[str] | None = None, **options: object) -> pymupdf.Page:
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(_TEXT if lines is None else lines):
        page.insert_text((72, 100 + 20 * row), line, fontsize=11, **options)
    return page


def _scan(page: pymupdf.Page, overlay: bool = True) -> None:
    """A page-filling picture."""
    pixmap = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 84))
    pixmap.clear_with(230)
    page.insert_image(page.rect, pixmap=pixmap, overlay=overlay)


def _read(path: Path) -> Page | NeedsOcr:
    pages = read_text_layer(path, MediaType.PDF, 1, 1)
    assert isinstance(pages, list)
    [page] = pages
    assert not isinstance(page, FailedPage)
    return page


def test_words_lines_and_boxes_of_a_born_digital_page(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document)
    [expected] = page.search_for("ordinary")[:1]
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert read.source is PageSource.TEXT_LAYER
    assert read.engine == f"pymupdf-{pymupdf.VersionBind}/text_layer.{TEXT_LAYER_VERSION}"
    assert (read.number, read.width, read.height, read.rotation) == (1, 595, 842, 0)
    assert read.text.split("\n") == _TEXT
    word = next(word for word in read.words if word.text == "ordinary")
    assert word.confidence == 1.0
    assert (word.box.x0, word.box.y0, word.box.x1) == pytest.approx((expected.x0, expected.y0, expected.x1), abs=0.1)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_follow_the_pages_own_rotation(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = _page(document)
    page.set_rotation(rotation)
    place = page.search_for("ordinary")[0] * page.rotation_matrix
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert (read.width, read.height) == ((842, 595) if rotation != 180 else (595, 842))
    box = next(word.box for word in read.words if word.text == "ordinary")
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((place.x0, place.y0, place.x1, place.y1), abs=0.1)
    # The viewer shows the text turned clockwise; reading turns it back.
    assert read.rotation == 360 - rotation
    assert upright(read).text.split("\n") == _TEXT
    assert upright(read).words[0].box.x0 == pytest.approx(72, abs=1)


def test_text_written_sideways_for_a_rotated_page_is_upright(tmp_path: Path) -> None:
    """A landscape page as many producers write it: turned text on a portrait page, and /Rotate to show it."""
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(_TEXT):
        page.insert_text((100 + 20 * row, 700), line, fontsize=11, rotate=90)
    page.set_rotation(90)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert read.rotation == 0
    assert read.text.split("\n") == _TEXT


def test_text_that_runs_up_the_page_is_turned(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(_TEXT):
        page.insert_text((100 + 20 * row, 700), line, fontsize=11, rotate=90)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert read.rotation == 90
    assert read.text.split("\n") == _TEXT


def test_pages_come_in_order_with_their_own_verdicts(tmp_path: Path) -> None:
    document = pymupdf.open()
    _page(document)
    _scan(document.new_page(width=595, height=842))
    _page(document, ["Third page, which has text again: 1.234,56"])
    document.new_page(width=300, height=400)
    pages = read_text_layer(_write(tmp_path / "a.pdf", document), MediaType.PDF, 2, 99)
    assert isinstance(pages, list)
    assert [page.number for page in pages] == [2, 3, 4]
    first = pages[0]
    assert isinstance(first, NeedsOcr)
    assert (first.width, first.height, first.decision.reason) == (595, 842, "no text layer")
    assert (first.regions, first.text) == ((), None)
    assert isinstance(pages[1], Page)
    assert isinstance(pages[2], Page)
    assert pages[2].words == ()


def test_somebodys_ocr_under_a_scan_is_not_trusted(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    _scan(page)
    for row, line in enumerate(_TEXT):
        page.insert_text((72, 100 + 20 * row), line, render_mode=3)
    assert isinstance(_read(_write(tmp_path / "invisible.pdf", document)), NeedsOcr)
    document = pymupdf.open()
    _scan(_page(document))  # visible text first, then the picture over it
    assert isinstance(_read(_write(tmp_path / "covered.pdf", document)), NeedsOcr)


def test_a_letterhead_picture_behind_the_text_does_not_matter(tmp_path: Path) -> None:
    document = pymupdf.open()
    _scan(_page(document), overlay=False)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert read.text.split("\n") == _TEXT


def test_a_stamp_on_a_scan_does_not_make_it_born_digital(tmp_path: Path) -> None:
    document = pymupdf.open()
    _scan(_page(document, ["Received 12.03.2024, accounts payable"]), overlay=False)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "an image with a stamp of text"


def test_invisible_words_on_a_visible_page_are_left_out(tmp_path: Path) -> None:
    """What no person sees must not become an amount."""
    document = pymupdf.open()
    page = _page(document)
    page.insert_text((72, 700), "Total 9999.99", render_mode=3)
    page.insert_text((72, 720), "Total 8888.88", fontsize=1)
    page.insert_text((72, 2000), "Total 7777.77")
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert read.text.split("\n") == _TEXT


def test_a_font_without_unicode_names_needs_ocr(tmp_path: Path) -> None:
    """As subset fonts of old producers: glyphs called g0, g1, ... and no ToUnicode map."""
    document = pymupdf.open()
    page = _page(document)
    font = page.get_fonts()[0][0]
    names = " ".join(f"/g{code}" for code in range(33, 127))
    document.xref_set_key(font, "Encoding", f"<</Type/Encoding/Differences[33 {names}]>>")
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "garbled text layer: characters without a meaning"


def test_shifted_character_codes_need_ocr(tmp_path: Path) -> None:
    document = pymupdf.open()
    _page(document, ["!#&()*+, -./:;<=>?@ [\\]^_`{|}~ :;'&% TX"] * 8)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "garbled text layer: hardly any letters or digits"


def test_text_drawn_as_outlines_needs_ocr(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document, ["Page 1 of 1, printed"])
    shape = page.new_shape()
    for row in range(30):
        for column in range(20):
            shape.draw_rect(pymupdf.Rect(72 + 9 * column, 120 + 14 * row, 77 + 9 * column, 128 + 14 * row))
            shape.finish(fill=(0, 0, 0), color=None, width=0)
    shape.commit()
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "text is drawn as outlines"


def test_fake_bold_spread_words_and_ligatures_are_mended(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document)
    page.insert_text((72, 600), "Gesamtbetrag")
    page.insert_text((72.4, 600), "Gesamtbetrag")
    for step, letter in enumerate("RECHNUNG"):
        page.insert_text((72 + 16 * step, 640), letter, fontsize=14)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    texts = [word.text for word in read.words]
    assert texts.count("Gesamtbetrag") == 1
    assert "RECHNUNG" in texts


def test_filled_form_fields_are_part_of_the_page(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document)
    widget = pymupdf.Widget()
    widget.field_name, widget.field_type = "total", pymupdf.PDF_WIDGET_TYPE_TEXT
    widget.field_value, widget.rect = "4711.50", pymupdf.Rect(72, 600, 200, 620)
    page.add_widget(widget)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, Page)
    assert "4711.50" in [word.text for word in read.words]


def test_images_need_ocr_page_by_page(tmp_path: Path) -> None:
    from PIL import Image

    pages = [Image.new("L", (850, 1100), 255) for _ in range(3)]
    path = tmp_path / "scan.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], dpi=(100, 100))
    assert read_text_layer(path, MediaType.TIFF, 2, 3) == [
        NeedsOcr(2, 612, 792, SourceDecision("an image file")),
        NeedsOcr(3, 612, 792, SourceDecision("an image file")),
    ]


def test_pdfs_in_a_packet_are_read_by_their_text_layer(tmp_path: Path) -> None:
    document = pymupdf.open()
    _page(document)
    _page(document, ["The second page of the same file, 1.234,56 EUR"])
    _scan(document.new_page(width=300, height=400))
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 85, 110))
    picture.clear_with(255)
    picture.set_dpi(10, 10)
    path = tmp_path / "packet.zip"
    path.write_bytes(build_packet([picture.tobytes("png"), document.tobytes(), picture.tobytes("png")]))
    pages = read_text_layer(path, MediaType.PACKET, 1, 99)
    assert isinstance(pages, list)
    image, first, second, scan, last = pages
    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert (first.number, first.text.split("\n")) == (2, _TEXT)
    assert (second.number, second.text) == (3, "The second page of the same file, 1.234,56 EUR")
    assert isinstance(scan, NeedsOcr)
    assert (scan.number, scan.width, scan.height, scan.decision.reason) == (4, 300, 400, "no text layer")
    assert [page.number for page in (image, last) if isinstance(page, NeedsOcr)] == [1, 5]
    assert read_text_layer(path, MediaType.PACKET, 3, 4) == [second, scan]
    assert read_text_layer(path, MediaType.PACKET, 6, 9) == []


def test_a_page_says_by_what_figures_it_was_read(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document)
    page.insert_text((72, 700), "Total 9999.99", render_mode=3)
    _scan(document.new_page(width=595, height=842))
    pages = read_text_layer(_write(tmp_path / "a.pdf", document), MediaType.PDF, 1, 2)
    assert isinstance(pages, list)
    text, scan = pages
    assert isinstance(text, Page)
    assert text.decision is not None
    assert text.decision.reason == "a good text layer"
    figures = dict(text.decision.figures)
    visible = sum(len(line.replace(" ", "")) for line in _TEXT)
    assert (figures["characters"], figures["words"]) == (visible, 9 * 12)
    assert figures["hidden_share"] == pytest.approx(12 / (visible + 12), abs=1e-4)
    assert (figures["garbled_share"], figures["image_share"], figures["unmapped_share"]) == (0, 0, 0)
    assert isinstance(scan, NeedsOcr)
    assert dict(scan.decision.figures)["image_share"] == pytest.approx(1, abs=0.05)


def _damage(document: pymupdf.Document, page: pymupdf.Page) -> None:
    """Contents packed with more components to a sample than there can be."""
    [contents] = page.get_contents()
    document.xref_set_key(page.xref, "Contents", f"{contents} 0 R")  # of a list, MuPDF would skip it
    document.xref_set_key(contents, "Filter", "/FlateDecode")
    document.xref_set_key(contents, "DecodeParms", "<</Predictor 2/Colors 536870913/Columns 1/BitsPerComponent 8>>")


def test_a_damaged_page_is_named_and_the_others_stand(tmp_path: Path) -> None:
    document = pymupdf.open()
    for _ in range(3):
        _page(document, ["one line of text"])
    _damage(document, document[1])
    path = _write(tmp_path / "a.pdf", document)
    pages = read_text_layer(path, MediaType.PDF, 1, 3)
    assert isinstance(pages, list)
    first, second, third = pages
    assert isinstance(first, Page)
    assert isinstance(third, Page)
    assert isinstance(second, FailedPage)
    assert (second.number, second.code) == (2, ErrorCode.CORRUPT)
    assert "page 2 cannot be read" in second.message
    assert read_text_layer(path, MediaType.PDF, 2, 2) == [second]


def test_a_letterhead_picture_beside_the_text_is_a_region(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _page(document)
    page.set_rotation(90)
    letterhead = pymupdf.open()
    paper = letterhead.new_page(width=200, height=40)
    paper.insert_text((10, 25), "Muster und Sohn GmbH", fontsize=16)
    # Put where the turned page shows it at 100, 20.
    place = pymupdf.Rect(100, 20, 300, 60) * page.derotation_matrix
    page.insert_image(place, pixmap=paper.get_pixmap(dpi=200), rotate=90)
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    [region] = read.regions
    ink = pymupdf.Rect(110, 30, 290, 55)
    assert (region.x0, region.y0) == pytest.approx((ink.x0, ink.y0), abs=8)
    assert 260 <= region.x1 <= 296
    assert read.text is not None
    assert upright(read.text).text.split("\n") == _TEXT
    assert read.text.decision == read.decision


def test_words_that_lost_characters_are_regions_of_their_own(tmp_path: Path) -> None:
    """A font that has a Unicode for letters but not for digits."""
    document = pymupdf.open()
    page = _page(document)
    page.insert_text((72, 700), "Total 471.50", fontname="cour")
    font = next(font[0] for font in page.get_fonts() if font[3] == "Courier")
    names = " ".join(f"/g{code}" for code in range(48, 58))
    document.xref_set_key(font, "Encoding", f"<</BaseEncoding/WinAnsiEncoding/Differences[48 {names}]>>")
    read = _read(_write(tmp_path / "a.pdf", document))
    assert isinstance(read, NeedsOcr)
    [region] = read.regions
    assert region.x0 == pytest.approx(72 + 6 * 6.6 - 4, abs=1)
    assert region.y0 < 695 < 702 < region.y1
    assert read.text is not None
    assert read.text.words[-1].text == "Total"


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\nrubbish")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    document = pymupdf.open()
    _page(document)
    document.save(tmp_path / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="o")
    for name, media_type, code in (
        ("broken.pdf", MediaType.PDF, ErrorCode.CORRUPT),
        ("broken.png", MediaType.PNG, ErrorCode.CORRUPT),
        ("locked.pdf", MediaType.PDF, ErrorCode.ENCRYPTED),
    ):
        refusal = read_text_layer(tmp_path / name, media_type, 1, 1)
        assert isinstance(refusal, Refusal)
        assert refusal.code is code


_MEASURE = """
import sys
from pathlib import Path
from processors.intake.media import MediaType
from processors.recognition.text_layer import read_text_layer
for first in range(1, 501, 50):
    pages = read_text_layer(Path(sys.argv[1]), MediaType.PDF, first, first + 49)
    assert len(pages) == 50 and all(len(page.words) == 132 for page in pages)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_five_hundred_pages_in_bounded_memory(tmp_path: Path) -> None:
    document = pymupdf.open()
    _page(document, [f"{row} the quick brown fox jumps over lazy dogs, always {row}" for row in range(12)])
    for _ in range(499):
        document.fullcopy_page(0)
    path = _write(tmp_path / "long.pdf", document)
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300 * 1024
