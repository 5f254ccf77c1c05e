"""classify: the document's type, from its first page, and the extraction schema that follows from it."""

import asyncio

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from processors import classification as classifier
from processors.errors import Refusal
from processors.intake import MediaType
from processors.sandbox import Failure, Sandbox
from processors.schemas import ExtractionSchema, Schemas
from streams.contracts import topics
from streams.contracts.records import Classification, Document, DocumentAccepted, DocumentClassified, SchemaRef
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing
from streams.harness.stage import Identity, StageContext
from streams.stages import work
from streams.stages.common import (
    failed,
    identity_of,
    local_file,
    missing,
    numbered_words_key,
    progress,
    reference_to,
    schema_named,
    unavailable,
)


class ClassifyStage:
    """``documents.accepted`` → ``documents.classified``. A page without text is judged by its shape for now; recognize
    looks again once it has words.

    To read the first page's text layer is what the look costs, so its words are kept where recognize finds them.
    """

    name = "classify"

    def __init__(
        self,
        store: ObjectStore,
        sandbox: Sandbox,
        schemas: Schemas,
        timeout_s: float,
        types: classifier.UserTypes = (),
    ) -> None:
        self._types = types
        self._store = store
        self._schemas = schemas
        self._sandbox = sandbox
        self._timeout_s = timeout_s

    def identity(self, record: DocumentAccepted, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentAccepted, context: StageContext) -> Outcome:
        document = record.document
        if document.requested_type is not None:
            found: Classification | Failure | Refusal = submitted_type(document.requested_type)
        else:
            try:
                found = await self._look(document)
            except UnavailableError as error:
                return unavailable(error)
            except MissingError as error:
                return missing(error)
        if isinstance(found, Failure):
            return failed(found)
        if isinstance(found, Refusal):
            return Dead.refused(found)
        schema = pick_schema(document, found.document_type, self._schemas)
        if isinstance(schema, Dead):
            return schema
        classified = DocumentClassified(
            document=document,
            classification=found,
            extraction_schema=schema,
            trail=(*record.trail, context.hop()),
        )
        return Emit(
            (
                progress(document, context, found.document_type),
                Outgoing(topics.CLASSIFIED, document.document_id, classified),
            )
        )

    async def _look(self, document: Document) -> Classification | Failure | Refusal:
        async with local_file(self._store, document.content_uri) as path:
            answer = await self._sandbox.run(
                work.classify_file, path, MediaType(document.media_type), self._types, timeout=self._timeout_s
            )
        if isinstance(answer, Failure | Refusal):
            return answer
        if isinstance(answer.page, work.ReadPage):
            key = numbered_words_key(document, 1, answer.page.engine)
            await asyncio.to_thread(self._store.put, key, answer.page.words)
        return as_record(answer.classification, "text" if answer.by_text else "shape")


def submitted_type(document_type: str) -> Classification:
    """The type that the producer gave."""
    return Classification(
        document_type=document_type, confidence=1.0, basis="submitted", reason="The producer gave the type."
    )


def as_record(found: classifier.Classification, basis: str) -> Classification:
    """A processor's classification as it travels."""
    return Classification(
        document_type=found.document_type, confidence=found.confidence, basis=basis, reason=found.reason
    )


def pick_schema(document: Document, document_type: str, schemas: Schemas) -> SchemaRef | Dead | None:
    """The schema that the producer asked for, else the one of the type; ``None`` where the type has none."""
    asked = document.requested_schema
    schema = schema_named(schemas, asked) if asked is not None else schemas.for_type(document_type)
    return reference_to(schema) if isinstance(schema, ExtractionSchema) else schema
