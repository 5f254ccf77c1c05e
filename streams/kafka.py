"""How to reach Kafka: one set of connection settings for confluent-kafka and for Faust, and our two client shapes."""

import logging
import ssl
import uuid
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Producer

from streams.contracts.topics import MAX_RECORD_BYTES


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
            options["sasl_mechanism"] = self.sasl_mechanism or "PLAIN"
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ssl_ca_location)
        if self.ssl_certificate_location:
            context.load_cert_chain(self.ssl_certificate_location, self.ssl_key_location, self.ssl_key_password)
        return context


def _client_log() -> logging.Logger:
    """librdkafka's own log, silent unless the program sets it up: what matters comes back as errors of the calls."""
    log = logging.getLogger("fieldtrail.librdkafka")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False
    return log


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
        logger=_client_log(),
    )


def make_reader(connection: KafkaConnection, group: str | None = None) -> Consumer:
    """A consumer that reads from where it is told to.

    Without ``group`` it is for scans with assigned partitions: it joins no group and commits nothing.
    """
    return Consumer(
        {
            **connection.confluent_config(),
            "group.id": group or f"fieldtrail.scan.{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": MAX_RECORD_BYTES,
        },
        logger=_client_log(),
    )
