"""The batcher in virtual time: batches, age, threads, deadlines, cancellation, faults."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gpu.batching import Batcher, BatchReport
from gpu.limits import Limits
from gpu.queues import BatchLimit
from gpu.reader import DeadlinePassed, PageTicket
from processors.recognition.lines import Detect, Read
from tests.unit.gpu.fakes import BAD, Fakes, image, quad
from tests.unit.gpu.virtual_time import TimedDevice, run

LIMITS = Limits(BatchLimit(2, 100_000), BatchLimit(3, 300), 0.01, 8, 4)
RUN_S = 1.0


class Bench:
    """A batcher over fake networks whose every batch takes a second."""

    def __init__(self, threads: int = 1, limits: Limits = LIMITS) -> None:
        self.fakes = Fakes()
        self.reports: list[BatchReport] = []
        self.device = TimedDevice(RUN_S, threads)
        self.batcher = Batcher(self.fakes.models, limits, self.device, threads, self.reports.append)


def lines(*texts: str, width: int = 100) -> tuple[Any, ...]:
    return tuple(image(48, width, ord(text)) for text in texts)


def read(answer: Any) -> str:
    return "".join(characters[0].text for characters in answer)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_lines_of_two_pages_share_a_batch_and_come_back_to_their_own() -> None:
    async def main() -> None:
        bench = Bench()
        first, second = await asyncio.gather(
            bench.batcher.ask(PageTicket(1), Read(lines("a"), "tiny")),
            bench.batcher.ask(PageTicket(2), Read(lines("b", "c"), "tiny")),
        )
        assert (read(first), read(second)) == ("a", "bc")
        assert bench.fakes.tiny.batches == [[100, 100, 100]]
        assert now() == pytest.approx(RUN_S), "a full batch does not wait"

    run(main())


def test_what_is_not_full_waits_for_its_age_and_no_longer() -> None:
    async def main() -> None:
        bench = Bench()
        ticket = PageTicket(1)
        assert read(await bench.batcher.ask(ticket, Read(lines("a"), "small"))) == "a"
        assert now() == pytest.approx(LIMITS.max_wait_s + RUN_S)
        assert ticket.waited_s == pytest.approx(LIMITS.max_wait_s)
        assert ticket.worked_s == pytest.approx(RUN_S)
        [report] = bench.reports
        assert (report.work.name, report.work.model, report.items) == ("read", "small", 1)
        assert report.fill == pytest.approx(1 / 3)
        assert report.waits_s == pytest.approx((LIMITS.max_wait_s,))

    run(main())


def test_pages_of_one_input_size_are_detected_together() -> None:
    async def main() -> None:
        bench = Bench()
        answers = await asyncio.gather(
            bench.batcher.ask(PageTicket(1), Detect(image(201, 180, 1))),
            bench.batcher.ask(PageTicket(2), Detect(image(100, 100, 2))),
            bench.batcher.ask(PageTicket(3), Detect(image(300, 200, 3))),
        )
        assert answers == [[quad(0)], [quad(0), quad(1)], [quad(0), quad(1), quad(2)]]
        assert sorted(bench.fakes.detector.batches) == [[(100, 100)], [(201, 180)], [(300, 200)]]
        bench.fakes.detector.batches.clear()
        await asyncio.gather(
            bench.batcher.ask(PageTicket(4), Detect(image(201, 80, 1))),
            bench.batcher.ask(PageTicket(5), Detect(image(299, 99, 2))),
        )
        assert bench.fakes.detector.batches == [[(201, 80), (299, 99)]]

    run(main())


def test_tiny_and_small_are_never_mixed() -> None:
    async def main() -> None:
        bench = Bench(threads=2)
        await asyncio.gather(
            bench.batcher.ask(PageTicket(1), Read(lines("a"), "tiny")),
            bench.batcher.ask(PageTicket(2), Read(lines("b"), "small")),
        )
        assert (bench.fakes.tiny.batches, bench.fakes.small.batches) == ([[100]], [[100]])
        assert now() == pytest.approx(LIMITS.max_wait_s + RUN_S), "two threads run at a time"

    run(main())


def test_one_page_is_spread_over_all_threads_in_its_own_order() -> None:
    async def main() -> None:
        bench = Bench(threads=2)
        answer = await bench.batcher.ask(PageTicket(1), Read(lines("a", "b", "c", "d", "e", "f"), "tiny"))
        assert read(answer) == "abcdef"
        assert now() == pytest.approx(RUN_S)
        widths = tuple(image(48, width, ord("k") + width // 100) for width in (100, 300, 200))
        assert read(await bench.batcher.ask(PageTicket(2), Read(widths, "tiny"))) == "lnm"

    run(main())


def test_while_the_device_is_busy_batches_fill_and_the_oldest_page_goes_first() -> None:
    async def main() -> None:
        bench = Bench()
        done: list[int] = []

        async def page(number: int, text: str) -> None:
            assert read(await bench.batcher.ask(PageTicket(number), Read(lines(text), "tiny"))) == text
            done.append(number)

        async with asyncio.TaskGroup() as group:
            group.create_task(page(1, "a"))
            await asyncio.sleep(LIMITS.max_wait_s * 2)
            for number in (5, 4, 3, 2):
                group.create_task(page(number, "x"))
        assert done == [1, 2, 3, 4, 5]
        assert [len(batch) for batch in bench.fakes.tiny.batches] == [1, 3, 1]

    run(main())


def test_no_lines_need_no_device() -> None:
    async def main() -> None:
        bench = Bench()
        assert await bench.batcher.ask(PageTicket(1), Read((), "tiny")) == []
        assert bench.reports == []

    run(main())


def test_a_page_whose_deadline_passed_is_dropped_before_work_is_spent() -> None:
    async def main() -> None:
        bench = Bench()
        first = asyncio.ensure_future(bench.batcher.ask(PageTicket(1), Read(lines("a", "b", "c"), "tiny")))
        late = asyncio.ensure_future(bench.batcher.ask(PageTicket(2, deadline=0.5), Read(lines("d"), "tiny")))
        later = asyncio.ensure_future(bench.batcher.ask(PageTicket(3), Read(lines("e"), "tiny")))
        assert read(await first) == "abc"
        with pytest.raises(DeadlinePassed):
            await late
        assert read(await later) == "e"
        assert [len(batch) for batch in bench.fakes.tiny.batches] == [3, 1]

    run(main())


def test_cancelled_work_is_taken_back() -> None:
    async def main() -> None:
        bench = Bench()
        first = asyncio.ensure_future(bench.batcher.ask(PageTicket(1), Read(lines("a", "b", "c"), "tiny")))
        gone = asyncio.ensure_future(bench.batcher.ask(PageTicket(2), Read(lines("d", "e", "f", "g"), "tiny")))
        await asyncio.sleep(0.5)
        assert bench.batcher.depths == {"detect": 0, "read": 4}
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert bench.batcher.depths == {"detect": 0, "read": 0}
        await first
        await asyncio.sleep(5)
        assert len(bench.fakes.tiny.batches) == 1

    run(main())


def test_a_caller_who_leaves_while_a_device_works_for_him_harms_nobody() -> None:
    async def main() -> None:
        bench = Bench()
        gone = asyncio.ensure_future(bench.batcher.ask(PageTicket(1), Read(lines("a"), "tiny")))
        stays = asyncio.ensure_future(bench.batcher.ask(PageTicket(2), Read(lines("b", "c"), "tiny")))
        await asyncio.sleep(0.5)
        assert bench.batcher.busy == 1
        assert bench.batcher.longest_run_s() == pytest.approx(0.5)
        gone.cancel()
        assert read(await stays) == "bc"
        assert bench.batcher.busy == 0
        assert bench.batcher.longest_run_s() == 0.0

    run(main())


def test_only_the_page_at_fault_fails() -> None:
    async def main() -> None:
        bench = Bench()
        bad, good = await asyncio.gather(
            bench.batcher.ask(PageTicket(1), Read((image(48, 100, BAD),), "tiny")),
            bench.batcher.ask(PageTicket(2), Read(lines("b", "c"), "tiny")),
            return_exceptions=True,
        )
        assert isinstance(bad, ValueError)
        assert read(good) == "bc"
        assert bench.reports[0].failed == 1
        assert not bench.batcher.broken

    run(main())


def test_bad_pages_do_not_break_a_device_that_works() -> None:
    async def main() -> None:
        bench = Bench()
        for number in range(10):
            with pytest.raises(ValueError, match="a bad page"):
                await bench.batcher.ask(PageTicket(number), Detect(image(100, 100, BAD)))
        assert not bench.batcher.broken

    run(main())


def test_a_device_that_fails_whatever_it_is_given_is_broken_until_it_works_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        bench = Bench()

        def fail(_: Any) -> Any:
            raise RuntimeError("the device is lost")

        with monkeypatch.context() as patch:
            patch.setattr(bench.fakes.detector, "detect", fail)
            for number in range(3):
                assert not bench.batcher.broken
                with pytest.raises(RuntimeError, match="lost"):
                    await bench.batcher.ask(PageTicket(number), Detect(image(100, 100, 1)))
            assert bench.batcher.broken
        assert await bench.batcher.ask(PageTicket(9), Detect(image(100, 100, 1))) == [quad(0)]
        assert not bench.batcher.broken

    run(main())


def test_many_callers_keep_every_thread_busy() -> None:
    """One caller waits for each of its page's two batches in turn; with a crowd, no thread is ever idle."""

    async def page(bench: Bench, number: int) -> None:
        ticket = PageTicket(number)
        await bench.batcher.ask(ticket, Detect(image(300, 300, 1)))
        assert read(await bench.batcher.ask(ticket, Read(lines("a", "b", "c"), "tiny"))) == "abc"

    async def seconds(callers: int, pages: int) -> float:
        bench = Bench(threads=2)
        begin = now()
        waiting = iter(range(pages))

        async def call() -> None:
            for number in waiting:
                await page(bench, number)

        await asyncio.gather(*(call() for _ in range(callers)))
        assert sum(report.items for report in bench.reports) == 4 * pages
        return now() - begin

    async def main() -> None:
        assert await seconds(callers=1, pages=8) == pytest.approx(8 * 2 * RUN_S, rel=0.02)
        assert await seconds(callers=64, pages=64) == pytest.approx(64 * 2 * RUN_S / 2, rel=0.02)

    run(main())


AHEAD = replace(LIMITS, ahead=1)


def test_a_busy_thread_has_its_next_batch_at_hand_and_no_more() -> None:
    async def main() -> None:
        bench = Bench(limits=AHEAD)
        pages = [
            asyncio.ensure_future(bench.batcher.ask(PageTicket(number), Read(lines("a", "b", "c"), "tiny")))
            for number in range(1, 4)
        ]
        await asyncio.sleep(0.5)
        assert bench.device.given == 2
        assert bench.batcher.busy == 1, "what is at hand does not run"
        assert bench.batcher.depths == {"detect": 0, "read": 6}
        await asyncio.gather(*pages)
        assert [report.seconds for report in bench.reports] == pytest.approx([RUN_S] * 3)
        assert [report.waits_s[0] for report in bench.reports] == pytest.approx([0.0, RUN_S, 2 * RUN_S])
        assert now() == pytest.approx(3 * RUN_S)

    run(main())


def test_what_is_at_hand_is_not_begun_once_its_caller_is_gone() -> None:
    async def main() -> None:
        bench = Bench(limits=AHEAD)
        first = asyncio.ensure_future(bench.batcher.ask(PageTicket(1), Read(lines("a", "b", "c"), "tiny")))
        gone = asyncio.ensure_future(bench.batcher.ask(PageTicket(2), Read(lines("d"), "tiny")))
        stays = asyncio.ensure_future(bench.batcher.ask(PageTicket(3), Read(lines("e", "f"), "tiny")))
        await asyncio.sleep(0.5)
        gone.cancel()
        await asyncio.sleep(0)
        assert bench.batcher.depths == {"detect": 0, "read": 2}
        assert (read(await first), read(await stays)) == ("abc", "ef")
        assert [len(batch) for batch in bench.fakes.tiny.batches] == [3, 2]
        assert bench.reports[1].items == 2

    run(main())


def test_what_is_at_hand_is_not_begun_after_its_deadline() -> None:
    async def main() -> None:
        bench = Bench(limits=AHEAD)
        first = asyncio.ensure_future(bench.batcher.ask(PageTicket(1), Read(lines("a", "b", "c"), "tiny")))
        late = asyncio.ensure_future(bench.batcher.ask(PageTicket(2, deadline=0.5), Read(lines("d", "e", "f"), "tiny")))
        assert read(await first) == "abc"
        with pytest.raises(DeadlinePassed):
            await late
        assert len(bench.fakes.tiny.batches) == 1
        assert len(bench.reports) == 1, "nothing ran, so nothing is counted"
        assert bench.batcher.busy == 0

    run(main())
