"""ZIP archives from outside: judged by their directory before anything is unpacked."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from processors.errors import ErrorCode, Refusal

_MIB = 1024 * 1024
MAX_ENTRIES = 10_000
MAX_UNPACKED = 512 * _MIB
"""Bytes of all entries together, as the directory states them; no more of an entry is ever unpacked than that."""
MAX_ENTRY = 128 * _MIB
_MAX_RATIO = 200
"""Unpacked bytes per packed byte of the whole archive. Office XML has 5 to 20, an uncompressed blank scan 100 to 150;
Deflate can reach 1032."""
_RATIO_COUNTS_FROM = 16 * _MIB
_MAX_DIRECTORY = 4 * _MIB
_ENCRYPTED = 1  # bit of the general purpose flags (APPNOTE 4.4.4)
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_BYTES, _LONGEST_COMMENT = 22, 65535

ARCHIVE_ERRORS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
"""What ``zipfile`` raises on a damaged archive."""


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile | Refusal]:
    """The archive at ``path``, once its directory has passed the limits, or why it is refused.

    Codes: ``corrupt``, ``encrypted``, ``decompression_bomb``. Sizes in the directory may lie; what is read of an entry
    never exceeds the size stated there.
    """
    opened = _open(path)
    if isinstance(opened, Refusal):
        yield opened
        return
    with opened as archive:
        yield _why_refused(archive.infolist()) or archive


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int | None = None) -> bytes:
    """The entry's bytes, at most ``max_bytes`` of them. Raises one of ``ARCHIVE_ERRORS`` where it is damaged."""
    with archive.open(info) as stream:
        return stream.read(max_bytes if max_bytes is not None else info.file_size)


def _open(path: Path) -> zipfile.ZipFile | Refusal:
    try:
        with path.open("rb") as stream:
            directory_bytes = _directory_bytes(stream)
        if directory_bytes is None:
            return _damaged("it has no directory; the end of the file may be missing")
        if directory_bytes > _MAX_DIRECTORY:
            return Refusal(
                ErrorCode.DECOMPRESSION_BOMB,
                f"The archive's directory has {directory_bytes:,} bytes; the limit is {_MAX_DIRECTORY:,}.",
            )
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise
    except ARCHIVE_ERRORS:
        return _damaged("its directory cannot be read")


def _directory_bytes(stream: BinaryIO) -> int | None:
    """Size of the central directory as ``zipfile`` will believe it, which reads all of it before one can say no."""
    size = stream.seek(0, 2)
    start = max(0, size - _END_BYTES - _LONGEST_COMMENT)
    stream.seek(start)
    tail = stream.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_BYTES:
        return None
    stated = int.from_bytes(tail[end + 12 : end + 16], "little")
    locator = tail[max(0, end - 20) : end]
    if locator.startswith(_LOCATOR_64):
        # The record stands where the locator says, or right before it; readers differ in which they believe.
        for at in (int.from_bytes(locator[8:16], "little"), start + end - 20 - 56):
            stream.seek(min(max(at, 0), size))
            record = stream.read(56)
            if record.startswith(_END_64):
                stated = max(stated if stated != 0xFFFFFFFF else 0, int.from_bytes(record[40:48], "little"))
    return stated


def _why_refused(entries: list[zipfile.ZipInfo]) -> Refusal | None:
    if len(entries) > MAX_ENTRIES:
        return _bomb(f"The archive has {len(entries):,} entries; the limit is {MAX_ENTRIES:,}.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        return _bomb(f"The archive unpacks to {unpacked:,} bytes; the limit is {MAX_UNPACKED:,}.")
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > _RATIO_COUNTS_FROM and unpacked > _MAX_RATIO * packed:
        return _bomb(f"The archive unpacks {packed:,} bytes to {unpacked:,}; the limit is {_MAX_RATIO} times.")
    for entry in entries:
        if entry.file_size > MAX_ENTRY:
            size = f"{entry.file_size:,} bytes; the limit is {MAX_ENTRY:,}"
            return _bomb(f"The archive's entry {shown(entry.filename)} unpacks to {size}.")
        if entry.flag_bits & _ENCRYPTED:
            return Refusal(ErrorCode.ENCRYPTED, f"The archive's entry {shown(entry.filename)} asks for a password.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Others are rare, and Python cannot unpack bzip2 and LZMA in bounded memory.
            return Refusal(
                ErrorCode.UNSUPPORTED_TYPE,
                f"The archive's entry {shown(entry.filename)} is packed by method {entry.compress_type}; use Deflate.",
            )
    return None


def shown(name: str) -> str:
    """An entry's name for a message: quoted, without control characters, not too long."""
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return f"'{printable if len(printable) <= 80 else printable[:77] + '...'}'"


def _bomb(message: str) -> Refusal:
    return Refusal(ErrorCode.DECOMPRESSION_BOMB, message)


def _damaged(how: str) -> Refusal:
    return Refusal(ErrorCode.CORRUPT, f"The archive is damaged: {how}.")
