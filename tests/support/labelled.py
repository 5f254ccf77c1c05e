"""A small set of generated documents with their truth, on disk as a development set is."""

from itertools import islice
from pathlib import Path

from processors.synthesis.samples import Outcome, write_samples
from processors.synthesis.stream import invoice_stream
from processors.synthesis.truth import json_lines


def write_labelled(folder: Path, invoices: int, seed: int = 7) -> Path:
    """Writes the demo's readable documents that have a text layer, ``invoices`` more, and the truth of all.

    The path of the truth file, which lies beside the documents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for number, (data, truth) in enumerate(islice(invoice_stream(seed), invoices)):
        path = folder / f"generated-{number:02}.pdf"
        path.write_bytes(data)
        rows.append(truth.row(path.name, kind="born_digital"))
    for sample in write_samples(folder):
        printed = sample.expected.truth
        if sample.expected.outcome is Outcome.FIELDS and sample.dpi is None and printed is not None:
            rows.append(printed.row(sample.path.name, kind="born_digital"))
    path = folder / "truth.jsonl"
    path.write_text(json_lines(rows), encoding="utf-8")
    return path
