"""Records on their way to the store, gathered until they are many enough, large enough or old enough."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.sinks.mapping import Mapped

_COLLECT_AFTER = (100_000, 20, 50)


def collect_rarely() -> None:
    """Lets Python's cycle collector run less often in this process.

    A batch is tens of thousands of objects without a cycle among them; looking through them again and again took a
    fifth of the sink's time. What is not in a cycle is freed at once in any case.
    """
    gc.set_threshold(*_COLLECT_AFTER)


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """When a batch is written: at so many ``rows`` or ``value_bytes``, and ``age_s`` seconds after its first record."""

    rows: int = 10_000
    value_bytes: int = 32 * 1024 * 1024
    age_s: float = 0.5


class Batch:
    """Records in the order in which they came. ``clock`` gives monotonic seconds. Not thread-safe."""

    def __init__(self, limits: BatchLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._records: list[Mapped] = []
        self._rows = 0
        self._bytes = 0
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._records)

    def add(self, record: Mapped) -> None:
        """Takes in one more."""
        if not self._records:
            self._since = self._clock()
        self._records.append(record)
        self._rows += len(record.rows) + 1  # and its event
        self._bytes += len(record.inbound.value or b"")

    @property
    def full(self) -> bool:
        """Whether it should take no more."""
        return self._rows >= self._limits.rows or self._bytes >= self._limits.value_bytes

    @property
    def due_in_s(self) -> float:
        """Seconds until it should be written; 0 where it should be now, its whole age while it is empty."""
        if not self._records:
            return self._limits.age_s
        return 0.0 if self.full else max(0.0, self._since + self._limits.age_s - self._clock())

    def take(self) -> Sequence[Mapped]:
        """Its records; it is empty afterwards."""
        records, self._records = self._records, []
        self._rows = self._bytes = 0
        return records
