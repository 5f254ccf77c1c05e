"""What several commands share: brokers that answer, and where to start reading a topic."""

import getpass
import os
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
    from fieldtrail.wiring import connection
    from streams.kafka import why_unreachable

    settings = settings_of(ctx)
    reason = why_unreachable(connection(settings), ANSWER_TIMEOUT_S)
    if reason is not None:
        raise CliError(
            f"no Kafka broker answers at {settings.kafka.bootstrap_servers} "
            f"({settings.origin('kafka.bootstrap_servers')}): {reason}. "
            "Start the local stack with 'fieldtrail up', or set KAFKA_BOOTSTRAP_SERVERS"
        )
    return settings


def requester() -> str:
    """Who asks, for the replay log: the login name, or the user id where it has none (a container)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


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
