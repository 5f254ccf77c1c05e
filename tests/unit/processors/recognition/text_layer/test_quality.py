"""Garbled text layers, by what they spell and by the fonts they are set in."""

from itertools import islice
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import Page
from processors.intake.media import MediaType
from processors.recognition.text_layer import NeedsOcr, read_text_layer
from processors.recognition.text_layer.language import bits_per_letter, is_unlikely
from processors.recognition.text_layer.quality import find_broken
from processors.synthesis.stream import invoice_stream

_SENTENCES = {
    "en": "Please transfer the amount due within thirty days of the invoice date quoting our reference number",
    "de": "Bitte überweisen Sie den Rechnungsbetrag innerhalb von dreißig Tagen unter Angabe der Rechnungsnummer",
    "fr": "Veuillez régler le montant de cette facture sous trente jours en indiquant votre numéro de client",
    "es": "Le rogamos abone el importe total de la factura en un plazo de treinta días desde su recepción",
    "it": "Si prega di effettuare il pagamento della presente fattura entro trenta giorni dalla data di emissione",
    "nl": "Wij verzoeken u vriendelijk het verschuldigde bedrag binnen dertig dagen over te maken op onze rekening",
    "pt": "Solicitamos o pagamento desta fatura no prazo de trinta dias após a data de emissão do documento",
    "pl": "Prosimy o uregulowanie należności w terminie trzydziestu dni od daty wystawienia niniejszej faktury",
    "da": "Vi beder dem venligst overføre det skyldige beløb inden for tredive dage efter fakturaens udstedelse",
    "fi": "Pyydämme maksamaan laskun kolmenkymmenen päivän kuluessa laskun päiväyksestä viitenumeroa käyttäen",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _shift(text: str, by: int) -> str:
    return "".join(_LETTERS[(_LETTERS.index(c) + by) % 26] if c in _LETTERS else c for c in text.lower())


@pytest.mark.parametrize("language", _SENTENCES)
def test_sentences_read_like_language_and_their_shifts_do_not(language: str) -> None:
    bits = bits_per_letter(_SENTENCES[language].split())
    assert bits is not None
    assert bits < 4.8
    assert not is_unlikely(bits)
    for by in (1, 2, 3, 25):
        shifted = bits_per_letter(_shift(_SENTENCES[language], by).split())
        assert shifted is None or shifted > bits + 0.9


def test_seven_languages_shifted_by_one_are_no_language() -> None:
    for language in ("en", "de", "fr", "es", "it", "nl", "pt"):
        assert is_unlikely(bits_per_letter(_shift(_SENTENCES[language], 1).split()))


def test_codes_amounts_and_few_words_say_nothing() -> None:
    assert bits_per_letter(["XK-4711", "1.234,56", "DE89", "3704"] * 9) is None
    assert bits_per_letter(["qzxw"] * 7) is None
    assert not is_unlikely(None)


@given(st.lists(st.text(max_size=12), max_size=40))
def test_bits_are_within_the_table(words: list[str]) -> None:
    bits = bits_per_letter(words)
    assert bits is None or 0 <= bits <= 9


def test_no_false_alarm_on_invoices_of_all_markets(tmp_path: Path) -> None:
    worst = 0.0
    for number, (pdf, _) in enumerate(islice(invoice_stream(11), 24)):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(pdf)
        pages = read_text_layer(path, MediaType.PDF, 1, 1)
        assert isinstance(pages, list)
        [page] = pages
        assert isinstance(page, Page)
        assert page.decision is not None
        figures = dict(page.decision.figures)
        assert figures["hidden_share"] == 0
        worst = max(worst, figures["bits_per_letter"], figures["worst_font_bits"])
    assert worst < 4.8


@pytest.mark.parametrize(
    ("words", "broken"),
    [
        (["Total", "\ufffd\ufffd.50"], [1]),
        (["Total", "4\ufffd7", "\ufffd"], [1, 2]),
        (["\ufffd", "an", "item"], []),
        (["\uf0b7", "an", "item"], []),
        (["\uf0b7\uf0b7", "12\x03"], [1]),
        (["\x18", "an", "item"], [0]),
        ([], []),
    ],
)
def test_broken_words_lost_characters_and_bullets_did_not(words: list[str], broken: list[int]) -> None:
    assert find_broken(words) == broken


_MAP = b"""/CIDInit /ProcSet findresource begin begincmap /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
1 beginbfrange <%02x> <%02x> <%04x> endbfrange endcmap"""


def _remap(document: pymupdf.Document, font: int, first: int, last: int, to: int) -> None:
    """The characters ``first`` to ``last`` of the font shall mean those from ``to`` on."""
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, _MAP % (first, last, to))
    document.xref_set_key(font, "ToUnicode", f"{stream} 0 R")


def _invoice(document: pymupdf.Document) -> pymupdf.Page:
    page = document.new_page(width=595, height=842)
    for row, sentence in enumerate(_SENTENCES[language] for language in ("en", "nl", "it")):
        page.insert_text((40, 100 + 20 * row), sentence)
    return page


def _read(tmp_path: Path, document: pymupdf.Document) -> Page | NeedsOcr:
    document.save(tmp_path / "a.pdf")
    pages = read_text_layer(tmp_path / "a.pdf", MediaType.PDF, 1, 1)
    assert isinstance(pages, list)
    [page] = pages
    assert isinstance(page, Page | NeedsOcr)
    return page


def test_a_font_that_maps_its_glyphs_to_other_letters_needs_ocr(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _invoice(document)
    assert isinstance(_read(tmp_path, document), Page)
    _remap(document, page.get_fonts()[0][0], 0x61, 0x79, 0x62)
    read = _read(tmp_path, document)
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "garbled text layer: its letters spell no words"


def test_one_garbled_font_among_good_ones_is_found(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = _invoice(document)
    page.insert_text((40, 300), "Please note our changed bank account details before transfer", fontname="tiro")
    font = next(font[0] for font in page.get_fonts() if font[3] == "Times-Roman")
    _remap(document, font, 0x61, 0x79, 0x62)
    read = _read(tmp_path, document)
    assert isinstance(read, NeedsOcr)
    figures = dict(read.decision.figures)
    assert figures["bits_per_letter"] < 5 < figures["worst_font_bits"]


def _type_3(document: pymupdf.Document, font: int, metrics: bytes) -> None:
    """The font shall draw its digits as procedures, and have no ToUnicode map."""
    glyph = document.get_new_xref()
    document.update_object(glyph, "<<>>")
    document.update_stream(glyph, metrics + b" 0 0 500 700 re f")
    names = ("zero", "one", "four", "five", "seven", "period")
    glyphs = " ".join(f"/{name} {glyph} 0 R" for name in names)
    document.update_object(
        font,
        f"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<<{glyphs}>>"
        "/Encoding<</Differences[46/period 48/zero/one 52/four/five 55/seven]>>"
        "/FirstChar 46/LastChar 55/Widths[600 600 600 600 600 600 600 600 600 600]/Resources<<>>>>",
    )


def _with_type_3(metrics: bytes) -> pymupdf.Document:
    document = pymupdf.open()
    page = _invoice(document)
    page.insert_text((40, 300), "471.50", fontname="tiro")
    _type_3(document, next(font[0] for font in page.get_fonts() if font[3] == "Times-Roman"), metrics)
    return document


def test_digits_in_a_font_that_says_nothing_of_them_need_ocr(tmp_path: Path) -> None:
    read = _read(tmp_path, _with_type_3(b"600 0 0 0 500 700 d1"))
    assert isinstance(read, NeedsOcr)
    assert read.decision.reason == "garbled text layer: digits in a font that does not say what they are"
    assert dict(read.decision.figures)["unmapped_digits"] == 5


def test_glyphs_that_bring_their_own_colour_are_read_by_ocr(tmp_path: Path) -> None:
    read = _read(tmp_path, _with_type_3(b"600 0 d0"))
    assert isinstance(read, NeedsOcr)
    [region] = read.regions
    assert (region.x0, region.y1) == pytest.approx((36, 304), abs=2)
    assert read.text is not None
    assert "471.50" not in read.text.text
