"""TLS and logins are passed through to both Kafka clients: librdkafka (command line, client) and aiokafka (worker)."""

import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fieldtrail.settings import resolve
from fieldtrail.wiring import connection
from streams.kafka import KafkaConnection, TlsFilesError, why_unreachable
from tests.support.documents import invoices
from tests.support.secure_broker import SecureBroker, secure_broker
from tests.support.servers import Server, cli, free_port, pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    with secure_broker(tmp_path_factory.mktemp("secure")) as running:
        yield running


def test_a_document_goes_all_the_way_with_a_password_over_tls(
    broker: SecureBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with pipeline(tmp_path / "worker", {**broker.plain, "FIELDTRAIL_TOPICS_PREFIX": topic_prefix}) as worker:
        final = worker.send(content=invoices(1, seed=7)[0])
    assert final.state in {"completed", "review"}


@pytest.mark.parametrize("way", ["scram", "certificate"])
def test_a_stage_reads_and_writes_by_the_other_ways_in(
    broker: SecureBroker, topic_prefix: str, tmp_path: Path, way: str
) -> None:
    environment: Mapping[str, str] = getattr(broker, way)
    own = {**environment, "FIELDTRAIL_TOPICS_PREFIX": topic_prefix}
    with pipeline(tmp_path / "worker", own, stages="ingest") as worker:
        # A type that nobody reads ends in ingest: the stage has read the submission and written a dead letter.
        final = worker.send(content=b"\x7fELF no document")
        assert (final.state, final.status.error_code) == ("failed", "unsupported_type")
        (letter,) = worker.dead_letters()
        assert letter.error.document_id == final.document_id


@pytest.fixture
def wrong_password(broker: SecureBroker, tmp_path: Path) -> dict[str, str]:
    return {**broker.plain, "KAFKA_SASL_PASSWORD": "wrong", "FIELDTRAIL_DATA_DIR": str(tmp_path)}


@pytest.mark.parametrize(
    ("way", "changed", "reason"),
    [
        ("plain", {"KAFKA_SASL_PASSWORD": "wrong"}, "Invalid username or password"),
        ("scram", {"KAFKA_SASL_PASSWORD": "wrong"}, "invalid credentials with SASL mechanism SCRAM-SHA-512"),
        ("plain", {"KAFKA_SSL_CA_LOCATION": ""}, "certificate verify failed"),
        ("plain", {"KAFKA_SSL_CA_LOCATION": "/no/such/file"}, "ssl.ca.location failed"),
    ],
)
def test_why_a_broker_does_not_let_us_in(broker: SecureBroker, way: str, changed: dict[str, str], reason: str) -> None:
    environment = {**getattr(broker, way), **changed}
    said = why_unreachable(connection(resolve(environ=environment)), 20.0)
    assert said is not None
    assert reason in said
    assert "in state" not in said


def test_a_broker_that_answers_and_one_that_is_not_there(broker: SecureBroker) -> None:
    for environment in (broker.plain, broker.scram, broker.certificate):
        assert why_unreachable(connection(resolve(environ=environment)), 20.0) is None
    assert "Connection refused" in (why_unreachable(KafkaConnection(f"127.0.0.1:{free_port()}"), 0.5) or "")


def test_a_wrong_password_is_one_line_of_the_command_line(wrong_password: dict[str, str]) -> None:
    done = cli(wrong_password, "topics", "list")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("fieldtrail: ")
    assert wrong_password["KAFKA_BOOTSTRAP_SERVERS"] in line
    assert "Invalid username or password" in line


def test_a_worker_with_a_wrong_password_says_so_and_goes_on_trying(
    wrong_password: dict[str, str], tmp_path: Path
) -> None:
    environment = {**wrong_password, "FIELDTRAIL_WORKER_HTTP_PORT": "0"}
    command = [sys.executable, "-m", "fieldtrail", "worker", "--stages", "route"]
    log = tmp_path / "worker.log"
    tries = "no broker answers yet"
    with Server(command, log, lambda: log.read_text().count(tries) >= 2, environment) as worker:
        assert worker.said("Invalid username or password")
        assert not worker.said("Traceback")
        assert worker.is_running


def test_a_file_that_cannot_be_read_is_one_line_of_the_worker(broker: SecureBroker, tmp_path: Path) -> None:
    environment = {**broker.plain, "KAFKA_SSL_CA_LOCATION": "/no/such/file", "FIELDTRAIL_DATA_DIR": str(tmp_path)}
    done = cli({**environment, "FIELDTRAIL_WORKER_HTTP_PORT": "0"}, "worker", "--stages", "route")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("fieldtrail: the TLS files of the Kafka connection (/no/such/file) cannot be used: ")


def test_both_clients_get_the_same_login() -> None:
    link = KafkaConnection("a:1,b:2", "SASL_SSL", sasl_username="ada", sasl_password="secret")
    confluent, faust, aiokafka = link.confluent_config(), link.faust_credentials(), link.aiokafka_options()
    assert (confluent["sasl.mechanism"], faust.mechanism.value, aiokafka["sasl_mechanism"]) == ("PLAIN",) * 3
    assert (confluent["sasl.username"], faust.username, aiokafka["sasl_plain_username"]) == ("ada",) * 3
    assert (confluent["sasl.password"], faust.password, aiokafka["sasl_plain_password"]) == ("secret",) * 3
    assert (confluent["security.protocol"], faust.protocol.value, aiokafka["security_protocol"]) == ("SASL_SSL",) * 3
    for context in (faust.ssl_context, aiokafka["ssl_context"]):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
    assert link.faust_brokers() == ["aiokafka://a:1", "aiokafka://b:2"]
    plain = KafkaConnection("a:1", sasl_mechanism="PLAIN")
    assert plain.faust_credentials() is None
    assert "sasl.mechanism" not in plain.confluent_config()
    with pytest.raises(TlsFilesError, match="/no/such/file"):
        KafkaConnection("a:1", "SSL", ssl_ca_location="/no/such/file").faust_credentials()
