"""Packets: a file that holds several documents goes on as its documents, each with its pages (recognize)."""

from collections.abc import Sequence
from typing import Final

from processors.classification import Part, SplitMode
from processors.intake import MediaType
from processors.schemas import Schemas
from streams.contracts import topics
from streams.contracts.records import (
    Classification,
    Document,
    DocumentClassified,
    DocumentRecognized,
    PageFailure,
    PageRange,
    RecognizedPage,
)
from streams.harness.outcomes import Dead, Emit, Outgoing
from streams.harness.stage import StageContext
from streams.stages.classify import as_record, pick_schema, submitted_type
from streams.stages.common import identity_of, progress, status
from streams.stages.ids import child_document_id

SPLIT_KEY: Final = "fieldtrail.split"
"""The metadata key by which a producer says how one file is split."""


def split_mode(document: Document, configured: SplitMode) -> SplitMode:
    """How ``document`` is split: as its producer says, else as configured. In ``auto``, a ZIP of pages, a file that
    carries an e-invoice, and one whose type or schema the producer named are one document each.
    """
    asked = document.metadata.get(SPLIT_KEY)
    mode = SplitMode(asked) if asked in set(SplitMode) else configured
    named = document.requested_type or document.requested_schema
    single = named or document.einvoice_attachment or document.media_type == MediaType.PACKET
    return SplitMode.WHOLE if mode is SplitMode.AUTO and single else mode


def child_of(packet: Document, part: Part) -> Document:
    """The document on the part's pages. They keep the packet's numbers, so that evidence is found in its file."""
    return packet.model_copy(
        update={
            "document_id": child_document_id(packet.document_id, part.first, part.last),
            "parent_document_id": packet.document_id,
            "pages": PageRange(first=part.first, last=part.last),
            "einvoice_attachment": None,
        }
    )


def emit_children(
    record: DocumentClassified,
    parts: Sequence[Part],
    pages: Sequence[RecognizedPage],
    failures: Sequence[PageFailure],
    schemas: Schemas,
    context: StageContext,
) -> Emit | Dead:
    """One recognised document for each part, and the packet's status that names them."""
    packet = record.document
    outgoing: list[Outgoing] = []
    named = []
    for part in parts:
        child, found = child_of(packet, part), _type_of(packet, part)
        schema = pick_schema(child, found.document_type, schemas)
        if isinstance(schema, Dead):
            return schema
        recognized = DocumentRecognized(
            document=child,
            classification=found,
            extraction_schema=schema,
            recognized_pages=tuple(page for page in pages if part.first <= page.number <= part.last),
            failed_pages=tuple(page for page in failures if part.first <= page.number <= part.last),
            trail=(*record.trail, context.hop()),
        )
        outgoing.append(progress(child, context, found.document_type))
        outgoing.append(Outgoing(topics.RECOGNIZED, child.document_id, recognized))
        named.append(f"{child.document_id} ({found.document_type}, {_pages(part)})")
    message = f"Split into {len(parts)} documents: {'; '.join(named)}"
    return Emit((*outgoing, status(identity_of(packet), context, "split", message=message)))


def _type_of(packet: Document, part: Part) -> Classification:
    if packet.requested_type is not None:
        return submitted_type(packet.requested_type)
    return as_record(part.classification, "text")


def _pages(part: Part) -> str:
    return f"page {part.first}" if part.first == part.last else f"pages {part.first} to {part.last}"
