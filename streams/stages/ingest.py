"""ingest: bytes from the record, a file or S3; what they are; whether they are safe; whether they are new."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from connectors.claims import ERASED, Claims, Submission
from connectors.errors import UnavailableError
from connectors.fetch import Fetcher
from connectors.objects import ObjectStore
from connectors.objects.base import DEPENDENCY as OBJECT_STORE
from processors.classification import DocumentType, SplitMode
from processors.errors import ErrorCode, Refusal
from processors.intake import Intake, Limits
from processors.sandbox import Failure, Sandbox
from processors.schemas import Schemas
from streams.contracts import topics
from streams.contracts.records import Document, DocumentAccepted, DocumentSubmitted
from streams.contracts.topics import MAX_INLINE_BYTES
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry, Skip
from streams.harness.stage import Identity, StageContext
from streams.stages import work
from streams.stages.common import failed, off_loop, progress, status
from streams.stages.ids import digest, idempotent_document_id
from streams.stages.packets import SPLIT_KEY

LONGEST_NAME = 256
"""Characters of a document id, a tenant or an idempotency key."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """An inspected original in the object store."""

    intake: Intake
    uri: str


class IngestStage:
    """``documents.submitted`` → ``documents.accepted``, or a status that links a duplicate."""

    name = "ingest"

    def __init__(
        self,
        store: ObjectStore,
        fetcher: Fetcher,
        claims: Claims,
        sandbox: Sandbox,
        limits: Limits,
        schemas: Schemas,
        timeout_s: float,
        types: frozenset[str] = frozenset(),
    ) -> None:
        self._types = types
        self._store = store
        self._fetcher = fetcher
        self._claims = claims
        self._sandbox = sandbox
        self._limits = limits
        self._schemas = schemas
        self._timeout_s = timeout_s

    def identity(self, record: DocumentSubmitted, context: StageContext) -> Identity:
        replay = context.replay
        return Identity(
            document_id=replay.document_id if replay and replay.document_id else derive_document_id(record, context),
            tenant=record.tenant,
            revision=(replay.revision if replay else None) or 1,
            filename=record.filename,
            submitted_at=record.submitted_at or context.source.timestamp,
        )

    async def process(self, record: DocumentSubmitted, context: StageContext) -> Outcome:
        if (refusal := check_submission(record, self._schemas, self._types)) is not None:
            return Dead.refused(refusal)
        identity = self.identity(record, context)
        claim = await off_loop(lambda: self._claims.find(identity.document_id))
        if isinstance(claim, Retry | Dead):
            return claim
        if claim is not None and _came_again(claim, context):
            return _erased(identity)  # before anything of it is stored again
        spool = await off_loop(self._store.new_spool_file)
        if not isinstance(spool, Path):
            return spool
        try:
            stored = await self._take_in(record, spool)
        finally:
            spool.unlink(missing_ok=True)
        if not isinstance(stored, _Stored):
            return stored
        return await self._accept(record, stored, context)

    async def _take_in(self, record: DocumentSubmitted, spool: Path) -> _Stored | Retry | Dead:
        """Fetches the bytes to ``spool``, inspects them, and stores them."""
        fetched = await off_loop(lambda: self._fetch(record, spool))
        if isinstance(fetched, Refusal):
            return Dead.refused(fetched)
        if fetched is not None:
            return fetched
        intake = await self._sandbox.run(work.inspect_file, spool, self._limits, timeout=self._timeout_s)
        if isinstance(intake, Failure):
            return failed(intake)
        if isinstance(intake, Refusal):
            return Dead.refused(intake)
        uri = await off_loop(lambda: self._store.adopt(spool, original_key(intake.sha256)))
        return _Stored(intake, uri) if isinstance(uri, str) else uri

    def _fetch(self, record: DocumentSubmitted, spool: Path) -> Refusal | None:
        if record.content is not None:
            try:
                spool.write_bytes(record.content)
            except OSError as error:  # a full disk, say
                raise UnavailableError(OBJECT_STORE, str(error)) from error
            return None
        return self._fetcher.fetch(record.uri or "", spool)

    async def _accept(self, record: DocumentSubmitted, stored: _Stored, context: StageContext) -> Outcome:
        identity = self.identity(record, context)
        verdict = await off_loop(lambda: self._claim(record, stored.intake, identity, context))
        if verdict is not None:
            return verdict
        intake = stored.intake
        document = Document(
            document_id=identity.document_id,
            tenant=record.tenant,
            revision=identity.revision,
            content_uri=stored.uri,
            content_sha256=intake.sha256,
            media_type=intake.media_type,
            size_bytes=intake.size_bytes,
            page_count=intake.page_count,
            filename=record.filename,
            einvoice_attachment=intake.einvoice_attachment,
            requested_type=record.document_type,
            requested_schema=record.schema_name,
            metadata=record.metadata,
            submitted_at=identity.submitted_at or context.source.timestamp,
        )
        accepted = DocumentAccepted(document=document, trail=(context.hop(),))
        return Emit((progress(document, context), Outgoing(topics.ACCEPTED, document.document_id, accepted)))

    def _claim(
        self, record: DocumentSubmitted, intake: Intake, identity: Identity, context: StageContext
    ) -> Skip | Retry | Dead | None:
        """Whether the document is new: ``None`` if it is. Blocks."""
        mine = Submission(identity.document_id, record.tenant, intake.sha256, source_key(context))
        claim = self._claims.claim_submission(mine)
        if _came_again(claim, context):
            return _erased(identity)
        if (claim.tenant, claim.sha256) != (mine.tenant, mine.sha256):
            return Dead(
                ErrorCode.DOCUMENT_ID_CONFLICT,
                f"Document id {identity.document_id} already belongs to other content. Give this document its own id.",
            )
        if claim.source != mine.source and context.replay is None:  # a replay comes from another place by its nature
            return Skip(f"Document {identity.document_id} was submitted before, as {claim.source}.")
        owner = self._claims.claim_content(record.tenant, intake.sha256, record.schema_name or "", identity.document_id)
        if owner is None:
            return Retry("An erasure is removing the same content. Send this document again when it has ended.")
        if owner == identity.document_id:
            return None
        message = f"The same content is document {owner}; see its result."
        return Skip(message, (status(identity, context, "duplicate", message=message, duplicate_of=owner),))


def _came_again(claim: Submission, context: StageContext) -> bool:
    """Whether the claim is that of an erased document, whose own record is here again, by a replay or a redelivery.

    Another submission under its id is a conflict, of which its producer is to hear.
    """
    return claim.sha256 == ERASED and (context.replay is not None or claim.source == source_key(context))


def _erased(identity: Identity) -> Skip:
    return Skip(f"Document {identity.document_id} was erased.")


def check_submission(record: DocumentSubmitted, schemas: Schemas, types: Collection[str] = ()) -> Refusal | None:
    """What is wrong with the submission itself, or ``None``. ``types`` are the user's own document types."""
    if (record.content is None) == (record.uri is None):
        both = "both" if record.content is not None else "neither"
        return Refusal(ErrorCode.INVALID_SUBMISSION, f"Give either content or uri; this submission has {both}.")
    if record.content is not None and len(record.content) > MAX_INLINE_BYTES:
        return Refusal(
            ErrorCode.TOO_LARGE,
            f"{len(record.content):,} bytes came inline; the limit is {MAX_INLINE_BYTES:,}. Send a URI instead.",
        )
    for name in ("document_id", "tenant", "idempotency_key"):
        if (fault := _name_fault(getattr(record, name))) is not None:
            return Refusal(ErrorCode.INVALID_SUBMISSION, f"{name} {fault}.")
    split = record.metadata.get(SPLIT_KEY)
    if split is not None and split not in set(SplitMode):
        known = ", ".join(SplitMode)
        return Refusal(ErrorCode.INVALID_SUBMISSION, f"metadata {SPLIT_KEY} is {split!r}; it may be one of: {known}.")
    known_types = {*DocumentType, *types, *(name for schema in schemas.values() for name in schema.document_types)}
    if record.document_type is not None and record.document_type not in known_types:
        known = ", ".join(sorted(known_types))
        return Refusal(ErrorCode.SCHEMA_UNKNOWN, f"Document type {record.document_type!r} is none of: {known}.")
    if record.schema_name is not None and record.schema_name not in schemas:
        known = ", ".join(schemas)
        return Refusal(ErrorCode.SCHEMA_UNKNOWN, f"Schema {record.schema_name!r} is none of: {known}.")
    return None


def _name_fault(name: str | None) -> str | None:
    """What is wrong with a producer's name for something: names become keys of records and of database rows."""
    if name is None:
        return None
    if not name:
        return "is an empty string; leave it out instead"
    if len(name) > LONGEST_NAME:
        return f"has {len(name):,} characters; the limit is {LONGEST_NAME}"
    return None if name.isprintable() else "holds control characters"


def source_key(context: StageContext) -> str:
    """Names the Kafka record. The timestamp tells a record from one at the same offset of a topic made anew."""
    source = context.source
    return f"{source.topic}-{source.partition}@{source.offset}/{int(source.timestamp.timestamp() * 1000)}"


def derive_document_id(record: DocumentSubmitted, context: StageContext) -> str:
    """The producer's id; else one from the idempotency key; else one from the Kafka record."""
    if record.document_id is not None:
        return record.document_id
    if record.idempotency_key is not None:
        return idempotent_document_id(record.tenant, record.idempotency_key)
    return digest("record", source_key(context))


def original_key(sha256: str) -> str:
    """Where an original lies in the object store."""
    return f"originals/{sha256[:2]}/{sha256}"
