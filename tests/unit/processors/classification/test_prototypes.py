"""Types taught by example: near pages are of the type, far ones are left to the packaged model."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from processors.classification import TypesError, classify_text, load_types
from processors.classification.features import page_features
from processors.classification.prototypes import (
    Prototype,
    encode_prototype,
    likeness,
    make_prototype,
    name_problem,
    nearest_type,
)
from processors.document import Page
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, RECEIPT, page

NOTE = [
    "Karlsson Freight", "Delivery note", "Delivery note number 7781", "Customer Lund Garage", "Dispatched 4 May 2024",
    "Pallet Contents Pieces", "1 Torque wrenches 40", "2 Socket sets 25", "Received in good order", "Signature",
]  # fmt: skip


def note(number: str = "7781", goods: str = "Torque wrenches") -> Page:
    lines = [text.replace("7781", number).replace("Torque wrenches", goods) for text in NOTE]
    return page([(60.0, 50.0 + 30 * row, text) for row, text in enumerate(lines)], large=frozenset({NOTE[1]}))


def prototype(shown: Page, kind: str = "delivery_note", file: str = "a.pdf", sha256: str = "a" * 64) -> Prototype:
    return make_prototype(page_features(shown), kind, file, sha256, 1)


TYPES = (prototype(note()),)


def test_a_page_like_the_example_is_of_its_type() -> None:
    found = classify_text(note("9902", "Brake pads"), TYPES)
    assert found.document_type == "delivery_note"
    assert found.confidence > 0.9
    assert "your 1 example of delivery_note, most like page 1 of a.pdf" in found.reason


def test_other_pages_are_left_to_the_packaged_model() -> None:
    for shown in (page(GERMAN_INVOICE), page(RECEIPT, width=280, height=420)):
        assert nearest_type(page_features(shown), TYPES) is None
        assert classify_text(shown, TYPES) == classify_text(shown)


def test_the_confidence_grows_with_agreement_and_falls_with_a_rival() -> None:
    shown = page_features(note("9902", "Brake pads and discs for lorries"))
    middling = replace(TYPES[0], words={bucket: value / 2.2 for bucket, value in TYPES[0].words.items()})
    one = nearest_type(shown, (middling,))
    two = nearest_type(shown, (middling, replace(middling, sha256="b" * 64)))
    assert one is not None
    assert two is not None
    assert one.confidence < two.confidence
    rival = replace(middling, document_type="packing_list", sha256="c" * 64)
    torn = nearest_type(shown, (middling, replace(middling, sha256="b" * 64), rival))
    assert torn is None or torn.confidence < two.confidence


def test_likeness_is_one_for_the_page_itself() -> None:
    assert likeness(TYPES[0], page_features(note())) == pytest.approx(1.0, abs=0.01)


def test_prototypes_come_back_from_their_files(tmp_path: Path) -> None:
    (tmp_path / TYPES[0].name).write_text(encode_prototype(TYPES[0]), encoding="utf-8")
    assert load_types(tmp_path) == TYPES
    assert load_types(tmp_path / "nowhere") == ()


def test_nothing_of_the_text_is_kept() -> None:
    kept = encode_prototype(TYPES[0]).casefold()
    assert not [word for line in NOTE[3:] for word in line.casefold().split() if len(word) > 5 and word in kept]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 2},
        {"document_type": "Delivery Note"},
        {"layout": [1.0]},
        {"layout": [float("nan")] * len(TYPES[0].layout)},
        {"words": {"99999": 1.0}},
        {"words": {"1": "x"}},
        {"words": None},
    ],
)
def test_every_file_that_is_no_prototype_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    data = json.loads(encode_prototype(TYPES[0])) | change
    (tmp_path / "bad.json").write_text(json.dumps(data))
    (tmp_path / "cut.json").write_text('{"format": "fieldtr')
    with pytest.raises(TypesError) as caught:
        load_types(tmp_path)
    assert len(caught.value.problems) == 2
    assert "bad.json" in caught.value.problems[0]
    assert "add the example again" in caught.value.problems[1]


@pytest.mark.parametrize("name", ["delivery_note", "a1", "invoice"])
def test_names_of_types(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize("name", ["", "Delivery", "delivery note", "_x", "x_", "a__b", "../x", "é", "x" * 65])
def test_what_is_no_name(name: str) -> None:
    assert "snake_case" in (name_problem(name) or "")
    with pytest.raises(TypesError):
        make_prototype(page_features(note()), name, "a.pdf", "a" * 64, 1)
