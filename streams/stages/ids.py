"""Deterministic ids: the same input gives the same id, so that a repeated delivery changes nothing (DESIGN §4)."""

import hashlib


def digest(*parts: object) -> str:
    """32 hex digits of SHA-256 over ``parts``, each length-prefixed so that no two lists of parts collide."""
    hasher = hashlib.sha256()
    for part in parts:
        data = str(part).encode()
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:32]


def idempotent_document_id(tenant: str, idempotency_key: str) -> str:
    """The id of a document that its producer knows by an idempotency key only."""
    return digest("idempotency", tenant, idempotency_key)


def child_document_id(parent: str, first: int, last: int) -> str:
    """The id of the document on pages ``first`` to ``last`` of a packet."""
    return digest("child", parent, first, last)


def result_id(document_id: str, revision: int) -> str:
    """The id of the result of one pass over a document."""
    return digest("result", document_id, revision)


def review_id(document_id: str, revision: int) -> str:
    """The id of the review request of one pass over a document."""
    return digest("review", document_id, revision)


def trace_key(document_id: str, revision: int) -> str:
    """Where the trace of vendor memory on one pass over a document lies in the object store."""
    return f"{trace_folder(document_id)}/{revision:06d}.json.gz"


def trace_folder(document_id: str) -> str:
    """Where all such traces of a document lie."""
    name = digest("memory", document_id)
    return f"memory/{name[:2]}/{name}"


def layout_id(tenant: str, document_id: str) -> str:
    """The id of the layout that a document founds."""
    return digest("layout", tenant, document_id)[:12]
