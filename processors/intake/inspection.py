"""The first look at a file: accept it with its vital figures, or refuse it with a code.

Runs in a sandbox child (:mod:`processors.sandbox`): what explodes or hangs in here harms one document only.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from processors.errors import ErrorCode, Refusal
from processors.intake.attachments import find_einvoice, read_embedded
from processors.intake.identify import identify
from processors.intake.image_file import count_image_pages
from processors.intake.media import MediaType
from processors.intake.office_pages import count_docx_pages
from processors.intake.packet import count_packet_pages
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors

_MIB = 1024 * 1024
_MAX_ATTACHMENT = 20 * _MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may bring. ``max_pixels`` is per page of an image file; PDF pages are rendered to fit.

    What an archive may unpack to is fixed (:mod:`processors.intake.archive`).
    """

    max_bytes: int = 50 * _MIB
    max_pages: int = 2000
    max_pixels: int = 120_000_000
    max_attachment_bytes: int = _MAX_ATTACHMENT


@dataclass(frozen=True, slots=True)
class Intake:
    """An accepted file. ``sha256`` is hex; ``einvoice_attachment`` names the embedded e-invoice XML, if any."""

    media_type: MediaType
    page_count: int
    size_bytes: int
    sha256: str
    einvoice_attachment: str | None


def inspect(path: Path, limits: Limits) -> Intake | Refusal:
    """What the file at ``path`` is, or why it is refused.

    Codes: ``empty``, ``too_large``, ``unsupported_type``, ``encrypted``, ``corrupt``, ``too_many_pages``,
    ``too_many_pixels``, ``decompression_bomb``. Image pixels are not decoded and pages are not rendered, so damage
    inside a page shows later, at recognition. Raises ``FileNotFoundError`` where there is no file.
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        return Refusal(ErrorCode.EMPTY, "The file has 0 bytes.")
    if size_bytes > limits.max_bytes:
        return Refusal(ErrorCode.TOO_LARGE, f"{size_bytes:,} bytes; the limit is {limits.max_bytes:,}.")
    media_type = identify(path)
    if isinstance(media_type, Refusal):
        return media_type
    attachment = None
    if media_type is MediaType.PDF:
        found = _inspect_pdf(path, limits)
        if isinstance(found, Refusal):
            return found
        pages, attachment = found
    else:
        counted = _count_pages(path, media_type, limits)
        if isinstance(counted, Refusal):
            return counted
        pages = counted
        if pages > limits.max_pages:
            return Refusal(ErrorCode.TOO_MANY_PAGES, f"More than {limits.max_pages:,} pages, which is the limit.")
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Intake(media_type, pages, size_bytes, sha256, attachment)


def _count_pages(path: Path, media_type: MediaType, limits: Limits) -> int | Refusal:
    """Pages of what is no PDF; counting stops beyond the limit."""
    if media_type is MediaType.DOCX:
        return count_docx_pages(path, limits.max_pages)
    if media_type is MediaType.PACKET:
        return count_packet_pages(path, limits.max_pages, limits.max_pixels)
    return count_image_pages(path, media_type, limits.max_pages, limits.max_pixels)


def _inspect_pdf(path: Path, limits: Limits) -> tuple[int, str | None] | Refusal:
    """Page count and e-invoice attachment. The first page must open; others are tried at recognition."""
    document = open_pdf(path)
    if isinstance(document, Refusal):
        return document
    with document:
        try:
            pages = document.page_count
            if pages == 0 and document.is_repaired:
                return Refusal(ErrorCode.CORRUPT, "The file is damaged: no page can be found in it.")
            if pages == 0:
                return Refusal(ErrorCode.EMPTY, "The PDF has no pages.")
            if pages > limits.max_pages:
                return Refusal(ErrorCode.TOO_MANY_PAGES, f"{pages:,} pages; the limit is {limits.max_pages:,}.")
            document.load_page(0)
        except parser_errors() as error:
            return corrupt(error, "its first page cannot be opened")
        return pages, find_einvoice(document, limits.max_attachment_bytes)


def read_attachment(path: Path, name: str, max_bytes: int = _MAX_ATTACHMENT) -> bytes | None:
    """The embedded file called ``name`` of the PDF at ``path``.

    ``None`` where there is none of that name, it cannot be read, or it has more than ``max_bytes``.
    """
    document = open_pdf(path)
    if isinstance(document, Refusal):
        return None
    with document:
        return read_embedded(document, name, max_bytes)
