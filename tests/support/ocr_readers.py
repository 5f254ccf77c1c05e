"""Readers for tests of the OCR benchmark, importable by name in its child processes."""

from collections.abc import Mapping
from typing import Any

from fieldtrail.benchmarks.engines import PageInput, Reader
from fieldtrail.benchmarks.metrics import Item


def mean_reader(options: Mapping[str, Any], threads: int) -> Reader:
    """Reads the page's mean grey level, once on top of it."""

    def read(page: PageInput) -> list[Item]:
        return [Item(f"{options['word']} {page.image.mean():.0f} {threads}", ((0, 0), (9, 0), (9, 9), (0, 9)))]

    return read


def failing_reader(options: Mapping[str, Any], threads: int) -> Reader:
    """Cannot be built."""
    raise LookupError("no such model")
