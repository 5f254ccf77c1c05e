"""Proves that the audit store is as it was written: chains, daily roots, and the rows tied to their events.

Roots cover the chains from their beginning, each event once; what is younger than the last root follows on it. Every
event is read once, page by page, so that a store of any size takes little memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain as joined

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.questions.documents import UnknownError, unknown_document
from fieldtrail.audit.listing import RowBreak
from fieldtrail.audit.proof_file import EventProof
from fieldtrail.audit.rows import Progress, check_rows
from processors.audit.chain import ChainedEvent, Head, genesis
from processors.audit.merkle import inclusion_proofs
from processors.audit.roots import DayRoot, event_leaf, heads_after
from processors.audit.verify import Break, Gap, Intact, compare_roots, verify_chain, verify_root
from streams.sinks.chains import Chain, read_links
from streams.sinks.roots import read_roots


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and the first break, if any.

    ``events``, ``days`` and ``rows`` were checked; ``unsealed`` of the events are younger than the last root, so that
    only their chain vouches for them. ``gaps`` are offsets that never had an event (Kafka's own markers, records that
    were gone before they were read).
    """

    what: str
    first_break: Break | RowBreak | None
    events: int = 0
    unsealed: int = 0
    days: int = 0
    rows: int = 0
    gaps: tuple[Gap, ...] = ()
    proofs: tuple[EventProof, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, removed, added or reordered."""
        return self.first_break is None


@dataclass(frozen=True, slots=True)
class _Place:
    """A chain, and an offset in it."""

    chain: Chain
    offset: int


def verify_all(
    client: ClickHouse, *, published: Sequence[DayRoot] | None = None, rows: bool = True, progress: Progress
) -> Verification:
    """Everything: all roots with their events, the events since the last one, and the rows of all tables.

    ``published``: the roots as a second party kept them (the topic ``audit.roots``), to compare the stored ones with.
    """
    roots = read_roots(client)
    broken = None if published is None else compare_roots(published, roots)
    if broken is not None:
        return Verification("everything", broken)
    events, gaps, heads = 0, list[Gap](), dict[Chain, Head]()
    for number, root in enumerate(roots):
        progress(f"day {root.day}: {root.events} events")
        answer = verify_root(root, _links_of(client, root), heads)
        if isinstance(answer, Break):
            return Verification("everything", answer, events, days=number)
        events, gaps = events + answer.events, [*gaps, *answer.gaps]
        heads |= heads_after((root,))
    tail = _verify_tails(client, roots)
    if isinstance(tail, Break):
        return Verification("everything", tail, events, days=len(roots))
    checked = check_rows(client, progress=progress) if rows else 0
    broken_row = checked if isinstance(checked, RowBreak) else None
    return Verification(
        "everything",
        broken_row,
        events + tail.events,
        tail.events,
        len(roots),
        0 if isinstance(checked, RowBreak) else checked,
        (*gaps, *tail.gaps),
    )


def verify_day(client: ClickHouse, day: date) -> Verification:
    """The events that a day's root covers, and the root. Raises ``UnknownError`` for a day without one."""
    roots = read_roots(client)
    number = next((number for number, root in enumerate(roots) if root.day == day), None)
    if number is None:
        last = f"the last closed day is {roots[-1].day}" if roots else "no day is closed yet"
        raise UnknownError(f"{day} has no root: {last}; a day is closed when it is over and had events")
    answer = verify_root(roots[number], _links_of(client, roots[number]), heads_after(roots[:number]))
    if isinstance(answer, Break):
        return Verification(day.isoformat(), answer)
    return Verification(day.isoformat(), None, answer.events, days=1, gaps=answer.gaps)


def verify_document(client: ClickHouse, document_id: str) -> Verification:
    """The events of a document: that their days' roots, or their chains since, have them; and its rows.

    Each event under a root comes with its inclusion proof. Raises ``UnknownError``.
    """
    places = _places(client, document_id)
    if not places:
        raise unknown_document(client, document_id)
    roots, proofs, days = read_roots(client), list[EventProof](), 0
    events, open_places, heads = 0, set(places), dict[Chain, Head]()
    for root in roots:
        covered = [place for place in places if _covers(root, place)]
        if covered:
            answer = verify_root(root, _links_of(client, root), heads)
            if isinstance(answer, Break):
                return Verification(document_id, answer, events, days=days)
            proofs += _prove(client, root, covered)
            events, days, open_places = events + answer.events, days + 1, open_places - set(covered)
        heads |= heads_after((root,))
    tail = _verify_tails(client, roots, {place.chain for place in open_places}) if open_places else Intact(0)
    if isinstance(tail, Break):
        return Verification(document_id, tail, events, days=days)
    checked = check_rows(client, document_id)
    broken = checked if isinstance(checked, RowBreak) else None
    rows = 0 if isinstance(checked, RowBreak) else checked
    return Verification(document_id, broken, events + tail.events, len(open_places), days, rows, (), tuple(proofs))


def _places(client: ClickHouse, document_id: str) -> list[_Place]:
    statement = "SELECT DISTINCT topic, partition, offset FROM events WHERE document_id = {id:String} ORDER BY ALL"
    rows = client.query(statement, {"id": document_id}).rows
    return [_Place((str(topic), int(partition)), int(offset)) for topic, partition, offset in rows]


def _covers(root: DayRoot, place: _Place) -> bool:
    return any(
        (item.topic, item.partition) == place.chain and item.after_offset < place.offset <= item.last_offset
        for item in root.stretches
    )


def _links_of(client: ClickHouse, root: DayRoot) -> Iterator[ChainedEvent]:
    """The events of a root, in the order of its leaves."""
    return joined.from_iterable(
        read_links(client, (item.topic, item.partition), item.after_offset, item.last_offset) for item in root.stretches
    )


def _prove(client: ClickHouse, root: DayRoot, places: Iterable[_Place]) -> list[EventProof]:
    """Inclusion proofs of events of a root that is known to be whole."""
    wanted = set(places)
    found: dict[int, ChainedEvent] = {}

    def leaves() -> Iterator[bytes]:
        for index, link in enumerate(_links_of(client, root)):
            if _Place((link.event.topic, link.event.partition), link.event.offset) in wanted:
                found[index] = link
            yield event_leaf(link)

    # Which leaves they are shows when they are read; so once for the indexes, and once for the paths.
    for _ in leaves():
        pass
    paths = inclusion_proofs(leaves(), root.events, tuple(found))
    return [EventProof(link, root.day, root.root, index, root.events, paths[index]) for index, link in found.items()]


def _verify_tails(
    client: ClickHouse, roots: Sequence[DayRoot], chains: Iterable[Chain] | None = None
) -> Intact | Break:
    """The events since the last root, chain by chain: all chains, or some."""
    heads, events, gaps = heads_after(roots), 0, list[Gap]()
    for chain in sorted(_chains(client) | set(heads) if chains is None else chains):
        start: Head = heads.get(chain) or genesis(*chain)
        answer = verify_chain(read_links(client, chain, start.offset), start)
        if isinstance(answer, Break):
            return answer
        events, gaps = events + answer.events, [*gaps, *answer.gaps]
    return Intact(events, tuple(gaps))


def _chains(client: ClickHouse) -> set[Chain]:
    rows = client.query("SELECT DISTINCT topic, partition FROM events").rows
    return {(str(topic), int(partition)) for topic, partition in rows}
