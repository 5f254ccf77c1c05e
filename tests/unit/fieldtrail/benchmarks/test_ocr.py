"""The OCR benchmark's sums, and its child processes with engines that read nothing."""

import numpy as np
import pytest

from fieldtrail.benchmarks.crew import Crew
from fieldtrail.benchmarks.engines import ENGINES, PageInput, Setup
from fieldtrail.benchmarks.metrics import Score
from fieldtrail.benchmarks.ocr import Measured, render, summarise
from tests.support.ocr_readers import failing_reader, mean_reader

BASE = "PaddleOCR pipeline"


def measured(engine: str, variant: str, page: str, seconds: float, edits: int, placed: int = 0) -> Measured:
    return Measured(engine, variant, page, seconds, 2 * seconds, Score(1000, edits, 100, placed))


def test_rows_hold_medians_of_ratios_and_differences_in_points() -> None:
    rows = summarise(
        [
            measured("ours", "upright 200 DPI", "a", 1.0, 1, 99),
            measured(BASE, "upright 200 DPI", "a", 3.0, 2),
            measured("ours", "upright 200 DPI", "b", 1.0, 1, 99),
            measured(BASE, "upright 200 DPI", "b", 4.0, 2),
            measured("ours", "upright 200 DPI", "c", 2.0, 1, 99),
            measured(BASE, "upright 200 DPI", "c", 20.0, 2),
            measured("ours", "noisy", "a", 1.0, 5),
            measured(BASE, "noisy", "a", 1.0, 2),
        ],
        BASE,
    )
    ours = {row.variant: row for row in rows if row.engine == "ours"}
    assert list(ours) == ["upright 200 DPI", "noisy", "all"]
    upright, noisy = ours["upright 200 DPI"], ours["noisy"]
    assert (upright.pages, upright.pages_per_second, upright.speed, upright.placed) == (3, 0.75, 4.0, 0.99)
    assert upright.cpu_seconds_per_page == pytest.approx(8 / 3)
    assert upright.error_rate == pytest.approx(0.001)
    assert upright.error_difference == pytest.approx(-0.1)
    assert upright.error_over_upright == pytest.approx(0.0)
    assert noisy.error_over_upright == pytest.approx(0.4)
    assert ours["all"].pages == 4


def test_an_engine_is_compared_on_the_pages_that_it_read() -> None:
    rows = summarise(
        [
            measured(BASE, "noisy", "a", 1.0, 50),
            measured(BASE, "noisy", "b", 9.0, 0),
            measured("x", "noisy", "b", 3.0, 2),
        ],
        BASE,
    )
    [row] = [row for row in rows if row.engine == "x"]
    assert (row.pages, row.speed, row.error_difference) == (1, 3.0, pytest.approx(0.2))


def test_the_report_has_a_line_for_each_row_and_each_absent_engine() -> None:
    rows = summarise([measured("ours", "noisy", "a", 0.5, 5, 50)], BASE)
    heading, line, absent = render(rows, {"Tesseract 5": "not installed: apt-get install it"}).splitlines()
    assert heading.split()[:3] == ["variant", "engine", "pages"]
    assert line.split()[:6] == ["noisy", "ours", "1", "2.00", "1.00", "0.50"]
    assert absent == "Tesseract 5: not installed: apt-get install it"


def test_a_crew_reads_with_all_its_processes() -> None:
    crew = Crew(Setup(mean_reader, 2, 1, {"word": "grey"}))
    try:
        reading = crew.read(PageInput(np.full((4, 4, 3), 7, np.uint8), 72.0, "en", False))
    finally:
        crew.close()
    assert [item.text for item in reading.items] == ["grey 7 1"]
    assert reading.seconds > 0


def test_an_engine_that_cannot_be_built_says_why() -> None:
    with pytest.raises(RuntimeError, match="LookupError: no such model"):
        Crew(Setup(failing_reader, 1, 1))


def test_what_an_engine_lacks_is_told_with_its_remedy() -> None:
    setup = Setup(mean_reader, 1, 1, needs=("json", "no_such_module"), remedy="do this")
    assert setup.missing() == "not installed: do this"
    assert Setup(mean_reader, 1, 1, needs=("json",)).missing() is None
    assert ENGINES["fieldtrail"].missing() is None
