"""What ``file:`` and ``s3:`` URIs name. Such URIs come from records, so anything may stand in them."""

import os
from pathlib import Path
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit


def split(uri: str) -> SplitResult:
    """The parts of ``uri``. Raises ``ValueError``, with a sentence, for what is no URI.

    Control characters are refused: ``urlsplit`` drops some of them, and what is left would name another place.
    """
    if any(character < " " or character == "\x7f" for character in uri):
        raise ValueError("it has control characters; write them percent-encoded")
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"it is no URI: {error}") from None


def local_path(uri: str) -> Path:
    """The absolute path that a ``file:`` URI names, percent-decoded (RFC 8089). The host part is the caller's to judge.

    Raises ``ValueError``, with a sentence, for another scheme, a relative path, a query or fragment, or a NUL.
    """
    parts = split(uri)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise ValueError("it is not file:// with an absolute path")
    if parts.query or parts.fragment:
        raise ValueError("a ? or # in a file's name is written %3F or %23")
    path = os.fsdecode(unquote_to_bytes(parts.path))
    if "\x00" in path:
        raise ValueError("its path has a NUL")
    return Path(path)


def s3_location(uri: str) -> tuple[str, str]:
    """The bucket and key of ``s3://bucket/key``.

    As with the AWS command line, the key is all that follows, taken as it is: ``?``, ``#`` and ``%`` are part of it.
    Raises ``ValueError``, with a sentence, for anything that does not begin with ``s3://``.
    """
    scheme, colon, rest = uri.partition("://")
    if not colon or scheme.lower() != "s3":
        raise ValueError("it is not s3://bucket/key")
    bucket, _, key = rest.partition("/")
    return bucket, key
