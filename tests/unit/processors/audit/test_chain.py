"""What is hashed, that it never changes, and that any one thing done to a chain is found and named."""

import hashlib
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.audit.chain import ChainedEvent, Head, extend, genesis, record_hash
from processors.audit.event import NO_HASH, AuditEvent, content_hash, headers_hash, milliseconds, moment_of
from processors.audit.merkle import merkle_root
from processors.audit.roots import DayRoot, Stretch, event_leaf, heads_after
from processors.audit.rows import row_hash, row_salt, rows_hash
from processors.audit.verify import (
    Break,
    BreakKind,
    Gap,
    Intact,
    compare_roots,
    verify_chain,
    verify_chains,
    verify_root,
)
from tests.unit.processors.audit.events import AT, EVENT, chain, event

START = genesis("documents.results", 2)


def test_the_canonical_form_is_for_ever() -> None:
    """Chains that exist were made with it: if this fails, old events no longer verify."""
    assert EVENT.canonical().startswith(
        b"fieldtrail.audit.event.1\n\x00\x00\x00\x11documents.results" + bytes(7) + b"\x02"
    )
    assert record_hash(EVENT).hex() == "5b4ab8d19b1d9b139fa2c924ae0bafa5ef8a449b8faf54ff4f80706348a88de7"
    assert START.hash == hashlib.sha256(b"fieldtrail.audit.chain.1\ndocuments.results-2").digest()
    assert extend(START, EVENT).chain_hash.hex() == "eef290f35ca7c86bd2bb952413d334df3b674c674479d2ce158cc867e85b133d"


CHANGES: dict[type, list[object]] = {str: ["", "other"], int: [0, 99], bytes: [NO_HASH, content_hash(b"other")]}
OTHER: dict[str, list[object]] = {
    "at": [AT + timedelta(milliseconds=1)],
    "started": [None, AT],
    "seconds": [None, 0.5],
    "model_versions": [(), ("geometric=3",), ("geometric=3tiny=1",), ("geometric=3", "tiny=2")],
}


@pytest.mark.parametrize("name", [item.name for item in fields(AuditEvent)])
def test_every_field_is_under_the_hash(name: str) -> None:
    value = getattr(EVENT, name)
    for other in OTHER.get(name) or CHANGES[type(value)]:
        if other != value:
            assert record_hash(replace(EVENT, **{name: other})) != record_hash(EVENT)  # type: ignore[arg-type]


TEXTS = st.text(max_size=5)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_two_events_share_their_bytes(kind: str, stage: str, other_kind: str, other_stage: str) -> None:
    one, other = replace(EVENT, kind=kind, stage=stage), replace(EVENT, kind=other_kind, stage=other_stage)
    assert (one.canonical() == other.canonical()) == (one == other)


HEADERS = st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=3)), max_size=3)


@given(HEADERS, HEADERS)
def test_headers_are_hashed_in_order_and_without_collisions(
    one: list[tuple[str, bytes]], other: list[tuple[str, bytes]]
) -> None:
    assert (headers_hash(one) == headers_hash(other)) == (one == other)


@given(st.integers(-(10**13), 10**14))
def test_times_keep_their_milliseconds(millis: int) -> None:
    assert milliseconds(moment_of(millis)) == millis


def test_a_null_key_is_not_an_empty_one() -> None:
    assert content_hash(None) == NO_HASH != content_hash(b"")


def test_an_event_follows_only_in_its_own_chain_and_after_the_head() -> None:
    with pytest.raises(ValueError, match=r"cannot follow documents\.results-2"):
        extend(START, event(3, partition=1))
    with pytest.raises(ValueError, match=r"offset 3 of documents\.results-2 cannot follow 3"):
        extend(Head("documents.results", 2, 3, NO_HASH), event(3))


@given(st.integers(0, 20), st.data())
def test_a_chain_continued_from_its_head_is_the_chain_made_in_one_go(cut: int, data: st.DataObject) -> None:
    """What several sinks do one after the other, and again after a crash."""
    offsets = sorted(data.draw(st.sets(st.integers(0, 50), min_size=cut)))
    whole = chain(*offsets)
    head = whole[cut - 1].head if cut else START
    again = []
    for link in whole[cut:]:
        again.append(extend(head, link.event))
        head = again[-1].head
    assert again == whole[cut:]


OFFSETS = st.sets(st.integers(0, 60), min_size=3, max_size=15).map(sorted)


@given(OFFSETS)
def test_an_untouched_chain_is_intact_and_its_gaps_are_told(offsets: list[int]) -> None:
    links = chain(*offsets)
    answer = verify_chain(links, START, links[-1].head)
    assert isinstance(answer, Intact)
    assert answer.events == len(offsets)
    missing = {offset for gap in answer.gaps for offset in range(gap.after + 1, gap.before)}
    assert missing == set(range(offsets[-1])) - set(offsets)


def test_a_gap_names_its_ends() -> None:
    answer = verify_chain(chain(0, 1, 5), START)
    assert answer == Intact(3, (Gap("documents.results", 2, 1, 5),))


def broken(links: list[ChainedEvent], end: Head) -> tuple[BreakKind, int | None]:
    answer = verify_chain(links, START, end)
    assert isinstance(answer, Break)
    assert (answer.topic, answer.partition) == ("documents.results", 2)
    return answer.kind, answer.offset


ALTERATIONS = st.sampled_from(
    [{"tenant": "evil"}, {"seconds": None}, {"rows_hash": content_hash(b"x")}, {"at": AT + timedelta(days=1)}]
)


@given(OFFSETS, ALTERATIONS, st.data())
def test_any_altered_event_is_found(offsets: list[int], change: dict[str, object], data: st.DataObject) -> None:
    links = chain(*offsets)
    end, index = links[-1].head, data.draw(st.integers(0, len(links) - 1))
    links[index] = replace(links[index], event=replace(links[index].event, **change))  # type: ignore[arg-type]
    assert broken(links, end) == (BreakKind.ALTERED, offsets[index])


@given(OFFSETS, st.sampled_from(["record_hash", "chain_hash", "previous_hash"]), st.data())
def test_any_altered_hash_is_found(offsets: list[int], name: str, data: st.DataObject) -> None:
    links = chain(*offsets)
    end, index = links[-1].head, data.draw(st.integers(0, len(links) - 1))
    links[index] = replace(links[index], **{name: content_hash(b"evil")})  # type: ignore[arg-type]
    assert broken(links, end) == (BreakKind.ALTERED, offsets[index])


@given(OFFSETS, st.data())
def test_an_event_rewritten_with_hashes_that_fit_is_found(offsets: list[int], data: st.DataObject) -> None:
    links = chain(*offsets)
    end, index = links[-1].head, data.draw(st.integers(0, len(links) - 1))
    before = links[index - 1].head if index else START
    links[index] = extend(before, replace(links[index].event, tenant="evil"))
    assert broken(links, end) == (BreakKind.ALTERED, offsets[index])


@given(OFFSETS, st.data())
def test_a_chain_rewritten_to_its_end_is_found_by_its_head(offsets: list[int], data: st.DataObject) -> None:
    links = chain(*offsets)
    end, index = links[-1].head, data.draw(st.integers(0, len(links) - 1))
    head = links[index - 1].head if index else START
    for position in range(index, len(links)):
        links[position] = extend(head, replace(links[position].event, tenant="evil"))
        head = links[position].head
    assert broken(links, end) == (BreakKind.ALTERED, offsets[-1])


@given(OFFSETS, st.data())
def test_any_removed_events_are_found(offsets: list[int], data: st.DataObject) -> None:
    links = chain(*offsets)
    end, first = links[-1].head, data.draw(st.integers(0, len(links) - 1))
    last = data.draw(st.integers(first, len(links) - 1))
    del links[first : last + 1]
    assert broken(links, end) == (BreakKind.REMOVED, offsets[last])


@given(OFFSETS, st.data())
def test_any_two_swapped_events_are_found(offsets: list[int], data: st.DataObject) -> None:
    """Their rows trade places: each has the other's content and hashes, and its own offset."""
    links = chain(*offsets)
    end = links[-1].head
    one = data.draw(st.integers(0, len(links) - 2))
    other = data.draw(st.integers(one + 1, len(links) - 1))
    moved = [
        replace(links[a], event=replace(links[a].event, offset=offsets[b])) for a, b in ((one, other), (other, one))
    ]
    links[other], links[one] = moved
    assert broken(links, end) == (BreakKind.SWAPPED, offsets[one])


@given(OFFSETS, st.data())
def test_an_event_added_into_a_gap_is_found(offsets: list[int], data: st.DataObject) -> None:
    links = chain(*(offset * 2 for offset in offsets))
    end, index = links[-1].head, data.draw(st.integers(0, len(links) - 2))
    extra = extend(links[index].head, event(offsets[index] * 2 + 1))
    links.insert(index + 1, extra)
    assert broken(links, end) == (BreakKind.ADDED, extra.event.offset)


def test_an_event_that_is_there_twice_or_after_the_end_is_found() -> None:
    links = chain(0, 1, 2)
    assert broken([*links, links[2]], links[2].head) == (BreakKind.ADDED, 2)
    assert broken(links, links[1].head) == (BreakKind.ADDED, 2)


def test_a_chain_that_is_gone_altogether_is_found() -> None:
    gone, kept = chain(0, 1), chain(0, 1, topic="documents.review")
    ends = {("documents.results", 2): gone[-1].head}
    answer = verify_chains(kept, ends)
    assert isinstance(answer, Break)
    assert (answer.kind, answer.topic, answer.offset) == (BreakKind.REMOVED, "documents.results", 1)
    assert verify_chains([*gone, *kept], ends) == Intact(4)


def day_of(links: list[ChainedEvent], previous: dict[tuple[str, int], Head], day: date) -> DayRoot:
    stretches: list[Stretch] = []
    for place in sorted({(link.event.topic, link.event.partition) for link in links}):
        own = [link for link in links if (link.event.topic, link.event.partition) == place]
        after = previous.get(place, genesis(*place)).offset
        stretches.append(Stretch(*place, after, own[-1].event.offset, len(own), own[-1].chain_hash))
    return DayRoot(day, merkle_root(map(event_leaf, links)), tuple(stretches))


ONE, TWO = chain(0, 1, 2, 3, topic="a", partition=0), chain(0, 4, 5, topic="b", partition=1)
FIRST = day_of([*ONE[:2], TWO[0]], {}, date(2026, 1, 30))
BEFORE = heads_after([FIRST])
SECOND = day_of([*ONE[2:], *TWO[1:]], BEFORE, date(2026, 1, 31))


def test_days_that_are_intact() -> None:
    assert verify_root(FIRST, [*ONE[:2], TWO[0]], {}) == Intact(3)
    assert verify_root(SECOND, [*ONE[2:], *TWO[1:]], BEFORE) == Intact(4, (Gap("b", 1, 0, 4),))
    assert heads_after([FIRST, SECOND]) == {("a", 0): ONE[-1].head, ("b", 1): TWO[-1].head}
    assert SECOND.index_of("b", 1, 1) == 3


@pytest.mark.parametrize("kept", range(4))
def test_a_day_from_which_an_event_was_removed(kept: int) -> None:
    events = [*ONE[2:], *TWO[1:]]
    del events[kept]
    answer = verify_root(SECOND, events, BEFORE)
    assert isinstance(answer, Break)
    assert answer.kind is BreakKind.REMOVED


def test_a_forged_root_is_named_with_its_day() -> None:
    forged = replace(SECOND, root=content_hash(b"evil"))
    answer = verify_root(forged, [*ONE[2:], *TWO[1:]], BEFORE)
    assert isinstance(answer, Break)
    assert (answer.kind, answer.day) == (BreakKind.FORGED_ROOT, date(2026, 1, 31))


def test_an_event_outside_the_stretches_is_found() -> None:
    answer = verify_root(FIRST, [*ONE[:2], TWO[0], *chain(0, topic="c", partition=0)], {})
    assert isinstance(answer, Break)
    assert (answer.kind, answer.topic) == (BreakKind.ADDED, "c")


def test_roots_are_held_against_the_copies_of_a_second_party() -> None:
    assert compare_roots([FIRST], [FIRST, SECOND]) is None
    forged = compare_roots([SECOND, FIRST], [FIRST, replace(SECOND, root=NO_HASH)])
    assert forged is not None
    assert (forged.kind, forged.day) == (BreakKind.FORGED_ROOT, SECOND.day)
    gone = compare_roots([FIRST, SECOND], [SECOND])
    assert gone is not None
    assert (gone.day, gone.message) == (FIRST.day, "the root of 2026-01-30 is gone")


SALT = row_salt(b"record")
ROW = ("total_amount", 0, Decimal("4500.00"), date(2026, 1, 31), None, 0.5, ["a", "b"], AT)


def test_a_row_has_the_same_hash_however_its_numbers_are_written() -> None:
    """What a table gives back has the scale of its column, and boxes in single precision."""
    as_stored = ("total_amount", 0, Decimal("4500.000000000000"), date(2026, 1, 31), None, 0.5, ("a", "b"), AT)
    assert row_hash(SALT, ROW) == row_hash(SALT, as_stored)
    assert row_hash(SALT, [0.1]) == row_hash(SALT, [0.10000000149011612])
    assert row_hash(SALT, [Decimal("-0.00")]) == row_hash(SALT, [Decimal(0)])
    assert row_hash(SALT, [Decimal(4500)]) != row_hash(SALT, [Decimal(45)])


@pytest.mark.parametrize("index", range(len(ROW)))
def test_every_value_of_a_row_is_under_its_hash(index: int) -> None:
    values: list[object] = list(ROW)
    values[index] = "evil"
    assert row_hash(SALT, values) != row_hash(SALT, ROW)  # type: ignore[arg-type]


def test_rows_are_hashed_in_whatever_order_they_come_with_their_keys() -> None:
    one, other = ("fields/routed/0/a", row_hash(SALT, ["1"])), ("fields/routed/0/b", row_hash(SALT, ["2"]))
    assert rows_hash([one, other]) == rows_hash([other, one]) != rows_hash([one])
    assert rows_hash([one, other]) != rows_hash([(one[0], other[1]), (other[0], one[1])])
    assert rows_hash([]) == NO_HASH
    listed = b"".join(len(key).to_bytes(4, "big") + key.encode() + digest for key, digest in (one, other))
    assert rows_hash([one, other]) == hashlib.sha256(listed).digest()
    assert row_hash(row_salt(b"other"), ["1"]) != one[1]


def test_the_row_form_is_for_ever() -> None:
    assert (
        row_hash(SALT, [*ROW, b"\x01"])
        == hashlib.sha256(
            SALT + b'["total_amount",0,"4500","2026-01-31",null,0.5,["a","b"],1769848215250,"01"]'
        ).digest()
    )
    assert hashlib.sha256(b"fieldtrail.audit.salt.1\nrecord").digest() == SALT
    assert row_hash(SALT, [{"b": "2", "a": "1"}]) == hashlib.sha256(SALT + b'[[["a","1"],["b","2"]]]').digest()
    assert (
        row_hash(SALT, [0.1, (("\u00fc", 1.5),)])
        == hashlib.sha256(SALT + '[0.10000000149011612,[["\u00fc",1.5]]]'.encode()).digest()
    )
