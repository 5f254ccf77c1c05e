"""The demo's samples: all there, repeatable, and each what it claims to be."""

import json
from decimal import Decimal
from pathlib import Path

import pymupdf
import pytest

from processors.errors import ErrorCode, Refusal
from processors.intake import Limits, inspect
from processors.synthesis import Outcome, Sample, truth_lines, write_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return write_samples(tmp_path_factory.mktemp("samples") / "new", seed=1)


@pytest.fixture(scope="module")
def other_samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return write_samples(tmp_path_factory.mktemp("samples"), seed=2)


def by_name(samples: list[Sample], name: str) -> Sample:
    return next(sample for sample in samples if sample.path.name == name)


def test_every_outcome_is_shown(samples: list[Sample]) -> None:
    outcomes = [sample.expected.outcome for sample in samples]
    assert {outcome: outcomes.count(outcome) for outcome in Outcome} == {
        Outcome.FIELDS: 9,
        Outcome.REVIEW: 1,
        Outcome.DUPLICATE: 1,
        Outcome.DEAD_LETTER: 5,
    }
    assert len({sample.path.name for sample in samples}) == len(samples)


def test_same_seed_same_files(samples: list[Sample], tmp_path: Path) -> None:
    again = write_samples(tmp_path, seed=1)
    for one, other in zip(samples, again, strict=True):
        assert one.expected == other.expected
        if one.expected.code is not ErrorCode.ENCRYPTED:  # its salt is random
            assert one.path.read_bytes() == other.path.read_bytes(), one.path.name


def test_another_seed_gives_other_documents(samples: list[Sample], other_samples: list[Sample]) -> None:
    assert all(
        one.expected.truth != another.expected.truth
        for one, another in zip(samples, other_samples, strict=True)
        if one.expected.truth
    )


def test_intake_says_what_is_expected(samples: list[Sample], other_samples: list[Sample]) -> None:
    for sample in samples + other_samples:
        verdict = inspect(sample.path, Limits())
        code = verdict.code if isinstance(verdict, Refusal) else None
        assert code == sample.expected.code, sample.path.name


def test_pages(samples: list[Sample]) -> None:
    pages = {}
    for name in ("invoice-us.pdf", "invoice-two-pages.pdf", "fax.tif"):
        with pymupdf.open(by_name(samples, name).path) as document:
            pages[name] = document.page_count
    assert pages == {"invoice-us.pdf": 1, "invoice-two-pages.pdf": 2, "fax.tif": 2}


def test_duplicate_is_byte_for_byte(samples: list[Sample]) -> None:
    copy = next(sample for sample in samples if sample.expected.outcome is Outcome.DUPLICATE)
    original = by_name(samples, copy.expected.duplicate_of or "")
    assert copy.path.read_bytes() == original.path.read_bytes()
    assert samples.index(original) < samples.index(copy)


def test_only_the_wrong_total_is_wrong(samples: list[Sample], other_samples: list[Sample]) -> None:
    for sample in samples + other_samples:
        truth = sample.expected.truth
        if truth is None:
            continue
        fields = {name: Decimal(truth.fields[name] or "") for name in ("subtotal", "tax_amount", "total_amount")}
        adds_up = fields["subtotal"] + fields["tax_amount"] == fields["total_amount"]
        assert adds_up is (sample.expected.outcome is Outcome.FIELDS), sample.path.name


def test_small_enough_to_send_inline(samples: list[Sample]) -> None:
    assert max(sample.path.stat().st_size for sample in samples) < 700_000


def test_truth_lines(samples: list[Sample]) -> None:
    rows = [json.loads(line) for line in truth_lines(samples).splitlines()]
    assert len(rows) == 10
    scan = next(row for row in rows if row["file"] == "scan-invoice.png")
    assert scan["quality"] == {"dpi_estimate": 200, "kind": "scan", "has_text_layer": False}
    assert scan["synthetic"] is True
    assert scan["fields"]["total_amount"] == by_name(samples, "scan-invoice.png").expected.truth.fields["total_amount"]  # type: ignore[union-attr]
