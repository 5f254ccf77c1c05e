"""Vendor memory: what confirmed documents taught about where one vendor's layout prints each header field.

Pure. :func:`lookup_keys` find remembered layouts, :func:`recall` reads a document by one of them, :func:`combine` puts
that beside what another reader read, and :func:`new_layout` and :func:`remember` learn. Where layouts are kept:
:mod:`connectors.vendor_memory`. docs/vendor-memory.md tells what it may and may not do.
"""

from processors.memory.combine import Combined, Outcome, Verdict, combine
from processors.memory.files import Trace, decode_trace, encode_trace, layout_from_json, layout_to_json
from processors.memory.learn import Taught, find_layout, new_layout, remember
from processors.memory.model import Layout, LayoutSketch, Lesson, Source
from processors.memory.recall import READER_NAME, Recalled, recall
from processors.memory.school import Learnt, is_news, learn
from processors.memory.sketch import lookup_keys, sketch
from processors.memory.teachers import by_correction, by_pass, by_person
from processors.memory.trust import Trust, chance, trust

__all__ = [
    "READER_NAME",
    "Combined",
    "Layout",
    "LayoutSketch",
    "Learnt",
    "Lesson",
    "Outcome",
    "Recalled",
    "Source",
    "Taught",
    "Trace",
    "Trust",
    "Verdict",
    "by_correction",
    "by_pass",
    "by_person",
    "chance",
    "combine",
    "decode_trace",
    "encode_trace",
    "find_layout",
    "is_news",
    "layout_from_json",
    "layout_to_json",
    "learn",
    "lookup_keys",
    "new_layout",
    "recall",
    "remember",
    "sketch",
    "trust",
]
