"""A page's words as a file: what the object store keeps between recognition and extraction.

Gzip around JSON with one array per column, so that a page of 500 words is about 6 KB and any language reads it.
Coordinates are whole hundredths of a point, confidences whole ten-thousandths. The bytes depend on the page alone
(no time stamp), so equal pages have equal hashes. What a page does not have (tables, a flat page, figures of quality)
is left out.
"""

import gzip
import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from processors.document import (
    Block,
    BlockKind,
    Cell,
    Flat,
    Line,
    Page,
    PageQuality,
    PageSource,
    SourceDecision,
    Table,
    Word,
)
from processors.geometry import Box

FORMAT = "fieldtrail.words"
VERSION = 1
_MAX_BYTES = 256 * 1024 * 1024


def encode_page(page: Page) -> bytes:
    """The page as bytes. Exact for pages of :func:`processors.recognition.pages.build_page`; else rounded as there."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "number": page.number,
        "size": [_hundredths(page.width), _hundredths(page.height)],
        "source": page.source.value,
        "engine": page.engine,
        "rotation": page.rotation,
        "words": {
            "text": [word.text for word in page.words],
            "confidence": [round(word.confidence * 10_000) for word in page.words],
            **_encode_boxes([word.box for word in page.words]),
        },
        "lines": {
            "words": [list(line.words) for line in page.lines],
            **_encode_boxes([line.box for line in page.lines]),
        },
        "blocks": {
            "lines": [list(block.lines) for block in page.blocks],
            "kind": [block.kind.value for block in page.blocks],
            **_encode_boxes([block.box for block in page.blocks]),
        },
        **_encode_extras(page),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=6, mtime=0)


def _encode_extras(page: Page) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if page.tables:
        extras["tables"] = [_encode_table(table) for table in page.tables]
    if page.flat is not None:
        size = [_hundredths(page.flat.width), _hundredths(page.flat.height)]
        extras["flat"] = {"size": size, **_encode_boxes(page.flat.boxes)}
    if page.quality is not None:
        extras["quality"] = {name: value for name, value in asdict(page.quality).items() if value is not None}
    if page.decision is not None:
        extras["decision"] = {"reason": page.decision.reason, "figures": dict(page.decision.figures)}
    return extras


def _encode_table(table: Table) -> dict[str, Any]:
    return {
        "size": [table.rows, table.columns],
        "box": _encode_boxes([table.box]),
        "cells": {
            "row": [cell.row for cell in table.cells],
            "column": [cell.column for cell in table.cells],
            "row_span": [cell.row_span for cell in table.cells],
            "column_span": [cell.column_span for cell in table.cells],
            "heading": [cell.heading for cell in table.cells],
            "words": [list(cell.words) for cell in table.cells],
            **_encode_boxes([cell.box for cell in table.cells]),
        },
    }


def decode_page(data: bytes) -> Page:
    """The page that :func:`encode_page` wrote. Raises ``ValueError`` where ``data`` is not such a file."""
    try:
        content = json.loads(_decompress(data).decode("utf-8", "surrogatepass"))
        if content["format"] != FORMAT or content["version"] != VERSION:
            raise ValueError(f"format {content['format']!r} version {content['version']!r} is not {FORMAT} {VERSION}")
        return _page(content)
    except (OSError, EOFError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a words file: {error}") from error


def _decompress(data: bytes) -> bytes:
    """Whole content, at most ``_MAX_BYTES``: a larger one was not written by us."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        try:
            content = stream.read(_MAX_BYTES + 1)
        except zlib.error as error:
            raise ValueError(f"not a words file: {error}") from error
    if len(content) > _MAX_BYTES:
        raise ValueError("not a words file: it unpacks to too much")
    return content


def _page(content: dict[str, Any]) -> Page:
    words = content["words"]
    lines = content["lines"]
    blocks = content["blocks"]
    return Page(
        number=content["number"],
        width=content["size"][0] / 100,
        height=content["size"][1] / 100,
        source=PageSource(content["source"]),
        engine=content["engine"],
        words=tuple(
            Word(index, text, box, confidence / 10_000)
            for index, (text, box, confidence) in enumerate(
                zip(words["text"], _decode_boxes(words), words["confidence"], strict=True)
            )
        ),
        lines=tuple(Line(tuple(ids), box) for ids, box in zip(lines["words"], _decode_boxes(lines), strict=True)),
        blocks=tuple(
            Block(tuple(ids), box, BlockKind(kind))
            for ids, box, kind in zip(blocks["lines"], _decode_boxes(blocks), blocks["kind"], strict=True)
        ),
        rotation=content["rotation"],
        tables=tuple(_decode_table(table) for table in content.get("tables", ())),
        flat=_decode_flat(content.get("flat")),
        quality=_decode_quality(content.get("quality")),
        decision=_decode_decision(content.get("decision")),
    )


def _decode_table(table: dict[str, Any]) -> Table:
    cells = table["cells"]
    columns = (cells[name] for name in ("row", "column", "words", "row_span", "column_span", "heading"))
    return Table(
        rows=table["size"][0],
        columns=table["size"][1],
        cells=tuple(
            Cell(row, column, tuple(words), box, row_span, column_span, heading)
            for row, column, words, row_span, column_span, heading, box in zip(
                *columns, _decode_boxes(cells), strict=True
            )
        ),
        box=_decode_boxes(table["box"])[0],
    )


def _decode_flat(flat: dict[str, Any] | None) -> Flat | None:
    if flat is None:
        return None
    return Flat(flat["size"][0] / 100, flat["size"][1] / 100, tuple(_decode_boxes(flat)))


def _decode_quality(quality: dict[str, Any] | None) -> PageQuality | None:
    return None if quality is None else PageQuality(**{**quality, "hard": tuple(quality.get("hard", ()))})


def _decode_decision(decision: dict[str, Any] | None) -> SourceDecision | None:
    return None if decision is None else SourceDecision(decision["reason"], tuple(decision["figures"].items()))


def _hundredths(value: float) -> int:
    return round(value * 100)


def _encode_boxes(boxes: Sequence[Box]) -> dict[str, list[int]]:
    return {
        "x0": [_hundredths(box.x0) for box in boxes],
        "y0": [_hundredths(box.y0) for box in boxes],
        "x1": [_hundredths(box.x1) for box in boxes],
        "y1": [_hundredths(box.y1) for box in boxes],
    }


def _decode_boxes(columns: dict[str, list[int]]) -> list[Box]:
    return [
        Box(x0 / 100, y0 / 100, x1 / 100, y1 / 100)
        for x0, y0, x1, y1 in zip(columns["x0"], columns["y0"], columns["x1"], columns["y1"], strict=True)
    ]
