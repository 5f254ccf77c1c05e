"""Made-up documents with known truth: for the demo, the tests and the load benchmarks.

Content (:mod:`.content`) is drawn by a layout (:mod:`.invoices`, :mod:`.receipts`) to a PDF, and may be degraded to
what a scanner makes of it (:mod:`.degrade`). Everything follows from a seed, so the same call gives the same bytes.
"""

from processors.synthesis.samples import Expected, Outcome, Sample, truth_lines, write_samples
from processors.synthesis.stream import invoice_stream
from processors.synthesis.truth import Truth

__all__ = ["Expected", "Outcome", "Sample", "Truth", "invoice_stream", "truth_lines", "write_samples"]
