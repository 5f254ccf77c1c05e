"""learn: finished documents teach vendor memory where a layout prints its fields. It produces no records."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from connectors.errors import MissingError
from connectors.objects import ObjectStore
from connectors.vendor_memory import DocumentLesson, Lecture, VendorMemory
from processors.fields import Confidence, Field, FieldType, ReviewState
from processors.memory import (
    Layout,
    Learnt,
    Taught,
    Trace,
    by_correction,
    by_pass,
    by_person,
    decode_trace,
    is_news,
    learn,
    lookup_keys,
)
from processors.routing import RouteDecision
from processors.schemas import Schemas
from streams.contracts.records import DocumentFeedback, DocumentResult
from streams.harness.outcomes import Emit, Outcome, Skip
from streams.harness.stage import Identity, StageContext
from streams.stages.common import off_loop
from streams.stages.ids import layout_id, trace_key

logger = logging.getLogger(__name__)

PERSON = "person"
"""Who reads a value that a person gave."""

FAILS = ": left out, because it fails "
"""Between a field's name and the rule, in the route's note on a value that a rule failed on."""


class LearnStage:
    """``documents.results`` → vendor memory. What a document teaches: :mod:`processors.memory.teachers`.

    Of a reviewed result, a person vouches for the fields that the route had asked about, and for values that nobody had
    read.
    """

    name = "learn"

    def __init__(self, store: ObjectStore, memory: VendorMemory) -> None:
        self._store = store
        self._memory = memory

    def identity(self, record: DocumentResult, context: StageContext) -> Identity:
        return Identity(record.document_id, record.tenant, record.revision, record.filename, record.submitted_at)

    async def process(self, record: DocumentResult, context: StageContext) -> Outcome:
        def taught(trace: Trace) -> Sequence[Taught]:
            if record.decision == RouteDecision.STRAIGHT_THROUGH:
                failed = [name for note in record.notes for name, found, _ in [note.partition(FAILS)] if found]
                return by_pass(record.fields, trace.verdicts, failed)
            looked_at = {field.name for field in record.fields if field.review_state is not ReviewState.PASSED}
            return by_person(record.fields, trace.fields, trace.verdicts, looked_at)

        identity = self.identity(record, context)
        return await off_loop(partial(_learn, self._store, self._memory, identity, record.result_id, taught, context))


class LearnFeedbackStage:
    """``documents.feedback`` → vendor memory: one field that a person confirmed or changed."""

    name = "learn_feedback"

    def __init__(self, store: ObjectStore, memory: VendorMemory, schemas: Schemas) -> None:
        self._store = store
        self._memory = memory
        self._schemas = schemas

    def identity(self, record: DocumentFeedback, context: StageContext) -> Identity:
        return Identity(record.document_id, record.tenant, record.revision)

    async def process(self, record: DocumentFeedback, context: StageContext) -> Outcome:
        kind = self._type_of(record)
        if kind is None:
            return Skip(f"{record.correction.name} is no header field of the schema")

        def taught(trace: Trace) -> Sequence[Taught]:
            said = record.correction
            right = Field(said.name, kind, said.value, "", said.evidence, Confidence(1.0), PERSON, "")
            return by_correction(right, record.predicted, trace.fields, trace.verdicts, trace.sketch)

        identity = self.identity(record, context)
        return await off_loop(partial(_learn, self._store, self._memory, identity, record.feedback_id, taught, context))

    def _type_of(self, record: DocumentFeedback) -> FieldType | None:
        """The type of the field, ``None`` for cells of line items and what the schema does not have."""
        schema = None if record.extraction_schema is None else self._schemas.get(record.extraction_schema.name)
        spec = None if schema is None else schema.field(record.correction.name)
        return None if spec is None else spec.type


def _learn(
    store: ObjectStore,
    memory: VendorMemory,
    identity: Identity,
    lesson_id: str,
    teach: Callable[[Trace], Sequence[Taught]],
    context: StageContext,
) -> Outcome:
    """One lesson, by the trace that extract kept of the document. Blocks; raises ``UnavailableError``."""
    uri = store.find(trace_key(identity.document_id, identity.revision))
    if uri is None:
        return Skip("extract kept no trace of it: its type has no schema, or memory was off")
    try:
        trace = decode_trace(store.get(uri))
    except MissingError:
        return Skip("its trace was erased meanwhile")
    except ValueError as error:
        logger.warning("%s teaches nothing: %s", identity.document_id, error)
        return Skip("its trace cannot be read")
    taught = teach(trace)
    if not is_news(trace.layout, taught):
        return Skip("it teaches nothing")
    new_id = layout_id(identity.tenant, identity.document_id)

    def decide(layouts: Sequence[Layout], known: DocumentLesson | None) -> Learnt | None:
        before, mine = ({}, None) if known is None else (known.fields, known.layout_id)
        return learn(trace, taught, layouts, before, mine, new_id)

    keys = lookup_keys(trace.sketch)
    lecture = Lecture(identity.tenant, identity.document_id, lesson_id, keys, context.now())
    try:
        learnt = memory.teach(lecture, decide)
    except ValueError as error:
        logger.warning("%s teaches nothing: %s", identity.document_id, error)
        return Skip("the database cannot hold what it teaches")
    return Skip("it teaches nothing new") if learnt is None else Emit(())
