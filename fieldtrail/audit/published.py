"""The daily roots as they lie on the topic ``audit.roots``, to hold the stored ones against."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from processors.audit.roots import DayRoot
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import AuditRoot
from streams.harness.stage import Inbound
from streams.replay import place
from streams.sinks.roots import root_of


@dataclass(frozen=True, slots=True)
class Published:
    """The ``roots``; and of each record on their topic that is none, where it is and why, as a sentence."""

    roots: tuple[DayRoot, ...]
    unreadable: tuple[str, ...]


def published_roots(records: Iterable[Inbound], codec: Codec) -> Published:
    """The roots among ``records``, in the order of the topic; of several of one day the first stands.

    A record that is no root is passed over, as the audit sink does, which writes a dead letter of it. Raises
    ``RegistryUnavailableError`` with a remote registry.
    """
    first, unreadable = dict[date, DayRoot](), list[str]()
    for inbound in records:
        root = _read(inbound, codec)
        if isinstance(root, DayRoot):
            first.setdefault(root.day, root)
        else:
            unreadable.append(f"{place(inbound)} is no daily root: {root}")
    return Published(tuple(first.values()), tuple(unreadable))


def _read(inbound: Inbound, codec: Codec) -> DayRoot | str:
    """The root, or why the record is none."""
    record = codec.decode(inbound.value, AuditRoot)
    if isinstance(record, Undecodable):
        return record.message
    try:
        return root_of(record)
    except ValueError as error:
        return str(error)
