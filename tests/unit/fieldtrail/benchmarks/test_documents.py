"""The benchmark's truth lies where the page's ink does, in every variant."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fieldtrail.benchmarks.documents import (
    VARIANTS,
    Sheet,
    invoice_sheets,
    labelled_receipts,
    receipts_with_values,
    text_layer,
)
from fieldtrail.benchmarks.metrics import shown_box
from processors.geometry import Box


@pytest.fixture(scope="module")
def sheets() -> list[Sheet]:
    return list(invoice_sheets(0, seed=3))


def test_every_variant_is_made_once_of_the_same_words(sheets: list[Sheet]) -> None:
    assert [sheet.variant for sheet in sheets] == list(VARIANTS)
    assert len({sheet.words for sheet in sheets}) == 1
    assert len(sheets[0].words) > 50
    assert [sheet.variant for sheet in sheets if sheet.turned] == ["upside down", "turned 90°"]


def test_the_same_seed_gives_the_same_pixels(sheets: list[Sheet]) -> None:
    again = list(invoice_sheets(0, seed=3))
    assert all(np.array_equal(one.image, two.image) for one, two in zip(sheets, again, strict=True))


def test_truth_boxes_hold_ink_on_every_variant(sheets: list[Sheet]) -> None:
    for sheet in sheets:
        inked = [_contrast(sheet, shown_box(word.box, sheet.to_shown)) > 60 for word in sheet.words]
        assert all(inked), sheet.variant


def test_a_truth_words_ink_is_what_is_drawn_of_it() -> None:
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        page.insert_text((50, 100), "one", fontsize=24)
        page.insert_text((150, 100), "Typo", fontsize=24)
        found = {word.text: word for word in text_layer(document.tobytes())}
        pixels = page.get_pixmap(dpi=288, colorspace=pymupdf.csGRAY)
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    for word in found.values():
        ink = word.ink
        assert ink is not None
        columns = slice(int(word.box.x0 * 4), int(word.box.x1 * 4))
        rows = np.flatnonzero((image[:, columns] < 128).any(axis=1))
        assert (rows[0] / 4, (rows[-1] + 1) / 4) == pytest.approx((ink.y0, ink.y1), abs=0.5)
        assert (ink.x0, ink.x1) == pytest.approx((word.box.x0, word.box.x1), abs=0.5)
        assert word.box.y0 < ink.y0 < ink.y1 < word.box.y1
    # An x-height word ends on the baseline; the font's box takes no notice.
    assert found["one"].ink != found["Typo"].ink
    assert found["one"].box.height == found["Typo"].box.height


def test_truth_boxes_are_where_the_words_are_to_the_pixel(sheets: list[Sheet]) -> None:
    """Turned back, the shown page is the upright one: the map and the pixels agree."""
    import cv2

    upright = next(sheet for sheet in sheets if sheet.variant == "upright 200 DPI")
    height, width = upright.image.shape[:2]
    for sheet in sheets:
        if sheet.dpi != upright.dpi or sheet.variant == "noisy":
            continue
        pixels = sheet.to_shown.copy()
        pixels[:, 2] = pixels[:, 2] * sheet.dpi / 72 + pixels[:, :2] @ (0.5, 0.5) - 0.5
        back = cv2.warpAffine(sheet.image, pixels, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        inner = np.abs(back[20:-20, 20:-20].astype(int) - upright.image[20:-20, 20:-20])
        assert inner.mean() < 2.0, sheet.variant


def test_receipts_are_split_by_what_is_labelled(tmp_path: Path) -> None:
    folder = tmp_path / "documents" / "sroie"
    folder.mkdir(parents=True)
    for name in ("with", "without"):
        Image.new("RGB", (500, 1000), "white").save(folder / f"{name}.jpg")
    line = {"key": "with", "language": "en", "lines": [["TOTAL 9.00", 50, 100, 150, 120]]}
    gone = {"key": "gone", "language": "en", "lines": []}
    (tmp_path / "sroie_text_train.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(gone))
    rows = [
        {
            "document_type": kind,
            "file": f"documents/sroie/{name}.jpg",
            "language": "en",
            "fields": {"total_amount": "9.00"},
        }
        for name, kind in (("with", "receipt"), ("without", "receipt"), ("without", "invoice"))
    ]
    (tmp_path / "truth.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    [labelled] = labelled_receipts(tmp_path, seed=1)
    assert labelled.name == "with"
    [segment] = labelled.words
    # 1,000 pixels are 11.69 inches of 72 points.
    assert segment.box.x0 == pytest.approx(50 * 11.69 * 72 / 1000, abs=0.01)
    [other] = receipts_with_values(tmp_path, seed=1)
    assert (other.name, other.values, other.words) == ("without", ("9.00",), ())


def _contrast(sheet: Sheet, box: Box) -> int:
    scale = sheet.dpi / 72
    rows = slice(int(box.y0 * scale), int(box.y1 * scale) + 1)
    columns = slice(int(box.x0 * scale), int(box.x1 * scale) + 1)
    part = sheet.image[rows, columns].mean(axis=2)
    return int(part.max() - part.min())
