"""How the benchmark sums up."""

import pytest

from fieldtrail.benchmarks.microbatcher import Phase, Report, Round, render


def phase(callers: int, rate: float, waits_s: tuple[float, ...] = ()) -> Phase:
    return Phase(callers, 60, 60 / rate, 1.5, waits_s)


def test_the_ratio_is_the_crowd_s_rate_over_one_caller_s_before_and_after() -> None:
    done = Round(phase(1, 1.0), phase(1, 1.0), phase(64, 2.4), phase(1, 2.0))
    assert done.alone == pytest.approx(1.5)
    assert done.ratio == pytest.approx(1.6)


def test_the_table_has_medians_and_quantiles() -> None:
    waits = tuple(number / 100 for number in range(101))
    rounds = tuple(
        Round(phase(1, 1.0), phase(1, 1.0), phase(64, rate, waits), phase(1, 1.0)) for rate in (1.0, 1.7, 9.0)
    )
    report = Report("cpu", "engine", 2, 64, rounds, {"read, tiny": (2.5, 0.9, 0.01)}, 800.0)
    rows = [line.split("  ") for line in render(report).splitlines()]
    cells = {row[0] or row[1]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows if len(row) > 1}
    assert cells["64 callers over one caller"] == ["1.70", "1.5 on two cores"]
    assert cells["64 callers over in process"] == ["1.70"]
    assert cells["wait of a page among them, p50"] == ["0.50 s"]
    assert cells["wait of a page among them, p99"] == ["0.99 s"]
    assert cells["batch (read, tiny): size, fill, padding"] == ["2.5, 90%, 1%"]


def test_the_most_that_the_cores_allow_counts_the_callers_too() -> None:
    """A crowd at 2 pages a second on 1.5 cores, its callers on 0.1: two cores would do 2.5 pages a second."""
    crowd = Phase(64, 60, 30.0, 1.5, (0.1, 0.2), 0.1)
    done = Round(None, phase(1, 1.25), crowd, phase(1, 1.25))
    assert done.ratio == pytest.approx(1.6)
    assert done.highest_ratio(2) == pytest.approx(2.0)
    table = " ".join(render(Report("cpu", "engine", 2, 64, (done,), {}, 800.0)).split())
    assert "with all cores busy it would be 2.00" in table
    assert "CPU seconds a page of theirs 0.050" in table


def test_a_gpu_is_not_compared_with_a_cpu() -> None:
    rounds = (Round(None, phase(1, 9.0), phase(64, 33.0, (0.1, 0.2)), phase(1, 9.0)),)
    assert "in process" not in render(Report("cuda:0", "engine", 16, 64, rounds, {}, 800.0))
