"""Documents submitted by ``s3:`` and ``file:`` URI, and a worker whose object store is S3, on a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import UnavailableError
from connectors.fetch import Fetcher, FetchPolicy
from connectors.objects import open_store
from connectors.objects.s3 import s3_client
from fieldtrail.client import Fieldtrail
from fieldtrail.stack import LocalStack
from processors.errors import ErrorCode
from tests.integration.conftest import new_bucket
from tests.support.documents import e_invoice, invoices
from tests.support.servers import S3, Pipeline, eventually, pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

LIMIT = 1000
NAMES = ("a.pdf", "2026/Rechnung März #1?.pdf", "100%20.pdf")


@pytest.fixture
def fetcher(s3: S3, bucket: str) -> Fetcher:
    policy = FetchPolicy(buckets=(bucket, "nobucket"), max_bytes=LIMIT)
    return Fetcher(policy, lambda: s3_client(s3.url, "us-east-1"))


@pytest.mark.parametrize("name", NAMES)
def test_an_object_in_an_allowed_bucket(fetcher: Fetcher, s3: S3, bucket: str, tmp_path: Path, name: str) -> None:
    s3.client.put_object(Bucket=bucket, Key=name, Body=b"%PDF" * 250)
    assert fetcher.fetch(f"s3://{bucket}/{name}", tmp_path / "target") is None
    assert (tmp_path / "target").read_bytes() == b"%PDF" * 250


def test_what_is_refused(fetcher: Fetcher, s3: S3, bucket: str, tmp_path: Path) -> None:
    other = new_bucket(s3)
    for name in (bucket, other):
        s3.client.put_object(Bucket=name, Key="large.pdf", Body=b"x" * (LIMIT + 1))
    wanted = {
        f"s3://{other}/large.pdf": ErrorCode.FETCH_REFUSED,
        f"s3://{bucket}/large.pdf": ErrorCode.TOO_LARGE,
        f"s3://{bucket}/missing.pdf": ErrorCode.FETCH_FAILED,
        f"s3://{bucket}/{'x' * 2000}": ErrorCode.FETCH_FAILED,
        f"s3://{bucket}/../{other}/large.pdf": ErrorCode.FETCH_FAILED,
        f"s3://{bucket}": ErrorCode.FETCH_FAILED,
        "s3://nobucket/a.pdf": ErrorCode.FETCH_FAILED,
    }
    found = {uri: refusal.code for uri in wanted if (refusal := fetcher.fetch(uri, tmp_path / "target")) is not None}
    assert found == wanted


def test_a_server_that_is_down_is_unavailable_and_back_again(
    fetcher: Fetcher, s3: S3, bucket: str, tmp_path: Path
) -> None:
    s3.client.put_object(Bucket=bucket, Key="a.pdf", Body=b"x")
    s3.server.stop()
    try:
        with pytest.raises(UnavailableError) as raised:
            fetcher.fetch(f"s3://{bucket}/a.pdf", tmp_path / "target")
        assert raised.value.dependency == "s3_source"
    finally:
        s3.server.start()
    assert fetcher.fetch(f"s3://{bucket}/a.pdf", tmp_path / "target") is None


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``file:`` URIs may read."""
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def inbox_bucket(s3: S3) -> str:
    """The bucket that ``s3:`` URIs may read."""
    return new_bucket(s3)


@pytest.fixture(scope="module")
def store_url(s3: S3) -> str:
    """The worker's object store."""
    return f"s3://{new_bucket(s3)}/fieldtrail"


@pytest.fixture(scope="module")
def worker(
    stack: LocalStack,
    s3: S3,
    inbox: Path,
    inbox_bucket: str,
    store_url: str,
    module_topic_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    """Every stage, with its object store in S3."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap_servers,
        "FIELDTRAIL_TOPICS_PREFIX": module_topic_prefix,
        "FIELDTRAIL_FETCH_ALLOW_FILES": str(inbox),
        "FIELDTRAIL_FETCH_ALLOW_BUCKETS": inbox_bucket,
        "OBJECT_STORE_URL": store_url,
        **s3.environment,
    }
    with pipeline(tmp_path_factory.mktemp("worker"), environment) as running:
        yield running


def test_documents_by_uri_go_through_a_store_in_s3(
    worker: Pipeline, s3: S3, inbox: Path, inbox_bucket: str, store_url: str, tmp_path: Path
) -> None:
    (from_s3, _), (from_file, _) = e_invoice(seed=41), e_invoice(seed=42)
    s3.client.put_object(Bucket=inbox_bucket, Key=NAMES[1], Body=from_s3)
    path = inbox / NAMES[1]
    path.parent.mkdir()
    path.write_bytes(from_file)
    store = open_store(store_url, tmp_path, s3_endpoint_url=s3.url, s3_region="us-east-1")
    for uri, content in ((f"s3://{inbox_bucket}/{NAMES[1]}", from_s3), (path.as_uri(), from_file)):
        final = worker.send(uri=uri, filename="invoice.pdf")
        assert final.result is not None, final.status
        assert {"invoice_number", "total_amount"} <= {field.name for field in final.result.fields}
        assert final.result.content_uri.startswith(f"{store_url}/originals/")
        assert store.get(final.result.content_uri) == content


def test_uris_that_may_not_be_read_are_coded_dead_letters_and_the_rest_moves_on(
    worker: Pipeline, inbox: Path, inbox_bucket: str
) -> None:
    ends = {
        "s3://otherbucket/a.pdf": "fetch_refused",
        f"s3://{inbox_bucket}/missing.pdf": "fetch_failed",
        f"s3://{inbox_bucket}/{'x' * 2000}": "fetch_failed",
        "file:///etc/passwd": "fetch_refused",
        f"{inbox.as_uri()}/%00": "fetch_failed",
        f"{inbox.as_uri()}/missing.pdf": "fetch_failed",
    }
    with Fieldtrail(worker.settings) as client, client.watch() as watch:
        sent = {client.submit(uri=uri): uri for uri in ends}
        client.flush()
        found = {sent[final.document_id]: final.status.error_code for final in watch.wait(sent, 60.0)}
    assert found == ends


def test_while_the_store_is_down_work_waits_and_then_completes_without_dead_letters(worker: Pipeline, s3: S3) -> None:
    before = len(worker.dead_letters())
    with Fieldtrail(worker.settings) as client, client.watch() as watch:
        sent = [client.submit(content) for content in invoices(3, seed=44)]
        client.flush()
        s3.server.stop()
        try:
            sent += [client.submit(content) for content in invoices(6, seed=43)]
            client.flush()
            eventually(lambda: '"object_store"' in worker.health(), "a stage says that the store is down")
            assert worker.worker.said("pauses: object_store is down")
        finally:
            s3.server.start()
        states = {final.state for final in watch.wait(sent, 90.0)}
    assert states <= {"completed", "review"}
    assert len(worker.dead_letters()) == before
