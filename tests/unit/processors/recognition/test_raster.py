"""Pixels and points: sizes, caps, orientation, and the way back."""

from pathlib import Path

import numpy as np
import pymupdf
import pytest
from hypothesis import given
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


def test_damage_is_a_refusal(tmp_path: Path) -> None:
    _marked_image().save(tmp_path / "scan.jpg")
    data = (tmp_path / "scan.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "none.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    for name, media_type in (("cut.jpg", MediaType.JPEG), ("none.pdf", MediaType.PDF)):
        refusal = rasterise(tmp_path / name, media_type, 1)
        assert isinstance(refusal, Refusal)
        assert refusal.code is ErrorCode.CORRUPT
