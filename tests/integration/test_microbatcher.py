"""The OCR server as a process with the real networks: many callers, kill -9, drain, and what it must refuse.

It reads as on a CPU, with processes, and as on a GPU, in batches, where that may make a difference.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil
import pymupdf
import pytest

from gpu.client import Busy, OcrClient, Recognized
from processors.recognition.engine import OcrLine
from processors.recognition.lines import answer_all, read_lines
from processors.recognition.models import engine_name, load_models
from processors.recognition.networks import pick_device
from tests.support.ocr_server import BATCHES, PROCESSES, OcrServer

pytestmark = pytest.mark.ocr

CALLERS = 64
PATIENCE_S = 400.0
_KILL_AFTER = 8  # answers
_TALL = 10


@pytest.fixture(scope="module", params=[PROCESSES, BATCHES], ids=["processes", "batches"])
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[OcrServer]:
    """One server of each kind for the tests that leave it as it is."""
    options = request.param if request.param == BATCHES else ()
    with OcrServer(tmp_path_factory.mktemp("ocr") / "server.log", *options) as running:
        yield running


def texts(number: int) -> list[str]:
    """What slip ``number`` says: no two slips say the same."""
    return [
        f"Rechnung {2024_0000 + 7 * number}",
        f"Betrag {1000 + 37 * number},{number % 90 + 10} EUR",
        f"Kunde {'ABCDEFGH'[number % 8]}{number * 11 + 100} Müller & Söhne",
    ]


@cache
def slip(number: int) -> Any:
    """Half a page with three lines of text, at 150 DPI; every third one of another size."""
    document = pymupdf.open()
    page = document.new_page(width=300 + 40 * (number % 3), height=150)
    for row, text in enumerate(texts(number)):
        page.insert_text((25, 45 + 35 * row), text, fontsize=13)
    pixmap = page.get_pixmap(dpi=150, alpha=False)
    return np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, 3).copy()


def tall(number: int) -> Any:
    """The slip ten times below itself, which takes a second or so to read."""
    return np.ascontiguousarray(np.tile(slip(number), (_TALL, 1, 1)))


def png(number: int) -> bytes:
    import cv2

    return bytes(cv2.imencode(".png", slip(number))[1])


def check(lines: list[OcrLine], number: int) -> None:
    """The slip's text, each line where it was printed."""
    assert [line.text for line in lines] == texts(number)
    scale = 150 / 72
    for row, line in enumerate(lines):
        middle = (line.quad[0][1] + line.quad[2][1]) / 2
        assert middle == pytest.approx((45 + 35 * row - 5) * scale, abs=6)
        assert line.quad[0][0] == pytest.approx(25 * scale, abs=12)
        assert line.confidence > 0.9


@asynccontextmanager
async def http(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def state(session: aiohttp.ClientSession) -> dict[str, Any]:
    async with session.get("/health") as response:
        found: dict[str, Any] = await response.json()
        return found


def run(main: Any) -> None:
    asyncio.run(asyncio.wait_for(main, PATIENCE_S))


def test_many_callers_at_once_all_get_their_own_page(server: OcrServer) -> None:
    async def main() -> None:
        async with OcrClient(server.url) as client:
            answers = await asyncio.gather(*(client.recognize(slip(number)) for number in range(CALLERS)))
        for number, answer in enumerate(answers):
            assert isinstance(answer, Recognized), answer
            check(answer.lines, number)
            assert answer.engine == engine_name("cascade")

    run(main())


def test_lines_are_those_that_are_read_in_process(server: OcrServer) -> None:
    models = load_models("cascade", pick_device("cpu"))

    async def main() -> None:
        async with OcrClient(server.url) as client:
            answers = await asyncio.gather(*(client.recognize(slip(number)) for number in range(12)))
        for number, answer in enumerate(answers):
            assert isinstance(answer, Recognized), answer
            here = answer_all(read_lines(slip(number)), models)
            assert [line.text for line in answer.lines] == [line.text for line in here]
            for there, own in zip(answer.lines, here, strict=True):
                assert np.allclose(there.quad, own.quad, atol=0.5)
                assert there.confidence == pytest.approx(own.confidence, abs=0.02)
                assert [word.text for word in there.words] == [word.text for word in own.words]

    run(main())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "empty"),
        (b"%PDF-1.7\n%not an image", 415, "unsupported_type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), 422, "corrupt"),
        (b"\xff\xd8\xff\xe0" + bytes(500), 422, "corrupt"),
        (b"P6\n50000 50000\n255\n", 413, "too_many_pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed_bodies_are_refused_and_do_no_harm(server: OcrServer, body: bytes, status: int, code: str) -> None:
    async def main() -> None:
        async with http(server.url) as session:
            async with session.post("/v1/ocr", data=body) as response:
                assert response.status == status
                assert (await response.json())["code"] == code
            async with session.post("/v1/ocr", data=png(5)) as response:
                assert [line["text"] for line in (await response.json())["lines"]] == texts(5)

    run(main())


@pytest.mark.chaos
def test_no_call_is_lost_when_the_server_is_killed_and_started_again(tmp_path: Path) -> None:
    """Every caller is answered with the right text, though the server dies twice with pages inside."""

    async def main(server: OcrServer) -> None:
        answered = 0
        enough = asyncio.Condition()

        async def call(client: OcrClient, number: int) -> None:
            nonlocal answered
            answer = await client.recognize_patiently(slip(number), total_deadline_s=PATIENCE_S)
            assert isinstance(answer, Recognized), answer
            check(answer.lines, number)
            async with enough:
                answered += 1
                enough.notify_all()

        async with OcrClient(server.url) as client, asyncio.TaskGroup() as calls:
            for number in range(CALLERS):
                calls.create_task(call(client, number))
            for kills in (1, 2):
                async with enough:
                    await enough.wait_for(lambda kills=kills: answered >= kills * _KILL_AFTER)  # type: ignore[misc]
                assert answered < CALLERS, "it was killed with pages inside"
                server.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(server.process.wait)
                await asyncio.to_thread(server.start)
        assert answered == CALLERS

    with OcrServer(tmp_path / "server.log", "--max-pages", "40") as server:
        run(main(server))


@pytest.mark.chaos
def test_a_process_that_is_killed_loses_no_page(tmp_path: Path) -> None:
    """Its page is read again by the other one, or by its successor."""

    async def main(server: OcrServer) -> None:
        readers = page_processes(server)
        assert len(readers) == 2
        async with OcrClient(server.url) as client, http(server.url) as session:
            inside = [asyncio.ensure_future(client.recognize(tall(number))) for number in range(6)]
            while (await state(session))["accepted"] < len(inside):
                assert not any(call.done() for call in inside), "all are inside at once"
            readers[0].kill()
            for number, answer in enumerate(await asyncio.gather(*inside)):
                assert isinstance(answer, Recognized), answer
                assert [line.text for line in answer.lines] == texts(number) * _TALL
            assert (await state(session))["state"] == "ready"
        assert len(page_processes(server)) == 2

    with OcrServer(tmp_path / "server.log") as server:
        run(main(server))
        assert server.said("a page is read again: The process that read the document was ended by SIGKILL")


def test_processes_end_with_the_server_that_is_killed(tmp_path: Path) -> None:
    with OcrServer(tmp_path / "server.log") as server:
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert len(family) == 3, "two that read, and the one that they are forked from"
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []


def page_processes(server: OcrServer) -> list[psutil.Process]:
    """Those that read: the children of the one that the server has started."""
    [nursery] = psutil.Process(server.process.pid).children()
    return nursery.children()


def test_sigterm_finishes_what_is_accepted_and_ends_with_0(tmp_path: Path) -> None:
    async def main(server: OcrServer) -> None:
        async with OcrClient(server.url) as client, http(server.url) as session:
            inside = [asyncio.ensure_future(client.recognize(tall(number))) for number in range(8)]
            while (await state(session))["accepted"] < len(inside):
                assert not any(call.done() for call in inside), "all are inside at once"
            server.process.send_signal(signal.SIGTERM)
            while (await state(session))["state"] != "draining":
                pass
            refused = await client.recognize(slip(99))
            assert isinstance(refused, Busy)
            assert refused.reason.startswith("draining: ")
            for number, answer in enumerate(await asyncio.gather(*inside)):
                assert isinstance(answer, Recognized), answer
                assert [line.text for line in answer.lines] == texts(number) * _TALL

    with OcrServer(tmp_path / "server.log", "--drain-s", "120") as server:
        run(main(server))
        assert server.process.wait(30) == 0


def test_a_full_queue_refuses_with_retry_after_and_a_caller_who_leaves_makes_room(tmp_path: Path) -> None:
    async def main(server: OcrServer) -> None:
        async with OcrClient(server.url) as client, http(server.url) as session:
            inside = [asyncio.ensure_future(client.recognize(tall(1))) for _ in range(2)]
            while (await state(session))["accepted"] < 2:
                assert not any(call.done() for call in inside)
            async with session.post("/v1/ocr", data=png(3)) as response:
                assert response.status == 503
                assert int(response.headers["Retry-After"]) >= 1
                assert (await response.json())["code"] == "queue_full"
            for call in inside:
                call.cancel()
            begin = time.monotonic()
            while (await state(session))["accepted"]:
                assert time.monotonic() - begin < 30
            answer = await client.recognize(slip(3))
            assert isinstance(answer, Recognized), answer
            check(answer.lines, 3)
            async with session.get("/metrics") as response:
                text = await response.text()
        assert 'fieldtrail_ocr_pages_total{outcome="gone"} 2.0' in text
        assert 'fieldtrail_ocr_pages_total{outcome="busy"} 1.0' in text

    with OcrServer(tmp_path / "server.log", "--max-pages", "2") as server:
        run(main(server))


def test_a_gpu_that_is_not_there_is_a_wrong_call_that_says_what_to_install() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("ONNX Runtime has a CUDA provider here")
    command = [sys.executable, "-m", "fieldtrail", "ocr-server", "--device", "cuda:0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "400"})
    assert done.returncode == 2
    assert "onnxruntime-gpu" in done.stderr
    assert "Traceback" not in done.stderr
