"""One page's dialogue over the batcher, and who has a turn."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from gpu.admission import Admission
from gpu.batching import Batcher
from gpu.limits import Limits, limits_for
from gpu.pages import PageReader
from gpu.queues import BatchLimit
from gpu.reader import DeadlinePassed, PageTicket
from processors.recognition.lines import answer_all, read_lines
from processors.recognition.upright import read_upright
from tests.unit.gpu.fakes import BAD, Fakes, page
from tests.unit.gpu.virtual_time import TimedDevice, run

LIMITS = Limits(BatchLimit(2, 10_000_000), BatchLimit(16, 10_000), 0.0, max_pages=3, max_active=2, max_held_bytes=1000)


@pytest.mark.parametrize("effort", ["cascade", "small", "tiny"])
@pytest.mark.parametrize("most_lines", [None, 1])
def test_a_page_is_read_as_in_process(effort: str, most_lines: int | None) -> None:
    async def main() -> None:
        fakes = Fakes()
        batcher = Batcher(fakes.models, LIMITS, pool, 2)
        dialogue = read_upright(page(4), effort, sure=True, most_lines=most_lines)  # type: ignore[arg-type]
        read = await PageReader(batcher, pool).read_page(dialogue, PageTicket(1))
        here = answer_all(read_lines(page(4), effort, most_lines), Fakes().models)  # type: ignore[arg-type]
        assert (list(read.lines), read.turn) == (here, 0)
        assert len(here) == (4 if most_lines is None else 1)

    with ThreadPoolExecutor(2) as pool:
        asyncio.run(main())


def test_what_a_network_raises_comes_out_of_the_page() -> None:
    async def main() -> None:
        reader = PageReader(Batcher(Fakes().models, LIMITS, pool, 1), pool)
        with pytest.raises(ValueError, match="a bad page"):
            await reader.read_page(read_upright(page(BAD), "cascade", sure=True), PageTicket(1))  # type: ignore[arg-type]

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(main())


def test_pages_over_the_limit_have_no_room() -> None:
    async def main() -> None:
        admission = Admission(LIMITS, threads=1)
        tickets = [PageTicket(0) for _ in range(3)]
        with admission.accept(100, tickets[0], 9.0), admission.accept(100, tickets[1], 9.0):
            assert admission.has_room(800)
            assert not admission.has_room(801), "bytes"
            with admission.accept(100, tickets[2], 9.0):
                assert not admission.has_room(0), "pages"
            assert admission.has_room(0)
        assert (admission.accepted, admission.held_bytes) == (0, 0)
        assert [ticket.number for ticket in tickets] == [1, 2, 3]

    run(main())


def test_turns_come_first_come_first_served_and_waiting_is_counted() -> None:
    async def main() -> None:
        admission = Admission(LIMITS, threads=1)
        began: list[tuple[int, float]] = []

        async def read(number: int) -> float:
            ticket = PageTicket(number)
            async with admission.turn(ticket):
                began.append((number, asyncio.get_running_loop().time()))
                assert admission.active <= 2
                await asyncio.sleep(1.0)
            return ticket.waited_s

        assert await asyncio.gather(*(read(number) for number in range(5))) == [0.0, 0.0, 1.0, 1.0, 2.0]
        assert began == [(0, 0.0), (1, 0.0), (2, 1.0), (3, 1.0), (4, 2.0)]
        assert admission.active == 0

    run(main())


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    async def main() -> None:
        admission = Admission(replace(LIMITS, max_active=1), threads=1)

        async def hold() -> None:
            async with admission.turn(PageTicket(1)):
                await asyncio.sleep(2.0)

        holding = asyncio.ensure_future(hold())
        await asyncio.sleep(0)
        with pytest.raises(DeadlinePassed):
            async with admission.turn(PageTicket(2, deadline=1.5)):
                pytest.fail("work would be spent on it")
        await holding
        async with admission.turn(PageTicket(3)):
            assert admission.active == 1

    run(main())


def test_a_refused_caller_is_told_to_come_when_half_are_done_at_the_measured_rate() -> None:
    async def main() -> None:
        admission = Admission(replace(LIMITS, max_pages=200, max_held_bytes=10**9), threads=2, page_s=1.0)
        assert admission.retry_after_s() == 1
        with ExitStack() as inside:
            for number in range(40):
                inside.enter_context(admission.accept(1, PageTicket(number), 9.0))
            assert admission.retry_after_s() == 10, "20 pages of 1 s on two threads"
            for _ in range(200):
                admission.measured(0.25)
            assert admission.retry_after_s() == 3, "20 pages of 0.25 s on two threads"
            for _ in range(200):
                admission.measured(100.0)
            assert admission.retry_after_s() == 60, "never longer than a minute"

    run(main())


def test_empty_returns_once_the_last_page_is_gone() -> None:
    async def main() -> None:
        admission = Admission(LIMITS, threads=1)
        await admission.empty()

        async def stay(seconds: float) -> None:
            with admission.accept(1, PageTicket(0), 99.0):
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            group.create_task(stay(1.0))
            group.create_task(stay(3.0))
            await asyncio.sleep(0)
            await admission.empty()
            assert asyncio.get_running_loop().time() == pytest.approx(3.0)

    run(main())


def test_a_gpu_batches_more_than_a_cpu() -> None:
    cpu, gpu = limits_for("cpu", threads=2), limits_for("cuda", threads=1)
    assert gpu.read.pixels > 10 * cpu.read.pixels
    assert gpu.detect.items > cpu.detect.items == 1
    assert cpu.max_active == 6
    assert gpu.with_batch(32).read.items == 32


def test_devices_take_virtual_time() -> None:
    """The harness of these tests itself."""

    async def main() -> None:
        assert await asyncio.get_running_loop().run_in_executor(TimedDevice(7.0), lambda: "done") == "done"
        assert asyncio.get_running_loop().time() == pytest.approx(7.0)

    run(main())
