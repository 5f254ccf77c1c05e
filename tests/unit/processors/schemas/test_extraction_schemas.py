import pytest

from processors.fields import FieldType
from processors.schemas import RuleName, SchemaError, load_schemas, parse_schema, schema_for, schema_named
from processors.validation.registry import RULES

MINIMAL = """
name = "ticket"
version = 2
description = "A ticket."
document_types = ["ticket"]
rules = ["date_in_range"]
[[fields]]
name = "day"
type = "date"
required = true
description = "The day."
[[columns]]
name = "amount"
type = "money"
description = "The amount."
"""


def test_packaged_schemas_have_the_canonical_fields() -> None:
    assert set(load_schemas()) == {"invoice_v1", "credit_note_v1", "receipt_v1"}
    invoice = load_schemas()["invoice_v1"]
    names = {spec.name for spec in invoice.fields}
    assert names >= {
        "vendor_name", "vendor_address", "vendor_tax_id", "customer_name", "customer_address", "customer_tax_id",
        "invoice_number", "invoice_date", "due_date", "purchase_order", "currency", "subtotal", "tax_amount",
        "total_amount", "amount_due", "iban", "payment_terms",
    }  # fmt: skip
    assert [spec.name for spec in invoice.columns] == [
        "description", "sku", "quantity", "unit", "unit_price", "price_base_quantity", "discount", "tax_rate", "amount",
    ]  # fmt: skip
    assert invoice.required == ("vendor_name", "invoice_number", "invoice_date", "currency", "total_amount")
    total = invoice.field("total_amount")
    assert total is not None
    assert total.type is FieldType.MONEY
    receipt = {spec.name for spec in load_schemas()["receipt_v1"].fields}
    assert receipt >= {
        "vendor_name", "vendor_address", "vendor_phone", "receipt_number", "purchase_date", "purchase_time", "currency",
        "subtotal", "tax_amount", "tip", "total_amount", "payment_method", "item_count",
    }  # fmt: skip


def test_lookup_by_type_name_and_id() -> None:
    invoice = load_schemas()["invoice_v1"]
    assert schema_for("invoice") is invoice
    assert schema_named("invoice") is invoice
    assert schema_named("invoice_v1") is invoice
    assert schema_named("invoice_v9") is None
    for document_type in ("bank_statement", "w2", "contract", "id_card", "other"):
        assert schema_for(document_type) is None


def test_every_rule_that_a_schema_may_ask_for_has_code() -> None:
    assert set(RULES) == set(RuleName)


def test_a_sound_file_is_read() -> None:
    schema = parse_schema(MINIMAL, "ticket.toml")
    assert schema.id == "ticket_v2"
    assert schema.rules == (RuleName.DATE_IN_RANGE,)
    assert schema.required == ("day",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type = "date"', 'type = "day"', r"number 1: type 'day' is not one of text, identifier"),
        ("required = true", 'required = "yes"', "required must be true or false, not 'yes'"),
        ("required = true", "requird = true", "unknown key 'requird'"),
        ("version = 2", "version = 0", "version must be a whole number from 1, not 0"),
        ('rules = ["date_in_range"]', 'rules = ["date_range"]', "'date_range' is not a valid RuleName"),
        ('rules = ["date_in_range"]', "rules = 1", "rules must be a list of texts"),
        ('name = "amount"', "", r"\[\[columns\]\] number 1: name must be a text"),
        ('name = "ticket"', "name =", "not TOML"),
        ("[[columns]]", '[[fields]]\nname="day"\ntype="text"\ndescription="x"\n[[columns]]', "has 'day' twice"),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, says: str) -> None:
    with pytest.raises(SchemaError, match=r"ticket\.toml.*" + says):
        parse_schema(MINIMAL.replace(old, new, 1), "ticket.toml")
