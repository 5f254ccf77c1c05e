"""Keeps erased documents from coming back: a stage in front of every stage but ingest.

Topics keep their records until their retention ends, so a record of a document may reach a stage after the document was
erased: it was on its way, or somebody produced it again. Ingest has its own way: it claims the document's id.
"""

from typing import Generic, TypeVar

from connectors.claims import Claims
from streams.contracts.records import Record
from streams.harness.outcomes import Dead, Outcome, Retry, Skip
from streams.harness.stage import Identity, Stage, StageContext
from streams.stages.common import off_loop

R = TypeVar("R", bound=Record)


class UnlessErased(Generic[R]):
    """``stage``, but for documents that are erased: nothing is done with them, and nothing is produced.

    It looks before, and again where the stage gave up: a record that fails because its document was erased meanwhile
    makes no dead letter, which would keep its values. What a stage produces of a document that is erased meanwhile, the
    next stage leaves alone, and the audit sink writes blank.
    """

    def __init__(self, stage: Stage[R], claims: Claims) -> None:
        self.name = stage.name
        self._stage = stage
        self._claims = claims

    def identity(self, record: R, context: StageContext) -> Identity:
        """As the stage's."""
        return self._stage.identity(record, context)

    async def process(self, record: R, context: StageContext) -> Outcome:
        """As the stage's, or :class:`Skip`."""
        document_id = self.identity(record, context).document_id
        barred = await self._barred(document_id)
        if barred is not None:
            return barred
        outcome = await self._stage.process(record, context)
        return await self._barred(document_id) or outcome if isinstance(outcome, Dead) else outcome

    async def _barred(self, document_id: str) -> Skip | Retry | None:
        erased = await off_loop(lambda: self._claims.erased([document_id]))
        if not isinstance(erased, frozenset):
            return erased if isinstance(erased, Retry) else None  # off_loop's Dead is of missing objects
        return Skip(f"Document {document_id} was erased.") if erased else None
