"""The public Python client: submit documents, wait for them, follow the results.

>>> from fieldtrail import Fieldtrail
>>> with Fieldtrail() as client:
...     document_id = client.submit(b"%PDF-1.7 …", filename="invoice.pdf")
...     for final in client.wait([document_id]):
...         print(final.state)
"""

import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from fieldtrail.settings import Settings, resolve
from fieldtrail.wiring import connection, make_codec, topic_plan
from processors.intake.packet import build_packet
from streams.contracts import topics
from streams.contracts.codec import Undecodable
from streams.contracts.records import DocumentResult, DocumentStatus, DocumentSubmitted, ReviewRequest
from streams.contracts.topics import MAX_INLINE_BYTES
from streams.harness.runner import utc_now
from streams.harness.stage import Inbound
from streams.outbox import Outbox
from streams.scan import Start, TopicReader, partition_of, scan
from streams.stages.ids import idempotent_document_id
from streams.status import FINAL_STATES, packet_children, supersedes

_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Final:
    """Where a document ended: ``state`` is completed, review, duplicate, failed or split.

    ``result`` is set for completed, ``review`` for review; ``status`` says why for the others.
    """

    document_id: str
    state: str
    status: DocumentStatus
    result: DocumentResult | None = None
    review: ReviewRequest | None = None

    @property
    def children(self) -> tuple[str, ...]:
        """The documents that a packet was split into, in order; each comes to an end of its own."""
        return packet_children(self.status)


@dataclass(frozen=True, slots=True)
class Received:
    """A result with the place it was read from, for consumers that keep their own offsets."""

    result: DocumentResult
    partition: int
    offset: int


class PacketOptions(TypedDict, total=False):
    """What :meth:`Fieldtrail.submit` takes beside the content."""

    filename: str | None
    document_id: str | None
    tenant: str
    document_type: str | None
    schema_name: str | None
    idempotency_key: str | None
    metadata: Mapping[str, str] | None


class Fieldtrail:
    """Talks to one fieldtrail over Kafka. Not thread-safe; use one per thread.

    ``settings`` default to the environment and ``fieldtrail.toml`` (:func:`fieldtrail.settings.resolve`).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or resolve()
        self._connection = connection(self._settings)
        self._plan = topic_plan(self._settings)
        self._codec = make_codec(self._settings)
        self._outbox = Outbox(self._connection)

    def __enter__(self) -> "Fieldtrail":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def submit(
        self,
        content: bytes | None = None,
        *,
        uri: str | None = None,
        filename: str | None = None,
        document_id: str | None = None,
        tenant: str = "default",
        document_type: str | None = None,
        schema_name: str | None = None,
        idempotency_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Queues one document and returns its id. Give ``content`` (to 1 MB) or ``uri``.

        Submissions of one tenant with the same ``document_id`` or ``idempotency_key`` are one document.

        Raises ``ValueError`` where neither or both are given, the content is too large to travel inline, or an id is
        empty; ``DeliveryError`` where the record is too large for all its metadata. The brokers have it after
        :meth:`flush`.
        """
        if (content is None) == (uri is None):
            raise ValueError("give either content or uri")
        for name, given in (("document_id", document_id), ("tenant", tenant), ("idempotency_key", idempotency_key)):
            if given == "":
                raise ValueError(f"{name} must not be empty")
        if content is not None and len(content) > MAX_INLINE_BYTES:
            raise ValueError(f"{len(content):,} bytes are too many to send inline ({MAX_INLINE_BYTES:,}); give a URI")
        if document_id is None and idempotency_key is None:
            document_id = uuid.uuid4().hex
        record = DocumentSubmitted(
            document_id=document_id,
            tenant=tenant,
            content=content,
            uri=uri,
            filename=filename,
            document_type=document_type,
            schema_name=schema_name,
            idempotency_key=idempotency_key,
            metadata=dict(metadata or {}),
            submitted_at=utc_now(),
        )
        key = document_id or idempotent_document_id(tenant, idempotency_key or "")
        topic = self._plan.name(topics.SUBMITTED)
        self._outbox.send(topic, key.encode(), self._codec.encode(record))
        return key

    def submit_packet(self, files: Sequence[bytes], **options: Unpack[PacketOptions]) -> str:
        """Queues several images or PDFs as one document, its pages in their order, and returns its id.

        They travel as one ZIP, which is the same for the same files, so a packet sent twice is a duplicate. ``options``
        are :meth:`submit`'s. Raises ``ValueError`` as that does, and where a file is neither an image nor a PDF.
        """
        return self.submit(build_packet(files), **options)

    def flush(self) -> None:
        """Returns when the brokers have every submission. Raises ``DeliveryError`` where they refuse one, and after
        30 s without an answer.
        """
        self._outbox.flush()

    def watch(self) -> "Watch":
        """Begins to watch for documents that end from now on; open it before submitting. Raises ``ScanError``."""
        return Watch(self)

    def wait(self, document_ids: Iterable[str], timeout_s: float = 300.0) -> Iterator[Final]:
        """Yields each document as it ends, also those that ended before. Raises ``TimeoutError`` with those missing."""
        with Watch(self, Start()) as watch:
            yield from watch.wait(document_ids, timeout_s)

    def results(self, start: Start = Start(), *, follow: bool = False) -> Iterator[Received]:  # noqa: B008  frozen
        """Finished documents from ``start``, to the end of the topic or, with ``follow``, for ever.

        Delivery is at least once: drop a ``result_id`` you have. Raises ``ScanError``.
        """
        topic = self._plan.name(topics.RESULTS)
        records = self._follow(topic, start) if follow else scan(self._connection, topic, start)
        for record in records:
            result = self._codec.decode(record.value, DocumentResult)
            if not isinstance(result, Undecodable):
                yield Received(result, record.partition, record.offset)

    def find(self, document_id: str) -> Final | None:
        """Where a document stands now, with its newest result or review request; ``None`` where nobody knows it."""
        latest = _Latest()
        for topic in (topics.STATUS, topics.RESULTS, topics.REVIEW):
            name = self._plan.name(topic)
            partition = partition_of(self._connection, name, document_id)
            for record in scan(self._connection, name, Start(partition=partition)):
                self._take(record, latest, {document_id})
        return latest.current(document_id)

    def _follow(self, topic: str, start: Start) -> Iterator[Inbound]:
        with TopicReader(self._connection, {topic: start}) as reader:
            while True:
                record = reader.poll(1.0)
                if record is not None:
                    yield record

    def _take(self, record: Inbound, latest: "_Latest", wanted: set[str]) -> str | None:
        """Notes what a record tells of a wanted document, and returns that document's id."""
        if record.key is None or record.key.decode("utf-8", "replace") not in wanted:
            return None
        decoded: DocumentStatus | DocumentResult | ReviewRequest | Undecodable
        if record.topic == self._plan.name(topics.STATUS):
            decoded = self._codec.decode(record.value, DocumentStatus)
        elif record.topic == self._plan.name(topics.RESULTS):
            decoded = self._codec.decode(record.value, DocumentResult)
        else:
            decoded = self._codec.decode(record.value, ReviewRequest)
        return None if isinstance(decoded, Undecodable) else latest.take(decoded)


class _Latest:
    """The newest status, result and review request of each document."""

    def __init__(self) -> None:
        self._statuses: dict[str, DocumentStatus] = {}
        self._results: dict[str, DocumentResult] = {}
        self._reviews: dict[str, ReviewRequest] = {}

    def take(self, record: DocumentStatus | DocumentResult | ReviewRequest) -> str:
        if isinstance(record, DocumentStatus):
            known = self._statuses.get(record.document_id)
            if known is None or supersedes(record, known):
                self._statuses[record.document_id] = record
            return record.document_id
        if isinstance(record, DocumentResult):
            before = self._results.get(record.document_id)
            if before is None or record.revision >= before.revision:
                self._results[record.document_id] = record
            return record.document_id
        document_id = record.document.document_id
        earlier = self._reviews.get(document_id)
        if earlier is None or record.document.revision >= earlier.document.revision:
            self._reviews[document_id] = record
        return document_id

    def current(self, document_id: str) -> Final | None:
        """Where the document stands, final or not."""
        status = self._statuses.get(document_id)
        if status is None:
            return None
        result, review = self._results.get(document_id), self._reviews.get(document_id)
        return Final(
            document_id,
            status.state,
            status,
            result if status.state == "completed" else None,
            review if status.state == "review" else None,
        )

    def final(self, document_id: str) -> Final | None:
        """The document's end, once its status is final and the record that belongs to it has come too."""
        now = self.current(document_id)
        if now is None or now.state not in FINAL_STATES:
            return None
        if now.state == "completed" and (now.result is None or now.result.revision < now.status.revision):
            return None
        if now.state == "review" and (now.review is None or now.review.document.revision < now.status.revision):
            return None
        return now


class Watch:
    """Sees documents end. Use as a context manager.

    What it reads of other documents while it waits for some is remembered, for the last 1,000 of them: so documents
    that were submitted together may be waited for one after the other.
    """

    def __init__(self, client: Fieldtrail, start: Start | None = None) -> None:
        self._client = client
        begin = start or Start(end=True)
        plan = client._plan
        self._latest = _Latest()
        self._others: OrderedDict[str, list[Inbound]] = OrderedDict()
        self._reader = TopicReader(
            client._connection,
            {plan.name(topic): begin for topic in (topics.STATUS, topics.RESULTS, topics.REVIEW)},
        )

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def wait(self, document_ids: Iterable[str], timeout_s: float = 300.0, *, children: bool = False) -> Iterator[Final]:
        """Yields each document as it ends; with ``children``, also those that packets among them are split into.

        Raises ``TimeoutError`` that names how many are missing.
        """
        waiting = set(document_ids)
        deadline = time.monotonic() + timeout_s
        known = [record for document_id in waiting for record in self._others.pop(document_id, ())]
        while waiting:
            record = known.pop(0) if known else self._read(deadline, timeout_s, len(waiting))
            document_id = None if record is None else self._client._take(record, self._latest, waiting)
            final = None if document_id is None else self._latest.final(document_id)
            if final is not None:
                waiting.discard(final.document_id)
                if children:
                    waiting |= set(final.children)
                    known += [early for child in final.children for early in self._others.pop(child, ())]
                yield final
            elif record is not None and document_id is None:
                self._remember(record)

    def _read(self, deadline: float, timeout_s: float, missing: int) -> Inbound | None:
        left = deadline - time.monotonic()
        if left <= 0:
            documents = "1 document" if missing == 1 else f"{missing} documents"
            raise TimeoutError(
                f"{documents} did not end within {timeout_s:g} s; is a worker running? "
                "'fieldtrail status' tells for the local stack"
            )
        return self._reader.poll(min(1.0, left))

    def _remember(self, record: Inbound) -> None:
        key = (record.key or b"").decode("utf-8", "replace")
        self._others.setdefault(key, []).append(record)
        self._others.move_to_end(key)
        if len(self._others) > _REMEMBERED:
            self._others.popitem(last=False)
