"""What of the machine this process may use: a container's limits count, where the machine itself has more."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux shows a container its own limits: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1 of the kernel."""

OCR_PROCESS_BYTES = 1024**3
"""A process that recognises pages takes 600 to 720 MB on common pages, more on large ones."""


def usable_cores(cgroups: Path = CGROUPS) -> int:
    """Cores that this process may use, 1 at least: those that it may run on, and no more than its share of their time
    (``docker run --cpus``, Kubernetes' ``limits.cpu``), rounded up.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = _share_of_time(cgroups)
    return cores if share is None else max(1, min(cores, math.ceil(share)))


def usable_memory(cgroups: Path = CGROUPS) -> int:
    """Bytes of memory that this process may fill: the machine's, or its container's limit."""
    import psutil  # heavy for a module that `--help` imports

    total: int = psutil.virtual_memory().total
    limits = (_number(cgroups / "memory.max"), _number(cgroups / "memory" / "memory.limit_in_bytes"))
    return min([total, *(limit for limit in limits if limit is not None and limit > 0)])


def ocr_processes(cgroups: Path = CGROUPS, share: float = 1.0) -> int:
    """How many processes that recognise pages to run: one a core, as far as ``share`` of the memory holds them."""
    return max(1, min(usable_cores(cgroups), int(share * usable_memory(cgroups)) // OCR_PROCESS_BYTES))


def _share_of_time(cgroups: Path) -> float | None:
    """Processor seconds a second, where they are limited."""
    quota, period, *_ = [*_words(cgroups / "cpu.max"), "", ""]  # version 2: "200000 100000" or "max 100000"
    if not quota:
        quota = "".join(_words(cgroups / "cpu" / "cpu.cfs_quota_us"))  # version 1, -1 where there is no limit
        period = "".join(_words(cgroups / "cpu" / "cpu.cfs_period_us"))
    if not (quota.isdigit() and period.isdigit() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _number(file: Path) -> int | None:
    words = _words(file)
    return int(words[0]) if words and words[0].isdigit() else None


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").split()
    except (OSError, ValueError):  # another system, or a kernel that shows it elsewhere
        return []
