"""Documents for people and machines: plain notation, and nothing of a document's text that acts by itself."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fieldtrail.rendering import console, fields_table, help_for, place_of, printable, to_json
from processors.errors import ErrorCode
from processors.fields import Evidence, EvidenceSource, FieldType, LineItem, ReviewState
from processors.geometry import Box
from tests.support.examples import EXAMPLES, FIELDS, LINES, field


def shown(fields: tuple[object, ...] = (), lines: tuple[LineItem, ...] = ()) -> str:
    out = io.StringIO()
    Console(file=out, width=160, emoji=False, highlight=False).print(fields_table(fields, lines))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: record.SCHEMA)
def test_every_record_is_json(record: object) -> None:
    plain = to_json(record)
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain) == list(type(record).model_fields)  # type: ignore[attr-defined]


def test_values_are_in_plain_notation() -> None:
    values = [to_json(item)["value"] for item in FIELDS]
    assert values == ["1190.00", "2026-01-30", "2026-0001", None]
    assert [to_json(cell)["value"] for cell in LINES[0].cells] == ["Grünkohl, frisch", "2.5", "-1000.0001"]
    padded = field("total_amount", FieldType.MONEY, Decimal("1190.000000000"), "1.190,00")
    assert to_json(padded)["value"] == "1190.00", "however many zeros the wire adds"
    assert to_json(field("x", FieldType.MONEY, Decimal("1E+3"), "1000"))["value"] == "1000.00"


def test_other_types() -> None:
    assert to_json(datetime(2026, 1, 31, 8, tzinfo=UTC)) == "2026-01-31T08:00:00+00:00"
    assert to_json({"d": date(2026, 1, 31), "b": b"123", "n": None, "x": Decimal("1.50")}) == {
        "d": "2026-01-31",
        "b": {"bytes": 3},
        "n": None,
        "x": "1.50",
    }
    assert to_json({ErrorCode.EMPTY: (1, 2)}) == {"empty": [1, 2]}


def test_a_field_is_shown_with_its_place_and_confidence() -> None:
    heading, row = shown((FIELDS[0],)).splitlines()
    assert heading.split() == ["field", "value", "page", "box", "(pt)", "confidence"]
    assert row.split() == ["✓", "total_amount", "1190.00", "1", "10,20", "90,32", "0.97"]


def test_a_value_that_is_none_of_its_type_is_marked() -> None:
    bad = replace(FIELDS[3], review_state=ReviewState.PERSON)
    assert "✗  due_date  not a date: 31.02.2026" in shown((bad,))
    cell = field("amount", FieldType.MONEY, None, "12,x0")
    assert "amount not a money: 12,x0" in shown(lines=(LineItem(1, (cell,)),))


def test_a_line_is_as_sure_as_its_least_sure_cell() -> None:
    cells = list(LINES[0].cells)
    cells[2] = replace(cells[2], confidence=replace(cells[2].confidence, value=0.31), review_state=ReviewState.PERSON)
    first, second = shown(lines=(LineItem(1, tuple(cells)),)).splitlines()[1:]
    assert first.split()[:3] == ["✗", "line", "1"]
    assert first.split()[-1] == "0.31"
    assert second.split() == ["quantity", "2.5", "amount", "-1000.0001"]


def test_an_attachment_is_named_where_there_is_no_page() -> None:
    evidence = Evidence(EvidenceSource.ATTACHMENT, reference="factur-x.xml#/rsm:CrossIndustryInvoice")
    assert place_of(replace(FIELDS[0], evidence=(evidence,))) == ("", "factur-x.xml")
    page = Evidence(EvidenceSource.PAGE, 2, Box(1, 2, 3, 4), (0,))
    assert place_of(replace(FIELDS[0], evidence=(evidence, page))) == ("2", "1,2 3,4")


@pytest.mark.parametrize(
    "text", ["Kabel [each]", "[red]12.00[/red]", "[/b] broken", ":warning: 5:a:7", "\\[x]", "[link=http://x]y[/link]"]
)
def test_text_of_a_document_is_shown_as_it_is(text: str) -> None:
    """rich would take these for markup and emoji: leave parts of a value out, or fail."""
    assert text in shown((field("vendor_name", FieldType.TEXT, text, text),))


def test_text_of_a_document_cannot_act_on_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x07") == "a\ufffd[2Jb\ufffd"
    assert printable("total \u202e00.1\u202c") == "total \ufffd00.1\ufffd", "would be shown backwards"
    assert printable("two\r\n\tlines") == "two lines"
    assert printable("Größe 5 µm, 1.190,00 € · ﷼") == "Größe 5 µm, 1.190,00 € · ﷼"


@given(st.text())
def test_printable_text_is_one_line_that_any_terminal_takes(text: str) -> None:
    told = printable(text)
    assert len(told.splitlines()) <= 1
    told.encode()


def test_every_code_has_help_and_an_unknown_one_none() -> None:
    assert all(help_for(code) for code in ErrorCode)
    assert help_for("of_a_newer_version") == ""


def test_a_pipe_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert console().width == 120
