"""What of the machine a process may use, as Linux tells it in a container and outside of one."""

import os
from pathlib import Path

import psutil
import pytest

from fieldtrail.machine import OCR_PROCESS_BYTES, ocr_processes, usable_cores, usable_memory

MACHINE_GB = 64


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """16 cores and 64 GiB."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    memory = psutil.virtual_memory()._replace(total=MACHINE_GB * 1024**3)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_DOT_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return folder


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 16),
        ({"cpu_DOT_max": "max 100000"}, 16),
        ({"cpu_DOT_max": "200000 100000"}, 2),
        ({"cpu_DOT_max": "250000 100000"}, 3),
        ({"cpu_DOT_max": "50000 100000"}, 1),
        ({"cpu_DOT_max": "6400000 100000"}, 16),
        ({"cpu_DOT_max": "rubbish"}, 16),
        ({"cpu_DOT_max": ""}, 16),
        ({"cpu__cpu_DOT_cfs_quota_us": "400000", "cpu__cpu_DOT_cfs_period_us": "100000"}, 4),
        ({"cpu__cpu_DOT_cfs_quota_us": "-1", "cpu__cpu_DOT_cfs_period_us": "100000"}, 16),
        ({"cpu__cpu_DOT_cfs_quota_us": "400000"}, 16),
    ],
)
def test_a_container_s_share_of_time_counts(tmp_path: Path, files: dict[str, str], cores: int) -> None:
    assert usable_cores(write(tmp_path, **files)) == cores


@pytest.mark.parametrize(
    ("files", "gb"),
    [
        ({}, MACHINE_GB),
        ({"memory_DOT_max": "max"}, MACHINE_GB),
        ({"memory_DOT_max": str(8 * 1024**3)}, 8),
        ({"memory__memory_DOT_limit_in_bytes": str(4 * 1024**3)}, 4),
        ({"memory__memory_DOT_limit_in_bytes": "9223372036854771712"}, MACHINE_GB),
    ],
)
def test_a_container_s_memory_counts(tmp_path: Path, files: dict[str, str], gb: int) -> None:
    assert usable_memory(write(tmp_path, **files)) == gb * 1024**3


def test_a_process_a_core_as_far_as_memory_goes(tmp_path: Path) -> None:
    assert ocr_processes(tmp_path) == 16
    assert ocr_processes(tmp_path, share=0.125) == 8, "of 64 GiB"
    write(tmp_path, cpu_DOT_max="400000 100000")
    assert ocr_processes(tmp_path) == 4
    write(tmp_path, memory_DOT_max=str(3 * OCR_PROCESS_BYTES))
    assert ocr_processes(tmp_path) == 3
    assert ocr_processes(tmp_path, share=0.25) == 1, "at least one"
