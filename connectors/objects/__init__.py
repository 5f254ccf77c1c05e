"""The object store: originals and recognised words, content-addressed, in a directory or in S3."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.objects.base import ObjectStore
from connectors.objects.directory import DirectoryStore


def open_store(
    url: str, spool: Path, *, s3_endpoint_url: str | None = None, s3_region: str | None = None
) -> ObjectStore:
    """The store at ``url``: ``file:///folder`` or ``s3://bucket/prefix``. ``spool`` is a folder for temporary files.

    Raises ``ValueError`` for another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return DirectoryStore(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from connectors.objects.s3 import S3Store

        return S3Store(parts.netloc, parts.path.strip("/"), spool, endpoint_url=s3_endpoint_url, region=s3_region)
    raise ValueError(f"object store {url!r}: expected file:///folder or s3://bucket/prefix")


__all__ = ["DirectoryStore", "ObjectStore", "open_store"]
