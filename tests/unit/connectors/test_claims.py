"""Claims: the first one wins, for ever, whoever asks and however many at once."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.claims import Claims, Submission
from connectors.errors import UnavailableError


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new' / 'folder' / 'claims.db'}"


@pytest.fixture
def claims(url: str) -> Iterator[Claims]:
    opened = Claims(url)
    yield opened
    opened.close()


def submission(
    document_id: str = "d-1", *, tenant: str = "acme", sha256: str = "aa", source: str = "t-0@1"
) -> Submission:
    return Submission(document_id, tenant, sha256, source)


def test_the_first_submission_of_an_id_wins(claims: Claims) -> None:
    first = submission()
    assert claims.claim_submission(first) == first
    assert claims.claim_submission(submission(source="t-0@2")) == first
    assert claims.claim_submission(submission(tenant="other", sha256="bb", source="t-0@3")) == first
    assert claims.claim_submission(first) == first, "asking again gives the same answer"


def test_the_first_document_of_a_content_owns_it(claims: Claims) -> None:
    assert claims.claim_content("acme", "aa", "invoice_v1", "d-1") == "d-1"
    assert claims.claim_content("acme", "aa", "invoice_v1", "d-2") == "d-1"
    assert claims.claim_content("acme", "aa", "invoice_v1", "d-1") == "d-1"


def test_tenant_content_and_schema_are_each_part_of_a_content(claims: Claims) -> None:
    claims.claim_content("acme", "aa", "invoice_v1", "d-1")
    assert claims.claim_content("other", "aa", "invoice_v1", "d-2") == "d-2"
    assert claims.claim_content("acme", "bb", "invoice_v1", "d-3") == "d-3"
    assert claims.claim_content("acme", "aa", "", "d-4") == "d-4"


def test_claims_outlive_the_process(url: str) -> None:
    first = Claims(url)
    first.claim_content("acme", "aa", "", "d-1")
    first.close()
    second = Claims(url)
    assert second.claim_content("acme", "aa", "", "d-2") == "d-1"
    second.close()


def test_any_text_is_kept_as_it_is(claims: Claims) -> None:
    odd = submission("'; DROP TABLE submission_claims; --", tenant="Münchén 株式会社", source="x" * 10_000)
    assert claims.claim_submission(odd) == odd
    assert claims.claim_submission(submission(odd.document_id)) == odd


@pytest.mark.parametrize("_round", range(50))
def test_many_threads_and_two_engines_on_one_new_file(url: str, _round: int) -> None:
    """Two engines stand for two workers: both find the file and its tables missing at the same moment.

    Fifty rounds, because two of them change the file's mode at the same instant in one round of a hundred.
    """
    engines = (Claims(url), Claims(url))
    barrier = threading.Barrier(16)
    owners: list[str] = []
    winners: list[Submission] = []

    def race(number: int) -> None:
        claims = engines[number % 2]
        barrier.wait()
        owners.append(claims.claim_content("acme", "aa", "", f"d-{number}"))
        winners.append(claims.claim_submission(submission(source=f"t-0@{number}")))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.close()
    assert len(owners) == len(winners) == 16
    assert len(set(owners)) == len(set(winners)) == 1


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    claims = Claims(f"sqlite:///{tmp_path / 'file' / 'claims.db'}")
    with pytest.raises(UnavailableError) as raised:
        claims.claim_content("acme", "aa", "", "d-1")
    assert raised.value.dependency == "database"
    (tmp_path / "file").unlink()
    assert claims.claim_content("acme", "aa", "", "d-1") == "d-1", "and works once it can be"
    claims.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "claims.db").write_text("this is not a database, it only is where one should be\n" * 50)
    claims = Claims(f"sqlite:///{tmp_path / 'claims.db'}")
    with pytest.raises(UnavailableError, match="not a database"):
        claims.claim_submission(submission())
    claims.close()


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    claims = Claims("postgresql+psycopg://user@127.0.0.1:1/claims")
    with pytest.raises(UnavailableError, match="database: "):
        claims.claim_submission(submission())
    claims.close()


def test_tables_that_are_gone_are_made_again(claims: Claims, tmp_path: Path) -> None:
    claims.claim_content("acme", "aa", "", "d-1")
    with sqlite3.connect(tmp_path / "new" / "folder" / "claims.db") as connection:
        connection.execute("DROP TABLE content_claims")
    with pytest.raises(UnavailableError):
        claims.claim_content("acme", "aa", "", "d-2")
    assert claims.claim_content("acme", "aa", "", "d-2") == "d-2"


def test_erased_documents_are_known_by_their_ids(claims: Claims) -> None:
    for number in range(3):
        claims.claim_submission(submission(f"d-{number}"))
    claims.erase("d-1")
    claims.erase("never submitted")
    assert claims.erased(["d-0", "d-1", "d-2", "never submitted", "unknown"]) == {"d-1", "never submitted"}
    assert claims.erased([]) == frozenset()
    many = [f"x-{number}" for number in range(5_000)]
    assert claims.erased([*many, "d-1"]) == {"d-1"}


def test_while_an_erasure_removes_a_content_nobody_can_claim_it_anew(claims: Claims) -> None:
    """What was stored of it may be gone a moment later."""
    claims.claim_content("acme", "aa", "", "d-1")
    claims.claim_content("other", "aa", "", "d-9")
    claims.erase("d-1")
    for _ in range(2):
        claims.begin_removal("aa", "d-1")
    assert claims.claim_content("acme", "aa", "", "d-2") is None
    assert claims.claim_content("other", "aa", "", "d-9") == "d-9", "who owns it already goes on owning it"
    assert claims.claim_content("acme", "bb", "", "d-3") == "d-3", "other contents are free"
    assert claims.owners_of("aa") == {"d-9"}
    claims.end_removal("d-1")
    assert claims.claim_content("acme", "aa", "", "d-2") == "d-2"


def test_two_erasures_of_one_content_do_not_end_each_other(claims: Claims) -> None:
    claims.begin_removal("aa", "d-1")
    claims.begin_removal("aa", "d-2")
    claims.end_removal("d-1")
    assert claims.claim_content("acme", "aa", "", "d-3") is None
    claims.end_removal("d-2")
    assert claims.claim_content("acme", "aa", "", "d-3") == "d-3"
