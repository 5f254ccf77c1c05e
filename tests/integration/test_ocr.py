"""The real OCR models on pages whose every word is known."""

from pathlib import Path

import numpy as np
import pymupdf
import pytest

from processors.document import Page, PageSource, SourceDecision
from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.recognition.engine import Character, ModelSize
from processors.recognition.model_files import alphabet, recognizer_file
from processors.recognition.models import engine_name
from processors.recognition.networks import Device, load_network, load_recognizer
from processors.recognition.ocr import ocr_page
from processors.recognition.orientation import turn_box, upright
from processors.recognition.recognizer import CtcRecognizer
from processors.recognition.text_layer import NeedsOcr

pytestmark = pytest.mark.ocr

WANTED = NeedsOcr(1, 595.0, 842.0, SourceDecision("an image file"))

_LINES = [
    (72, 90, 20, "Rechnung Nr. 2024-00317"),
    (72, 140, 11, "Musterbau GmbH"),
    (72, 156, 11, "Industriestraße 17, 80331 München"),
    (360, 140, 11, "Rechnungsdatum: 14.03.2024"),
    (360, 156, 11, "Kundennummer: 55123"),
    (72, 240, 11, "Position"),
    (200, 240, 11, "Beschreibung der Leistung"),
    (480, 240, 11, "Betrag"),
    (72, 262, 11, "1001"),
    (200, 262, 11, "Beratung vor Ort"),
    (480, 262, 11, "1.250,00"),
    (72, 280, 11, "1002"),
    (200, 280, 11, "Reisekosten pauschal"),
    (480, 280, 11, "85,40"),
    (360, 330, 11, "Zwischensumme netto"),
    (480, 330, 11, "1.335,40"),
    (360, 350, 11, "Umsatzsteuer 19 %"),
    (480, 350, 11, "253,73"),
    (360, 376, 13, "Gesamtbetrag EUR"),
    (480, 376, 13, "1.589,13"),
    (72, 460, 11, "Zahlbar innerhalb von 14 Tagen ohne Abzug"),
]


def _document() -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for x, y, size, text in _LINES:
        page.insert_text((x, y), text, fontsize=size)
    return document


def _expected() -> dict[str, Box]:
    """Each word that occurs once, with the box of its characters."""
    words = _document()[0].get_text("words")
    texts = [word[4] for word in words]
    return {word[4]: Box(*word[:4]) for word in words if texts.count(word[4]) == 1}


def _write_png(path: Path, turn: int, dpi: int = 200) -> None:
    """The page as a scan that shows it turned clockwise by ``turn``."""
    pixmap = _document()[0].get_pixmap(matrix=pymupdf.Matrix(dpi / 72, dpi / 72).prerotate(turn))
    pixmap.set_dpi(dpi, dpi)
    pixmap.save(path)


def _read(path: Path, media_type: MediaType) -> Page:
    page = ocr_page(path, media_type, WANTED, effort="small", device=Device())
    assert isinstance(page, Page)
    assert page.source is PageSource.OCR
    assert page.engine == engine_name("small", Device())
    return page


def _check_words(page: Page, tolerance: float = 3.0) -> None:
    """Every known word is read exactly and lies within ``tolerance`` points of where it was printed."""
    found = {word.text: word for word in page.words}
    expected = _expected()
    assert set(expected) <= set(found), f"not read: {sorted(set(expected) - set(found))}"
    for text, box in expected.items():
        read = found[text].box
        assert read.x0 == pytest.approx(box.x0, abs=tolerance), text
        assert read.x1 == pytest.approx(box.x1, abs=tolerance), text
        assert read.center_y == pytest.approx(box.center_y, abs=tolerance), text
        assert found[text].confidence > 0.7, text


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_scan_turned_any_way_is_read_exactly_and_boxes_lie_on_the_words(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "scan.png"
    _write_png(path, turn)
    page = _read(path, MediaType.PNG)
    assert page.rotation == (360 - turn) % 360
    shown = (842, 595) if turn in (90, 270) else (595, 842)
    assert (page.width, page.height) == pytest.approx(shown, abs=0.5)
    _check_words(upright(page))
    # In the viewer's coordinates, each word lies where the turned original has it.
    amount = next(word for word in page.words if word.text == "1.589,13")
    expected = turn_box(_expected()["1.589,13"], 595, 842, turn)
    assert amount.box.center_x == pytest.approx(expected.center_x, abs=3)
    assert amount.box.center_y == pytest.approx(expected.center_y, abs=3)


@pytest.mark.parametrize("turn", [90, 180])
def test_a_turned_page_has_lines_in_reading_order(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "scan.png"
    _write_png(path, turn)
    page = _read(path, MediaType.PNG)
    lines = page.text.split("\n")
    assert lines[0] == "Rechnung Nr. 2024-00317"
    assert "Industriestraße 17, 80331 München" in lines
    assert lines[-1] == "Zahlbar innerhalb von 14 Tagen ohne Abzug"


def test_a_pdf_page_with_its_own_rotation_is_read_as_shown(tmp_path: Path) -> None:
    """A scanner fed sideways: the image is turned in the PDF, and /Rotate puts it right for the viewer."""
    pixmap = _document()[0].get_pixmap(matrix=pymupdf.Matrix(2.5, 2.5).prerotate(90))
    document = pymupdf.open()
    page = document.new_page(width=842, height=595)
    page.insert_image(page.rect, pixmap=pixmap)
    page.set_rotation(270)
    path = tmp_path / "scan.pdf"
    document.save(path)
    read = _read(path, MediaType.PDF)
    assert read.rotation == 0
    assert (read.width, read.height) == (595, 842)
    _check_words(read)


def test_white_on_black_and_an_empty_page(tmp_path: Path) -> None:
    from PIL import Image, ImageOps

    _write_png(tmp_path / "plain.png", 0)
    with Image.open(tmp_path / "plain.png") as image:
        ImageOps.invert(image.convert("RGB")).save(tmp_path / "inverted.png", dpi=(200, 200))
    _check_words(_read(tmp_path / "inverted.png", MediaType.PNG))
    Image.new("RGB", (1654, 2339), "white").save(tmp_path / "blank.png", dpi=(200, 200))
    blank = _read(tmp_path / "blank.png", MediaType.PNG)
    assert blank.words == ()
    assert blank.rotation == 0


def test_a_skewed_photo_is_still_read_in_lines(tmp_path: Path) -> None:
    from PIL import Image

    _write_png(tmp_path / "plain.png", 0)
    with Image.open(tmp_path / "plain.png") as image:
        image.convert("RGB").rotate(2, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC).save(
            tmp_path / "skewed.jpg", dpi=(200, 200), quality=85
        )
    page = _read(tmp_path / "skewed.jpg", MediaType.JPEG)
    assert page.rotation == 0
    assert "Zahlbar innerhalb von 14 Tagen ohne Abzug" in page.text.split("\n")
    assert {"1.250,00", "85,40", "1.335,40", "253,73", "1.589,13"} <= {word.text for word in page.words}


def test_fax_pixels_that_are_not_square(tmp_path: Path) -> None:
    """Group 3/4 fax at 204 x 98 DPI: half the lines; the page must come out in its true proportions."""
    from PIL import Image

    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_text((72, 100), "INVOICE 4711", fontsize=30)
    page.insert_text((72, 200), "TOTAL 1589.13", fontsize=30)
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(204 / 72, 98 / 72), colorspace=pymupdf.csGRAY)
    samples = np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width)
    path = tmp_path / "fax.tif"
    Image.fromarray(samples).convert("1").save(path, compression="group4", dpi=(204, 98))
    read = _read(path, MediaType.TIFF)
    assert (read.width, read.height) == pytest.approx((595, 842), abs=1)
    assert [word.text for word in read.words] == ["INVOICE", "4711", "TOTAL", "1589.13"]
    assert read.words[1].box.x0 == pytest.approx(page.search_for("4711")[0].x0, abs=3)


def test_a_cut_off_image_is_refused(tmp_path: Path) -> None:
    _write_png(tmp_path / "whole.png", 0)
    path = tmp_path / "cut.png"
    data = (tmp_path / "whole.png").read_bytes()
    path.write_bytes(data[: len(data) // 3])
    refusal = ocr_page(path, MediaType.PNG, WANTED, effort="small", device=Device())
    assert isinstance(refusal, Refusal)
    assert refusal.code is ErrorCode.CORRUPT


_SCRIPTS = (
    "Rechnung Nr. 2024-00317 vom 14.03.2024: 1.589,13 \u20ac",
    "Facture n\u00b0 42, \u00e0 r\u00e9gler d\u00e8s r\u00e9ception",
    "\u0421\u0447\u0451\u0442 \u2116 4711 \u043e\u0442 05.11.2024",
    "\u03a3\u03cd\u03bd\u03bf\u03bb\u03bf 1.234,00",
    "\u53d1\u7968\u53f7\u7801\uff1a20241105 \u91d1\u989d\u5408\u8ba1",
    "\u682a\u5f0f\u4f1a\u793e\u5c71\u7530\u5546\u4e8b \u8acb\u6c42\u66f8",
    "\u304a\u652f\u6255\u671f\u9650 2024\u5e7411\u67085\u65e5",
    "\uc0ac\uc5c5\uc790\ub4f1\ub85d\ubc88\ud638 123-45-67890",
    "Item 4711 \u54c1 4.50",
)
"""In Latin, Cyrillic, Greek, Chinese, Japanese, Korean, and mixed."""


def _line_image(text: str, size: float) -> np.ndarray:
    document = pymupdf.open()
    page = document.new_page(width=500, height=60)
    writer = pymupdf.TextWriter(page.rect)
    writer.append((10, 40), text, font=pymupdf.Font("cjk"), fontsize=size)
    writer.write_text(page)
    area = pymupdf.Rect(writer.text_rect)
    area.x0, area.x1 = area.x0 - 2, area.x1 + 2
    pixmap = page.get_pixmap(dpi=200, colorspace=pymupdf.csRGB, clip=area)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3).copy()


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_the_cut_recogniser_reads_every_script_as_the_whole_one_does(size: ModelSize) -> None:
    """Whatever a line is in, the characters that the cut leaves out are read and not passed over."""
    lines = [_line_image(text, points) for text in _SCRIPTS for points in (9, 16)]
    whole = CtcRecognizer(load_network(recognizer_file(size), Device()), alphabet(size), 1)
    network, letters = load_recognizer(recognizer_file(size), Device(), alphabet(size))
    assert sorted(letters) == sorted(alphabet(size))
    assert letters != alphabet(size), "the last layer was not cut"
    for expected, found in zip(whole.read(lines), CtcRecognizer(network, letters, 1).read(lines), strict=True):
        assert _likely(found) == _likely(expected)
        # The cut one divides the probability of what it leaves out, here a percent at most, among the others.
        for one, other in zip(found, expected, strict=False):
            assert one.text != other.text or one.probability == pytest.approx(other.probability, abs=0.03)


def _likely(characters: list[Character]) -> list[str]:
    """What is read but for guesses at characters that the model does not know, where rounding decides."""
    return [character.text for character in characters if character.probability >= 0.5]
