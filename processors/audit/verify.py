"""Finds the first place where a chain or a root is not what it was, and says what was done there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from processors.audit.chain import ChainedEvent, Head, genesis, link_hash, record_hash
from processors.audit.merkle import RootBuilder
from processors.audit.roots import DayRoot, event_leaf


class BreakKind(StrEnum):
    """What was done to the events."""

    ALTERED = "altered"
    REMOVED = "removed"
    SWAPPED = "swapped"
    ADDED = "added"
    FORGED_ROOT = "forged_root"


@dataclass(frozen=True, slots=True)
class Break:
    """The first break: what was done, in which chain, at which offset, and a sentence for the auditor.

    Of removed events, ``offset`` is the last one that is known to be gone. A forged root has a ``day`` and, where the
    fault lies in no single chain, no topic.
    """

    kind: BreakKind
    message: str
    topic: str = ""
    partition: int | None = None
    offset: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets of a chain that never had an event: those after ``after`` and before ``before``."""

    topic: str
    partition: int
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Intact:
    """Nothing was altered, removed, added or reordered: how many events were checked, and the gaps on record."""

    events: int
    gaps: tuple[Gap, ...] = ()


def verify_chain(events: Iterable[ChainedEvent], start: Head, end: Head | None = None) -> Intact | Break:
    """Checks one chain's ``events``, in offset order, from ``start`` (its :func:`genesis`, or a head to be trusted).

    With ``end``, the chain must end there: without it, nothing tells that its last events were removed. Each event is
    read once, as far as the first break (to tell a swap, to the end).
    """
    head, count, gaps = start, 0, list[Gap]()
    links = iter(events)
    for link in links:
        broken = _broken(head, link, links)
        if broken is not None:
            return broken
        if link.gap:
            gaps.append(Gap(head.topic, head.partition, head.offset, link.event.offset))
        head, count = link.head, count + 1
    if end is not None and head != end:
        return _wrong_end(head, end)
    return Intact(count, tuple(gaps))


def verify_root(
    root: DayRoot, events: Iterable[ChainedEvent], previous: Mapping[tuple[str, int], Head]
) -> Intact | Break:
    """Checks a day: the chains in each of its stretches, and that they give the root.

    ``events`` are those of the stretches, in the order of topic, partition and offset. ``previous`` says where the
    chains stood before (:func:`processors.audit.roots.heads_after` of the roots before); chains that it lacks begin
    here.
    """
    builder, gaps = RootBuilder(), list[Gap]()
    by_chain = groupby(events, lambda link: (link.event.topic, link.event.partition))
    following = next(by_chain, None)
    for stretch in root.stretches:
        place = (stretch.topic, stretch.partition)
        links: Iterator[ChainedEvent] = iter(())
        if following is not None and following[0] == place:
            links = following[1]
        start = previous.get(place) or genesis(*place)
        answer = verify_chain(_counted(links, builder), start, stretch.head)
        if isinstance(answer, Break):
            return answer
        gaps += answer.gaps
        if following is not None and following[0] == place:
            following = next(by_chain, None)
    if following is not None:
        first = next(following[1]).event
        return _at(first.topic, first.partition, first.offset, BreakKind.ADDED, "is in no stretch of the day's root")
    if builder.size != root.events or builder.root() != root.root:
        message = f"the events of {root.day} are whole, but do not give the root that is stored for the day"
        return Break(BreakKind.FORGED_ROOT, message, day=root.day)
    return Intact(builder.size, tuple(gaps))


def compare_roots(kept: Iterable[DayRoot], stored: Iterable[DayRoot]) -> Break | None:
    """The first day whose ``stored`` root is missing or differs from the one that a second party ``kept``."""
    by_day = {root.day: root for root in stored}
    for root in sorted(kept, key=lambda item: item.day):
        found = by_day.get(root.day)
        if found != root:
            what = "is gone" if found is None else "is not the one that was published"
            return Break(BreakKind.FORGED_ROOT, f"the root of {root.day} {what}", day=root.day)
    return None


def verify_chains(events: Iterable[ChainedEvent], ends: Mapping[tuple[str, int], Head]) -> Intact | Break:
    """Checks whole chains from their beginning; ``events`` in the order of topic, partition and offset.

    ``ends`` says where chains must end; those that it lacks may end anywhere.
    """
    count, gaps, left = 0, list[Gap](), dict(ends)
    for place, links in groupby(events, lambda link: (link.event.topic, link.event.partition)):
        answer = verify_chain(links, genesis(*place), left.pop(place, None))
        if isinstance(answer, Break):
            return answer
        count, gaps = count + answer.events, [*gaps, *answer.gaps]
    for place, end in sorted(left.items()):
        answer = verify_chain((), genesis(*place), end)
        if isinstance(answer, Break):
            return answer
    return Intact(count, tuple(gaps))


def _counted(links: Iterable[ChainedEvent], builder: RootBuilder) -> Iterator[ChainedEvent]:
    for link in links:
        builder.add(event_leaf(link))
        yield link


def _broken(head: Head, link: ChainedEvent, rest: Iterator[ChainedEvent]) -> Break | None:
    """What is wrong with ``link`` as the event after ``head``, if anything. Uses up ``rest`` only if something is."""
    event = link.event
    if (event.topic, event.partition) != (head.topic, head.partition):
        raise ValueError(f"an event of {event.topic}-{event.partition} is not of {head.topic}-{head.partition}")
    follows = link.previous_hash == head.hash and link.previous_offset == head.offset
    genuine = _is_genuine(link)
    place = (event.topic, event.partition, event.offset)
    if genuine and follows and event.offset > head.offset:
        return None
    if event.offset <= head.offset:
        return _at(*place, BreakKind.ADDED, "is there twice, or out of order")
    if follows:
        return _at(*place, BreakKind.ALTERED, "does not have the hash that was recorded for it")
    successor = _successor(head, rest)
    if successor is not None:
        return _at(*place, BreakKind.SWAPPED, f"stands where the event at offset {successor.event.offset} belongs")
    if not genuine:
        return _at(*place, BreakKind.ALTERED, "does not have the hash that was recorded for it")
    return _missing_or_rewritten(head, link)


def _missing_or_rewritten(head: Head, link: ChainedEvent) -> Break:
    """``link`` is genuine, and follows on another event than the one before it."""
    place = (head.topic, head.partition)
    if link.previous_offset == head.offset:
        return _at(*place, head.offset, BreakKind.ALTERED, "was rewritten: the event after it recorded another hash")
    if link.previous_offset < head.offset:
        return _at(*place, head.offset, BreakKind.ADDED, "was put between two events that follow on each other")
    removed = f"was removed, and with it whatever was between it and offset {head.offset}"
    return _at(*place, link.previous_offset, BreakKind.REMOVED, removed)


def _successor(head: Head, rest: Iterable[ChainedEvent]) -> ChainedEvent | None:
    """The event in ``rest`` that says that it follows on ``head``."""
    return next(
        (link for link in rest if link.previous_hash == head.hash and link.previous_offset == head.offset), None
    )


def _is_genuine(link: ChainedEvent) -> bool:
    """Whether the event's own hashes are right."""
    previous = Head(link.event.topic, link.event.partition, link.previous_offset, link.previous_hash)
    record = record_hash(link.event)
    return record == link.record_hash and link_hash(previous, record) == link.chain_hash


def _wrong_end(head: Head, end: Head) -> Break:
    place = (end.topic, end.partition)
    if head.offset < end.offset:
        return _at(*place, end.offset, BreakKind.REMOVED, f"was removed: the chain ends at offset {head.offset}")
    if head.offset > end.offset:
        return _at(*place, head.offset, BreakKind.ADDED, f"follows the end of the chain, offset {end.offset}")
    return _at(*place, end.offset, BreakKind.ALTERED, "has another chain hash than its root recorded: it was rewritten")


def _at(topic: str, partition: int, offset: int, kind: BreakKind, what: str) -> Break:
    return Break(kind, f"the event at {topic}-{partition}@{offset} {what}", topic, partition, offset)
