"""Real servers for the integration tests: one broker for the whole session, names that no two tests share."""

import uuid
from collections.abc import Iterator

import pytest

from fieldtrail.stack import LocalStack
from tests.support.clickhouse import clickhouse, clickhouse_server
from tests.support.servers import S3, s3_server

__all__ = ["clickhouse", "clickhouse_server"]  # fixtures


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
    return new_topic_prefix()


@pytest.fixture(scope="module")
def module_topic_prefix() -> str:
    """The same for a worker that serves a whole file of tests."""
    return new_topic_prefix()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """One S3 server without buckets. Tests that stop it start it again before they end."""
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def bucket(s3: S3) -> str:
    """A new empty bucket."""
    return new_bucket(s3)


def new_topic_prefix() -> str:
    return f"t{uuid.uuid4().hex[:8]}."


def new_bucket(s3: S3) -> str:
    name = f"b{uuid.uuid4().hex[:12]}"
    s3.client.create_bucket(Bucket=name)
    return name
