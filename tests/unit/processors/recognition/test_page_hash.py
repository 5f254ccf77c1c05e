"""A page is known again wherever it returns, and never taken for one that draws otherwise."""

from collections.abc import Callable
from typing import Any

import pymupdf
import pytest

from processors.recognition.page_hash import page_hash


def picture(shade: int) -> pymupdf.Pixmap:
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 40, 40), False)
    pixmap.set_rect(pixmap.irect, (shade,))
    return pixmap


def scanned(*shades: int) -> pymupdf.Document:
    document = pymupdf.open()
    for shade in shades:
        page = document.new_page()
        page.insert_image(page.rect, pixmap=picture(shade))
    return pymupdf.open(stream=document.tobytes(), filetype="pdf")


def hashes(document: pymupdf.Document) -> list[str | None]:
    return [page_hash(page) for page in document]


def test_a_page_is_known_again_in_another_file_and_place() -> None:
    alone, among = hashes(scanned(7)), hashes(scanned(1, 2, 7))
    assert alone[0] is not None
    assert alone[0] == among[2]
    assert len({*among}) == 3


def test_turning_and_cropping_a_page_makes_another() -> None:
    document = scanned(7, 7, 7)
    document[1].set_rotation(90)
    document[2].set_cropbox(pymupdf.Rect(0, 0, 100, 100))
    found = hashes(pymupdf.open(stream=document.tobytes(), filetype="pdf"))
    assert None not in found
    assert len({*found}) == 3


def altered(change: Callable[[pymupdf.Document, int], None]) -> list[str | None]:
    """The hash of a scanned page after ``change``, which is told the page's object number."""
    document = scanned(7)
    change(document, document[0].xref)
    return hashes(pymupdf.open(stream=document.tobytes(), filetype="pdf"))


def resources_as_a_page(document: pymupdf.Document, page: int) -> None:
    """An object of its own for the resources, which calls itself a page."""
    kind, text = document.xref_get_key(page, "Resources")
    holder = int(text.split()[0]) if kind == "xref" else document.get_new_xref()
    if kind != "xref":
        document.update_object(holder, text)
        document.xref_set_key(page, "Resources", f"{holder} 0 R")
    document.xref_set_key(holder, "Type", "/Page")


def note(document: pymupdf.Document, _: int) -> None:
    document[0].add_freetext_annot(pymupdf.Rect(10, 10, 90, 40), "paid")


def layer(document: pymupdf.Document, _: int) -> None:
    document[0].insert_image(pymupdf.Rect(0, 0, 9, 9), pixmap=picture(1), oc=document.add_ocg("stamp", on=False))


@pytest.mark.parametrize("change", [resources_as_a_page, note, layer])
def test_a_page_whose_look_hangs_on_more_has_no_hash(change: Callable[[pymupdf.Document, int], None]) -> None:
    assert altered(change) == [None]


@pytest.mark.parametrize("reference", ["99999 0 R", "0 0 R", "(call 4711 0 R please)"])
def test_a_reference_to_nothing_is_no_fault(reference: str) -> None:
    def change(document: Any, page: int) -> None:
        document.xref_set_key(page, "Remark", reference)

    [found] = altered(change)
    assert found is not None
    assert found != hashes(scanned(7))[0]
