"""What a child's or the OCR server's failure means for a page, and for its document."""

import asyncio
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gpu.client import Busy, OcrClient, Recognized, Refused, Result, Unreachable
from processors.errors import ErrorCode, Refusal
from processors.intake import MediaType
from processors.recognition.networks import Device
from processors.recognition.text_layer import NeedsOcr
from processors.sandbox import Failure, Sandbox
from streams.harness.outcomes import Retry
from streams.stages.page_ocr import OCR_SERVER, EmbeddedOcr, RemoteOcr, in_child, no_answer


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


class ScriptedClient:
    """A server that reads nothing off any page, with the engine told."""

    packed = False

    def __init__(self, engine: str) -> None:
        self.engine = engine

    async def recognize_encoded(self, *_: object, **__: object) -> Result:
        return Recognized([], self.engine, 0.0)


def test_words_that_another_engine_read_are_not_kept_under_this_ones_name() -> None:
    rendered = (SimpleNamespace(sure_of_turn=True), "image")
    sandbox = ScriptedSandbox(rendered, rendered, "page")
    client = ScriptedClient("onnxruntime-1.32.0/models")

    async def main() -> tuple[RemoteOcr, object, object]:
        ocr = RemoteOcr(
            cast("Sandbox", sandbox), cast("OcrClient", client), "small", 1.0, asyncio.Semaphore(1), "openvino-1/models"
        )
        read = partial(ocr.read, Path("a.pdf"), MediaType.PDF, cast("NeedsOcr", None))
        return ocr, await read(), await read()

    ocr, first, second = asyncio.run(main())
    assert isinstance(first, Retry)
    assert first.reason == "The OCR server reads with onnxruntime-1.32.0/models, not openvino-1/models."
    assert first.dependency == OCR_SERVER, "the try does not count"
    assert (ocr.engine, second) == ("onnxruntime-1.32.0/models", "page")


def test_a_worker_s_own_pages_are_named_by_what_runs_the_networks() -> None:
    sandbox = cast("Sandbox", ScriptedSandbox())
    names = {
        EmbeddedOcr(sandbox, "small", Device("cpu", runtime), 1.0).engine.partition("-")[0]
        for runtime in ("openvino", "onnxruntime")
    }
    assert names == {"openvino", "onnxruntime"}


@pytest.mark.parametrize("code", ["corrupt", "empty", "too_large", "too_many_pixels", "internal", "timeout"])
def test_a_page_that_the_server_will_never_read_is_refused(code: str) -> None:
    assert no_answer(Refused(code, "No.")) == Refusal(ErrorCode(code), "No.")
