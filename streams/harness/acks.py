"""In-order acknowledgement: which offset may be committed while records finish in any order.

faust-streaming 0.15 loses records on a crash when events are acknowledged out of order: its committed-offset logic
steps over gaps. So Faust's own acknowledgement is not used, and this window commits only the contiguous prefix.
"""

from collections import deque


class AckWindow:
    """The records of one partition that were delivered and not yet committed, in delivery order.

    Not thread-safe: it lives on the event loop. Offsets are delivered ascending; compaction may leave holes
    between them, which need no acknowledgement.
    """

    def __init__(self) -> None:
        self._delivered: deque[int] = deque()
        self._done: set[int] = set()
        self._next: int | None = None

    @property
    def in_flight(self) -> int:
        """How many records are delivered and not done."""
        return len(self._delivered) - len(self._done)

    def delivered(self, offset: int) -> None:
        """Takes in one record. Raises ``ValueError`` where the offset does not ascend."""
        if self._delivered and offset <= self._delivered[-1]:
            raise ValueError(f"offset {offset} was delivered after {self._delivered[-1]}")
        self._delivered.append(offset)

    def done(self, offset: int) -> None:
        """The record's outputs are safe in the broker."""
        self._done.add(offset)
        while self._delivered and self._delivered[0] in self._done:
            head = self._delivered.popleft()
            self._done.discard(head)
            self._next = head + 1

    @property
    def committable(self) -> int | None:
        """The offset to commit (the first that is not safe yet), or ``None`` before anything is done."""
        return self._next
