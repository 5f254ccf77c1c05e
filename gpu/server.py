"""The OCR server's HTTP. One server serves one device: a GPU, or a machine's cores.

====================  =================================================================================================
path                  answer
====================  =================================================================================================
POST /v1/ocr          the lines of the image in the body, as JSON or (``Accept: avro/binary``) as Avro
GET /v1/info          engines by effort, device, threads, limits
GET /v1/schema        the Avro schema of the answer
GET /health           200 while the device works; 503 when it hangs or fails whatever it is given: restart
GET /ready            200 when the networks are loaded and warm; 503 while loading, draining or failed
GET /metrics          Prometheus text format
====================  =================================================================================================

Errors are JSON: ``{"code": …, "message": …}``.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import get_args

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gpu.answers import AVRO, JSON, Answer, encode_answer, schema_text
from gpu.reader import DeadlinePassed, MachineFaultError, Order, PageTicket
from gpu.service import OcrService, State
from processors.errors import ErrorCode, Refusal
from processors.recognition.lines import Effort

log = logging.getLogger("fieldtrail.ocr")

_NOT_READY = {
    State.LOADING: ("not_ready", "The networks are being loaded."),
    State.DRAINING: ("draining", "The server is stopping; another one, or this one anew, will answer."),
    State.FAILED: ("device_failed", "The device hangs or fails; the server must be restarted."),
}
_WHEN_NOT_READY_S = 5
_STATUS = {ErrorCode.UNSUPPORTED_TYPE: 415, ErrorCode.TOO_MANY_PIXELS: 413}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a page was not read, as HTTP says it."""

    status: int
    code: str
    message: str
    retry_after_s: int | None = None

    @property
    def outcome(self) -> str:
        """As :data:`gpu.metrics.OUTCOMES` counts it."""
        return {503: "busy", 504: "late", 500: "failed"}.get(self.status, "refused")


def make_app(service: OcrService, device: str) -> web.Application:
    """The routes of ``service`` on the device of this name."""
    server = _Server(service, device)
    app = web.Application(client_max_size=service.limits.max_body_bytes)
    app.add_routes(
        [
            web.post("/v1/ocr", server.post_ocr),
            web.get("/v1/info", server.get_info),
            web.get("/v1/schema", server.get_schema),
            web.get("/health", server.get_health),
            web.get("/ready", server.get_ready),
            web.get("/metrics", server.get_metrics),
        ]
    )
    return app


class _Server:
    def __init__(self, service: OcrService, device: str) -> None:
        self._service = service
        self._device = device

    async def post_ocr(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        began = loop.time()
        ticket = PageTicket(0)
        outcome = "gone"  # unless it comes to an answer: the handler is cancelled when its caller is gone
        try:
            result = await self._read(request, ticket)
            response = await loop.run_in_executor(None, _respond, result, request.headers.get("Accept", ""))
            outcome = result.outcome if isinstance(result, Problem) else "ok"
        finally:
            seconds = loop.time() - began
            self._service.metrics.page(outcome, seconds, ticket.waited_s)
            trace = request.headers.get("traceparent", "-")
            log.info("page %s in %.3f s, waited %.3f s, traceparent %s", outcome, seconds, ticket.waited_s, trace)
        timing = {"wait": ticket.waited_s, "device": ticket.worked_s, "total": seconds}
        response.headers["Server-Timing"] = ", ".join(
            f"{name};dur={value * 1000:.1f}" for name, value in timing.items()
        )
        return response

    async def _read(self, request: web.Request, ticket: PageTicket) -> Answer | Problem:
        order = self._admit(request)
        if isinstance(order, Problem):
            return order
        deadline = asyncio.get_running_loop().time() + order.deadline_s
        try:
            with self._service.admission.accept(self._body_bytes(request), ticket, deadline):
                async with asyncio.timeout_at(deadline):
                    data = await self._body(request)
                    if isinstance(data, Problem):
                        return data
                    result = await self._service.read(data, order, ticket)
        except (TimeoutError, DeadlinePassed):
            return Problem(504, ErrorCode.TIMEOUT, f"The page was not read within {order.deadline_s:g} s.")
        except MachineFaultError:
            log.exception("the machine cannot read a page now")
            return Problem(503, "machine_fault", "The machine has no process to read the page.", _WHEN_NOT_READY_S)
        except Exception:
            log.exception("a page failed")
            return Problem(500, ErrorCode.INTERNAL, "The page cannot be read; the server's log says why.")
        if isinstance(result, Refusal):
            return Problem(_STATUS.get(result.code, 422), result.code, result.message)
        return result

    def _admit(self, request: web.Request) -> Order | Problem:
        """What is asked for; or why not, from the request's head alone."""
        service = self._service
        if service.state in _NOT_READY:
            return Problem(503, *_NOT_READY[service.state], _WHEN_NOT_READY_S)
        if self._body_bytes(request) > service.limits.max_body_bytes and request.content_length is not None:
            return _too_large(service.limits.max_body_bytes)
        order = read_order(request.headers, service.limits.default_deadline_s, service.limits.max_deadline_s)
        if isinstance(order, Order) and not service.admission.has_room(self._body_bytes(request)):
            after = service.admission.retry_after_s()
            return Problem(503, "queue_full", f"The server has {service.admission.accepted} pages already.", after)
        return order

    def _body_bytes(self, request: web.Request) -> int:
        """The body's size: what its sender says, or else the most it can be."""
        return self._service.limits.max_body_bytes if request.content_length is None else request.content_length

    async def _body(self, request: web.Request) -> bytes | Problem:
        try:
            async with asyncio.timeout(self._service.limits.upload_timeout_s):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _too_large(self._service.limits.max_body_bytes)
        except web.RequestPayloadError as error:
            return Problem(400, "bad_request", f"The body cannot be received: {error}.")
        except TimeoutError:
            return Problem(408, "upload_timeout", f"No body within {self._service.limits.upload_timeout_s:g} s.")

    async def get_info(self, _: web.Request) -> web.Response:
        engines = {effort: self._service.engine_name(effort) for effort in get_args(Effort)}
        body = {"engines": engines, "device": self._device, "threads": self._service.reader.at_a_time}
        return web.json_response({**body, "limits": asdict(self._service.limits)})

    async def get_schema(self, _: web.Request) -> web.Response:
        return web.Response(text=schema_text(), content_type=JSON)

    async def get_health(self, _: web.Request) -> web.Response:
        return self._state(good=self._service.state is not State.FAILED)

    async def get_ready(self, _: web.Request) -> web.Response:
        return self._state(good=self._service.state is State.READY)

    async def get_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._service.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _state(self, *, good: bool) -> web.Response:
        admission = self._service.admission
        body = {"state": self._service.state, "accepted": admission.accepted, "active": admission.active}
        return web.json_response(body, status=200 if good else 503)


def read_order(headers: Mapping[str, str], default_deadline_s: float, max_deadline_s: float) -> Order | Problem:
    """What the request's headers ask for (docs/microbatcher.md); too long a deadline is shortened."""
    effort = headers.get("X-Effort", "cascade")
    if effort not in get_args(Effort):
        return Problem(400, "bad_request", f"X-Effort is {effort!r}; it may be {', '.join(get_args(Effort))}.")
    sure = headers.get("X-Sure-Of-Turn", "yes")
    if sure not in ("yes", "no"):
        return Problem(400, "bad_request", f"X-Sure-Of-Turn is {sure!r}; it may be yes or no.")
    try:
        deadline_s = float(headers.get("X-Deadline-Ms", default_deadline_s * 1000)) / 1000
        most_lines = int(headers["X-Most-Lines"]) if "X-Most-Lines" in headers else None
    except ValueError as error:
        return Problem(400, "bad_request", f"X-Deadline-Ms and X-Most-Lines are numbers: {error}.")
    if not 0 < deadline_s < math.inf or (most_lines is not None and most_lines < 1):
        return Problem(400, "bad_request", "X-Deadline-Ms and X-Most-Lines must be above 0.")
    return Order(effort, min(deadline_s, max_deadline_s), most_lines, sure == "yes")  # type: ignore[arg-type]


def _too_large(limit: int) -> Problem:
    return Problem(413, ErrorCode.TOO_LARGE, f"The body is larger than {limit:,} bytes.")


def _respond(result: Answer | Problem, accept: str) -> web.Response:
    if isinstance(result, Problem):
        after = {} if result.retry_after_s is None else {"Retry-After": str(result.retry_after_s)}
        content = {"code": result.code, "message": result.message}
        return web.json_response(content, status=result.status, headers=after)
    media_type = AVRO if AVRO in accept else JSON
    return web.Response(body=encode_answer(result, media_type), content_type=media_type)
