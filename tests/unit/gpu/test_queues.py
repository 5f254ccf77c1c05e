"""Which work goes next, and with whom."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu.queues import Batch, BatchLimit, Item, Queues

LIMIT = BatchLimit(items=4, pixels=1000)
WAIT = 0.5


def item(size: int, page: int, arrived: float = 0.0, expires: float = math.inf) -> Item[str]:
    return Item(f"{page}:{size}", size, page, arrived, expires)


def queues(*items: Item[str], kind: str = "read", limit: BatchLimit = LIMIT) -> Queues[str, str]:
    waiting: Queues[str, str] = Queues(WAIT)
    for one in items:
        waiting.add(kind, limit, one)
    return waiting


def payloads(batch: Batch[str, str] | None) -> list[str]:
    assert batch is not None
    return [one.payload for one in batch.items]


def test_nothing_waits() -> None:
    assert queues().take(99.0) is None
    assert queues().next_ripe() is None
    assert queues().depths() == {}


def test_a_batch_that_is_not_full_waits_for_its_time() -> None:
    waiting = queues(item(100, 1, arrived=1.0), item(100, 2, arrived=1.2))
    assert waiting.next_ripe() == 1.5
    assert waiting.take(1.49) is None
    assert payloads(waiting.take(1.5)) == ["1:100", "2:100"]
    assert waiting.take(9.0) is None


def test_a_full_batch_goes_at_once() -> None:
    waiting = queues(*(item(100, page) for page in (1, 2, 3, 4, 5)))
    batch = waiting.take(0.0)
    assert payloads(batch) == ["1:100", "2:100", "3:100", "4:100"]
    assert batch is not None
    assert (batch.fill, batch.padding, batch.allowed) == (1.0, 0.0, 4)
    assert waiting.take(0.0) is None
    assert waiting.depths() == {"read": 1}


def test_pixels_bound_a_batch_by_its_widest() -> None:
    waiting = queues(item(400, 1), item(390, 2), item(300, 3))
    batch = waiting.take(0.0)
    assert payloads(batch) == ["1:400", "2:390"]
    assert batch is not None
    assert batch.padded == 800
    assert batch.padding == pytest.approx(1 - 790 / 800)


def test_what_is_larger_than_any_batch_goes_alone() -> None:
    batch = queues(item(5000, 1), item(4000, 1)).take(0.0)
    assert payloads(batch) == ["1:5000"]
    assert batch is not None
    assert batch.fill == 1.0


def test_lines_of_many_pages_share_a_batch_by_width() -> None:
    waiting = queues(*(item(size, page) for page in (1, 2, 3) for size in (90, 240, 200)))
    assert payloads(waiting.take(WAIT)) == ["1:240", "2:240", "3:240", "1:200"]
    assert payloads(waiting.take(WAIT)) == ["1:90", "2:90", "3:90"]
    assert payloads(waiting.take(WAIT)) == ["2:200", "3:200"]


def test_narrow_lines_are_not_padded_to_wide_ones() -> None:
    waiting = queues(item(200, 1), item(99, 1), item(100, 1))
    assert payloads(waiting.take(WAIT)) == ["1:200", "1:100"]


def test_the_oldest_page_goes_first_whatever_its_size() -> None:
    waiting = queues(*(item(240, page) for page in (2, 3, 4, 5)), item(60, 1))
    assert payloads(waiting.take(WAIT)) == ["1:60"]


def test_of_two_kinds_the_one_with_the_older_page_goes() -> None:
    waiting = queues(item(100, 7, arrived=0.0), kind="detect")
    waiting.add("read", LIMIT, item(100, 3, arrived=0.3))
    assert payloads(waiting.take(0.6)) == ["7:100"], "the older page's request is not ripe yet"
    waiting.add("detect", LIMIT, item(100, 8, arrived=0.6))
    assert payloads(waiting.take(2.0)) == ["3:100"]


def test_a_dropped_page_leaves_nothing() -> None:
    waiting = queues(item(100, 1), item(50, 1), item(100, 2))
    waiting.drop(1)
    assert waiting.depths() == {"read": 1}
    assert payloads(waiting.take(WAIT)) == ["2:100"]
    waiting.drop(2)


def test_expired_items_are_told_and_gone() -> None:
    waiting = queues(item(100, 1, expires=2.0), item(90, 2, expires=3.0), item(80, 1, expires=2.0))
    assert waiting.drop_expired(1.9) == []
    assert waiting.drop_expired(2.0) == ["1:100", "1:80"]
    assert payloads(waiting.take(2.0)) == ["2:90"]


sizes = st.integers(1, 1500)
arrivals = st.lists(st.tuples(st.sampled_from(["detect", "tiny", "small"]), sizes, st.integers(1, 6)), max_size=40)


@given(arrivals, st.builds(BatchLimit, st.integers(1, 6), st.integers(1, 2000), st.floats(0.0, 1.0)))
def test_every_item_goes_once_within_the_limits_and_old_pages_first(
    work: list[tuple[str, int, int]], limit: BatchLimit
) -> None:
    waiting: Queues[str, int] = Queues(WAIT)
    for number, (kind, size, page) in enumerate(work):
        waiting.add(kind, limit, Item(number, size, page, 0.0))
    left = set(range(len(work)))
    while (batch := waiting.take(WAIT)) is not None:
        largest, smallest = batch.items[0].size, batch.items[-1].size
        assert len(batch.items) == 1 or (len(batch.items) <= limit.items and batch.padded <= limit.pixels)
        assert smallest >= limit.least_share * largest
        assert min(one.page for one in batch.items) == min(work[number][2] for number in left)
        gone = {one.payload for one in batch.items}
        assert all(work[number][0] == batch.kind for number in gone)
        assert gone <= left
        left -= gone
    assert left == set()
