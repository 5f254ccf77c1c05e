"""Adding to a schema without touching its file."""

from collections.abc import Sequence
from dataclasses import replace

from processors.schemas.constraints import Constraints
from processors.schemas.file_model import FieldTable
from processors.schemas.model import ExtractionSchema, FieldSpec, Labels
from processors.schemas.parse import Overlay, constraints_of, faults, incomplete, labels_of, spec_of, threshold_of
from processors.schemas.problems import Place, SchemaError, SourceText


def apply_overlay(base: ExtractionSchema, overlay: Overlay) -> ExtractionSchema:
    """``base`` with what ``overlay`` adds: fields, columns and rules; labels, demands and thresholds of fields.

    The field's type and meaning stay: those need a schema of their own. The version gains the overlay's name and
    version as build metadata (semver.org, item 10). Raises :class:`SchemaError` that names every mistake.
    """
    file, source = overlay.file, overlay.source
    fields, problems = _merged(base.fields, file.fields, "fields", source)
    columns, more = _merged(base.columns, file.columns, "columns", source)
    problems += more
    if not (file.fields or file.columns or file.rules):
        problems.append(f"{source.at(())}adds nothing; give [[fields]], [[columns]] or rules")
    if problems:
        raise SchemaError(problems)
    joint = "." if "+" in base.version else "+"
    return replace(
        base,
        version=f"{base.version}{joint}{file.name}.{file.version}",
        fields=fields,
        columns=columns,
        rules=tuple(dict.fromkeys((*base.rules, *file.rules))),
        sources=(*base.sources, source.name),
    )


def _merged(
    specs: Sequence[FieldSpec], entries: Sequence[FieldTable], key: str, source: SourceText
) -> tuple[tuple[FieldSpec, ...], list[str]]:
    """The fields with those of the overlay in them, new ones last; and what is wrong with the overlay's."""
    merged = {spec.name: spec for spec in specs}
    problems: list[str] = []
    for index, entry in enumerate(entries):
        known = merged.get(entry.name)
        wrong = _entry_faults(entry, known, (key, index), source)
        problems += wrong
        if not wrong:
            merged[entry.name] = spec_of(entry, key) if known is None else _extended(known, entry, key)
    return tuple(merged.values()), problems


def _entry_faults(entry: FieldTable, known: FieldSpec | None, place: Place, source: SourceText) -> list[str]:
    if known is None:
        return incomplete(entry, place, source) or faults(entry, entry.type, place, source)
    if entry.type is not None and entry.type is not known.type:
        at = source.at((*place, "type"))
        return [f"{at}{entry.name!r} is of type {known.type} in the schema, which an overlay cannot change"]
    return faults(entry, known.type, place, source)


def _extended(known: FieldSpec, entry: FieldTable, key: str) -> FieldSpec:
    added = labels_of(entry, key) if entry.labels is not None else {}
    return replace(
        known,
        required=known.required if entry.required is None else entry.required,
        description=entry.description or known.description,
        labels=_joined(known.labels, added),
        added_labels=_joined(known.added_labels, added),
        constraints=_stronger(known.constraints, constraints_of(entry)),
        threshold=threshold_of(entry) or known.threshold,
    )


def _joined(labels: Labels, added: Labels) -> Labels:
    languages = dict.fromkeys((*labels, *added))
    return {
        language: tuple(dict.fromkeys((*labels.get(language, ()), *added.get(language, ())))) for language in languages
    }


def _stronger(known: Constraints, given: Constraints) -> Constraints:
    """The overlay's demand of each kind where it has one, else the field's."""
    return Constraints(
        pattern=given.pattern or known.pattern,
        minimum=known.minimum if given.minimum is None else given.minimum,
        maximum=known.maximum if given.maximum is None else given.maximum,
        sign=given.sign or known.sign,
        choices=given.choices or known.choices,
        max_length=given.max_length or known.max_length,
    )
