"""Fields that only a schema's labels tell of."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.document import Page
from processors.fields import Extraction, FieldValue
from processors.reading import ReadingInput, default_readers, read_document
from processors.reading.geometric import fields_read
from processors.reading.labelled import LabelledReader
from processors.schemas import ExtractionSchema, load_schemas
from processors.validation import validate
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, Placed, page

OVERLAY = """
extends = "invoice_v1"
name = "acme"
version = "1.0.0"
[[fields]]
name = "cost_center"
type = "identifier"
description = "Our cost centre."
labels.de = ["kostenstelle"]
pattern = "[0-9]{4}-[0-9]{2}"
[[fields]]
name = "purchase_order"
labels.de = ["beschaffungsnummer"]
"""


@pytest.fixture
def with_overlay(tmp_path: Path) -> ExtractionSchema:
    (tmp_path / "acme.toml").write_text(OVERLAY)
    return load_schemas(tmp_path)["invoice_v1"]


def read(document_type: str, *pages: Page) -> Extraction:
    schema = load_schemas().for_type(document_type)
    assert schema is not None
    return LabelledReader().read(ReadingInput(document_type, schema, pages)) or Extraction()


def values(extraction: Extraction) -> dict[str, FieldValue | None]:
    return {field.name: field.value for field in extraction.fields}


def test_values_beside_their_labels() -> None:
    found = read(
        "bank_statement",
        page([
            (50, 40, "Account holder: Ada Lovelace"),
            (50, 60, "Account number"), (250, 60, "12-3456 7890"),
            (50, 80, "Statement period"), (250, 80, "03/01/2025 - 03/31/2025"),
            (50, 100, "Opening balance"), (250, 100, "$1,204.50"),
            (50, 120, "Closing balance as of 03/31/2025"), (350, 120, "-$80.00"),
        ]),
    )  # fmt: skip
    assert values(found) == {
        "account_holder": "Ada Lovelace",
        "account_number": "12-3456 7890",
        "period_start": date(2025, 3, 1),
        "period_end": date(2025, 3, 31),
        "opening_balance": Decimal("1204.50"),
        "closing_balance": Decimal("-80.00"),
        "currency": "USD",
    }
    holder = found.field("account_holder")
    assert holder is not None
    assert holder.raw_text == "Ada Lovelace"
    assert (holder.reader, holder.evidence[0].page) == ("labelled", 1)
    assert all(field.confidence.value <= 0.78 for field in found.fields), "nothing but a label speaks for them"


def test_values_below_the_headings_of_boxes() -> None:
    found = read(
        "w2",
        page([
            (50, 40, "a Employee's social security number"), (320, 40, "1 Wages, tips, other compensation"),
            (50, 54, "123-45-6789"), (320, 54, "48,500.00"),
            (50, 80, "c Employer's name, address, and ZIP code"),
            (50, 94, "Acme Tools Inc"), (50, 106, "12 Mill Road"), (50, 118, "Springfield, IL 62704"),
        ]),
    )  # fmt: skip
    assert values(found) == {
        "employee_ssn": "123-45-6789",
        "wages": Decimal("48500.00"),
        "employer_name": "Acme Tools Inc",
        "employer_address": "12 Mill Road, Springfield, IL 62704",
    }


def test_labels_in_two_languages_and_choices_in_the_schemas_spelling() -> None:
    found = read(
        "id_card",
        page([
            (50, 40, "Nom / Surname"), (50, 54, "CURIE"),
            (50, 80, "Prénoms/Given names"), (50, 94, "Marie"),
            (50, 120, "Sexe / Sex"), (200, 120, "Date de naissance / Date of birth"),
            (50, 134, "f"), (200, 134, "07 NOV 1967"),
        ]),
    )  # fmt: skip
    assert values(found) == {
        "last_name": "CURIE", "first_name": "Marie", "sex": "F", "date_of_birth": date(1967, 11, 7),
    }  # fmt: skip


def test_values_that_miss_the_schemas_demands_are_no_values() -> None:
    ssn = [(50.0, 40.0, "Employee's social security number: 12-3456789"), (50.0, 60.0, "Control number: 4711")]
    assert values(read("w2", page(ssn))) == {"control_number": "4711"}
    born = [(50.0, 40.0, "Date of birth: 01.02.1780"), (50.0, 60.0, "Document no: X123")]
    assert values(read("id_card", page(born))) == {"document_number": "X123"}


def test_a_number_is_never_cut_short() -> None:
    taxpayer = [(50.0, 40.0, "Your social security number:"), *((230.0 + 11 * n, 40.0, str(n)) for n in range(9))]
    assert values(read("tax_form", page(taxpayer))) == {"taxpayer_ssn": "0 1 2 3 4 5 6 7 8"}
    longer = [(50.0, 40.0, "Your social security number:"), *((230.0 + 11 * n, 40.0, str(n % 10)) for n in range(15))]
    assert values(read("tax_form", page(longer))) == {}


def test_headings_and_sentences_are_no_texts() -> None:
    for text in ("Signature", "and the spouse of the insured", "Policy number", "wurde am 01.02.2024 geboren"):
        placed = [(50.0, 40.0, "Policyholder:"), (160.0, 40.0, text)]
        found = values(read("insurance_policy", page(placed)))
        assert found.get("policyholder_name") in (None, "Signature"), text
    titled = [(50.0, 40.0, "Policyholder:"), (160.0, 40.0, "Mrs Grace Hopper")]
    assert values(read("insurance_policy", page(titled))) == {"policyholder_name": "Grace Hopper"}


EXTRA: Sequence[Placed] = ((350, 166, "Kostenstelle: 4711-03"), (350, 180, "Beschaffungsnummer: B-99"))


def test_a_users_field_is_read_beside_what_the_other_readers_know(with_overlay: ExtractionSchema) -> None:
    pages = [page([*GERMAN_INVOICE, *EXTRA])]
    plain = read_document(ReadingInput("invoice", load_schemas()["invoice_v1"], pages), default_readers())
    found = read_document(ReadingInput("invoice", with_overlay, pages), default_readers())
    before, after = values(plain), values(found)
    assert after == before | {"cost_center": "4711-03", "purchase_order": "B-99"}
    assert {field.reader for field in found.fields if field.name in after.keys() - before.keys()} == {"labelled"}
    assert list(after) == [spec.name for spec in with_overlay.fields if spec.name in after], "in schema order"
    checked = validate(found, pages, with_overlay)
    assert checked.extraction.field("cost_center") is not None, "its words are where it says"


def test_what_another_reader_left_out_on_purpose_stays_out() -> None:
    document = ReadingInput("invoice", load_schemas()["invoice_v1"], [page([(50, 40, "Invoice number: 4711")])])
    reader = LabelledReader(known=fields_read)
    assert reader.read(document) is None
    assert reader.complete(document, Extraction(notes=("unsure",))) == Extraction(notes=("unsure",))
    assert values(LabelledReader().read(document) or Extraction()) == {"invoice_number": "4711"}


def test_a_word_serves_one_field_only() -> None:
    schema = load_schemas()["w2_v1"]
    document = ReadingInput("w2", schema, [page([(50, 40, "Control number: 4711")])])
    first = LabelledReader().read(document)
    assert first is not None
    assert LabelledReader().complete(document, first) == first


WORDS = st.sampled_from(
    [
        *("Account", "number", ":", "Opening", "balance", "Statement", "period", "$12.00", "01.02.2025", "/", "Name"),
        *("Sex", "4", "711", ",", ".", "-", "Herr", "à", "ß", "of", "as", "2025"),
    ]
)
LINES = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 800), st.lists(WORDS, min_size=1, max_size=6)), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(LINES, st.sampled_from(["bank_statement", "id_card", "tax_form", "purchase_order"]))
def test_any_page_gives_grounded_values_that_meet_their_demands(
    lines: list[tuple[int, int, list[str]]], document_type: str
) -> None:
    placed = page([(float(x), float(y), " ".join(words)) for x, y, words in lines])
    schema = load_schemas().for_type(document_type)
    assert schema is not None
    found = read(document_type, placed)
    for field in found.fields:
        spec = schema.field(field.name)
        assert spec is not None
        assert field.value is not None
        assert spec.constraints.fault(field.value) is None
    checked = validate(found, [placed], schema)
    assert [field.name for field in checked.extraction.fields] == [field.name for field in found.fields]
