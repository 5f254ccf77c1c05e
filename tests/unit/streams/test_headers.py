"""Headers: what is written is read back, and what a stranger writes never raises."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.contracts.records import DeadLetter
from streams.harness.headers import (
    ERROR_PREFIX,
    REPLAY_COUNT,
    REPLAY_DOCUMENT,
    REPLAY_ID,
    REPLAY_REVISION,
    Headers,
    Replay,
    Work,
    error_headers,
    last,
    normalised,
    read_error,
    read_error_work,
    read_replay,
    read_work,
    without_errors,
    without_replay,
    without_work,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
OFFSETS = st.integers(0, 2**63 - 1)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  given below
LETTERS = st.builds(
    DeadLetter,
    stage=TEXT,
    code=TEXT,
    message=TEXT,
    exception=st.none() | TEXT,
    topic=TEXT,
    partition=st.integers(0, 2**31 - 1),
    offset=OFFSETS,
    attempts=st.integers(1, 1_000),
    first_failure_at=TIMES,
    last_failure_at=TIMES,
    document_id=st.none() | TEXT,
    tenant=st.none() | TEXT,
    revision=st.none() | st.integers(1, 2**31 - 1),
    trace_id=st.none() | TEXT,
    replay_id=st.none() | TEXT,
    replay_count=st.integers(0, 1_000),
    null_key=st.booleans(),
    value_omitted=st.booleans(),
)
REPLAYS = st.builds(
    Replay,
    id=TEXT,
    count=st.integers(0, 999_999),
    revision=st.none() | st.integers(1, 999_999),
    document_id=st.none() | TEXT,
)
NAMES = st.sampled_from(
    [REPLAY_ID, REPLAY_COUNT, REPLAY_REVISION, REPLAY_DOCUMENT, *(ERROR_PREFIX + f for f in DeadLetter.model_fields)]
)
ANY_HEADERS = st.lists(st.tuples(NAMES | TEXT, st.binary() | TEXT.map(str.encode))).map(tuple)
FOREIGN = st.lists(st.tuples(st.sampled_from(["erp", "traceparent", "fieldtrail"]), st.binary())).map(tuple)
AT = datetime(2026, 1, 31, 8, tzinfo=UTC)
LETTER = DeadLetter(
    stage="ingest",
    code="empty",
    message="The file has 0 bytes.",
    topic="documents.submitted",
    partition=1,
    offset=2,
    attempts=1,
    first_failure_at=AT,
    last_failure_at=AT,
)


@given(LETTERS, FOREIGN)
def test_an_error_reads_back_and_leaves_the_original_headers(letter: DeadLetter, original: Headers) -> None:
    headers = original + error_headers(letter)
    assert read_error(headers) == letter
    assert without_errors(headers) == original


@given(REPLAYS, FOREIGN)
def test_a_replay_reads_back_and_leaves_the_original_headers(replay: Replay, original: Headers) -> None:
    headers = original + replay.headers()
    assert read_replay(headers) == replay
    assert without_replay(headers) == original


@given(ANY_HEADERS)
@example(((REPLAY_ID, b"r"), (REPLAY_COUNT, b"9" * 5_000), (REPLAY_REVISION, b"9" * 5_000)))
@example(((REPLAY_ID, b"r"), (REPLAY_COUNT, "٣".encode()), (REPLAY_REVISION, b"-1")))
def test_no_header_raises(headers: Headers) -> None:
    read_error(headers)
    replay = read_replay(headers)
    if replay is not None:
        assert 0 <= replay.count < 1_000_000
        assert replay.revision is None or 1 <= replay.revision < 1_000_000


def test_a_time_beyond_all_calendars_is_no_error_of_ours() -> None:
    headers = (*error_headers(LETTER), (ERROR_PREFIX + "last_failure_at", b"9999-12-31T23:59:59-12:00"))
    assert read_error(headers) is None


@given(LETTERS, LETTERS)
def test_of_two_errors_the_last_one_counts_and_nothing_of_the_first(first: DeadLetter, second: DeadLetter) -> None:
    assert read_error(error_headers(first) + error_headers(second)) == second


def test_a_header_of_a_newer_version_does_not_hide_the_error() -> None:
    assert read_error((*error_headers(LETTER), (ERROR_PREFIX + "severity", b"high"))) == LETTER


def test_an_incomplete_error_is_none() -> None:
    assert read_error(()) is None
    assert read_error(error_headers(LETTER)[1:]) is None


def test_text_that_is_no_unicode_is_still_written() -> None:
    letter = LETTER.model_copy(update={"message": "bad \udcff name"})
    assert read_error(error_headers(letter)) == LETTER.model_copy(update={"message": "bad ? name"})


def test_malformed_numbers_count_as_absent() -> None:
    headers = ((REPLAY_ID, b"r"), (REPLAY_COUNT, b"many"), (REPLAY_REVISION, b"0"), (REPLAY_DOCUMENT, b""))
    assert read_replay(headers) == Replay("r", 1, None, None)
    assert read_replay(headers[1:]) is None


def test_the_last_of_repeated_headers_counts() -> None:
    headers = normalised([("a", b"1"), ("b", None), ("a", b"2\xff")])
    assert last(headers, "a") == "2\ufffd"
    assert last(headers, "b") == ""
    assert last(headers, "c") is None


WORK = Work(
    "host-1", datetime(2026, 1, 31, 8, 30, 15, 250_000, tzinfo=UTC), 0.25, "my-prefix.documents.accepted", 3, 41
)


def test_how_a_record_came_to_be_reads_back() -> None:
    assert read_work(WORK.headers()) == WORK
    assert without_work((("erp", b"1"), *WORK.headers())) == (("erp", b"1"),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fieldtrail.started", b"yesterday"),
        ("fieldtrail.started", b"2026-01-31T08:30:15"),
        ("fieldtrail.seconds", b"nan"),
        ("fieldtrail.seconds", b"-1"),
        ("fieldtrail.seconds", b"1e400"),
        ("fieldtrail.input", b"documents.accepted/3"),
        ("fieldtrail.input", b"documents.accepted/3/9999999999999999999"),
        ("fieldtrail.input", b"documents.accepted/-1/2"),
    ],
)
def test_malformed_words_on_how_a_record_came_to_be_count_for_nothing(name: str, value: bytes) -> None:
    assert read_work((*WORK.headers(), (name, value))) is None


def test_a_dead_letter_has_its_own_work_beside_that_of_the_record_that_failed() -> None:
    own = Work("host-2", WORK.started, 3.0, LETTER.topic, LETTER.partition, LETTER.offset)
    headers = (*WORK.headers(), *error_headers(LETTER), *own.error_headers())
    assert read_error(headers) == LETTER
    assert read_error_work(headers, LETTER) == own
    assert read_work(without_errors(headers)) == WORK
