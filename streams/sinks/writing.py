"""The batch that is being written: in a thread of its own, and again until it is done."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from connectors.clickhouse.errors import RefusedError
from connectors.errors import UnavailableError
from processors.audit.chain import Head
from streams.harness.retry import RetryPolicy
from streams.outbox import DeliveryError
from streams.sinks.chains import Chain
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped
from streams.sinks.retried import RetriedCall
from streams.sinks.writer import BatchWriter, EventRefusedError, Written

PASSING = (UnavailableError, RefusedError, DeliveryError)
"""What a write raises where it is to be tried again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A batch that is in the store."""

    records: Sequence[Mapped]
    written: Written


class Writing:
    """Writes one batch at a time in ``worker``. ``clock`` gives monotonic seconds. Used by one thread."""

    def __init__(
        self,
        writer: BatchWriter,
        worker: ThreadPoolExecutor,
        dependencies: Dependencies,
        retry: RetryPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._call = RetriedCall[Written](PASSING, worker, dependencies, retry, clock)
        self._records: Sequence[Mapped] = ()

    @property
    def busy(self) -> bool:
        """Whether a batch is under way."""
        return self._call.busy

    @property
    def failing(self) -> bool:
        """Whether it has failed, and is tried again."""
        return self._call.failing

    def __len__(self) -> int:
        """Records of the batch under way. May be asked from any thread."""
        return len(self._records)

    def start(self, records: Sequence[Mapped], heads: Mapping[Chain, Head]) -> None:
        """Begins to write ``records``, which follow on ``heads``. Nothing else may be under way."""
        self._records = records
        self._call.start(partial(self._writer.write, records, dict(heads)))

    def finish(self) -> Finished | None:
        """The batch, once it is in the store; a failure that passes makes it be tried again later.

        Raises :class:`EventRefusedError`.
        """
        return self._finished(self._call.finish())

    def wait(self, timeout_s: float) -> bool:
        """Waits for the try that is under way; whether it has ended, well or not. False where none is."""
        return self._call.wait(timeout_s)

    def give_up(self, timeout_s: float | None) -> Finished | None:
        """Forgets the batch, after waiting for the try that is under way; the batch where that succeeded.

        Raises :class:`EventRefusedError` where there is no ``timeout_s``.
        """
        written = None
        with suppress(*(() if timeout_s is None else (EventRefusedError,))):
            written = self._call.give_up(timeout_s)
        finished = self._finished(written)
        self._records = ()
        return finished

    def _finished(self, written: Written | None) -> Finished | None:
        if written is None:
            return None
        records, self._records = self._records, ()
        return Finished(records, written)
