"""extract and learn together: what is kept of a document, who may teach by it, and how often."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.errors import UnavailableError
from connectors.objects import DirectoryStore
from connectors.vendor_memory import VendorMemory
from processors.document import Page
from processors.fields import Confidence, Extraction, Field, FieldType, ReviewState, RuleResult, RuleStatus
from processors.memory import decode_trace
from processors.recognition.words_file import encode_page
from processors.routing import RouteDecision, Thresholds, route
from processors.sandbox import Sandbox
from processors.schemas import load_schemas
from processors.validation import Finding, Validated
from streams.contracts import topics
from streams.contracts.records import (
    Correction,
    DocumentExtracted,
    DocumentFeedback,
    DocumentRecognized,
    DocumentResult,
    RecognizedPage,
    Record,
    SchemaRef,
)
from streams.harness.outcomes import Emit, Outcome, Retry, Skip
from streams.harness.stage import Inbound, StageContext
from streams.stages import memory_work
from streams.stages.extract import ExtractStage
from streams.stages.ids import trace_key
from streams.stages.learn import FAILS, LearnFeedbackStage, LearnStage
from tests.support.examples import CLASSIFICATION, DOCUMENT
from tests.support.harness import AT, inbound
from tests.unit.processors.memory.documents import (
    PRINTED,
    SCHEMA,
    SECOND,
    SECOND_VALUES,
    VALUES,
    confirmed,
    fields,
    invoice,
)
from tests.unit.streams.test_recognize import InlineSandbox

SCHEMAS = load_schemas()
FIRST, NEXT = invoice(), invoice(SECOND)
TENANT = DOCUMENT.tenant


class World:
    """The store, the memory and the stages over them. The readers read what ``reads`` says of a page."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = DirectoryStore(folder / "objects")
        self.memory = VendorMemory(f"sqlite:///{folder / 'memory.db'}")
        self.sandbox = InlineSandbox()
        self.reads: Sequence[Field] = ()
        self._extract = ExtractStage(self.store, cast(Sandbox, self.sandbox), SCHEMAS, 10, self.memory)
        self._learn = LearnStage(self.store, self.memory)
        self._feedback = LearnFeedbackStage(self.store, self.memory, SCHEMAS)
        monkeypatch.setattr(memory_work, "read_pages", lambda *_: Extraction(tuple(self.reads)))

    def extract(self, on: Page, reads: Sequence[Field], name: str = "d-1", revision: int = 1) -> DocumentExtracted:
        """What comes out of extract for this page."""
        self.reads = reads
        uri = self.store.put(f"words/{name}/{revision}", encode_page(on))
        page = RecognizedPage(
            number=1,
            width=on.width,
            height=on.height,
            rotation=0,
            source="text_layer",
            engine="test",
            words_uri=uri,
            word_count=len(on.words),
            min_confidence=1,
            mean_confidence=1,
        )
        record = DocumentRecognized(
            document=DOCUMENT.model_copy(
                update={"document_id": name, "revision": revision, "einvoice_attachment": None, "pages": None}
            ),
            classification=CLASSIFICATION,
            extraction_schema=SchemaRef(name=SCHEMA.id, version=SCHEMA.version),
            recognized_pages=(page,),
        )
        outcome = asyncio.run(self._extract.process(record, context(record)))
        assert isinstance(outcome, Emit), outcome
        extracted = outcome.records[1].record
        assert isinstance(extracted, DocumentExtracted)
        return extracted

    def learn(self, found: Sequence[Field], name: str = "d-1", revision: int = 1, **changes: Any) -> Outcome:
        """What learn makes of the result with these fields."""
        record = DocumentResult(
            result_id=f"r-{name}-{revision}",
            document_id=name,
            tenant=TENANT,
            revision=revision,
            decision=changes.pop("decision", RouteDecision.STRAIGHT_THROUGH),
            classification=CLASSIFICATION,
            fields=tuple(found),
            line_items=(),
            content_uri="file:///x",
            content_sha256="0" * 64,
            media_type="application/pdf",
            page_count=1,
            submitted_at=AT,
            completed_at=AT,
            **changes,
        )
        return asyncio.run(self._learn.process(record, context(record)))

    def feed_back(self, name: str, value: object, feedback_id: str = "f-1", **changes: Any) -> Outcome:
        """What learn makes of one field that a person settled."""
        record = DocumentFeedback(
            feedback_id=feedback_id,
            document_id="d-1",
            tenant=TENANT,
            revision=1,
            document_type="invoice",
            extraction_schema=SchemaRef(name=SCHEMA.id, version=SCHEMA.version),
            correction=Correction.model_validate({"name": name, "value": value}),
            reviewer="erika",
            decided_at=AT,
            **changes,
        )
        return asyncio.run(self._feedback.process(record, context(record)))

    def known(self) -> Mapping[str, tuple[int, int]]:
        """Of the one layout that is remembered: by field, how many persons and figures bore it out."""
        [entry] = self.memory.entries(TENANT)
        layout = self.memory.layout(TENANT, entry.layout_id)
        assert layout is not None
        return {name: (lesson.persons, lesson.rules) for name, lesson in layout.lessons.items()}


def context(record: Record) -> StageContext:
    source: Inbound = inbound(record)
    return StageContext("learn", "0.1.0", source, None, lambda: AT)


def sound(on: Page, printed: Mapping[str, str], right: Any) -> list[Field]:
    """The fields of a document whose sums are confirmed."""
    found = [confirmed(item) if item.type is FieldType.MONEY else item for item in fields(on, printed, right)]
    return [replace(item, review_state=ReviewState.PASSED) for item in found]


GOOD, GOOD_NEXT = sound(FIRST, PRINTED, VALUES), sound(NEXT, SECOND, SECOND_VALUES)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_a_sound_document_founds_a_layout_and_the_next_is_read_by_it(world: World) -> None:
    first = world.extract(FIRST, GOOD)
    assert first.fields == tuple(GOOD)
    assert world.learn(GOOD) == Emit(())
    assert world.known()["total_amount"] == (0, 1)
    assert world.known()["due_date"] == (0, 0)
    second = world.extract(NEXT, GOOD_NEXT, "d-2")
    [note] = second.notes
    [entry] = world.memory.entries(TENANT)
    assert note.startswith(f"vendor_memory {entry.layout_id}@1: agrees on ")
    assert {item.name: item.value for item in second.fields} == SECOND_VALUES


def test_a_result_that_comes_again_teaches_once_and_so_does_a_replay(world: World) -> None:
    world.extract(FIRST, GOOD)
    assert world.learn(GOOD) == Emit(())
    assert isinstance(world.learn(GOOD), Skip)
    world.extract(FIRST, GOOD, revision=2)
    assert isinstance(world.learn(GOOD, revision=2), Skip)
    assert world.known()["total_amount"] == (0, 1)
    [entry] = world.memory.entries(TENANT)
    assert (entry.revision, entry.documents) == (1, 1)


def test_extract_gives_the_same_again_whatever_was_learnt_meanwhile(world: World) -> None:
    world.extract(FIRST, GOOD)
    world.learn(GOOD)
    once = world.extract(NEXT, GOOD_NEXT, "d-2")
    for number in range(3):
        world.extract(FIRST, GOOD, f"more-{number}")
        world.learn(GOOD, f"more-{number}")
    assert world.extract(NEXT, GOOD_NEXT, "d-2") == once
    fresh = world.extract(NEXT, GOOD_NEXT, "d-2", revision=2)
    assert fresh.notes != once.notes, "a replay is a pass of its own"


def test_the_trace_holds_the_layout_as_it_was(world: World) -> None:
    world.extract(FIRST, GOOD)
    world.learn(GOOD)
    world.extract(NEXT, GOOD_NEXT, "d-2")
    world.learn(GOOD_NEXT, "d-2")
    uri = world.store.find(trace_key("d-2", 1))
    assert uri is not None
    trace = decode_trace(world.store.get(uri))
    assert trace.layout is not None
    assert trace.layout.revision == 1
    assert world.memory.entries(TENANT)[0].revision == 2


def test_other_tenants_memory_is_not_read(world: World) -> None:
    world.extract(FIRST, GOOD)
    world.learn(GOOD)
    assert world.memory.forget(tenant="somebody else") == 0
    world.memory.forget(tenant=TENANT)
    assert world.extract(NEXT, GOOD_NEXT, "d-2").notes == ()


def test_a_document_without_confirmed_sums_teaches_nothing(world: World) -> None:
    world.extract(FIRST, GOOD)
    assert isinstance(world.learn(fields(FIRST)), Skip)
    assert world.memory.entries() == []


def test_of_a_reviewed_result_a_person_vouches_for_what_was_asked_about(world: World) -> None:
    world.extract(FIRST, GOOD[:-1])
    asked = [replace(item, review_state=ReviewState.PERSON) if item.name == "due_date" else item for item in GOOD]
    assert world.learn(asked, decision="reviewed") == Emit(())
    assert world.known()["due_date"] == (1, 0)
    assert world.known()["total_amount"] == (1, 0), "no reader had read it"
    assert world.known()["subtotal"] == (0, 1)
    assert world.known()["invoice_number"] == (0, 0)


def test_one_correction_teaches_and_its_repetition_does_not(world: World) -> None:
    world.extract(FIRST, [item for item in GOOD if item.name != "due_date"])
    assert world.feed_back("due_date", VALUES["due_date"]) == Emit(())
    assert isinstance(world.feed_back("due_date", VALUES["due_date"]), Skip)
    assert isinstance(world.feed_back("due_date", VALUES["due_date"], "f-2"), Skip), "the same word on one document"
    assert world.known()["due_date"] == (1, 0)
    read = {item.name: item for item in world.extract(NEXT, (), "d-2").fields}
    assert read["due_date"].value == SECOND_VALUES["due_date"]
    assert read["due_date"].reader == "vendor_memory"
    assert set(read) == {"due_date"}, "only what a person taught is read where nobody else reads it"


def test_a_correction_outweighs_what_the_document_taught_before(world: World) -> None:
    mistaken = [replace(item, value=VALUES["invoice_date"]) if item.name == "due_date" else item for item in GOOD]
    world.extract(FIRST, mistaken)
    world.learn(mistaken)
    assert world.known()["due_date"] == (0, 0)
    assert world.feed_back("due_date", VALUES["due_date"]) == Emit(())
    assert world.known()["due_date"] == (1, 0)
    [entry] = world.memory.entries(TENANT)
    assert (entry.revision, entry.documents) == (2, 1)


def test_corrections_of_cells_and_unknown_fields_teach_nothing(world: World) -> None:
    world.extract(FIRST, GOOD)
    assert isinstance(world.feed_back("line_items[1].amount", "42.00"), Skip)
    assert isinstance(world.feed_back("total_amount", None), Skip)


def test_without_a_trace_nothing_is_learnt(world: World) -> None:
    assert isinstance(world.learn(GOOD), Skip)


def test_a_trace_that_cannot_be_read_teaches_nothing(world: World) -> None:
    world.store.put(trace_key("d-1", 1), b"not a trace")
    assert isinstance(world.learn(GOOD), Skip)


def test_what_the_database_cannot_hold_teaches_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise ValueError("the database cannot hold this: a NUL")

    world.extract(FIRST, GOOD)
    monkeypatch.setattr(world.memory, "teach", refused)
    assert isinstance(world.learn(GOOD), Skip)


def test_a_trace_that_cannot_be_read_does_not_keep_the_document_from_being_read(world: World) -> None:
    world.store.put(trace_key("d-1", 1), b"not a trace")
    assert {item.name for item in world.extract(FIRST, GOOD).fields} == {item.name for item in GOOD}


def test_a_database_that_is_down_pauses_both_stages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise UnavailableError("database", "no route to host")

    world.extract(FIRST, GOOD)
    monkeypatch.setattr(world.memory, "teach", away)
    monkeypatch.setattr(world.memory, "candidates", away)
    assert world.learn(GOOD) == Retry("no route to host", dependency="database")
    with pytest.raises(AssertionError, match="no route to host"):
        world.extract(NEXT, GOOD_NEXT, "d-2")


def test_without_a_memory_extract_reads_as_ever_and_keeps_no_trace(world: World) -> None:
    plain = ExtractStage(world.store, cast(Sandbox, world.sandbox), SCHEMAS, 10)
    world._extract = plain
    world.extract(FIRST, ())
    assert world.sandbox.calls == ["extract_fields"]
    assert world.store.find(trace_key("d-1", 1)) is None


def test_the_routes_note_on_a_broken_rule_is_what_learn_looks_for() -> None:
    broken = replace(
        GOOD[5],
        rules=(RuleResult("date_in_range", RuleStatus.FAILED, "It is too far ahead."),),
        confidence=Confidence(0.4, 1.0, 0.9, 0.0),
    )
    finding = Finding("date_in_range", RuleStatus.FAILED, "It is too far ahead.", ("due_date",))
    sure = [replace(item, confidence=Confidence(0.99, 1.0, 0.99, 1.0)) for item in GOOD if item.name != "due_date"]
    validated = Validated(Extraction((*sure, broken)), (), (finding,))
    routed = route(validated, SCHEMA, "invoice", 0.99, Thresholds())
    assert routed.decision is RouteDecision.STRAIGHT_THROUGH
    assert any(note.partition(FAILS)[0] == "due_date" for note in routed.extraction.notes)


def test_learning_reads_finished_documents_only() -> None:
    assert topics.LEARNING_INPUTS == {"learn": topics.RESULTS, "learn_feedback": topics.FEEDBACK}
    assert {f"{name}.dlq" for name in topics.LEARNING} <= {topic.name for topic in topics.TOPICS}
