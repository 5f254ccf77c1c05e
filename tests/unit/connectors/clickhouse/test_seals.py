"""What vouches for a row: every column is under its hash, and blanking its values changes nothing of that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse.blanks import BLANKS, SALT, blanked, is_blank
from connectors.clickhouse.rows import COLUMNS, NO_HASH, Row
from connectors.clickhouse.seals import SEALED, VALUES_HASH, has_its_values, key_of, seal, seal_of
from processors.audit.rows import row_salt
from tests.support.audit_rows import NOW, decision_row, document_row, field_row

SALT_OF_RECORD = row_salt(b"record")
OTHER: dict[type, Any] = {
    str: "other",
    int: 77,
    float: 0.123,
    Decimal: Decimal("1.5"),
    datetime: NOW + timedelta(milliseconds=1),
    tuple: ("other",),
    dict: {"other": "1"},
}


def sealed(row: Row) -> Row:
    seal(row, SALT_OF_RECORD)
    return row


@pytest.mark.parametrize("make", [field_row, document_row, decision_row], ids=lambda make: make.__name__)
def test_every_column_is_under_the_rows_hash(make: Any) -> None:
    row = sealed(make())
    for name in COLUMNS[type(row)]:
        old = getattr(row, name)
        new = bytes(31) + b"x" if name in (SALT, VALUES_HASH) else OTHER.get(type(old), "other")
        changed = replace(row, **{name: new})  # type: ignore[type-var]  # every row is a dataclass
        assert changed != row, name
        assert not has_its_values(changed) or seal_of(changed).hash != seal_of(row).hash, name


@pytest.mark.parametrize("make", [field_row, document_row, decision_row], ids=lambda make: make.__name__)
def test_a_blanked_row_keeps_its_hash_and_says_nothing(make: Any) -> None:
    row = sealed(make())
    blank = blanked(row)
    assert seal_of(blank) == seal_of(row)
    assert is_blank(blank)
    assert not is_blank(row)
    assert getattr(blank, SALT) == NO_HASH
    assert not has_its_values(blank), "without the salt, nobody can try values out"
    assert blanked(blank) == blank


def test_verdicts_of_rules_stay_and_their_messages_go() -> None:
    row = field_row()
    assert [rule[:2] for rule in blanked(row).rules] == [rule[:2] for rule in row.rules]
    assert {rule.message for rule in blanked(row).rules} == {""}


def test_a_row_is_named_by_its_table_and_key() -> None:
    assert key_of(field_row(row_number=3, name="amount", stage="resolved")) == "fields/resolved/3/amount"
    assert key_of(document_row()) == "documents/routed"
    assert key_of(decision_row()) == "decisions/decision-1"


def test_a_kind_of_row_that_is_blanked_has_a_salt_and_a_hash_of_its_values() -> None:
    for kind in SEALED:
        assert ({SALT, VALUES_HASH} <= set(COLUMNS[kind])) == (kind in BLANKS), kind.TABLE
        assert set(BLANKS.get(kind, {})) <= set(COLUMNS[kind])


@given(st.text(max_size=20), st.decimals(-(10**12), 10**12, places=4), st.datetimes(timezones=st.just(UTC)))
def test_the_same_row_has_the_same_hash_as_the_store_gives_it_back(text: str, number: Decimal, at: datetime) -> None:
    """With the decimals of its column, cut to milliseconds, and lists where there were tuples."""
    cut = at.replace(microsecond=at.microsecond // 1000 * 1000)
    row = sealed(field_row(raw_text=text, value_decimal=number, at=at))
    stored = replace(row, value_decimal=number.quantize(Decimal("1e-12")), at=cut, word_ids=list(row.word_ids))  # type: ignore[type-var,attr-defined]
    assert seal_of(stored) == seal_of(row)
    assert has_its_values(stored)
