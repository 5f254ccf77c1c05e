"""One Apache Kafka broker in KRaft mode, for one machine: its configuration, its storage, its command.

Broker and controller in one process, on the loopback interface only. The settings are those of a single node
(https://kafka.apache.org/documentation/#configuration): replication 1, no wait before a first rebalance.
"""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from fieldtrail.stack.errors import StackError
from fieldtrail.stack.java import Java
from fieldtrail.stack.ports import HOST

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Largest record: inline documents go to 1 MB, and whatever is derived from them must fit as well."""

_LOG4J2 = """\
<Configuration status="WARN" shutdownHook="disable">
  <Appenders>
    <Console name="console"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
    <Root level="WARN"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """The broker's folder: configuration is written anew at each start, records stay."""

    folder: Path

    @property
    def properties(self) -> Path:
        """``server.properties``."""
        return self.folder / "server.properties"

    @property
    def log4j2(self) -> Path:
        """The logging configuration: to standard output, which the supervisor keeps in a rotated file."""
        return self.folder / "log4j2.xml"

    @property
    def records(self) -> Path:
        """``log.dirs``: what Kafka calls its logs, the records themselves."""
        return self.folder / "data"


def server_properties(records: Path, port: int, controller_port: int) -> str:
    """The text of ``server.properties`` for one node with its records under ``records``."""
    properties: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": f"{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": records,
        "auto.create.topics.enable": "false",
        "message.max.bytes": MAX_RECORD_BYTES,
        "replica.fetch.max.bytes": MAX_RECORD_BYTES,
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # After kill -9, a new broker waits until the session of the old one ends: 9 s by default. Much less, and a busy
        # machine would fence a broker that is well.
        "broker.session.timeout.ms": 4000,
        "broker.heartbeat.interval.ms": 500,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,  # the default, 128 MB, is a quarter of this heap
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def java_command(
    java: Java, libs: Path, files: BrokerFiles, main: str, *arguments: str, heap_mb: int
) -> tuple[str, ...]:
    """The command line of one of Kafka's programs."""
    return (
        str(java.path),
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # starts in half the time; a node of this size gains little from the second compiler
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={files.log4j2.as_uri()}",
        "-cp",
        f"{libs}/*",
        main,
        *arguments,
    )


def prepare(java: Java, libs: Path, folder: Path, port: int, controller_port: int, heap_mb: int) -> tuple[str, ...]:
    """Write the configuration, format the storage where it is new, and return the broker's command.

    Raises :class:`StackError` where the jars are missing or Kafka refuses to format.
    """
    if not any(libs.glob("kafka-server-[0-9]*.jar")):
        raise StackError(f"Apache Kafka's jars are not in {libs}; run `make kafka`, or set FIELDTRAIL_STACK_KAFKA_LIBS")
    files = BrokerFiles(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files.properties.write_text(server_properties(files.records, port, controller_port), encoding="utf-8")
    files.log4j2.write_text(_LOG4J2, encoding="utf-8")
    if not (files.records / "meta.properties").exists():
        _format_storage(java_command(java, libs, files, "kafka.tools.StorageTool", heap_mb=heap_mb), files)
    return java_command(java, libs, files, "kafka.Kafka", str(files.properties), heap_mb=heap_mb)


def _format_storage(storage_tool: tuple[str, ...], files: BrokerFiles) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ("format", "--standalone", f"--cluster-id={cluster_id}", "--config", str(files.properties))
    done = subprocess.run([*storage_tool, *arguments], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StackError(f"Kafka could not format {files.records}: {said[-1] if said else 'no reason given'}")


def answers(bootstrap_servers: str, timeout_s: float = 1.0) -> bool:
    """Whether a broker answers a metadata request at ``bootstrap_servers`` (plain text, no login) in time."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient(
        {
            "bootstrap.servers": bootstrap_servers,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 100,
            "log_level": 0,
        }
    )
    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False
