"""What the audit sink must know of erasures: which documents are erased, and how it blanks what it wrote of one."""

from collections.abc import Collection, Sequence

from connectors.claims import Claims
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import blank


class BarredDocuments:
    """Erasures by the operational database, which bars a document's id before anything of it is removed."""

    def __init__(self, claims: Claims, store: ClickHouse) -> None:
        self._claims = claims
        self._store = store

    def erased(self, document_ids: Collection[str]) -> Collection[str]:
        """Those of ``document_ids`` that are erased, or being erased. Raises ``UnavailableError``."""
        return self._claims.erased(document_ids)

    def blank(self, document_ids: Sequence[str]) -> None:
        """Blanks what the store has of these. Raises ``UnavailableError`` and ``RefusedError``."""
        blank(self._store, document_ids)
