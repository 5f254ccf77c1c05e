"""Daily roots: one hash over all events of all chains that a UTC day added.

A root covers, per chain, a stretch of offsets: from after the previous root's stretch to before the first record that
is stamped after the day's end. An event that comes late, with a stamp of a day that is closed, so belongs to the day
when it was written, one with a stamp in the future to the day of those around it, and no root ever changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from processors.audit.chain import ChainedEvent, Head
from processors.audit.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a root covers of one chain: the offsets after ``after_offset`` up to ``last_offset``, ``events`` of them.

    ``head_hash``: the chain hash at ``last_offset``. Chains to which the day added nothing have no stretch.
    """

    topic: str
    partition: int
    after_offset: int
    last_offset: int
    events: int
    head_hash: bytes

    @property
    def head(self) -> Head:
        """The chain's end after the stretch."""
        return Head(self.topic, self.partition, self.last_offset, self.head_hash)


@dataclass(frozen=True, slots=True)
class DayRoot:
    """The root (32 bytes) of one UTC day. ``stretches`` are in the order of topic and partition, as the leaves are."""

    day: date
    root: bytes
    stretches: tuple[Stretch, ...]

    @property
    def events(self) -> int:
        """How many events it covers: the size of its tree."""
        return sum(stretch.events for stretch in self.stretches)

    def index_of(self, topic: str, partition: int, position: int) -> int:
        """The index of a leaf, from its ``position`` in its stretch (from 0). Raises ``KeyError`` for other chains."""
        before = 0
        for stretch in self.stretches:
            if (stretch.topic, stretch.partition) == (topic, partition):
                return before + position
            before += stretch.events
        raise KeyError(f"{topic}-{partition}")


def event_leaf(link: ChainedEvent) -> bytes:
    """The leaf of an event: its chain hash, hashed as RFC 6962 hashes leaves. It so vouches for the order as well."""
    return leaf_hash(link.chain_hash)


def day_end(day: date) -> datetime:
    """The first moment after ``day``, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def heads_after(roots: Iterable[DayRoot]) -> dict[tuple[str, int], Head]:
    """Where the chains stood after the last of ``roots``, which come in order of their days."""
    heads: dict[tuple[str, int], Head] = {}
    for root in roots:
        heads.update({(stretch.topic, stretch.partition): stretch.head for stretch in root.stretches})
    return heads
