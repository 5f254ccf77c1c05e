"""The truth format: one JSON object per line and document, checked where it comes in.

``docs/evaluation.md`` documents the format. :func:`truth_schema` gives it as JSON Schema.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from processors.evaluation.model import Key, Quality, Record, Segment, TruthRow, Value

__all__ = ["Quality", "Segment", "TruthError", "TruthRow", "load_truth", "parse_truth", "truth_schema"]

_NEAR_MISS = 0.8
"""Similarity from which an unknown key is taken for a known one misspelt (``difflib`` ratio)."""


class TruthError(ValueError):
    """A truth file is wrong. The message names the line, the key and what is expected."""


TypeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="A document type, as `invoice`.")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
PageNumber = Annotated[int, Field(ge=1)]
_Record = dict[FieldName, str | None]


def _one_message(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """A union reports a mistake for each of its members; one that names them all is what helps."""
    try:
        return validate(value)
    except ValidationError as error:
        expected = "must be a text, a list of texts, a list of objects with texts, or null"
        raise PydanticCustomError("label", expected) from error


_Value = Annotated[str | list[str] | list[_Record], WrapValidator(_one_message)]


def _pages_in_order(pages: tuple[int, int] | None) -> None:
    if pages is not None and pages[0] > pages[1]:
        raise ValueError(f"pages must be [first, last], not {list(pages)}")


class _Segment(BaseModel):
    model_config = ConfigDict(title="Segment")

    pages: tuple[PageNumber, PageNumber]
    document_type: TypeName

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _pages_in_order(self.pages)
        return self


class _Quality(BaseModel):
    model_config = ConfigDict(title="Quality")

    dpi_estimate: Annotated[float, Field(gt=0)] | None = None
    kind: Literal["born_digital", "scan", "photo", "unknown"] = "unknown"
    has_text_layer: bool = False


class _Row(BaseModel):
    """One document's truth. Keys that are not named here are marks of the file's owner and are ignored."""

    model_config = ConfigDict(extra="allow", title="Truth row")

    file: Annotated[str, Field(min_length=1, description="Path relative to the documents' folder.")]
    document_type: TypeName
    pages: Annotated[
        tuple[PageNumber, PageNumber] | None,
        Field(description="[first, last], from 1; null is the whole file."),
    ] = None
    subtype: str | None = None
    language: Annotated[str, Field(description="ISO 639 code; `und` where unknown.")] = "und"
    source: str = "unknown"
    licence: str = ""
    group: Annotated[str, Field(description="Vendor or template group, the unit of intervals.")] = ""
    label_origin: Annotated[str, Field(description="human, embedded_xml, filename, publisher or synthetic.")] = "human"
    fields: Annotated[
        dict[FieldName, _Value | None],
        Field(description="A missing name is not labelled; null is known to be absent."),
    ] = {}
    line_items: Annotated[list[_Record] | None, Field(description="null: not labelled. []: known to have none.")] = None
    segments: Annotated[list[_Segment] | None, Field(min_length=1, description="Packets only: its documents.")] = None
    quality: _Quality = _Quality()
    note: str | None = None
    alternatives: Annotated[
        dict[str, list[_Value | None]],
        Field(description="Other right answers by field, `document_type` or `line_items.0.amount`."),
    ] = {}
    synthetic: bool | None = None
    vendor_group: str | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        _pages_in_order(self.pages)
        for key in self.model_extra or {}:
            near = difflib.get_close_matches(key, type(self).model_fields, n=1, cutoff=_NEAR_MISS)
            if near:
                raise ValueError(f"unknown key {key!r}; did you mean {near[0]!r}?")
        for name in self.alternatives:
            if not self._is_labelled(name):
                raise ValueError(
                    f"alternatives: {name!r} is not a labelled field, document_type or line_items.N.column"
                )
        return self

    def _is_labelled(self, name: str) -> bool:
        if name == "document_type" or name in self.fields:
            return True
        table, _, rest = name.partition(".")
        row, _, column = rest.partition(".")
        rows = self.line_items or []
        return table == "line_items" and row.isdecimal() and int(row) < len(rows) and column in rows[int(row)]


def load_truth(path: Path) -> list[TruthRow]:
    """All rows of a truth file (UTF-8 JSON lines; empty lines are skipped), in its order.

    Raises :class:`TruthError` on the first line that is no row, or that repeats another row's file and pages, and
    ``OSError`` where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TruthError(f"{path}: must be UTF-8: {error}") from error
    rows: list[TruthRow] = []
    line_of: dict[Key, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        row = _parse_line(line, f"{path.name} line {number}")
        first = line_of.setdefault(row.key, number)
        if first != number:
            raise TruthError(
                f"{path.name} line {number}: file: {row.file!r} with these pages stands in line {first} too"
            )
        rows.append(row)
    return rows


def parse_truth(data: Mapping[str, object], place: str = "truth") -> TruthRow:
    """One row from its JSON object; ``place`` names it in errors. Raises :class:`TruthError`."""
    try:
        row = _Row.model_validate(data)
    except ValidationError as error:
        raise TruthError(f"{place}: {_first_mistake(error)}") from error
    return TruthRow(
        file=row.file,
        document_type=row.document_type,
        pages=row.pages,
        subtype=row.subtype,
        language=row.language,
        source=row.source,
        licence=row.licence,
        group=row.group,
        label_origin=row.label_origin,
        fields={name: _frozen(value) for name, value in row.fields.items()},
        line_items=None if row.line_items is None else tuple(row.line_items),
        segments=_segments(row.segments),
        quality=Quality(row.quality.dpi_estimate, row.quality.kind, row.quality.has_text_layer),
        note=row.note,
        alternatives={name: tuple(map(_frozen, values)) for name, values in row.alternatives.items()},
        synthetic=bool(row.synthetic),
        vendor_group=row.vendor_group,
    )


def truth_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of one line of a truth file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_Row.model_json_schema()}


def _parse_line(line: str, place: str) -> TruthRow:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise TruthError(f"{place}: not JSON: {error}") from error
    if not isinstance(data, dict):
        raise TruthError(f"{place}: must be a JSON object, not {type(data).__name__}")
    return parse_truth(data, place)


def _frozen(value: _Value | None) -> Value | None:
    if value is None or isinstance(value, str):
        return value
    texts = tuple(item for item in value if isinstance(item, str))
    records: tuple[Record, ...] = tuple(item for item in value if not isinstance(item, str))
    return records or texts


def _segments(segments: Iterable[_Segment] | None) -> tuple[Segment, ...] | None:
    return None if segments is None else tuple(Segment(item.pages, item.document_type) for item in segments)


def _first_mistake(error: ValidationError) -> str:
    """Key path and expectation of the first mistake, as ``fields.total_amount: Input should be a valid string``."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    given = "" if first["type"] in {"missing", "value_error"} else f", not {first['input']!r}"
    return f"{key}: {message}{given}" if key else f"{message}{given}"
