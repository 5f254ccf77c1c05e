"""The object store: originals and recognised words, content-addressed, in a directory or in S3."""

from pathlib import Path

from connectors.objects.base import ObjectStore
from connectors.objects.directory import DirectoryStore
from connectors.uris import local_path, s3_location


def open_store(
    url: str, spool: Path, *, s3_endpoint_url: str | None = None, s3_region: str | None = None
) -> ObjectStore:
    """The store at ``url``: ``file:///folder`` or ``s3://bucket/prefix``. ``spool`` is a folder for temporary files.

    Raises ``ValueError`` for anything else.
    """
    expected = f"object store {url!r}: expected file:///folder or s3://bucket/prefix"
    if not url.startswith("s3:"):
        try:
            return DirectoryStore(local_path(url))
        except ValueError as error:
            raise ValueError(f"{expected}; {error}") from None
    bucket, prefix = s3_location(url)
    if not bucket:
        raise ValueError(expected)
    from connectors.objects.s3 import S3Store

    return S3Store(bucket, prefix.strip("/"), spool, endpoint_url=s3_endpoint_url, region=s3_region)


__all__ = ["DirectoryStore", "ObjectStore", "open_store"]
