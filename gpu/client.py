"""The OCR server's client. What may go wrong comes back as a value; only misuse raises."""

import asyncio
import random
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from gpu.answers import AVRO, decode_answer
from gpu.images import EncodedImage, encode_image
from processors.recognition.engine import OcrLine
from processors.recognition.lines import Effort

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

_GRACE_S = 2.0  # the server keeps the deadline itself; this is for its answer to arrive
_CONNECT_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Recognized:
    """A page's lines, and what read them (for the trail). ``waited_s``: of the time, how long the page only waited.

    The lines lie in pixels of the image turned clockwise by ``turn`` degrees.
    """

    lines: list[OcrLine]
    engine: str
    waited_s: float
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Busy:
    """The server cannot take the page now; it asks to be left alone for ``retry_after_s`` seconds."""

    retry_after_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer: no server, no connection, or it broke off. The page may be sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server answered that it will not read this page: a stable code, and a sentence.

    ``timeout``: the deadline passed first. ``internal``: a network failed on it; the server's log says how.
    """

    code: str
    message: str


Result = Recognized | Busy | Unreachable | Refused


class OcrClient:
    """Sends pages to the server at ``url`` (``http://host:port``). Use it from one event loop, as an async
    context manager or with :meth:`close`.

    ``most_connections``: pages under way at a time; more wait for a connection. A server on this machine is sent raw
    pixels, which costs less there than packing them.
    """

    def __init__(self, url: str, most_connections: int = 256) -> None:
        self._url = url.rstrip("/")
        self.packed = not _is_loopback(urlsplit(self._url).hostname)
        """Whether images should be packed for the network."""
        self._most_connections = most_connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "OcrClient":
        self._open_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections; the next call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def recognize(
        self,
        image: "RgbImage",
        effort: Effort = "cascade",
        deadline_s: float = 120.0,
        *,
        most_lines: int | None = None,
        retries: int = 0,
        traceparent: str | None = None,
    ) -> Result:
        """The lines of ``image`` (height x width x 3, RGB, 0-255) as
        :func:`processors.recognition.lines.read_lines` gives them, within ``deadline_s`` seconds.

        ``retries``: how often to send it again at once where the connection broke before an answer began, as one does
        that was kept open from before the server was restarted.
        """
        encoded = await asyncio.to_thread(encode_image, image, packed=self.packed)
        headers = _headers(effort, most_lines, traceparent)
        return await self._send_within(encoded, headers, deadline_s, retries)

    async def recognize_encoded(
        self, image: EncodedImage, effort: Effort, total_deadline_s: float, *, sure_of_turn: bool
    ) -> Result:
        """As :meth:`recognize_patiently`, for an image that was encoded elsewhere (:func:`gpu.images.encode_image`).

        Unless ``sure_of_turn``, the server also finds which way up it reads best.
        """
        headers = {**_headers(effort, None, None), "X-Sure-Of-Turn": "yes" if sure_of_turn else "no"}
        return await self._send_patiently(image, headers, total_deadline_s)

    async def recognize_patiently(
        self,
        image: "RgbImage",
        effort: Effort = "cascade",
        total_deadline_s: float = 600.0,
        *,
        most_lines: int | None = None,
        traceparent: str | None = None,
    ) -> Result:
        """As :meth:`recognize`, sent again while the server is busy or gone, until ``total_deadline_s`` have passed.

        What comes back after that is the last answer. Reading a page has no effects, so it may be sent any number of
        times.
        """
        encoded = await asyncio.to_thread(encode_image, image, packed=self.packed)
        return await self._send_patiently(encoded, _headers(effort, most_lines, traceparent), total_deadline_s)

    async def wait_until_ready(self, within_s: float) -> bool:
        """Asks until the server is ready; whether it was within that many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while not await self.is_ready():
            if loop.time() >= until:
                return False
            await asyncio.sleep(_FIRST_PAUSE_S)
        return True

    async def is_ready(self) -> bool:
        """Whether the server answers and says that it is ready."""
        timeout = aiohttp.ClientTimeout(_CONNECT_S)
        try:
            async with self._open_session().get(f"{self._url}/ready", timeout=timeout) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def engines(self) -> dict[str, str]:
        """What the server reads with, by effort; empty where it does not answer."""
        timeout = aiohttp.ClientTimeout(_CONNECT_S)
        try:
            async with self._open_session().get(f"{self._url}/v1/info", timeout=timeout) as response:
                content = await response.json(content_type=None)
                return {str(effort): str(name) for effort, name in content["engines"].items()}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, LookupError, AttributeError):
            return {}

    async def _send_patiently(self, encoded: EncodedImage, headers: dict[str, str], total_deadline_s: float) -> Result:
        loop = asyncio.get_running_loop()
        until = loop.time() + total_deadline_s
        pause = _FIRST_PAUSE_S
        while True:
            result = await self._send_within(encoded, headers, max(0.001, until - loop.time()), retries=1)
            if isinstance(result, Recognized | Refused):
                return result
            wait = result.retry_after_s if isinstance(result, Busy) else pause
            wait *= random.uniform(0.5, 1.0)  # noqa: S311 -- callers that were refused together should not return so
            if loop.time() + wait >= until:
                return result
            await asyncio.sleep(wait)
            pause = _FIRST_PAUSE_S if isinstance(result, Busy) else min(_LONGEST_PAUSE_S, 2 * pause)

    async def _send_within(
        self, encoded: EncodedImage, headers: dict[str, str], deadline_s: float, retries: int
    ) -> Result:
        headers = {
            **headers,
            "X-Deadline-Ms": str(max(1, round(deadline_s * 1000))),
            "Content-Type": encoded.media_type,
        }
        timeout = aiohttp.ClientTimeout(deadline_s + _GRACE_S, sock_connect=min(_CONNECT_S, deadline_s + _GRACE_S))
        send = partial(self._open_session().post, f"{self._url}/v1/ocr", data=encoded.data, timeout=timeout)
        while True:
            try:
                async with send(headers=headers) as response:
                    return await _result(response)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if retries == 0 or isinstance(error, aiohttp.ClientConnectorError):
                    return Unreachable(f"{self._url}: {error or type(error).__name__}")
                retries -= 1
            except TimeoutError:
                return Unreachable(f"{self._url}: no answer within {deadline_s + _GRACE_S:g} s")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return Unreachable(f"{self._url}: {error or type(error).__name__}")

    def _open_session(self) -> aiohttp.ClientSession:
        """The connections, opened on the event loop of the first call."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._most_connections)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session


def _headers(effort: Effort, most_lines: int | None, traceparent: str | None) -> dict[str, str]:
    headers = {"Accept": AVRO, "X-Effort": effort}
    if most_lines is not None:
        headers["X-Most-Lines"] = str(most_lines)
    if traceparent is not None:
        headers["traceparent"] = traceparent
    return headers


async def _result(response: aiohttp.ClientResponse) -> Result:
    """Raises ``ValueError`` where the answer is not this server's."""
    body = await response.read()
    if response.status == 200:
        answer = decode_answer(body, response.content_type)
        waited_s = _waited_s(response.headers.get("Server-Timing", ""))
        return Recognized(list(answer.lines), answer.engine, waited_s, answer.turn)
    content = await response.json(content_type=None)
    try:
        code, message = str(content["code"]), str(content["message"])
    except (TypeError, KeyError) as error:
        raise ValueError(f"answer {response.status} without a code") from error
    if response.status == 503:
        return Busy(float(response.headers.get("Retry-After", 1)), f"{code}: {message}")
    return Refused(code, message)


def _waited_s(server_timing: str) -> float:
    for part in server_timing.split(","):
        name, _, duration = part.strip().partition(";dur=")
        if name == "wait":
            return float(duration) / 1000
    return 0.0


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
