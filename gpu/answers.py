"""The server's answer to one page, as JSON or as Avro (``schemas/ocr_lines.avsc``), and back. Both are exact."""

import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from processors.recognition.engine import OcrLine, OcrWord, Quad

JSON = "application/json"
AVRO = "avro/binary"
"""The media type that Avro's specification names for bare binary data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page's lines, what read them, and the size in pixels of the image as it came.

    The lines lie in pixels of the image turned clockwise by ``turn`` degrees, 0 unless a turn was asked for.
    """

    engine: str
    width: int
    height: int
    lines: tuple[OcrLine, ...]
    turn: int = 0


def encode_answer(answer: Answer, media_type: str) -> bytes:
    """``answer`` as ``media_type``, :data:`JSON` or :data:`AVRO`."""
    content = {
        "engine": answer.engine,
        "width": answer.width,
        "height": answer.height,
        "turn": answer.turn,
        "lines": [_line_content(line) for line in answer.lines],
    }
    if media_type == JSON:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    import fastavro

    out = io.BytesIO()
    fastavro.schemaless_writer(out, _schema(), content)
    return out.getvalue()


def decode_answer(data: bytes, media_type: str) -> Answer:
    """The answer that :func:`encode_answer` wrote. Raises ``ValueError`` where ``data`` is something else."""
    try:
        content = json.loads(data) if media_type == JSON else _read_avro(data)
        return Answer(
            content["engine"],
            content["width"],
            content["height"],
            tuple(
                OcrLine(
                    tuple(OcrWord(word["text"], _quad(word["quad"]), word["confidence"]) for word in line["words"]),
                    _quad(line["quad"]),
                    line["confidence"],
                )
                for line in content["lines"]
            ),
            content["turn"],
        )
    except (LookupError, TypeError, EOFError, UnicodeDecodeError, OverflowError) as error:
        raise ValueError(f"not an OCR answer: {error!r}") from error


def schema_text() -> str:
    """The Avro schema, as JSON."""
    return (Path(__file__).parent / "schemas" / "ocr_lines.avsc").read_text(encoding="utf-8")


@cache
def _schema() -> Any:
    import fastavro

    return fastavro.parse_schema(json.loads(schema_text()))


def _read_avro(data: bytes) -> Any:
    import fastavro

    return fastavro.schemaless_reader(io.BytesIO(data), _schema(), None)


def _line_content(line: OcrLine) -> dict[str, Any]:
    words = [{"text": word.text, "confidence": word.confidence, "quad": _flat(word.quad)} for word in line.words]
    return {"text": line.text, "confidence": line.confidence, "quad": _flat(line.quad), "words": words}


def _flat(quad: Quad) -> list[float]:
    return [coordinate for point in quad for coordinate in point]


def _quad(flat: list[float]) -> Quad:
    x0, y0, x1, y1, x2, y2, x3, y3 = flat
    return (x0, y0), (x1, y1), (x2, y2), (x3, y3)
