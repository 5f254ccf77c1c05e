"""The server and its client over real sockets, with networks that answer at once or when told to."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gpu.answers import AVRO, decode_answer
from gpu.batched import BatchedReader
from gpu.client import Busy, OcrClient, Recognized, Refused, Unreachable
from gpu.images import encode_image
from gpu.limits import Limits
from gpu.metrics import Metrics
from gpu.queues import BatchLimit
from gpu.server import make_app
from gpu.service import OcrService, State
from processors.recognition.engine import Quad
from processors.recognition.lines import answer_all, read_lines
from tests.unit.gpu.fakes import BAD, FakeDetector, Fakes, page

LIMITS = Limits(BatchLimit(2, 10_000_000), BatchLimit(16, 10_000), 0.001, max_pages=2, max_active=1)
SOON_S = 20.0
"""Bounds what should happen at once, on a machine that has much else to do."""


class Gate(FakeDetector):
    """A detector that works once it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()

    def detect(self, images: Sequence[Any]) -> list[list[Quad]]:
        if images[0].shape[0] > 64:  # not a warm-up's or a probe's
            assert self.open.wait(60)
        return super().detect(images)


class Running:
    """A server over fake networks, its client, and a plain HTTP session for what the client never sends."""

    def __init__(self, service: OcrService, fakes: Fakes, gate: Gate, url: str, http: aiohttp.ClientSession) -> None:
        self.service, self.fakes, self.gate, self.url, self.http = service, fakes, gate, url, http
        self.client = OcrClient(url)

    async def post(self, body: Any, **headers: str) -> tuple[int, Any, Any]:
        """Status, headers, and the body from JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.post(f"{self.url}/v1/ocr", data=body, headers=named) as response:
            return response.status, response.headers, await response.json()

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(self.url + path) as response:
            return response.status, await response.json(content_type=None)

    async def metric(self, line: str) -> float:
        async with self.http.get(f"{self.url}/metrics") as response:
            found = [text for text in (await response.text()).splitlines() if text.startswith(f"{line} ")]
        return float(found[0].split()[-1])


@asynccontextmanager
async def running(limits: Limits = LIMITS, started: bool = True) -> AsyncIterator[Running]:
    fakes, gate = Fakes(), Gate()
    fakes.models = replace(fakes.models, detector=gate)
    metrics = Metrics()
    reader = BatchedReader(limits, 1, lambda: fakes.models, metrics.batch)
    service = OcrService(limits, reader, metrics, lambda effort: f"fake-{effort}")
    runner = web.AppRunner(make_app(service, "cpu"), handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    if started:
        await service.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        now = Running(service, fakes, gate, url, http)
        async with now.client:
            try:
                yield now
            finally:
                gate.open.set()
                await runner.cleanup()
                service.close()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 120))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 -- what is waited for happens inside the server
            await asyncio.sleep(0.01)


def png(lines: int = 3) -> bytes:
    return encode_image(page(lines), packed=True).data


def test_a_page_comes_back_as_read_in_process() -> None:
    async def main() -> None:
        async with running() as now:
            for effort in ("cascade", "tiny", "small"):
                answer = await now.client.recognize(page(3), effort)  # type: ignore[arg-type]
                assert isinstance(answer, Recognized), answer
                assert answer.lines == answer_all(read_lines(page(3), effort), now.fakes.models)  # type: ignore[arg-type]
                assert answer.engine == f"fake-{effort}"
            some = await now.client.recognize(page(3), most_lines=2)
            assert isinstance(some, Recognized)
            assert len(some.lines) == 2
            assert await now.metric('fieldtrail_ocr_pages_total{outcome="ok"}') == 4
            assert await now.metric("fieldtrail_ocr_page_wait_seconds_count") == 4

    run(main)


def test_json_by_default_and_avro_if_asked() -> None:
    async def main() -> None:
        async with running() as now:
            status, headers, content = await now.post(png(2))
            assert (status, headers["Content-Type"]) == (200, "application/json")
            assert (content["engine"], content["width"], content["height"]) == ("fake-cascade", 600, 600)
            assert [line["quad"][:2] for line in content["lines"]] == [[0.0, 0.0], [0.0, 10.0]]
            assert {part.split(";")[0].strip() for part in headers["Server-Timing"].split(",")} == {
                "wait",
                "device",
                "total",
            }
            async with now.http.post(f"{now.url}/v1/ocr", data=png(2), headers={"Accept": AVRO}) as response:
                assert response.content_type == AVRO
                answer = decode_answer(await response.read(), AVRO)
            assert [line.text for line in answer.lines] == [line["text"] for line in content["lines"]]

    run(main)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 422, "empty"),
        (b"%PDF-1.7", {}, 415, "unsupported_type"),
        (png()[:60], {}, 422, "corrupt"),
        (b"P5\n9000 9000\n255\n", {}, 413, "too_many_pixels"),
        (b"P5" + bytes(3_000_000), {}, 413, "too_large"),
        (png(), {"X_Effort": "great"}, 400, "bad_request"),
        (png(), {"X_Deadline_Ms": "soon"}, 400, "bad_request"),
        (png(), {"X_Deadline_Ms": "-1"}, 400, "bad_request"),
        (png(), {"X_Deadline_Ms": "nan"}, 400, "bad_request"),
        (png(), {"X_Most_Lines": "0"}, 400, "bad_request"),
        (b"no gzip", {"Content_Encoding": "gzip"}, 400, "bad_request"),
        (png(BAD), {}, 500, "internal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_has_a_status_and_a_code(body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    async def main() -> None:
        async with running(replace(LIMITS, max_body_bytes=2_000_000)) as now:
            found, _, content = await now.post(body, **headers)
            assert (found, content["code"]) == (status, code), content
            assert content["message"].endswith(".")
            assert "Traceback" not in content["message"]
            outcome = "failed" if status == 500 else "refused"
            assert await now.metric(f'fieldtrail_ocr_pages_total{{outcome="{outcome}"}}') == 1
            assert (await now.get("/health"))[0] == 200
            assert isinstance(await now.client.recognize(page(3)), Recognized), "the next page is read"

    run(main)


def test_a_body_of_unknown_length_is_cut_off_at_the_limit() -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        yield b"P5\n"
        for _ in range(count):
            yield bytes(100_000)

    async def main() -> None:
        async with running(replace(LIMITS, max_body_bytes=2_000_000)) as now:
            status, _, content = await now.post(chunks(40))
            assert (status, content["code"]) == (413, "too_large")
            status, _, content = await now.post(chunks(1))
            assert (status, content["code"]) == (422, "corrupt")

    run(main)


def test_a_slow_upload_does_not_hold_a_place_for_ever() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield png()[:20]
        await asyncio.sleep(30)

    async def main() -> None:
        async with running(replace(LIMITS, upload_timeout_s=0.2)) as now:
            status, _, content = await now.post(slow())
            assert (status, content["code"]) == (408, "upload_timeout")
            assert now.service.admission.accepted == 0

    run(main)


def test_a_full_server_says_when_to_come_again() -> None:
    async def main() -> None:
        async with running() as now:
            now.gate.open.clear()
            inside = [asyncio.ensure_future(now.client.recognize(page(3))) for _ in range(2)]
            await until(lambda: now.service.admission.accepted == 2)
            status, headers, content = await now.post(png())
            assert (status, content["code"]) == (503, "queue_full")
            assert int(headers["Retry-After"]) >= 1
            busy = await now.client.recognize(page(3))
            assert isinstance(busy, Busy)
            assert busy.retry_after_s >= 1
            patient = asyncio.ensure_future(now.client.recognize_patiently(page(3), total_deadline_s=60))
            now.gate.open.set()
            assert [type(answer) for answer in await asyncio.gather(*inside, patient)] == [Recognized] * 3
            assert await now.metric('fieldtrail_ocr_pages_total{outcome="busy"}') >= 2

    run(main)


def test_bytes_fill_the_server_too() -> None:
    async def main() -> None:
        async with running(replace(LIMITS, max_held_bytes=500_000)) as now:
            now.gate.open.clear()
            inside = asyncio.ensure_future(now.client.recognize(page(3)))
            await until(lambda: now.service.admission.accepted == 1)
            assert isinstance(await now.client.recognize(page(3)), Busy), "two raw pages of 360,000 bytes"
            now.gate.open.set()
            assert isinstance(await inside, Recognized)

    run(main)


def test_a_deadline_ends_a_page_that_waits_and_one_that_is_read() -> None:
    async def main() -> None:
        async with running() as now:
            now.gate.open.clear()
            answers = await asyncio.gather(*(now.client.recognize(page(3), deadline_s=0.3) for _ in range(2)))
            assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["timeout", "timeout"]
            assert (now.service.admission.accepted, now.service.admission.active) == (0, 0)
            now.gate.open.set()
            assert isinstance(await now.client.recognize(page(3)), Recognized)
            assert await now.metric('fieldtrail_ocr_pages_total{outcome="late"}') == 2

    run(main)


def test_a_caller_who_is_gone_frees_his_place() -> None:
    async def main() -> None:
        async with running() as now:
            now.gate.open.clear()
            inside = [asyncio.ensure_future(now.client.recognize(page(3))) for _ in range(2)]
            await until(lambda: now.service.admission.active == 1 and now.service.admission.accepted == 2)
            for call in inside:
                call.cancel()
            await until(lambda: now.service.admission.accepted == 0)
            now.gate.open.set()
            assert isinstance(await now.client.recognize(page(3)), Recognized)
            assert await now.metric('fieldtrail_ocr_pages_total{outcome="gone"}') == 2

    run(main)


def test_states_as_probes_see_them() -> None:
    async def main() -> None:
        async with running(started=False) as now:
            assert await now.get("/health") == (200, {"state": "loading", "accepted": 0, "active": 0})
            assert (await now.get("/ready"))[0] == 503
            loading = await now.client.recognize(page(3))
            assert isinstance(loading, Busy)
            assert loading.reason == "not_ready: The networks are being loaded."
            await now.service.start()
            assert await now.get("/ready") == (200, {"state": "ready", "accepted": 0, "active": 0})
            status, info = await now.get("/v1/info")
            assert status == 200
            assert info["engines"] == {"cascade": "fake-cascade", "small": "fake-small", "tiny": "fake-tiny"}
            assert (info["device"], info["threads"], info["limits"]["max_pages"]) == ("cpu", 1, 2)
            status, schema = await now.get("/v1/schema")
            assert (status, schema["name"]) == (200, "OcrLines")

    run(main)


def test_it_is_warm_before_it_is_ready() -> None:
    async def main() -> None:
        async with running() as now:
            assert {shape for batch in now.gate.batches for shape in batch} == {(3508, 2480), (2480, 3508)}
            for recognizer in (now.fakes.tiny, now.fakes.small):
                assert {64, 320, 832} <= {width for batch in recognizer.batches for width in batch}

    run(main)


def test_a_drain_finishes_what_is_accepted_and_takes_nothing_new() -> None:
    async def main() -> None:
        async with running() as now:
            now.gate.open.clear()
            inside = [asyncio.ensure_future(now.client.recognize(page(3))) for _ in range(2)]
            await until(lambda: now.service.admission.accepted == 2)
            draining = asyncio.ensure_future(now.service.drain(SOON_S))
            await until(lambda: now.service.state is State.DRAINING)
            assert (await now.get("/ready"))[0] == 503
            assert (await now.get("/health"))[0] == 200
            refused = await now.client.recognize(page(3))
            assert isinstance(refused, Busy)
            assert refused.reason.startswith("draining: ")
            now.gate.open.set()
            assert await draining == 0
            assert [type(answer) for answer in await asyncio.gather(*inside)] == [Recognized] * 2

    run(main)


def test_a_drain_is_bounded() -> None:
    async def main() -> None:
        async with running() as now:
            now.gate.open.clear()
            inside = asyncio.ensure_future(now.client.recognize(page(3)))
            await until(lambda: now.service.admission.accepted == 1)
            assert await now.service.drain(0.1) == 1
            inside.cancel()

    run(main)


def test_a_device_that_is_lost_is_unhealthy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with running() as now:

            def fail(_: Any) -> Any:
                raise RuntimeError("lost")

            monkeypatch.setattr(now.gate, "detect", fail)
            for _ in range(3):
                answer = await now.client.recognize(page(3))
                assert isinstance(answer, Refused)
                assert answer.code == "internal"
            assert (await now.get("/health"))[0] == 503
            busy = await now.client.recognize(page(3))
            assert isinstance(busy, Busy)
            assert busy.reason.startswith("device_failed: ")

    run(main)


def test_no_server_is_unreachable_and_patience_has_an_end() -> None:
    async def main() -> None:
        async with running() as now:
            gone = now.url
        async with OcrClient(gone) as client:
            assert isinstance(await client.recognize(page(3)), Unreachable)
            assert not await client.is_ready()
            begin = asyncio.get_running_loop().time()
            assert isinstance(await client.recognize_patiently(page(3), total_deadline_s=0.5), Unreachable)
            assert asyncio.get_running_loop().time() - begin < SOON_S

    run(main)


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b"what is this", Unreachable),
        (503, b"<html>a proxy's page</html>", Unreachable),
        (502, b'["a list"]', Unreachable),
        (418, json.dumps({"code": "teapot", "message": "No."}).encode(), Refused),
        (503, json.dumps({"code": "queue_full", "message": "Later."}).encode(), Busy),
    ],
)
def test_whatever_answers_the_client_gives_a_value(status: int, body: bytes, answer: type) -> None:
    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type=AVRO if status == 200 else "text/html")

    async def main() -> None:
        app = web.Application()
        app.add_routes([web.post("/v1/ocr", respond)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with OcrClient(f"http://127.0.0.1:{runner.addresses[0][1]}/") as client:
            assert isinstance(await client.recognize(page(3)), answer)
        await runner.cleanup()

    run(main)


def test_a_connection_that_breaks_before_an_answer_is_tried_again_only_if_asked() -> None:
    calls = 0

    async def respond(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def main() -> None:
        app = web.Application(client_max_size=10**9)
        app.add_routes([web.post("/v1/ocr", respond)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with OcrClient(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            assert isinstance(await client.recognize(page(3)), Unreachable)
            assert calls == 1
            assert isinstance(await client.recognize(page(3), retries=2), Unreachable)
            assert calls == 4
        await runner.cleanup()

    run(main)
