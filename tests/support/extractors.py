"""Extractors that misbehave, for tests of what stands between them and the rest. They run in child processes."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processors.fields import Extraction
from processors.schemas import ExtractionSchema
from streams.stages import work


def misbehaving(
    path: Path | None,
    einvoice: str | None,
    pages: Sequence[work.StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Extraction:
    """Hangs, dies or raises where the file's name says so; reads it otherwise."""
    name = "" if path is None else path.name
    behaviour: Any = {"hangs": threading.Event().wait, "dies": lambda: os._exit(3), "raises": lambda: 1 / 0}
    for word, act in behaviour.items():
        if word in name:
            act()
    return work.extract_fields(path, einvoice, pages, document_type, schema)
