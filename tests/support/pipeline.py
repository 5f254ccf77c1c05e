"""A whole pipeline for tests: one broker, one worker with every stage, and the ways in and out that users have."""

import io
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pytest
from confluent_kafka import KafkaError, Message

from fieldtrail.cli import main
from fieldtrail.client import Fieldtrail
from fieldtrail.settings import Settings, resolve
from fieldtrail.stack import LocalStack, Worker
from fieldtrail.wiring import connection, make_codec, make_store, topic_plan
from processors.fields import FieldType
from processors.synthesis.stream import invoice_stream
from streams.admin import apply
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import Record
from streams.contracts.topics import Topic
from streams.dead_letters import DeadLetters, Letter, LetterFilter
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection, make_producer
from streams.scan import Start, read_one, scan

R = TypeVar("R", bound=Record)
T = TypeVar("T")

# What is tested with this is the way of a document, not how sure the readers are: every field that was read passes.
_LENIENT = "[route.thresholds.types]\n" + "".join(
    f"{kind} = {{ pass = 0.0, second_look = 0.0 }}\n" for kind in FieldType
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(slots=True)
class Pipeline:
    """A running pipeline. ``inbox`` is the folder that ``file:`` URIs may read; ``config`` its settings file."""

    stack: LocalStack
    settings: Settings
    inbox: Path
    config: Path
    link: KafkaConnection = field(init=False)
    codec: Codec = field(init=False)

    def __post_init__(self) -> None:
        self.link = connection(self.settings)
        self.codec = make_codec(self.settings)

    def client(self) -> Fieldtrail:
        """A new client."""
        return Fieldtrail(self.settings)

    def cli(self, *arguments: str) -> Said:
        """``fieldtrail ARGUMENTS`` against this pipeline, in this process: a new one takes a second to start."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in set(os.environ) - set(self.environment()):
                patch.delenv(name)
            for name, value in self.environment().items():
                patch.setenv(name, value)
            patch.chdir(self.inbox.parent)
            patch.setattr(sys, "argv", ["fieldtrail", *arguments])
            try:
                main()
            except SystemExit as end:
                return Said(int(end.code or 0), out.getvalue(), err.getvalue())
        raise AssertionError("main() always ends by SystemExit")

    def start_cli(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """The same as a process of its own, its output in pipes; ``environment`` is added to :meth:`environment`."""
        return subprocess.Popen(
            [sys.executable, "-m", "fieldtrail", *arguments],
            env=self.environment() | environment,
            cwd=self.inbox.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        """The environment of a person who works with this pipeline."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "FIELDTRAIL_"))}
        return kept | self.stack.client_environment()

    def name(self, topic: Topic) -> str:
        """The topic's name on the broker."""
        return topic_plan(self.settings).name(topic)

    def scan(self, topic: Topic, start: Start = Start()) -> list[Inbound]:  # noqa: B008  frozen
        """The records of a topic as bytes."""
        return list(scan(self.link, self.name(topic), start))

    def records(self, topic: Topic, record: type[R]) -> list[R]:
        """The records of a topic; every one must keep to the contract."""
        return [self.decode(inbound, record) for inbound in self.scan(topic)]

    def decode(self, inbound: Inbound, record: type[R]) -> R:
        """One record, which must keep to the contract."""
        decoded = self.codec.decode(inbound.value, record)
        assert not isinstance(decoded, Undecodable), decoded
        return decoded

    def read(self, topic: str, partition: int, offset: int) -> Inbound:
        """The record at a place, which must be there."""
        found = read_one(self.link, topic, partition, offset)
        assert found is not None, f"{topic}-{partition}@{offset} holds nothing"
        return found

    def stored(self, uri: str) -> bytes:
        """The bytes at a URI of the object store."""
        return make_store(self.settings).get(uri)

    def letters(self, wanted: LetterFilter | None = None) -> list[Letter]:
        """The dead letters."""
        found = DeadLetters(self.link, topic_plan(self.settings), self.codec).find(wanted or LetterFilter())
        return list(found)

    def letter(self, document_id: str, count: int = 1, stage: str = "ingest") -> list[Letter]:
        """The dead letters of one document in one stage, once there are ``count``."""
        wanted = LetterFilter(stages=(stage,), document_ids=(document_id,))
        return wait_for(lambda: found if len(found := self.letters(wanted)) >= count else None, f"{count} dead letters")

    def page(self, path: str) -> tuple[int, str]:
        """Status and body of one of the worker's HTTP pages."""
        address = self.stack.status()[1].address
        assert address is not None
        try:
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def produced(self, values: Sequence[tuple[int, bytes | None, bytes | None]]) -> list[tuple[int, int]]:
        """Sends raw records (partition, key, value) to ``documents.submitted``, in order; their places."""
        producer, places = make_producer(self.link), []

        def note(error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            places.append((int(message.partition() or 0), int(message.offset() or 0)))

        for partition, key, value in values:
            producer.produce("documents.submitted", value, key, partition, on_delivery=note)
            assert producer.flush(30) == 0
        return places


@contextmanager
def running_pipeline(folder: Path) -> Iterator[Pipeline]:
    """A broker and a worker with every stage, their data below ``folder``; stopped at the end."""
    inbox, config, data = folder / "inbox", folder / "lenient.toml", folder / "data"
    inbox.mkdir(parents=True)
    config.write_text(_LENIENT)
    worker = Worker(environment={"FIELDTRAIL_CONFIG": str(config), "FIELDTRAIL_FETCH_ALLOW_FILES": str(inbox)})

    def settings_for(servers: str) -> Settings:
        return resolve({"data_dir": data, "kafka.bootstrap_servers": servers}, {})

    def prepare(servers: str) -> None:
        settings = settings_for(servers)
        apply(connection(settings), topic_plan(settings))

    with LocalStack(data, [worker], prepare=prepare) as stack:
        yield Pipeline(stack, settings_for(stack.bootstrap_servers), inbox, config)


def invoices(count: int, seed: int) -> list[bytes]:
    """Distinct born-digital invoices of one page, as plain as they come: nothing was paid in advance, and nothing is
    said of an order, whose words make the type unsure.
    """
    plain = (
        data
        for data, truth in invoice_stream(seed)
        if truth.fields.get("amount_due") is None and truth.fields.get("purchase_order") is None
    )
    return list(islice(plain, count))


def wait_for(condition: Callable[[], T | None], what: str, timeout_s: float = 60.0) -> T:
    """What ``condition`` gives once that is truthy. Raises ``AssertionError`` after ``timeout_s`` seconds."""
    deadline, pause = time.monotonic() + timeout_s, threading.Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        pause.wait(0.1)
    return found
