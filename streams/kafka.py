"""How to reach Kafka: one set of connection settings for confluent-kafka and for Faust, and our two client shapes."""

import logging
import re
import ssl
import time
import uuid
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from streams.contracts.topics import MAX_RECORD_BYTES
from streams.errors import StreamError

_REFUSALS = {KafkaError._AUTHENTICATION, KafkaError._SSL}
_STATE_OF_CLIENT = re.compile(r" \(after \d+ms in state \w+.*\)$")


class TlsFilesError(StreamError):
    """The CA, certificate or key file of a connection cannot be used; the message names them and says why."""


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Brokers and how to authenticate with them. Names and values as in Kafka's own client configuration."""

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None
    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: str | None = None

    def confluent_config(self) -> dict[str, Any]:
        """librdkafka's configuration for this connection."""
        values = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self._mechanism(),
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password,
            "ssl.ca.location": self.ssl_ca_location,
            "ssl.certificate.location": self.ssl_certificate_location,
            "ssl.key.location": self.ssl_key_location,
            "ssl.key.password": self.ssl_key_password,
        }
        return {name: value for name, value in values.items() if value is not None}

    def faust_brokers(self) -> list[str]:
        """Broker URLs for Faust."""
        return [f"aiokafka://{server.strip()}" for server in self.bootstrap_servers.split(",")]

    def faust_credentials(self) -> Any:
        """Faust credentials for the security protocol; ``None`` for PLAINTEXT."""
        from faust.auth import SASLCredentials, SSLCredentials

        protocol = self.security_protocol.upper()
        if protocol == "PLAINTEXT":
            return None
        context = self._ssl_context() if protocol.endswith("SSL") else None
        if protocol == "SSL":
            return SSLCredentials(context=context)
        return SASLCredentials(
            username=self.sasl_username,
            password=self.sasl_password,
            mechanism=self._mechanism(),
            ssl_context=context,
        )

    def _mechanism(self) -> str | None:
        """The SASL mechanism: PLAIN where none is named; librdkafka's own default is Kerberos, Faust's is PLAIN."""
        return (self.sasl_mechanism or "PLAIN") if self.security_protocol.upper().startswith("SASL_") else None

    def aiokafka_options(self) -> dict[str, Any]:
        """Arguments for aiokafka's own clients."""
        protocol = self.security_protocol.upper()
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap_servers, "security_protocol": protocol}
        if protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        if protocol.startswith("SASL"):
            options["sasl_mechanism"] = self._mechanism()
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ssl_ca_location)
            if self.ssl_certificate_location:
                context.load_cert_chain(self.ssl_certificate_location, self.ssl_key_location, self.ssl_key_password)
        except OSError as error:
            files = (self.ssl_ca_location, self.ssl_certificate_location, self.ssl_key_location)
            named = ", ".join(file for file in files if file)
            raise TlsFilesError(f"the TLS files of the Kafka connection ({named}) cannot be used: {error}") from error
        return context


def client_log() -> logging.Logger:
    """librdkafka's own log, silent unless the program sets it up: what matters comes back as errors of the calls."""
    log = logging.getLogger("fieldtrail.librdkafka")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False
    return log


def reason_of(error: KafkaError) -> str:
    """librdkafka's words for ``error``, without how long its client had been in which state: so that the same reason
    reads the same each time.
    """
    return _STATE_OF_CLIENT.sub("", error.str())


def why_unreachable(connection: KafkaConnection, timeout_s: float) -> str | None:
    """Asks the brokers for an answer, for up to ``timeout_s`` seconds. ``None`` as soon as one has answered; else why
    none did, in librdkafka's most telling words, and at once where a login or a certificate is refused.
    """
    from confluent_kafka.admin import AdminClient

    told: list[KafkaError] = []  # what the calls themselves raise only says that there is no connection
    deadline = time.monotonic() + timeout_s
    try:
        client = AdminClient({**connection.confluent_config(), "error_cb": told.append}, logger=client_log())
    except KafkaException as error:  # a file that cannot be read, for instance
        return str(error.args[0].str())
    while True:
        try:
            client.list_topics(timeout=min(timeout_s, 1.0))
        except KafkaException as error:
            client.poll(0.1)  # has the errors told
            refused = [each for each in told if each.code() in _REFUSALS]
            if refused or time.monotonic() >= deadline:
                telling = refused or [each for each in told if each.code() != KafkaError._ALL_BROKERS_DOWN]
                return reason_of((telling or [error.args[0]])[0])
        else:
            return None


def make_producer(connection: KafkaConnection) -> Producer:
    """A producer that waits for all replicas and spreads keys as the stages do (murmur2, as the Java client)."""
    return Producer(
        {
            **connection.confluent_config(),
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.max.bytes": MAX_RECORD_BYTES,
            "linger.ms": 5,
        },
        logger=client_log(),
    )


def make_reader(connection: KafkaConnection) -> Consumer:
    """A consumer for scans of assigned partitions: it joins no group and commits nothing."""
    return Consumer(
        {
            **connection.confluent_config(),
            "group.id": f"fieldtrail.scan.{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": MAX_RECORD_BYTES,
        },
        logger=client_log(),
    )
