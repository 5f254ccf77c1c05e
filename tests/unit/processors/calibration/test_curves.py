"""Probabilities from signals: values, and what no fit may break."""

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldtrail.calibration.run import UNFITTED
from processors.calibration.file import (
    FORMAT,
    PACKAGED,
    CalibrationError,
    default_calibration,
    dump_calibration,
    load_calibration,
)
from processors.calibration.model import CELLS, Calibration, Curve, Curves, ReaderCurves
from processors.calibration.signals import VALIDATION, Check, Signals, check_of, signals_of
from processors.fields import Confidence, Field, FieldType, RuleStatus
from processors.reading import default_readers
from processors.routing import Thresholds
from processors.schemas import load_schemas
from processors.validation.findings import failed, passed, untested
from processors.validation.registry import ARITHMETIC

ORDER = (Check.FAILED, Check.DISPUTED, Check.UNTESTED, Check.HELD, Check.CONFIRMED)
CURVE = Curve(1.0, 1.0, 0.5, 0.25, 0.5, 1.0, 2.0, 3.0)
shares = st.floats(0, 1)
terms = st.floats(0, 5)
curves = st.builds(Curve, st.floats(-5, 5), terms, terms, terms, terms, terms, terms, terms)
signals = st.builds(Signals, st.just("geometric"), shares, shares, st.sampled_from(Check))


@pytest.mark.parametrize(
    ("score", "recognition", "check", "expected"),
    [
        (0.5, 1.0, Check.UNTESTED, 0.7311),  # 1 / (1 + e^-1): the base alone
        (0.9, 1.0, Check.UNTESTED, 0.9607),  # and the log-odds of the score, 2.197
        (0.9, 1.0, Check.HELD, 0.9758),
        (0.9, 1.0, Check.CONFIRMED, 0.9910),
        (0.9, 1.0, Check.DISPUTED, 0.7680),
        (0.9, 1.0, Check.FAILED, 0.1415),
        (0.9, 0.99, Check.UNTESTED, 0.9501),  # recognised by OCR, all but surely
        (0.9, 0.9, Check.UNTESTED, 0.8517),
        (1.0, 1.0, Check.UNTESTED, 0.9963),  # read as 0.99
    ],
)
def test_values(score: float, recognition: float, check: Check, expected: float) -> None:
    assert CURVE.probability(Signals("x", score, recognition, check)) == pytest.approx(expected, abs=5e-5)


@given(curves, signals, shares)
def test_a_curve_is_monotone_in_every_signal(curve: Curve, given_signals: Signals, more: float) -> None:
    base = curve.probability(given_signals)
    assert 0 <= base <= 1
    better = ORDER[min(ORDER.index(given_signals.check) + 1, len(ORDER) - 1)]
    for surer in (
        replace(given_signals, score=max(given_signals.score, more)),
        replace(given_signals, recognition=max(given_signals.recognition, more)),
        replace(given_signals, recognition=1.0),
        replace(given_signals, check=better),
    ):
        assert curve.probability(surer) >= base - 1e-12


def test_the_nearest_curve_rates() -> None:
    flat = Curve(0.0, 0, 0, 0, 0, 0, 0, 0)
    by = {base: replace(flat, base=base) for base in (1.0, 2.0, 3.0, 4.0)}
    fields = Curves(by[1.0], {FieldType.TEXT: by[2.0]}, {"vendor_name": by[3.0]}, {"receipt": {"vendor_name": by[4.0]}})
    calibration = Calibration("v", {"x": ReaderCurves("1", fields, Curves(flat))})
    said = Signals("x", 0.5, 1.0, Check.UNTESTED)

    def base(document_type: str, name: str, kind: FieldType) -> float | None:
        return calibration.probability(document_type, name, kind, said)

    expected = {number: curve.probability(said) for number, curve in by.items()}
    assert base("receipt", "vendor_name", FieldType.TEXT) == expected[4.0]
    assert base("invoice", "vendor_name", FieldType.TEXT) == expected[3.0]
    assert base("invoice", "customer_name", FieldType.TEXT) == expected[2.0]
    assert base("invoice", "due_date", FieldType.DATE) == expected[1.0]
    assert base("receipt", CELLS + "vendor_name", FieldType.TEXT) == 0.5, "cells have curves of their own"
    assert calibration.probability("invoice", "due_date", FieldType.DATE, replace(said, reader="y")) is None


@given(st.sampled_from(sorted(load_schemas())), shares)
def test_packaged_amounts_that_nothing_confirms_are_never_near_one(name: str, score: float) -> None:
    calibration = default_calibration()
    schema = load_schemas()[name]
    amounts = [spec.name for spec in schema.fields if spec.type is FieldType.MONEY]
    amounts += [CELLS + spec.name for spec in schema.columns if spec.type is FieldType.MONEY]
    for reader in calibration.readers:
        for check in (Check.UNTESTED, Check.HELD):
            for amount in amounts:
                said = Signals(reader, score, 1.0, check)
                found = calibration.probability(schema.document_types[0], amount, FieldType.MONEY, said)
                assert found is None or found <= calibration.caps[check] < 0.99


def test_the_packaged_file_is_of_the_readers_that_are_packaged() -> None:
    """A reader that changed must be calibrated anew: `fieldtrail calibrate` (docs/calibration.md)."""
    calibration = default_calibration()
    versions = {reader.name: reader.version for reader in default_readers() if reader.name not in UNFITTED}
    assert {name: reader.version for name, reader in calibration.readers.items()} == versions
    least = Thresholds().of("total_amount", FieldType.MONEY).straight
    assert calibration.caps[Check.UNTESTED] < least, "an amount that nothing tested never passes unseen"
    assert f"format = {FORMAT}\n" in PACKAGED.read_text(encoding="utf-8")
    assert len(PACKAGED.read_bytes()) < 32_768, "small enough to read"
    known = {spec.name for schema in load_schemas().values() for spec in (*schema.fields, *schema.columns)}
    for reader in calibration.readers.values():
        for group in (reader.fields, reader.cells):
            assert group is None or set(group.names) <= known


def test_a_file_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(dump_calibration(default_calibration(), {"fitted on": "nothing"}), encoding="utf-8")
    assert load_calibration(path) == default_calibration()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "cannot be read as TOML"),
        ('version = "1"', "format: must be 1, not None"),
        ('format = 2\nversion = "1"', "format: must be 1, not 2"),
        ('format = 1\nversion = "1"\n[caps]\nheld = 1.5', "caps.held"),
        ('format = 1\nversion = "1"\n[readers.x]\nversion = "1"', "readers.x.fields: Field required"),
        (
            'format = 1\nversion = "1"\n[readers.x]\nversion = "1"\n[readers.x.fields]\n'
            "every = { base = 1, score = -1, recognition = 0, recognised = 0, held = 0, confirmed = 0, disputed = 0, "
            "failed = 0 }",
            "readers.x.fields.every.score: Input should be greater than or equal to 0",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"own\.toml") as caught:
        load_calibration(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Check.UNTESTED),
        ([passed("grounded", "")], Check.UNTESTED),
        ([untested("date_in_range", "")], Check.UNTESTED),
        ([passed("date_in_range", "")], Check.HELD),
        ([passed("iban_checksum", "", confirms=True)], Check.CONFIRMED),
        ([passed("iban_checksum", "", confirms=True), failed("lines_sum_to_total", "")], Check.DISPUTED),
        ([failed("lines_sum_to_total", ""), failed("grounded", "")], Check.FAILED),
    ],
)
def test_the_worst_verdict_decides_then_the_best(verdicts: list, expected: Check) -> None:  # type: ignore[type-arg]
    assert check_of(verdicts, ARITHMETIC, {"grounded"}) is expected


@given(shares, shares, st.sampled_from(Check))
def test_signals_come_back_out_of_a_trail(score: float, recognition: float, check: Check) -> None:
    confidence = Confidence(0.5, recognition, score, VALIDATION[check])
    field = Field("due_date", FieldType.DATE, None, "", (), confidence, "geometric", "1")
    assert signals_of(field) == Signals("geometric", score, recognition, check)


def test_what_was_not_validated_has_no_signals() -> None:
    assert signals_of(Field("x", FieldType.TEXT, "x", "x", (), Confidence(0.5), "geometric", "1")) is None


def test_checks_keep_their_order_in_the_trail() -> None:
    marks = [VALIDATION[check] for check in ORDER if check is not Check.UNTESTED]
    assert marks == sorted(mark for mark in marks if mark is not None)
    assert RuleStatus.FAILED
    assert len(astuple(CURVE)) == 8
