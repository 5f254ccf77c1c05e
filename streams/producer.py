"""The worker's producer: one for all its stages, so that their records share requests to the brokers."""

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from streams.contracts.topics import MAX_LETTER_BYTES
from streams.harness.headers import Headers
from streams.harness.producing import ProduceError, RecordTooLargeError
from streams.kafka import KafkaConnection

LINGER_MS = 5
"""Records of all stages are gathered for this long; at a few hundred a second that cuts the requests to a tenth."""
REQUEST_TIMEOUT_MS = 20_000


class WorkerProducer:
    """Produces with acks=all, idempotently. Starts and stops with the worker; lives on its event loop."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects. Raises aiokafka's ``KafkaError`` where no broker answers; may be called again then."""
        producer = AIOKafkaProducer(
            **self._connection.aiokafka_options(),
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            max_request_size=MAX_LETTER_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Sends what is still buffered and disconnects."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        if self._producer is None:
            raise ProduceError("the producer has not started")
        try:
            await self._producer.send_and_wait(topic, value, key=key, headers=list(headers))
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            raise RecordTooLargeError(str(error)) from error
        except KafkaError as error:
            raise ProduceError(f"{topic}: {error!r}") from error
