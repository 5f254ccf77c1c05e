"""The agent: what it begins, what it commits, and what a rebalance does to records in between. No broker here; the
promises over the real one are in ``test_chaos``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

from streams.contracts import topics
from streams.contracts.records import DocumentSubmitted
from streams.harness.agent import StageAgent
from streams.harness.outcomes import Emit, Outcome, Retry
from streams.harness.stage import Identity, StageContext, StageSpec
from tests.support.harness import CODEC, RememberingProducer, runner_for

TP = ("documents.submitted", 0)


class FakeSignal:
    def connect(self, handler: Any) -> None:
        self.handler = handler


class FakeApp:
    """As much of Faust as the agent touches."""

    def __init__(self) -> None:
        self.consumer_generation_id = 1
        self.committed: list[dict[Any, int]] = []
        self.crashes: list[BaseException] = []
        self.on_partitions_revoked, self.on_partitions_assigned = FakeSignal(), FakeSignal()
        self.consumer = SimpleNamespace(_commit=self._commit, highwater=lambda _: 20, _committed_offset={TP: 7})

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def topic(self, *_: Any, **__: Any) -> None: ...

    def agent(self, *_: Any, **__: Any) -> Callable[[Any], Any]:
        return lambda function: function

    def task(self, _: Any) -> None: ...

    async def crash(self, error: BaseException) -> None:
        self.crashes.append(error)

    async def _commit(self, offsets: dict[Any, int]) -> bool:
        self.committed.append(dict(offsets))
        return True


class Stream:
    """Records that the test hands over one at a time."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, offset: int, generation: int = 1) -> None:
        value = CODEC.encode(DocumentSubmitted(document_id=str(offset), content=b"x"))
        message = SimpleNamespace(
            topic=TP[0],
            partition=0,
            offset=offset,
            tp=TP,
            timestamp=0.0,
            key=None,
            value=value,
            headers=[],
            generation_id=generation,
        )
        self._queue.put_nowait(SimpleNamespace(message=message))

    def noack(self) -> "Stream":
        return self

    async def events(self) -> AsyncIterator[Any]:
        while True:
            yield await self._queue.get()


class GatedStage:
    """Finishes each record when the test says so."""

    name = "ingest"

    def __init__(self) -> None:
        self.gates: dict[str, asyncio.Event] = {}
        self.begun: list[str] = []
        self.answer: Outcome = Emit(())

    async def process(self, record: DocumentSubmitted, context: StageContext) -> Outcome:
        key = record.document_id or ""
        self.begun.append(key)
        await self.gates.setdefault(key, asyncio.Event()).wait()
        return self.answer

    def identity(self, record: DocumentSubmitted, context: StageContext) -> Identity:
        return Identity(record.document_id or "", "t", 1)


class Bench:
    def __init__(self, in_flight: int) -> None:
        self.app, self.stage, self.stream = FakeApp(), GatedStage(), Stream()
        spec = StageSpec(self.stage, topics.SUBMITTED, DocumentSubmitted, in_flight, 60.0)
        self.agent = StageAgent(self.app, runner_for(spec, RememberingProducer()), TP[0])  # type: ignore[arg-type]
        self.loop = asyncio.create_task(self.agent._consume(self.stream))

    async def settle(self) -> None:
        """Lets everything that can move move."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def finish(self, offset: int) -> None:
        self.stage.gates.setdefault(str(offset), asyncio.Event()).set()
        await self.settle()


def scenario(in_flight: int = 4) -> Callable[[Callable[[Bench], Any]], Callable[[], None]]:
    def wrap(test: Callable[[Bench], Any]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                bench = Bench(in_flight)
                await bench.agent._on_assigned(bench.app, [TP])  # type: ignore[arg-type]
                await asyncio.wait_for(test(bench), 20)
                bench.loop.cancel()
                await bench.agent._cancel(list(bench.agent._tasks))

            asyncio.run(main())

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return wrap


@scenario()
async def test_commits_only_the_contiguous_prefix(bench: Bench) -> None:
    for offset in (7, 8, 9):
        bench.stream.put(offset)
    await bench.settle()
    await bench.finish(9)
    await bench.agent._commit()
    assert bench.app.committed == []
    await bench.finish(7)
    await bench.agent._commit()
    await bench.finish(8)
    await bench.agent._commit()
    assert bench.app.committed == [{TP: 8}, {TP: 10}]


@scenario(in_flight=2)
async def test_begins_no_more_than_its_slots(bench: Bench) -> None:
    for offset in (7, 8, 9):
        bench.stream.put(offset)
    await bench.settle()
    assert bench.stage.begun == ["7", "8"]
    await bench.finish(8)
    assert bench.stage.begun == ["7", "8", "9"]


@scenario(in_flight=3)
async def test_a_record_that_waited_through_a_rebalance_is_not_begun(bench: Bench) -> None:
    """Begun, it would be the first of the new window, and its offset committed before those that come again."""
    for offset in (7, 8, 9, 10):
        bench.stream.put(offset)
    await bench.settle()
    assert bench.stage.begun == ["7", "8", "9"]  # 10 waits for a slot
    await bench.agent._on_revoked(bench.app, [TP])  # type: ignore[arg-type]
    bench.app.consumer_generation_id = 2
    await bench.agent._on_assigned(bench.app, [TP])  # type: ignore[arg-type]
    await bench.settle()
    for offset in (7, 8, 9, 10):
        bench.stream.put(offset, generation=2)
        await bench.finish(offset)
    await bench.agent._commit()
    assert bench.stage.begun == ["7", "8", "9", "7", "8", "9", "10"]
    assert bench.app.committed[-1] == {TP: 11}


@scenario()
async def test_records_that_come_before_the_assignment_is_told_are_counted_too(bench: Bench) -> None:
    """Faust lets records flow and tells of the assignment from two tasks, in either order."""
    await bench.agent._on_revoked(bench.app, [TP])  # type: ignore[arg-type]
    bench.app.consumer_generation_id = 2
    bench.stream.put(7, generation=2)
    await bench.settle()
    await bench.agent._on_assigned(bench.app, [TP])  # type: ignore[arg-type]
    bench.stream.put(8, generation=2)
    await bench.finish(8)
    await bench.agent._commit()
    assert bench.app.committed == []
    await bench.finish(7)
    await bench.agent._commit()
    assert bench.app.committed == [{TP: 9}]


@scenario()
async def test_a_rebalance_while_a_dependency_is_down_does_not_stop_the_stage(bench: Bench) -> None:
    bench.stage.answer = Retry("connection refused", dependency="object_store")
    bench.stream.put(7)
    await bench.finish(7)
    while not any(breaker.is_open for breaker in bench.agent.runner.breakers.values()):  # noqa: ASYNC110
        await asyncio.sleep(0)
    await bench.agent._on_revoked(bench.app, [TP])  # type: ignore[arg-type]
    bench.app.consumer_generation_id = 2
    await bench.agent._on_assigned(bench.app, [TP])  # type: ignore[arg-type]
    bench.stage.answer = Emit(())
    bench.stream.put(7, generation=2)
    while bench.agent.health().done == 0:  # noqa: ASYNC110  the next record finds out that the store is back
        await asyncio.sleep(0.001)
    assert bench.agent.health().paused == {}


@scenario()
async def test_work_that_was_cancelled_by_nobody_ends_the_process(bench: Bench) -> None:
    """Its offset would never be committed, and nothing would say so."""
    bench.stream.put(7)
    await bench.settle()
    [task] = bench.agent._tasks
    task.cancel()
    await bench.settle()
    assert [type(error) for error in bench.app.crashes] == [asyncio.CancelledError]


@scenario()
async def test_draining_waits_for_work_in_flight_and_commits_it(bench: Bench) -> None:
    bench.stream.put(7)
    await bench.settle()
    draining = asyncio.create_task(bench.agent.drain(10))
    await bench.settle()
    assert not draining.done()
    await bench.finish(7)
    await draining
    assert bench.app.committed == [{TP: 8}]
    bench.stream.put(8)
    await bench.settle()
    assert bench.stage.begun == ["7"]


@scenario()
async def test_health_counts_what_waits_from_the_committed_offset(bench: Bench) -> None:
    health = bench.agent.health()
    assert (health.joined, health.assigned, health.in_flight, health.done, health.lag) == (True, 1, 0, 0, 13)
    bench.stream.put(7)
    await bench.finish(7)
    assert bench.agent.health().lag == 12


@scenario()
async def test_an_idle_hour_before_a_record_is_no_stall(bench: Bench) -> None:
    bench.agent._moved_at = bench.app.loop.time() - 3600
    bench.stream.put(7)
    await bench.settle()
    assert bench.agent.health().stalled_s < 1
