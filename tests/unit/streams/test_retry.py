import random

from hypothesis import given
from hypothesis import strategies as st

from streams.harness.retry import RetryPolicy


@given(st.integers(1, 100), st.integers())
def test_delay_stays_under_the_doubling_ceiling_and_the_cap(failures: int, seed: int) -> None:
    policy = RetryPolicy(base_s=0.5, cap_s=30.0)
    delay = policy.delay(failures, random.Random(seed))
    assert 0 < delay <= min(30.0, 0.5 * 2 ** (failures - 1))


def test_jitter_spreads_retries_over_the_whole_range() -> None:
    policy, rng = RetryPolicy(base_s=1.0, cap_s=30.0), random.Random(7)
    delays = [policy.delay(1, rng) for _ in range(1000)]
    assert min(delays) < 0.1
    assert max(delays) > 0.9
