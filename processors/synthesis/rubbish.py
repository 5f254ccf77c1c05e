"""Files that are no documents, one for each way a drop folder gets them."""

import struct
import zipfile
import zlib
from io import BytesIO

import pymupdf


def encrypted(pdf: bytes, password: str) -> bytes:
    """``pdf`` behind a user password (AES-256, whose salt makes the bytes differ from call to call)."""
    document = pymupdf.open(stream=pdf, filetype="pdf")
    result: bytes = document.tobytes(
        encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=password, owner_pw=f"{password}-owner"
    )
    document.close()
    return result


def cut_off(pdf: bytes) -> bytes:
    """The first bytes of ``pdf``, as a transfer that broke leaves them: the header and nothing that can be opened."""
    return pdf[:200]


def zip_archive() -> bytes:
    """A small ZIP with a text file in it."""
    out = BytesIO()
    entry = zipfile.ZipInfo("readme.txt", date_time=(2026, 1, 15, 9, 30, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, "The invoices follow by post.\n")
    return out.getvalue()


def huge_png(side: int = 60_000) -> bytes:
    """A few kilobytes that claim ``side`` x ``side`` RGB pixels (PNG specification, IHDR and one short IDAT)."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
