"""Claims in a real PostgreSQL. ``FIELDTRAIL_TEST_POSTGRES`` names a database that the tests may write to."""

import os
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from connectors.claims import Claims, Submission

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def url() -> str:
    """The DSN, with the claim tables dropped."""
    dsn = os.environ.get("FIELDTRAIL_TEST_POSTGRES")
    if not dsn:
        pytest.skip("FIELDTRAIL_TEST_POSTGRES names no database (postgresql+psycopg://…)")
    engine = create_engine(dsn)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS submission_claims, content_claims"))
    engine.dispose()
    return dsn


@pytest.fixture
def claims(url: str) -> Iterator[Claims]:
    opened = Claims(url)
    yield opened
    opened.close()


def test_the_first_claim_wins(claims: Claims) -> None:
    first = Submission("d-1", "acme", "aa", "t-0@1")
    assert claims.claim_submission(first) == first
    assert claims.claim_submission(Submission("d-1", "other", "bb", "t-0@2")) == first
    assert claims.claim_content("acme", "aa", "", "d-1") == "d-1"
    assert claims.claim_content("acme", "aa", "", "d-2") == "d-1"
    assert claims.claim_content("other", "aa", "", "d-3") == "d-3"


@pytest.mark.parametrize("_round", range(5))
def test_many_threads_and_two_engines_on_an_empty_database(url: str, _round: int) -> None:
    """Two engines stand for two workers: both find the tables missing at the same moment."""
    engines = (Claims(url), Claims(url))
    barrier = threading.Barrier(12)
    owners: list[str] = []

    def race(number: int) -> None:
        barrier.wait()
        owners.append(engines[number % 2].claim_content("acme", "aa", "", f"d-{number}"))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.close()
    assert len(owners) == 12
    assert len(set(owners)) == 1


TOO_LONG_EVEN_COMPRESSED = "".join(f"{number:x}" for number in range(20_000))


@pytest.mark.parametrize("document_id", ["a\x00b", TOO_LONG_EVEN_COMPRESSED], ids=["nul", "long"])
def test_a_text_that_the_database_cannot_hold_is_not_called_an_outage(claims: Claims, document_id: str) -> None:
    """An outage would pause the stage until it passes, which this never does."""
    with pytest.raises(ValueError, match="cannot hold"):
        claims.claim_submission(Submission(document_id, "acme", "aa", "t-0@1"))
    assert claims.claim_content("acme", "aa", "", "d-1") == "d-1", "the connection is still good"
