"""The object store as an S3 bucket (AWS, or anything that speaks its API)."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import MissingError, UnavailableError
from connectors.objects.base import DEPENDENCY

T = TypeVar("T")

_MISSING_CODES = {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}


def s3_client(endpoint_url: str | None, region: str | None) -> Any:
    """A client with short time limits: waiting longer is the harness's business. Credentials as boto3 finds them."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 2, "mode": "standard"}),
    )


def is_missing(error: ClientError) -> bool:
    """Whether S3 says that the object or its bucket is not there."""
    return str(error.response.get("Error", {}).get("Code")) in _MISSING_CODES


class S3Store:
    """Objects below ``prefix`` in ``bucket``. Temporary copies lie in ``spool``."""

    def __init__(
        self, bucket: str, prefix: str, spool: Path, *, endpoint_url: str | None = None, region: str | None = None
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._spool = spool
        self._client = s3_client(endpoint_url, region)

    def new_spool_file(self) -> Path:
        self._spool.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._spool, delete=False) as file:
            return Path(file.name)

    def adopt(self, path: Path, key: str) -> str:
        self._call(lambda: self._client.upload_file(str(path), self._bucket, self._prefix + key), key)
        return self._uri(key)

    def put(self, key: str, data: bytes) -> str:
        self._call(lambda: self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=data), key)
        return self._uri(key)

    def find(self, key: str) -> str | None:
        try:
            self._call(lambda: self._client.head_object(Bucket=self._bucket, Key=self._prefix + key), key)
        except MissingError:
            return None
        return self._uri(key)

    def get(self, uri: str) -> bytes:
        key = self._key(uri)

        def read() -> bytes:
            data: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            return data

        return self._call(read, uri)

    @contextmanager
    def local(self, uri: str) -> Iterator[Path]:
        key = self._key(uri)
        path = self.new_spool_file()
        try:
            self._call(lambda: self._client.download_file(self._bucket, key, str(path)), uri)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _call(self, call: Callable[[], T], what: str) -> T:
        try:
            return call()
        except ClientError as error:
            if is_missing(error):
                raise MissingError(what) from None
            raise UnavailableError(DEPENDENCY, str(error)) from error
        except (BotoCoreError, OSError) as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def _key(self, uri: str) -> str:
        parts = urlsplit(uri)
        key = parts.path.lstrip("/")
        if parts.scheme != "s3" or parts.netloc != self._bucket or not key.startswith(self._prefix):
            raise MissingError(uri)
        return key
