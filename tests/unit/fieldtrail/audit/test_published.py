"""The roots on their topic: the first of each day stands, and what is none is named."""

from datetime import date

import pytest

from fieldtrail.audit.published import published_roots
from processors.audit.roots import DayRoot, Stretch
from streams.contracts.records import AuditRoot, ChainStretch
from tests.support.audit import CODEC, example
from tests.support.harness import inbound

DAY = date(2026, 10, 5)
STRETCH = ChainStretch(
    topic="documents.results", partition=0, after_offset=-1, last_offset=3, events=4, head_hash="cd" * 32
)
ROOT = example(AuditRoot).model_copy(
    update={"day": DAY, "root": "ab" * 32, "previous_root": None, "stretches": (STRETCH,)}
)
READ = DayRoot(DAY, b"\xab" * 32, (Stretch("documents.results", 0, -1, 3, 4, b"\xcd" * 32),))


def test_the_first_root_of_a_day_stands() -> None:
    other = ROOT.model_copy(update={"root": "00" * 32})
    later = ROOT.model_copy(update={"day": date(2026, 10, 6), "previous_root": "ab" * 32})
    found = published_roots([inbound(record, "audit.roots") for record in (ROOT, other, later)], CODEC)
    assert found.roots == (READ, DayRoot(date(2026, 10, 6), READ.root, READ.stretches))
    assert found.unreadable == ()


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (ROOT.model_copy(update={"root": "zz"}), "'zz' is no SHA-256 in hexadecimal"),
        (ROOT.model_copy(update={"root": "ab" * 31}), "is no SHA-256"),
        (ROOT.model_copy(update={"previous_root": "?"}), "'?' is no SHA-256"),
        (ROOT.model_copy(update={"stretches": (STRETCH.model_copy(update={"head_hash": "x" * 10**6}),)}), "is no SHA"),
        (b"not Avro", "Confluent wire format begins with 0x00"),
        (None, "The record has no value"),
    ],
    ids=["no hexadecimal", "a byte short", "previous root", "head", "no Avro", "no value"],
)
def test_a_record_that_is_no_root_is_named_and_passed_over(record: AuditRoot | bytes | None, says: str) -> None:
    found = published_roots([inbound(record, "audit.roots", offset=41), inbound(ROOT, "audit.roots")], CODEC)
    assert found.roots == (READ,), "the day's root is the first that is one, as for the sink"
    [told] = found.unreadable
    assert told.startswith("audit.roots-2@41 is no daily root: ")
    assert says in told
    assert len(told) < 300
