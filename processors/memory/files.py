"""Layouts and sketches as JSON: what the operational database and the object store keep."""

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Field,
    FieldType,
    FieldValue,
    canonical_text,
)
from processors.geometry import Box
from processors.memory.combine import Outcome, Verdict
from processors.memory.model import Label, Layout, LayoutSketch, Lesson, Mark, Place, SketchPage, StableWord

FORMAT, VERSION = "fieldtrail.memory", 1
_COUNTS = ("documents", "persons", "rules", "against_reader", "wrong")


@dataclass(frozen=True)  # no slots: see processors.fields
class Trace:
    """What extraction keeps of one pass over a document, for learning and for explaining.

    ``fields`` are the header fields as the other readers read them. ``layout`` is the one that the memory read it by,
    as it was then (``None``: it knew none); ``verdicts`` what came of every value.
    """

    sketch: LayoutSketch
    fields: tuple[Field, ...] = ()
    layout: Layout | None = None
    verdicts: tuple[Verdict, ...] = ()


def encode_trace(trace: Trace) -> bytes:
    """The trace as gzipped JSON; the bytes depend on it alone."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "sketch": {
            "document_type": trace.sketch.document_type,
            "scanned": trace.sketch.scanned,
            "pages": [_encode_page(page) for page in trace.sketch.pages],
        },
        "fields": [_encode_field(field) for field in trace.fields],
        "layout": None if trace.layout is None else layout_to_json(trace.layout),
        "verdicts": [asdict(verdict) for verdict in trace.verdicts],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=6, mtime=0)


def decode_trace(data: bytes) -> Trace:
    """What :func:`encode_trace` wrote. Raises ``ValueError`` where ``data`` is nothing such."""
    try:
        content = json.loads(gzip.decompress(data).decode("utf-8", "surrogatepass"))
        known = (content["format"], content["version"]) == (FORMAT, VERSION)
        trace = _trace(content) if known else None
    except (ValueError, InvalidOperation, OSError, EOFError, KeyError, TypeError, IndexError, zlib.error) as error:
        raise ValueError(f"not a trace of the memory: {error}") from error
    if trace is None:
        raise ValueError(f"not a trace of the memory in version {VERSION}")
    return trace


def _trace(content: dict[str, Any]) -> Trace:
    drawn = content["sketch"]
    pages = tuple(_decode_page(page) for page in drawn["pages"])
    return Trace(
        LayoutSketch(drawn["document_type"], drawn["scanned"], pages),
        tuple(_decode_field(field) for field in content["fields"]),
        None if content["layout"] is None else layout_from_json(content["layout"]),
        tuple(Verdict(**{**item, "outcome": Outcome(item["outcome"])}) for item in content["verdicts"]),
    )


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """The layout as JSON has it; boxes are lists of four."""
    return {
        "layout_id": layout.layout_id,
        "document_type": layout.document_type,
        "vendor": layout.vendor,
        "revision": layout.revision,
        "documents": layout.documents,
        "day_first": list(layout.day_first),
        "point": list(layout.point),
        "words": [[word.key, word.page, word.seen, *_corners(word.box)] for word in layout.words],
        "lessons": [_encode_lesson(lesson) for lesson in layout.lessons.values()],
    }


def layout_from_json(content: dict[str, Any]) -> Layout:
    """What :func:`layout_to_json` made. Raises ``KeyError``, ``TypeError`` or ``ValueError`` on anything else."""
    lessons = [_decode_lesson(lesson) for lesson in content["lessons"]]
    return Layout(
        layout_id=content["layout_id"],
        document_type=content["document_type"],
        vendor=content["vendor"],
        revision=content["revision"],
        documents=content["documents"],
        words=tuple(StableWord(key, page, Box(*box), seen) for key, page, seen, *box in content["words"]),
        lessons={lesson.name: lesson for lesson in lessons},
        day_first=(content["day_first"][0], content["day_first"][1]),
        point=(content["point"][0], content["point"][1]),
    )


def _encode_lesson(lesson: Lesson) -> dict[str, Any]:
    place, label = lesson.place, lesson.place.label
    return {
        **{name: getattr(lesson, name) for name in ("name", "type", *_COUNTS)},
        "shapes": list(lesson.shapes),
        "text": list(lesson.text),
        "readers": list(lesson.readers),
        "place": {
            **{name: getattr(place, name) for name in ("page", "words", "rows", "to_start", "to_end")},
            "box": _corners(place.box),
            "label": None if label is None else {**asdict(label), "keys": list(label.keys)},
        },
    }


def _decode_lesson(content: dict[str, Any]) -> Lesson:
    place = content["place"]
    label = place["label"]
    return Lesson(
        **{
            **content,
            "type": FieldType(content["type"]),
            "shapes": tuple(content["shapes"]),
            "text": tuple(content["text"]),
            "readers": tuple(content["readers"]),
            "place": Place(
                **{
                    **place,
                    "box": Box(*place["box"]),
                    "label": None if label is None else Label(**{**label, "keys": tuple(label["keys"])}),
                }
            ),
        }
    )


def _encode_field(field: Field) -> dict[str, Any]:
    """What learning needs of a field: its value, its words, its reader."""
    cited = [item for item in field.evidence if item.page is not None]
    return {
        "name": field.name,
        "type": field.type,
        "value": canonical_text(field.value, field.type),
        "raw_text": field.raw_text,
        "words": [[item.page, list(item.word_ids)] for item in cited],
        "score": field.confidence.reader,
        "reader": field.reader,
        "reader_version": field.reader_version,
    }


def _decode_field(content: dict[str, Any]) -> Field:
    kind, text = FieldType(content["type"]), content["value"]
    value: FieldValue | None = text
    if text is not None and kind is FieldType.DATE:
        value = date.fromisoformat(text)
    elif text is not None and kind in (FieldType.MONEY, FieldType.NUMBER, FieldType.RATE):
        value = Decimal(text)
    evidence = tuple(Evidence(EvidenceSource.PAGE, page, word_ids=tuple(ids)) for page, ids in content["words"])
    confidence = Confidence(content["score"] or 0.0, reader=content["score"])
    named = (content["reader"], content["reader_version"])
    return Field(content["name"], kind, value, content["raw_text"], evidence, confidence, *named)


def _corners(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]


def _encode_page(page: SketchPage) -> dict[str, Any]:
    marks = page.marks
    return {
        "number": page.number,
        "which": page.which,
        "id": [mark.id for mark in marks],
        "key": [mark.key for mark in marks],
        "row": [mark.row for mark in marks],
        "segment": [mark.segment for mark in marks],
        **{edge: [round(getattr(mark.box, edge) * 10_000) for mark in marks] for edge in ("x0", "y0", "x1", "y1")},
    }


def _decode_page(content: dict[str, Any]) -> SketchPage:
    edges: Sequence[Sequence[int]] = [content[edge] for edge in ("x0", "y0", "x1", "y1")]
    columns = (content[name] for name in ("id", "key", "row", "segment"))
    marks = tuple(
        Mark(number, key, row, segment, Box(x0 / 10_000, y0 / 10_000, x1 / 10_000, y1 / 10_000))
        for number, key, row, segment, x0, y0, x1, y1 in zip(*columns, *edges, strict=True)
    )
    return SketchPage(content["number"], content["which"], marks)
