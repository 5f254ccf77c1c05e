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


def result_id(document_id: str, revision: int) -> str:
    """The id of the result of one pass over a document."""
    return digest("result", document_id, revision)


def review_id(document_id: str, revision: int) -> str:
    """The id of the review request of one pass over a document."""
    return digest("review", document_id, revision)
