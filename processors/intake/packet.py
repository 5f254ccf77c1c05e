"""A packet: a ZIP of images and PDFs that are one document, its pages theirs in the natural order of the names."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from sys import maxsize

from processors.errors import ErrorCode, Refusal
from processors.intake.archive import ARCHIVE_ERRORS, open_archive, read_entry, shown
from processors.intake.image_file import count_image_pages
from processors.intake.media import HEAD_BYTES, MediaType, sniff
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors

_NOT_PAGES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
"""What desktops add to archives unasked, beside names that begin with a dot."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can state
_SUFFIXES = {
    MediaType.PDF: ".pdf",
    MediaType.PNG: ".png",
    MediaType.JPEG: ".jpg",
    MediaType.TIFF: ".tif",
    MediaType.WEBP: ".webp",
    MediaType.BMP: ".bmp",
    MediaType.HEIF: ".heic",
}


@dataclass(frozen=True, slots=True)
class PacketPage:
    """Where a packet's page lies: the entry's name, type and bytes, and the page's number in it, from 1."""

    name: str
    media_type: MediaType
    content: bytes
    number: int


def build_packet(files: Sequence[bytes]) -> bytes:
    """A packet of ``files``, in their order. Equal files give equal bytes, so a packet sent twice is a duplicate.

    Raises ``ValueError`` where there are none, or one is neither an image nor a PDF.
    """
    if not files:
        raise ValueError("a packet needs at least one file")
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, content in enumerate(files, start=1):
            media_type = sniff(content[:HEAD_BYTES])
            if media_type not in _SUFFIXES:
                raise ValueError(f"file {number} is neither an image that fieldtrail reads nor a PDF")
            entry = zipfile.ZipInfo(f"{number:04}{_SUFFIXES[media_type]}", _EPOCH)
            entry.create_system = 3  # what else would tell the machine that packed it
            archive.writestr(entry, content)
    return out.getvalue()


def count_packet_pages(path: Path, max_pages: int, max_pixels: int) -> int | Refusal:
    """How many pages the packet has; stops counting beyond ``max_pages``.

    Codes: those of the archive, and those of its entries, whose names the messages give; ``empty`` where no entry is a
    page; ``unsupported_type`` where one is neither an image nor a PDF.
    """
    pages = 0
    with _opened(path) as found:
        if isinstance(found, Refusal):
            return found
        archive, entries = found
        if not entries:
            return Refusal(ErrorCode.EMPTY, "The archive has no files in it.")
        for entry in entries:
            counted = _count(archive, entry, max_pages - pages, max_pixels)
            if isinstance(counted, Refusal):
                return counted
            pages += counted
            if pages > max_pages:
                break
    return pages


def packet_pages(path: Path, first: int, last: int) -> Iterator[PacketPage | Refusal]:
    """Pages ``first`` to ``last`` (from 1, cut to the pages there are) of a packet; ends with the first refusal.

    One entry at a time is held in memory. The packet has passed :func:`count_packet_pages`.
    """
    with _opened(path) as found:
        if isinstance(found, Refusal):
            yield found
            return
        archive, entries = found
        before = 0
        for entry in entries:
            pages = _count(archive, entry, maxsize, maxsize)
            if isinstance(pages, Refusal):
                yield pages
                return
            if before + pages >= first:
                content = _unpack(archive, entry)
                if isinstance(content, Refusal):
                    yield content
                    return
                media_type = sniff(content[:HEAD_BYTES])
                assert media_type is not None
                for number in range(max(first - before, 1), min(last - before, pages) + 1):
                    yield PacketPage(entry.filename, media_type, content, number)
            before += pages
            if before >= last:
                return


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]] | Refusal]:
    """The archive and the entries that are pages, in natural order."""
    with open_archive(path) as archive:
        if isinstance(archive, Refusal):
            yield archive
        else:
            yield archive, sorted((e for e in archive.infolist() if _is_page(e)), key=lambda e: natural(e.filename))


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that puts ``page 2`` before ``page 10``, whatever the case; ties go by the name itself."""
    parts = [part for part in re.split(r"([0-9]{1,15})", name.casefold()) if part]
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts], name


def _is_page(entry: zipfile.ZipInfo) -> bool:
    parts = [part for part in entry.filename.casefold().split("/") if part]
    return not entry.is_dir() and not any(part.startswith(".") or part in _NOT_PAGES for part in parts)


def _count(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_pages: int, max_pixels: int) -> int | Refusal:
    """Pages of one entry. Only what can have several, or what must be checked, is unpacked whole."""
    try:
        head = read_entry(archive, entry, HEAD_BYTES)
    except ARCHIVE_ERRORS:
        return _broken(entry)
    media_type = sniff(head)
    if media_type not in _SUFFIXES:
        what = "is empty" if not head else "is neither an image that fieldtrail reads nor a PDF"
        return Refusal(ErrorCode.UNSUPPORTED_TYPE, f"The archive's entry {shown(entry.filename)} {what}.")
    if max_pixels == maxsize and media_type not in (MediaType.TIFF, MediaType.PDF):
        return 1
    content = _unpack(archive, entry)
    if isinstance(content, Refusal):
        return content
    if media_type is MediaType.PDF:
        counted = _count_pdf(content)
    else:
        counted = count_image_pages(BytesIO(content), media_type, max_pages, max_pixels)
    if isinstance(counted, Refusal):
        return Refusal(counted.code, f"Entry {shown(entry.filename)}: {counted.message}")
    return counted


def _count_pdf(content: bytes) -> int | Refusal:
    document = open_pdf(content)
    if isinstance(document, Refusal):
        return document
    with document:
        try:
            pages: int = document.page_count
        except parser_errors() as error:
            return corrupt(error, "its pages cannot be counted")
    return pages or Refusal(ErrorCode.EMPTY, "The PDF has no pages.")


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | Refusal:
    try:
        return read_entry(archive, entry)
    except ARCHIVE_ERRORS:
        return _broken(entry)


def _broken(entry: zipfile.ZipInfo) -> Refusal:
    return Refusal(ErrorCode.CORRUPT, f"The archive is damaged: its entry {shown(entry.filename)} cannot be unpacked.")
