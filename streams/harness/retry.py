"""How long to wait before another try."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

    ``attempts`` counts all tries, the first included; delays are in seconds.
    """

    attempts: int = 3
    base_s: float = 0.5
    cap_s: float = 30.0

    def delay(self, failures: int, rng: random.Random) -> float:
        """Seconds to wait after the ``failures``-th failure in a row (from 1): uniform in (0, min(cap, base·2ⁿ⁻¹)]."""
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(failures - 1, 30))
        return ceiling * (1.0 - rng.random())
