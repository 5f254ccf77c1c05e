"""What each step of preprocessing buys: character error rates with and without it, on damaged generated invoices.

    python -m fieldtrail.benchmarks.preprocessing [--documents 4] [--model tiny] [--json]

Every invoice is damaged in one way at a time and read as it is and prepared, both by one engine in one run. The last
column is the share of words whose box, mapped back to the page, lies within 3 points of the printed one. A few minutes
on one core with the defaults.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from fieldtrail.benchmarks.documents import Sheet, TruthWord, text_layer
from fieldtrail.benchmarks.metrics import Item, Score, score
from processors.recognition.engine import ModelSize, Quad
from processors.recognition.lines import Models, answer_all, read_lines
from processors.recognition.models import load_models
from processors.recognition.networks import pick_device
from processors.recognition.preprocess import PageFigures, PageMap, Prepared, prepare
from processors.recognition.preprocess.page_map import quarter_turn, rotation_about, scaling, shift
from processors.recognition.raster import PixelMap, Raster
from processors.synthesis import invoice_stream
from processors.synthesis.degrade import rasterise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage
    from processors.recognition.preprocess.page_map import Matrix

_POINTS_PER_INCH = 72
_DPI = 200
_LEAST_CONFIDENCE = 0.5  # of a line, as in the product
_UPRIGHT_AFFINE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Damaged:
    """An image and the matrix from pixels of the clean page to its own."""

    image: "RgbImage"
    matrix: "Matrix"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of damage: error rates in per cent as it is and prepared, share of words placed, seconds to prepare."""

    damage: str
    as_it_is: float
    prepared: float
    placed: float
    seconds: float
    steps: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmark and prints its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=4)
    parser.add_argument("--model", choices=("tiny", "small"), default="tiny")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--only", help="damages whose name contains this")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args(arguments)
    rows = list(measure(cast(ModelSize, options.model), options.documents, options.seed, options.only or ""))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))  # noqa: T201
        return
    print(_table(rows))  # noqa: T201


def _table(rows: Sequence[Row]) -> str:
    lines = [f"{'damage':<24}{'as it is':>10}{'prepared':>10}{'boxes':>8}{'ms':>6}  steps"]
    for row in rows:
        figures = f"{row.as_it_is:>9.2f}%{row.prepared:>9.2f}%{row.placed:>8.1%}{1000 * row.seconds:>6.0f}"
        lines.append(f"{row.damage:<24}{figures}  {', '.join(row.steps) or '-'}")
    return "\n".join(lines)


def measure(model: ModelSize, documents: int, seed: int, only: str = "") -> Iterator[Row]:
    """One row for each damage whose name contains ``only``."""
    models = load_models(model, pick_device("cpu"))
    invoices = invoice_stream(seed)
    pages = [_page(next(invoices)[0]) for _ in range(documents)]
    for name, hurt in DAMAGES.items():
        if only not in name:
            continue
        rng = np.random.default_rng(seed)
        before, after, seconds = Score(), Score(), 0.0
        steps: dict[str, None] = {}
        for image, words in pages:
            damaged = hurt(image, rng)
            before += _score(damaged, words, models, _as_it_is(damaged.image))
            started = time.perf_counter()
            ready = prepare(_raster(damaged.image))
            seconds += time.perf_counter() - started
            steps.update(dict.fromkeys(step.split()[0] for step in ready.steps))
            after += _score(damaged, words, models, ready)
        as_it_is, prepared = (100 * (part.error_rate or 0.0) for part in (before, after))
        yield Row(name, as_it_is, prepared, after.placed_share or 0.0, seconds / documents, tuple(steps))


def _page(pdf: bytes) -> "tuple[RgbImage, tuple[TruthWord, ...]]":
    return np.ascontiguousarray(rasterise(pdf, _DPI, color=True)[0]), text_layer(pdf)


def _raster(image: "RgbImage") -> Raster:
    scale = _POINTS_PER_INCH / _DPI
    return Raster(image, image.shape[1] * scale, image.shape[0] * scale, PixelMap(scale, scale))


def _as_it_is(image: "RgbImage") -> Prepared:
    height, width = image.shape[:2]
    scale = _POINTS_PER_INCH / _DPI
    geometry = PageMap(0, (width * scale, height * scale), (width, height), (scale, scale))
    return Prepared(image, geometry, PageFigures(_DPI, 0.0))


def _score(damaged: Damaged, words: tuple[TruthWord, ...], models: Models, ready: Prepared) -> Score:
    """The reading of ``ready``, its boxes taken to the viewer's page and from there to the clean one."""
    scale = _POINTS_PER_INCH / _DPI
    [effort] = models.recognizers
    back = scaling(scale, scale) @ np.linalg.inv(damaged.matrix) @ scaling(1 / scale, 1 / scale)
    items = [
        Item(word.text, _mapped(ready.geometry.to_viewer(word.quad), back))
        for line in answer_all(read_lines(ready.image, effort), models)
        if line.confidence >= _LEAST_CONFIDENCE
        for word in line.words
    ]
    return score(Sheet("", "", "", damaged.image, _DPI, _UPRIGHT_AFFINE, words), items)


def _mapped(quad: Quad, matrix: "Matrix") -> Quad:
    first, second, third, fourth = (matrix @ (x, y, 1.0) for x, y in quad)
    return _point(first), _point(second), _point(third), _point(fourth)


def _point(vector: "NDArray[np.float64]") -> tuple[float, float]:
    return float(vector[0] / vector[2]), float(vector[1] / vector[2])


Rng = np.random.Generator


def _same(image: "RgbImage", _rng: Rng) -> Damaged:
    return Damaged(image, np.eye(3))


def _turned(image: "RgbImage", _rng: Rng, turn: int) -> Damaged:
    turned = np.ascontiguousarray(np.rot90(image, -turn // 90))
    return Damaged(turned, quarter_turn(turn, image.shape[1], image.shape[0]))


def _skewed(image: "RgbImage", _rng: Rng, degrees: float) -> Damaged:
    matrix, size = rotation_about(degrees, image.shape[1], image.shape[0])
    return Damaged(_warp(image, matrix, size, 252), matrix)


def _skewed_on_end(image: "RgbImage", rng: Rng, degrees: float) -> Damaged:
    skewed = _skewed(image, rng, degrees)
    turned = _turned(skewed.image, rng, 90)
    return Damaged(turned.image, turned.matrix @ skewed.matrix)


def _shadowed(image: "RgbImage", rng: Rng, depth: float) -> Damaged:
    """A shadow across the page's lower right, with a soft edge."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    beyond = (0.7 * columns / width + 0.6 * rows / height - 0.65) / 0.03
    light = 1 - depth / (1 + np.exp(-beyond))
    return Damaged(_noise(image * light[..., None], rng, 3), np.eye(3))


def _faint(image: "RgbImage", rng: Rng, ink: float) -> Damaged:
    """Ink ``ink`` grey levels darker than paper."""
    return Damaged(_noise(250 - (255.0 - image) * (ink / 255), rng, 2), np.eye(3))


def _faint_in_shadow(image: "RgbImage", rng: Rng) -> Damaged:
    return _shadowed(_faint(image, rng, 60).image, rng, 0.6)


def _speckled(image: "RgbImage", rng: Rng, share: float) -> Damaged:
    worn = image.copy()
    dirt = rng.random(image.shape[:2])
    worn[dirt < share / 2] = 0
    worn[dirt > 1 - share / 2] = 255
    return Damaged(worn, np.eye(3))


def _noisy(image: "RgbImage", rng: Rng) -> Damaged:
    return Damaged(_noise(image.astype(float), rng, 25), np.eye(3))


def _blurred(image: "RgbImage", rng: Rng, deviation: float) -> Damaged:
    import cv2

    return Damaged(_noise(np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), float), rng, 2), np.eye(3))


def _photographed(image: "RgbImage", rng: Rng, tilt: float) -> Damaged:
    """The page seen from aside on a darker table, its picture larger than the page."""
    import cv2

    height, width = image.shape[:2]
    margin = 0.12
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners + np.array([[1, 0.3], [-1, 0], [0.2, -0.4], [-0.3, 0.1]]) * np.array([width, height]) * tilt
    seen = (seen + np.array([width, height]) * margin).astype(np.float32)
    matrix = np.asarray(cv2.getPerspectiveTransform(corners, seen), float)
    size = (round(width * (1 + 2 * margin)), round(height * (1 + 2 * margin)))
    table = np.clip(rng.normal(110, 8, (size[1] // 8 + 1, size[0] // 8 + 1)), 0, 255).astype(np.uint8)
    ground = cv2.resize(table, size, interpolation=cv2.INTER_CUBIC)
    page = _warp(image, matrix, size, 0)
    covered = _warp(np.full((height, width), 255, np.uint8), matrix, size, 0)[..., None] / 255
    picture = page * covered * (240 / 255) + ground[..., None] * (1 - covered)
    return Damaged(_noise(picture, rng, 4), matrix)


def _noise(image: "NDArray[np.floating]", rng: Rng, deviation: float) -> "RgbImage":
    grain = rng.normal(0, deviation, (*image.shape[:2], 1))
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def _warp(image: "NDArray[np.uint8]", matrix: "Matrix", size: tuple[int, int], border: int) -> "RgbImage":
    import cv2

    middles = shift(-0.5, -0.5) @ matrix @ shift(0.5, 0.5)
    warped = cv2.warpPerspective(image, middles, size, flags=cv2.INTER_CUBIC, borderValue=(border,) * 3)
    return np.asarray(warped, dtype=np.uint8)


DAMAGES: "dict[str, Callable[[RgbImage, Rng], Damaged]]" = {
    "none": _same,
    "turned 90": partial(_turned, turn=90),
    "turned 180": partial(_turned, turn=180),
    "turned 270": partial(_turned, turn=270),
    "skewed 1": partial(_skewed, degrees=1.0),
    "skewed -5": partial(_skewed, degrees=-5.0),
    "skewed 14": partial(_skewed, degrees=14.0),
    "skewed -5, turned 90": partial(_skewed_on_end, degrees=-5.0),
    "shadow 60 %": partial(_shadowed, depth=0.6),
    "shadow 85 %": partial(_shadowed, depth=0.85),
    "faint 40/255": partial(_faint, ink=40),
    "faint 20/255": partial(_faint, ink=20),
    "faint 60/255, shadow": _faint_in_shadow,
    "specks 1 %": partial(_speckled, share=0.01),
    "specks 5 %": partial(_speckled, share=0.05),
    "noise 25": _noisy,
    "blur 1.5 px": partial(_blurred, deviation=1.5),
    "blur 2 px": partial(_blurred, deviation=2.0),
    "blur 3 px": partial(_blurred, deviation=3.0),
    "photo, tilted a little": partial(_photographed, tilt=0.03),
    "photo, tilted": partial(_photographed, tilt=0.08),
}
"""Name and maker of each damage."""


if __name__ == "__main__":
    main()
