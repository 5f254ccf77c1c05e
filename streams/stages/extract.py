"""extract: fields from the words, each citing the words it came from."""

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from processors.fields import Extraction
from processors.sandbox import Failure, Sandbox
from processors.schemas import ExtractionSchema, Schemas
from streams.contracts import topics
from streams.contracts.records import DocumentExtracted, DocumentRecognized
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing
from streams.harness.stage import Identity, StageContext
from streams.stages import work
from streams.stages.common import (
    failed,
    identity_of,
    load_words,
    local_file,
    missing,
    progress,
    reference_to,
    schema_named,
    unavailable,
)


class ExtractStage:
    """``documents.recognized`` → ``documents.extracted``. A type without a schema has no fields to read."""

    name = "extract"

    def __init__(self, store: ObjectStore, sandbox: Sandbox, schemas: Schemas, timeout_s: float) -> None:
        self._store = store
        self._schemas = schemas
        self._sandbox = sandbox
        self._timeout_s = timeout_s

    def identity(self, record: DocumentRecognized, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentRecognized, context: StageContext) -> Outcome:
        reference = record.extraction_schema
        if reference is None:
            found: Extraction | Failure = Extraction()
        else:
            schema = schema_named(self._schemas, reference.name)
            if isinstance(schema, Dead):
                return schema
            reference = reference_to(schema)
            words = await load_words(self._store, record.recognized_pages)
            if not isinstance(words, list):
                return words
            try:
                found = await self._extract(record, words, schema)
            except UnavailableError as error:
                return unavailable(error)
            except MissingError as error:
                return missing(error)
        if isinstance(found, Failure):
            return failed(found)
        extracted = DocumentExtracted(
            document=record.document,
            classification=record.classification,
            extraction_schema=reference,
            recognized_pages=record.recognized_pages,
            failed_pages=record.failed_pages,
            fields=found.fields,
            line_items=found.line_items,
            notes=found.notes,
            trail=(*record.trail, context.hop()),
        )
        document = record.document
        return Emit(
            (
                progress(document, context, record.classification.document_type),
                Outgoing(topics.EXTRACTED, document.document_id, extracted),
            )
        )

    async def _extract(
        self, record: DocumentRecognized, words: list[tuple[int, bytes]], schema: ExtractionSchema
    ) -> Extraction | Failure:
        document_type = record.classification.document_type
        if record.document.einvoice_attachment is None:
            return await self._sandbox.run(
                work.extract_fields, None, None, words, document_type, schema, timeout=self._timeout_s
            )
        async with local_file(self._store, record.document.content_uri) as path:
            return await self._sandbox.run(
                work.extract_fields,
                path,
                record.document.einvoice_attachment,
                words,
                document_type,
                schema,
                timeout=self._timeout_s,
            )
