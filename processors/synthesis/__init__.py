"""Made-up documents with known truth: for training, the demo, the tests and the load benchmarks.

:mod:`.corpus` generates labelled documents of every type by number: content (:mod:`.trade`, :mod:`.sale`, the modules
of :mod:`.kinds`) is drawn on a sheet (:mod:`.sheet`) that records each value's truth as it prints it, and may be
captured as scanners and phones do (:mod:`.wear`). :mod:`.samples` writes the demo's fixed set, from the plainer content
of :mod:`.content` drawn by :mod:`.invoices` and :mod:`.receipts`. Everything follows from a seed: the same call gives
the same bytes.
"""

from processors.synthesis.corpus import MIX, PACKET, QUALITIES, GeneratedDocument, generate, write_corpus
from processors.synthesis.samples import Expected, Outcome, Sample, truth_lines, write_samples
from processors.synthesis.stream import invoice_stream
from processors.synthesis.truth import Truth

__all__ = [
    "MIX",
    "PACKET",
    "QUALITIES",
    "Expected",
    "GeneratedDocument",
    "Outcome",
    "Sample",
    "Truth",
    "generate",
    "invoice_stream",
    "truth_lines",
    "write_corpus",
    "write_samples",
]
