"""What a stage is: one typed async function from a record to an outcome, and the facts the harness needs around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from streams.contracts.records import Hop, Record
from streams.contracts.topics import Topic
from streams.harness.headers import Headers, Replay, Work
from streams.harness.outcomes import Outcome

R_contra = TypeVar("R_contra", bound=Record, contravariant=True)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One Kafka record as it came. ``topic`` is the name on the cluster; ``timestamp`` is the broker's, UTC."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Identity:
    """Which document a record is about: what status records and dead letters are keyed by."""

    document_id: str
    tenant: str
    revision: int
    filename: str | None = None
    submitted_at: datetime | None = None
    parent_document_id: str | None = None


@dataclass(frozen=True, slots=True)
class StageContext:
    """What a stage may know besides the record: where it came from, whether it is a replay, and the time (UTC).

    ``progress`` is to be called when a part of long work is done, so that a long document does not look like a stall.
    ``worker`` names the process, and ``started`` is when it began with the record.
    """

    stage: str
    version: str
    source: Inbound
    replay: Replay | None
    now: Callable[[], datetime]
    progress: Callable[[], None] = lambda: None
    worker: str = ""
    started: datetime | None = None

    def work(self) -> Work:
        """How a record that is produced now came to be."""
        now = self.now()
        started = self.started or now
        seconds = max(0.0, (now - started).total_seconds())
        source = self.source
        return Work(self.worker, started, seconds, source.topic, source.partition, source.offset)

    def hop(self) -> Hop:
        """This record as the next hop of the document's trail."""
        return Hop(
            stage=self.stage,
            topic=self.source.topic,
            partition=self.source.partition,
            offset=self.source.offset,
            at=self.now(),
            version=self.version,
        )


class Stage(Protocol[R_contra]):
    """One step of the pipeline. Implementations live in :mod:`streams.stages`, one per file."""

    name: str

    async def process(self, record: R_contra, context: StageContext) -> Outcome:
        """Does the step. Called many times at once on one event loop, so CPU-bound work goes to a process pool.

        Must be repeatable: the same record may come again after a crash, and gives the same ids. Expected failures
        are outcomes; an exception is a defect, and becomes a dead letter with code ``internal``.
        """

    def identity(self, record: R_contra, context: StageContext) -> Identity:
        """Which document ``record`` is about. Pure and quick."""


@dataclass(frozen=True, slots=True)
class StageSpec(Generic[R]):
    """A stage with what the harness needs to run it. ``timeout_s`` bounds one try, in seconds."""

    stage: Stage[R]
    topic: Topic
    record: type[R]
    in_flight: int
    timeout_s: float
