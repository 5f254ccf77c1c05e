"""Holds, retention policies and the erasure journal: what wins, what stays, what a second try finds."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.claims import ERASED, Claims, Submission
from connectors.retention import EVERY_TENANT, Erasure, Hold, Policy, Retention

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'fieldtrail.db'}"


@pytest.fixture
def retention(url: str) -> Iterator[Retention]:
    opened = Retention(url)
    yield opened
    opened.close()


def begin(retention: Retention, document_id: str = "d-1", tenant: str = "acme", **changed: Any) -> object:
    return retention.begin_erasure(
        document_id,
        tenant,
        cause="request",
        reason=changed.get("reason", "Article 17"),
        by="anna",
        now=NOW,
        plan=changed.get("plan", {"keys": ["originals/ab/abab"]}),
    )


def test_a_hold_on_the_document_or_its_tenant_forbids_the_erasure(retention: Retention) -> None:
    own = retention.set_hold("acme", "d-1", reason="case 7", by="lea", now=NOW)
    whole = retention.set_hold("acme", None, reason="audit 2026", by="lea", now=NOW + timedelta(seconds=1))
    assert begin(retention) == (own, whole)
    assert begin(retention, "d-2") == (whole,)
    assert isinstance(begin(retention, "d-3", "other"), Erasure)


def test_a_released_hold_forbids_nothing_and_is_remembered(retention: Retention) -> None:
    hold = retention.set_hold("acme", "d-1", reason="case 7", by="lea", now=NOW)
    assert isinstance(hold, Hold)
    later = NOW + timedelta(days=1)
    released = retention.release_hold("acme", "d-1", by="max", now=later)
    assert released is not None
    assert (released.hold_id, released.released_by, released.released_at) == (hold.hold_id, "max", later)
    assert retention.holds() == []
    assert retention.holds(released=True) == [released]
    assert retention.release_hold("acme", "d-1", by="max", now=later) is None
    assert isinstance(begin(retention), Erasure)


def test_setting_a_hold_again_keeps_the_first(retention: Retention) -> None:
    first = retention.set_hold("acme", None, reason="case 7", by="lea", now=NOW)
    assert retention.set_hold("acme", None, reason="case 8", by="max", now=NOW + timedelta(days=1)) == first
    assert retention.holds_on("acme", "anything") == [first]
    assert retention.holds_on("other", "anything") == []


def test_a_hold_comes_too_late_for_an_erasure_that_has_begun(retention: Retention) -> None:
    erasure = begin(retention)
    assert isinstance(erasure, Erasure)
    assert retention.set_hold("acme", "d-1", reason="case 7", by="lea", now=NOW) == (erasure,)
    assert retention.set_hold("acme", None, reason="case 7", by="lea", now=NOW) == (erasure,)
    assert retention.holds() == []
    retention.finish_erasure(erasure.erasure_id, NOW)
    assert isinstance(retention.set_hold("acme", None, reason="case 7", by="lea", now=NOW), Hold)


def test_a_hold_on_a_packet_covers_the_documents_split_from_it(retention: Retention) -> None:
    hold = retention.set_hold("acme", "packet", reason="case 7", by="lea", now=NOW)
    assert retention.holds_on("acme", "part", "packet") == [hold]
    assert begin(retention, "part", plan={"packet": "packet"}) == (hold,)
    assert isinstance(begin(retention, "whole", plan={"packet": ""}), Erasure)
    erasure = begin(retention, "other part", plan={"packet": "another"})
    late = retention.set_hold("acme", "another", reason="case 8", by="lea", now=NOW)
    assert late == (erasure,), "a part of it is being erased"


def test_an_unfinished_erasure_is_resumed_with_its_own_plan(retention: Retention) -> None:
    first = begin(retention)
    assert begin(retention, reason="another one") == first
    assert isinstance(first, Erasure)
    assert retention.erasures(unfinished=True) == [first]


def test_the_first_note_of_a_step_and_the_first_end_stay(retention: Retention) -> None:
    erasure = begin(retention)
    assert isinstance(erasure, Erasure)
    retention.step_done(erasure.erasure_id, "objects", {"removed": ["a", "b"]})
    retention.step_done(erasure.erasure_id, "objects", {"removed": []})
    retention.step_done(erasure.erasure_id, "rows", {"fields": 3})
    retention.finish_erasure(erasure.erasure_id, NOW)
    ended = retention.finish_erasure(erasure.erasure_id, NOW + timedelta(hours=1))
    assert ended.done == {"objects": {"removed": ["a", "b"]}, "rows": {"fields": 3}}
    assert ended.finished_at == NOW
    assert retention.erasures(unfinished=True) == []
    assert retention.erasures("d-1") == [ended]
    assert retention.erasures("d-2") == []


def test_policies_are_set_changed_and_removed(retention: Retention) -> None:
    retention.set_policy("acme", 3650, by="lea", now=NOW)
    retention.set_policy(EVERY_TENANT, 365, by="lea", now=NOW)
    retention.set_policy("acme", 30, by="max", now=NOW)
    assert retention.policies() == [Policy(EVERY_TENANT, 365, "lea", NOW), Policy("acme", 30, "max", NOW)]
    assert Policy("acme", 30, "max", NOW).cut(NOW) == datetime(2026, 1, 30, 12, tzinfo=UTC)
    retention.set_policy("acme", None, by="max", now=NOW)
    assert [policy.tenant for policy in retention.policies()] == [EVERY_TENANT]


@pytest.mark.parametrize("_round", range(10))
def test_a_hold_and_an_erasure_at_the_same_moment_exclude_each_other(url: str, _round: int) -> None:
    """Two engines stand for two processes."""
    stores = (Retention(url), Retention(url))
    barrier = threading.Barrier(2)
    outcomes: dict[str, object] = {}

    def hold() -> None:
        barrier.wait()
        outcomes["hold"] = stores[0].set_hold("acme", "d-1", reason="case 7", by="lea", now=NOW)

    def erase() -> None:
        barrier.wait()
        outcomes["erase"] = begin(stores[1])

    threads = [threading.Thread(target=work) for work in (hold, erase)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert isinstance(outcomes["hold"], Hold) != isinstance(outcomes["erase"], Erasure)


def test_an_erased_document_frees_its_content_and_bars_its_id(url: str) -> None:
    claims = Claims(url)
    mine = Submission("d-1", "acme", "aa", "t-0@1")
    claims.claim_submission(mine)
    claims.claim_content("acme", "aa", "", "d-1")
    claims.claim_content("other", "aa", "", "d-2")
    assert claims.owners_of("aa") == {"d-1", "d-2"}
    for _ in range(2):
        claims.erase("d-1")
        assert claims.owners_of("aa") == {"d-2"}
        assert claims.claim_submission(mine).sha256 == ERASED, "ingest refuses what comes again under the id"
    assert claims.claim_content("acme", "aa", "", "d-3") == "d-3", "the content may come as another document"
    assert claims.find("d-9") is None
    claims.close()


def test_an_id_that_was_erased_before_it_was_claimed_is_barred_too(url: str) -> None:
    """Its submission had failed. Taken in now, it would be alive, and everyone would hold it for erased."""
    claims = Claims(url)
    claims.erase("d-1")
    assert claims.claim_submission(Submission("d-1", "acme", "aa", "t-0@2")).sha256 == ERASED
    claims.close()
