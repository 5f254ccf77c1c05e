"""What a child's or the OCR server's failure means for a page, and for its document."""

import asyncio
from typing import Any, cast

import pytest

from gpu.client import Busy, Refused, Result, Unreachable
from processors.errors import ErrorCode, Refusal
from processors.sandbox import Failure, Sandbox
from streams.harness.outcomes import Retry
from streams.stages.page_ocr import OCR_SERVER, in_child, no_answer


class ScriptedSandbox:
    """Gives the answers told, one a try."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    async def run(self, fn: object, *arguments: object, timeout: float) -> Any:  # noqa: ASYNC109 - as the sandbox
        return self.answers.pop(0)


def outcome(*answers: object) -> tuple[object, int]:
    """What comes of a page, and how many answers were not asked for."""
    sandbox = ScriptedSandbox(*answers)
    result = asyncio.run(in_child(cast("Sandbox", sandbox), print, timeout_s=1.0))
    return result, len(sandbox.answers)


LATE = Failure(ErrorCode.TIMEOUT, "It took too long.")
CRASHED = Failure(ErrorCode.WORKER_CRASHED, "It died.")


def test_a_page_that_runs_late_once_is_read_on_the_second_try() -> None:
    assert outcome(LATE, "page") == ("page", 0)
    assert outcome(CRASHED, "page") == ("page", 0)


def test_a_page_that_fails_twice_is_refused_and_leaves_the_document_alone() -> None:
    assert outcome(LATE, LATE) == (Refusal(ErrorCode.TIMEOUT, "It took too long."), 0)
    assert outcome(LATE, CRASHED) == (Refusal(ErrorCode.WORKER_CRASHED, "It died."), 0)


def test_too_much_memory_is_not_tried_again() -> None:
    full = Failure(ErrorCode.OUT_OF_MEMORY, "Too much.")
    assert outcome(full, "page") == (Refusal(ErrorCode.OUT_OF_MEMORY, "Too much."), 1)


def test_a_machine_that_starts_no_child_is_no_fault_of_the_page() -> None:
    result, left = outcome(Failure(ErrorCode.INTERNAL, "No process.", by_machine=True), "page")
    assert isinstance(result, Retry)
    assert (result.dependency, left) == ("sandbox", 1)


@pytest.mark.parametrize(
    ("answer", "after_s"),
    [
        (Busy(7.0, "queue_full: 128 pages"), 7.0),
        (Unreachable("no server"), None),
        (Refused("bad_request", "X-Effort is 'x'."), None),
        (Refused("some_later_code", "?"), None),
    ],
)
def test_a_server_that_cannot_now_pauses_the_stage(answer: Result, after_s: float | None) -> None:
    result = no_answer(answer)  # type: ignore[arg-type]
    assert isinstance(result, Retry)
    assert (result.dependency, result.after_s) == (OCR_SERVER, after_s)


@pytest.mark.parametrize("code", ["corrupt", "empty", "too_large", "too_many_pixels", "internal", "timeout"])
def test_a_page_that_the_server_will_never_read_is_refused(code: str) -> None:
    assert no_answer(Refused(code, "No.")) == Refusal(ErrorCode(code), "No.")
