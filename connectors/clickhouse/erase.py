"""Takes the values of documents out of the audit tables. What proves that they existed stays: ids, hashes, figures.

Mutations rewrite the parts that hold the rows (``ALTER TABLE … UPDATE``), so that the values are gone from the disk
once the server drops the old parts, which it does eight minutes later by default (``old_parts_lifetime``).
"""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.clickhouse.blanks import BLANKS, Blank
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.questions.asking import INDEX_DECIDES, Query, as_parameter, ask

_AT_A_TIME = 200
"""Ids or URIs in one request."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A document that can be erased. Without hash and URIs, it was never accepted (a dead letter, a duplicate).

    ``packet`` is the document that it was split from; empty where it is whole.
    """

    document_id: str
    tenant: str
    content_sha256: str
    content_uris: tuple[str, ...]
    packet: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A Kafka record about a document, and the broker's time of it."""

    topic: str
    partition: int
    offset: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Owner:
    words_uri: str
    document_id: str


def find_subjects(client: ClickHouse, document_id: str) -> list[Subject]:
    """The document itself, the documents split from it, and those that are only linked to it as duplicates.

    Of these nothing would be left to look at, and they say what it was. Without an id, none: an empty one stands for
    "no packet" and "no duplicate" in the table.
    """
    if not document_id:
        return []
    family = """SELECT document_id FROM documents
WHERE document_id = {id:String} OR parent_document_id = {id:String} OR duplicate_of = {id:String}"""
    return _subjects(client, f"document_id IN ({family})", "document_id = {id:String}", {"id": document_id})


def tenant_subjects(client: ClickHouse, tenant: str, before: datetime | None = None) -> list[Subject]:
    """All documents of a tenant, or those submitted (failed, where they were never accepted) before a moment.

    A dead letter alone makes no accepted document the tenant's, nor old: anybody may submit under an id that another
    tenant's document has, and an id that failed once may have come through later.
    """
    older = "" if before is None else " AND {time} < {{before:DateTime64(3, 'UTC')}}"
    parameters = {"tenant": tenant} | ({} if before is None else {"before": as_parameter(before)})
    condition = "tenant = {tenant:String}"
    return _subjects(
        client,
        condition + older.format(time="submitted_at"),
        f"{condition}{older.format(time='first_failure_at')} AND document_id NOT IN ({_ACCEPTED})",
        parameters,
    )


_ACCEPTED = """SELECT document_id FROM documents
WHERE document_id IN (SELECT document_id FROM dead_letters WHERE tenant = {tenant:String})"""
"""Of the documents that a tenant has dead letters of, those that were accepted, whosever they are."""


def tenants(client: ClickHouse) -> list[str]:
    """All tenants that the store has documents of."""
    rows = client.query(
        "SELECT DISTINCT tenant FROM documents UNION DISTINCT SELECT DISTINCT tenant FROM dead_letters"
    ).rows
    return sorted(str(row[0]) for row in rows if row[0])


def _subjects(client: ClickHouse, accepted: str, dead: str, parameters: Mapping[str, str]) -> list[Subject]:
    statement = f"""SELECT document_id, argMax(tenant, known) AS tenant, max(sha256) AS content_sha256,
       arraySort(groupUniqArrayIf(uri, uri != '')) AS content_uris, max(whole) AS packet,
       min(time) AS submitted_at
FROM (
    SELECT document_id, tenant, if(duplicate_of = '', content_sha256, '') AS sha256,
           if(duplicate_of = '', content_uri, '') AS uri, parent_document_id AS whole, documents.submitted_at AS time,
           1 AS known
    FROM documents FINAL WHERE {accepted}
    UNION ALL
    SELECT document_id, tenant, '' AS sha256, '' AS uri, '' AS whole, first_failure_at AS time, 0 AS known
    FROM dead_letters FINAL WHERE document_id != '' AND {dead})
GROUP BY document_id ORDER BY submitted_at, document_id"""
    return ask(client, Query("subjects", statement, parameters), Subject)


def words_uris(client: ClickHouse, document_id: str) -> list[str]:
    """Where the words of a document's pages lie, over all revisions."""
    statement = """SELECT DISTINCT words_uri FROM page_quality
WHERE document_id = {id:String} AND words_uri != '' ORDER BY words_uri"""
    return [str(row[0]) for row in client.query(statement, {"id": document_id}).rows]


def documents_with_content(client: ClickHouse, sha256: str) -> frozenset[str]:
    """The documents that were read from this content; those only linked to another as duplicates are left out."""
    statement = f"""SELECT DISTINCT document_id FROM documents FINAL
WHERE content_sha256 = {{sha256:String}} AND duplicate_of = '' {INDEX_DECIDES}"""
    return frozenset(str(row[0]) for row in client.query(statement, {"sha256": sha256}).rows)


def documents_with_words(client: ClickHouse, uris: Sequence[str]) -> dict[str, frozenset[str]]:
    """By URI of words, the documents that have a page with them."""
    statement = "SELECT DISTINCT words_uri, document_id FROM page_quality WHERE words_uri IN {uris:Array(String)}"
    found: dict[str, set[str]] = {uri: set() for uri in uris}
    for some in _portions(uris):
        for owner in ask(client, Query("words", statement, {"uris": some}), _Owner):
            found[owner.words_uri].add(owner.document_id)
    return {uri: frozenset(documents) for uri, documents in found.items()}


def record_places(client: ClickHouse, document_id: str) -> list[RecordPlace]:
    """All records with a value that are about a document."""
    statement = f"""SELECT topic, partition, offset, at FROM events FINAL
WHERE document_id = {{id:String}} AND tombstone = 0 ORDER BY topic, partition, offset {INDEX_DECIDES}"""
    return ask(client, Query("records", statement, {"id": document_id}), RecordPlace)


def values_left(client: ClickHouse, document_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """By document, how many rows of each table still say something; documents without any are left out."""
    left: dict[str, dict[str, int]] = {}
    for kind, columns in BLANKS.items():
        statement = f"""SELECT document_id, count() FROM {kind.TABLE}
WHERE document_id IN {{ids:Array(String)}} AND ({_says_something(columns)}) GROUP BY document_id"""
        for some in _portions(document_ids):
            for document_id, count in client.query(statement, {"ids": some}).rows:
                left.setdefault(str(document_id), {})[kind.TABLE] = int(count)
    return left


def blank(client: ClickHouse, document_ids: Sequence[str]) -> None:
    """Blanks the values of documents in all tables, and returns when that is done. Safe to repeat."""
    for kind, columns in BLANKS.items():
        changes = ", ".join(f"{name} = {column.sql}" for name, column in columns.items())
        meant = f"document_id IN {{ids:Array(String)}} AND ({_says_something(columns)})"
        for some in _portions(document_ids):
            client.command(
                f"ALTER TABLE {kind.TABLE} UPDATE {changes} WHERE {meant}", {"ids": some}, {"mutations_sync": 2}
            )


def _portions(texts: Sequence[str]) -> Iterator[list[str]]:
    """``texts`` in lists that a request can carry: parameters travel in its URL, which servers limit to a megabyte."""
    return (list(texts[start : start + _AT_A_TIME]) for start in range(0, len(texts), _AT_A_TIME))


def _says_something(columns: Mapping[str, Blank]) -> str:
    """A condition: one of the columns is not blank. Rules are judged by their messages, since their verdicts stay."""
    return " OR ".join(column.says.format(name=name) for name, column in columns.items())
