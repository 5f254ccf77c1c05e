"""validate: fields against each other and against the page, and one confidence for each."""

from connectors.objects import ObjectStore
from processors.calibration.model import Calibration
from processors.fields import Extraction
from processors.sandbox import Failure, Sandbox
from processors.schemas import Schemas
from processors.validation import Validated
from streams.contracts import topics
from streams.contracts.records import DocumentExtracted, DocumentValidated
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing
from streams.harness.stage import Identity, StageContext
from streams.stages import work
from streams.stages.common import failed, identity_of, load_words, progress, schema_named


class ValidateStage:
    """``documents.extracted`` → ``documents.validated``."""

    name = "validate"

    def __init__(
        self, store: ObjectStore, sandbox: Sandbox, schemas: Schemas, calibration: Calibration, timeout_s: float
    ) -> None:
        self._calibration = calibration
        self._store = store
        self._schemas = schemas
        self._sandbox = sandbox
        self._timeout_s = timeout_s

    def identity(self, record: DocumentExtracted, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentExtracted, context: StageContext) -> Outcome:
        extraction = Extraction(record.fields, record.line_items, record.notes)
        if record.extraction_schema is None:
            checked: Validated | Failure = Validated(extraction, missing_required=(), failed_rules=())
        else:
            schema = schema_named(self._schemas, record.extraction_schema.name)
            if isinstance(schema, Dead):
                return schema
            words = await load_words(self._store, record.recognized_pages)
            if not isinstance(words, list):
                return words
            checked = await self._sandbox.run(
                work.validate_fields,
                extraction,
                words,
                schema,
                # The day it came in, not the clock: a replay years later must judge its dates alike.
                record.document.submitted_at.date(),
                self._calibration,
                timeout=self._timeout_s,
            )
        if isinstance(checked, Failure):
            return failed(checked)
        validated = DocumentValidated(
            document=record.document,
            classification=record.classification,
            extraction_schema=record.extraction_schema,
            recognized_pages=record.recognized_pages,
            failed_pages=record.failed_pages,
            fields=checked.extraction.fields,
            line_items=checked.extraction.line_items,
            missing_required=checked.missing_required,
            failed_rules=checked.failed_rules,
            notes=checked.extraction.notes,
            trail=(*record.trail, context.hop()),
        )
        document = record.document
        return Emit(
            (
                progress(document, context, record.classification.document_type),
                Outgoing(topics.VALIDATED, document.document_id, validated),
            )
        )
