"""What the harness asks of a Kafka producer."""

from typing import Protocol

from streams.harness.headers import Headers


class ProduceError(Exception):
    """The broker did not acknowledge the record; trying again may help."""


class RecordTooLargeError(Exception):
    """The broker will never take the record: it is larger than the topic allows."""


class Producer(Protocol):
    """Produces with acks=all."""

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Returns when the broker has acknowledged the record.

        ``topic`` is the name on the cluster. Raises :class:`ProduceError` or :class:`RecordTooLargeError`.
        """
