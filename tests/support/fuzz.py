"""Damaged documents without end: a corpus of generated files, and mutations that know the formats.

Everything follows from a seed, so that a finding can be made again from its number alone.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
import pillow_heif
import pymupdf
from docx import Document
from PIL import Image

from processors.intake import build_packet
from processors.synthesis.degrade import fax, rasterise
from tests.support.documents import e_invoice, invoices

_NUMBERS = (0, 1, -1, 2, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 10**12, -(2**31))
_PDF_NUMBERS = (*(str(number).encode() for number in _NUMBERS), b"1e38", b"0.0000001", b"--5", b"99999999999999999999")
_FILTERS = (b"/FlateDecode", b"/LZWDecode", b"/DCTDecode", b"/CCITTFaxDecode", b"/JBIG2Decode", b"/JPXDecode",
            b"/RunLengthDecode", b"/ASCII85Decode", b"/ASCIIHexDecode", b"/Crypt")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One damaged file: the seed file's name, the mutations in their order, and the bytes."""

    name: str
    mutations: tuple[str, ...]
    data: bytes


Mutation = Callable[[bytes, Random], bytes]


def corpus() -> dict[str, bytes]:
    """Sound files of every type that is read, by name."""
    [plain, other] = invoices(2, seed=5)
    picture = Image.fromarray(rasterise(plain, 60, color=True)[0])
    found = {"plain.pdf": plain, "hybrid.pdf": e_invoice(3)[0]}
    with pymupdf.open(stream=other, filetype="pdf") as document:
        found["expanded.pdf"] = document.tobytes(expand=255, ascii=True)
        found["streams.pdf"] = document.tobytes(use_objstms=1, garbage=3)
        found["locked.pdf"] = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="a")
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_image(page.rect, stream=_image(picture, "JPEG"))
        found["scan.pdf"] = document.tobytes()
    found["fax.tif"] = fax(rasterise(plain, 60) * 2, 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    found["photo.jpg"] = _image(picture, "JPEG", exif=exif)
    found["progressive.jpg"] = _image(picture, "JPEG", progressive=True)
    found["rgb.png"] = _image(picture, "PNG")
    found["palette.png"] = _image(picture.quantize(16), "PNG", transparency=0)
    found["deep.png"] = _image(Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257), "PNG")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        found[f"{compression}.tif"] = _image(picture, "TIFF", compression=compression)
    found["page.bmp"] = _image(picture, "BMP")
    found["page.webp"] = _image(picture, "WEBP")
    heif = BytesIO()
    pillow_heif.from_pillow(picture).save(heif, quality=50)
    found["page.heic"] = heif.getvalue()
    found["letter.docx"] = _docx(picture)
    found["packet.zip"] = build_packet([found["photo.jpg"], found["rgb.png"], plain])
    return found


def make_case(seeds: dict[str, bytes], seed: int, index: int) -> Case:
    """Case ``index`` of the run ``seed``: one to three mutations of one of ``seeds``."""
    rng = Random(f"{seed}/{index}")
    name = rng.choice(sorted(seeds))
    data = seeds[name]
    choices = [*_BYTE_MUTATIONS, *_BY_SUFFIX.get(name.rpartition(".")[2], ()) * 2]
    names = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        mutation = rng.choice(choices)
        names.append(mutation.__name__)
        data = mutation(data, rng)
    return Case(name, tuple(names), data)


def flip_bits(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 4, 32))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(data: bytes, rng: Random) -> bytes:
    start, end = _stretch(data, rng)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def cut_out(data: bytes, rng: Random) -> bytes:
    start, end = _stretch(data, rng)
    return data[:start] + data[end:]


def repeat(data: bytes, rng: Random) -> bytes:
    start, end = _stretch(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 3, 50)) + data[end:]


def truncate(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def set_number(data: bytes, rng: Random) -> bytes:
    """A number that programs trip over, somewhere, in either byte order."""
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(max(1, len(data)))
    number = rng.choice(_NUMBERS) & ((1 << 8 * size) - 1)
    return data[:at] + number.to_bytes(size, rng.choice(("little", "big"))) + data[at + size :]


def change_pdf_number(data: bytes, rng: Random) -> bytes:
    """A number in the text of a PDF: a length, an offset, a size of page or font, an operand."""
    return _replace_match(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])", data, rng, lambda _: rng.choice(_PDF_NUMBERS))


def change_pdf_reference(data: bytes, rng: Random) -> bytes:
    """A reference to another object: loops, and things of the wrong kind."""
    numbers = re.findall(rb"(\d+) 0 obj", data) or [b"1"]
    return _replace_match(rb"\d+ 0 R", data, rng, lambda _: rng.choice(numbers) + b" 0 R")


def change_pdf_name(data: bytes, rng: Random) -> bytes:
    """A key or a value of a dictionary for another one of the file."""
    names = sorted(set(re.findall(rb"/[A-Za-z0-9]+", data))) or [b"/Type"]
    return _replace_match(rb"/[A-Za-z0-9]+", data, rng, lambda _: rng.choice(names))


def change_pdf_filter(data: bytes, rng: Random) -> bytes:
    """Other filters, or a hundred of them."""
    chain = b"[" + b" ".join(rng.choice(_FILTERS) for _ in range(rng.choice((1, 2, 100)))) + b"]"
    return _replace_match(rb"/Filter\s*(?:/\w+|\[[^\]]*\])", data, rng, lambda _: b"/Filter " + chain)


def nest_pdf(data: bytes, rng: Random) -> bytes:
    """Brackets thousands deep where a value was."""
    deep = rng.choice((100, 20_000))
    opening, closing = rng.choice(((b"[", b"]"), (b"<</A ", b">>"), (b"q ", b"Q "), (b"(", b")")))
    return _replace_match(rb"(?<= )\d+(?= )", data, rng, lambda _: opening * deep + closing * deep)


def change_png_chunk(data: bytes, rng: Random) -> bytes:
    """A chunk's content, with its checksum put right; or chunks left out, repeated or shuffled."""
    chunks = _png_chunks(data)
    if not chunks:
        return data
    index = rng.randrange(len(chunks))
    kind, content = chunks[index]
    match rng.randrange(4):
        case 0:
            chunks[index] = (kind, flip_bits(content, rng))
        case 1:
            chunks[index] = (kind, set_number(content, rng))
        case 2:
            chunks[index : index + 1] = [(kind, content)] * rng.choice((0, 2, 20))
        case _:
            rng.shuffle(chunks)
    return data[:8] + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def change_tiff_entry(data: bytes, rng: Random) -> bytes:
    """One field of an entry of the first directory: tag, type, count or value; or the way to the next directory."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 8:
        return data
    [start] = struct.unpack_from(order + "I", data, 4)
    if start + 2 > len(data):
        return data
    [count] = struct.unpack_from(order + "H", data, start)
    if start + 2 + 12 * count + 4 > len(data):
        return data
    at, code = start + 2 + 12 * rng.randrange(count + 1), "I"
    number = rng.choice((*_NUMBERS, start)) & 0xFFFFFFFF
    if at < start + 2 + 12 * count:
        offset, code = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I")))
        at += offset
    changed = bytearray(data)
    struct.pack_into(order + code, changed, at, number & 0xFFFF if code == "H" else number)
    return bytes(changed)


def change_jpeg_segment(data: bytes, rng: Random) -> bytes:
    """Bytes within a marker segment: sizes, tables, components."""
    places = [match.start() for match in re.finditer(rb"\xff[\xc0-\xcf\xd9-\xef]", data)]
    if not places:
        return data
    at = rng.choice(places) + rng.randrange(1, 20)
    return data[:at] + bytes([rng.choice((0, 1, 3, 127, 255))]) + data[at + 1 :]


def change_archive_entry(data: bytes, rng: Random) -> bytes:
    """An entry's content, name or number of copies, in an archive that is sound otherwise."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return data
    if not entries:
        return data
    index = rng.randrange(len(entries))
    name, content = entries[index]
    match rng.randrange(4):
        case 0:
            entries[index] = (name, rng.choice((flip_bits, cut_out, repeat, truncate, change_xml))(content, rng))
        case 1:
            entries[index] = (rng.choice(("../../" + name, "/" + name, name + "\x00", "a" * 5000)), content)
        case 2:
            entries += [(f"{number}-{name}", content) for number in range(rng.choice((1, 300)))]
        case _:
            entries[index] = (name, rng.choice(entries)[1])
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry_name, entry in entries:
            archive.writestr(zipfile.ZipInfo(entry_name), entry)
    return out.getvalue()


def change_xml(data: bytes, rng: Random) -> bytes:
    """A number, an element repeated within itself, or an entity that grows."""
    match rng.randrange(3):
        case 0:
            return _replace_match(rb'(?<=")\d+(?=")', data, rng, lambda _: rng.choice(_PDF_NUMBERS))
        case 1:
            deep = rng.choice((50, 5000))
            wrap = rng.choice((b"w:tbl", b"w:p", b"w:r"))
            opening, closing = b"<" + wrap + b">", b"</" + wrap + b">"
            return _replace_match(rb"<w:t[ >]", data, rng, lambda found: opening * deep + closing * deep + found)
        case _:
            return data.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;">]>', 1)


_BYTE_MUTATIONS: tuple[Mutation, ...] = (flip_bits, overwrite, cut_out, repeat, truncate, set_number)
_PDF: tuple[Mutation, ...] = (change_pdf_number, change_pdf_reference, change_pdf_name, change_pdf_filter, nest_pdf)
_BY_SUFFIX: dict[str, tuple[Mutation, ...]] = {
    "pdf": _PDF,
    "png": (change_png_chunk,) * 4,
    "tif": (change_tiff_entry,) * 4,
    "jpg": (change_jpeg_segment,) * 4,
    "docx": (change_archive_entry,) * 4,
    "zip": (change_archive_entry,) * 4,
}


def _stretch(data: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 8, 200, 5000)))


def _replace_match(pattern: bytes, data: bytes, rng: Random, new: Callable[[bytes], bytes]) -> bytes:
    """``data`` with one or some of the matches replaced."""
    places: Sequence[re.Match[bytes]] = list(re.finditer(pattern, data))
    if not places:
        return data
    chosen = sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 5)))), key=lambda match: -match.start())
    for match in chosen:
        data = data[: match.start()] + new(match.group()) + data[match.end() :]
    return data


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at + 12 <= len(data):
        [length] = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def _image(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _docx(picture: Image.Image) -> bytes:
    document = Document()
    document.add_heading("Invoice 4711", 1)
    document.add_paragraph("Total due within 30 days: 119.00 EUR")
    table = document.add_table(3, 3)
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells.cells):
            cell.text = f"{row}.{column}"
    document.add_picture(BytesIO(_image(picture, "PNG")))
    out = BytesIO()
    document.save(out)
    return out.getvalue()
