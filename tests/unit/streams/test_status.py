"""Where a document stands does not hang on the order in which its status records arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.records import DocumentStatus
from streams.contracts.topics import STAGES
from streams.status import FINAL_STATES, merge, packet_children, packet_parts, supersedes

AT = datetime(2026, 1, 31, 8, tzinfo=UTC)


def status(
    stage: str, state: str, revision: int = 1, seconds: float = 0.0, document_id: str = "doc-1"
) -> DocumentStatus:
    return DocumentStatus(
        document_id=document_id,
        tenant="acme",
        revision=revision,
        stage=stage,
        state=state,
        at=AT + timedelta(seconds=seconds),
    )


STATUSES = st.builds(
    status,
    stage=st.sampled_from([*STAGES, "resolve"]),
    state=st.sampled_from(["in_progress", *sorted(FINAL_STATES)]),
    revision=st.integers(1, 3),
    seconds=st.sampled_from([0.0, 0.001, 1.0]),
    document_id=st.sampled_from(["doc-1", "doc-2"]),
)


@given(st.lists(STATUSES, max_size=5))
def test_every_order_of_arrival_gives_the_same_states(statuses: list[DocumentStatus]) -> None:
    expected = merge(statuses)
    assert all(merge(order) == expected for order in permutations(statuses))


@given(STATUSES, STATUSES)
def test_of_two_different_records_exactly_one_supersedes(one: DocumentStatus, other: DocumentStatus) -> None:
    assert one == other or supersedes(one, other) != supersedes(other, one)
    assert supersedes(one, one)


def test_a_later_stage_counts_for_more_than_a_later_time() -> None:
    """A record delivered again after a crash repeats an early stage late."""
    done, repeated = status("route", "completed", seconds=1), status("ingest", "in_progress", seconds=60)
    assert merge([done, repeated]) == {"doc-1": done}


def test_a_higher_revision_counts_for_more_than_a_later_stage() -> None:
    done, again = status("route", "completed", 1, seconds=60), status("extract", "in_progress", 2)
    assert merge([again, done]) == {"doc-1": again}


def test_a_replayed_dead_letter_goes_on_from_where_it_failed() -> None:
    failed, going_on = status("extract", "failed"), status("extract", "in_progress", seconds=30)
    assert merge([going_on, failed]) == {"doc-1": going_on}


def test_at_the_same_moment_the_end_counts() -> None:
    going_on, done = status("route", "in_progress"), status("route", "completed")
    assert merge([done, going_on]) == merge([going_on, done]) == {"doc-1": done}


def test_decisions_come_after_all_stages() -> None:
    decided, held = status("resolve", "completed"), status("route", "review", seconds=10)
    assert merge([decided, held]) == {"doc-1": decided}


def test_a_packets_status_tells_its_documents_and_their_pages() -> None:
    one, two = "a" * 32, "b" * 32
    message = f"Split into 2 documents: {one} (letter, page 1); {two} (delivery_note, pages 2 to 14)"
    split = status("recognize", "split").model_copy(update={"message": message})
    assert packet_parts(split) == {one: (1, 1), two: (2, 14)}
    assert packet_children(split) == (one, two)
    assert packet_parts(status("recognize", "failed").model_copy(update={"message": message})) == {}
