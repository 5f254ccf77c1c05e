"""Rows: what fits is taken as it is, what ClickHouse would change silently is refused by name."""

import re
import struct
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse import columns as c
from connectors.clickhouse.rows import (
    COLUMNS,
    ROWS,
    DocumentRow,
    EventRow,
    FieldRow,
    Place,
    Row,
    Rule,
    refused,
    transposed,
)
from tests.support.audit_rows import NOW, document_row, event_row, field_row


def reason(row: Row) -> str | None:
    found = refused([row])
    assert [item.row for item in found] in ([], [row])
    return found[0].reason if found else None


def test_ordinary_rows_are_taken() -> None:
    assert refused([field_row(), field_row(value_text=None, value_decimal=None)]) == ()
    assert refused([document_row(), document_row(metadata={"a": "b"}, issue_date=date(1900, 1, 1))]) == ()
    assert refused([event_row(), event_row(started=NOW, seconds=1.5)]) == ()
    assert refused([]) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value_decimal": Decimal("0.0000000000001")}, "value_decimal is no decimal"),
        ({"value_decimal": Decimal(10) ** 26}, "value_decimal is no decimal"),
        ({"value_decimal": Decimal("NaN")}, "value_decimal is no decimal"),
        ({"value_decimal": 1.5}, "value_decimal is no decimal"),
        ({"value_date": date(1899, 12, 31)}, "value_date is no date"),
        ({"value_date": date(2300, 1, 1)}, "value_date is no date"),
        ({"value_date": NOW}, "value_date is no date"),
        ({"submitted_at": datetime(2026, 1, 1)}, "submitted_at is no time with a zone"),  # noqa: DTZ001
        ({"at": datetime(2300, 1, 1, tzinfo=UTC)}, "at is no time with a zone"),
        ({"type": "colour"}, "type is none of currency, date, identifier"),
        ({"review_state": ""}, "review_state is none of"),
        ({"stage": "accepted"}, "stage is none of extracted, resolved, routed, validated"),
        ({"revision": -1}, "revision is no whole number from 0 to 4294967295"),
        ({"revision": 2**32}, "revision is no whole number"),
        ({"offset": 2**64}, "offset is no whole number"),
        ({"revision": "1"}, "revision is no whole number"),
        ({"page": None}, "page is no whole number"),
        ({"confidence": float("nan")}, "confidence is no finite number"),
        ({"confidence": float("inf")}, "confidence is no finite number"),
        ({"confidence": None}, "confidence is no finite number"),
        ({"confidence": 10**400}, "confidence is no finite number"),
        ({"x1": 1e39}, "x1 is no finite number up to 3.4e+38"),
        ({"y0": -1e39}, "y0 is no finite number up to 3.4e+38"),
        (
            {"more_evidence": (Place("page", 1, x0=1e39),)},
            "more_evidence has an item that has a part that is no finite",
        ),
        ({"raw_text": "\ud800"}, "raw_text has characters that UTF-8 cannot hold"),
        ({"raw_text": None}, "raw_text is NoneType, not text"),
        ({"name": b"total"}, "name is bytes, not text"),
        ({"word_ids": (1, -1)}, "word_ids has an item that is no whole number"),
        ({"word_ids": "12"}, "word_ids is str, not a list"),
        ({"rules": (Rule("sum", "maybe", ""),)}, "rules has an item that has a part that is none of failed"),
        ({"more_evidence": (Place("page", 1, word_ids=(2**32,)),)}, "more_evidence has an item that has a part"),
        ({"more_evidence": (("page", 1),)}, "more_evidence has an item that is no tuple of 8"),
    ],
)
def test_what_does_not_fit_a_field_is_refused_by_column(change: dict[str, Any], said: str) -> None:
    assert (reason(field_row(**change)) or "").startswith(said)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (document_row(metadata={"a": 1}), "metadata is no mapping of text to text"),
        (document_row(metadata=None), "metadata is no mapping of text to text"),
        (document_row(failed_rules=(("rule", "message"),)), "failed_rules has an item that is no tuple of 3"),
        (event_row(chain_hash=b"short"), "chain_hash is not 32 bytes"),
        (event_row(day=date(1969, 12, 31)), "day is no date from 1970-01-01"),
        (event_row(day=NOW), "day is no date"),
    ],
)
def test_what_does_not_fit_another_table_is_refused(row: Row, said: str) -> None:
    assert (reason(row) or "").startswith(said)


def test_only_the_unfit_rows_of_a_batch_are_refused_each_with_its_first_reason() -> None:
    rows = [field_row(offset=number) for number in range(5)]
    rows[1] = replace(rows[1], type="colour", confidence=float("nan"))
    rows[3] = replace(rows[3], raw_text="\ud800")
    found = refused(rows)
    assert [item.row for item in found] == [rows[1], rows[3]]
    assert found[0].reason.startswith("type ")
    assert found[1].reason.startswith("raw_text ")


def test_a_reason_does_not_tell_the_value() -> None:
    for change in ({"raw_text": "secret\ud800"}, {"type": "secret"}, {"value_decimal": Decimal("31337.0000000000001")}):
        said = reason(field_row(**change)) or ""
        assert said
        assert "secret" not in said
        assert "31337" not in said


def test_a_zone_other_than_utc_is_taken() -> None:
    assert reason(field_row(at=NOW.astimezone(timezone(timedelta(hours=9))))) is None


def test_the_limits_themselves_are_taken() -> None:
    largest = Decimal("9" * 26 + "." + "9" * 12)
    assert reason(field_row(value_decimal=largest)) is None
    assert reason(field_row(value_decimal=largest.copy_negate())) is None
    assert reason(field_row(revision=2**32 - 1, offset=2**64 - 1)) is None
    largest_single = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
    assert reason(field_row(x0=-largest_single, x1=largest_single, confidence=1e300)) is None


@given(st.lists(st.decimals(allow_nan=True, allow_infinity=True) | st.none(), min_size=1, max_size=5))
def test_a_column_holds_values_exactly_where_each_has_no_problem(values: list[Decimal | None]) -> None:
    column = c.Maybe(c.EXACT)
    assert column.holds(values) is all(column.problem(value) is None for value in values)


_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec=None), max_size=5),
    st.binary(max_size=33),
    st.datetimes(timezones=st.none() | st.just(UTC)),
    st.dates(),
    st.lists(st.integers(-1, 3), max_size=3),
    st.dictionaries(st.text(max_size=2), st.text(max_size=2) | st.integers(), max_size=2),
    st.tuples(st.text(max_size=3), st.integers()),
)


@given(st.sampled_from(sorted(COLUMNS, key=lambda kind: kind.TABLE)), st.data())
def test_no_value_makes_the_check_raise_and_both_checks_agree(kind: type[Row], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(COLUMNS[kind])))
    column, values = COLUMNS[kind][name], data.draw(st.lists(_ANYTHING, min_size=1, max_size=4))
    assert column.holds(values) is all(column.problem(value) is None for value in values)


def test_transposed_gives_a_list_per_column_in_their_order() -> None:
    values = transposed([event_row(offset=1), event_row(offset=2)])
    assert len(values) == len(COLUMNS[EventRow])
    assert values[list(COLUMNS[EventRow]).index("offset")] == [1, 2]


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.TABLE)
def test_rows_have_exactly_the_columns_of_their_table(kind: type[Row]) -> None:
    text = (resources.files("connectors.clickhouse") / "migrations" / "0001_tables.sql").read_text()
    table = text.partition(f"${{database}}.{kind.TABLE} ${{on_cluster}}\n(\n")[2].partition("\n)\n")[0]
    found = re.findall(r"^    ([a-z0-9_]+) +(?!.*\bALIAS\b)[A-Z]", table, re.MULTILINE)
    assert list(COLUMNS[kind]) == found


def test_each_row_class_is_frozen() -> None:
    with pytest.raises(AttributeError):
        field_row().name = "other"  # type: ignore[misc]
    assert isinstance(document_row(), DocumentRow)
    assert isinstance(field_row(), FieldRow)
