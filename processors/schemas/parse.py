"""From a schema file's text to a schema, or to an overlay that waits for its base."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from processors.fields import FieldType
from processors.schemas.constraints import Constraints
from processors.schemas.file_model import FieldTable, OverlayFile, SchemaFile, read_model
from processors.schemas.model import LINE_ITEMS, WEAK, ExtractionSchema, FieldSpec, Labels, Threshold
from processors.schemas.problems import Place, SchemaError, SourceText, did_you_mean
from processors.values.text import fold

_NUMERIC = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.RATE})
_WORDED = frozenset({FieldType.TEXT, FieldType.IDENTIFIER, FieldType.TIME, FieldType.CURRENCY})


@dataclass(frozen=True, slots=True)
class Overlay:
    """A file that adds to the schema ``file.extends``."""

    file: OverlayFile
    source: SourceText


@cache
def shared_labels() -> Mapping[str, Labels]:
    """The printed labels that several schemas share, by name: ``labels.toml`` beside this module. Do not change it."""
    return _read_labels("labels.toml")


@cache
def shared_column_labels() -> Mapping[str, Labels]:
    """The column headings that several schemas share, by column: ``column_labels.toml``. Do not change it."""
    return _read_labels("column_labels.toml")


def _read_labels(file: str) -> Mapping[str, Labels]:
    tables = tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))
    return {
        name: {language: tuple(labels) for language, labels in languages.items()} for name, languages in tables.items()
    }


def parse_file(text: str, source_name: str) -> ExtractionSchema | Overlay:
    """What the TOML ``text`` holds; ``source_name`` names it in errors. Raises :class:`SchemaError` on any mistake."""
    source = SourceText(source_name, text)
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SchemaError([f"{source_name}: not TOML: {error}"]) from error
    model, problems = read_model(data, source)
    if model is None:
        raise SchemaError(problems)
    problems = [*_twice(model.fields, "fields", source), *_twice(model.columns, "columns", source)]
    if isinstance(model, OverlayFile):
        if problems:
            raise SchemaError(problems)
        return Overlay(model, source)
    for table, key in ((model.fields, "fields"), (model.columns, "columns")):
        for index, entry in enumerate(table):
            problems += incomplete(entry, (key, index), source) or faults(entry, entry.type, (key, index), source)
    if problems:
        raise SchemaError(problems)
    return _schema(model, source)


def parse_schema(text: str, source_name: str) -> ExtractionSchema:
    """One whole schema from TOML text. Raises :class:`SchemaError` on any mistake, and on an overlay."""
    parsed = parse_file(text, source_name)
    if isinstance(parsed, Overlay):
        raise SchemaError([f"{source_name}: is an overlay of {parsed.file.extends}, not a whole schema"])
    return parsed


def _schema(model: SchemaFile, source: SourceText) -> ExtractionSchema:
    return ExtractionSchema(
        name=model.name,
        version=model.version,
        description=model.description,
        document_types=tuple(dict.fromkeys(model.document_types)),
        fields=tuple(spec_of(entry, "fields") for entry in model.fields),
        columns=tuple(spec_of(entry, "columns") for entry in model.columns),
        rules=tuple(dict.fromkeys(model.rules)),
        sources=(source.name,),
    )


def spec_of(entry: FieldTable, key: str) -> FieldSpec:
    """The field of a complete ``entry`` of ``[[key]]`` that has no :func:`faults`."""
    assert entry.type is not None, "incomplete() says so"
    assert entry.description is not None, "incomplete() says so"
    return FieldSpec(
        name=entry.name,
        type=entry.type,
        required=bool(entry.required),
        description=entry.description,
        labels=labels_of(entry, key),
        constraints=constraints_of(entry),
        threshold=threshold_of(entry),
    )


def labels_of(entry: FieldTable, key: str) -> Labels:
    """The entry's own labels, those of the shared table that it names, or those shared under the field's name."""
    if isinstance(entry.labels, dict):
        return entry.labels
    return _shared(key).get(entry.labels or entry.name, {})


def _shared(key: str) -> Mapping[str, Labels]:
    return shared_labels() if key == "fields" else shared_column_labels()


def constraints_of(entry: FieldTable) -> Constraints:
    """The entry's demands on the value."""
    return Constraints(entry.pattern, entry.min, entry.max, entry.sign, entry.enum or (), entry.max_length)


def threshold_of(entry: FieldTable) -> Threshold | None:
    """The entry's own threshold, if any."""
    given = entry.thresholds
    return None if given is None else Threshold(given.straight, given.second_look)


def incomplete(entry: FieldTable, place: Place, source: SourceText) -> list[str]:
    """What a new field lacks."""
    return [f"{source.at(place)}{key} is missing" for key in ("type", "description") if getattr(entry, key) is None]


def faults(entry: FieldTable, kind: FieldType | None, place: Place, source: SourceText) -> list[str]:
    """What is wrong with a field of type ``kind``, beyond what the file's model says."""
    assert kind is not None, "incomplete() says so"
    found: list[str] = []

    def fault(key: str, sentence: str) -> None:
        found.append(f"{source.at((*place, key))}{sentence}")

    if entry.name == LINE_ITEMS:
        fault("name", f"{LINE_ITEMS} is what the rows are called; take another name")
    for key, kinds in (("pattern", _WORDED), ("enum", _WORDED), ("max_length", _WORDED), ("sign", _NUMERIC)):
        if getattr(entry, key) is not None and kind not in kinds:
            fault(key, f"does not go with type {kind}; it is for {', '.join(sorted(kinds))}")
    if entry.pattern is not None:
        try:
            re.compile(entry.pattern)
        except re.error as error:
            fault("pattern", f"{entry.pattern!r} is no regular expression: {error}")
    for message in _limit_faults(entry, kind):
        fault("min" if entry.min is not None else "max", message)
    given = entry.thresholds
    if given is not None and given.second_look > given.straight:
        fault("thresholds", f"second_look {given.second_look} must not be above pass {given.straight}")
    shared = _shared(str(place[0]))
    if isinstance(entry.labels, str) and entry.labels not in shared:
        hint = did_you_mean(entry.labels, shared) or f"; known are {', '.join(sorted(shared))}"
        fault("labels", f"no shared labels are called {entry.labels!r}{hint}")
    elif isinstance(entry.labels, dict):
        for language, texts in entry.labels.items():
            for text in texts:
                if not fold(text.removeprefix(WEAK)):
                    fault("labels", f"{language}: {text!r} has no letter or digit to be found by")
    return found


def _limit_faults(entry: FieldTable, kind: FieldType) -> Iterable[str]:
    limits = [limit for limit in (entry.min, entry.max) if limit is not None]
    wanted = date if kind is FieldType.DATE else Decimal if kind in _NUMERIC else None
    for limit in limits:
        if wanted is None:
            yield f"does not go with type {kind}; it is for date, money, number, rate"
        elif not isinstance(limit, wanted):
            yield f"{limit} is no {'date such as 1990-01-31' if wanted is date else 'number'}"
        if wanted is None or not isinstance(limit, wanted):
            return
    if len(limits) == 2 and limits[0] > limits[1]:  # type: ignore[operator] # both are of the wanted type
        yield f"min {limits[0]} is above max {limits[1]}"


def _twice(entries: Sequence[FieldTable], key: str, source: SourceText) -> list[str]:
    names = [entry.name for entry in entries]
    return [
        f"{source.at((key, index, 'name'))}{name!r} is there twice"
        for index, name in enumerate(names)
        if name in names[:index]
    ]
