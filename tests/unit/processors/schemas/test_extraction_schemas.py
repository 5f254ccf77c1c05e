"""The packaged schemas, and what a schema file may say."""

import json
import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.classification import DocumentType
from processors.fields import FieldType
from processors.reading.geometric import fields_read
from processors.schemas import (
    RuleName,
    SchemaError,
    Sign,
    load_schemas,
    parse_schema,
    schema_for,
    schema_named,
    shared_labels,
)
from processors.schemas.loader import PACKAGED
from processors.validation.registry import RULES

WITHOUT_SCHEMA = {"letter", "form", "resume", "medical", "other"}
LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pt"}

CANONICAL = {
    "invoice": "vendor_name vendor_address vendor_tax_id customer_name customer_address customer_tax_id invoice_number "
    "invoice_date due_date purchase_order currency subtotal tax_amount total_amount amount_due iban payment_terms",
    "receipt": "vendor_name vendor_address vendor_phone receipt_number purchase_date purchase_time currency subtotal "
    "tax_amount tip total_amount payment_method item_count",
    "bank_statement": "bank_name account_holder account_number period_start period_end opening_balance closing_balance "
    "currency",
    "w2": "tax_year employee_ssn employer_ein employer_name employer_address employee_name employee_address wages "
    "federal_income_tax social_security_wages social_security_tax medicare_wages medicare_tax state state_wages "
    "state_income_tax",
    "contract": "parties effective_date governing_law term",
    "id_card": "document_kind document_number last_name first_name date_of_birth issue_date expiry_date "
    "issuing_authority sex address",
}
COLUMNS = {
    "invoice": {"description", "sku", "quantity", "unit", "unit_price", "tax_rate", "amount"},
    "receipt": {"description", "quantity", "unit_price", "amount"},
    "bank_statement": {"date", "description", "amount", "balance"},
}

MINIMAL = """
name = "ticket"
version = "2.1.0"
description = "A ticket."
document_types = ["ticket"]
rules = ["date_in_range"]

[[fields]]
name = "day"
type = "date"
required = true
description = "The day."
labels.en = ["travel day", "~day"]
min = 2000-01-01

[[fields]]
name = "fare"
type = "money"
description = "What it costs."
labels = "total_amount"
sign = "positive"
max = 999.5
thresholds = { pass = 0.9, second_look = 0.5 }

[[columns]]
name = "amount"
type = "money"
description = "The amount."
"""


def test_every_type_has_a_schema_but_those_that_have_no_fields_of_their_own() -> None:
    served = {name for schema in load_schemas().values() for name in schema.document_types}
    assert served == {kind.value for kind in DocumentType} - WITHOUT_SCHEMA
    assert set(load_schemas()) == {f"{name}_v1" for name in served}
    for schema in load_schemas().values():
        assert schema.version == "1.0.0"
        assert schema.sources == (f"{schema.id}.toml",)


@pytest.mark.parametrize("document_type", sorted(CANONICAL))
def test_schemas_have_the_canonical_fields(document_type: str) -> None:
    schema = schema_for(document_type)
    assert schema is not None
    assert {spec.name for spec in schema.fields} >= set(CANONICAL[document_type].split())
    assert {spec.name for spec in schema.columns} >= COLUMNS.get(document_type, set())


def test_credit_notes_have_what_invoices_have() -> None:
    invoice, note = schema_for("invoice"), schema_for("credit_note")
    assert invoice is not None
    assert note is not None
    assert [(spec.name, spec.type) for spec in note.fields] == [(spec.name, spec.type) for spec in invoice.fields]
    assert invoice.required == ("vendor_name", "invoice_number", "invoice_date", "currency", "total_amount")


@pytest.mark.parametrize("schema_id", sorted(set(load_schemas()) - {"w2_v1"}))
def test_labelled_fields_have_labels_in_seven_languages(schema_id: str) -> None:
    """IBAN is the same word everywhere; national tax numbers and lines of form 1040 exist in some countries only."""
    national = {"iban", "vendor_tax_number", "line_total"}
    american = (
        {"wages", "adjusted_gross_income", "total_payments", "spouse_ssn"} if schema_id == "tax_form_v1" else set()
    )
    for spec in load_schemas()[schema_id].fields:
        if spec.labels and spec.name not in national | american:
            assert set(spec.labels) == LANGUAGES, spec.name


@pytest.mark.parametrize("schema_id", sorted(set(load_schemas()) - {"invoice_v1", "credit_note_v1", "receipt_v1"}))
def test_a_strong_label_leads_to_one_field_of_a_type(schema_id: str) -> None:
    """But the end of a period, and the address of a party, stand under the heading of their beginning."""
    owner: dict[tuple[FieldType, str, str], str] = {}
    for spec in load_schemas()[schema_id].fields:
        if spec.name.endswith(("_address", "period_end", "effective_to")):
            continue
        for language, texts in spec.labels.items():
            for text in texts:
                if not text.startswith("~"):
                    assert owner.setdefault((spec.type, language, text), spec.name) == spec.name, text


def test_the_geometric_reader_looks_for_what_its_schemas_have() -> None:
    for document_type in ("invoice", "credit_note", "receipt"):
        schema = schema_for(document_type)
        assert schema is not None
        assert fields_read(document_type) == {spec.name for spec in schema.fields}
    assert fields_read("w2") == frozenset()


def test_lookup_by_type_name_and_id() -> None:
    invoice = load_schemas()["invoice_v1"]
    assert schema_for("invoice") is invoice
    assert schema_named("invoice") is invoice
    assert schema_named("invoice_v1") is invoice
    assert schema_named("invoice_v9") is None
    assert schema_for("letter") is None


def test_every_rule_that_a_schema_may_ask_for_has_code() -> None:
    assert set(RULES) == set(RuleName)


def test_files_are_named_by_the_schemas_in_them() -> None:
    for path in PACKAGED.glob("*.toml"):
        assert parse_schema(path.read_text(encoding="utf-8"), path.name).id == path.stem


def test_a_schema_crosses_process_boundaries_whole() -> None:
    for schema in load_schemas().values():
        assert pickle.loads(pickle.dumps(schema)) == schema


def test_a_sound_file_is_read() -> None:
    schema = parse_schema(MINIMAL, "ticket.toml")
    assert (schema.id, schema.major, schema.version) == ("ticket_v2", 2, "2.1.0")
    assert schema.rules == (RuleName.DATE_IN_RANGE,)
    assert schema.required == ("day",)
    day, fare = schema.fields
    assert day.labels == {"en": ("travel day", "~day")}
    assert day.constraints.minimum == date(2000, 1, 1)
    assert fare.labels == shared_labels()["total_amount"]
    assert (fare.constraints.sign, fare.constraints.maximum) == (Sign.POSITIVE, Decimal("999.5"))
    assert schema.thresholds["fare"].straight == 0.9
    assert schema.columns[0].labels["en"][0] == "amount", "columns share headings too"
    assert schema.column("amount") is schema.columns[0]


def test_rules_and_columns_may_be_left_out() -> None:
    text = MINIMAL.replace('rules = ["date_in_range"]\n', "").partition("[[columns]]")[0]
    schema = parse_schema(text, "ticket.toml")
    assert schema.rules == (RuleName.VALUE_READS_BACK,)
    assert schema.columns == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type = "date"', 'type = "dat"', r"line 10: \[\[fields\]\] number 1, type: 'dat' is none of .*mean 'date'\?"),
        ("required = true", 'required = "yes"', r"line 11: .*required: 'yes' cannot be used; input should be"),
        ("required = true", "requird = true", r"requird: unknown key; did you mean 'required'\?"),
        ("required = true", "xyz = true", r"xyz: unknown key; known are name, type"),
        ('version = "2.1.0"', "version = 2", "line 3: version: 2 cannot be used; input should be a valid string"),
        ('version = "2.1.0"', 'version = "2"', r"version: '2' cannot be used; expected a semantic version such as"),
        ('["date_in_range"]', '["date_range"]', r"rules number 1: 'date_range' is none .*mean 'date_in_range'\?"),
        ('rules = ["date_in_range"]', "rules = 1", "rules: 1 cannot be used; input should be a valid tuple"),
        ('name = "amount"', "", r"line 25: \[\[columns\]\] number 1: name is missing"),
        ('description = "What it costs."', "", r"\[\[fields\]\] number 2: description is missing"),
        ('name = "ticket"', "name =", "not TOML"),
        ('name = "fare"', 'name = "day"', r"line 17: \[\[fields\]\] number 2, name: 'day' is there twice"),
        ('name = "fare"', 'name = "line_items"', "line_items is what the rows are called"),
        ('name = "fare"', 'name = "the fare"', "expected lower-case letters, digits and _"),
        ("labels.en", "labels.english", "'english' cannot be used; expected a language of two letters"),
        ('"travel day"', '"..."', r"labels: en: '...' has no letter or digit to be found by"),
        ('"total_amount"', '"total_amont"', r"no shared labels .* 'total_amont'; did you mean 'total_amount'\?"),
        ("min = 2000-01-01", "min = 3", "min: 3 is no date such as 1990-01-31"),
        ("max = 999.5", "max = 1990-01-31", "max: 1990-01-31 is no number"),
        ("max = 999.5", "max = nan", "max: .*expected a number, or a date"),
        ("max = 999.5", "max = 1\nmin = 2.5", "min 2.5 is above max 1"),
        ("max = 999.5", 'pattern = "[0-9]+"', "pattern: does not go with type money; it is for currency, identifier"),
        ('sign = "positive"', 'sign = "plus"', "'plus' is none of positive, negative"),
        ("second_look = 0.5", "second_look = 0.95", "second_look 0.95 must not be above pass 0.9"),
        ("pass = 0.9,", "", "thresholds: pass is missing"),
        ("[[columns]]", "[[column]]", r"column: unknown key; did you mean 'columns'\?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(old: str, new: str, says: str) -> None:
    assert old in MINIMAL
    with pytest.raises(SchemaError, match=r"(?s)ticket\.toml.*" + says) as caught:
        parse_schema(MINIMAL.replace(old, new, 1), "ticket.toml")
    assert all(problem.startswith("ticket.toml") for problem in caught.value.problems)


def test_all_mistakes_are_told_at_once() -> None:
    text = MINIMAL.replace('type = "date"', 'type = "day"').replace('type = "money"', 'type = "cash"', 1)
    with pytest.raises(SchemaError, match=r"\(and 1 more\)") as caught:
        parse_schema(text, "ticket.toml")
    assert len(caught.value.problems) == 2


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_a_file(text: str) -> None:
    with pytest.raises(SchemaError):
        parse_schema(text, "any.toml")


SCALARS = st.booleans() | st.integers() | st.text(st.characters(codec="ascii"), max_size=5)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_no_value_of_a_key_breaks_it_either(value: object) -> None:
    written = json.dumps(value)
    for key in ("name", "version", "document_types", "rules", "fields", "columns"):
        try:
            parse_schema(f"{key} = {written}\n", "any.toml")
        except SchemaError:
            continue
        raise AssertionError("a file of one key is no schema")


def test_a_folder_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "ticket.toml").write_text(MINIMAL)
    (tmp_path / "notes.txt").write_text("not a schema")
    schemas = load_schemas(tmp_path)
    assert set(schemas) == {*load_schemas(), "ticket_v2"}
    ticket = schemas.for_type("ticket")
    assert ticket is not None
    assert ticket.sources == (str(tmp_path / "ticket.toml"),)


def test_versions_of_one_name_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(MINIMAL.replace("2.1.0", "1.4.0"))
    (tmp_path / "two.toml").write_text(MINIMAL)
    schemas = load_schemas(tmp_path)
    assert schemas["ticket_v1"].version == "1.4.0", "documents that pinned it find it"
    assert schemas.for_type("ticket") is schemas["ticket_v2"]
    assert schemas.named("ticket") is schemas["ticket_v2"]


def test_contradicting_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(MINIMAL)
    (tmp_path / "b.toml").write_text(MINIMAL)
    with pytest.raises(SchemaError, match=r"b\.toml: ticket_v2 is also in .*a\.toml; extend that one"):
        load_schemas(tmp_path)
    (tmp_path / "b.toml").write_text(MINIMAL.replace('"ticket"', '"pass"', 1).replace('["ticket"]', '["invoice"]'))
    with pytest.raises(
        SchemaError, match=r"document type 'invoice' belongs to the schema invoice \(invoice_v1\.toml\)"
    ):
        load_schemas(tmp_path)
    with pytest.raises(SchemaError, match="there is no such folder"):
        load_schemas(tmp_path / "none")
