"""The truth format: what is read, and what is refused with which message."""

import json
from pathlib import Path

import pytest

from processors.evaluation.field_types import column_type, field_type
from processors.evaluation.model import Quality, Segment
from processors.evaluation.notation import notation_problems
from processors.evaluation.truth import TruthError, load_truth, parse_truth, truth_schema
from processors.fields import FieldType
from tests.unit.processors.evaluation.examples import truth

DATA = Path(__file__).resolve().parents[4] / "../shared/data/truth.jsonl"
FULL = {
    "file": "documents/x/a.pdf",
    "pages": [2, 3],
    "document_type": "contract",
    "subtype": "lease",
    "language": "en",
    "source": "somewhere",
    "licence": "MIT",
    "group": "g",
    "label_origin": "human",
    "fields": {"parties": ["A", "B"], "effective_date": "2026-01-31", "term": None, "box_12": [{"code": "D"}]},
    "line_items": [{"description": "x", "amount": None}],
    "segments": None,
    "quality": {"dpi_estimate": 150, "kind": "scan", "has_text_layer": False},
    "note": "n",
    "alternatives": {"effective_date": ["2026-02-01", None]},
    "synthetic": True,
    "vendor_group": "v",
    "vendor_in_dev": False,
}


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "truth.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_row_is_read_with_every_key(tmp_path: Path) -> None:
    (row,) = load_truth(written(tmp_path, FULL, ""))
    assert row.key == ("documents/x/a.pdf", (2, 3))
    assert row.fields == {
        "parties": ("A", "B"),
        "effective_date": "2026-01-31",
        "term": None,
        "box_12": ({"code": "D"},),
    }
    assert row.line_items == ({"description": "x", "amount": None},)
    assert row.quality == Quality(150.0, "scan", has_text_layer=False)
    assert row.alternatives == {"effective_date": ("2026-02-01", None)}
    assert (row.synthetic, row.vendor_group, row.cluster) == (True, "v", "v")


def test_file_and_type_are_enough() -> None:
    row = parse_truth({"file": "a.pdf", "document_type": "letter"})
    assert (row.fields, row.line_items, row.segments, row.quality.kind) == ({}, None, None, "unknown")
    assert row.cluster == "a.pdf"


def test_segments_are_read() -> None:
    segments = [{"pages": [1, 2], "document_type": "invoice"}, {"pages": [3, 3], "document_type": "receipt"}]
    row = parse_truth({"file": "a.pdf", "document_type": "other", "segments": segments})
    assert row.segments == (Segment((1, 2), "invoice"), Segment((3, 3), "receipt"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"document_type": "Invoice"}, "document_type: String should match pattern"),
        ({"fields": {"total_amount": 12.5}}, "fields.total_amount: must be a text, a list of texts"),
        ({"fields": {"Total": "1.00"}}, "fields.Total"),
        ({"line_items": [{"amount": 3}]}, "line_items.0.amount: Input should be a valid string, not 3"),
        ({"pages": [3, 1]}, "pages must be [first, last], not [3, 1]"),
        ({"pages": [0, 1]}, "pages.0: Input should be greater than or equal to 1, not 0"),
        ({"quality": {"kind": "fax"}}, "quality.kind: Input should be 'born_digital', 'scan', 'photo'"),
        ({"segments": []}, "segments: List should have at least 1 item"),
        ({"feilds": {}}, "unknown key 'feilds'; did you mean 'fields'?"),
        ({"line_item": []}, "unknown key 'line_item'; did you mean 'line_items'?"),
        ({"file": ""}, "file: String should have at least 1 character"),
    ],
)
def test_a_mistake_names_line_key_and_expectation(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(TruthError) as caught:
        load_truth(written(tmp_path, FULL, {"file": "b.pdf", "document_type": "invoice", **change}))
    assert str(caught.value).startswith("truth.jsonl line 2: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[1]", "line 1: must be a JSON object, not list"),
        ('{"document_type": "invoice"}', "line 1: file: Field required"),
    ],
)
def test_what_is_no_row_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(TruthError, match=message):
        load_truth(written(tmp_path, line))


def test_one_document_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"line 3.*stands in line 1 too"):
        load_truth(written(tmp_path, FULL, {**FULL, "pages": None}, FULL))


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_bytes(b'{"file": "\xff"}')
    with pytest.raises(TruthError, match="must be UTF-8"):
        load_truth(path)


def test_the_schema_has_every_key_of_the_format() -> None:
    schema = truth_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["file", "document_type"]
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert set(FULL) - {"vendor_in_dev"} == set(properties)


def test_labels_that_cannot_match_are_named() -> None:
    row = truth(
        fields={"total_amount": "1,234.50", "invoice_date": "31.01.2026", "vendor_name": "1,5"},
        lines=[{"amount": "12.00", "quantity": "two"}],
        alternatives={"total_amount": ("1234.50",), "tip": ("1.00",), "line_items.0.amount": ("12 EUR",)},
    )
    assert notation_problems([row]) == (
        "a.pdf: alternatives.tip is not a labelled field, document_type or line_items.N.column",
        "a.pdf: fields.total_amount: '1,234.50' should be a decimal string as 1234.50",
        "a.pdf: fields.invoice_date: '31.01.2026' should be an ISO date as 2026-01-31",
        "a.pdf: line_items.0.amount: '12 EUR' should be a decimal string as 1234.50",
        "a.pdf: line_items.0.quantity: 'two' should be a decimal string as 1234.5",
    )


@pytest.mark.parametrize(
    ("document_type", "name", "kind"),
    [
        ("invoice", "total_amount", FieldType.MONEY),
        ("utility_bill", "amount_due", FieldType.MONEY),  # as any schema has it
        ("w2", "federal_income_tax", FieldType.MONEY),
        ("w2", "employee_ssn", FieldType.IDENTIFIER),
        ("w2", "tax_year", FieldType.IDENTIFIER),
        ("bank_statement", "period_start", FieldType.DATE),
        ("bank_statement", "opening_balance", FieldType.MONEY),
        ("insurance_policy", "effective_to", FieldType.DATE),
        ("insurance_policy", "fire_and_theft_excess_voluntary", FieldType.MONEY),
        ("id_card", "date_of_birth", FieldType.DATE),
        ("id_card", "document_number", FieldType.IDENTIFIER),
        ("contract", "governing_law", FieldType.TEXT),
        ("receipt", "line_count", FieldType.NUMBER),
    ],
)
def test_types_come_from_schemas_else_from_names(document_type: str, name: str, kind: FieldType) -> None:
    assert field_type(document_type, name) is kind


def test_columns_have_types_of_their_own() -> None:
    assert column_type("invoice", "tax_rate") is FieldType.RATE
    assert column_type("bank_statement", "date") is FieldType.DATE
    assert column_type("bank_statement", "balance") is FieldType.MONEY


@pytest.mark.dataset
@pytest.mark.skipif(not DATA.exists(), reason="the development documents are not here (shared/data)")
def test_the_development_set_is_in_the_format() -> None:
    rows = load_truth(DATA)
    assert len(rows) == 251
    assert notation_problems(rows) == ()
    assert sum(row.line_items is not None for row in rows) == 74
