"""recognize: words with boxes for every page, from the text layer where it deserves that, else by OCR.

The words lie in the object store, addressed by what made them (content, page, engine), so a page that was read before
a crash is found again, and a replay of a later stage never reads a page twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from processors.classification import Part, SplitMode, UserTypes
from processors.document import PageQuality as MeasuredQuality
from processors.errors import ErrorCode, Refusal
from processors.intake import MediaType
from processors.recognition.text_layer import FailedPage, NeedsOcr, text_layer_engine
from processors.sandbox import Failure, Sandbox
from processors.schemas import Schemas
from streams.contracts import topics
from streams.contracts.records import (
    Classification,
    Document,
    DocumentClassified,
    DocumentRecognized,
    PageFailure,
    PageQuality,
    RecognizedPage,
)
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry
from streams.harness.stage import Identity, StageContext
from streams.stages import work
from streams.stages.classify import as_record, pick_schema
from streams.stages.common import (
    all_or_none,
    failed,
    identity_of,
    local_file,
    missing,
    numbered_words_key,
    progress,
    read_store,
    unavailable,
    words_key,
)
from streams.stages.packets import emit_children, split_mode
from streams.stages.page_ocr import PageOcr, engine_changed

TEXT_PAGES_PER_TASK = 16
"""Pages that one child reads by their text layer in one go: bounds memory, and long documents share the pool."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page whose words are in the store, and at hand for another look at the type and at what begins where."""

    record: RecognizedPage
    words: bytes


class _StopError(Exception):
    """Carries an outcome out of the page loop."""

    def __init__(self, outcome: Retry | Dead) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class RecognizeStage:
    """``documents.classified`` → ``documents.recognized``.

    The first page is read before the others and the document's type settled by it; then all others are read, several at
    a time, whatever the type. A type without a schema does not spare them: behind a cover letter may lie an invoice, a
    packet is split by what all its pages say, a reviewer may correct the type, and of a page that was left out nobody
    could tell what it held. What the order buys is that a store or an OCR server that is away stops the document at its
    first page.

    A packet goes on as its documents; its own way ends here, with a status that names them.
    """

    name = "recognize"

    def __init__(
        self,
        store: ObjectStore,
        sandbox: Sandbox,
        ocr: PageOcr,
        schemas: Schemas,
        timeout_s: float,
        split: SplitMode = SplitMode.AUTO,
        types: UserTypes = (),
    ) -> None:
        self._types = types
        self._split = split
        self._store = store
        self._schemas = schemas
        self._sandbox = sandbox
        self._ocr = ocr
        self._timeout_s = timeout_s

    def identity(self, record: DocumentClassified, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentClassified, context: StageContext) -> Outcome:
        document = record.document
        try:
            pages, classification = await self._read(document, record.classification, context.progress)
            parts = await self._parts(document, [page for page in pages if isinstance(page, _Page)])
        except _StopError as stop:
            return stop.outcome
        except UnavailableError as error:
            return unavailable(error)
        except MissingError as error:
            return missing(error)
        read = tuple(page.record for page in pages if isinstance(page, _Page))
        failures = tuple(page for page in pages if isinstance(page, PageFailure))
        if not read:
            first = failures[0]
            return Dead.refused(Refusal(ErrorCode(first.code), f"No page could be read. {first.message}"))
        if len(parts) > 1:
            return emit_children(record, parts, read, failures, self._schemas, context)
        schema = pick_schema(document, classification.document_type, self._schemas)
        if isinstance(schema, Dead):
            return schema
        recognized = DocumentRecognized(
            document=document,
            classification=classification,
            extraction_schema=schema,
            recognized_pages=read,
            failed_pages=failures,
            trail=(*record.trail, context.hop()),
        )
        return Emit(
            (
                progress(document, context, classification.document_type),
                Outgoing(topics.RECOGNIZED, document.document_id, recognized),
            )
        )

    async def _read(
        self, document: Document, before: Classification, on_page: Callable[[], None]
    ) -> tuple[list[_Page | PageFailure], Classification]:
        """All pages in order, and the type as the first one settles it; ``on_page`` is called as each page is done."""
        # What was classified by its text was read for that, and kept.
        engine = text_layer_engine()
        known = await self._restore(numbered_words_key(document, 1, engine), 1) if before.basis == "text" else None
        if known is not None and document.page_count == 1:
            return [known], before
        async with local_file(self._store, document.content_uri) as path:
            found: list[_Page | PageFailure] = (
                [known] if known is not None else await self._read_some(document, path, 1, 1, on_page)
            )
            classification = await self._classify_again(before, found[0])
            for first in range(2, document.page_count + 1, TEXT_PAGES_PER_TASK):
                last = min(first + TEXT_PAGES_PER_TASK - 1, document.page_count)
                found += await self._read_some(document, path, first, last, on_page)
        return found, classification

    async def _parts(self, document: Document, pages: Sequence[_Page]) -> tuple[Part, ...]:
        """The documents that the file holds; none where it is not to be split."""
        mode = split_mode(document, self._split)
        if len(pages) < 2 or mode is SplitMode.WHOLE:
            return ()
        stored = [(page.record.number, page.words) for page in pages]
        answer = await self._sandbox.run(
            work.split_packet, stored, document.page_count, mode, self._types, timeout=self._timeout_s
        )
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        return answer

    async def _read_some(
        self, document: Document, path: Path, first: int, last: int, on_page: Callable[[], None]
    ) -> list[_Page | PageFailure]:
        """Pages ``first`` to ``last`` in order; those without a usable text layer by OCR, several at a time."""
        media_type = MediaType(document.media_type)
        answer = await self._sandbox.run(work.read_text_pages, path, media_type, first, last, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        if isinstance(answer, Refusal):
            raise _StopError(Dead.refused(answer))

        async def complete(page: work.TextPage) -> _Page | PageFailure:
            done = await self._complete(document, path, page)
            on_page()
            return done

        return await all_or_none([complete(page) for page in answer])

    async def _complete(self, document: Document, path: Path, page: work.TextPage) -> _Page | PageFailure:
        """Recognises and keeps one page, so that it need not be read again whatever becomes of the others."""
        engine = self._ocr.engine
        key = self._words_key(document, page, engine)
        whole: work.ReadPage | FailedPage | Refusal
        if isinstance(page, NeedsOcr):
            if (known := await self._restore(key, page.number)) is not None:
                return known
            answer = await self._ocr.read(path, MediaType(document.media_type), page)
            if isinstance(answer, Retry):
                raise _StopError(answer)
            if self._ocr.engine != engine:
                raise _StopError(engine_changed(self._ocr.engine, engine))
            whole = answer
        else:
            whole = page
        if not isinstance(whole, work.ReadPage):
            return PageFailure(number=page.number, code=whole.code, message=whole.message)
        return _kept(whole, await asyncio.to_thread(self._store.put, key, whole.words))

    def _words_key(self, document: Document, page: work.TextPage, engine: str) -> str:
        if isinstance(page, work.ReadPage):
            return numbered_words_key(document, page.number, page.engine)
        if isinstance(page, NeedsOcr) and page.page_hash is not None:
            return words_key(page.page_hash, "page", engine)
        if isinstance(page, NeedsOcr) and page.text is not None:
            engine = f"{engine}+{page.text.engine}"
        return numbered_words_key(document, page.number, engine)

    async def _restore(self, key: str, number: int) -> _Page | None:
        """Page ``number`` as it was read before, in this document or another; ``None`` where it was not."""
        uri = await read_store(self._store, partial(self._store.find, key))
        if uri is None:
            return None
        data = await read_store(self._store, partial(self._store.get, uri))
        answer = await self._sandbox.run(work.restore_page, data, number, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        return _kept(answer, uri)

    async def _classify_again(self, before: Classification, first: _Page | PageFailure) -> Classification:
        """The type by the first page's words, where only its shape had decided."""
        if before.basis != "shape" or isinstance(first, PageFailure):
            return before
        answer = await self._sandbox.run(work.classify_words, first.words, self._types, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        return before if answer is None else as_record(answer, "text")


def _kept(page: work.ReadPage, uri: str) -> _Page:
    """The page whose words lie at ``uri``."""
    record = RecognizedPage(
        number=page.number,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        source=page.source,
        reason=page.reason,
        engine=page.engine,
        words_uri=uri,
        word_count=page.word_count,
        min_confidence=page.min_confidence,
        mean_confidence=page.mean_confidence,
        quality=_as_record(page.quality),
    )
    return _Page(record, page.words)


def _as_record(quality: MeasuredQuality | None) -> PageQuality | None:
    """The figures as they travel; confidences travel for every page, measured or not."""
    if quality is None:
        return None
    return PageQuality(
        dpi=quality.dpi,
        sharpness=quality.sharpness,
        skew=quality.skew,
        contrast=quality.contrast,
        handwriting=quality.handwriting,
        hard=quality.hard,
    )
