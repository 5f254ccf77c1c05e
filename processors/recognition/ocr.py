"""Pages by OCR: from a file to a prepared image, from its lines to a page of words.

The two ends run in a worker's child process; between them the image is read by the models of that same process
(:func:`read_image`) or by the microbatcher.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from processors.document import Flat, Page, PageSource, SourceDecision
from processors.errors import Refusal
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.recognition.engine import Quad
from processors.recognition.lines import Effort
from processors.recognition.mixed import combine
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.preprocess.figures import PageFigures
from processors.recognition.preprocess.page_map import PageMap
from processors.recognition.preprocess.prepare import Prepared, flat_copy, prepare
from processors.recognition.quality import page_quality
from processors.recognition.raster import Raster, rasterise
from processors.recognition.structure.page import structure
from processors.recognition.structure.raster import raster_rulings
from processors.recognition.structure.rulings import Ruling
from processors.recognition.text_layer import NeedsOcr
from processors.recognition.upright import Reading, run_upright

if TYPE_CHECKING:
    from processors.recognition.networks import Device

_RULINGS_SIDE = 1754  # pixels: an A4 page at 150 DPI, where hairlines of 300 DPI scans survive as grey
_LOWEST_LINE_SCORE = 0.5  # PaddleOCR's pipeline drops lines below this too: drawings and logos read as text


@dataclass(frozen=True, slots=True)
class OcrPage:
    """All of a page that is to be read but its pixels: small and picklable.

    ``sure_of_turn`` says whether the image is known to lie the right way up. ``rulings`` are the straight lines that
    the page draws, in points where it is read: on the flat page if there is one, else as a viewer shows it.
    """

    wanted: NeedsOcr
    geometry: PageMap
    figures: PageFigures
    steps: tuple[str, ...]
    sure_of_turn: bool
    rulings: tuple[Ruling, ...]


def render_page(path: Path, media_type: MediaType, wanted: NeedsOcr) -> tuple[OcrPage, Prepared] | Refusal:
    """The page that ``wanted`` names of the file at ``path``, made ready to be read.

    Where only regions of it are wanted, the rest is blank. Refuses ``encrypted`` and ``corrupt`` files; raises
    ``MemoryError`` where memory runs out.
    """
    raster = rasterise(path, media_type, wanted.number)
    if isinstance(raster, Refusal):
        return raster
    if wanted.text is None:
        prepared = prepare(raster)
    else:
        # The text layer says which way up the page lies, and only a part of it is looked at.
        prepared = prepare(_only(raster, wanted.regions), classify_turn=None).turned(wanted.text.rotation)
    return (
        OcrPage(
            wanted,
            prepared.geometry,
            prepared.figures,
            prepared.steps,
            prepared.sure_of_turn,
            _rulings(raster, prepared, wanted),
        ),
        prepared,
    )


def read_image(prepared: Prepared, effort: Effort, device: "Device") -> Reading:
    """The lines of a prepared page, by models in this process (loaded and warmed up once: about 3 s)."""
    from processors.recognition.models import warm_models

    return run_upright(prepared.image, warm_models(effort, device), effort, sure=prepared.sure_of_turn)


def finish_page(page: OcrPage, reading: Reading, engine: str) -> Page:
    """The page from its lines; boxes are in points as a viewer shows the page."""
    geometry = page.geometry.turned(reading.turn)
    words = [word for line in reading.lines if line.confidence >= _LOWEST_LINE_SCORE for word in line.words]
    found = [FoundWord(word.text, _on_page(word.quad, geometry), word.confidence) for word in words]
    flat = None
    if not geometry.is_quarter_turn:
        flat = Flat(*geometry.flat_size, tuple(_around(geometry.to_flat(word.quad)) for word in words))
    number, size = page.wanted.number, geometry.viewer_size
    built = build_page(number, size, PageSource.OCR, engine, found, geometry.rotation, flat)
    done = replace(
        built,
        quality=page_quality(page.figures, built.words),
        decision=_with_steps(page.wanted.decision, page.steps),
    )
    if page.wanted.text is not None:
        done = combine(page.wanted.text, done, page.wanted.regions)
    return structure(done, page.rulings if reading.turn == 0 else ())


def _only(raster: Raster, regions: Sequence[Box]) -> Raster:
    """The raster with white paper outside of ``regions``."""
    import numpy as np

    image = np.full_like(raster.image, 255)
    height, width = image.shape[:2]
    for region in regions:
        box = raster.pixel_map.to_pixels(region)
        rows = slice(max(0, int(box.y0)), min(height, int(box.y1) + 1))
        columns = slice(max(0, int(box.x0)), min(width, int(box.x1) + 1))
        image[rows, columns] = raster.image[rows, columns]
    return replace(raster, image=image)


def _rulings(raster: Raster, prepared: Prepared, wanted: NeedsOcr) -> tuple[Ruling, ...]:
    """The lines that the page draws, where :func:`structure` wants them; of all of it, not of its regions alone."""
    if wanted.text is not None:
        return tuple(raster_rulings(raster.image, raster.pixel_map.x))
    geometry = prepared.geometry
    found = raster_rulings(*flat_copy(prepared, _RULINGS_SIDE))
    return tuple(_in_viewer(ruling, geometry) if geometry.is_quarter_turn else ruling for ruling in found)


def _in_viewer(ruling: Ruling, geometry: PageMap) -> Ruling:
    """A ruling of the flat page where a viewer shows it, on a page that lies flat but for a quarter turn."""
    scale = geometry.scale[0]
    x0, y0, x1, y1 = (value / scale for value in (ruling.x0, ruling.y0, ruling.x1, ruling.y1))
    (ax, ay), _, (bx, by), _ = geometry.to_viewer(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    if abs(bx - ax) >= abs(by - ay):
        return Ruling(min(ax, bx), (ay + by) / 2, max(ax, bx), (ay + by) / 2)
    return Ruling((ax + bx) / 2, min(ay, by), (ax + bx) / 2, max(ay, by))


def _on_page(quad: Quad, geometry: PageMap) -> Box:
    """The part of the quad's box that lies within the page."""
    width, height = geometry.viewer_size
    box = _around(geometry.to_viewer(quad))
    x0, y0 = min(width, max(0.0, box.x0)), min(height, max(0.0, box.y0))
    return Box(x0, y0, min(width, max(x0, box.x1)), min(height, max(y0, box.y1)))


def _around(quad: Quad) -> Box:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _with_steps(decision: SourceDecision, steps: tuple[str, ...]) -> SourceDecision:
    return replace(decision, reason="; ".join((decision.reason, *steps)))


def ocr_page(
    path: Path, media_type: MediaType, wanted: NeedsOcr, *, effort: Effort, device: "Device"
) -> Page | Refusal:
    """The page that ``wanted`` names, from file to words in this process. Refuses and raises as :func:`render_page`."""
    from processors.recognition.models import engine_name

    rendered = render_page(path, media_type, wanted)
    if isinstance(rendered, Refusal):
        return rendered
    page, prepared = rendered
    return finish_page(page, read_image(prepared, effort, device), engine_name(effort, device))
