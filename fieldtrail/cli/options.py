"""What several commands share: brokers that answer, and where to start reading a topic."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fieldtrail.cli.app import CliError, settings_of

if TYPE_CHECKING:
    from fieldtrail.settings import Settings
    from streams.scan import Start

ANSWER_TIMEOUT_S = 10.0
"""How long a broker may take to answer its first request, in seconds."""

FromOffset = Annotated[int | None, typer.Option(min=0, help="Start at this offset, on every partition or --partition.")]
FromTime = Annotated[
    str | None, typer.Option(help="Start at this time, ISO 8601; without a zone, this machine's (2026-01-31T08:00).")
]
Partition = Annotated[int | None, typer.Option(min=0, help="Read this partition only.")]


def cluster_of(ctx: typer.Context) -> "Settings":
    """The settings of this call, once a broker has answered. Raises ``CliError`` that says what to do if none does."""
    from confluent_kafka import KafkaException

    from fieldtrail.wiring import connection
    from streams.kafka import make_reader

    settings = settings_of(ctx)
    try:
        make_reader(connection(settings)).list_topics(timeout=ANSWER_TIMEOUT_S)
    except KafkaException as error:
        raise CliError(
            f"no Kafka broker answers at {settings.kafka.bootstrap_servers} "
            f"({settings.origin('kafka.bootstrap_servers')}): {error.args[0].str()}. "
            "Start the local stack with 'fieldtrail up', or set KAFKA_BOOTSTRAP_SERVERS"
        ) from error
    return settings


def start_of(offset: int | None, time: str | None, partition: int | None) -> "Start":
    """The place that the options name. Raises ``typer.BadParameter``."""
    from streams.scan import Start

    if offset is not None and time is not None:
        raise typer.BadParameter("give --from-offset or --from-time, not both")
    return Start(offset=offset, time=None if time is None else moment(time, "--from-time"), partition=partition)


def moment(text: str, option: str) -> datetime:
    """``text`` as a time with a zone. Raises ``typer.BadParameter``."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):  # the last two: a time that has no equivalent in UTC
        raise typer.BadParameter(
            f"{text!r} is no ISO 8601 time; one looks like 2026-01-31T08:00", param_hint=option
        ) from None
