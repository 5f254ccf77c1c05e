"""The worker's HTTP page: health, readiness, metrics, and the registry file under Confluent's REST paths.

===============================  ==================================================================================
path                             answer
===============================  ==================================================================================
/health                          200 while records move or none wait; 503 when records wait and nothing moves
/ready                           200 when every stage has joined its group and no dependency is down; else 503
/metrics                         Prometheus text format
/schemas/ids/{id}                ``{"schema": …}``, as a schema registry answers
/subjects                        all subjects
/subjects/{s}/versions/{v}       one version (``latest`` too)
===============================  ==================================================================================
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.contracts.registry import RegisteredSchema, registered_schemas
from streams.harness.agent import StageHealth

REGISTRY_TYPE = "application/vnd.schemaregistry.v1+json"


class HttpServer:
    """Serves on ``host:port``. ``stalled_after_s``: how long nothing may move while records wait, in seconds."""

    def __init__(
        self, host: str, port: int, health: Callable[[], Sequence[StageHealth]], stalled_after_s: float
    ) -> None:
        self._host = host
        self._port = port
        self._health = health
        self._stalled_after_s = stalled_after_s
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begins to listen. Raises ``OSError`` where the port is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/health", self._get_health),
                web.get("/ready", self._get_ready),
                web.get("/metrics", _get_metrics),
                web.get("/schemas/ids/{id}", _get_schema),
                web.get("/subjects", _get_subjects),
                web.get("/subjects/{subject}/versions/{version}", _get_version),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    @property
    def port(self) -> int:
        """The port that is listened on, also where 0 asked for any."""
        if self._runner is None:
            raise RuntimeError("the server has not started")
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _get_health(self, _: web.Request) -> web.Response:
        stages = self._health()
        healthy = all(stage.stalled_s < self._stalled_after_s for stage in stages)
        return self._answer(healthy, stages)

    async def _get_ready(self, _: web.Request) -> web.Response:
        stages = self._health()
        return self._answer(all(stage.joined and not stage.paused for stage in stages), stages)

    def _answer(self, good: bool, stages: Sequence[StageHealth]) -> web.Response:
        body = {"ok": good, "stages": [asdict(stage) for stage in stages]}
        return web.json_response(body, status=200 if good else 503)


async def _get_metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _get_schema(request: web.Request) -> web.Response:
    wanted = request.match_info["id"]
    found = [line for line in registered_schemas() if str(line.id) == wanted]
    return _registry_answer({"schema": found[0].text}) if found else _not_found(40403, "Schema not found")


async def _get_subjects(_: web.Request) -> web.Response:
    return _registry_answer(sorted({line.subject for line in registered_schemas()}))


async def _get_version(request: web.Request) -> web.Response:
    versions = [line for line in registered_schemas() if line.subject == request.match_info["subject"]]
    if not versions:
        return _not_found(40401, "Subject not found")
    wanted = request.match_info["version"]
    newest = max(versions, key=lambda line: line.version)
    found = [newest] if wanted == "latest" else [line for line in versions if str(line.version) == wanted]
    return _registry_answer(_describe(found[0])) if found else _not_found(40402, "Version not found")


def _describe(line: RegisteredSchema) -> dict[str, object]:
    return {"subject": line.subject, "id": line.id, "version": line.version, "schema": line.text}


def _registry_answer(body: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(body), status=status, content_type=REGISTRY_TYPE)


def _not_found(code: int, message: str) -> web.Response:
    return _registry_answer({"error_code": code, "message": message}, 404)
