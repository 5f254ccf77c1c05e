"""Fetches a submitted document from where its URI says: ``file:`` or ``s3:``, and nowhere else.

A URI comes from outside. It may only read below the folders and in the buckets that the operator allowed. What is
wrong with the URI itself is a refusal; only a source that does not answer is unavailable, because that pauses the
stage, and one bad record must not.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import UnavailableError
from connectors.uris import local_path, s3_location, split
from processors.errors import ErrorCode, Refusal

S3_DEPENDENCY = "s3_source"
FILE_DEPENDENCY = "file_source"

_CHUNK_BYTES = 1024 * 1024
_SHOWN_CHARACTERS = 300
_NO_SUCH_FILE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.ENXIO}
_NO_SUCH_OBJECT = {"NoSuchKey", "NoSuchBucket", "NotFound", "404"}
_OUR_FAULT = {
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
"""Client errors that say nothing about the object: the worker's credentials, clock or line. Source: Amazon S3 API
Reference, "Error responses", list of error codes."""


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
        shown = uri if len(uri) <= _SHOWN_CHARACTERS else f"{uri[:_SHOWN_CHARACTERS]}…"
        try:
            parts = split(uri)
            if parts.scheme == "file":
                return self._fetch_file(shown, parts.netloc, local_path(uri), target)
            if parts.scheme == "s3":
                return self._fetch_object(shown, *s3_location(uri), target)
        except ValueError as error:
            return Refusal(ErrorCode.FETCH_FAILED, f"{shown} cannot be read: {error}.")
        return Refusal(
            ErrorCode.FETCH_REFUSED, f"{shown}: only file: and s3: URIs are read. Send the bytes inline instead."
        )

    def _fetch_file(self, uri: str, host: str, path: Path, target: Path) -> Refusal | None:
        try:
            resolved = path.resolve()  # a symbolic link counts as what it points to
        except (OSError, RuntimeError):  # a loop of symbolic links
            return _no_such_file(uri)
        if host not in ("", "localhost") or not self._is_allowed(resolved):
            return Refusal(
                ErrorCode.FETCH_REFUSED, f"{uri} is not below an allowed folder. Allow its folder in fetch.allow_files."
            )
        try:
            source = _open_regular(resolved)
        except PermissionError:
            return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: the worker may not read this file.")
        except OSError as error:
            if error.errno in _NO_SUCH_FILE:
                return _no_such_file(uri)
            raise UnavailableError(FILE_DEPENDENCY, f"{uri}: {error}") from error
        if source is None:
            return _no_such_file(uri)
        try:
            with source:
                return self._take(uri, source, os.fstat(source.fileno()).st_size, target)
        except OSError as error:
            raise UnavailableError(FILE_DEPENDENCY, f"{uri}: {error}") from error

    def _is_allowed(self, path: Path) -> bool:
        return any(path.is_relative_to(folder.resolve()) for folder in self._policy.folders)

    def _fetch_object(self, uri: str, bucket: str, key: str, target: Path) -> Refusal | None:
        if bucket not in self._policy.buckets:
            return Refusal(
                ErrorCode.FETCH_REFUSED,
                f"{uri}: bucket {bucket[:64]!r} is not allowed. Allow it in fetch.allow_buckets.",
            )
        if not key:
            return Refusal(ErrorCode.FETCH_FAILED, f"{uri} names a bucket and no object in it.")
        self._s3 = self._s3 or self._make_s3()
        try:
            answer = self._s3.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as source:
                return self._take(uri, source, int(answer["ContentLength"]), target)
        except ClientError as error:
            return _refused_by_s3(uri, error)
        except (BotoCoreError, OSError) as error:
            raise UnavailableError(S3_DEPENDENCY, str(error)) from error

    def _take(self, uri: str, source: "_Readable", size: int, target: Path) -> Refusal | None:
        """Copies ``source``, which says it has ``size`` bytes, and stops where it has more than the limit after all."""
        limit = self._policy.max_bytes
        copied = 0
        if size <= limit:
            with target.open("wb") as file:
                while copied <= limit and (chunk := source.read(_CHUNK_BYTES)):
                    copied += file.write(chunk)
        if max(size, copied) <= limit:
            return None
        return Refusal(ErrorCode.TOO_LARGE, f"{uri} has {max(size, copied):,} bytes; the limit is {limit:,}.")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _open_regular(path: Path) -> BinaryIO | None:
    """``path`` for reading, or ``None`` where it is a folder, a pipe or a device.

    Not blocking and not following, in case a pipe or a link has taken the file's place since it was resolved.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def _no_such_file(uri: str) -> Refusal:
    return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: there is no such file on the worker's machine.")


def _refused_by_s3(uri: str, error: ClientError) -> Refusal:
    """What S3 has against this very object. Raises ``UnavailableError`` where it is not about the object."""
    code = str(error.response.get("Error", {}).get("Code"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    if code in _NO_SUCH_OBJECT:
        return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: there is no such object.")
    if code in _OUR_FAULT or status in (408, 429) or not 400 <= status < 500:
        raise UnavailableError(S3_DEPENDENCY, str(error)) from error
    if status == 403:
        return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: the worker may not read this object ({code}).")
    return Refusal(ErrorCode.FETCH_FAILED, f"{uri}: S3 will not give this object ({code}).")
