"""What holds for the whole suite.

Property tests try the same examples in every run and have no time limit of their own, so that a run says something of
the code and nothing of the machine or the dice. ``HYPOTHESIS_PROFILE=explore`` tries new examples, many more of them.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
