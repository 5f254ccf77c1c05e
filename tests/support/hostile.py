"""Files through the stages' work functions, in sandboxes as the pipeline has them, with an eye on time and memory."""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from fieldtrail.wiring import OCR_MEMORY_MB, OCR_PRELOAD, PARSE_PRELOAD
from processors.errors import ErrorCode, Refusal
from processors.intake import Intake, Limits
from processors.recognition.networks import Device
from processors.recognition.text_layer import FailedPage, NeedsOcr
from processors.sandbox import Failure, Sandbox
from streams.stages import work

HANG_S = 30.0
MOST_MEMORY_MIB = 1536
_PAGES = 3  # of a document that are read: more of them are more of the same
_DEFECTS = (ErrorCode.INTERNAL, ErrorCode.WORKER_CRASHED)


@dataclass(frozen=True, slots=True)
class Step:
    """One call in a child: its function, how it ended (``ok``, or a code), the message, and its seconds."""

    name: str
    end: str
    message: str
    seconds: float


@dataclass(slots=True)
class Journey:
    """What became of one file."""

    steps: list[Step] = field(default_factory=list)

    @property
    def end(self) -> str:
        """How the last step ended."""
        return self.steps[-1].end

    @property
    def defects(self) -> list[str]:
        """What must not happen: an exception or a crash in a child, or a call longer than ``HANG_S``."""
        return [
            f"{step.name}: {step.end} after {step.seconds:.1f} s: {step.message}"
            for step in self.steps
            if step.end in _DEFECTS or step.end == ErrorCode.TIMEOUT or step.seconds > HANG_S
        ]


class Stages:
    """The two pools of a worker. ``read`` may be called from several threads."""

    def __init__(self, workers: int = 2) -> None:
        self._parse = Sandbox(workers, preload=PARSE_PRELOAD, name="parse")
        self._ocr = Sandbox(1, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD, name="ocr")
        self._closing = ExitStack()
        self.memory = PeakMemory()

    def __enter__(self) -> Self:
        for part in (self._parse, self._ocr, self.memory):
            self._closing.enter_context(part)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def read(self, path: Path, scratch: Path, *, ocr: bool = True) -> Journey:
        """The file at ``path`` through inspection, classification and its first pages' recognition.

        Without ``ocr``, the first page that needs it is only made ready for it, at ``scratch``.
        """
        journey = Journey()
        intake = self._call(journey, self._parse, work.inspect_file, path, Limits())
        if not isinstance(intake, Intake):
            return journey
        self._call(journey, self._parse, work.classify_file, path, intake.media_type)
        last = min(intake.page_count, _PAGES)
        pages = self._call(journey, self._parse, work.read_text_pages, path, intake.media_type, 1, last)
        wanted = next((page for page in pages if isinstance(page, NeedsOcr)), None) if isinstance(pages, list) else None
        if wanted is None:
            return journey
        if ocr:
            arguments = (path, intake.media_type, wanted, "tiny", Device())
            self._call(journey, self._ocr, work.read_scanned_page, *arguments)
        else:
            self._call(journey, self._ocr, work.render_scanned_page, path, intake.media_type, wanted, scratch)
        return journey

    def _call(self, journey: Journey, sandbox: Sandbox, function: Any, *arguments: Any) -> Any:
        start = time.monotonic()
        answer = sandbox.run_blocking(function, *arguments, timeout=HANG_S)
        seconds = time.monotonic() - start
        if isinstance(answer, Failure):
            step = Step(function.__name__, answer.code, f"{answer.message} {answer.detail}", seconds)
        elif isinstance(answer, Refusal | FailedPage):
            step = Step(function.__name__, answer.code, answer.message, seconds)
        else:
            step = Step(function.__name__, "ok", "", seconds)
        journey.steps.append(step)
        return answer


class PeakMemory:
    """The most resident memory that any one child of this process had, in MiB, by the kernel's own high-water mark."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(0.1):
            for child in own.children(recursive=True):
                self.peak = max(self.peak, _high_water(child.pid))


def _high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)
