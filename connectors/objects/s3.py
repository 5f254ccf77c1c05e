"""The object store as an S3 bucket (AWS, or anything that speaks its API)."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import MissingError, UnavailableError
from connectors.objects.base import DEPENDENCY
from connectors.objects.spool import remove_older
from connectors.uris import s3_location

T = TypeVar("T")

_STORED_BEFORE = "PreconditionFailed"
_STORED_MEANWHILE = "ConditionalRequestConflict"
"""Another writer was at the same key: whether it came through shows at the next try."""

_MISSING_CODES = {"404", "NoSuchKey", "NotFound"}
"""Not ``NoSuchBucket``: without its bucket the whole store is away, and no record is to blame."""


def s3_client(endpoint_url: str | None, region: str | None) -> Any:
    """A client with short time limits: waiting longer is the harness's business. Credentials as boto3 finds them.

    The client may be shared by threads, and made in any: boto3's default session, which may not, is left alone.
    """
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 2, "mode": "standard"}),
    )


class S3Store:
    """Objects below ``prefix`` in ``bucket``. Temporary copies lie in ``spool``."""

    quick_reads = False

    def __init__(
        self, bucket: str, prefix: str, spool: Path, *, endpoint_url: str | None = None, region: str | None = None
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._spool = spool
        self._client = s3_client(endpoint_url, region)

    def new_spool_file(self) -> Path:
        try:
            self._spool.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._spool, delete=False) as file:
                return Path(file.name)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    def remove_stale_spool_files(self, older_than_s: float) -> None:
        remove_older(self._spool, older_than_s)

    def adopt(self, path: Path, key: str) -> str:
        self._call(lambda: self._client.upload_file(str(path), self._bucket, self._prefix + key))
        return self._uri(key)

    def put(self, key: str, data: bytes) -> str:
        self._call(lambda: self._put_once(self._prefix + key, data))
        return self._uri(key)

    def _put_once(self, key: str, data: bytes) -> None:
        """A conditional write. Raises what boto3 raises."""
        for is_last in (False, False, True):
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) == _STORED_BEFORE:
                    return
                if _code(error) != _STORED_MEANWHILE or is_last:
                    raise
            else:
                return

    def find(self, key: str) -> str | None:
        uri = self._uri(key)
        try:
            self._call(lambda: self._client.head_object(Bucket=self._bucket, Key=self._prefix + key), uri)
        except MissingError:
            return None
        return uri

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

        def download() -> None:
            # Not download_file: it asks by HEAD first, which cannot tell a missing object from a missing bucket.
            with self._client.get_object(Bucket=self._bucket, Key=key)["Body"] as body, path.open("wb") as file:
                shutil.copyfileobj(body, file)

        try:
            self._call(download, uri)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def key_of(self, uri: str) -> str:
        return self._key(uri).removeprefix(self._prefix)

    def keys_below(self, folder: str) -> list[str]:
        def read() -> list[str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{folder}/"
            )
            return [item["Key"].removeprefix(self._prefix) for page in pages for item in page.get("Contents", ())]

        return sorted(self._call(read))

    def remove(self, key: str) -> bool:
        was_there = self.find(key) is not None
        self._call(lambda: self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key))
        return was_there

    def _call(self, call: Callable[[], T], reading: str | None = None) -> T:
        """``call``'s answer. ``reading`` is the URI that it reads, if any: only such a call can find nothing there."""
        try:
            return call()
        except ClientError as error:
            if reading is not None and _code(error) in _MISSING_CODES:
                raise MissingError(reading) from None
            raise UnavailableError(DEPENDENCY, str(error)) from error
        except (Boto3Error, BotoCoreError, OSError) as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def _key(self, uri: str) -> str:
        try:
            bucket, key = s3_location(uri)
        except ValueError:
            raise MissingError(uri) from None
        if bucket != self._bucket or not key or not key.startswith(self._prefix):
            raise MissingError(uri)
        return key


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
