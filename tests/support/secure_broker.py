"""A Kafka broker that wants TLS and a login: one SASL_SSL listener (PLAIN, SCRAM-SHA-512), one SSL listener (client
certificates).
"""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from fieldtrail.stack import broker
from fieldtrail.stack.java import find_java
from fieldtrail.stack.local import default_kafka_libs
from streams.kafka import KafkaConnection
from tests.support.servers import HOST, Server, free_port, need

USER, PASSWORD = "fieldtrail", "a secret, = with; signs"
_KEY_PASSWORD = "key-secret"


@dataclass(frozen=True, slots=True)
class SecureBroker:
    """Environment variables that reach the broker, by way."""

    plain: Mapping[str, str]
    scram: Mapping[str, str]
    certificate: Mapping[str, str]


@contextmanager
def secure_broker(folder: Path) -> Iterator[SecureBroker]:
    """The broker, with keys and certificates made for it below ``folder``."""
    _make_certificates(folder)
    sasl_port, ssl_port, controller_port = free_port(), free_port(), free_port()
    files, java, libs = broker.BrokerFiles(folder), find_java(), default_kafka_libs()
    broker.prepare(java, libs, folder, sasl_port, controller_port, heap_mb=384)
    properties = files.properties.read_text()
    files.properties.write_text(properties + _security(folder, sasl_port, ssl_port, controller_port))
    ca = {"KAFKA_SSL_CA_LOCATION": str(folder / "ca.pem")}
    sasl = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{sasl_port}",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": PASSWORD,
        **ca,
    }
    certificate = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{ssl_port}",
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTIFICATE_LOCATION": str(folder / "client.pem"),
        "KAFKA_SSL_KEY_LOCATION": str(folder / "client.key"),
        "KAFKA_SSL_KEY_PASSWORD": _KEY_PASSWORD,
        **ca,
    }
    command = broker.java_command(java, libs, files, "kafka.Kafka", str(files.properties), heap_mb=384)
    link = KafkaConnection(
        bootstrap_servers=sasl["KAFKA_BOOTSTRAP_SERVERS"],
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username=USER,
        sasl_password=PASSWORD,
        ssl_ca_location=ca["KAFKA_SSL_CA_LOCATION"],
    )
    with Server(command, folder / "broker.log", lambda: broker_answers(link)):
        _add_scram_user(link)
        yield SecureBroker(
            {**sasl, "KAFKA_SASL_MECHANISM": "PLAIN"}, {**sasl, "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"}, certificate
        )


def broker_answers(link: KafkaConnection) -> bool:
    """Whether a broker lets ``link`` in and answers."""
    try:
        return bool(AdminClient({**link.confluent_config(), "log_level": 0}).list_topics(timeout=1.0).brokers)
    except KafkaException:
        return False


def _add_scram_user(link: KafkaConnection) -> None:
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    client = AdminClient(link.confluent_config())
    wanted = UserScramCredentialUpsertion(USER, scram, PASSWORD.encode())
    for future in client.alter_user_scram_credentials([wanted]).values():
        future.result(30)


def _security(folder: Path, sasl_port: int, ssl_port: int, controller_port: int) -> str:
    """Properties that come after, and so override, those of a broker without security."""
    listeners = f"SASL_SSL://{HOST}:{sasl_port},SSL://{HOST}:{ssl_port}"
    modules = "org.apache.kafka.common.security"
    properties = {
        "listeners": f"{listeners},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"{listeners},CONTROLLER://{HOST}:{controller_port}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "server.store.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": folder / "ca.pem",
        "listener.name.ssl.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            f'{modules}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        ),
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def _make_certificates(folder: Path) -> None:
    """A CA, and of it a certificate for the server (the loopback address) and one for a client (a locked key)."""
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -subj /CN=test-ca -days 2 -keyout ca.key -out ca.pem")
    for name in ("server", "client"):
        (folder / f"{name}.ext").write_text(f"subjectAltName=IP:{HOST}\n")
        _openssl(folder, f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.clear.key -out {name}.csr")
        signing = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        _openssl(folder, f"x509 -req -in {name}.csr {signing} -extfile {name}.ext -out {name}.pem")
    store = (folder / "server.clear.key").read_text() + (folder / "server.pem").read_text()
    (folder / "server.store.pem").write_text(store)
    _openssl(folder, f"rsa -aes256 -passout pass:{_KEY_PASSWORD} -in client.clear.key -out client.key")


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run([need("openssl"), *arguments.split()], cwd=folder, check=True, capture_output=True)
