"""A list of texts that is read as one text, as the parties of a contract are."""

import pytest

from processors.evaluation.compare import compare
from processors.fields import FieldType

PARTIES = ("Northwind Ltd", "Contoso, Inc.")


@pytest.mark.parametrize(
    ("read", "exact"),
    [
        ("Northwind Ltd, Contoso, Inc.", True),
        ("northwind ltd; contoso inc", True),
        ("Contoso, Inc., Northwind Ltd", False),
        ("Northwind Ltd", False),
    ],
)
def test_a_list_is_equal_to_its_texts_in_order(read: str, exact: bool) -> None:
    assert compare([PARTIES], read, "contract", "parties", FieldType.TEXT).exact is exact


def test_a_list_is_still_equal_to_a_list_in_any_order() -> None:
    assert compare([PARTIES], tuple(reversed(PARTIES)), "contract", "parties", FieldType.TEXT).exact
