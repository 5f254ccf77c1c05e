"""One Faust app per stage: its own consumer group, so that any mix of stages can run in any number of processes."""

from dataclasses import dataclass
from pathlib import Path

import faust

from streams.contracts.topics import MAX_RECORD_BYTES
from streams.kafka import KafkaConnection


@dataclass(frozen=True, slots=True)
class GroupTimings:
    """Consumer-group timings in seconds: how soon a killed worker's partitions are taken over, at what chatter."""

    session_timeout_s: float = 6.0
    heartbeat_s: float = 2.0


MAX_POLL_INTERVAL_S = 3600.0
"""A stage with all its slots full stops polling; only a stage that is stuck for this long leaves its group."""


def group_id(stage: str, prefix: str = "") -> str:
    """The consumer group of ``stage``."""
    return f"{prefix}fieldtrail.{stage}"


def make_app(
    stage: str, connection: KafkaConnection, prefix: str, in_flight: int, timings: GroupTimings, data_dir: Path
) -> faust.App:
    """A Faust app for one stage. It makes no topics, keeps no tables, and serves no web pages of its own; Faust still
    wants a folder, below ``data_dir``.
    """
    return faust.App(
        group_id(stage, prefix),
        broker=connection.faust_brokers(),
        broker_credentials=connection.faust_credentials(),
        store="memory://",
        datadir=str(data_dir / "faust"),
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MAX_RECORD_BYTES + 64 * 1024,
        broker_session_timeout=timings.session_timeout_s,
        broker_heartbeat_interval=timings.heartbeat_s,
        broker_max_poll_interval=MAX_POLL_INTERVAL_S,
        broker_max_poll_records=in_flight * 2,
        stream_buffer_maxsize=in_flight,
        # Faust would wait at a rebalance for acknowledgements that it never gets; StageAgent does the waiting.
        stream_wait_empty=False,
    )
