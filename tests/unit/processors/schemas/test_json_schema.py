"""JSON Schema for values, against an independent validator."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from processors.fields import FieldType, FieldValue, canonical_text
from processors.schemas import ExtractionSchema, load_schemas, parse_schema

SMALL = parse_schema(
    """
name = "ticket"
version = "1.0.0"
description = "A ticket."
[[fields]]
name = "number"
type = "identifier"
required = true
description = "Its number."
pattern = "[A-Z]{2}[0-9]{3}"
[[fields]]
name = "class"
type = "text"
description = "Which class."
enum = ["first", "second"]
[[fields]]
name = "fare"
type = "money"
description = "What it costs."
min = 0.5
[[fields]]
name = "remark"
type = "text"
description = "A remark."
max_length = 5
[[columns]]
name = "day"
type = "date"
description = "The day."
""",
    "ticket.toml",
)


def is_valid(schema: ExtractionSchema, document: Any) -> bool:
    return bool(Draft202012Validator(schema.json_schema()).is_valid(document))


@pytest.mark.parametrize("schema_id", list(load_schemas()))
def test_every_packaged_schema_is_sound_draft_2020_12(schema_id: str) -> None:
    schema = load_schemas()[schema_id]
    document = schema.json_schema()
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"urn:fieldtrail:schema:{schema_id}:1.0.0"
    names = [spec.name for spec in schema.fields] + (["line_items"] if schema.columns else [])
    assert list(document["properties"]) == document["required"] == names


def ticket(**changes: Any) -> dict[str, Any]:
    return {"number": "AB123", "class": None, "fare": None, "remark": None, "line_items": []} | changes


def test_absence_is_said_and_only_where_it_may_be() -> None:
    assert is_valid(SMALL, ticket())
    assert not is_valid(SMALL, ticket(number=None)), "required"
    incomplete = ticket()
    del incomplete["fare"]
    assert not is_valid(SMALL, incomplete)
    assert not is_valid(SMALL, ticket(tip="1.00")), "what the schema does not have"


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({"number": "AB1234"}, False),
        ({"class": "first"}, True),
        ({"class": "third"}, False),
        ({"fare": "4500.00"}, True),
        ({"fare": "-0.50"}, True),
        ({"fare": "4500"}, False),
        ({"fare": 4500.00}, False),
        ({"fare": "1,234.00"}, False),
        ({"remark": "short"}, True),
        ({"remark": "longer"}, False),
        ({"remark": ""}, False),
        ({"line_items": [{"day": "2025-02-28"}, {"day": None}]}, True),
        ({"line_items": [{"day": "28.02.2025"}]}, False),
        ({"line_items": [{}]}, False),
        ({"line_items": None}, False),
    ],
)
def test_values_are_held_to_type_and_demands(changes: dict[str, Any], valid: bool) -> None:
    assert is_valid(SMALL, ticket(**changes)) is valid


def test_what_json_schema_cannot_say_is_told_in_words() -> None:
    fare = SMALL.json_schema()["properties"]["fare"]
    assert fare["description"] == "What it costs. Decimal, at least two digits after the dot. At least 0.5."


VALUES: dict[FieldType, st.SearchStrategy[FieldValue]] = {
    FieldType.MONEY: st.decimals(Decimal(-(10**9)), Decimal(10**9), places=4),
    FieldType.NUMBER: st.decimals(Decimal(0), Decimal(10**9), places=3),
    FieldType.RATE: st.decimals(Decimal(0), Decimal(100), places=2),
    FieldType.DATE: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
}


@given(st.data())
def test_the_projects_own_notation_passes(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(VALUES)))
    head = 'name = "x"\nversion = "1.0.0"\ndescription = "x"\n'
    schema = parse_schema(f'{head}[[fields]]\nname = "v"\ntype = "{kind}"\ndescription = "x"\n', "x.toml")
    value = canonical_text(data.draw(VALUES[kind]), kind)
    assert is_valid(schema, {"v": value}), value
