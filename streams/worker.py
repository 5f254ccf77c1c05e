"""A worker process: the agents of some stages, their drain at the end, and an HTTP page that tells how they do."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiokafka.errors import KafkaError

from streams.harness.agent import StageAgent
from streams.http import HttpServer
from streams.producer import WorkerProducer

logger = logging.getLogger(__name__)

CONNECT_BACKOFF_S = 1.0


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """``drain_s`` is how long records in flight may still take after a SIGTERM, in seconds."""

    drain_s: float = 25.0


class Worker:
    """Runs agents until a signal, or until one of their Faust apps crashes.

    ``close`` is called last, after the agents have drained: process pools, databases, exporters.
    """

    def __init__(
        self,
        agents: Sequence[StageAgent],
        producer: WorkerProducer,
        http: HttpServer | None,
        close: Callable[[], Awaitable[None]],
        config: WorkerConfig,
    ) -> None:
        self._agents = agents
        self._producer = producer
        self._http = http
        self._close = close
        self._config = config
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """The process's exit code: 0 after a signal and a clean drain, 1 after a crash (the supervisor starts anew)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            if self._http is not None:
                await self._http.start()
            await self._start("producer", self._producer.start)
            await asyncio.gather(*(self._start(agent.name, agent.start) for agent in self._agents))
            return await self._watch()
        finally:
            await self._shut_down()

    async def _start(self, name: str, start: Callable[[], Awaitable[None]]) -> None:
        """Starts one part, waiting for the brokers as long as it takes."""
        while not self._stop.is_set():
            try:
                await start()
            except KafkaError as error:
                logger.warning("%s: no broker answers yet: %s", name, error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), CONNECT_BACKOFF_S)
            else:
                return

    async def _watch(self) -> int:
        """Waits for a signal or a crash."""
        stopped = asyncio.create_task(self._stop.wait())
        apps = [asyncio.create_task(agent.app.wait_until_stopped()) for agent in self._agents]
        await asyncio.wait([stopped, *apps], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopped, *apps):
            task.cancel()
        if self._stop.is_set():
            return 0
        for agent in self._agents:
            if agent.app.crashed:
                logger.critical("%s crashed: %r", agent.name, agent.app.crash_reason)
        return 1

    async def _shut_down(self) -> None:
        logger.info("draining: records in flight may take %g s more", self._config.drain_s)
        await asyncio.gather(*(agent.drain(self._config.drain_s) for agent in self._agents))
        results = await asyncio.gather(*(agent.app.stop() for agent in self._agents), return_exceptions=True)
        for agent, result in zip(self._agents, results, strict=True):
            if isinstance(result, BaseException):
                logger.warning("%s did not stop cleanly: %r", agent.name, result)
        await self._producer.stop()
        if self._http is not None:
            await self._http.stop()
        await self._close()
