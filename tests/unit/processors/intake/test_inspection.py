"""Accepted files with their figures, refused files with their codes."""

import hashlib
import struct
import zlib
from pathlib import Path

import pillow_heif
import pymupdf
import pytest
from PIL import Image, TiffImagePlugin

from processors.errors import ErrorCode, Refusal
from processors.intake import Intake, Limits, MediaType, inspect, read_attachment
from processors.recognition.raster import image_page_sizes, rasterise

_DATA = Path(__file__).resolve().parents[4] / "../shared/data"

_CII = b"""<?xml version="1.0"?><rsm:CrossIndustryInvoice
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"></rsm:CrossIndustryInvoice>"""
_UBL = b'<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"><ID>1</ID></CreditNote>'


def _pdf(path: Path, pages: int = 1, attachments: dict[str, bytes] | None = None, **options: object) -> Path:
    document = pymupdf.open()
    for number in range(pages):
        document.new_page().insert_text((72, 72), f"Page {number + 1}")
    for name, data in (attachments or {}).items():
        document.embfile_add(name, data, filename=name)
    document.save(path, **options)
    return path


def _refused(path: Path, limits: Limits | None = None) -> Refusal:
    result = inspect(path, limits or Limits())
    assert isinstance(result, Refusal), result
    return result


def _accepted(path: Path) -> Intake:
    result = inspect(path, Limits())
    assert isinstance(result, Intake), result
    return result


def test_a_pdf_with_its_figures(tmp_path: Path) -> None:
    path = _pdf(tmp_path / "misnamed.png", pages=3)
    data = path.read_bytes()
    assert _accepted(path) == Intake(MediaType.PDF, 3, len(data), hashlib.sha256(data).hexdigest(), None)


def test_images_with_their_pages(tmp_path: Path) -> None:
    frames = [Image.new("1", (100, 140), 1) for _ in range(3)]
    frames[0].save(tmp_path / "fax.tif", save_all=True, append_images=frames[1:], compression="group4")
    Image.new("RGB", (30, 40)).save(tmp_path / "photo.jpg")
    Image.new("RGB", (30, 40)).save(tmp_path / "shot.png")
    Image.new("RGB", (30, 40)).save(tmp_path / "old.bmp")
    moving = [Image.new("RGB", (30, 40), colour) for colour in ("red", "blue")]
    moving[0].save(tmp_path / "moving.webp", save_all=True, append_images=moving[1:])
    heic = pillow_heif.from_pillow(moving[0])
    heic.add_from_pillow(moving[1])
    heic.save(tmp_path / "burst.heic")
    assert {
        path.name: (intake.media_type, intake.page_count) for path in tmp_path.iterdir() for intake in [_accepted(path)]
    } == {
        "fax.tif": (MediaType.TIFF, 3),
        "photo.jpg": (MediaType.JPEG, 1),
        "shot.png": (MediaType.PNG, 1),
        "old.bmp": (MediaType.BMP, 1),
        "moving.webp": (MediaType.WEBP, 1),
        "burst.heic": (MediaType.HEIF, 1),
    }


def test_a_preview_within_a_tiff_is_no_page(tmp_path: Path) -> None:
    preview = TiffImagePlugin.ImageFileDirectory_v2()
    preview[254] = 1
    with TiffImagePlugin.AppendingTiffWriter(str(tmp_path / "scan.tif"), True) as writer:
        for size, info in (((100, 140), None), ((10, 14), preview), ((120, 140), None)):
            Image.new("L", size).save(writer, format="TIFF", **({"tiffinfo": info} if info else {}))
            writer.newFrame()
    assert _accepted(tmp_path / "scan.tif").page_count == 2
    assert image_page_sizes(tmp_path / "scan.tif", MediaType.TIFF, 1, 9)[1] == pytest.approx((721.4, 841.7), abs=0.1)


def test_bytes_that_are_no_document(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "archive").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "text").write_bytes(b"Dear Sir or Madam")
    assert _refused(tmp_path / "empty").code is ErrorCode.EMPTY
    assert _refused(tmp_path / "archive").code is ErrorCode.CORRUPT
    assert _refused(tmp_path / "text").code is ErrorCode.UNSUPPORTED_TYPE
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj <<")
    assert _refused(tmp_path / "cut.pdf").code is ErrorCode.CORRUPT
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    refusal = _refused(tmp_path / "cut.png")
    assert refusal.code is ErrorCode.CORRUPT
    assert str(tmp_path) not in refusal.message


def test_limits_are_named_with_the_figures(tmp_path: Path) -> None:
    path = _pdf(tmp_path / "a.pdf", pages=12)
    size = path.stat().st_size
    refusal = _refused(path, Limits(max_bytes=size - 1))
    assert refusal == Refusal(ErrorCode.TOO_LARGE, f"{size:,} bytes; the limit is {size - 1:,}.")
    assert _refused(path, Limits(max_pages=11)) == Refusal(ErrorCode.TOO_MANY_PAGES, "12 pages; the limit is 11.")
    frames = [Image.new("1", (10, 14), 1) for _ in range(4)]
    frames[0].save(tmp_path / "fax.tif", save_all=True, append_images=frames[1:])
    assert _refused(tmp_path / "fax.tif", Limits(max_pages=3)).code is ErrorCode.TOO_MANY_PAGES


def test_pixels_are_counted_before_they_are_decoded(tmp_path: Path) -> None:
    Image.effect_noise((400, 300), 50).save(tmp_path / "noise.png")
    refusal = _refused(tmp_path / "noise.png", Limits(max_pixels=100_000))
    assert refusal.code is ErrorCode.TOO_MANY_PIXELS
    assert refusal.message == "Page 1 has 400 x 300 = 120,000 pixels; the limit is 100,000."


def test_a_png_that_claims_to_unpack_to_gigabytes_is_a_bomb(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(data)
    refusal = _refused(tmp_path / "bomb.png")
    assert refusal.code is ErrorCode.DECOMPRESSION_BOMB
    assert "10,000,000,000 pixels" in refusal.message


def test_a_bmp_that_claims_a_thousand_million_pixels_is_a_bomb(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "bomb.bmp")
    data = bytearray((tmp_path / "bomb.bmp").read_bytes())
    struct.pack_into("<ii", data, 18, 40_000, 25_000)
    (tmp_path / "bomb.bmp").write_bytes(data)
    refusal = _refused(tmp_path / "bomb.bmp")
    assert refusal.code is ErrorCode.DECOMPRESSION_BOMB
    assert "1,000,000,000 pixels" in refusal.message


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_that_lies_about_its_size_is_refused_before_it_is_given_memory(tmp_path: Path, lossless: bool) -> None:
    still = Image.new("RGB", (8, 8), "red")
    path = tmp_path / "bomb.webp"
    if lossless:
        still.save(path, lossless=True)
        data = bytearray(path.read_bytes())
        assert data[12:16] == b"VP8L"
        struct.pack_into("<I", data, 21, 0x3FFF | 0x3FFF << 14)
    else:
        still.save(path, save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")])
        data = bytearray(path.read_bytes())
        assert data[12:16] == b"VP8X"
        data[24:30] = b"\xff\x3f\0\xff\x3f\0"
    path.write_bytes(data)
    refusal = _refused(path)
    assert refusal.code is ErrorCode.DECOMPRESSION_BOMB
    assert "16,384 x 16,384" in refusal.message


def test_a_webp_that_lies_within_the_limit_is_damaged_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "lie.webp"
    Image.new("RGB", (8, 8), "red").save(path)
    data = bytearray(path.read_bytes())
    assert data[12:16] == b"VP8 "
    struct.pack_into("<HH", data, 26, 5000, 5000)
    path.write_bytes(data)
    assert isinstance(inspect(path, Limits()), Intake | Refusal)
    refusal = rasterise(path, MediaType.WEBP, 1)
    assert isinstance(refusal, Refusal)
    assert refusal.code is ErrorCode.CORRUPT


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.95])
def test_a_heic_cut_short_is_damaged(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "cut.heic"
    pillow_heif.from_pillow(Image.effect_noise((200, 200), 50).convert("RGB")).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: max(32, int(len(data) * kept))])
    found = inspect(path, Limits())
    assert isinstance(found, Intake) or found.code is ErrorCode.CORRUPT
    refusal = rasterise(path, MediaType.HEIF, 1)
    assert isinstance(refusal, Refusal)
    assert refusal.code is ErrorCode.CORRUPT


def test_a_jpeg_of_endless_passes_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "slow.jpg"
    Image.effect_noise((64, 64), 50).save(path, progressive=True)
    assert _accepted(path).page_count == 1
    data = path.read_bytes()
    scan = data.rindex(b"\xff\xda")
    path.write_bytes(data[:-2] + data[scan:-2] * 200 + data[-2:])
    assert _refused(path).code is ErrorCode.DECOMPRESSION_BOMB


def test_a_tiff_whose_pages_run_in_a_circle_ends(tmp_path: Path) -> None:
    path = tmp_path / "loop.tif"
    Image.new("L", (4, 4)).save(path)
    data = bytearray(path.read_bytes())
    [start] = struct.unpack_from("<I", data, 4)
    [entries] = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * entries, start)
    path.write_bytes(data)
    assert _accepted(path).page_count == 1


def test_passwords(tmp_path: Path) -> None:
    aes = pymupdf.PDF_ENCRYPT_AES_256
    locked = _pdf(tmp_path / "user.pdf", encryption=aes, user_pw="u", owner_pw="o")
    assert _refused(locked).code is ErrorCode.ENCRYPTED
    restricted = _pdf(tmp_path / "owner.pdf", encryption=aes, owner_pw="o", permissions=0)
    assert _accepted(restricted).page_count == 1


@pytest.mark.parametrize(
    ("name", "data"), [("factur-x.xml", b"any"), ("ZUGFeRD-invoice.xml", b"any"), ("xrechnung.xml", b"any")]
)
def test_prescribed_names_are_an_einvoice(tmp_path: Path, name: str, data: bytes) -> None:
    path = _pdf(tmp_path / "a.pdf", attachments={"other.xml": _UBL, name: data})
    assert _accepted(path).einvoice_attachment == name
    assert read_attachment(path, name) == data


@pytest.mark.parametrize("data", [_CII, _UBL])
def test_other_names_count_by_their_root_element(tmp_path: Path, data: bytes) -> None:
    path = _pdf(tmp_path / "a.pdf", attachments={"readme.txt": b"x", "broken.xml": b"<a", "data.XML": data})
    assert _accepted(path).einvoice_attachment == "data.XML"
    assert read_attachment(path, "data.XML") == data


@pytest.mark.parametrize(
    "data", [b"<Order/>", b"", b"<!DOCTYPE Invoice [<!ENTITY a 'a'>]><Invoice>&a;</Invoice>", b"\xff\xfe\0"]
)
def test_other_xml_is_no_einvoice(tmp_path: Path, data: bytes) -> None:
    path = _pdf(tmp_path / "a.pdf", attachments={"data.xml": data or b" "})
    assert _accepted(path).einvoice_attachment is None


def test_attachments_that_cannot_be_had(tmp_path: Path) -> None:
    path = _pdf(tmp_path / "a.pdf", attachments={"factur-x.xml": bytes(5000)})
    assert read_attachment(path, "missing.xml") is None
    assert read_attachment(path, "factur-x.xml", max_bytes=4999) is None
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 rubbish")
    assert read_attachment(tmp_path / "broken.pdf", "factur-x.xml") is None


_HOSTILE = sorted(path for path in (_DATA / "hostile").glob("*/*") if path.is_file())


@pytest.mark.dataset
@pytest.mark.skipif(not _HOSTILE, reason="the development documents (shared/data) are not beside this checkout")
def test_every_hostile_file_is_accepted_or_refused_with_a_code() -> None:
    codes = {}
    for path in _HOSTILE:
        result = inspect(path, Limits())
        assert isinstance(result, Intake | Refusal), path.name
        codes[path.name] = result.code if isinstance(result, Refusal) else None
    assert codes["libreoffice-writer-password.pdf"] is ErrorCode.ENCRYPTED
    assert codes["enc-R3_V2_U_view_O_view.pdf"] is ErrorCode.ENCRYPTED
    assert codes["enc-XI-R6_V5_O_master.pdf"] is None
    assert codes["lorem_ipsum.docx"] is None
    assert codes["test-01.xlsx"] is ErrorCode.UNSUPPORTED_TYPE
    assert codes["source.odt"] is ErrorCode.UNSUPPORTED_TYPE
    assert codes["pages-loop.pdf"] in (None, ErrorCode.CORRUPT)
    assert ErrorCode.INTERNAL not in codes.values()
