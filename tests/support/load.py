"""Documents under load, and what became of each: for tests that kill things."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pymupdf

from fieldtrail.client import Fieldtrail
from fieldtrail.settings import Settings, resolve
from fieldtrail.stack import BrokerOptions, LocalStack, RestartPolicy, Worker
from fieldtrail.wiring import connection, make_codec, topic_plan
from processors.synthesis.stream import invoice_stream
from streams.admin import apply
from streams.contracts import topics
from streams.contracts.codec import Undecodable
from streams.contracts.records import DeadLetter, DocumentResult, ReviewRequest
from streams.dead_letters import DeadLetters, LetterFilter
from streams.scan import scan


def start_stack(folder: Path, workers: Sequence[Worker] = (Worker(),)) -> LocalStack:
    """A stack with topics made and, unless told otherwise, one worker with every stage; the caller enters it."""

    def prepare(servers: str) -> None:
        settings = resolve({"data_dir": folder, "kafka.bootstrap_servers": servers})
        apply(connection(settings), topic_plan(settings))

    options = BrokerOptions(resolve({}).stack.kafka_libs)
    # Killing a process on purpose, over and over, is no crash loop: no growing pause between its lives.
    restart = RestartPolicy(cap=0.2, failing_after=1_000_000)
    return LocalStack(folder, workers, options=options, prepare=prepare, restart=restart)


def settings_for(stack: LocalStack) -> Settings:
    """Settings that point at the stack."""
    return resolve({"data_dir": stack.data_dir, "kafka.bootstrap_servers": stack.bootstrap_servers})


@dataclass(slots=True)
class Ends:
    """Every distinct end of every document: result ids, review ids, and dead letters by the record that failed."""

    results: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    reviews: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    letters: dict[str, set[tuple[str, str, int, int]]] = field(default_factory=lambda: defaultdict(set))
    bodies: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    deliveries: int = 0
    order: list[tuple[int, int, int]] = field(default_factory=list)

    def known(self) -> set[str]:
        """Documents that have any end."""
        return set(self.results) | set(self.reviews) | set(self.letters)

    def ends_of(self, document_id: str) -> list[object]:
        """All distinct ends of one document; exactly one is right."""
        found: list[object] = [*self.results.get(document_id, ()), *self.reviews.get(document_id, ())]
        return found + list(self.letters.get(document_id, ()))

    def finished_out_of_order(self) -> bool:
        """Whether two documents of one submission partition ended in another order than they were submitted in."""
        return any(a[:2] == b[:2] and a[2] > b[2] for a, b in zip(self.order, self.order[1:], strict=False))


def read_ends(settings: Settings) -> Ends:
    """Reads the result, review and dead-letter topics from their beginning."""
    link, plan, codec = connection(settings), topic_plan(settings), make_codec(settings)
    ends = Ends()
    for record in scan(link, plan.name(topics.RESULTS)):
        result = codec.decode(record.value, DocumentResult)
        assert not isinstance(result, Undecodable)
        ends.deliveries += 1
        ends.results[result.document_id].add(result.result_id)
        ends.bodies[result.document_id].add(repr((result.fields, result.line_items, result.decision)))
        ends.order.append((record.partition, result.trail[0].partition, result.trail[0].offset))
    for record in scan(link, plan.name(topics.REVIEW)):
        review = codec.decode(record.value, ReviewRequest)
        assert not isinstance(review, Undecodable)
        ends.deliveries += 1
        ends.reviews[review.document.document_id].add(review.review_id)
        ends.bodies[review.document.document_id].add(repr((review.fields, review.line_items, review.reasons)))
        ends.order.append((record.partition, review.trail[0].partition, review.trail[0].offset))
    for letter in DeadLetters(link, plan, codec).find(LetterFilter()):
        key = letter.error.document_id or f"poison-{letter.error.partition}@{letter.error.offset}"
        ends.letters[key].add(_cause(letter.error))
    return ends


def _cause(error: DeadLetter) -> tuple[str, str, int, int]:
    return (error.code, error.topic, error.partition, error.offset)


def wait_for_ends(settings: Settings, wanted: set[str], timeout_s: float) -> Ends:
    """Reads until every wanted document has an end. Raises ``AssertionError`` that names those that have none."""
    deadline = time.monotonic() + timeout_s
    while True:
        ends = read_ends(settings)
        missing = wanted - ends.known()
        if not missing:
            return ends
        assert time.monotonic() < deadline, f"{len(missing)} documents have no end: {sorted(missing)[:10]}"
        threading.Event().wait(1.0)


def documents(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Ids and contents: one-page invoices, every tenth a slow one of 30 pages, every eleventh mere noise."""
    slow = slow_document()
    for number, (data, _) in enumerate(islice(invoice_stream(seed), count)):
        if number % 11 == 10:
            yield f"noise-{seed}-{number}", b"%PDF-1.7\nnothing but noise " + str(number).encode()
        elif number % 10 == 9:
            yield f"slow-{seed}-{number}", slow + f"%{number}".encode()
        else:
            yield f"doc-{seed}-{number}", data


def slow_document(pages: int = 30) -> bytes:
    """A letter of many pages, so that documents behind it finish first."""
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page()
        for line in range(55):
            text = f"Page {number}, line {line}: the parties agree on this term."
            page.insert_text((50, 60 + 13 * line), text, fontsize=9)
    data: bytes = document.tobytes()
    return data


class Sender:
    """Submits documents at an even rate on a thread of its own. Use as a context manager; ``ids`` is complete after."""

    def __init__(self, settings: Settings, count: int, rate: float, seed: int) -> None:
        self.ids: list[str] = []
        self._settings = settings
        self._documents = documents(count, seed)
        self._rate = rate
        self._thread = threading.Thread(target=self._run)
        self._error: BaseException | None = None

    def __enter__(self) -> "Sender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self._error is not None:
            raise self._error

    @property
    def busy(self) -> bool:
        """Whether documents are still being sent."""
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = threading.Event()
        try:
            client = Fieldtrail(self._settings)
            for document_id, data in self._documents:
                client.submit(data, document_id=document_id)
                self.ids.append(document_id)
                pause.wait(1 / self._rate)
            _flush_patiently(client)
        except BaseException as error:  # handed to the test's own thread
            self._error = error


def _flush_patiently(client: Fieldtrail) -> None:
    """A broker that is being killed takes a while to acknowledge."""
    for _ in range(6):
        try:
            client.flush()
        except Exception:
            continue
        return
    client.flush()
