"""Adding to a packaged schema with a file."""

from pathlib import Path

import pytest

from processors.schemas import SchemaError, load_schemas

OVERLAY = """
extends = "invoice_v1"
name = "acme"
version = "1.2.0"
rules = ["iban_checksum"]

[[fields]]
name = "cost_center"
type = "identifier"
description = "Our cost centre."
labels.en = ["cost center"]
labels.de = ["kostenstelle"]
pattern = "[0-9]{4}"

[[fields]]
name = "purchase_order"
required = true
labels.de = ["beschaffungsnummer"]
max_length = 20
thresholds = { pass = 0.9, second_look = 0.6 }

[[columns]]
name = "project"
type = "text"
description = "Our project."
"""


def test_fields_are_added_and_strengthened(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(OVERLAY)
    base, schema = load_schemas()["invoice_v1"], load_schemas(tmp_path)["invoice_v1"]
    assert (schema.id, schema.version) == ("invoice_v1", "1.0.0+acme.1.2.0")
    assert schema.sources == ("invoice_v1.toml", str(tmp_path / "acme.toml"))
    assert schema.rules == base.rules, "a rule that is there already is not there twice"
    assert [spec.name for spec in schema.fields] == [*(spec.name for spec in base.fields), "cost_center"]
    assert [spec.name for spec in schema.columns][-1] == "project"
    cost_center, order = schema.field("cost_center"), schema.field("purchase_order")
    before = base.field("purchase_order")
    assert cost_center is not None
    assert order is not None
    assert before is not None
    assert cost_center.constraints.pattern == "[0-9]{4}"
    assert cost_center.added_labels == {}
    assert (order.required, order.type, order.description) == (True, before.type, before.description)
    assert order.labels["de"] == (*before.labels["de"], "beschaffungsnummer")
    assert order.labels["fr"] == before.labels["fr"]
    assert order.added_labels == {"de": ("beschaffungsnummer",)}
    assert order.constraints.max_length == 20
    assert schema.thresholds["purchase_order"].second_look == 0.6
    assert not before.required, "the packaged schema stays as it is"


def test_overlays_are_laid_on_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(OVERLAY)
    (tmp_path / "b.toml").write_text(
        'extends = "invoice_v1"\nname = "west"\nversion = "0.1.0"\n[[fields]]\nname = "cost_center"\nrequired = true\n'
    )
    schema = load_schemas(tmp_path)["invoice_v1"]
    assert schema.version == "1.0.0+acme.1.2.0.west.0.1.0"
    assert "cost_center" in schema.required


def test_an_overlay_of_a_schema_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "z.toml").write_text(
        'name = "ticket"\nversion = "1.0.0"\ndescription = "A ticket."\n'
        '[[fields]]\nname = "day"\ntype = "date"\ndescription = "The day."\n'
    )
    (tmp_path / "a.toml").write_text(
        'extends = "ticket_v1"\nname = "x"\nversion = "1.0.0"\nrules = ["date_in_range"]\n'
    )
    assert load_schemas(tmp_path)["ticket_v1"].version == "1.0.0+x.1.0.0"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("invoice_v1", "invoce_v1", r"extends: there is no schema 'invoce_v1'; did you mean 'invoice_v1'\?"),
        ("invoice_v1", "invoice", r"'invoice' cannot be used; expected the id of a schema such as \"invoice_v1\""),
        ('name = "acme"', 'name = "ac_me"', "expected lower-case letters, digits and -"),
        ("required = true", 'type = "money"', "'purchase_order' is of type identifier in the schema, which an overlay"),
        ('description = "Our project."', "", r"\[\[columns\]\] number 1: description is missing"),
        ('"purchase_order"', '"purchase_ordr"', r"\[\[fields\]\] number 2: type is missing"),
        ("max_length = 20", 'sign = "positive"', "sign: does not go with type identifier"),
        (OVERLAY[OVERLAY.index("rules") :], "", "adds nothing"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in OVERLAY
    (tmp_path / "acme.toml").write_text(OVERLAY.replace(old, new, 1))
    with pytest.raises(SchemaError, match=r"(?s)acme\.toml.*" + says):
        load_schemas(tmp_path)
