"""Pixels and points: sizes, caps, orientation, and the way back."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.recognition.raster import (
    MAX_PIXELS,
    PixelMap,
    Raster,
    image_page_sizes,
    rasterise,
    render_scale,
)


@given(
    st.floats(0.02, 2.0),
    st.floats(0.02, 2.0),
    st.floats(0, 5000),
    st.floats(0, 5000),
    st.floats(0, 500),
    st.floats(0, 500),
)
def test_points_to_pixels_and_back(sx: float, sy: float, x: float, y: float, width: float, height: float) -> None:
    pixel_map = PixelMap(sx, sy)
    box = Box(x, y, x + width, y + height)
    back = pixel_map.to_points(pixel_map.to_pixels(box))
    assert (back.x0, back.y0, back.x1, back.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1), abs=1e-6)


@given(st.floats(0.1, 20_000), st.floats(0.1, 20_000))
def test_rendering_keeps_the_cap_and_never_exceeds_300_dpi(width: float, height: float) -> None:
    scale = render_scale(width, height, MAX_PIXELS)
    assert 0 < scale <= 300 / 72
    assert width * scale * height * scale <= MAX_PIXELS * 1.001


def _pdf_with_mark(path: Path, width: float, height: float, mark: Box, rotation: int = 0) -> None:
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    page.draw_rect(pymupdf.Rect(mark.x0, mark.y0, mark.x1, mark.y1), color=(0, 0, 0), fill=(0, 0, 0), width=0)
    page.set_rotation(rotation)
    document.save(path)


def _dark(raster: Raster) -> Box:
    """The dark pixels' extent, in points."""
    rows, columns = np.nonzero(raster.image.mean(axis=2) < 128)
    return raster.pixel_map.to_points(
        Box(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
    )


@pytest.mark.parametrize("size", [(595.0, 842.0), (3370.0, 4768.0), (226.0, 2000.0)])
def test_a_mark_on_a_pdf_page_comes_back_within_a_point(tmp_path: Path, size: tuple[float, float]) -> None:
    mark = Box(100.3, 200.7, 180.1, 240.9)
    _pdf_with_mark(tmp_path / "page.pdf", *size, mark)
    raster = rasterise(tmp_path / "page.pdf", MediaType.PDF, 1)
    assert isinstance(raster, Raster)
    assert (raster.width, raster.height) == size
    assert raster.image.shape[0] * raster.image.shape[1] <= MAX_PIXELS * 1.001
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((mark.x0, mark.y0, mark.x1, mark.y1), abs=1)


def test_a_pdf_page_is_rendered_as_shown(tmp_path: Path) -> None:
    _pdf_with_mark(tmp_path / "page.pdf", 600, 800, Box(100, 200, 180, 240), rotation=90)
    raster = rasterise(tmp_path / "page.pdf", MediaType.PDF, 1)
    assert isinstance(raster, Raster)
    assert (raster.width, raster.height) == (800, 600)
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((560, 100, 600, 180), abs=1)


def _marked_image(width: int = 1000, height: int = 1400) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    image.paste("black", (100, 200, 300, 260))
    return image


def test_an_image_has_the_size_its_dpi_says(tmp_path: Path) -> None:
    _marked_image().save(tmp_path / "scan.png", dpi=(200, 200))
    raster = rasterise(tmp_path / "scan.png", MediaType.PNG, 1)
    assert isinstance(raster, Raster)
    assert (raster.width, raster.height) == pytest.approx((360, 504), abs=0.05)
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((36, 72, 108, 93.6), abs=0.2)


@pytest.mark.parametrize("dpi", [None, (1, 1), (20, 20), (9600, 9600)])
def test_without_a_believable_dpi_the_long_side_is_that_of_a4(tmp_path: Path, dpi: tuple[int, int] | None) -> None:
    _marked_image().save(tmp_path / "scan.png", **({"dpi": dpi} if dpi else {}))
    [size] = image_page_sizes(tmp_path / "scan.png", MediaType.PNG, 1, 1)
    assert size == pytest.approx((601.2, 841.68), abs=0.05)


def test_a_cameras_72_dpi_makes_no_poster(tmp_path: Path) -> None:
    Image.new("RGB", (3000, 4000), "white").save(tmp_path / "photo.jpg", dpi=(72, 72))
    [size] = image_page_sizes(tmp_path / "photo.jpg", MediaType.JPEG, 1, 1)
    assert size == pytest.approx((631.26, 841.68), abs=0.05)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    """A phone stores the sensor's pixels and says how to hold them; what is shown must be the same each time."""
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = _marked_image()
    for step in undo.get(orientation, []):
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.jpg"
    stored.save(path, exif=exif, dpi=(200, 200), quality=95)
    raster = rasterise(path, MediaType.JPEG, 1)
    assert isinstance(raster, Raster)
    assert (raster.width, raster.height) == pytest.approx((360, 504), abs=0.05)
    assert image_page_sizes(path, MediaType.JPEG, 1, 1) == [(raster.width, raster.height)]
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((36, 72, 108, 93.6), abs=1)


def test_a_large_image_is_scaled_to_the_cap_and_keeps_its_points(tmp_path: Path) -> None:
    _marked_image().save(tmp_path / "scan.jpg", dpi=(200, 200))
    raster = rasterise(tmp_path / "scan.jpg", MediaType.JPEG, 1, max_pixels=100_000)
    assert isinstance(raster, Raster)
    assert raster.image.shape[0] * raster.image.shape[1] <= 100_000
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((36, 72, 108, 93.6), abs=1.5)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb_on_white(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        samples = np.full((140, 100), 65535, dtype=np.uint16)
        samples[20:26, 10:30] = 0
        image = Image.fromarray(samples)
    elif mode in ("LA", "RGBA"):
        image = Image.new(mode, (100, 140))  # wholly transparent
        image.paste((0, 255) if mode == "LA" else (0, 0, 0, 255), (10, 20, 30, 26))
    else:
        image = Image.new("RGB", (100, 140), "white")
        image.paste("black", (10, 20, 30, 26))
        image = image.convert(mode)
    path = tmp_path / ("page.tif" if mode == "CMYK" else "page.png")
    image.save(path, dpi=(72, 72))
    raster = rasterise(path, MediaType.TIFF if mode == "CMYK" else MediaType.PNG, 1)
    assert isinstance(raster, Raster)
    assert raster.image.shape == (140, 100, 3)
    assert raster.image[0, 0].min() >= 250
    assert raster.image[22, 15].max() <= 60


def test_pages_of_a_group_4_tiff(tmp_path: Path) -> None:
    pages = [_marked_image().convert("1"), Image.new("1", (500, 700), 1)]
    path = tmp_path / "fax.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="group4", dpi=(200, 200))
    assert image_page_sizes(path, MediaType.TIFF, 1, 9) == [
        pytest.approx((360, 504), abs=0.05),
        pytest.approx((180, 252), abs=0.05),
    ]
    first, second = rasterise(path, MediaType.TIFF, 1), rasterise(path, MediaType.TIFF, 2)
    assert isinstance(first, Raster)
    assert isinstance(second, Raster)
    assert first.image.shape == (1400, 1000, 3)
    assert second.image.shape == (700, 500, 3)
    assert first.image[230, 200].max() == 0
    assert second.image.min() == 255


@pytest.mark.parametrize(
    ("mode", "compression", "more"),
    [
        ("1", "group3", {}),
        ("1", "group4", {}),
        ("L", "tiff_lzw", {}),
        ("RGB", "tiff_lzw", {}),
        ("RGB", "jpeg", {"quality": 95}),
        ("CMYK", "tiff_adobe_deflate", {}),
        ("P", "packbits", {}),
        ("I;16", "tiff_lzw", {}),
        ("F", "raw", {}),
    ],
)
def test_tiffs_of_all_kinds_have_several_pages(
    tmp_path: Path, mode: str, compression: str, more: dict[str, Any]
) -> None:
    page = _marked_image()
    if mode == "I;16":
        page = Image.fromarray(np.asarray(page.convert("L"), dtype=np.uint16) * 257)
    elif mode == "F":
        page = Image.fromarray(np.asarray(page.convert("L"), dtype=np.float32) / 255)
    else:
        page = page.convert(mode)
    path = tmp_path / "scan.tif"
    page.save(path, save_all=True, append_images=[page], compression=compression, dpi=(200, 200), **more)
    for number in (1, 2):
        raster = rasterise(path, MediaType.TIFF, number)
        assert isinstance(raster, Raster), raster
        assert raster.image[0, 0].min() >= 250
        found = _dark(raster)
        assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((36, 72, 108, 93.6), abs=0.5)
    assert len(image_page_sizes(path, MediaType.TIFF, 1, 9)) == 2


def _tiff(samples: bytes, tags: dict[int, tuple[int, int]]) -> bytes:
    """A little-endian TIFF of one image; ``tags`` are type (3: short, 4: long) and value."""
    tags = {**tags, 273: (4, 8), 279: (4, len(samples))} if 322 not in tags else tags
    entries = b"".join(
        struct.pack("<HHIHH", tag, kind, 1, value, 0) if kind == 3 else struct.pack("<HHII", tag, kind, 1, value)
        for tag, (kind, value) in sorted(tags.items())
    )
    return b"II*\0" + struct.pack("<I", 8 + len(samples)) + samples + struct.pack("<H", len(tags)) + entries + bytes(4)


def test_a_tiled_tiff(tmp_path: Path) -> None:
    tiles = np.full((2, 2, 16, 16), 255, dtype=np.uint8)
    tiles[1, 0] = 0
    offsets, counts = 8 + 1024, 8 + 1024 + 16
    lists = struct.pack("<4I", *(8 + 256 * n for n in range(4))) + struct.pack("<4I", *[256] * 4)
    samples = tiles.tobytes() + lists
    tags = {256: (3, 32), 257: (3, 32), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1), 322: (3, 16), 323: (3, 16)}
    data = bytearray(_tiff(samples, {**tags, 324: (4, offsets), 325: (4, counts)}))
    for tag in (324, 325):
        at = data.rindex(struct.pack("<HHI", tag, 4, 1))
        struct.pack_into("<I", data, at + 4, 4)
    (tmp_path / "tiled.tif").write_bytes(data)
    raster = rasterise(tmp_path / "tiled.tif", MediaType.TIFF, 1)
    assert isinstance(raster, Raster)
    assert [int(raster.image[y, x].mean()) for y, x in ((4, 4), (4, 20), (20, 4), (20, 20))] == [255, 255, 0, 255]


@pytest.mark.parametrize("white", [0, 65535])
def test_sixteen_bits_with_either_zero(tmp_path: Path, white: int) -> None:
    samples = np.full((20, 20), white, dtype="<u2")
    samples[5:10, 5:10] = 65535 - white
    tags = {
        256: (3, 20),
        257: (3, 20),
        258: (3, 16),
        259: (3, 1),
        262: (3, 1 if white else 0),
        277: (3, 1),
        278: (3, 20),
    }
    (tmp_path / "deep.tif").write_bytes(_tiff(samples.tobytes(), tags))
    raster = rasterise(tmp_path / "deep.tif", MediaType.TIFF, 1)
    assert isinstance(raster, Raster)
    assert (int(raster.image[0, 0].mean()), int(raster.image[7, 7].mean())) == (255, 0)


def test_a_fax_has_square_pixels_afterwards(tmp_path: Path) -> None:
    image = Image.new("1", (1728, 1078), 1)
    image.paste(0, (204, 98, 408, 196))
    image.save(tmp_path / "fax.tif", compression="group3", dpi=(204, 98))
    raster = rasterise(tmp_path / "fax.tif", MediaType.TIFF, 1)
    assert isinstance(raster, Raster)
    assert raster.pixel_map.x == pytest.approx(raster.pixel_map.y, rel=0.01)
    found = _dark(raster)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((72, 72, 144, 144), abs=1)


_STORED = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("media_type", [MediaType.PNG, MediaType.TIFF, MediaType.WEBP, MediaType.HEIF])
def test_every_type_that_carries_an_orientation_is_turned_once(
    tmp_path: Path, media_type: MediaType, orientation: int
) -> None:
    stored = _marked_image()
    for step in _STORED[orientation]:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo"
    if media_type is MediaType.HEIF:
        pillow_heif.from_pillow(stored).save(path, exif=exif.tobytes(), quality=90)
    elif media_type is MediaType.TIFF:
        stored.save(path, "TIFF", tiffinfo={274: orientation}, dpi=(200, 200))
    else:
        stored.save(path, media_type.name, exif=exif, quality=95)
    raster = rasterise(path, media_type, 1)
    assert isinstance(raster, Raster)
    assert image_page_sizes(path, media_type, 1, 1) == [(raster.width, raster.height)]
    assert raster.image.shape == (1400, 1000, 3)
    found = raster.pixel_map.to_pixels(_dark(raster))
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((100, 200, 300, 260), abs=2)


def test_sizes_of_a_png_come_without_decoding_it(tmp_path: Path) -> None:
    """The orientation may stand behind the pixels, which are damaged here."""
    exif = Image.Exif()
    exif[0x0112] = 6
    _marked_image().save(tmp_path / "a.png", exif=exif, dpi=(200, 200))
    data = bytearray((tmp_path / "a.png").read_bytes())
    start = data.index(b"eXIf") - 4
    chunk = data[start : start + 12 + int.from_bytes(data[start : start + 4], "big")]
    del data[start : start + len(chunk)]
    data[-12:-12] = chunk
    at = data.index(b"IDAT") + 20
    data[at : at + 40] = bytes(40)
    (tmp_path / "a.png").write_bytes(data)
    assert image_page_sizes(tmp_path / "a.png", MediaType.PNG, 1, 1) == [pytest.approx((504, 360), abs=0.05)]
    assert isinstance(rasterise(tmp_path / "a.png", MediaType.PNG, 1), Refusal)


@settings(max_examples=30)
@given(
    st.sampled_from([MediaType.PNG, MediaType.WEBP, MediaType.HEIF]),
    st.integers(0, 150),
    st.integers(0, 150),
    st.integers(0, 150),
    st.integers(0, 150),
    st.booleans(),
)
def test_a_transparent_margin_is_part_of_the_page(
    tmp_path_factory: pytest.TempPathFactory,
    media_type: MediaType,
    left: int,
    top: int,
    right: int,
    bottom: int,
    bare: bool,
) -> None:
    """What the margin hides (black, as editors leave it) is not seen, and the mark's place counts from its corner."""
    sheet = Image.new("RGBA", (left + 120 + right, top + 80 + bottom), (0, 0, 0, 0))
    sheet.paste((0, 0, 0, 0) if bare else (255, 255, 255, 255), (left, top, left + 120, top + 80))
    sheet.paste((0, 0, 0, 255), (left + 20, top + 30, left + 80, top + 50))
    path = tmp_path_factory.mktemp("clear") / "a"
    if media_type is MediaType.HEIF:
        pillow_heif.from_pillow(sheet).save(path, quality=100)
    elif media_type is MediaType.WEBP:
        sheet.save(path, "WEBP", lossless=True, exact=True)
    else:
        sheet.save(path, "PNG", dpi=(72, 72))
    raster = rasterise(path, media_type, 1)
    assert isinstance(raster, Raster)
    assert raster.image.shape == (sheet.height, sheet.width, 3)
    assert image_page_sizes(path, media_type, 1, 1) == [(raster.width, raster.height)]
    found = raster.pixel_map.to_pixels(_dark(raster))
    expected = (left + 20, top + 30, left + 80, top + 50)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx(
        expected, abs=1 if media_type is MediaType.HEIF else 0.01
    )


def test_of_an_animation_the_first_frame_counts_and_of_a_heic_the_primary_image(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    heic = pillow_heif.from_pillow(frames[0])
    heic.add_from_pillow(frames[1])
    heic.save(tmp_path / "a.heic", primary_index=1)
    webp, primary = rasterise(tmp_path / "a.webp", MediaType.WEBP, 1), rasterise(tmp_path / "a.heic", MediaType.HEIF, 1)
    assert isinstance(webp, Raster)
    assert isinstance(primary, Raster)
    assert webp.image[40, 30].argmax() == 0
    assert primary.image[40, 30].argmax() == 2
    assert isinstance(rasterise(tmp_path / "a.webp", MediaType.WEBP, 2), Refusal)


def test_damage_is_a_refusal(tmp_path: Path) -> None:
    _marked_image().save(tmp_path / "scan.jpg")
    data = (tmp_path / "scan.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "none.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    for name, media_type in (("cut.jpg", MediaType.JPEG), ("none.pdf", MediaType.PDF)):
        refusal = rasterise(tmp_path / name, media_type, 1)
        assert isinstance(refusal, Refusal)
        assert refusal.code is ErrorCode.CORRUPT


def test_a_turned_fax_keeps_its_resolutions(tmp_path: Path) -> None:
    Image.new("1", (1078, 1728), 1).save(tmp_path / "fax.tif", compression="group3", dpi=(98, 204), tiffinfo={274: 6})
    raster = rasterise(tmp_path / "fax.tif", MediaType.TIFF, 1)
    assert isinstance(raster, Raster)
    assert (raster.width, raster.height) == pytest.approx((1728 / 204 * 72, 1078 / 98 * 72), abs=0.05)
    assert image_page_sizes(tmp_path / "fax.tif", MediaType.TIFF, 1, 1) == [(raster.width, raster.height)]


def test_a_very_long_strip_is_scaled_to_what_can_be_warped(tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    Image.new("L", (40_000, 160), 255).save(path)
    raster = rasterise(path, MediaType.PNG, 1)
    assert isinstance(raster, Raster)
    assert raster.image.shape == (120, 30_000, 3)
    assert raster.pixel_map.x * 30_000 == pytest.approx(raster.width)
    assert render_scale(40_000.0, 150.0, 25_000_000) == 0.75
