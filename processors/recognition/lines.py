"""Reading the lines of one page, as a dialogue that knows nothing of threads, batches or networks.

:func:`read_lines` is a generator: it yields what it wants done (:class:`Detect`, :class:`Read`), is sent the answer,
and returns the lines. A worker answers each request at once (:func:`answer_all`); the microbatcher gathers the
requests of many pages into batches. Both so read a page alike.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from processors.recognition.crops import cut_out, is_blank, line_width, quad_length, to_line
from processors.recognition.engine import Character, ModelSize, OcrLine, Quad, TextDetector, TextRecognizer
from processors.recognition.pieces import pieces_of
from processors.recognition.second_look import wants_second_look

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

Effort = Literal["cascade", "small", "tiny"]
"""Which recogniser reads: one for every line, or ``tiny`` first and ``small`` for what it is unsure of or matters."""


@dataclass(frozen=True, slots=True, eq=False)
class Detect:
    """Wanted: the quads of the image's lines; see :class:`processors.recognition.engine.TextDetector`."""

    image: "RgbImage"


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Wanted: the characters of each line image by the recogniser ``model``, in the order given."""

    crops: "tuple[RgbImage, ...]"
    model: ModelSize


Request = Detect | Read
Answer = list[Quad] | list[list[Character]]
Dialogue = Generator[Request, Answer, list[OcrLine]]

_Reading = Generator[Request, Answer, dict[int, list[Character]]]
_Result = TypeVar("_Result")

_SAMPLE = 8  # lines
_HOPELESS = 0.7
"""Share of the sample's length. The tiny model takes a quarter of the small one's time, and is wasted on what is read
again. Of receipts, 84 % have more than this; of noisy and clean generated invoices, none to 12 %.
"""


@dataclass(frozen=True, slots=True)
class Models:
    """Loaded networks: what answers requests. ``name`` says what they are and what runs them, for the trail."""

    detector: TextDetector
    recognizers: Mapping[ModelSize, TextRecognizer]
    name: str


def read_lines(image: "RgbImage", effort: Effort = "cascade", most_lines: int | None = None) -> Dialogue:
    """The lines of ``image`` (height x width x 3, RGB, 0-255), top to bottom; lines without text are left out.

    With ``most_lines``, only that many of the longest lines are read: a cheap look at a page.
    """
    quads: list[Quad] = []
    for piece in pieces_of(*image.shape[:2]):
        found = cast("list[Quad]", (yield Detect(piece.cut(image))))
        quads += [quad for quad in map(piece.moved, found) if piece.owns(quad)]
    if not quads:
        return []
    if most_lines is not None:
        quads = sorted(quads, key=quad_length, reverse=True)[:most_lines]
    cut = [(quad, crop) for quad in quads if not is_blank(crop := cut_out(image, quad))]
    if not cut:
        return []
    quads, crops = [quad for quad, _ in cut], [crop for _, crop in cut]
    if effort == "cascade":
        read = yield from _read_twice(crops)
    else:
        read = yield from _read(crops, range(len(crops)), effort)
    lines = [to_line(quad, crop, read[index]) for index, (quad, crop) in enumerate(zip(quads, crops, strict=True))]
    return [line for line in lines if line is not None]


def _read_twice(crops: "Sequence[RgbImage]") -> _Reading:
    """Every line by the tiny model or, where that is unsure of it or it matters, by the small one.

    Where the tiny model is unsure of most of a sample of the page's lines, the others are not shown to it.
    """
    sample = _spread(len(crops))
    read = yield from _read(crops, sample, "tiny")
    again = [index for index in sample if wants_second_look(read[index], crops[index])]
    others = sorted(set(range(len(crops))) - set(sample))
    if _length(crops, again) > _HOPELESS * _length(crops, sample):
        again += others
    else:
        read |= yield from _read(crops, others, "tiny")
        again += [index for index in others if wants_second_look(read[index], crops[index])]
    read |= yield from _read(crops, sorted(again), "small")
    return read


def _spread(count: int) -> list[int]:
    """The indexes of a sample of so many lines, evenly over the page."""
    if count <= _SAMPLE:
        return list(range(count))
    return [(2 * place + 1) * count // (2 * _SAMPLE) for place in range(_SAMPLE)]


def _length(crops: "Sequence[RgbImage]", indexes: Sequence[int]) -> int:
    """What it costs to read the lines: how long they are together."""
    return sum(line_width(crops[index]) for index in indexes)


def _read(crops: "Sequence[RgbImage]", indexes: Sequence[int], model: ModelSize) -> _Reading:
    """What ``model`` reads in the lines at ``indexes``, by index; it is not asked for none."""
    if not indexes:
        return {}
    read = cast("list[list[Character]]", (yield Read(tuple(crops[index] for index in indexes), model)))
    return dict(zip(indexes, read, strict=True))


def answer_all(dialogue: Generator[Request, Answer, _Result], models: Models) -> _Result:
    """Runs ``dialogue`` to its end, answering each request at once."""
    request = next(dialogue)
    while True:
        try:
            request = dialogue.send(answer(request, models))
        except StopIteration as stop:
            result: _Result = stop.value
            return result


def answer(request: Request, models: Models) -> Answer:
    """What ``models`` say to one request."""
    if isinstance(request, Detect):
        [quads] = models.detector.detect([request.image])
        return quads
    return models.recognizers[request.model].read(request.crops)
