"""Labelled documents by number: the generator that training, tests and load benchmarks draw from.

Document ``number`` of ``seed`` depends on nothing else, so any part of a corpus can be made alone, in any order, on any
machine. Generated documents never stand in for real ones where an accuracy is reported.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pymupdf

from processors.synthesis.canvas import Placement
from processors.synthesis.kinds import KINDS
from processors.synthesis.labels import Labels, labels
from processors.synthesis.regions import Region, load_region, region_keys
from processors.synthesis.typefaces import choose_typefaces
from processors.synthesis.typefaces import typefaces as set_in
from processors.synthesis.wear import Captured, capture, choose_photo, choose_scan

PACKET = "packet"
"""The type of a file that holds several documents."""

MIX: Mapping[str, float] = {
    "invoice": 40, "credit_note": 5, "receipt": 22, "bank_statement": 5, "purchase_order": 4, "utility_bill": 4,
    "w2": 2, "pay_stub": 3, "bill_of_lading": 2, "contract": 2, "id_card": 3, "insurance_policy": 1, "tax_form": 1,
    "medical": 1, "letter": 1, "resume": 1, "form": 1, PACKET: 2,
}  # fmt: skip
"""How often each type comes where nobody says otherwise."""

QUALITIES: Mapping[str, float] = {"born_digital": 60, "scan": 27, "photo": 13}
"""How often each kind of capture comes."""

_REGIONS: Mapping[str, float] = {
    "us": 9, "gb": 5, "ie": 1, "au": 2, "ca": 2, "my": 3, "in": 2, "de": 7, "at": 2, "ch": 2, "fr": 6, "be": 2,
    "es": 6, "mx": 2, "it": 7, "nl": 7, "pt": 5, "br": 2,
}  # fmt: skip
_AMERICAN = ("w2", "tax_form")


@dataclass(frozen=True, slots=True)
class GeneratedDocument:
    """A file with its truth: one row, or for a packet its own row and one for each document in it.

    ``placements`` say where each value is printed on the pages before any capture (points from the top left, pages from
    1); for a packet they are empty.
    """

    name: str
    data: bytes
    media: str
    rows: tuple[Mapping[str, Any], ...]
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    pdf: bytes
    pages: int
    truth: Labels
    placements: tuple[Placement, ...]


def generate(
    seed: int,
    number: int,
    types: Sequence[str] | Mapping[str, float] | None = None,
    quality: str | None = None,
    languages: Sequence[str] | None = None,
    typefaces: bool = False,
) -> GeneratedDocument:
    """Document ``number`` of the corpus ``seed``.

    ``types`` are names of :data:`~processors.synthesis.kinds.KINDS` or :data:`PACKET`, equally often or by weight
    (:data:`MIX` unless told); ``quality`` is ``born_digital``, ``scan`` or ``photo`` (:data:`QUALITIES` unless told);
    ``languages`` are ISO 639-1 codes. With ``typefaces``, most are set in other fonts than the standard ones; what they
    say stays the same. Raises ``ValueError`` for an unknown type, quality or language.
    """
    weights = _weights(types)
    _check(weights, quality)
    regions = _regions(languages)
    rng = Random(f"{seed}/{number}")  # noqa: S311 - repeatable, not secret
    faces = Random(f"{seed}/{number}/typefaces") if typefaces else None  # noqa: S311 - likewise
    document_type = _pick(rng, weights)
    kind = quality or _pick(rng, QUALITIES)
    if document_type == PACKET:
        members = [name for name in weights if name != PACKET] or list(KINDS)
        parts = [_draw(rng, rng.choice(members), regions, faces) for _ in range(rng.randint(2, 5))]
    else:
        parts = [_draw(rng, document_type, regions, faces)]
    pdf = parts[0].pdf if len(parts) == 1 else _joined(parts)
    pages = sum(part.pages for part in parts)
    file, dpi = _captured(rng, pdf, pages, kind)
    name = f"{number:06}-{document_type}.{file.suffix}"
    rows = _packet_rows(name, parts, kind, dpi) if document_type == PACKET else [parts[0].truth.row(name, kind, dpi)]
    placements = parts[0].placements if len(parts) == 1 else ()
    return GeneratedDocument(name, file.data, file.media, tuple(rows), placements)


def write_corpus(
    folder: Path,
    count: int,
    seed: int,
    mix: Mapping[str, float] | None = None,
    quality: str | None = None,
    languages: Sequence[str] | None = None,
    written: Callable[[], None] = lambda: None,
    typefaces: bool = True,
) -> int:
    """Write ``folder/documents/`` and ``folder/truth.jsonl`` with documents 0 to ``count`` - 1; returns how many rows.

    ``written`` is called after each document. Files of the same names are overwritten. Raises ``ValueError`` as
    :func:`generate` does, ``OSError`` where the folder cannot be written.
    """
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    rows = 0
    with (folder / "truth.jsonl").open("w", encoding="utf-8", newline="\n") as truth:
        for number in range(count):
            document = generate(seed, number, mix, quality, languages, typefaces)
            (documents / document.name).write_bytes(document.data)
            for row in document.rows:
                truth.write(json.dumps({**row, "file": f"documents/{document.name}"}, ensure_ascii=False) + "\n")
                rows += 1
            written()
    return rows


def _draw(rng: Random, document_type: str, regions: Mapping[str, float], faces: Random | None) -> _Drawn:
    region: Region = load_region("us" if document_type in _AMERICAN else _pick(rng, regions))
    with set_in({} if faces is None else choose_typefaces(faces)):
        sheet, group = KINDS[document_type](rng, region)
        drawing = sheet.canvas.finish()
    truth = labels(document_type, region.language, group, sheet.truth)
    return _Drawn(drawing.pdf, sheet.canvas.page_count, truth, drawing.placements)


def _captured(rng: Random, pdf: bytes, pages: int, kind: str) -> tuple[Captured, int | None]:
    """The file, and the resolution where one can be stated."""
    if kind == "born_digital":
        return Captured(pdf, "application/pdf", "pdf"), None
    how = choose_scan(rng, pages) if kind == "scan" else choose_photo(rng, pages)
    return capture(pdf, how, rng.getrandbits(32)), how.dpi if kind == "scan" else None


def _joined(parts: Sequence[_Drawn]) -> bytes:
    with pymupdf.open() as packet:
        for part in parts:
            with pymupdf.open(stream=part.pdf, filetype="pdf") as document:
                packet.insert_pdf(document)
        data: bytes = packet.tobytes(deflate=True, garbage=3, no_new_id=True)
    return data


def _packet_rows(name: str, parts: Sequence[_Drawn], kind: str, dpi: int | None) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    segments, first = [], 1
    for part in parts:
        last = first + part.pages - 1
        segments.append({"pages": [first, last], "document_type": part.truth.document_type})
        rows.append(part.truth.row(name, kind, dpi, pages=(first, last)))
        first = last + 1
    whole = Labels("other", parts[0].truth.language, PACKET, {}, (), "mixed packet").row(name, kind, dpi)
    return [{**whole, "segments": segments}, *rows]


def _weights(types: Sequence[str] | Mapping[str, float] | None) -> Mapping[str, float]:
    if types is None:
        return MIX
    return types if isinstance(types, Mapping) else dict.fromkeys(types, 1.0)


def _check(weights: Mapping[str, float], quality: str | None) -> None:
    unknown = [name for name in weights if name not in KINDS and name != PACKET]
    if unknown or not any(weight > 0 for weight in weights.values()):
        raise ValueError(f"unknown document types {unknown}; known are {[*KINDS, PACKET]}")
    if quality is not None and quality not in QUALITIES:
        raise ValueError(f"unknown quality {quality!r}; known are {list(QUALITIES)}")


def _regions(languages: Sequence[str] | None) -> Mapping[str, float]:
    if languages is None:
        return _REGIONS
    known = {load_region(key).language for key in region_keys()}
    if not languages or not known.issuperset(languages):
        raise ValueError(f"unknown languages in {list(languages)}; known are {sorted(known)}")
    return {key: weight for key, weight in _REGIONS.items() if load_region(key).language in languages}


def _pick(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
