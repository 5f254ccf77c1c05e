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
    WEBP = "image/webp"
    BMP = "image/bmp"
    HEIF = "image/heif"  # HEIC is HEIF with HEVC inside
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    PACKET = "application/zip"  # images and PDFs that are one document

    @property
    def is_image(self) -> bool:
        """Whether the file is one image, of one page or more."""
        return self.value.startswith("image/")


# Classic TIFF in both byte orders, then BigTIFF in both.
_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00\x08\x00", b"MM\x00+\x00\x08")
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without entries
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # sizes of the versions of the information header
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
"""ISO/IEC 23008-12, annex B: still images in HEVC, and HEIF of whatever codec. Brands of AVIF and of image sequences
are not here."""


def sniff(head: bytes) -> MediaType | None:
    """The type of the file that begins with ``head`` (its first ``HEAD_BYTES`` bytes), or ``None``.

    Any ZIP archive is called a packet; what it is, its entries say (:func:`processors.intake.identify.identify`).
    A PDF may have other bytes before its header, as Acrobat accepts it (ISO 32000-1, annex H, note 13).
    """
    for media_type, begins in (
        (MediaType.PNG, head.startswith(b"\x89PNG\r\n\x1a\n")),
        (MediaType.JPEG, head.startswith(b"\xff\xd8\xff")),
        (MediaType.TIFF, head.startswith(_TIFF_MAGIC)),
        (MediaType.WEBP, head.startswith(b"RIFF") and head[8:12] == b"WEBP"),
        (MediaType.BMP, _is_bmp(head)),
        (MediaType.HEIF, _is_heif(head)),
        (MediaType.PACKET, head.startswith(_ZIP_MAGIC)),
        (MediaType.PDF, b"%PDF-" in head[:HEAD_BYTES]),
    ):
        if begins:
            return media_type
    return None


def _is_bmp(head: bytes) -> bool:
    """Two letters alone would also begin many a text."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


def _is_heif(head: bytes) -> bool:
    """By the file type box: its major brand, or where that is another, the compatible ones."""
    if head[4:8] != b"ftyp" or head[8:12] in (b"avif", b"avis"):
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return head[8:12] in _HEIF_BRANDS or any(head[at : at + 4] in _HEIF_BRANDS for at in range(16, end - 3, 4))
