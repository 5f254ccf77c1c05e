"""Who is down, as the audit sink knows it."""

import logging

import pytest
from confluent_kafka import KafkaError

from streams.harness.runner import BROKER, REGISTRY
from streams.sinks.dependencies import Dependencies

REFUSED = "127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused"


def refused(after_ms: int) -> KafkaError:
    """What the client says each time that it cannot connect."""
    return KafkaError(KafkaError._TRANSPORT, f"{REFUSED} (after {after_ms}ms in state CONNECT)")


@pytest.fixture
def dependencies() -> Dependencies:
    """Nobody is down."""
    return Dependencies()


def test_that_no_broker_answers_is_known_at_once(dependencies: Dependencies) -> None:
    dependencies.broker_says(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    assert dependencies.down == {BROKER: "1/1 brokers are down"}
    assert dependencies.doubts_broker


def test_a_record_that_was_under_way_hides_dead_brokers_only_until_the_next_complaint(
    dependencies: Dependencies,
) -> None:
    dependencies.broker_says(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    dependencies.answered(BROKER)
    assert not dependencies.doubts_broker
    dependencies.broker_says(refused(0))
    assert dependencies.doubts_broker
    assert dependencies.down == {}, "one broker of many may be away: somebody has to ask"


def test_brokers_are_down_once_two_questions_in_a_row_are_unanswered(dependencies: Dependencies) -> None:
    for _ in range(3):
        dependencies.broker_says(refused(0))  # of one broker, while the others answer slowly now and then
        dependencies.broker_is_silent("timed out")
        assert dependencies.down == {}
        dependencies.answered(BROKER)
    dependencies.broker_is_silent("timed out")
    dependencies.broker_is_silent("timed out")
    assert dependencies.down == {BROKER: "timed out"}


def test_a_complaint_is_logged_once_until_the_brokers_answer(
    dependencies: Dependencies, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for after_ms in range(50):
            dependencies.broker_says(refused(after_ms))
        assert [record.getMessage() for record in caplog.records] == [f"the brokers say: {REFUSED}"]
        dependencies.answered(BROKER)
        dependencies.broker_says(refused(0))
        assert len(caplog.records) == 2


def test_what_is_down_is_logged_once(dependencies: Dependencies, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            dependencies.unavailable(REGISTRY, "connection refused")
        dependencies.answered(REGISTRY)
        dependencies.answered(REGISTRY)
    assert [record.getMessage() for record in caplog.records] == [
        "audit pauses: schema_registry is down: connection refused",
        "audit goes on: schema_registry answers",
    ]


def test_others_that_answer_do_not_vouch_for_the_brokers(dependencies: Dependencies) -> None:
    dependencies.broker_says(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    dependencies.answered("clickhouse", "database")
    assert dependencies.down == {BROKER: "1/1 brokers are down"}
