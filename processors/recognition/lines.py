"""Reading the lines of one page, as a dialogue that knows nothing of threads, batches or networks.

:func:`read_lines` is a generator: it yields what it wants done (:class:`Detect`, :class:`Read`), is sent the answer,
and returns the lines. A worker answers each request at once (:func:`answer_all`); the microbatcher gathers the
requests of many pages into batches. Both so read a page alike.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from processors.recognition.crops import cut_out, is_blank, quad_length, to_line
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

_Result = TypeVar("_Result")


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
    first: ModelSize = "small" if effort == "small" else "tiny"
    read = cast("list[list[Character]]", (yield Read(tuple(crops), first)))
    if effort == "cascade":
        again = [index for index, characters in enumerate(read) if wants_second_look(characters, crops[index])]
        if again:
            better = cast("list[list[Character]]", (yield Read(tuple(crops[index] for index in again), "small")))
            for index, characters in zip(again, better, strict=True):
                read[index] = characters
    lines = [to_line(quad, crop, characters) for quad, crop, characters in zip(quads, crops, read, strict=True)]
    return [line for line in lines if line is not None]


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
