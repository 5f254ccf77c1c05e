"""What the stages share: failures of the sandbox and of the stores as outcomes, and status records."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from processors.errors import ErrorCode
from processors.sandbox import Failure
from processors.schemas import ExtractionSchema, Schemas
from streams.contracts import topics
from streams.contracts.records import Document, DocumentStatus, RecognizedPage, SchemaRef
from streams.harness.outcomes import Dead, Outgoing, Retry
from streams.harness.stage import Identity, StageContext

T = TypeVar("T")

SANDBOX = "sandbox"
"""The child processes as a dependency of the stages: a machine that cannot start any is no fault of a document."""

_PERMANENT = {ErrorCode.OUT_OF_MEMORY, ErrorCode.INTERNAL}


def failed(failure: Failure) -> Retry | Dead:
    """A sandbox failure as an outcome. A child that died or ran late may do better on another try; one that needs too
    much memory or that raised will not.
    """
    if failure.by_machine:
        return Retry(failure.message, dependency=SANDBOX)
    if failure.code in _PERMANENT:
        return Dead(failure.code, failure.message, failure.detail)
    return Retry(failure.message, failure.code)


def unavailable(error: UnavailableError) -> Retry:
    """A store that does not answer, as an outcome: the stage pauses."""
    return Retry(error.reason, dependency=error.dependency)


def missing(error: MissingError) -> Dead:
    """Stored bytes that are gone, as an outcome."""
    return Dead(ErrorCode.ARTEFACT_MISSING, f"Nothing is stored at {error.uri}; it was removed or never written.")


def schema_named(schemas: Schemas, schema_id: str) -> ExtractionSchema | Dead:
    """The schema that a document pinned or asked for. It may be gone, where a user took its file away."""
    schema = schemas.get(schema_id)
    if schema is None:
        message = f"Schema {schema_id!r} is none of: {', '.join(schemas)}. Put its file back and replay the document."
        return Dead(ErrorCode.SCHEMA_UNKNOWN, message)
    return schema


def reference_to(schema: ExtractionSchema) -> SchemaRef:
    """How the schema is named in records: documents pin its id; the version says what was read by."""
    return SchemaRef(name=schema.id, version=schema.version)


async def off_loop(call: Callable[[], T]) -> T | Retry | Dead:
    """``call`` in a thread (for blocking input and output), with the stores' failures as outcomes."""
    try:
        return await asyncio.to_thread(call)
    except UnavailableError as error:
        return unavailable(error)
    except MissingError as error:
        return missing(error)


async def read_store(store: ObjectStore, call: Callable[[], T]) -> T:
    """``call``, which reads from ``store``: in a thread where that may take long. Raises what ``call`` raises.

    A thread costs more than reading a page's words from a local disk, and there are several reads a document.
    """
    return call() if store.quick_reads else await asyncio.to_thread(call)


async def load_words(store: ObjectStore, pages: Sequence[RecognizedPage]) -> list[tuple[int, bytes]] | Retry | Dead:
    """The numbers and stored words of ``pages``, in order, or what the store's failure means for the record."""
    try:
        return [(page.number, await read_store(store, partial(store.get, page.words_uri))) for page in pages]
    except UnavailableError as error:
        return unavailable(error)
    except MissingError as error:
        return missing(error)


async def all_or_none(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The answers of all, in order. Where one raises, the others are cancelled and ended, and its exception leaves."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(item) for item in work]
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [task.result() for task in tasks]


def words_key(sha256: str, page: str, engine: str) -> str:
    """Where a page's words lie in the object store: addressed by what was read and by what read it.

    ``sha256`` and ``page`` are a page's own hash and ``page``, where it is known, so that a page that returns in
    another file is not read again; else its file's hash and its number.
    """
    slug = "".join(char if char.isalnum() or char in ".-" else "_" for char in engine)
    return f"words/{sha256[:2]}/{sha256}/{page}.{slug}.json.gz"


def numbered_words_key(document: Document, number: int, engine: str) -> str:
    """As :func:`words_key`, for page ``number`` of ``document``, whose own hash is not known."""
    return words_key(document.content_sha256, f"{number:05d}", engine)


@asynccontextmanager
async def local_file(store: ObjectStore, uri: str) -> AsyncIterator[Path]:
    """The bytes at ``uri`` as a local file while the context lasts. Raises as :meth:`ObjectStore.local` does."""
    context = store.local(uri)
    path = await read_store(store, context.__enter__)
    try:
        yield path
    finally:
        await read_store(store, partial(context.__exit__, None, None, None))


def identity_of(document: Document) -> Identity:
    """The identity of a document beyond ingest."""
    return Identity(
        document.document_id,
        document.tenant,
        document.revision,
        document.filename,
        document.submitted_at,
        document.parent_document_id,
    )


def progress(document: Document, context: StageContext, document_type: str | None = None) -> Outgoing:
    """The status record that says: this stage is done, the document goes on."""
    return status(identity_of(document), context, "in_progress", document_type=document_type)


def status(
    identity: Identity,
    context: StageContext,
    state: str,
    *,
    document_type: str | None = None,
    message: str | None = None,
    duplicate_of: str | None = None,
    result_id: str | None = None,
) -> Outgoing:
    """A status record on its way."""
    record = DocumentStatus(
        document_id=identity.document_id,
        tenant=identity.tenant,
        revision=identity.revision,
        stage=context.stage,
        state=state,
        at=context.now(),
        filename=identity.filename,
        document_type=document_type,
        message=message,
        duplicate_of=duplicate_of,
        result_id=result_id,
        parent_document_id=identity.parent_document_id,
        submitted_at=identity.submitted_at,
    )
    return Outgoing(topics.STATUS, identity.document_id, record)
