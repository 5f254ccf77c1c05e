"""What a file is, looking into archives where its first bytes do not say."""

import zipfile
from pathlib import Path

from processors.errors import ErrorCode, Refusal
from processors.intake.archive import ARCHIVE_ERRORS, open_archive, read_entry
from processors.intake.media import HEAD_BYTES, MediaType, sniff

KNOWN_TYPES = "PDF, PNG, JPEG, TIFF, WebP, BMP, HEIC, DOCX, or a ZIP of images and PDFs"

_CONTENT_TYPES = "[Content_Types].xml"  # of every OPC package (ECMA-376 part 2)
_MOST_CONTENT_TYPES = 1024 * 1024
_WORD = b"wordprocessingml."  # in the main part's content type, of documents and of templates
_WORD_WITH_MACROS = b"application/vnd.ms-word."
_OTHER_OFFICE = ((b"spreadsheetml.", "an Excel workbook"), (b"presentationml.", "a PowerPoint presentation"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # compound file (MS-CFB), of Office until 2003 and of encrypted packages


def identify(path: Path) -> MediaType | Refusal:
    """The type of the file at ``path``, which is not empty.

    Codes: ``unsupported_type``, and for archives ``corrupt``, ``encrypted`` and ``decompression_bomb``. An office file
    behind a password is ``encrypted``.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(_OLE):
        return _ole(path)
    media_type = sniff(head)
    if media_type is None:
        return Refusal(ErrorCode.UNSUPPORTED_TYPE, f"The content is not {KNOWN_TYPES}.")
    return _archive(path) if media_type is MediaType.PACKET else media_type


def _archive(path: Path) -> MediaType | Refusal:
    with open_archive(path) as archive:
        if isinstance(archive, Refusal):
            return archive
        names = {entry.filename: entry for entry in archive.infolist()}
        try:
            if _CONTENT_TYPES in names:
                return _office(read_entry(archive, names[_CONTENT_TYPES], _MOST_CONTENT_TYPES))
            if "mimetype" in names:  # OpenDocument and EPUB begin with it
                return _unsupported(_mimetype(archive, names["mimetype"]))
        except ARCHIVE_ERRORS:
            return Refusal(ErrorCode.CORRUPT, "The archive is damaged: its list of types cannot be read.")
    return MediaType.PACKET


def _office(content_types: bytes) -> MediaType | Refusal:
    """By the types of the parts: a text may embed a workbook, so Word is asked for first."""
    if _WORD in content_types or _WORD_WITH_MACROS in content_types:
        return MediaType.DOCX
    for mark, what in _OTHER_OFFICE:
        if mark in content_types:
            return _unsupported(what)
    return _unsupported("an office package, but no Word document")


def _mimetype(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    name = read_entry(archive, entry, 100).decode("ascii", "replace")
    return "an OpenDocument file" if "opendocument" in name else "an e-book or another kind of package"


def _ole(path: Path) -> Refusal:
    """Names in a compound file's directory are UTF-16."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Refusal(ErrorCode.ENCRYPTED, "The office document asks for a password to open it.")
    if "WordDocument".encode("utf-16-le") in data:
        return _unsupported("a Word document of the old kind (.doc)")
    return _unsupported("an office document of an old kind, or a mail")


def _unsupported(what: str) -> Refusal:
    return Refusal(
        ErrorCode.UNSUPPORTED_TYPE, f"The content is {what}. Save it as PDF or DOCX; fieldtrail reads {KNOWN_TYPES}."
    )
