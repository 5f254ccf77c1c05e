"""Builds what a process runs from its settings. The only place where settings meet the parts (DESIGN §2)."""

import asyncio
import importlib.metadata
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from connectors.claims import Claims
from connectors.fetch import Fetcher, FetchPolicy
from connectors.objects import ObjectStore, open_store
from connectors.vendor_memory import VendorMemory
from fieldtrail.settings import Settings, SettingsError
from fieldtrail.settings_table import Threshold as ConfiguredThreshold
from gpu.client import OcrClient
from processors.calibration.file import CalibrationError, default_calibration, load_calibration
from processors.calibration.model import Calibration
from processors.classification import SplitMode, TypesError, UserTypes, load_types
from processors.fields import FieldType
from processors.intake import Limits
from processors.routing import Thresholds
from processors.sandbox import Sandbox
from processors.schemas import SchemaError, Schemas, Threshold, load_schemas
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.registry import FileRegistry, RemoteRegistry
from streams.contracts.topics import LEARNING, STAGES, TopicPlan
from streams.harness.stage import Stage, StageSpec
from streams.kafka import KafkaConnection

if TYPE_CHECKING:
    from processors.recognition.networks import Device
    from streams.stages.page_ocr import PageOcr

logger = logging.getLogger(__name__)

PARSE_PRELOAD = ("streams.stages.preload",)
OCR_PRELOAD = (*PARSE_PRELOAD, "processors.recognition.preload")
OCR_MEMORY_MB = 4096
"""Address space of an OCR child: OpenVINO maps 2.5 GB at first and 3 GB once it has met four shapes of pages, of which
0.8 GB are used; a large page comes on top."""
INSPECT_TIMEOUT_S = 30.0
CLASSIFY_TIMEOUT_S = 30.0
TEXT_TIMEOUT_S = 60.0
OCR_PAGE_TIMEOUT_S = 120.0
OCR_PAGES_SENT = 12
"""Pages that one worker has at the OCR server at a time, beside those that it prepares."""
READ_TIMEOUT_S = 60.0
STAGE_TIMEOUT_S = 1800.0
"""Bounds one try of a whole document: long scans take their time, each page has its own limit."""
STALLED_AFTER_S = 180.0
"""A worker whose records wait while nothing moves for this long is unhealthy; longer than any single page may take."""
SPOOL_STALE_S = 3600.0
LESSONS_IN_FLIGHT = 2
"""Records that a learning stage works on at once. Lessons are written one after the other, and documents come first:
more would only hold threads that documents need."""


def software_version() -> str:
    """The installed version of fieldtrail, as trails carry it."""
    return importlib.metadata.version("fieldtrail")


def worker_name() -> str:
    """This process, as the records that it produces name it: host and process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


def connection(settings: Settings) -> KafkaConnection:
    """How to reach Kafka."""
    return KafkaConnection(**asdict(settings.kafka))


def topic_plan(settings: Settings) -> TopicPlan:
    """How topics are laid out."""
    wanted = settings.topics
    return TopicPlan(wanted.partitions, wanted.replication, wanted.prefix, wanted.retention_days)


def make_codec(settings: Settings) -> Codec:
    """The codec over the configured registry, or over the registry file."""
    registry = settings.registry
    if registry.url is None:
        return Codec(FileRegistry())
    config: dict[str, object] = {"url": registry.url}
    if registry.username is not None:
        config["basic.auth.user.info"] = f"{registry.username}:{registry.password or ''}"
    return Codec(RemoteRegistry(config))


def make_store(settings: Settings) -> ObjectStore:
    """The object store. Raises :class:`SettingsError` where its address cannot be used."""
    store = settings.store
    try:
        return open_store(
            store.object_store_url,
            settings.data_dir / "spool",
            s3_endpoint_url=store.s3_endpoint_url,
            s3_region=store.s3_region,
        )
    except ValueError as error:
        raise SettingsError(f"OBJECT_STORE_URL or AWS_ENDPOINT_URL cannot be used: {error}") from None


def make_limits(settings: Settings) -> Limits:
    """What one document may be."""
    limits = settings.limits
    return Limits(max_bytes=limits.max_bytes, max_pages=limits.max_pages, max_pixels=limits.max_pixels)


def make_schemas(settings: Settings) -> Schemas:
    """The packaged extraction schemas and the user's own. Raises :class:`SettingsError` on a mistake in one of them."""
    try:
        return load_schemas(settings.schemas.folder)
    except SchemaError as error:
        where = "" if settings.schemas.folder is None else f" (`fieldtrail schemas check {settings.schemas.folder}`)"
        raise SettingsError(f"{error}{where}") from None


def make_types(settings: Settings) -> UserTypes:
    """The user's own document types. Raises :class:`SettingsError` on a file that is none."""
    try:
        return load_types(settings.types.folder)
    except TypesError as error:
        raise SettingsError(f"types.folder: {error}") from None


def make_calibration(settings: Settings) -> Calibration:
    """The user's calibration, else the packaged one. Raises :class:`SettingsError` where the file cannot be used."""
    path = settings.confidence.calibration
    try:
        return default_calibration() if path is None else load_calibration(path)
    except CalibrationError as error:
        raise SettingsError(f"confidence.calibration: {error}") from None


def make_thresholds(settings: Settings) -> Thresholds:
    """Routing thresholds: the router's own, with what the configuration changes."""
    own = Thresholds()
    by_type = {FieldType(name): threshold for name, threshold in _thresholds(settings.route.types).items()}
    return replace(
        own,
        by_type={**own.by_type, **by_type},
        by_field={**own.by_field, **_thresholds(settings.route.fields)},
    )


def _thresholds(configured: Mapping[str, ConfiguredThreshold]) -> dict[str, Threshold]:
    return {name: Threshold(item.straight, item.second_look) for name, item in configured.items()}


def parse_stages(text: str) -> tuple[str, ...]:
    """Stage names from ``all`` or a comma-separated list, in pipeline order; ``audit``, the sink, only by itself.

    Raises ``ValueError``.
    """
    if text == topics.AUDIT:
        return (topics.AUDIT,)
    every = (*STAGES, *LEARNING)
    if text == "all":
        return every
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = names - set(every)
    if unknown or not names:
        raise ValueError(
            f"no stage is called {', '.join(sorted(unknown)) or '(nothing)'}; there are {', '.join(every)}, "
            "and audit, which runs by itself"
        )
    return tuple(stage for stage in every if stage in names)


class Parts:
    """The parts that stages share in one process; made once, closed once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schemas = make_schemas(settings)
        self.types = make_types(settings)
        self.store = make_store(settings)
        self.sandbox = Sandbox(
            settings.worker.parse_processes, memory_mb=settings.limits.memory_mb, preload=PARSE_PRELOAD, name="parse"
        )
        self.ocr_sandbox = Sandbox(
            settings.worker.ocr_processes, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD, name="ocr"
        )
        self.claims = Claims(settings.store.database_url)
        self.memory = VendorMemory(settings.store.database_url) if settings.memory.enabled else None
        url = settings.worker.ocr_url
        self.ocr_client = None if url is None else OcrClient(url)
        self.ocr_engine: str | None = None

    async def meet_ocr_server(self) -> None:
        """Asks the OCR server, where there is one, what it reads with; if it is away, its first answer will tell."""
        if self.ocr_client is not None:
            self.ocr_engine = (await self.ocr_client.engines()).get(self.settings.worker.ocr_model)

    def stage(self, name: str) -> Stage[Any]:
        """The stage called ``name``; all but ingest, which claims ids, leave erased documents alone."""
        from streams.stages.erased import UnlessErased

        stage = _BUILDERS[name](self)
        return stage if name == "ingest" else UnlessErased(stage, self.claims)

    async def close(self) -> None:
        """Ends the child processes and closes the connections."""
        for sandbox in (self.sandbox, self.ocr_sandbox):
            await asyncio.to_thread(sandbox.close)
        if self.ocr_client is not None:
            await self.ocr_client.close()
        self.claims.close()
        if self.memory is not None:
            self.memory.close()


def _ingest(parts: Parts) -> Stage[Any]:
    from connectors.objects.s3 import s3_client
    from streams.stages.ingest import IngestStage

    settings = parts.settings
    policy = FetchPolicy(settings.fetch.allow_files, settings.fetch.allow_buckets, settings.limits.max_bytes)
    fetcher = Fetcher(policy, lambda: s3_client(settings.store.s3_endpoint_url, settings.store.s3_region))
    return IngestStage(
        parts.store,
        fetcher,
        parts.claims,
        parts.sandbox,
        make_limits(settings),
        parts.schemas,
        timeout_s=INSPECT_TIMEOUT_S,
        types=frozenset(prototype.document_type for prototype in parts.types),
    )


def _classify(parts: Parts) -> Stage[Any]:
    from streams.stages.classify import ClassifyStage

    return ClassifyStage(parts.store, parts.sandbox, parts.schemas, timeout_s=CLASSIFY_TIMEOUT_S, types=parts.types)


def _recognize(parts: Parts) -> Stage[Any]:
    from streams.stages.recognize import RecognizeStage

    split = SplitMode(parts.settings.classify.split)
    ocr = _page_ocr(parts)
    return RecognizeStage(
        parts.store, parts.sandbox, ocr, parts.schemas, timeout_s=TEXT_TIMEOUT_S, split=split, types=parts.types
    )


def ocr_device(settings: Settings) -> "Device":
    """What runs the OCR networks in this machine's own processes. Raises :class:`SettingsError` where it cannot."""
    from processors.recognition.models import engine_name, pick_engine

    worker = settings.worker
    try:
        device = pick_engine(worker.ocr_engine, "cpu", models_dir=worker.ocr_models_dir)
        engine_name(worker.ocr_model, device)  # which looks whether the models are there
    except (RuntimeError, ValueError) as error:
        raise SettingsError(f"worker.ocr_engine {worker.ocr_engine} cannot be used: {error}") from None
    return device


def _page_ocr(parts: Parts) -> "PageOcr":
    from processors.recognition.models import engine_name
    from streams.stages.page_ocr import EmbeddedOcr, RemoteOcr

    effort = parts.settings.worker.ocr_model
    if parts.ocr_client is None:
        return EmbeddedOcr(parts.ocr_sandbox, effort, ocr_device(parts.settings), OCR_PAGE_TIMEOUT_S)
    slots = asyncio.Semaphore(parts.settings.worker.ocr_processes + OCR_PAGES_SENT)
    engine = parts.ocr_engine or engine_name(effort)
    return RemoteOcr(parts.ocr_sandbox, parts.ocr_client, effort, OCR_PAGE_TIMEOUT_S, slots, engine)


def _extract(parts: Parts) -> Stage[Any]:
    from streams.stages.extract import ExtractStage

    return ExtractStage(parts.store, parts.sandbox, parts.schemas, READ_TIMEOUT_S, parts.memory)


def _validate(parts: Parts) -> Stage[Any]:
    from streams.stages.validate import ValidateStage

    calibration = make_calibration(parts.settings)
    return ValidateStage(parts.store, parts.sandbox, parts.schemas, calibration, timeout_s=READ_TIMEOUT_S)


def _route(parts: Parts) -> Stage[Any]:
    from streams.stages.route import RouteStage

    settings = parts.settings
    return RouteStage(make_thresholds(settings), parts.schemas, settings.route.audit_share)


def _learn(parts: Parts) -> Stage[Any]:
    from streams.stages.learn import LearnStage

    assert parts.memory is not None, "without vendor memory, nothing learns"
    return LearnStage(parts.store, parts.memory)


def _learn_feedback(parts: Parts) -> Stage[Any]:
    from streams.stages.learn import LearnFeedbackStage

    assert parts.memory is not None, "without vendor memory, nothing learns"
    return LearnFeedbackStage(parts.store, parts.memory, parts.schemas)


_BUILDERS = {
    "ingest": _ingest,
    "classify": _classify,
    "recognize": _recognize,
    "extract": _extract,
    "validate": _validate,
    "route": _route,
    "learn": _learn,
    "learn_feedback": _learn_feedback,
}


def stage_specs(parts: Parts, stages: Sequence[str]) -> list[StageSpec[Any]]:
    """The stages with what the harness needs to run them; those that learn only where vendor memory is on."""
    specs = []
    inputs = {**topics.INPUTS, **topics.LEARNING_INPUTS}
    for name in stages:
        if name in LEARNING and parts.memory is None:
            continue
        topic = inputs[name]
        assert topic.record is not None, "every stage reads a topic with a contract"
        in_flight = LESSONS_IN_FLIGHT if name in LEARNING else parts.settings.worker.in_flight
        specs.append(StageSpec(parts.stage(name), topic, topic.record, in_flight, STAGE_TIMEOUT_S))
    return specs


async def run_worker(settings: Settings, stages: Sequence[str]) -> int:
    """Runs the given stages until a signal; the process's exit code."""
    from fieldtrail.telemetry import start_telemetry
    from streams.app import GroupTimings, make_app
    from streams.harness.agent import StageAgent
    from streams.harness.runner import RunnerConfig, StageRunner
    from streams.harness.telemetry import StageTelemetry, register_gauges
    from streams.http import HttpServer
    from streams.producer import WorkerProducer
    from streams.worker import Worker, WorkerConfig

    plan, codec, parts = topic_plan(settings), make_codec(settings), Parts(settings)
    parts.store.remove_stale_spool_files(SPOOL_STALE_S)
    (settings.data_dir / "faust").mkdir(parents=True, exist_ok=True)
    await parts.meet_ocr_server()
    providers = start_telemetry(settings, software_version())
    producer = WorkerProducer(connection(settings))
    agents = []
    for spec in stage_specs(parts, stages):
        name = spec.stage.name
        app = make_app(name, connection(settings), plan.prefix, spec.in_flight, GroupTimings(), settings.data_dir)
        telemetry = StageTelemetry(name, providers.tracer, providers.meter)
        config = RunnerConfig(software_version(), plan, worker=worker_name())
        runner = StageRunner(spec, codec, producer, config, telemetry)
        agents.append(StageAgent(app, runner, plan.name(spec.topic)))
    register_gauges(providers.meter, agents)

    async def close() -> None:
        await parts.close()
        await asyncio.to_thread(providers.shutdown)

    http = None
    if settings.worker.http_port:
        http = HttpServer(
            settings.worker.http_host,
            settings.worker.http_port,
            lambda: [agent.health() for agent in agents],
            STALLED_AFTER_S,
        )
    return await Worker(agents, producer, http, close, WorkerConfig()).run()
