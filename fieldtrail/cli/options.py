"""Options that several commands share: where to start reading a topic."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.scan import Start

FromOffset = Annotated[int | None, typer.Option(min=0, help="Start at this offset, on every partition or --partition.")]
FromTime = Annotated[
    str | None, typer.Option(help="Start at this time, ISO 8601; without a zone, this machine's (2026-01-31T08:00).")
]
Partition = Annotated[int | None, typer.Option(min=0, help="Read this partition only.")]


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
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no ISO 8601 time; one looks like 2026-01-31T08:00", param_hint=option
        ) from None
