"""The contiguous-prefix window: what may be committed, whatever order the work finishes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.harness.acks import AckWindow


@given(st.data())
def test_never_commits_past_unfinished_work(data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.sets(st.integers(0, 10_000), min_size=1, max_size=40)))
    order = data.draw(st.permutations(offsets))
    window = AckWindow()
    for offset in offsets:
        window.delivered(offset)
    finished: set[int] = set()
    for offset in order:
        window.done(offset)
        finished.add(offset)
        unfinished = [other for other in offsets if other not in finished]
        committable = window.committable
        if unfinished:
            assert committable is None or committable <= unfinished[0]
        assert window.in_flight == len(unfinished)
    assert window.committable == offsets[-1] + 1


def test_prefix_advances_over_all_that_is_done() -> None:
    window = AckWindow()
    for offset in (5, 6, 9):  # 7 and 8 were compacted away
        window.delivered(offset)
    window.done(9)
    window.done(6)
    assert window.committable is None
    window.done(5)
    assert window.committable == 10


def test_offsets_must_ascend() -> None:
    window = AckWindow()
    window.delivered(3)
    with pytest.raises(ValueError, match="offset 3 was delivered after 3"):
        window.delivered(3)
