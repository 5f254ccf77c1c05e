"""A worker stays small: idle, and on a document of 500 pages."""

from pathlib import Path

import psutil
import pymupdf
import pytest

from fieldtrail.bench import PeakRss, rss_of
from fieldtrail.client import Fieldtrail
from fieldtrail.stack import Worker
from tests.support.load import settings_for, start_stack

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]

PAGES = 500
IDLE_MIB = 400
BUSY_MIB = 1536


def long_invoice(path: Path) -> None:
    """An invoice whose table runs over 500 dense pages."""
    document = pymupdf.open()
    for number in range(PAGES):
        page = document.new_page()
        page.insert_text((50, 40), "INVOICE  No. INV-500" if number == 0 else f"Page {number + 1}", fontsize=12)
        lines = "\n".join(
            f"{number * 50 + line:05d}  Adjustable steel shelving unit, grey  {line + 1}  10.00  {10 * (line + 1)}.00"
            for line in range(50)
        )
        page.insert_text((50, 70), lines, fontsize=8)
    document.save(path, deflate=True)


def test_a_500_page_document_fits_in_one_and_a_half_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    long_invoice(path)
    worker = Worker(environment={"FIELDTRAIL_FETCH_ALLOW_FILES": str(tmp_path)})
    with start_stack(tmp_path / "stack", [worker]) as stack:
        pid = next(status.pid for status in stack.status() if status.name == "worker-0")
        assert pid is not None
        assert rss_of(psutil.Process(pid)) < IDLE_MIB
        with Fieldtrail(settings_for(stack)) as client, client.watch() as watch, PeakRss(pid) as memory:
            document_id = client.submit(uri=path.as_uri(), filename=path.name)
            client.flush()
            [final] = list(watch.wait([document_id], 240))
        assert final.state == "review", final.status.message
        assert final.review is not None
        assert [page.number for page in final.review.recognized_pages] == list(range(1, PAGES + 1))
        assert sum(page.word_count for page in final.review.recognized_pages) > PAGES * 400
        assert memory.peak < BUSY_MIB
