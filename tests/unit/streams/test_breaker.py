import asyncio

from streams.harness.breaker import CircuitBreaker


class Clock:
    """Time that the test moves by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock | None = None) -> CircuitBreaker:
    return CircuitBreaker("object_store", threshold=3, clock=clock or Clock())


def opened(clock: Clock | None = None) -> CircuitBreaker:
    breaker = make(clock)
    for _ in range(3):
        breaker.failure("no answer")
    return breaker


def test_opens_after_failures_in_a_row_and_closes_on_the_next_success() -> None:
    breaker = make()
    assert [breaker.failure("no answer") for _ in range(3)] == [False, False, True]
    assert breaker.is_open
    breaker.success()
    assert not breaker.is_open
    assert breaker.successes == 1


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = make()
    breaker.failure("no answer")
    breaker.failure("no answer")
    breaker.success()
    assert not breaker.failure("no answer")
    assert not breaker.is_open


def test_tells_since_when_and_why_it_is_open() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 5.0
    assert not breaker.failure("still no answer")
    assert (breaker.open_for_s, breaker.last_reason) == (5.0, "still no answer")
    breaker.success()
    assert breaker.open_for_s == 0.0


def test_waiting_ends_with_the_success() -> None:
    async def scenario() -> None:
        breaker = opened()
        waiters = [asyncio.create_task(breaker.wait_closed(60)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(waiter.done() for waiter in waiters)
        breaker.success()
        await asyncio.wait_for(asyncio.gather(*waiters), 1)

    asyncio.run(scenario())


def test_waiting_never_outlasts_its_time_so_somebody_always_probes() -> None:
    async def scenario() -> None:
        breaker = opened()
        await asyncio.wait_for(breaker.wait_closed(0.01), 1)
        assert breaker.is_open

    asyncio.run(scenario())


def test_waiting_can_be_cancelled_at_any_moment() -> None:
    """On Python 3.11 ``asyncio.wait_for`` swallows a cancellation that meets its result; drain would hang on that."""

    async def scenario() -> None:
        for _ in range(200):
            breaker = opened()
            waiter = asyncio.create_task(breaker.wait_closed(60))
            await asyncio.sleep(0)
            breaker.success()
            waiter.cancel()
            done, _ = await asyncio.wait([waiter], timeout=1)
            assert done

    asyncio.run(scenario())
