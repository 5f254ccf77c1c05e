"""What a run was: code, models, configuration, machine, time. Kept beside the scores, so that two can be compared."""

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fieldtrail.evaluation.extractors import reader_versions
from fieldtrail.machine import usable_cores
from fieldtrail.settings import Settings
from fieldtrail.wiring import make_calibration, make_limits, make_schemas, make_thresholds, ocr_device, software_version
from processors.recognition.models import engine_name

_GIT_S = 5.0


@dataclass(frozen=True)
class RunRecord:
    """One run. ``git`` is the checkout's ``git describe``, ``None`` where the code is installed without one.

    ``models`` has a name or version by part; ``configuration`` all that the caller or the settings chose; ``seconds``
    are of wall clock, for ``read`` of ``documents`` documents. ``interrupted``: it was stopped before the last one.
    """

    version: str
    git: str | None
    started_at: str
    seconds: float
    truth: str
    truth_sha256: str
    documents: int
    read: int
    interrupted: bool
    models: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON's types, as reports keep it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came: documents there were, documents read, and whether it was stopped."""

    documents: int
    read: int
    interrupted: bool


def make_record(
    truth: Path,
    settings: Settings,
    extractor: str,
    options: Mapping[str, Any],
    started_at: datetime,
    ended_at: datetime,
    progress: Progress,
) -> RunRecord:
    """The record of a run that read with ``settings``, ``extractor`` and the command's ``options``."""
    models = {"ocr": engine_name(settings.worker.ocr_model, ocr_device(settings))}
    models["calibration"] = make_calibration(settings).version
    models |= {f"reader.{name}": version for name, version in reader_versions(extractor).items()}
    models |= {f"schema.{name}": str(schema.version) for name, schema in make_schemas(settings).items()}
    return RunRecord(
        version=software_version(),
        git=git_describe(Path(__file__).resolve().parents[2]),
        started_at=started_at.isoformat(timespec="seconds"),
        seconds=round((ended_at - started_at).total_seconds(), 3),
        truth=truth.name,
        truth_sha256=hashlib.sha256(truth.read_bytes()).hexdigest(),
        documents=progress.documents,
        read=progress.read,
        interrupted=progress.interrupted,
        models=models,
        configuration={"extractor": extractor, **options, **_configured(settings)},
        machine=machine(),
    )


def _configured(settings: Settings) -> dict[str, Any]:
    """The settings that change what is read or where it is routed."""
    thresholds = make_thresholds(settings)
    return {
        "ocr": settings.worker.ocr_model,
        "limits": asdict(make_limits(settings)),
        "thresholds": {
            "document_type": thresholds.document_type,
            "types": {str(name): asdict(item) for name, item in thresholds.by_type.items()},
            "fields": {name: asdict(item) for name, item in thresholds.by_field.items()},
        },
    }


def git_describe(folder: Path) -> str | None:
    """``git describe`` of the checkout whose root is ``folder``, with ``-dirty`` where files were changed."""
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--tags", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def machine() -> dict[str, Any]:
    """The machine in a few words: nothing that names it or its owner."""
    import psutil

    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
