"""The Avro contracts: what is on the wire, what may change, and what happens to bytes that are not a record."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import avro.compatibility
import avro.schema
import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import ErrorCode
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import (
    RECORDS,
    DocumentResult,
    DocumentStatus,
    DocumentSubmitted,
    DocumentValidated,
    Part,
    Record,
)
from streams.contracts.registry import FileRegistry, contracts_folder, latest, registered_schemas
from streams.contracts.topics import TOPICS
from tests.support.examples import EXAMPLES

EPOCH, FAR = datetime(1970, 1, 1), datetime(2500, 1, 1)  # noqa: DTZ001  the strategy adds the zone
LOCK = Path(__file__).with_name("registry.lock.json")
CODEC = Codec(FileRegistry())


def name_of(record: Record | type[Record]) -> str:
    return record.SCHEMA


@pytest.mark.parametrize("record", EXAMPLES, ids=name_of)
def test_every_record_round_trips(record: Record) -> None:
    assert CODEC.decode(CODEC.encode(record), type(record)) == record


def test_there_is_an_example_of_every_record_and_of_every_part() -> None:
    assert [type(example) for example in EXAMPLES] == list(RECORDS)
    unset = {f"{e.SCHEMA}.{name}" for e in EXAMPLES for name, value in e if value is None or value == ()}
    assert unset == set()


SUBMISSIONS = st.builds(
    DocumentSubmitted,
    document_id=st.none() | st.text(),
    tenant=st.text(),
    content=st.none() | st.binary(),
    uri=st.none() | st.text(),
    metadata=st.dictionaries(st.text(), st.text(), max_size=3),
    submitted_at=st.none() | st.datetimes(EPOCH, FAR, timezones=st.just(UTC)),
)


@given(SUBMISSIONS)
def test_any_submission_round_trips(record: DocumentSubmitted) -> None:
    assert CODEC.decode(CODEC.encode(record), DocumentSubmitted) == record


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20))
def test_money_is_exact_to_the_last_digit(amount: Decimal) -> None:
    example = EXAMPLES[6]
    assert isinstance(example, DocumentResult)
    field = type(example.fields[0])(**{**_values(example.fields[0]), "value": amount})
    sent = example.model_copy(update={"fields": (field,)})
    received = CODEC.decode(CODEC.encode(sent), DocumentResult)
    assert isinstance(received, DocumentResult)
    assert received.fields[0].value == amount


def _values(field: object) -> dict[str, object]:
    return {name: getattr(field, name) for name in type(field).__dataclass_fields__}


def test_schema_ids_and_schemas_never_change() -> None:
    """A new version gets a new id and a new line in the lock; what is in the lock stays for ever."""
    locked = json.loads(LOCK.read_text())
    now = {str(line.id): fingerprint(line.text, line.subject, line.version) for line in registered_schemas()}
    assert {key: now.get(key) for key in locked} == locked
    assert set(now) == set(locked), f"add the new schemas to {LOCK.name}"


def fingerprint(text: str, subject: str, version: int) -> str:
    canonical = fastavro.schema.to_parsing_canonical_form(json.loads(text))
    return f"{subject} v{version} {fastavro.schema.fingerprint(canonical, 'SHA-256')}"


def test_the_registry_file_names_every_schema_once() -> None:
    lines = registered_schemas()
    assert len({line.id for line in lines}) == len(lines)
    on_disk = {str(path.relative_to(contracts_folder())) for path in contracts_folder().rglob("*.avsc")}
    assert {line.file for line in lines} == on_disk
    topics = {f"{topic.name}-value" for topic in TOPICS if topic.record is not None}
    assert topics <= {line.subject for line in lines}


def compatible(reader: str, writer: str) -> bool:
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()
    result = checker.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    return bool(result.compatibility == avro.compatibility.SchemaCompatibilityType.compatible)


def test_all_versions_of_a_schema_read_each_other() -> None:
    lines = registered_schemas()
    pairs = [(a, b) for a in lines for b in lines if a.folder == b.folder]
    broken = [f"{a.file} cannot read {b.file}" for a, b in pairs if not compatible(a.text, b.text)]
    assert broken == []


def test_the_compatibility_check_itself_tells_good_from_bad() -> None:
    old = json.loads(latest("document_submitted").text)
    extra = {"name": "priority", "type": "int", "doc": "How urgent."}
    good = {**old, "fields": [*old["fields"], {**extra, "default": 0}]}
    bad = {**old, "fields": [*old["fields"], extra]}
    assert compatible(json.dumps(good), json.dumps(old))
    assert compatible(json.dumps(old), json.dumps(good))
    assert not compatible(json.dumps(bad), json.dumps(old))


class FutureRegistry(FileRegistry):
    """Knows, beside today's, a later version of the submission: with a field that we do not know."""

    def schema_for(self, schema_id: int) -> dict[str, object]:
        if schema_id != 9001:
            return super().schema_for(schema_id)
        schema = json.loads(latest("document_submitted").text)
        schema["fields"].append({"name": "priority", "type": "int", "default": 0, "doc": "How urgent."})
        return schema

    def id_for(self, record_schema: str) -> int:
        return 9001 if record_schema == "document_submitted" else super().id_for(record_schema)


def test_records_of_a_later_writer_are_read() -> None:
    import io

    schema = fastavro.parse_schema(FutureRegistry().schema_for(9001))
    buffer = io.BytesIO(b"\x00\x00\x00\x23\x29")
    buffer.seek(5)
    fastavro.schemaless_writer(buffer, schema, {"document_id": "a", "content": b"x", "priority": 3})
    decoded = Codec(FutureRegistry()).decode(buffer.getvalue(), DocumentSubmitted)
    assert decoded == DocumentSubmitted(document_id="a", content=b"x")


@pytest.mark.parametrize("line", registered_schemas(), ids=lambda line: line.file)
def test_every_field_of_every_schema_is_documented(line: object) -> None:
    undocumented = [path for path, doc in docs(json.loads(line.text), "") if not doc]  # type: ignore[attr-defined]
    assert undocumented == []


def docs(schema: object, path: str) -> list[tuple[str, str]]:
    if isinstance(schema, list):
        return [item for part in schema for item in docs(part, path)]
    if not isinstance(schema, dict):
        return []
    if schema.get("type") == "record":
        found = [(f"{path}{schema['name']}", str(schema.get("doc", "")))]
        for field in schema["fields"]:
            place = f"{path}{schema['name']}.{field['name']}"
            found += [(place, str(field.get("doc", ""))), *docs(field["type"], f"{place}/")]
        return found
    return docs(schema.get("items") or schema.get("values"), path)


def test_types_of_the_same_name_are_the_same_in_every_schema() -> None:
    seen: dict[str, str] = {}
    for record in RECORDS:
        for name, text in named_types(json.loads(latest(record.SCHEMA).text), {}).items():
            assert seen.setdefault(name, text) == text, f"{name} in {record.SCHEMA} differs from an earlier schema"


def named_types(schema: object, known: dict[str, str]) -> dict[str, str]:
    """Each record type below ``schema`` with all types inside it written out."""
    found: dict[str, str] = {}

    def expand(node: object) -> object:
        if isinstance(node, str):
            return json.loads(found[node]) if node in found else node
        if isinstance(node, list):
            return [expand(item) for item in node]
        if isinstance(node, dict):
            if node.get("type") == "record":
                fields = [{**field, "type": expand(field["type"])} for field in node["fields"]]
                whole = {"type": "record", "name": node["name"], "doc": node["doc"], "fields": fields}
                found[node["name"]] = json.dumps(whole, sort_keys=True)
                return whole
            return {key: expand(value) if key in ("items", "values") else value for key, value in node.items()}
        return node

    expand(schema)
    return {**known, **found}


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_models_have_the_schemas_fields_in_order_and_with_its_defaults(record: type[Record]) -> None:
    schema = json.loads(latest(record.SCHEMA).text)
    assert [field["name"] for field in schema["fields"]] == list(record.model_fields)
    optional = [name for name, info in record.model_fields.items() if not info.is_required()]
    assert [field["name"] for field in schema["fields"] if "default" in field] == optional


def test_money_is_decimal_everywhere_and_never_a_float() -> None:
    schema = json.loads(latest("document_validated").text)
    text = json.dumps(schema)
    assert '"logicalType": "decimal", "precision": 38, "scale": 12' in text
    field = next(json.loads(value) for name, value in named_types(schema, {}).items() if name == "Field")
    value = next(item for item in field["fields"] if item["name"] == "value")
    assert "double" not in json.dumps(value["type"])
    assert "float" not in json.dumps(value["type"])


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
@pytest.mark.parametrize("wanted", RECORDS, ids=name_of)
def test_a_record_is_read_as_its_own_type_only(example: Record, wanted: type[Record]) -> None:
    decoded = CODEC.decode(CODEC.encode(example), wanted)
    if type(example) is wanted:
        assert decoded == example
    else:
        assert isinstance(decoded, Undecodable)
        assert decoded.code == ErrorCode.UNDECODABLE


def test_bytes_that_are_no_record_say_why() -> None:
    good = CODEC.encode(EXAMPLES[0])
    assert CODEC.decode(None, DocumentSubmitted) == Undecodable(ErrorCode.UNDECODABLE, "The record has no value.")
    assert CODEC.decode(b"\x00\x01", DocumentSubmitted) == Undecodable(
        ErrorCode.UNDECODABLE, "The record has 2 bytes; Avro's header alone has 5."
    )
    assert CODEC.decode(b"{" + good, DocumentSubmitted) == Undecodable(
        ErrorCode.UNDECODABLE, "The record begins with byte 0x7b; Confluent wire format begins with 0x00."
    )
    unknown = CODEC.decode(b"\x00\x00\x01\x00\x00" + good[5:], DocumentSubmitted)
    assert unknown == Undecodable(
        ErrorCode.UNKNOWN_SCHEMA_ID, "The record names schema id 65536, which the registry lacks."
    )
    assert CODEC.decode(good + b"\x00", DocumentSubmitted) == Undecodable(
        ErrorCode.UNDECODABLE, "Bytes follow the end of the Avro body."
    )


@pytest.mark.parametrize("length", range(5, 60))
def test_a_truncated_record_is_undecodable_wherever_it_is_cut(length: int) -> None:
    good = CODEC.encode(EXAMPLES[0])
    assert length < len(good)
    decoded = CODEC.decode(good[:length], DocumentSubmitted)
    assert isinstance(decoded, Undecodable)
    assert decoded.code == ErrorCode.UNDECODABLE


@given(st.binary(max_size=200), st.sampled_from(RECORDS))
def test_random_bytes_never_raise(body: bytes, record: type[Record]) -> None:
    for data in (body, CODEC.encode(EXAMPLES[RECORDS.index(record)])[:5] + body):
        assert isinstance(CODEC.decode(data, record), record | Undecodable)


def test_records_hold_milliseconds_and_are_immutable() -> None:
    status = next(example for example in EXAMPLES if isinstance(example, DocumentStatus))
    at = datetime(2026, 1, 31, 8, 30, 15, 250_999, tzinfo=UTC)
    moved = status.model_copy(update={"at": at}).model_dump() | {"at": at}
    assert DocumentStatus.model_validate(moved).at == at.replace(microsecond=250_000)
    with pytest.raises(ValueError, match="frozen"):
        status.state = "failed"


def test_unknown_fields_are_a_mistake_of_ours_and_refused() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        DocumentValidated.model_validate({**EXAMPLES[5].model_dump(), "totally_new": 1})
    assert issubclass(DocumentValidated, Part)
