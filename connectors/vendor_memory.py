"""Where vendor memory is kept: layouts, the keys that find them, and what taught them. Operational SQL (DESIGN §6).

Everything is one tenant's. Of a document, no more is kept than its id, and which fields it taught; of a layout, its
words and places, and the texts that all its documents share (the vendor's name, its bank account).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.engine import Connection

from connectors.operational import Database
from processors.memory import Layout, Learnt, Source, layout_from_json, layout_to_json
from processors.values.text import fold

MOST_CANDIDATES, LEAST_SHARED = 4, 2
"""How many layouts are looked at closely, and how many keys they share with the document at least. Of 308 receipts
whose vendor was known, 299 had a layout of that vendor among the first four.
"""
_KEYED_DOCUMENTS = 3
"""So many documents of a layout give it keys; what those do not find is another layout."""

_LEAST_TEACHERS = 2
"""A layout of one or two documents has all words of either; of three, only those that two of them share."""

_metadata = MetaData()

_layouts = Table(
    "vendor_layouts",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("layout_id", String, primary_key=True),
    Column("document_type", String, nullable=False),
    Column("vendor", String, nullable=False),
    Column("vendor_key", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("taught_at", String, nullable=False),
    Column("content", Text, nullable=False),
)

_keys = Table(
    "vendor_layout_keys",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("key", BigInteger, primary_key=True),
    Column("layout_id", String, primary_key=True),
)

_lessons = Table(
    "vendor_lessons",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("document_id", String, primary_key=True),
    Column("layout_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("taught_at", String, nullable=False),
    Column("lesson_ids", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Index("vendor_lessons_by_layout", "tenant", "layout_id"),
)


@dataclass(frozen=True, slots=True)
class LayoutEntry:
    """One remembered layout for a list. ``taught_at``: ISO 8601, UTC."""

    tenant: str
    layout_id: str
    document_type: str
    vendor: str
    revision: int
    documents: int
    taught_at: str


@dataclass(frozen=True, slots=True)
class DocumentLesson:
    """What one document taught: the layout, the layout's revision after it, and by field who vouched for it.

    ``lesson_ids`` are the results and corrections that it taught by.
    """

    document_id: str
    layout_id: str
    revision: int
    taught_at: str
    lesson_ids: tuple[str, ...]
    fields: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Lecture:
    """What may teach: the record's id (a result or a correction), its document, and the keys of its sketch."""

    tenant: str
    document_id: str
    lesson_id: str
    keys: Sequence[int]
    at: datetime


Decide = Callable[[Sequence[Layout], DocumentLesson | None], Learnt | None]
"""From the layouts that may be the document's, and what that document taught before, to what is learnt."""


class VendorMemory:
    """The memory's tables in SQLite or PostgreSQL, made at first use. Thread-safe; calls block.

    All calls raise what :meth:`connectors.operational.Database.transaction` does.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, _metadata)

    def candidates(self, tenant: str, keys: Sequence[int]) -> list[Layout]:
        """The tenant's layouts that share :data:`LEAST_SHARED` of ``keys`` or more, those that share most first, then
        by id; at most :data:`MOST_CANDIDATES`.
        """
        with self._database.transaction() as connection:
            return _candidates(connection, tenant, keys)

    def teach(self, lecture: Lecture, decide: Decide) -> Learnt | None:
        """Learns from one record, once: what ``decide`` makes of it, or ``None`` where it taught before or nothing.

        Reads and writes in one transaction that runs alone, so no two workers learn over each other.
        """
        tenant = lecture.tenant
        with self._database.transaction(alone=True) as connection:
            known = _lesson(connection, tenant, lecture.document_id)
            if known is not None and lecture.lesson_id in known.lesson_ids:
                return None
            layouts = _candidates(connection, tenant, lecture.keys)
            if known is not None and known.layout_id not in {layout.layout_id for layout in layouts}:
                layouts += _read(connection, tenant, [known.layout_id])
            learnt = decide(layouts, known)
            if learnt is not None:
                _write(connection, lecture, learnt, known)
            return learnt

    def entries(self, tenant: str | None = None, vendor: str | None = None) -> list[LayoutEntry]:
        """The layouts by tenant and vendor; ``vendor`` is part of a name, case and accents aside."""
        columns = [_layouts.c[name] for name in LayoutEntry.__slots__]
        wanted = select(*columns).where(*_meant(tenant, vendor, None))
        with self._database.transaction() as connection:
            rows = connection.execute(wanted.order_by(_layouts.c.tenant, _layouts.c.vendor_key, _layouts.c.layout_id))
            return [LayoutEntry(*row) for row in rows]

    def layout(self, tenant: str, layout_id: str) -> Layout | None:
        """One layout in full, or ``None``."""
        with self._database.transaction() as connection:
            found = _read(connection, tenant, [layout_id])
        return found[0] if found else None

    def lessons(self, tenant: str, layout_id: str) -> list[DocumentLesson]:
        """What taught a layout, in the order of its revisions."""
        wanted = select(_lessons).where(_lessons.c.tenant == tenant, _lessons.c.layout_id == layout_id)
        with self._database.transaction() as connection:
            rows = connection.execute(wanted.order_by(_lessons.c.revision)).mappings().all()
        return [_as_lesson(dict(row)) for row in rows]

    def forget(self, tenant: str | None = None, vendor: str | None = None, layout_id: str | None = None) -> int:
        """Forgets the layouts that are meant, for good, with what taught them; how many there were.

        ``vendor`` is the whole name, case and accents aside. With no argument, everything.
        """
        meant = _meant(tenant, None, layout_id)
        if vendor is not None:
            meant.append(_layouts.c.vendor_key == fold(vendor))
        with self._database.transaction(alone=True) as connection:
            found = connection.execute(select(_layouts.c.tenant, _layouts.c.layout_id).where(*meant)).all()
            for owner, layout in found:
                for table in (_layouts, _keys, _lessons):
                    connection.execute(delete(table).where(table.c.tenant == owner, table.c.layout_id == layout))
            return len(found)

    def forget_document(self, tenant: str, document_id: str) -> None:
        """Forgets that a document taught (erasure), and the layout that fewer than :data:`_LEAST_TEACHERS` others
        taught: its words may be this document's alone. What more of them share names no document.
        """
        with self._database.transaction(alone=True) as connection:
            mine = _lessons.c.tenant == tenant, _lessons.c.document_id == document_id
            layout_id = connection.execute(select(_lessons.c.layout_id).where(*mine)).scalar()
            connection.execute(delete(_lessons).where(*mine))
            theirs = _lessons.c.tenant == tenant, _lessons.c.layout_id == layout_id
            others = connection.execute(select(func.count()).select_from(_lessons).where(*theirs)).scalar_one()
            if layout_id is not None and others < _LEAST_TEACHERS:
                for table in (_layouts, _keys, _lessons):
                    connection.execute(delete(table).where(table.c.tenant == tenant, table.c.layout_id == layout_id))

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()


def _meant(tenant: str | None, vendor: str | None, layout_id: str | None) -> list[ColumnElement[bool]]:
    meant: list[ColumnElement[bool]] = []
    if tenant is not None:
        meant.append(_layouts.c.tenant == tenant)
    if vendor is not None:
        meant.append(_layouts.c.vendor_key.contains(fold(vendor), autoescape=True))
    if layout_id is not None:
        meant.append(_layouts.c.layout_id == layout_id)
    return meant


def _candidates(connection: Connection, tenant: str, keys: Sequence[int]) -> list[Layout]:
    shared = func.count().label("shared")
    wanted = (
        select(_keys.c.layout_id, shared)
        .where(_keys.c.tenant == tenant, _keys.c.key.in_(sorted(set(keys))))
        .group_by(_keys.c.layout_id)
        .having(shared >= LEAST_SHARED)
        .order_by(shared.desc(), _keys.c.layout_id)
        .limit(MOST_CANDIDATES)
    )
    return _read(connection, tenant, [row.layout_id for row in connection.execute(wanted)])


def _read(connection: Connection, tenant: str, layout_ids: Sequence[str]) -> list[Layout]:
    """These layouts, in this order, as far as they are there."""
    if not layout_ids:
        return []
    wanted = select(_layouts.c.layout_id, _layouts.c.content).where(
        _layouts.c.tenant == tenant, _layouts.c.layout_id.in_(layout_ids)
    )
    found = {row.layout_id: row.content for row in connection.execute(wanted)}
    return [layout_from_json(json.loads(found[name])) for name in layout_ids if name in found]


def _lesson(connection: Connection, tenant: str, document_id: str) -> DocumentLesson | None:
    wanted = select(_lessons).where(_lessons.c.tenant == tenant, _lessons.c.document_id == document_id)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else _as_lesson(dict(row))


def _as_lesson(row: Mapping[str, str | int]) -> DocumentLesson:
    fields = json.loads(str(row["fields"]))
    return DocumentLesson(
        document_id=str(row["document_id"]),
        layout_id=str(row["layout_id"]),
        revision=int(row["revision"]),
        taught_at=str(row["taught_at"]),
        lesson_ids=tuple(json.loads(str(row["lesson_ids"]))),
        fields={name: Source(source) for name, source in fields.items()},
    )


def _write(connection: Connection, lecture: Lecture, learnt: Learnt, known: DocumentLesson | None) -> None:
    layout, tenant, at = learnt.layout, lecture.tenant, lecture.at.isoformat(timespec="milliseconds")
    mine = _layouts.c.tenant == tenant, _layouts.c.layout_id == layout.layout_id
    connection.execute(delete(_layouts).where(*mine))
    connection.execute(
        _layouts.insert().values(
            tenant=tenant,
            layout_id=layout.layout_id,
            document_type=layout.document_type,
            vendor=layout.vendor,
            vendor_key=fold(layout.vendor),
            revision=layout.revision,
            documents=layout.documents,
            taught_at=at,
            content=json.dumps(layout_to_json(layout), ensure_ascii=False, separators=(",", ":")),
        )
    )
    if layout.documents <= _KEYED_DOCUMENTS:
        _add_keys(connection, tenant, layout.layout_id, lecture.keys)
    before = {} if known is None else dict(known.fields)
    ids = () if known is None else known.lesson_ids
    connection.execute(
        delete(_lessons).where(_lessons.c.tenant == tenant, _lessons.c.document_id == lecture.document_id)
    )
    connection.execute(
        _lessons.insert().values(
            tenant=tenant,
            document_id=lecture.document_id,
            layout_id=layout.layout_id,
            revision=layout.revision,
            taught_at=at,
            lesson_ids=json.dumps([*ids, lecture.lesson_id]),
            fields=json.dumps({**before, **learnt.fields}),
        )
    )


def _add_keys(connection: Connection, tenant: str, layout_id: str, keys: Sequence[int]) -> None:
    there = select(_keys.c.key).where(_keys.c.tenant == tenant, _keys.c.layout_id == layout_id)
    missing = set(keys) - set(connection.execute(there).scalars())
    if missing:
        rows = [{"tenant": tenant, "key": key, "layout_id": layout_id} for key in sorted(missing)]
        connection.execute(_keys.insert(), rows)
