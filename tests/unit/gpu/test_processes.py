"""Whole pages in processes: whose turn it is, and what becomes of pages whose process fails or whose caller is gone."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gpu.processes import PageFailedError, PageReport, ProcessReader, read_blank, read_whole, warm
from gpu.reader import DeadlinePassed, MachineFaultError, Order, PageTicket, ReadPage
from processors.errors import ErrorCode, Refusal
from processors.recognition.networks import Device
from processors.recognition.upright import Reading
from processors.sandbox import Failure, Sandbox
from tests.unit.gpu.virtual_time import run

PAGE_S = 2.0
PAGE = ReadPage(10, 20, Reading(()))
CRASH = Failure(ErrorCode.WORKER_CRASHED, "The process that read the document was ended by SIGKILL.")
DEFECT = Failure(ErrorCode.INTERNAL, "ValueError: a bad page", "Traceback")
ORDER = Order("cascade", 60.0)


class FakeProcesses(Sandbox):
    """Answers each page after two seconds of virtual time with what it is scripted to; then with :data:`PAGE`."""

    def __init__(self, *script: ReadPage | Refusal | Failure, blank: Failure | None = None) -> None:
        super().__init__(1)
        self._script = list(script)
        self._blank = blank
        self.begun: list[tuple[bytes, float]] = []
        self.at_once = 0
        self.most_at_once = 0

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:  # noqa: ASYNC109
        assert timeout > PAGE_S
        if fn in (warm, read_blank):
            return self._blank
        assert fn is read_whole
        self.begun.append((args[0], asyncio.get_running_loop().time()))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(PAGE_S)
        self.at_once -= 1
        return self._script.pop(0) if self._script else PAGE


def reader(sandbox: Sandbox, processes: int = 1, reports: list[PageReport] | None = None) -> ProcessReader:
    return ProcessReader(sandbox, processes, 1000, Device(), (reports if reports is not None else []).append)


def test_as_many_pages_at_a_time_as_processes_and_in_their_order() -> None:
    async def main() -> None:
        sandbox, reports = FakeProcesses(), list[PageReport]()
        pages = reader(sandbox, 2, reports)
        tickets = [PageTicket(number) for number in range(5)]
        reading = [asyncio.ensure_future(pages.read(bytes([one.number]), ORDER, one)) for one in tickets]
        await asyncio.sleep(1.0)
        assert (pages.busy, pages.depths) == (2, {"page": 3})
        assert await asyncio.gather(*reading) == [PAGE] * 5
        assert sandbox.most_at_once == 2
        assert [(data[0], began) for data, began in sandbox.begun] == [(0, 0.0), (1, 0.0), (2, 2.0), (3, 2.0), (4, 4.0)]
        assert [one.waited_s for one in tickets] == [0.0, 0.0, 2.0, 2.0, 4.0]
        assert [one.worked_s for one in tickets] == [PAGE_S] * 5
        assert reports[-1] == PageReport("cascade", PAGE_S, 4.0, failed=False)
        assert (pages.busy, pages.depths) == (0, {"page": 0})

    run(main())


def test_a_page_whose_process_dies_is_read_again_once() -> None:
    async def main() -> None:
        sandbox = FakeProcesses(CRASH)
        assert await reader(sandbox).read(b"page", ORDER, PageTicket(1)) == PAGE
        assert [data for data, _ in sandbox.begun] == [b"page", b"page"]
        with pytest.raises(PageFailedError, match="ended by SIGKILL"):
            await reader(FakeProcesses(CRASH, CRASH)).read(b"page", ORDER, PageTicket(1))

    run(main())


def test_a_page_that_fails_is_not_tried_again_and_harms_no_other() -> None:
    async def main() -> None:
        sandbox, reports = FakeProcesses(*[DEFECT] * 5), list[PageReport]()
        pages = reader(sandbox, 1, reports)
        for number in range(5):
            with pytest.raises(PageFailedError, match="internal: ValueError: a bad page Traceback"):
                await pages.read(b"page", ORDER, PageTicket(number))
        assert not pages.broken, "a blank image can be read"
        assert await pages.read(b"page", ORDER, PageTicket(6)) == PAGE
        assert len(sandbox.begun) == 6
        assert [one.failed for one in reports] == [True] * 5 + [False]

    run(main())


def test_processes_that_fail_whatever_they_are_given_are_broken_until_one_works_again() -> None:
    async def main() -> None:
        pages = reader(FakeProcesses(*[DEFECT] * 3, blank=DEFECT))
        for number in range(3):
            assert not pages.broken
            with pytest.raises(PageFailedError):
                await pages.read(b"page", ORDER, PageTicket(number))
        assert pages.broken
        await pages.read(b"page", ORDER, PageTicket(4))
        assert not pages.broken

    run(main())


def test_an_image_that_cannot_be_decoded_is_no_failure() -> None:
    async def main() -> None:
        refusal = Refusal(ErrorCode.CORRUPT, "The image is damaged.")
        reports = list[PageReport]()
        assert await reader(FakeProcesses(refusal), 1, reports).read(b"page", ORDER, PageTicket(1)) == refusal
        assert not reports[0].failed

    run(main())


def test_a_page_whose_caller_is_gone_holds_its_process_to_its_end() -> None:
    """Whoever comes and goes quickly never has more pages under way than there are processes."""

    async def main() -> None:
        sandbox = FakeProcesses()
        pages = reader(sandbox)
        for number in range(3):
            gone = asyncio.ensure_future(pages.read(b"gone", ORDER, PageTicket(number)))
            await asyncio.sleep(0.1)
            gone.cancel()
        assert await pages.read(b"stays", ORDER, PageTicket(4)) == PAGE
        assert sandbox.begun == [(b"gone", 0.0), (b"stays", 2.0)]
        assert sandbox.most_at_once == 1

    run(main())


def test_a_page_whose_time_is_up_before_a_process_is_free_is_not_begun() -> None:
    async def main() -> None:
        sandbox = FakeProcesses()
        pages = reader(sandbox)
        first = asyncio.ensure_future(pages.read(b"first", ORDER, PageTicket(1)))
        await asyncio.sleep(0)
        with pytest.raises(DeadlinePassed):
            await pages.read(b"late", ORDER, PageTicket(2, deadline=1.5))
        assert await first == PAGE
        assert await pages.read(b"next", ORDER, PageTicket(3)) == PAGE
        assert [data for data, _ in sandbox.begun] == [b"first", b"next"]

    run(main())


def test_a_page_that_nobody_waits_for_is_not_read_again(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        sandbox = FakeProcesses(CRASH)
        pages = reader(sandbox)
        gone = asyncio.ensure_future(pages.read(b"gone", ORDER, PageTicket(1)))
        await asyncio.sleep(0.1)
        gone.cancel()
        assert await pages.read(b"stays", ORDER, PageTicket(2)) == PAGE
        assert [data for data, _ in sandbox.begun] == [b"gone", b"stays"]
        late = reader(FakeProcesses(CRASH, CRASH))
        with pytest.raises(PageFailedError):
            await late.read(b"late", ORDER, PageTicket(3, deadline=asyncio.get_running_loop().time() + 1.0))

    run(main())
    assert "a page failed after 2.0 s: worker_crashed: " in caplog.text, "though its caller did not hear of it"


def test_more_work_than_can_be_done_leaves_what_can_be_done_in_time() -> None:
    """Twice as many pages as the processes can read, each with ten seconds' time: half of them are read, not none."""

    async def main() -> None:
        pages = reader(FakeProcesses(), 2)
        loop = asyncio.get_running_loop()
        in_time = 0

        async def ask(number: int) -> None:
            nonlocal in_time
            deadline = loop.time() + 10.0
            try:
                await pages.read(b"page", ORDER, PageTicket(number, deadline=deadline))
            except DeadlinePassed:
                return
            in_time += loop.time() <= deadline

        async with asyncio.TaskGroup() as group:
            for number in range(400):
                group.create_task(ask(number))
                await asyncio.sleep(0.5)
        assert in_time == pytest.approx(200, abs=10)

    run(main())


def test_where_nothing_waits_even_a_short_time_is_tried() -> None:
    """Else a few slow pages would have every later one refused, and nobody would learn that pages are quick again."""

    async def main() -> None:
        pages = reader(FakeProcesses())
        assert await pages.read(b"first", ORDER, PageTicket(1)) == PAGE
        now = asyncio.get_running_loop().time()
        assert await pages.read(b"second", ORDER, PageTicket(2, deadline=now + 0.5)) == PAGE

    run(main())


def test_a_machine_without_processes_is_no_fault_of_the_page() -> None:
    async def main() -> None:
        nothing = Failure(ErrorCode.INTERNAL, "The sandbox cannot start: no process can be made.", by_machine=True)
        with pytest.raises(MachineFaultError, match="no process can be made"):
            await reader(FakeProcesses(nothing)).read(b"page", ORDER, PageTicket(1))

    run(main())


def test_processes_that_never_begin_are_broken() -> None:
    class Stuck(FakeProcesses):
        async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:  # noqa: ASYNC109
            await asyncio.Event().wait()

    async def main() -> None:
        pages = reader(Stuck())
        with pytest.raises(MachineFaultError, match="No process began or ended the work in time"):
            await asyncio.wait_for(pages.read(b"page", ORDER, PageTicket(1)), 600)
        assert pages.broken
        with pytest.raises(PageFailedError):
            await asyncio.wait_for(reader(Stuck(), 2).start(), 600)

    run(main())


def test_what_keeps_the_networks_from_loading_is_told_at_the_start() -> None:
    async def main() -> None:
        await reader(FakeProcesses(), 2).start()
        with pytest.raises(PageFailedError, match="a bad page"):
            await reader(FakeProcesses(blank=DEFECT), 2).start()

    run(main())
