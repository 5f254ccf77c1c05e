"""The schemas of one process: the packaged ones, and those of a folder of the user's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from processors.schemas.model import ExtractionSchema
from processors.schemas.overlay import apply_overlay
from processors.schemas.parse import Overlay, parse_file
from processors.schemas.problems import SchemaError, did_you_mean

PACKAGED = Path(__file__).parent / "packaged"


class Schemas(Mapping[str, ExtractionSchema]):
    """Schemas by id (``invoice_v1``); several versions of one name may stand side by side. Never changes."""

    def __init__(self, schemas: Iterable[ExtractionSchema]) -> None:
        self._by_id = {schema.id: schema for schema in sorted(schemas, key=lambda item: (item.name, item.major))}

    def __getitem__(self, schema_id: str) -> ExtractionSchema:
        return self._by_id[schema_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def named(self, name: str) -> ExtractionSchema | None:
        """The schema with this id (``invoice_v1``), or the newest version of this name (``invoice``), or ``None``."""
        return self.get(name) or self._newest(schema for schema in self.values() if schema.name == name)

    def for_type(self, document_type: str) -> ExtractionSchema | None:
        """The newest schema for a document type, or ``None`` where the type has none."""
        return self._newest(schema for schema in self.values() if document_type in schema.document_types)

    @staticmethod
    def _newest(schemas: Iterable[ExtractionSchema]) -> ExtractionSchema | None:
        return max(schemas, key=lambda schema: schema.major, default=None)


@cache
def load_schemas(folder: Path | None = None) -> Schemas:
    """The packaged schemas and those of the TOML files in ``folder``, read once per process.

    Files are taken in the order of their names; overlays come after all whole schemas. Raises :class:`SchemaError` with
    every mistake found: in a file, two files with one id, an overlay of a schema that is not there, a document type
    that belongs to a schema of another name.
    """
    packaged = _read_all(sorted(PACKAGED.glob("*.toml")))
    if folder is None:
        return combine(packaged)
    if not folder.is_dir():
        raise SchemaError([f"{folder}: there is no such folder"])
    return combine([*packaged, *_read_all(sorted(folder.glob("*.toml")))])


def schema_named(name: str) -> ExtractionSchema | None:
    """The packaged schema with this id, or the newest version of this name, or ``None``."""
    return load_schemas().named(name)


def schema_for(document_type: str) -> ExtractionSchema | None:
    """The newest packaged schema for a document type, or ``None`` where the type has none."""
    return load_schemas().for_type(document_type)


def read_schema_file(path: Path) -> ExtractionSchema | Overlay:
    """What one file holds. Raises :class:`SchemaError` on any mistake, and where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError([f"{path}: cannot be read: {error}"]) from error
    return parse_file(text, str(path) if path.parent != PACKAGED else path.name)


def _read_all(paths: Sequence[Path]) -> list[ExtractionSchema | Overlay]:
    parsed: list[ExtractionSchema | Overlay] = []
    problems: list[str] = []
    for path in paths:
        try:
            parsed.append(read_schema_file(path))
        except SchemaError as error:
            problems += error.problems
    if problems:
        raise SchemaError(problems)
    return parsed


def combine(parsed: Iterable[ExtractionSchema | Overlay]) -> Schemas:
    """Whole schemas, and then what overlays add to them. Raises :class:`SchemaError` with every contradiction."""
    items = list(parsed)
    by_id: dict[str, ExtractionSchema] = {}
    owners: dict[str, ExtractionSchema] = {}
    problems: list[str] = []
    for schema in (item for item in items if isinstance(item, ExtractionSchema)):
        if (other := by_id.setdefault(schema.id, schema)) is not schema:
            problems.append(
                f"{schema.sources[0]}: {schema.id} is also in {other.sources[0]}; "
                "extend that one, or take the next major version"
            )
        for document_type in schema.document_types:
            owner = owners.setdefault(document_type, schema)
            if owner.name != schema.name:
                problems.append(_owned(schema, document_type, owner))
    for overlay in (item for item in items if isinstance(item, Overlay)):
        problems += _extend(by_id, overlay)
    if problems:
        raise SchemaError(problems)
    return Schemas(by_id.values())


def _extend(by_id: dict[str, ExtractionSchema], overlay: Overlay) -> Sequence[str]:
    """Puts the overlay's schema in the place of its base; what is wrong with it."""
    wanted = overlay.file.extends
    base = by_id.get(wanted)
    if base is None:
        hint = did_you_mean(wanted, by_id) or f"; there are {', '.join(by_id)}"
        return [f"{overlay.source.at(('extends',))}there is no schema {wanted!r}{hint}"]
    try:
        by_id[wanted] = apply_overlay(base, overlay)
    except SchemaError as error:
        return error.problems
    return ()


def _owned(schema: ExtractionSchema, document_type: str, owner: ExtractionSchema) -> str:
    return (
        f"{schema.sources[0]}: document type {document_type!r} belongs to the schema {owner.name} "
        f"({owner.sources[0]}); extend that one, or leave the type out and name the schema when you submit"
    )
