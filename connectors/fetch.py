"""Fetches a submitted document from where its URI says: ``file:`` or ``s3:``, and nowhere else.

A URI comes from outside. It may only read below the folders and in the buckets that the operator allowed.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import UnavailableError
from processors.errors import ErrorCode, Refusal

S3_DEPENDENCY = "s3_source"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What URIs may read: absolute ``folders`` and ``buckets``, none by default. ``max_bytes`` bounds one document."""

    folders: tuple[Path, ...] = ()
    buckets: tuple[str, ...] = ()
    max_bytes: int = 50 * 1024 * 1024


class Fetcher:
    """Copies the bytes behind a URI into a local file. ``s3`` makes the client at the first ``s3:`` URI."""

    def __init__(self, policy: FetchPolicy, s3: Callable[[], Any]) -> None:
        self._policy = policy
        self._make_s3 = s3
        self._s3: Any = None

    def fetch(self, uri: str, target: Path) -> Refusal | None:
        """Writes the bytes to ``target``; blocks. Returns why not, or ``None`` when it is done.

        Raises ``UnavailableError`` where the source does not answer.
        """
        parts = urlsplit(uri)
        if parts.scheme == "file":
            return self._fetch_file(uri, parts.netloc, Path(unquote(parts.path)), target)
        if parts.scheme == "s3":
            return self._fetch_object(uri, parts.netloc, parts.path.lstrip("/"), target)
        return Refusal(
            ErrorCode.FETCH_REFUSED, f"{uri}: only file: and s3: URIs are read. Send the bytes inline instead."
        )

    def _fetch_file(self, uri: str, host: str, path: Path, target: Path) -> Refusal | None:
        resolved = path.resolve()  # a symbolic link counts as what it points to
        if host not in ("", "localhost") or not self._is_allowed(resolved):
            return Refusal(
                ErrorCode.FETCH_REFUSED, f"{uri} is not below an allowed folder. Allow its folder in fetch.allow_files."
            )
        try:
            if not resolved.is_file():
                return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: there is no such file on the worker's machine.")
            size = resolved.stat().st_size
            if size > self._policy.max_bytes:
                return self._too_large(uri, size)
            shutil.copyfile(resolved, target)
        except PermissionError:
            return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: the worker may not read this file.")
        except OSError as error:
            raise UnavailableError("file_source", f"{uri}: {error}") from error
        return None

    def _is_allowed(self, path: Path) -> bool:
        return any(path.is_relative_to(folder.resolve()) for folder in self._policy.folders)

    def _fetch_object(self, uri: str, bucket: str, key: str, target: Path) -> Refusal | None:
        if bucket not in self._policy.buckets:
            return Refusal(
                ErrorCode.FETCH_REFUSED, f"{uri}: bucket {bucket!r} is not allowed. Allow it in fetch.allow_buckets."
            )
        self._s3 = self._s3 or self._make_s3()
        try:
            size = int(self._s3.head_object(Bucket=bucket, Key=key)["ContentLength"])
            if size > self._policy.max_bytes:
                return self._too_large(uri, size)
            self._s3.download_file(bucket, key, str(target))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}:
                return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: there is no such object.")
            if code in {"403", "AccessDenied"}:
                return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: the worker may not read this object.")
            raise UnavailableError(S3_DEPENDENCY, str(error)) from error
        except (BotoCoreError, OSError) as error:
            raise UnavailableError(S3_DEPENDENCY, str(error)) from error
        return None

    def _too_large(self, uri: str, size: int) -> Refusal:
        limit = self._policy.max_bytes
        return Refusal(ErrorCode.TOO_LARGE, f"{uri} has {size:,} bytes; the limit is {limit:,}.")
