"""Two processes read a document alike: a redelivery after a crash must say what the first delivery said."""

import hashlib
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from fieldtrail.local import LocalDocument, read_file
from processors.synthesis.stream import invoice_stream

ROOT = Path(__file__).parents[3]


def readings(folder: Path) -> list[str]:
    """A digest per document, in the order of their names, of everything that was read, judged and decided."""
    found = []
    for path in sorted(folder.glob("*.pdf")):
        document = read_file(path)
        assert isinstance(document, LocalDocument), document
        found.append(hashlib.sha256(repr(document).encode()).hexdigest())
    return found


@pytest.mark.timeout(120)
def test_a_document_reads_alike_whatever_the_hash_seed(tmp_path: Path) -> None:
    # Number 358 of stream 1: an identifier and a date claim the same words with equal scores.
    documents = [*islice(invoice_stream(4), 24), next(islice(invoice_stream(1), 358, None))]
    for number, (data, _) in enumerate(documents):
        (tmp_path / f"{number:03d}.pdf").write_bytes(data)
    seen = [_in_a_process(tmp_path, seed) for seed in range(1, 7)]
    assert len(seen[0]) == len(documents)
    assert all(found == seen[0] for found in seen)


def _in_a_process(folder: Path, seed: int) -> list[str]:
    code = "import sys, pathlib; from tests.unit.processors import test_determinism as t; "
    code += "print(*t.readings(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
