"""Where one page is recognised: in a child process of this worker, or by the OCR server (``gpu/``)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gpu.client import Busy, OcrClient, Recognized, Refused, Unreachable
from processors.errors import ErrorCode, Refusal
from processors.intake import MediaType
from processors.recognition.lines import Effort
from processors.recognition.models import engine_name
from processors.recognition.networks import Device
from processors.recognition.text_layer import NeedsOcr
from processors.recognition.upright import Reading
from processors.sandbox import Failure, Sandbox
from streams.harness.outcomes import Retry
from streams.stages import work
from streams.stages.common import SANDBOX, failed

OCR_SERVER = "ocr server"
"""The OCR server as a dependency of the stage: while it is away or full, the stage pauses."""

_OF_THE_PAGE = frozenset(
    {
        ErrorCode.EMPTY,
        ErrorCode.CORRUPT,
        ErrorCode.TOO_LARGE,
        ErrorCode.TOO_MANY_PIXELS,
        ErrorCode.INTERNAL,
        ErrorCode.TIMEOUT,
    }
)
"""The server's refusals that are the page's fault, at the latest when they come twice."""

_WORTH_ANOTHER_TRY = frozenset({ErrorCode.INTERNAL, ErrorCode.TIMEOUT})

T = TypeVar("T")

PageAnswer = work.ReadPage | Refusal | Retry
"""A page; why it has none, while the others stand; or why the whole document must be tried again later."""


class PageOcr(Protocol):
    """Recognises pages, any number at a time."""

    @property
    def engine(self) -> str:
        """What reads, with versions: part of the address under which a page's words are kept. Where it is the same
        before and after :meth:`read`, it read the page."""

    async def read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        """The page that ``wanted`` names of the file at ``path``."""


@dataclass(frozen=True, slots=True)
class EmbeddedOcr:
    """Recognises in child processes that hold the models; ``timeout_s`` bounds each try of a page."""

    sandbox: Sandbox
    effort: Effort
    device: Device
    timeout_s: float

    @property
    def engine(self) -> str:
        """See :class:`PageOcr`."""
        return engine_name(self.effort, self.device)

    async def read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        """See :class:`PageOcr`."""
        arguments = (path, media_type, wanted, self.effort, self.device)
        return await in_child(self.sandbox, work.read_scanned_page, *arguments, timeout_s=self.timeout_s)


@dataclass(slots=True)
class RemoteOcr:
    """Prepares pages in child processes and has them read by the OCR server.

    ``engine`` is what the server is thought to read with, until an answer says otherwise. What it read with something
    else is not kept under the wrong name: the document is tried again under the right one. So all servers behind one
    address must read with one engine.

    ``slots`` bounds how many prepared pages this process holds at a time: one may have 75 MB. A page whose turn does
    not come within ``patience_s`` seconds pauses the stage; less than makes a worker look stalled.
    """

    sandbox: Sandbox
    client: OcrClient
    effort: Effort
    timeout_s: float
    slots: asyncio.Semaphore
    engine: str
    patience_s: float = 120.0

    async def read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        """See :class:`PageOcr`."""
        async with self.slots:
            return await self._read(path, media_type, wanted)

    async def _read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        rendered = await in_child(
            self.sandbox,
            work.render_scanned_page,
            path,
            media_type,
            wanted,
            self.client.packed,
            timeout_s=self.timeout_s,
        )
        if isinstance(rendered, Refusal | Retry):
            return rendered
        page, image = rendered
        send = partial(
            self.client.recognize_encoded, image, self.effort, self.patience_s, sure_of_turn=page.sure_of_turn
        )
        answer = await send()
        if isinstance(answer, Refused) and answer.code in _WORTH_ANOTHER_TRY:
            answer = await send()
        if not isinstance(answer, Recognized):
            return no_answer(answer)
        if answer.engine != self.engine:
            before, self.engine = self.engine, answer.engine
            return engine_changed(answer.engine, before)
        reading = Reading(tuple(answer.lines), answer.turn)
        return await in_child(
            self.sandbox, work.finish_scanned_page, page, reading, answer.engine, timeout_s=self.timeout_s
        )


def engine_changed(now: str, before: str) -> Retry:
    """A page was looked for under the name of one engine, and read by another: it must not be kept under that name."""
    return Retry(f"The OCR server reads with {now}, not {before}.", dependency=OCR_SERVER)


def no_answer(answer: Busy | Unreachable | Refused) -> Refusal | Retry:
    """What it means for the page that the server did not read it."""
    if isinstance(answer, Refused):
        # Any other code says that the two do not understand each other, which is no fault of the page.
        if answer.code in _OF_THE_PAGE:
            return Refusal(ErrorCode(answer.code), answer.message)
        return Retry(f"{answer.code}: {answer.message}", dependency=OCR_SERVER)
    return Retry(
        answer.reason, after_s=answer.retry_after_s if isinstance(answer, Busy) else None, dependency=OCR_SERVER
    )


async def in_child(sandbox: Sandbox, fn: Callable[..., T], *arguments: Any, timeout_s: float) -> T | Refusal | Retry:
    """``fn(*arguments)`` in a child. A page that runs late or kills its child is tried once more, then refused: the
    document's other pages stand.
    """
    answer = await sandbox.run(fn, *arguments, timeout=timeout_s)
    if isinstance(answer, Failure) and isinstance(failed(answer), Retry) and not answer.by_machine:
        answer = await sandbox.run(fn, *arguments, timeout=timeout_s)
    if not isinstance(answer, Failure):
        return answer
    return Retry(answer.message, dependency=SANDBOX) if answer.by_machine else Refusal(answer.code, answer.message)
