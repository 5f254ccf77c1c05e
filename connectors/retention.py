"""How long documents are kept, what may not be erased, and which erasures are on their way. Operational SQL.

A legal hold wins over everything: an erasure is begun, and a hold is set, in transactions that exclude each other, so
that neither slips in while the other looks.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, Text, and_, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from connectors.operational import Database

EVERY_TENANT = "*"
"""Stands for all tenants that have no retention of their own."""

_metadata = MetaData()

_holds = Table(
    "legal_holds",
    _metadata,
    Column("hold_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("document_id", String, nullable=True),  # NULL: all documents of the tenant
    Column("reason", Text, nullable=False),
    Column("set_by", String, nullable=False),
    Column("set_at", String, nullable=False),
    Column("released_by", String, nullable=True),
    Column("released_at", String, nullable=True),
)

_policies = Table(
    "retention_policies",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("days", Integer, nullable=False),
    Column("set_by", String, nullable=False),
    Column("set_at", String, nullable=False),
)

_erasures = Table(
    "erasures",
    _metadata,
    Column("erasure_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("document_id", String, nullable=False, index=True),
    Column("cause", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("requested_at", String, nullable=False),
    Column("plan", Text, nullable=False),
    Column("done", Text, nullable=False),
    Column("finished_at", String, nullable=True),
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on one document, or on all of a tenant's where ``document_id`` is ``None``. Times are UTC."""

    hold_id: str
    tenant: str
    document_id: str | None
    reason: str
    set_by: str
    set_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Documents of ``tenant`` are kept for ``days`` days after they were submitted."""

    tenant: str
    days: int
    set_by: str
    set_at: datetime

    def cut(self, now: datetime) -> datetime:
        """What was submitted before this moment is older than the retention."""
        return now - timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Erasure:
    """The journal of one document's erasure. ``plan`` is what shall be removed, fixed when it begins; ``done`` has what
    each finished step did, by the step's name. Both are plain JSON values.
    """

    erasure_id: str
    tenant: str
    document_id: str
    cause: str
    reason: str
    requested_by: str
    requested_at: datetime
    plan: Mapping[str, Any]
    done: Mapping[str, Any]
    finished_at: datetime | None = None


class Retention:
    """Holds, policies and the erasure journal, in the operational database. Thread-safe; calls block.

    All calls raise ``UnavailableError`` where the database does not answer, and ``ValueError`` for a text that it
    cannot hold.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, _metadata)

    # Holds

    def set_hold(
        self, tenant: str, document_id: str | None, *, reason: str, by: str, now: datetime
    ) -> Hold | tuple[Erasure, ...]:
        """Sets a hold; setting it again returns the one that stands.

        Where erasures of what it would cover have begun and not ended, nothing is set and they are returned.
        """
        hold = Hold(_id("hold", tenant, document_id or "", now), tenant, document_id, reason, by, now)
        with self._database.transaction(alone=True) as connection:
            standing: Any = connection.execute(_active_holds().where(_same_scope(tenant, document_id))).first()
            if standing is not None:
                return _hold(standing)
            unfinished = connection.execute(select(_erasures).where(_erasures.c.finished_at.is_(None))).all()
            begun = tuple(item for item in map(_erasure, unfinished) if _covers(hold, item))
            if begun:
                return begun
            connection.execute(insert(_holds).values(**_columns(hold)))
        return hold

    def release_hold(self, tenant: str, document_id: str | None, *, by: str, now: datetime) -> Hold | None:
        """Ends the hold of exactly this scope. Its row stays, with who released it. ``None`` where none stands."""
        with self._database.transaction(alone=True) as connection:
            standing: Any = connection.execute(_active_holds().where(_same_scope(tenant, document_id))).first()
            if standing is None:
                return None
            values = {"released_by": by, "released_at": _text(now)}
            connection.execute(update(_holds).where(_holds.c.hold_id == standing.hold_id).values(**values))
            row = connection.execute(select(_holds).where(_holds.c.hold_id == standing.hold_id)).one()
            return _hold(row)

    def holds(self, *, released: bool = False) -> list[Hold]:
        """The holds that stand, oldest first; ``released``: those of the past too."""
        wanted: Any = select(_holds) if released else _active_holds()
        with self._database.transaction() as connection:
            return [_hold(row) for row in connection.execute(wanted.order_by(_holds.c.set_at, _holds.c.hold_id))]

    def holds_on(self, tenant: str, document_id: str, packet: str = "") -> list[Hold]:
        """The holds that keep a document from being erased: its own, its tenant's, and that of the packet that it was
        split from.
        """
        with self._database.transaction() as connection:
            return _covering(connection, tenant, document_id, packet)

    # Policies

    def set_policy(self, tenant: str, days: int | None, *, by: str, now: datetime) -> None:
        """Keeps the tenant's documents for ``days`` days; ``None`` removes the policy: they are kept for ever."""
        with self._database.transaction(alone=True) as connection:
            connection.execute(delete(_policies).where(_policies.c.tenant == tenant))
            if days is not None:
                connection.execute(insert(_policies).values(**_columns(Policy(tenant, days, by, now))))

    def policies(self) -> list[Policy]:
        """All policies by tenant, :data:`EVERY_TENANT`'s among them."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(_policies).order_by(_policies.c.tenant)).all()
        return [Policy(row.tenant, row.days, row.set_by, _time(row.set_at)) for row in rows]

    # Erasures

    def begin_erasure(
        self,
        document_id: str,
        tenant: str,
        *,
        cause: str,
        reason: str,
        by: str,
        now: datetime,
        plan: Mapping[str, Any],
    ) -> Erasure | tuple[Hold, ...]:
        """Writes an erasure into the journal, or returns the holds that forbid it.

        An erasure of the document that has not ended is returned as it is: it is to be resumed, with its own plan.
        ``plan["packet"]``, where there is one, is the document that it was split from, whose holds cover it.
        """
        erasure = Erasure(
            _id("erasure", tenant, document_id, now), tenant, document_id, cause, reason, by, now, plan, {}
        )
        with self._database.transaction(alone=True) as connection:
            unfinished = select(_erasures).where(
                _erasures.c.document_id == document_id, _erasures.c.finished_at.is_(None)
            )
            standing: Any = connection.execute(unfinished).first()
            if standing is not None:
                return _erasure(standing)
            holds = _covering(connection, tenant, document_id, plan.get("packet", ""))
            if holds:
                return tuple(holds)
            connection.execute(insert(_erasures).values(**_columns(erasure)))
        return erasure

    def step_done(self, erasure_id: str, step: str, outcome: Any) -> Erasure:
        """Notes what a step did. The first note stays: a step that is repeated after a crash finds less to remove."""
        with self._database.transaction(alone=True) as connection:
            mine = _erasures.c.erasure_id == erasure_id
            now = _erasure(connection.execute(select(_erasures).where(mine)).one())
            done = {step: outcome, **now.done}
            connection.execute(update(_erasures).where(mine).values(done=json.dumps(done)))
            return _erasure(connection.execute(select(_erasures).where(mine)).one())

    def finish_erasure(self, erasure_id: str, now: datetime) -> Erasure:
        """Ends an erasure; the first end stays."""
        with self._database.transaction(alone=True) as connection:
            mine = _erasures.c.erasure_id == erasure_id
            open_still = and_(mine, _erasures.c.finished_at.is_(None))
            connection.execute(update(_erasures).where(open_still).values(finished_at=_text(now)))
            return _erasure(connection.execute(select(_erasures).where(mine)).one())

    def erasures(self, document_id: str | None = None, *, unfinished: bool = False) -> list[Erasure]:
        """The journal, oldest first: of one document or of all, and only what has not ended where asked."""
        wanted = select(_erasures).order_by(_erasures.c.requested_at, _erasures.c.erasure_id)
        if document_id is not None:
            wanted = wanted.where(_erasures.c.document_id == document_id)
        if unfinished:
            wanted = wanted.where(_erasures.c.finished_at.is_(None))
        with self._database.transaction() as connection:
            return [_erasure(row) for row in connection.execute(wanted)]

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()


def _active_holds() -> Any:
    return select(_holds).where(_holds.c.released_at.is_(None))


def _same_scope(tenant: str, document_id: str | None) -> Any:
    mine = _holds.c.document_id.is_(None) if document_id is None else _holds.c.document_id == document_id
    return and_(_holds.c.tenant == tenant, mine)


def _covers(hold: Hold, erasure: Erasure) -> bool:
    if hold.document_id is None:
        return hold.tenant == erasure.tenant
    return hold.document_id in (erasure.document_id, erasure.plan.get("packet"))


def _covering(connection: Connection, tenant: str, document_id: str, packet: str) -> list[Hold]:
    named = [name for name in (document_id, packet) if name]
    mine = or_(_holds.c.document_id.in_(named), and_(_holds.c.document_id.is_(None), _holds.c.tenant == tenant))
    return [_hold(row) for row in connection.execute(_active_holds().where(mine).order_by(_holds.c.set_at))]


def _id(*parts: object) -> str:
    """32 hex digits, the same for the same parts."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:32]


def _columns(value: Hold | Policy | Erasure) -> dict[str, Any]:
    plain = {name: getattr(value, name) for name in type(value).__slots__}
    return {name: _plain(item) for name, item in plain.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    return json.dumps(value) if isinstance(value, Mapping) else value


def _hold(row: Any) -> Hold:
    values = row._asdict()
    times = {"set_at": _time(row.set_at), "released_at": None if row.released_at is None else _time(row.released_at)}
    return Hold(**{**values, **times})


def _erasure(row: Any) -> Erasure:
    return Erasure(
        **{
            **row._asdict(),
            "requested_at": _time(row.requested_at),
            "plan": json.loads(row.plan),
            "done": json.loads(row.done),
            "finished_at": None if row.finished_at is None else _time(row.finished_at),
        }
    )


def _text(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, which sorts as time does, in every database alike."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
