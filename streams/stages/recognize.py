"""recognize: words with boxes for every page, from the text layer where it deserves that, else by OCR.

The words lie in the object store, addressed by what made them (content, page, engine), so a page that was read before
a crash is found again, and a replay of a later stage never reads a page twice.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore
from processors.document import PageQuality as MeasuredQuality
from processors.errors import ErrorCode, Refusal
from processors.intake import MediaType
from processors.recognition.text_layer import FailedPage, NeedsOcr
from processors.sandbox import Failure, Sandbox
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
    progress,
    read_store,
    unavailable,
)
from streams.stages.page_ocr import PageOcr

TEXT_PAGES_PER_TASK = 16
"""Pages that one child reads by their text layer in one go: bounds memory, and long documents share the pool."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page whose words are in the store; the first one's words are kept for another look at the type."""

    record: RecognizedPage
    words: bytes | None


@dataclass(frozen=True, slots=True)
class _Pages:
    """What became of the pages, in page order, and the first page's words for another look at the type."""

    read: tuple[RecognizedPage, ...]
    failed: tuple[PageFailure, ...]
    first_words: bytes | None


class _StopError(Exception):
    """Carries an outcome out of the page loop."""

    def __init__(self, outcome: Retry | Dead) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class RecognizeStage:
    """``documents.classified`` → ``documents.recognized``."""

    name = "recognize"

    def __init__(self, store: ObjectStore, sandbox: Sandbox, ocr: PageOcr, timeout_s: float) -> None:
        self._store = store
        self._sandbox = sandbox
        self._ocr = ocr
        self._timeout_s = timeout_s

    def identity(self, record: DocumentClassified, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentClassified, context: StageContext) -> Outcome:
        document = record.document
        try:
            async with local_file(self._store, document.content_uri) as path:
                pages = await self._read(document, path, context.progress)
            classification = await self._classify_again(record.classification, pages.first_words)
        except _StopError as stop:
            return stop.outcome
        except UnavailableError as error:
            return unavailable(error)
        except MissingError as error:
            return missing(error)
        if not pages.read:
            first = pages.failed[0]
            return Dead.refused(Refusal(ErrorCode(first.code), f"No page could be read. {first.message}"))
        recognized = DocumentRecognized(
            document=document,
            classification=classification,
            extraction_schema=pick_schema(document, classification.document_type),
            recognized_pages=pages.read,
            failed_pages=pages.failed,
            trail=(*record.trail, context.hop()),
        )
        return Emit(
            (
                progress(document, context, classification.document_type),
                Outgoing(topics.RECOGNIZED, document.document_id, recognized),
            )
        )

    async def _read(self, document: Document, path: Path, on_page: Callable[[], None]) -> _Pages:
        """All pages, some at a time; ``on_page`` is called as each one is done."""
        found: list[_Page | PageFailure] = []
        for first in range(1, document.page_count + 1, TEXT_PAGES_PER_TASK):
            last = min(first + TEXT_PAGES_PER_TASK - 1, document.page_count)
            found += await self._read_some(document, path, first, last, on_page)
        read = [page for page in found if isinstance(page, _Page)]
        first_words = next((page.words for page in read if page.record.number == 1), None)
        return _Pages(
            tuple(page.record for page in read),
            tuple(page for page in found if isinstance(page, PageFailure)),
            first_words,
        )

    async def _read_some(
        self, document: Document, path: Path, first: int, last: int, on_page: Callable[[], None]
    ) -> list["_Page | PageFailure"]:
        """Pages ``first`` to ``last`` in order; those without a usable text layer by OCR, several at a time."""
        media_type = MediaType(document.media_type)
        answer = await self._sandbox.run(work.read_text_pages, path, media_type, first, last, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        if isinstance(answer, Refusal):
            raise _StopError(Dead.refused(answer))

        async def complete(page: work.ReadPage | NeedsOcr | FailedPage) -> _Page | PageFailure:
            """Recognises and keeps one page, so that it need not be read again whatever becomes of the others."""
            key = self._words_key(document, page)
            whole = await self._recognize(key, path, media_type, page) if isinstance(page, NeedsOcr) else page
            if isinstance(whole, work.ReadPage):
                words = whole.words if page.number == 1 else None
                done: _Page | PageFailure = _Page(await self._keep(key, whole), words)
            else:
                done = PageFailure(number=page.number, code=whole.code, message=whole.message)
            on_page()
            return done

        return await all_or_none([complete(page) for page in answer])

    def _words_key(self, document: Document, page: work.ReadPage | NeedsOcr | FailedPage) -> str:
        if isinstance(page, work.ReadPage):
            return words_key(document.content_sha256, f"{page.number:05d}", page.engine)
        if isinstance(page, NeedsOcr) and page.page_hash is not None:
            return words_key(page.page_hash, "page", self._ocr.engine)
        engine = self._ocr.engine
        if isinstance(page, NeedsOcr) and page.text is not None:
            engine = f"{engine}+{page.text.engine}"
        return words_key(document.content_sha256, f"{page.number:05d}", engine)

    async def _recognize(self, key: str, path: Path, media_type: MediaType, page: NeedsOcr) -> work.ReadPage | Refusal:
        """One page by OCR, or as OCR read it before."""
        uri = await read_store(self._store, partial(self._store.find, key))
        if uri is not None:
            return await self._restore(uri, page.number)
        answer = await self._ocr.read(path, media_type, page)
        if isinstance(answer, Retry):
            raise _StopError(answer)
        return answer

    async def _restore(self, uri: str, number: int) -> work.ReadPage:
        data = await read_store(self._store, partial(self._store.get, uri))
        answer = await self._sandbox.run(work.restore_page, data, number, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        return answer

    async def _keep(self, key: str, page: work.ReadPage) -> RecognizedPage:
        # What is kept under a key stays: other documents' records point there too.
        uri = await read_store(self._store, partial(self._store.find, key))
        if uri is None:
            uri = await asyncio.to_thread(self._store.put, key, page.words)
        return RecognizedPage(
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

    async def _classify_again(self, before: Classification, first_words: bytes | None) -> Classification:
        """The type by the first page's words, where only its shape had decided."""
        if before.basis != "shape" or first_words is None:
            return before
        answer = await self._sandbox.run(work.classify_words, first_words, timeout=self._timeout_s)
        if isinstance(answer, Failure):
            raise _StopError(failed(answer))
        return before if answer is None else as_record(answer, "text")


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


def words_key(sha256: str, page: str, engine: str) -> str:
    """Where a page's words lie in the object store: addressed by what was read and by what read it.

    ``sha256`` and ``page`` are a page's own hash and ``page``, where it is known, so that a page that returns in
    another file is not read again; else its file's hash and its number.
    """
    slug = "".join(char if char.isalnum() or char in ".-" else "_" for char in engine)
    return f"words/{sha256[:2]}/{sha256}/{page}.{slug}.json.gz"
