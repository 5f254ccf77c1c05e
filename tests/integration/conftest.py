"""Real servers for the integration tests: one broker for the whole session, names that no two tests share."""

import uuid
from collections.abc import Iterator

import pytest

from fieldtrail.stack import LocalStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One Kafka broker without workers. Tests that kill it wait until it is up again before they end."""
    with LocalStack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def bootstrap_servers(stack: LocalStack) -> str:
    """``host:port`` of the session's broker."""
    return stack.bootstrap_servers


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and groups, new for each test, so that tests on one broker do not meet."""
    return f"t{uuid.uuid4().hex[:8]}."
