"""Builds and runs the audit sink from its settings, as :mod:`fieldtrail.wiring` does with the stages."""

import asyncio
import logging
import signal
import threading
from datetime import UTC, datetime

from connectors.claims import Claims
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from fieldtrail.settings import Settings, SettingsError
from fieldtrail.wiring import STALLED_AFTER_S, connection, make_codec, software_version, topic_plan
from streams.app import group_id
from streams.contracts.topics import AUDIT
from streams.outbox import Outbox
from streams.sinks.audit import AuditSink, SinkConfig
from streams.sinks.batch import BatchLimits, collect_rarely
from streams.sinks.erasures import BarredDocuments
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapper
from streams.sinks.roots import RootCloser
from streams.sinks.writer import BatchWriter

logger = logging.getLogger(__name__)


async def run_audit_sink(settings: Settings) -> int:
    """Runs the sink until a signal; the process's exit code: 0 after a clean end, 1 after a fault (start it anew).

    Raises :class:`SettingsError` where no ClickHouse is configured.
    """
    from fieldtrail.telemetry import start_telemetry
    from streams.harness.telemetry import register_gauges
    from streams.http import HttpServer

    collect_rarely()
    stop, crashed = threading.Event(), False
    sink = make_sink(settings)
    providers = start_telemetry(settings, software_version())
    register_gauges(providers.meter, [sink])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    worker = settings.worker
    http = HttpServer(worker.http_host, worker.http_port, lambda: [sink.health()], STALLED_AFTER_S)
    if worker.http_port:
        await http.start()
    try:
        await asyncio.to_thread(sink.run, stop)
    except Exception:
        logger.critical("the audit sink failed", exc_info=True)
        crashed = True
    finally:
        await http.stop()
        await asyncio.to_thread(providers.shutdown)
    return int(crashed)


def make_sink(settings: Settings) -> AuditSink:
    """The sink that ``settings`` describe. Raises :class:`SettingsError` where no ClickHouse is configured."""
    if settings.clickhouse.dsn is None:
        raise SettingsError(
            "the audit sink needs a ClickHouse: set CLICKHOUSE_DSN, or start the local stack (`fieldtrail up`)"
        )
    plan, codec, kafka = topic_plan(settings), make_codec(settings), connection(settings)
    store = ClickHouse(settings.clickhouse.dsn, settings.clickhouse.database)
    mapper = Mapper(plan, codec)
    erasures = BarredDocuments(Claims(settings.store.database_url), store)
    writer = BatchWriter(Inserter(store), Letters(Outbox(kafka), plan), erasures, _now)
    closer = RootCloser(kafka, plan, codec, store, Outbox(kafka), software_version(), mapper.chained, _now)
    limits = BatchLimits(settings.audit.batch_rows, age_s=settings.audit.batch_ms / 1000)
    config = SinkConfig(group_id(AUDIT, plan.prefix), limits)
    return AuditSink(kafka, mapper, store, writer, closer, config)


def _now() -> datetime:
    return datetime.now(UTC)
