"""The stable error codes people see (DESIGN §8), and the value that carries one.

``docs/errors.md`` and the README list the same table; a test holds them together.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a document was refused. Values are part of the public contract and never change meaning."""

    # the file
    UNSUPPORTED_TYPE = "unsupported_type"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_PIXELS = "too_many_pixels"
    DECOMPRESSION_BOMB = "decompression_bomb"
    # the submission
    INVALID_SUBMISSION = "invalid_submission"
    FETCH_REFUSED = "fetch_refused"
    FETCH_FAILED = "fetch_failed"
    SCHEMA_UNKNOWN = "schema_unknown"
    DOCUMENT_ID_CONFLICT = "document_id_conflict"
    # the record
    UNDECODABLE = "undecodable"
    UNKNOWN_SCHEMA_ID = "unknown_schema_id"
    UNSTORABLE = "unstorable"
    # the work
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_CRASHED = "worker_crashed"
    ARTEFACT_MISSING = "artefact_missing"
    RETRIES_EXHAUSTED = "retries_exhausted"
    INTERNAL = "internal"


ERROR_HELP: dict[ErrorCode, str] = {
    ErrorCode.UNSUPPORTED_TYPE: "The content is of a type that fieldtrail does not read. Send PDF, DOCX, PNG, JPEG, TIFF, WebP, BMP or HEIC, or a ZIP of images.",
    ErrorCode.ENCRYPTED: "The file asks for a password. Send a copy without one.",
    ErrorCode.CORRUPT: "The file is damaged and no page of it can be opened. Export or scan it again.",
    ErrorCode.EMPTY: "The file has no bytes or no pages. Check the export that wrote it.",
    ErrorCode.TOO_LARGE: "The file has more bytes than the limit. Split it, or raise `limits.max_bytes`.",
    ErrorCode.TOO_MANY_PAGES: "The file has more pages than the limit. Split it, or raise `limits.max_pages`.",
    ErrorCode.TOO_MANY_PIXELS: "A page has more pixels than the limit. Scan at 300 DPI, or raise `limits.max_pixels`.",
    ErrorCode.DECOMPRESSION_BOMB: "The file unpacks to far more than it holds, as an attack does. It is not opened.",
    ErrorCode.INVALID_SUBMISSION: "The submission lacks something or contradicts itself. The message says what; send it again mended.",
    ErrorCode.FETCH_REFUSED: "The URI points where fieldtrail may not read. Allow the folder or bucket in `fetch`, or send the bytes inline.",
    ErrorCode.FETCH_FAILED: "Nothing could be read at the URI. Check that the object exists and that the worker may read it.",
    ErrorCode.SCHEMA_UNKNOWN: "The submission names an extraction schema or document type that is not configured.",
    ErrorCode.DOCUMENT_ID_CONFLICT: "This document_id or idempotency key was already used for other content. Give the new document its own.",
    ErrorCode.UNDECODABLE: "The record is not Avro in Confluent wire format, or is cut short. Encode it with the published schema.",
    ErrorCode.UNKNOWN_SCHEMA_ID: "The record names a schema id that the registry does not know. Use the ids of `avro/registry.json` or the configured registry.",
    ErrorCode.UNSTORABLE: "A value of the record does not fit the audit tables, such as a time beyond the year 2299. The audit trail lacks the row that the message names; its event is there.",
    ErrorCode.TIMEOUT: "The document took longer than the stage's limit. Replay it when the machine is free, or split it.",
    ErrorCode.OUT_OF_MEMORY: "The document needs more memory than one document may take. Split it, scan it at 300 DPI, or raise `limits.memory_mb`.",
    ErrorCode.WORKER_CRASHED: "The process that read the document died on it. Keep the file and report it.",
    ErrorCode.ARTEFACT_MISSING: "Stored bytes that this stage needs are gone from the object store. Restore them, or submit the document again.",
    ErrorCode.RETRIES_EXHAUSTED: "A passing fault did not pass. The message names it; replay the dead letter once it is mended.",
    ErrorCode.INTERNAL: "fieldtrail has a defect here. The document is safe in the dead-letter topic; report the code and trace id.",
}
"""For each code, what is wrong and what to do, in one or two sentences."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected failure as a value: a stable code and a sentence about this very document."""

    code: ErrorCode
    message: str
