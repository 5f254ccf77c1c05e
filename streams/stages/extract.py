"""extract: fields from the words, each citing the words it came from; read once more by what is remembered."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from connectors.vendor_memory import VendorMemory
from processors.fields import Extraction
from processors.memory import Layout, decode_trace
from processors.sandbox import Failure, Sandbox
from processors.schemas import ExtractionSchema, Schemas
from streams.contracts import topics
from streams.contracts.records import DocumentExtracted, DocumentRecognized
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry
from streams.harness.stage import Identity, StageContext
from streams.stages import memory_work, work
from streams.stages.common import (
    failed,
    identity_of,
    load_words,
    local_file,
    missing,
    off_loop,
    progress,
    read_store,
    reference_to,
    schema_named,
    unavailable,
)
from streams.stages.ids import trace_key

logger = logging.getLogger(__name__)
T = TypeVar("T")
Words = Sequence[work.StoredPage]


class ExtractStage:
    """``documents.recognized`` → ``documents.extracted``. A type without a schema has no fields to read.

    With a ``memory``, what is remembered of the document's layout is read too, and a trace of that is kept in the
    object store: ``learn`` needs it, and it says which layout in which revision a value came from. A pass that is
    repeated after a crash reads by the layout of its trace, so that it gives the same again.
    """

    name = "extract"

    def __init__(
        self,
        store: ObjectStore,
        sandbox: Sandbox,
        schemas: Schemas,
        timeout_s: float,
        memory: VendorMemory | None = None,
    ) -> None:
        self._store = store
        self._schemas = schemas
        self._sandbox = sandbox
        self._timeout_s = timeout_s
        self._memory = memory

    def identity(self, record: DocumentRecognized, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentRecognized, context: StageContext) -> Outcome:
        reference = record.extraction_schema
        found: Extraction | Failure | Retry | Dead = Extraction()
        if reference is not None:
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
        if not isinstance(found, Extraction):
            return found
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
        self, record: DocumentRecognized, words: Words, schema: ExtractionSchema
    ) -> Extraction | Failure | Retry | Dead:
        if self._memory is None or not words:
            return await self._read(work.extract_fields, record, words, schema)
        sketched = await self._read(memory_work.extract_and_sketch, record, words, schema)
        if isinstance(sketched, Failure):
            return sketched
        return await self._remember(self._memory, sketched, record, words, schema)

    async def _read(
        self, reader: Callable[..., T], record: DocumentRecognized, words: Words, schema: ExtractionSchema
    ) -> T | Failure:
        """``reader``'s answer, or the sandbox's failure. It gets the file where an e-invoice is attached to it."""
        document_type, timeout = record.classification.document_type, self._timeout_s
        einvoice = record.document.einvoice_attachment
        if einvoice is None:
            return await self._sandbox.run(reader, None, None, words, document_type, schema, timeout=timeout)
        async with local_file(self._store, record.document.content_uri) as path:
            return await self._sandbox.run(reader, path, einvoice, words, document_type, schema, timeout=timeout)

    async def _remember(
        self,
        memory: VendorMemory,
        sketched: memory_work.Sketched,
        record: DocumentRecognized,
        words: Words,
        schema: ExtractionSchema,
    ) -> Extraction | Failure | Retry | Dead:
        key = trace_key(record.document.document_id, record.document.revision)
        uri = await read_store(self._store, partial(self._store.find, key))
        layouts: Sequence[Layout] | Retry | Dead
        if uri is None:
            layouts = await off_loop(partial(memory.candidates, record.document.tenant, sketched.keys))
        else:
            before = _layout_in(record, await read_store(self._store, partial(self._store.get, uri)))
            layouts = [] if before is None else [before]
        if isinstance(layouts, Retry | Dead):
            return layouts
        extraction, trace = sketched.extraction, sketched.trace
        if layouts:
            document_type = record.classification.document_type
            arguments = (extraction, layouts, words, document_type, schema)
            remembered = await self._sandbox.run(memory_work.read_from_memory, *arguments, timeout=self._timeout_s)
            if isinstance(remembered, Failure):
                return remembered
            if remembered is not None:
                extraction, trace = remembered.extraction, remembered.trace
        if uri is None:
            kept = await off_loop(partial(self._store.put, key, trace))
            if not isinstance(kept, str):
                return kept
        return extraction


def _layout_in(record: DocumentRecognized, trace: bytes) -> Layout | None:
    """The layout that the document was read by; ``None`` too for a trace of another version, which stays as it is."""
    try:
        return decode_trace(trace).layout
    except ValueError as error:
        logger.warning("%s is read without vendor memory: %s", record.document.document_id, error)
        return None
