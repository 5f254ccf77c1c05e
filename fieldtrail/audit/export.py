"""Answers as files for the auditor: Parquet or CSV as ClickHouse writes them, streamed to disk, with a manifest."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from connectors.clickhouse.client import ClickHouse
from fieldtrail.audit.asking import Asking, AuditError, Part
from fieldtrail.audit.manifest import NAME, ExportedFile, Manifest, sha256_of
from fieldtrail.audit.parquet_footer import parquet_rows
from fieldtrail.rendering import to_json


class ExportFormat(StrEnum):
    """What the files are."""

    PARQUET = "parquet"
    CSV = "csv"

    @property
    def clickhouse(self) -> str:
        """ClickHouse's name of it. CSV has a heading; times are ISO 8601 in UTC."""
        return {"parquet": "Parquet", "csv": "CSVWithNames"}[self.value]


_SETTINGS = {
    "output_format_parquet_compression_method": "zstd",
    "date_time_output_format": "iso",
}


def export(
    client: ClickHouse,
    asking: Asking,
    folder: Path,
    file_format: ExportFormat,
    *,
    software: str,
    now: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Writes one file per part of the answer, and the manifest last: a folder without one is no finished export.

    ``folder`` is made where there is none. Raises :class:`AuditError` where an export lies there already, and what
    the client raises.
    """
    if (folder / NAME).exists():
        raise AuditError(f"{folder} has an export already; name another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for part in asking.parts:
        progress(part.name)
        files.append(_export_part(client, part, folder, file_format))
    manifest = Manifest(
        question=asking.question,
        query="\n\n".join(f"-- {part.name}\n{part.query.statement}" for part in asking.parts),
        parameters={
            "asked": to_json(dict(asking.asked)),
            "tenant": asking.scope.tenant,
            "bound": {part.name: to_json(dict(part.query.parameters)) for part in asking.parts},
        },
        since=_iso(asking.scope.since),
        until=_iso(asking.scope.until),
        exported_at=now,
        software=software,
        server=f"ClickHouse {client.server_version()}",
        files=tuple(files),
    )
    manifest.write(folder)
    return manifest


def _export_part(client: ClickHouse, part: Part, folder: Path, file_format: ExportFormat) -> ExportedFile:
    path = folder / f"{part.name}.{file_format.value}"
    draft = folder / f".{path.name}.part"
    statement = f"{part.query.statement}\nFORMAT {file_format.clickhouse}"
    with client.stream(statement, part.query.parameters, _SETTINGS) as chunks, draft.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    draft.replace(path)
    return ExportedFile(path.name, _rows_in(path, file_format), path.stat().st_size, sha256_of(path))


def _rows_in(path: Path, file_format: ExportFormat) -> int:
    """The rows of the file itself, not of another answer to the same question, which may have more by now."""
    if file_format is ExportFormat.PARQUET:
        return parquet_rows(path)
    with path.open(encoding="utf-8", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
