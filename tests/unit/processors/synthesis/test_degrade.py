"""Scans: sizes, turns and skews are what was asked, and a seed repeats."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from processors.geometry import Box
from processors.synthesis.canvas import Canvas
from processors.synthesis.degrade import Damage, damage, fax, jpeg, png, rasterise


def page() -> bytes:
    """Two pages of 200 x 100 points with a black bar near the top left."""
    canvas = Canvas(200, 100)
    canvas.rect(Box(20, 10, 120, 14), fill=(0, 0, 0))
    canvas.begin_page()
    return canvas.finish().pdf


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(image < 128)
    return float(columns.mean()), float(rows.mean())


def test_rasterise_sizes() -> None:
    grey = rasterise(page(), 144)
    assert [image.shape for image in grey] == [(200, 400), (200, 400)]
    assert rasterise(page(), 72, color=True)[0].shape == (100, 200, 3)
    assert centroid(grey[0]) == (pytest.approx(139.5, abs=1), pytest.approx(23.5, abs=1))


@pytest.mark.parametrize(("turn", "spot"), [(0, (140, 24)), (90, (176, 140)), (180, (260, 176)), (270, (24, 260))])
def test_turn_is_clockwise(turn: int, spot: tuple[float, float]) -> None:
    image = damage(rasterise(page(), 144)[0], Damage(turn=turn), 1)
    assert image.shape == ((200, 400) if turn in (0, 180) else (400, 200))
    assert centroid(image) == (pytest.approx(spot[0], abs=1.5), pytest.approx(spot[1], abs=1.5))


def test_turn_by_another_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="not 45"):
        damage(rasterise(page(), 72)[0], Damage(turn=45), 1)


def test_skew_is_counter_clockwise_by_degrees() -> None:
    image = damage(rasterise(page(), 144)[0], Damage(skew=2), 1)
    rows, columns = np.nonzero(image < 128)
    slope = np.polyfit(columns, rows, 1)[0]
    assert np.degrees(np.arctan(-slope)) == pytest.approx(2, abs=0.1)


def test_noise_repeats_by_seed() -> None:
    image, worn = rasterise(page(), 72)[0], Damage(noise=5, specks=0.001)
    assert np.array_equal(damage(image, worn, 1), damage(image, worn, 1))
    assert not np.array_equal(damage(image, worn, 1), damage(image, worn, 2))


def test_shadow_darkens_the_lower_right() -> None:
    image = damage(rasterise(page(), 72)[1], Damage(shadow=0.3), 1)
    assert image[0, 0] == 250
    assert image[-1, -1] == pytest.approx(250 * 0.7, abs=2)


def test_files_state_their_resolution() -> None:
    image = rasterise(page(), 150)[0]
    for data, kind in ((png(image, 150), "PNG"), (jpeg(image, 150), "JPEG")):
        with Image.open(BytesIO(data)) as picture:
            assert picture.format == kind
            assert picture.size == (image.shape[1], image.shape[0])
            assert [round(value) for value in picture.info["dpi"]] == [150, 150]


def test_fax_is_group_4_with_all_pages() -> None:
    with Image.open(BytesIO(fax(rasterise(page(), 200), 200))) as picture:
        assert (picture.format, picture.mode, getattr(picture, "n_frames", 1)) == ("TIFF", "1", 2)
        assert picture.info["compression"] == "group4"
        assert picture.info["dpi"] == (200, 200)
