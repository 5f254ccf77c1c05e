"""Media types by content, never by name."""

from enum import StrEnum

HEAD_BYTES = 1024
"""How many leading bytes :func:`sniff` wants."""


class MediaType(StrEnum):
    """The types that fieldtrail reads."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"


# Classic TIFF in both byte orders, then BigTIFF in both.
_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00\x08\x00", b"MM\x00+\x00\x08")


def sniff(head: bytes) -> MediaType | None:
    """The type of the file that begins with ``head`` (its first ``HEAD_BYTES`` bytes), or ``None``.

    A PDF may have other bytes before its header, as Acrobat accepts it (ISO 32000-1, annex H, note 13).
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(_TIFF_MAGIC):
        return MediaType.TIFF
    if b"%PDF-" in head[:HEAD_BYTES]:
        return MediaType.PDF
    return None
