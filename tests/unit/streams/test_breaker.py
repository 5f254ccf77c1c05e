import asyncio

from streams.harness.breaker import CircuitBreaker


class Clock:
    """Time that the test moves by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("object_store", threshold=3, probe_after_s=5.0, clock=clock)


def test_opens_after_the_threshold_and_closes_on_success() -> None:
    async def scenario() -> None:
        breaker = make(Clock())
        for _ in range(2):
            breaker.failure("no answer")
        assert not breaker.is_open
        breaker.failure("no answer")
        assert breaker.is_open
        breaker.success()
        assert not breaker.is_open
        await breaker.wait()

    asyncio.run(scenario())


def test_lets_one_probe_through_and_all_after_its_success() -> None:
    async def scenario() -> None:
        clock = Clock()
        breaker = make(clock)
        for _ in range(3):
            breaker.failure("no answer")
        clock.now = 5.0
        waiters = [asyncio.create_task(breaker.wait()) for _ in range(4)]
        done, waiting = await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
        assert (len(done), len(waiting)) == (1, 3)
        breaker.success()
        await asyncio.wait_for(asyncio.gather(*waiting), 1)

    asyncio.run(scenario())


def test_a_failed_probe_keeps_it_open_for_as_long_again_and_counts_from_the_first_failure() -> None:
    async def scenario() -> None:
        clock = Clock()
        breaker = make(clock)
        for _ in range(3):
            breaker.failure("no answer")
        clock.now = 5.0
        await breaker.wait()
        breaker.failure("still no answer")
        waiter = asyncio.create_task(breaker.wait())
        await asyncio.sleep(0)
        assert not waiter.done()
        assert breaker.open_for_s == 5.0
        assert breaker.last_reason == "still no answer"
        waiter.cancel()

    asyncio.run(scenario())


def test_an_abandoned_probe_is_taken_over_by_another_waiter() -> None:
    async def scenario() -> None:
        clock = Clock()
        breaker = make(clock)
        for _ in range(3):
            breaker.failure("no answer")
        clock.now = 5.0
        await breaker.wait()  # the probe
        waiter = asyncio.create_task(breaker.wait())
        await asyncio.sleep(0)
        breaker.abandon()
        await asyncio.wait_for(waiter, 1)

    asyncio.run(scenario())
