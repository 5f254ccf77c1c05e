"""DOCX: text and tables in order, on pages; and packages that mean harm."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.shared import Inches, Pt
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from processors.errors import ErrorCode, Refusal
from processors.intake import Intake, Limits, MediaType, inspect, open_paged
from processors.recognition.raster import Raster, image_page_sizes, rasterise

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _saved(path: Path, fill: Callable[[Any], None]) -> Path:
    document = Document()
    fill(document)
    document.save(str(path))
    return path


def _words(path: Path, page: int = 0) -> list[tuple[float, float, float, float, str]]:
    document = open_paged(path, MediaType.DOCX)
    assert not isinstance(document, Refusal), document
    with document:
        return [(*word[:4], word[4]) for word in document[page].get_text("words")]


def _texts(path: Path, page: int = 0) -> list[str]:
    return [word[4] for word in _words(path, page)]


def _box(path: Path, text: str) -> tuple[float, float, float, float]:
    [box] = [word[:4] for word in _words(path) if word[4] == text]
    return box


def _refused(path: Path) -> Refusal:
    found = inspect(path, Limits())
    assert isinstance(found, Refusal), found
    return found


def test_a_tables_cells_stand_in_rows_and_columns(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        document.add_paragraph("Rechnung Nr. 4711 für Łukasz")
        table = document.add_table(3, 3, "Table Grid")
        for row in range(3):
            for column in range(3):
                table.cell(row, column).text = f"r{row}c{column}"
        document.add_paragraph("Danke")

    path = _saved(tmp_path / "a.docx", fill)
    cells = [f"r{row}c{column}" for row in range(3) for column in range(3)]
    assert _texts(path) == ["Rechnung", "Nr.", "4711", "für", "Łukasz", *cells, "Danke"]
    boxes = {word[4]: word for word in _words(path)}
    for index in range(3):
        assert len({round(boxes[f"r{index}c{column}"][1], 1) for column in range(3)}) == 1
        assert len({round(boxes[f"r{row}c{index}"][0], 1) for row in range(3)}) == 1
    assert boxes["r0c0"][0] < boxes["r0c1"][0] < boxes["r0c2"][0]
    document = open_paged(path, MediaType.DOCX)
    [found] = document[0].find_tables().tables
    assert found.extract() == [[f"r{row}c{column}" for column in range(3)] for row in range(3)]


def test_spans_keep_their_columns(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        table = document.add_table(3, 3, "Table Grid")
        table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "tall"
        table.cell(0, 2).text, table.cell(1, 0).text, table.cell(2, 1).text = "top", "left", "mid"

    path = _saved(tmp_path / "a.docx", fill)
    assert _texts(path) == ["wide", "top", "left", "tall", "mid"]
    assert _box(path, "top")[0] == pytest.approx(_box(path, "tall")[0], abs=0.1)
    assert _box(path, "wide")[0] == pytest.approx(_box(path, "left")[0], abs=0.1)


@settings(max_examples=12)
@given(st.integers(2, 14), st.integers(1, 10**9))
def test_no_figure_is_ever_cut(tmp_path_factory: pytest.TempPathFactory, columns: int, amount: int) -> None:
    figure = f"{amount:,}.00"
    path = _saved(
        tmp_path_factory.mktemp("docx") / "a.docx",
        lambda document: [
            setattr(cell, "text", figure) for cell in document.add_table(1, columns, "Table Grid").rows[0].cells
        ],
    )
    assert _texts(path) == [figure] * columns
    boxes = _words(path)
    assert all(left[2] < right[0] for left, right in pairwise(boxes))
    [(width, _)] = image_page_sizes(path, MediaType.DOCX, 1, 1)
    assert boxes[-1][2] < width


def test_tabs_set_columns(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        for label, figure in (("Netto", "1,00"), ("Gesamtbetrag", "1.234,56")):
            paragraph = document.add_paragraph(f"{label}\tEUR\t{figure}")
            paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(2))
            paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(5), WD_TAB_ALIGNMENT.RIGHT)

    path = _saved(tmp_path / "a.docx", fill)
    assert _texts(path) == ["Netto", "EUR", "1,00", "Gesamtbetrag", "EUR", "1.234,56"]
    words = _words(path)
    assert words[1][0] == pytest.approx(words[4][0], abs=0.1)
    assert words[2][2] == pytest.approx(words[5][2], abs=0.5)


def test_headers_and_footers_are_on_every_page(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "LETTERHEAD"
        document.sections[0].footer.paragraphs[0].text = "IBAN"
        document.add_paragraph("one")
        document.add_page_break()
        document.add_paragraph("two")

    path = _saved(tmp_path / "a.docx", fill)
    assert [_texts(path, page) for page in (0, 1)] == [["LETTERHEAD", "one", "IBAN"], ["LETTERHEAD", "two", "IBAN"]]
    assert _box(path, "LETTERHEAD")[3] < _box(path, "one")[1] < 300 < 700 < _box(path, "IBAN")[1]


def test_a_first_page_may_have_its_own_header(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        section = document.sections[0]
        section.different_first_page_header_footer = True
        section.first_page_header.paragraphs[0].text = "FIRST"
        section.header.paragraphs[0].text = "OTHERS"
        document.add_page_break()
        document.add_paragraph("two")

    path = _saved(tmp_path / "a.docx", fill)
    assert [_texts(path, page) for page in (0, 1)] == [["FIRST"], ["OTHERS", "two"]]


def test_what_is_printed_is_kept_and_what_is_not_is_not(tmp_path: Path) -> None:
    body = f"""<w:p {_W}>
      <w:r><w:t>a</w:t></w:r>
      <w:del><w:r><w:delText>gone</w:delText></w:r></w:del>
      <w:ins><w:r><w:t xml:space="preserve"> inserted</w:t></w:r></w:ins>
      <w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>
      <w:r><w:instrText>PAGE</w:instrText></w:r>
      <w:hyperlink><w:r><w:t xml:space="preserve"> link</w:t></w:r></w:hyperlink>
      <w:sdt><w:sdtContent><w:r><w:t xml:space="preserve"> control</w:t></w:r></w:sdtContent></w:sdt>
      <w:r><w:t xml:space="preserve"> soft\u00ad\u200bhyphen</w:t><w:noBreakHyphen/><w:t>hard</w:t></w:r>
    </w:p>"""
    block = f"<w:sdt {_W}><w:sdtContent><w:p><w:r><w:t>block</w:t></w:r></w:p></w:sdtContent></w:sdt>"

    def fill(document: Any) -> None:
        document.element.body.insert(0, parse_xml(block))
        document.element.body.insert(0, parse_xml(body))

    path = _saved(tmp_path / "a.docx", fill)
    assert _texts(path) == ["a", "inserted", "link", "control", "softhyphen-hard", "block"]


def test_a_text_box_is_read_once(tmp_path: Path) -> None:
    inner = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"
    body = f"""<w:p {_W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
      xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
      xmlns:v="urn:schemas-microsoft-com:vml">
      <w:r><mc:AlternateContent>
        <mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{inner}</wps:txbx></wps:wsp></w:drawing></mc:Choice>
        <mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>
      </mc:AlternateContent></w:r><w:r><w:t>anchor</w:t></w:r></w:p>"""
    path = _saved(tmp_path / "a.docx", lambda document: document.element.body.insert(0, parse_xml(body)))
    assert _texts(path) == ["boxed", "anchor"]


def test_long_text_fills_pages_and_loses_nothing(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(600)]

    def fill(document: Any) -> None:
        document.add_paragraph(" ".join(words[:300]))
        document.add_table(1, 1, "Table Grid").cell(0, 0).text = "\n".join(words[300:])

    path = _saved(tmp_path / "a.docx", fill)
    found = inspect(path, Limits())
    assert isinstance(found, Intake)
    assert found.page_count > 5
    sizes = image_page_sizes(path, MediaType.DOCX, 1, 999)
    assert len(sizes) == found.page_count
    document = open_paged(path, MediaType.DOCX)
    placed = [word for page in document for word in page.get_text("words")]
    assert [word[4] for word in placed] == words
    assert all(word[3] < sizes[0][1] for word in placed)


def test_landscape_pages_are_landscape(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        section = document.sections[0]
        section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Pt(842), Pt(595)

    assert image_page_sizes(_saved(tmp_path / "a.docx", fill), MediaType.DOCX, 1, 1) == [(842.0, 595.0)]


def test_pages_are_rendered_with_their_pictures(tmp_path: Path) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "PNG")

    def fill(document: Any) -> None:
        document.add_paragraph("before")
        document.add_picture(picture, Inches(2))

    path = _saved(tmp_path / "a.docx", fill)
    raster = rasterise(path, MediaType.DOCX, 1)
    assert isinstance(raster, Raster)
    red = (raster.image[..., 0] > 200) & (raster.image[..., 1] < 60)
    rows, columns = np.nonzero(red)
    assert np.ptp(rows) * raster.pixel_map.y == pytest.approx(144, abs=1)
    assert np.ptp(columns) * raster.pixel_map.x == pytest.approx(144, abs=1)
    again = rasterise(path, MediaType.DOCX, 1)
    assert isinstance(again, Raster)
    assert np.array_equal(raster.image, again.image)


def _package(path: Path, parts: dict[str, bytes]) -> Path:
    types = (
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/d.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="d.xml"/>'
        b"</Relationships>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"[Content_Types].xml": types, "_rels/.rels": relations, **parts}.items():
            archive.writestr(name, data)
    return path


def _document(body: str) -> bytes:
    return f"<w:document {_W}><w:body>{body}</w:body></w:document>".encode()


def test_a_package_without_word_is_read(tmp_path: Path) -> None:
    assert _texts(_package(tmp_path / "a", {"d.xml": _document("<w:p><w:r><w:t>x</w:t></w:r></w:p>")})) == ["x"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({}, ErrorCode.CORRUPT),
        ({"d.xml": b"<w:document"}, ErrorCode.CORRUPT),
        ({"d.xml": b"<other/>"}, ErrorCode.CORRUPT),
        ({"d.xml": b'<!DOCTYPE d [<!ENTITY a "aaaa">]>' + _document("<w:p/>")}, ErrorCode.CORRUPT),
        ({"d.xml": b'<!DOCTYPE d SYSTEM "http://192.0.2.1/x">' + _document("<w:p/>")}, ErrorCode.CORRUPT),
        ({"d.xml": _document("<w:tbl><w:tr><w:tc>" * 5000 + "</w:tc></w:tr></w:tbl>" * 5000)}, ErrorCode.CORRUPT),
        ({"d.xml": _document(f"<!--{'abcdefghijklmnop' * 2**21}-->")}, ErrorCode.DECOMPRESSION_BOMB),
    ],
)
def test_packages_that_cannot_be_read(tmp_path: Path, parts: dict[str, bytes], code: ErrorCode) -> None:
    assert _refused(_package(tmp_path / "a.docx", parts)).code is code


def test_a_gigabyte_of_xml_is_a_bomb(tmp_path: Path) -> None:
    path = _package(tmp_path / "a.docx", {})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("d.xml", "w") as part,
    ):
        blank = b" " * 2**22
        for _ in range(256):
            part.write(blank)
    refusal = _refused(path)
    assert refusal.code is ErrorCode.DECOMPRESSION_BOMB
    assert "1,073,742,259 bytes" in refusal.message


def test_a_part_that_packs_badly_and_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.intake.office_package.MAX_XML", 1000)
    assert _refused(_package(tmp_path / "a.docx", {"d.xml": _document("<w:p/>" * 500)})).code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("EncryptedPackage", ErrorCode.ENCRYPTED, "password"),
        ("WordDocument", ErrorCode.UNSUPPORTED_TYPE, ".doc"),
        ("Workbook", ErrorCode.UNSUPPORTED_TYPE, "old kind"),
    ],
)
def test_compound_files(tmp_path: Path, name: str, code: ErrorCode, said: str) -> None:
    (tmp_path / "a.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + name.encode("utf-16-le"))
    refusal = _refused(tmp_path / "a.doc")
    assert refusal.code is code
    assert said in refusal.message


def test_the_page_limit_ends_the_layout(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.docx", lambda document: [document.add_page_break() for _ in range(9)])
    assert inspect(path, Limits(max_pages=4)) == Refusal(
        ErrorCode.TOO_MANY_PAGES, "More than 4 pages, which is the limit."
    )
