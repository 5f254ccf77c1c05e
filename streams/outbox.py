"""Sends records from outside the stages (the client, replay), and knows whether the brokers took them."""

from confluent_kafka import KafkaError, KafkaException, Message

from streams.errors import StreamError
from streams.harness.headers import Headers
from streams.kafka import KafkaConnection, make_producer

FLUSH_S = 30.0


class DeliveryError(StreamError):
    """The brokers did not take everything; the message says how much is missing. Sending it again is safe."""


class Outbox:
    """A producer whose refusals are not lost. Not thread-safe."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._producer = make_producer(connection)
        self._refused: list[str] = []

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Queues one record, waiting while the client's queue is full.

        Raises :class:`DeliveryError` where it can never be sent (it is too large).
        """
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=list(headers), on_delivery=self._note)
            except BufferError:
                self._producer.poll(0.5)
            except KafkaException as error:
                raise DeliveryError(f"a record for {topic} cannot be sent: {error.args[0].str()}") from error
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Returns when the brokers have every record. Raises :class:`DeliveryError` after 30 s without that, and once
        for the records that they refused.
        """
        left = self._producer.flush(FLUSH_S)
        if left:
            raise DeliveryError(f"{left} records were not acknowledged within {FLUSH_S:g} s; are the brokers well?")
        refused, self._refused = self._refused, []
        if refused:
            raise DeliveryError(f"the brokers refused {len(refused)} records: {'; '.join(dict.fromkeys(refused))}")

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused.append(f"{message.topic()}: {error.str()}")
