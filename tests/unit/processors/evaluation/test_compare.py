"""When two values are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.evaluation.compare import anls, canonical, canonical_text, compare, fold, likeness
from processors.fields import FieldType


@pytest.mark.parametrize(
    ("kind", "left", "right", "same"),
    [
        (FieldType.MONEY, "4500.00", "4500", True),
        (FieldType.MONEY, "-0.50", "-0.5", True),
        (FieldType.MONEY, "10.683", "10.68", False),
        (FieldType.MONEY, "12.00", "-12.00", False),
        (FieldType.MONEY, "1234.00", "1,234.00", False),  # not the notation
        (FieldType.MONEY, "1234.00", "1234.00 EUR", False),
        (FieldType.RATE, "7", "7.0", True),
        (FieldType.NUMBER, "19", "19.000", True),
        (FieldType.DATE, "2026-01-02", " 2026-01-02 ", True),
        (FieldType.DATE, "2026-01-02", "2026-02-01", False),
        (FieldType.DATE, "2026-01-02", "02.01.2026", False),
        (FieldType.DATE, "2026-06-31", "2026-06-31", True),  # as text: there is no such day
        (FieldType.TIME, "9:05", "09:05:59", True),
        (FieldType.TIME, "09:05", "21:05", False),
        (FieldType.CURRENCY, "EUR", "eur", True),
        (FieldType.CURRENCY, "EUR", "USD", False),
        (FieldType.IDENTIFIER, "NL 123456789B01", "nl123456789.b01", True),
        (FieldType.IDENTIFIER, "# BLR-15", "BLR15", True),
        (FieldType.IDENTIFIER, "BLR15", "BLR16", False),
        (FieldType.IDENTIFIER, "007", "7", False),
        (FieldType.TEXT, "Müller & Söhne GmbH", "MÜLLER  &  SÖHNE, GmbH.", True),
        (FieldType.TEXT, "Müller", "Muller", False),  # a lost accent is a reading error
        (FieldType.TEXT, "STRASSE", "Straße", True),
        (FieldType.TEXT, "--", "-", False),
        (FieldType.TEXT, "१२३ मार्ग", "१२३मार्ग", True),
        (FieldType.TEXT, "मार्ग", "मर्ग", False),  # a vowel sign is a letter
    ],
)
def test_values_are_equal_by_their_type(kind: FieldType, left: str, right: str, same: bool) -> None:
    assert (canonical_text(left, kind) == canonical_text(right, kind)) is same


def test_lists_are_sets_and_records_are_typed_rows() -> None:
    assert canonical(("B Inc.", "A"), "contract", FieldType.TEXT) == canonical(
        ("a", "b inc"), "contract", FieldType.TEXT
    )
    assert canonical(("A",), "contract", FieldType.TEXT) != canonical(("A", "B"), "contract", FieldType.TEXT)
    left = ({"code": "DD", "amount": "5.00"}, {"code": "F", "amount": "1.00", "note": None})
    right = ({"code": "f", "amount": "1.0"}, {"code": "dd", "amount": "5"})
    assert canonical(left, "w2", FieldType.TEXT) == canonical(right, "w2", FieldType.TEXT)


def test_anls_is_that_of_the_paper() -> None:
    assert anls("Main Street", "main  street") == 1.0
    assert anls("abcd", "abcx") == 0.75
    assert anls("abcd", "abxx") == 0.5
    assert anls("abcd", "axxx") == 0.0  # 0.25 is below the threshold
    assert anls("abcd", "abcdefgh") == 0.5


def test_anls_of_lists_is_that_of_the_best_pairing() -> None:
    assert anls(("abcd", "efgh"), ("efgh", "abcx")) == pytest.approx(1.75 / 2)
    assert anls(("abcd", "efgh"), "abcd") == 0.5
    assert anls(("abcd",), ()) == 0.0


def test_likeness_to_nothing_is_nothing() -> None:
    assert likeness(["", "ab"], ["", "ab"]).tolist() == [[0.0, 0.0], [0.0, 1.0]]


ADDRESS = "12 Long Street, 81100 Johor Bahru"


@pytest.mark.parametrize(
    ("predicted", "exact", "close"),
    [
        ("12 Long Street 81100 JOHOR BAHRU", True, True),
        ("12 Long Street, 81100 Johor Baru", False, True),
        ("12 Long Street, 81100 Johor Bahru, Johor", False, True),
        ("13 Long Street, 81100 Johor Bahru", False, False),  # another house
        ("12 Long Street, Johor Bahru", False, False),  # no post code
        ("12 Short Lane, 81100 Kuala", False, False),
    ],
)
def test_an_address_may_be_close_but_not_next_door(predicted: str, exact: bool, close: bool) -> None:
    found = compare([ADDRESS], predicted, "receipt", "vendor_address", FieldType.TEXT)
    assert (found.exact, found.close) == (exact, close)


def test_a_name_is_never_close() -> None:
    found = compare(["Long Street Trading"], "Long Street Tradinq", "receipt", "vendor_name", FieldType.TEXT)
    assert (found.exact, found.close) == (False, False)
    assert found.anls == pytest.approx(18 / 19)


def test_the_best_alternative_counts() -> None:
    found = compare(["Contoso Ltd", "Contoso"], "CONTOSO", "invoice", "vendor_name", FieldType.TEXT)
    assert (found.exact, found.anls) == (True, 1.0)


def test_likeness_says_nothing_of_amounts() -> None:
    assert compare(["100.00"], "100.01", "invoice", "total_amount", FieldType.MONEY).anls is None


@given(st.text())
def test_folding_forgets_case_and_spaces(text: str) -> None:
    assert fold(f" {text} ") == fold(text)
    assert fold(fold(text)) == fold(text)


@given(st.text("abcxyzßäöüéèàçñãõ 0123.-"))
def test_folding_forgets_capitals(text: str) -> None:
    if any(map(str.isalnum, text)):
        assert fold(text.upper()) == fold(text)


@given(st.text(), st.text())
def test_anls_is_symmetric_and_within_bounds(left: str, right: str) -> None:
    assert 0.0 <= anls(left, right) <= 1.0
    assert anls(left, right) == anls(right, left)
    assert anls(left, left) == 1.0
