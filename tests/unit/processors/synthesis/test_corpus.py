"""Generated documents: everything in the truth is printed, whole, and nothing collides or runs off the page."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from processors.synthesis.corpus import MIX, PACKET, GeneratedDocument, generate, write_corpus
from processors.synthesis.kinds import KINDS
from processors.synthesis.labels import FIELDS
from processors.synthesis.regions import read_table, split
from processors.synthesis.trade_layout import arrangements
from processors.synthesis.typefaces import EMBEDDED, MONO_FAMILIES, SANS_FAMILIES

IMPLIED = {"currency", "document_kind"}
"""Truths that a page shows by a sign or a title, without printing the value itself."""
NUMBERS = range(10)


@contextmanager
def small_glyphs() -> Iterator[None]:
    """Word boxes as high as their type, not as their font's line."""
    before = pymupdf.TOOLS.set_small_glyph_heights()
    pymupdf.TOOLS.set_small_glyph_heights(True)
    try:
        yield
    finally:
        pymupdf.TOOLS.set_small_glyph_heights(before)


def born_digital(number: int, kind: str, typefaces: bool = False) -> GeneratedDocument:
    return generate(7, number, [kind], "born_digital", typefaces=typefaces)


any_typefaces = pytest.mark.parametrize("typefaces", [False, True], ids=["standard", "typefaces"])


def plain(text: str) -> str:
    return "".join(text.split()).replace("\xa0", "")


@any_typefaces
@pytest.mark.parametrize("kind", KINDS)
def test_every_truth_is_printed_whole(kind: str, typefaces: bool) -> None:
    for number in NUMBERS:
        document = born_digital(number, kind, typefaces)
        (row,) = document.rows
        printed: dict[str, str] = defaultdict(str)
        with pymupdf.open(stream=document.data) as pdf, small_glyphs():
            pages = [page.get_text("words") for page in pdf]
        for placement in document.placements:
            box = placement.box
            found = [
                word
                for word in pages[placement.page - 1]
                if box.y0 < (word[1] + word[3]) / 2 < box.y1 and word[2] > box.x0 + 0.5 and word[0] < box.x1 - 0.5
            ]
            text = plain("".join(word[4] for word in sorted(found, key=lambda word: word[0])))
            assert plain(placement.text) in text, (document.name, placement, text)
            printed[placement.field] += f" {placement.text}"
        assert_truth_is(row, printed)


def assert_truth_is(row: Mapping[str, Any], printed: Mapping[str, str]) -> None:
    """Every value of the truth, cells included, is what its printed text says."""
    values = {name: value for name, value in row["fields"].items() if value is not None and name not in IMPLIED}
    for index, item in enumerate(row["line_items"] or (), start=1):
        values |= {f"line_items[{index}].{name}": value for name, value in item.items()}
    for name, value in values.items():
        if isinstance(value, list):
            assert [printed[f"{name}[{index}]"].strip() for index in range(1, len(value) + 1)] == value
        else:
            assert says(printed[name], value), (row["file"], name, value, printed[name])


def says(printed: str, value: str) -> bool:
    """Whether ``printed`` can be read as ``value``, whatever the notation: numbers by digits, dates by day and year."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        numbers = [int(number) for number in re.findall(r"\d+", printed)]
        return int(value[8:]) in numbers and (
            len(numbers) < 3 or int(value[2:4]) in [number % 100 for number in numbers]
        )
    if re.fullmatch(r"\d\d:\d\d", value):
        return f":{value[3:]}" in printed
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        wanted, shown = (re.sub(r"\D", "", text) for text in (value, printed))
        return shown.startswith(wanted) and not shown[len(wanted) :].strip("0")
    return plain(value).replace(",", "") == plain(printed).replace(",", "")


@any_typefaces
@pytest.mark.parametrize("kind", KINDS)
def test_no_words_collide_and_none_leaves_the_page(kind: str, typefaces: bool) -> None:
    for number in NUMBERS:
        document = born_digital(number, kind, typefaces)
        with pymupdf.open(stream=document.data) as pdf, small_glyphs():
            for page in pdf:
                words = sorted(page.get_text("words"), key=lambda word: word[1])
                for index, (x0, y0, x1, y1, text, *_) in enumerate(words):
                    assert min(x0, y0, page.rect.width - x1, page.rect.height - y1) > -1, text
                    for other in words[index + 1 :]:
                        if other[1] >= y1:
                            break
                        beside = min(x1, other[2]) - max(x0, other[0])
                        above = min(y1, other[3]) - max(y0, other[1])
                        least = min(y1 - y0, other[3] - other[1])
                        assert beside < 1 or above < 0.3 * least, (document.name, text, other[4])


def invoice_rows(kind: str, count: int) -> list[dict[str, Any]]:
    return [dict(generate(3, number, [kind], "born_digital").rows[0]) for number in range(count)]


def test_invoice_sums_agree_with_their_lines() -> None:
    """Without discount, freight or tax inside prices the printed lines add up to the printed net amount."""
    agreed = 0
    for row in invoice_rows("invoice", 80):
        fields, items = row["fields"], row["line_items"]
        total = Decimal(fields["total_amount"])
        if fields["subtotal"] and fields["tax_amount"]:
            agreed += Decimal(fields["subtotal"]) + Decimal(fields["tax_amount"]) == total
        for item in items:
            if {"quantity", "unit_price"} <= item.keys():
                product = Decimal(item["quantity"]) * Decimal(item["unit_price"])
                assert Decimal(item["amount"]) <= product + Decimal("0.01")
    assert agreed >= 50


def test_absent_fields_are_known_to_be_absent() -> None:
    rows = invoice_rows("invoice", 80)
    for row in rows:
        assert set(FIELDS["invoice"]) <= set(row["fields"])
    for name in ("due_date", "purchase_order", "iban", "vendor_tax_id", "payment_terms", "vendor_address"):
        nulls = sum(row["fields"][name] is None for row in rows)
        assert 0 < nulls < 70, name


def test_layouts_languages_and_currencies_are_many() -> None:
    rows = invoice_rows("invoice", 200)
    assert {row["group"] for row in rows} == {f"synthesis/invoice/{name}" for name in arrangements()}
    assert {row["language"] for row in rows} == {"en", "de", "fr", "es", "it", "nl", "pt"}
    assert len({row["fields"]["currency"] for row in rows}) >= 8
    assert len({row["fields"]["vendor_name"] for row in rows}) > 150


def test_long_tables_go_on_with_sums_carried_forward() -> None:
    """Where a table breaks, the sum so far stands at the foot and again on the next page, as it is."""
    long = carried = 0
    forward = {word for row in read_table("trade_sums_words")["brought_forward"].values() for word in split(row)}
    for number in range(120):
        document = born_digital(number, "invoice")
        pages = {place.page for place in document.placements if place.field.endswith("].amount")}
        if len(pages) < 2:
            continue
        long += 1
        with pymupdf.open(stream=document.data) as pdf:
            text = pdf[1].get_text()
        carried += any(f"{word}:" in text for word in forward)
    assert long >= 4
    assert 0 < carried <= long


@given(st.integers(0, 10**9), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_same_seed_and_number_same_document(seed: int, number: int) -> None:
    assert generate(seed, number, quality="born_digital") == generate(seed, number, quality="born_digital")


def test_documents_differ_and_depend_on_their_number_alone() -> None:
    documents = [generate(1, number, quality="born_digital") for number in range(60)]
    assert len({document.data for document in documents}) == 60
    assert generate(1, 37, quality="born_digital") == documents[37]
    assert generate(2, 37, quality="born_digital") != documents[37]


def test_other_typefaces_say_the_same_in_fonts_that_the_file_carries() -> None:
    names: set[str] = set()
    for number in range(60):
        standard = generate(1, number, quality="born_digital")
        document = generate(1, number, quality="born_digital", typefaces=True)
        assert document == generate(1, number, quality="born_digital", typefaces=True)
        assert [row["fields"] for row in document.rows] == [row["fields"] for row in standard.rows]
        with pymupdf.open(stream=document.data) as pdf:
            fonts = {(font[3], font[1]) for page in pdf for font in page.get_fonts()}
        subsets = {name.partition("+")[2] for name, kind in fonts if kind == "ttf"}
        assert "" not in subsets, "only what it shows of a font is in the file"
        assert all(name.startswith(("Helvetica", "Times", "Courier")) for name, kind in fonts if kind != "ttf")
        assert len(document.data) < 100_000 * len(standard.rows)
        names |= {name.removesuffix(" Regular") for name in subsets if name.endswith(" Regular")}
    assert names == {*SANS_FAMILIES, *MONO_FAMILIES}


@pytest.mark.parametrize("font", sorted(EMBEDDED))
def test_an_embedded_font_has_all_that_is_printed(font: str) -> None:
    without_a_sign = (127, 129, 141, 143, 144, 157, 173)  # 173 is the soft hyphen
    signs = bytes(code for code in range(32, 256) if code not in without_a_sign).decode("cp1252")
    assert [sign for sign in signs if not pymupdf.Font(font).has_glyph(ord(sign))] == []


@pytest.mark.parametrize("quality", ["scan", "photo"])
def test_captures_are_images_without_a_text_layer(quality: str) -> None:
    seen = set()
    for number in range(6):
        document = generate(4, number, ["receipt", "id_card"], quality)
        (row,) = document.rows
        seen.add(document.media)
        if document.media == "application/pdf":
            with pymupdf.open(stream=document.data) as pdf:
                assert not "".join(page.get_text() for page in pdf)
        else:
            with Image.open(BytesIO(document.data)) as image:
                assert min(image.size) > 150
        dpi = row["quality"]["dpi_estimate"]
        assert row["quality"] == {"dpi_estimate": dpi, "kind": quality, "has_text_layer": False}
        assert (dpi is None) is (quality == "photo")
        assert document == generate(4, number, ["receipt", "id_card"], quality)
    assert seen <= {"application/pdf", "image/jpeg", "image/png", "image/tiff"}
    assert "image/jpeg" in seen


def test_a_packet_names_its_documents() -> None:
    for number in range(6):
        document = generate(5, number, [PACKET, "invoice", "w2", "letter"], "born_digital")
        if PACKET not in document.name:
            continue
        whole, *parts = document.rows
        with pymupdf.open(stream=document.data) as pdf:
            pages = pdf.page_count
        segments = whole["segments"]
        assert [segment["document_type"] for segment in segments] == [part["document_type"] for part in parts]
        assert [segment["pages"] for segment in segments] == [part["pages"] for part in parts]
        covered = [
            page for first, last in (segment["pages"] for segment in segments) for page in range(first, last + 1)
        ]
        assert covered == list(range(1, pages + 1))
        assert len(parts) >= 2
        return
    pytest.fail("no packet among six documents of four types")


def test_the_usual_mix_has_every_type() -> None:
    assert set(MIX) == {*KINDS, PACKET}


def test_languages_can_be_chosen() -> None:
    rows = [generate(6, number, ["invoice"], "born_digital", ["it", "pt"]).rows[0] for number in range(12)]
    assert {row["language"] for row in rows} == {"it", "pt"}


@pytest.mark.parametrize(
    ("types", "quality", "languages", "message"),
    [
        (["novel"], None, None, "unknown document types"),
        ([], None, None, "unknown document types"),
        (["invoice"], "carbon copy", None, "unknown quality"),
        (["invoice"], None, ["la"], "unknown languages"),
    ],
)
def test_what_is_unknown_is_refused(
    types: list[str], quality: str | None, languages: list[str] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generate(1, 1, types, quality, languages)


def test_a_corpus_on_disk(tmp_path: Path) -> None:
    mix = {"invoice": 3.0, "receipt": 1.0, PACKET: 1.0}
    written = write_corpus(tmp_path, 12, 9, mix, "born_digital")
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == written
    files = {path.name for path in (tmp_path / "documents").iterdir()}
    assert {row["file"].removeprefix("documents/") for row in rows} == files
    assert len(files) == 12
    assert (tmp_path / "documents" / rows[0]["file"].split("/")[1]).read_bytes() == generate(
        9, 0, mix, "born_digital", typefaces=True
    ).data
